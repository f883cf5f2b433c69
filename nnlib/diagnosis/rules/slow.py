"""Runs that end far from what they could reach: by the rate, the batch or the epochs."""

from collections.abc import Iterator

import numpy as np

from nnlib.diagnosis.facts import Facts
from nnlib.diagnosis.finding import Evidence, Finding, Remedy
from nnlib.diagnosis.rule import is_bad, rule, second_half, where_known

SHORT_UPDATE = 3e-4
_SHORT_SOURCE = (
    "CS231n notes take about 0.001 for usual; measured late in the run: at most 0.00019 where the "
    "rate was too low (a healthy run may go below once its loss is low)"
)
LEARNING_LEVEL = 0.2
LEARNING_SOURCE = "measured: at most 0.19 at the end of the healthy runs of the battery"
STILL_FALLING = 0.9
_FALLING_SOURCE = (
    "measured: at least 0.94 in healthy runs whose loss is not near 0 already, 0.52 to 0.86 where "
    "the run was cut short"
)
RISES = 1 / 3
"""A loss that rises more often than this is not falling steadily."""
USUAL_UPDATE = 1e-3
"""The usual size of an update relative to the weights, at which raised rates aim (CS231n notes)."""
ADAPTIVE = ("adam", "adamw", "rmsprop", "adagrad")
"""Their step has the length of the rate whatever the gradient's; 0.02 is large for them."""
FEW_EPOCHS, FEW_STEPS = 10, 100
_FEW_SOURCE = "measured: at least 230 in healthy runs"


@rule("run")
def crawling(facts: Facts) -> Iterator[Finding]:
    """Find a loss that falls steadily and too slowly, or has not begun to fall."""
    if facts.diverged or facts.last_level < LEARNING_LEVEL or facts.late_rises > RISES:
        return
    # Before the end a falling loss is as it should be.
    falling = facts.ended and facts.late_fall < STILL_FALLING
    short = facts.late_update < SHORT_UPDATE or facts.total_steps <= FEW_STEPS
    if not (falling or (short and is_bad(facts))) or facts.far_behind is False:
        return
    evidence = [
        Evidence(
            "training loss over that of a constant",
            facts.last_level,
            LEARNING_LEVEL,
            LEARNING_SOURCE,
        )
    ]
    if falling:
        evidence.append(
            Evidence(
                "loss now over that a fifth of the run ago",
                facts.late_fall,
                STILL_FALLING,
                _FALLING_SOURCE,
                below=True,
            )
        )
    if facts.late_update < SHORT_UPDATE:
        evidence.append(
            Evidence(
                "late updates relative to the weights",
                facts.late_update,
                SHORT_UPDATE,
                _SHORT_SOURCE,
                below=True,
            )
        )
    yield _slow(facts, tuple(evidence))


def _slow(facts: Facts, evidence: tuple[Evidence, ...]) -> Finding:
    """Say which of batch, epochs and rate is the reason that the run came to nothing."""
    training = facts.training
    smaller, longer = _more_updates(facts)
    faster = higher(facts)
    steps = facts.total_steps
    few = steps <= FEW_STEPS
    updates = Evidence("updates in the whole run", steps, FEW_STEPS, _FEW_SOURCE, below=True)
    whole = training.batch_size >= facts.about.rows / 2 and steps <= 3 * FEW_STEPS
    place = second_half(facts)
    if whole or few and training.batch_size >= facts.about.rows / 5 > 12:
        return Finding(
            "batch_too_large",
            "problem",
            0.78,
            "So large a batch leaves a handful of updates, which is not enough for any learning "
            "rate.",
            (updates, *evidence),
            place,
            (smaller, longer, *faster),
        )
    if few and training.epochs <= FEW_EPOCHS:
        return Finding(
            "too_few_epochs",
            "problem",
            0.76,
            "The run ended while the loss was still falling.",
            (updates, *evidence),
            place,
            (longer, *faster, smaller),
        )
    return Finding(
        "lr_too_low",
        "problem",
        0.72,
        "The loss falls steadily, but in steps so short that the run ends far from what it could "
        "reach.",
        evidence,
        place,
        (*faster, longer),
    )


def _more_updates(facts: Facts) -> tuple[Remedy, Remedy]:
    smaller = Remedy(
        {"training": {"batch_size": 32}},
        "Smaller batches make more updates of each pass over the data.",
    )
    longer = Remedy(
        {"training": {"epochs": _more_epochs(facts)}},
        "The loss was still falling: it needs more passes, and nothing else.",
    )
    return smaller, longer


def _more_epochs(facts: Facts) -> int:
    epochs, rows = facts.training.epochs, max(facts.about.rows, 1)
    most = max(epochs, 10_000 * facts.training.batch_size // rows)
    return min(epochs * 20 if facts.total_steps < FEW_STEPS else epochs * 10, most, 10_000)


@where_known
def higher(facts: Facts) -> tuple[Remedy, ...]:
    """Return what lengthens the steps: the brakes taken off first, then higher rates."""
    training = facts.training
    held: dict[str, object] = {}
    if facts.has_schedule and facts.late_factor < 0.01:
        held["schedule"] = "constant"
    if training.clip_norm:
        held["clip_norm"] = 0.0
    if training.clip_value:
        held["clip_value"] = 0.0
    remedies = []
    if held:
        remedies.append(
            Remedy({"training": dict(held)}, "Without these brakes the steps have their length.")
        )
    most = 0.02 if training.optimizer in ADAPTIVE else 1.0
    missing = USUAL_UPDATE / max(facts.late_update, 1e-9)
    first = 10.0 ** np.clip(np.ceil(np.log10(max(missing, 10.0))), 1, 3)
    for factor in (first, 10.0 if first > 10 else 100.0):
        rate = float(f"{min(training.learning_rate * factor, most):.3g}")
        if rate > training.learning_rate:
            remedies.append(
                Remedy(
                    {"training": {**held, "learning_rate": rate}},
                    "With longer steps the run gets there in the same time.",
                )
            )
    return tuple(remedies)
