"""The benchmarks run: nnlib, its floor and scikit-learn, at tiny sizes. No timing is judged."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.cases import CASES, initial_weights
from benchmarks.growth import AXES, Point, case_of, slope
from benchmarks.measure import CaseResult, Measured
from benchmarks.plan import GOALS, LABELS, PARTICIPANTS
from benchmarks.report import report
from benchmarks.results import Results

ROOT = Path(__file__).resolve().parents[1]


def test_quick_run_measures_and_reports_every_contender():
    command = [sys.executable, "-m", "benchmarks", "--quick"]
    command += ["--only", "A,B,C,D", "--libraries", "nnlib,floor,sklearn"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    assert "No contender is missing." in ended.stdout
    for name in ("nnlib:warm", "nnlib:cold", "nnlib:singles", "floor:products", "sklearn:fit"):
        assert f"| {LABELS[name]} | " in ended.stdout
    for case in CASES.values():
        assert f"## {case.letter}. {case.title}" in ended.stdout


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_cases_consist_of_whole_epochs_of_whole_minibatches(case):
    for size in (case, case.quick()):
        assert size.examples % size.batch == 0
        assert size.steps * size.batch == size.epochs * size.examples


def test_goals_name_participants():
    for goal in GOALS:
        assert {goal.own, goal.other} <= set(PARTICIPANTS[goal.case])


def test_ratio_is_taken_within_rounds_and_a_missing_peer_is_named():
    case = CASES["A"]
    result = CaseResult(case, missing={"jax:warm": "No module named 'jax'"})
    for name, seconds in {"nnlib:warm": [1.0, 2.0, 3.0], "floor:products": [1.0, 1.0, 2.0]}.items():
        result.measured[name] = Measured(name, "1", 2, {2: 1.0}, seconds, [None] * 3, [1.0] * 3)
    floor = next(goal for goal in GOALS if goal.case == "A" and goal.is_floor)
    assert result.ratio(floor) == 1.5
    assert not floor.reached(1.5) and floor.reached(1.3)
    text = report(Results(3, [result]))
    assert f"**Missing: {LABELS['jax:warm']}** (No module named 'jax')." in text
    assert "| ≤ 1.3 | 1.50 | **no** |" in text
    assert "**Disturbed, case A**" in text  # nnlib's rounds took 1, 2 and 3 seconds


@pytest.mark.parametrize("parameters", AXES["parameters"])
def test_growth_has_as_many_parameters_as_it_says(parameters: int):
    case = case_of(Point("parameters", parameters))
    count = sum(w.size + w.shape[1] for w in initial_weights(case))
    assert count == pytest.approx(parameters, rel=0.05)


def test_slope_is_the_exponent():
    assert slope([1, 10, 100], [5, 7, 700]) == pytest.approx(2)
