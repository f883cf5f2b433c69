"""The benchmarks run: nnlib, its floor and scikit-learn, at tiny sizes. No timing is judged."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.cases import CASES, initial_weights
from benchmarks.diagnosis import DiagnosisTime, measure_diagnosis
from benchmarks.growth import AXES, Point, case_of, slope
from benchmarks.measure import CaseResult, Measured, environment
from benchmarks.plan import GOALS, LABELS, PARTICIPANTS
from benchmarks.report import _SESSIONS, report
from benchmarks.results import Results
from benchmarks.search_cluster import Costs, efficiency
from benchmarks.sessions import measure_sessions

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("letters", ["A", pytest.param("B,C,D", marks=pytest.mark.long)])
def test_quick_run_measures_and_reports_every_contender(letters: str):
    command = [sys.executable, "-m", "benchmarks", "--quick"]
    command += ["--only", letters, "--libraries", "nnlib,floor,sklearn"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    assert "No contender is missing." in ended.stdout
    wanted = [CASES[letter] for letter in letters.split(",")]
    for name in {name for case in wanted for name in PARTICIPANTS[case.letter]}:
        if name.startswith(("nnlib", "floor", "sklearn")):
            assert f"| {LABELS[name]} | " in ended.stdout
    for case in wanted:
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


def test_share_of_the_diagnosis_is_measured_and_judged():
    (spiral,) = measure_diagnosis(("spiral",))
    assert spiral.training > 0 and spiral.share >= 0
    text = report(Results(1, diagnosis=[DiagnosisTime("spiral", 2.0, 0.03)]))
    assert "| ≤ 0.01 | 0.0150 | **no** |" in text


@pytest.mark.parametrize("parameters", AXES["parameters"])
def test_growth_has_as_many_parameters_as_it_says(parameters: int):
    case = case_of(Point("parameters", parameters))
    count = sum(w.size + w.shape[1] for w in initial_weights(case))
    assert count == pytest.approx(parameters, rel=0.05)


def test_slope_is_the_exponent():
    assert slope([1, 10, 100], [5, 7, 700]) == pytest.approx(2)


def test_products_choose_their_kernels_themselves_in_every_contender(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("OPENBLAS_L2_SIZE", "512")
    inside = environment(2)
    assert inside["OPENBLAS_NUM_THREADS"] == "2"
    assert not {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"} & inside.keys()


@pytest.mark.long
def test_sessions_are_measured_and_reported():
    rows = measure_sessions(1, 0.02)
    found = {tuple(cell.strip() for cell in row.split("|")[1:3]) for row in rows.splitlines()}
    assert {("B", "numpy"), ("D", "numpy")} <= found
    assert f"## Sessions\n\n{_SESSIONS}\n\n{rows}" in report(Results(1, sessions=rows))


def test_the_simulated_cluster_agrees_with_what_can_be_counted():
    nothing = Costs(0.0, 0.0)
    even = efficiency([2.0], 4, nothing, ahead=1, stacks=8, batches=3)
    assert (even.busy, even.search) == pytest.approx((1, 0))
    one_over = efficiency([2.0], 4, nothing, ahead=1, stacks=5, batches=2)
    assert one_over.busy == pytest.approx(5 / 8)
    # 50 s to propose 100 stacks and 50 to take them back; two of four workers keep up with that
    slow = efficiency([1.0], 4, Costs(0.5, 0.5), ahead=1, stacks=100, batches=1)
    assert (slow.busy, slow.search) == pytest.approx((0.25, 1.0))
    # a proposal of 1 s, then 2 s of work; with two ahead the second is there when it is needed
    turns, ahead = (
        efficiency([2.0], 1, Costs(1.0, 0.0), ahead=n, stacks=1, batches=2) for n in (1, 2)
    )
    assert (turns.busy, ahead.busy) == pytest.approx((4 / 6, 4 / 5))
