"""What a rule is, and the registry that collects them."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from typing import Literal

from nnlib.diagnosis.facts import Facts, Unknown
from nnlib.diagnosis.finding import Finding, Place, Remedy

Stage = Literal["start", "run", "end"]
Check = Callable[[Facts], Iterable[Finding]]

BAD_LEVEL = 0.45
"""A training loss above this share of a constant's is bad. Measured: at most 0.44 in all healthy
runs, at least 0.45 in three quarters of the sick ones; the rest need validation or baselines."""

LAST_RESORT = 0.55
"""The confidence of a guess that is made only where no other problem was found."""


@dataclass(frozen=True)
class Rule:
    """A function from facts to findings, and from when on it has something to go by.

    `stage` is "start" (settings and data suffice), "run" (records are needed) or "end" (the whole
    run, or baselines, are needed).
    """

    stage: Stage
    check: Check

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.check.__name__

    @property
    def purpose(self) -> str:
        """What it finds: the first line of its documentation, without its verb."""
        line = (self.check.__doc__ or "").strip().partition("\n")[0].rstrip(".")
        return line.partition(" ")[2]


RULES: list[Rule] = []
"""Every rule; the files in `nnlib.diagnosis.rules` fill it."""


def rule(stage: Stage) -> Callable[[Check], Check]:
    """Register a function as a rule of this stage."""

    def register(check: Check) -> Check:
        RULES.append(Rule(stage, check))
        return check

    return register


def where_known(
    remedies: Callable[[Facts], tuple[Remedy, ...]],
) -> Callable[[Facts], tuple[Remedy, ...]]:
    """Make a function of remedies give none where the settings that they change are not known."""

    @wraps(remedies)
    def of(facts: Facts) -> tuple[Remedy, ...]:
        try:
            return remedies(facts)
        except Unknown:
            return ()

    return of


def is_bad(facts: Facts) -> bool:
    """Say whether the training loss is that of a network that has not learned."""
    return facts.diverged or facts.last_level > BAD_LEVEL


def is_poor(facts: Facts) -> bool:
    """Say whether the run is bad, or a simple model is clearly better on validation."""
    return is_bad(facts) or bool(facts.ended and facts.far_behind)


def is_worse_than_a_guess(facts: Facts) -> bool:
    """Say whether the validation loss is at the end above a constant's; False where unknown."""
    with suppress(Unknown):
        return facts.ended and bool(len(facts.val_levels)) and bool(facts.val_levels[-1] > 1)
    return False


def second_half(facts: Facts) -> Place:
    """Return the second half of the run so far as a place."""
    return Place(steps=(facts.step // 2, facts.step))
