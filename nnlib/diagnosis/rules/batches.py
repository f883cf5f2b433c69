"""Batches of a handful of rows: noise, and statistics that say nothing."""

from collections.abc import Iterator

from nnlib.diagnosis.facts import Facts
from nnlib.diagnosis.finding import Evidence, Finding, Remedy
from nnlib.diagnosis.rule import BAD_LEVEL, is_bad, rule, second_half
from nnlib.diagnosis.rules.steps import lower

SMALL_BATCH = 4
"""Batches up to this size are called small: the gradient's noise is then most of it."""
UNSETTLED = 1.5
_UNSETTLED_SOURCE = "measured: 2.8 at most in healthy runs, whose loss is near 0 then"
USUAL_UPDATE = 1e-3
"""About this is usual (CS231n notes)."""
LEARNING_LEVEL = 0.2
"""Below this level the loss is so low that its swings do not matter."""
_BAD_SOURCE = "measured: at most 0.44 in healthy runs"


@rule("run")
def wandering(facts: Facts) -> Iterator[Finding]:
    """Find batches of a few examples and a loss that wanders instead of settling."""
    batch = facts.training.batch_size
    unsettled = facts.last_level / max(facts.best_level, 1e-9)
    if batch > SMALL_BATCH or facts.diverged or facts.last_level < LEARNING_LEVEL:
        return
    lost = is_bad(facts) and facts.late_update > USUAL_UPDATE
    if not (unsettled > UNSETTLED or lost) or facts.far_behind is False:
        return
    yield Finding(
        "batch_too_small",
        "problem",
        0.82,
        "The gradient of so few examples is mostly noise, so that the weights wander about at the "
        "end instead of settling.",
        (
            Evidence("loss now over the lowest so far", unsettled, UNSETTLED, _UNSETTLED_SOURCE)
            if unsettled > UNSETTLED
            else Evidence(
                "training loss over that of a constant", facts.last_level, BAD_LEVEL, _BAD_SOURCE
            ),
            Evidence("batch size", batch, SMALL_BATCH + 1, "McCandlish et al. 2018", below=True),
        ),
        second_half(facts),
        (
            Remedy(
                {"training": {"batch_size": 32}},
                "Averaged over 32 examples the gradient is nearly six times less noisy.",
            ),
            *lower(facts)[:2],
        ),
    )


@rule("run")
def batch_norm_tiny_batch(facts: Facts) -> Iterator[Finding]:
    """Find batch statistics over a handful of rows."""
    batch = min(facts.training.batch_size, facts.about.rows)
    if not facts.network.batch_norm or batch > SMALL_BATCH or not facts.network.hidden:
        return
    evidence = [
        Evidence("batch size", batch, SMALL_BATCH + 1, "Wu & He 2018, figure 1", below=True)
    ]
    gradients = facts.curve("gradient_norm").values
    if batch == 1 and len(gradients):
        largest = float(gradients[:, 0].max())
        evidence.append(
            Evidence(
                "largest gradient of the first layer",
                largest,
                1e-6,
                "one row minus its own mean is 0, whatever it holds",
                below=True,
            )
        )
    behind = facts.far_behind
    bad = facts.last_level > LEARNING_LEVEL if behind is None else behind
    yield Finding(
        "batch_norm_tiny_batch",
        "problem" if bad else "warning",
        0.955 if bad else 0.3,
        "Batch normalization measures mean and deviation on the minibatch; of so few rows they say "
        "nothing, and training and evaluation disagree.",
        tuple(evidence),
        remedies=(
            Remedy({"training": {"batch_size": 64}}, "Statistics of 64 rows mean something."),
            Remedy({"network": {"batch_norm": False}}, "Without it there are no statistics."),
        ),
    )
