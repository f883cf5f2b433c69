"""The diagnosis on the battery: what it finds, and whether it leaves healthy runs in peace."""

from __future__ import annotations

import pytest
from battery.cases import CASES, Case

from nnlib.diagnosis import diagnose

HALVED, DOUBLED = 0.5, 2.0


def scored(share: float = 1.0, width: float = 1.0, **training) -> dict[str, list[str]]:
    """Return the names of the cases that were flagged, named rightly, and falsely alarmed."""
    found: dict[str, list[str]] = {"flagged": [], "right": [], "alarms": []}
    for case in CASES:
        hidden = tuple(max(1, round(units * width)) for units in case.network["hidden"])
        trainer = case.trained(share, network={"hidden": hidden}, training=training)
        problems = diagnose(trainer).problems
        if case.fault == "healthy":
            found["alarms"] += [case.name] if problems else []
        elif problems:
            found["flagged"].append(case.name)
            found["right"] += [case.name] if problems[0].fault in case.accepted else []
    return found


SICK: list[Case] = [case for case in CASES if case.fault != "healthy"]


def test_sick_runs_are_named_and_healthy_ones_left_in_peace():
    found = scored()
    assert not found["alarms"]
    assert len(found["flagged"]) >= 0.95 * len(SICK)
    assert len(found["right"]) >= 0.9 * len(SICK)


@pytest.mark.long
@pytest.mark.parametrize(
    "changes",
    [{"seed": 11}, {"seed": 12}, {"seed": 13}, {"width": HALVED}, {"width": DOUBLED}],
    ids=str,
)
def test_so_are_other_seeds_and_widths(changes):
    found = scored(**changes)
    assert not found["alarms"]
    assert len(found["flagged"]) >= 0.9 * len(SICK)
    assert len(found["right"]) >= 0.85 * len(SICK)


@pytest.mark.long
@pytest.mark.parametrize(("share", "least"), [(0.5, 0.8), (0.25, 0.6)])
def test_much_is_seen_before_the_end(share: float, least: float):
    found = scored(share)
    assert not found["alarms"]
    assert len(found["flagged"]) >= least * len(SICK)
