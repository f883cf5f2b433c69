"""The clinic's cases: each suffers from what it says, and a remedy that is offered helps."""

import pytest

from nnlib.diagnosis import FAULTS, can_be_tried, diagnose, try_remedies
from nnlib.labs.clinic import CASES
from nnlib.labs.clinic.case import HEALTHY, Case

ONLY_A_PERSON = {"leakage", "no_signal", "wrong_task", "label_noise"}
"""What is wrong with these is wrong with their data."""


def problems_of(case: Case, seed: int) -> list[str]:
    trainer = case.trainer(seed)
    trainer.advance(steps=trainer.total_steps)
    return [finding.fault for finding in diagnose(trainer).problems]


def is_right(case: Case, seed: int) -> bool:
    problems = problems_of(case, seed)
    return not problems if case.fault == HEALTHY else problems[:1] and problems[0] in case.accepted


def test_there_are_many_kinds_and_healthy_ones_among_them():
    faults = [case.fault for case in CASES]
    assert len(set(faults) - {HEALTHY}) >= 18 and faults.count(HEALTHY) >= 4
    assert all(fault in FAULTS for case in CASES for fault in case.accepted - {HEALTHY})


@pytest.mark.parametrize("number", range(1, len(CASES) + 1))
def test_a_case_is_diagnosed_as_what_it_is(number: int):
    assert is_right(CASES[number - 1], seed=0)


@pytest.mark.long
def test_so_are_nearly_all_of_other_seeds():
    right = [is_right(case, seed) for case in CASES for seed in range(1, 9)]
    assert sum(right) >= 0.95 * len(right)


@pytest.mark.parametrize("number", [2, 12])
def test_a_remedy_heals(number: int):
    assert healed(CASES[number - 1])


@pytest.mark.long
def test_every_case_is_healed_by_a_remedy_or_only_a_person_can():
    left = {case.fault for case in CASES if case.fault != HEALTHY and not healed(case)}
    assert left <= ONLY_A_PERSON


def healed(case: Case) -> bool:
    trainer = case.trainer(0)
    trainer.advance(steps=trainer.total_steps)
    remedies = diagnose(trainer).problems[0].remedies
    tried = [remedy for remedy in remedies if can_be_tried(remedy, trainer.data)]
    return any(trial.verdict == "healed" for trial in try_remedies(trainer, tried, 3))
