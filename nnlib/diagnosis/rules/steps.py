"""Steps that are too long."""

from collections.abc import Iterator

import numpy as np

from nnlib.diagnosis.facts import Facts
from nnlib.diagnosis.finding import Evidence, Finding, Place, Remedy
from nnlib.diagnosis.rule import LAST_RESORT, is_bad, rule, second_half, where_known
from nnlib.diagnosis.rules.slow import LEARNING_LEVEL, LEARNING_SOURCE, higher

LONG_UPDATE = 1e-2
_LONG_SOURCE = (
    "Ben Braiek & Khomh 2022 warn from 0.1 on; measured late in the run: at most 0.0058 in healthy "
    "runs, 0.014 and more where the rate was too high"
)
USUAL_UPDATE = 1e-3
"""About this is usual (CS231n notes); it counts where other signs say that something is wrong."""
GROWN = 30.0
_GROWN_SOURCE = "measured: at most 8.7 in healthy runs"
RISES = 1 / 3
_RISES_SOURCE = "measured: 0 where the rate was too low, above 0.4 where the loss jumped about"
UNSETTLED = 1.15
_BAD_SOURCE = "measured: at most 0.44 in healthy runs"


@where_known
def lower(facts: Facts) -> tuple[Remedy, ...]:
    """Return lower rates as remedies, the highest first."""
    rate = facts.training.learning_rate
    return tuple(
        Remedy(
            {"training": {"learning_rate": max(rate * factor, 1e-6)}},
            f"Steps {round(1 / factor):,} times as short do not jump over what they should reach.",
        )
        for factor in (0.1, 0.01, 0.001)
    )


@rule("run")
def diverging(facts: Facts) -> Iterator[Finding]:
    """Find numbers that stopped being finite."""
    if not facts.diverged:
        return
    divergence = facts.divergence
    step = divergence.step if divergence else facts.step
    yield Finding(
        "lr_too_high",
        "problem",
        0.86,
        "Each step was longer than the last until the numbers overflowed.",
        (Evidence("steps until the numbers overflowed", step, np.inf, "overflow", below=True),),
        Place((divergence.layer,) if divergence else (), (step, step)),
        lower(facts),
    )


@rule("run")
def thrown_far(facts: Facts) -> Iterator[Finding]:
    """Notice weights that a few steps have thrown so far out that nothing moves them any more."""
    facts.needed("weight_norm")
    if facts.diverged or facts.weight_growth < GROWN or not is_bad(facts):
        return
    yield Finding(
        "lr_too_high",
        "problem",
        0.86,
        "A few steps were so long that they threw the weights far out, where the loss is flat.",
        (
            Evidence(
                "weights now over those at the start", facts.weight_growth, GROWN, _GROWN_SOURCE
            ),
        ),
        Place(steps=(0, facts.step)),
        lower(facts),
    )


@rule("run")
def jumping(facts: Facts) -> Iterator[Finding]:
    """Find long updates and a loss that does not settle."""
    facts.needed("update_ratio")
    if facts.diverged or facts.late_update < LONG_UPDATE or facts.has_schedule:
        return
    unsettled = facts.last_level / max(facts.best_level, 1e-9)
    val = facts.val_levels
    if len(val):
        unsettled = max(unsettled, float(val[-1] / max(val.min(), 1e-9)))
    lost = is_bad(facts) and facts.ended  # before the end it may be a plateau that passes
    if not (facts.late_rises > RISES and (unsettled > UNSETTLED or lost)):
        return
    yield Finding(
        "lr_too_high",
        "problem",
        0.8,
        "The updates are so long that the loss jumps about a level that shorter steps would leave.",
        (
            Evidence(
                "late updates relative to the weights", facts.late_update, LONG_UPDATE, _LONG_SOURCE
            ),
            Evidence(
                "share of late records at which the loss rose",
                facts.late_rises,
                RISES,
                _RISES_SOURCE,
            ),
        ),
        second_half(facts),
        lower(facts),
    )


@rule("end")
def stuck(facts: Facts) -> Iterator[Finding]:
    """Blame the length of the steps where nothing else explains a loss that rests high up."""
    poor = facts.last_level > LEARNING_LEVEL and bool(facts.far_behind)
    if not facts.ended or facts.diverged or not poor:
        return
    long = facts.late_update > USUAL_UPDATE or facts.late_rises > RISES
    yield Finding(
        "lr_too_high" if long else "lr_too_low",
        "problem",
        LAST_RESORT,
        "The loss came to rest far above what simple models reach; of all settings the learning "
        "rate is the first to try.",
        (
            Evidence("training loss over that of a constant", facts.last_level, LEARNING_LEVEL,
                     LEARNING_SOURCE),
        ),
        second_half(facts),
        lower(facts) if long else higher(facts),
    )  # fmt: skip
