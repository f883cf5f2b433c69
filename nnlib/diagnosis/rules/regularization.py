"""Penalties, limits and dropout that hold the fit down."""

from collections.abc import Iterator

import numpy as np

from nnlib.diagnosis.facts import Facts
from nnlib.diagnosis.finding import Evidence, Finding, Remedy
from nnlib.diagnosis.rule import BAD_LEVEL, is_poor, rule

SHRUNK = 0.3
_SHRUNK_SOURCE = "measured: at least 0.81 in healthy runs, at most 0.04 with this fault"
HARMLESS_PENALTY = 1e-3
"""Strengths up to this are not taken for the reason that a training loss is bad."""
AT_LIMIT = 0.5
_LIMIT_SOURCE = "a limit at which more than half of the units stand is no longer a precaution"
STRONG_DROPOUT = 0.5
_DROPOUT_SOURCE = "Srivastava et al. 2014, section A.4: 0.5 for hidden layers is usual"


@rule("run")
def too_much_regularization(facts: Facts) -> Iterator[Finding]:
    """Find a bad training loss where something holds the weights or the units down."""
    if facts.diverged or not is_poor(facts):
        return
    evidence = [*_penalties(facts), *_max_norm(facts), *_dropout(facts)]
    if not evidence:
        return
    off = {"l1": 0.0, "l2": 0.0, "max_norm": 0.0, "weight_decay": 0.0}
    yield Finding(
        "too_much_regularization",
        "problem",
        0.89,
        "The regularization is so strong that not even the training examples are fitted.",
        (
            Evidence("training loss over that of a constant", facts.last_level, BAD_LEVEL,
                     "measured: at most 0.44 in all healthy runs"),
            *evidence,
        ),
        remedies=(
            Remedy(
                {"network": {"dropout": 0.0}, "training": off},
                "First fit the training examples, then regularize as much as validation asks for.",
            ),
        ),
    )  # fmt: skip


def _penalties(facts: Facts) -> Iterator[Evidence]:
    training = facts.training
    strength = max(training.l1, training.l2)
    if training.optimizer == "adamw":
        strength = max(strength, training.weight_decay)
    norms = facts.curve("weight_norm").values
    if strength > HARMLESS_PENALTY and len(norms) > 1:
        with np.errstate(invalid="ignore", divide="ignore"):
            kept = float(np.nanmin(norms[-1] / norms[0]))
        if kept < SHRUNK:
            yield Evidence(
                "weights now over those at the start", kept, SHRUNK, _SHRUNK_SOURCE, True
            )


def _max_norm(facts: Facts) -> Iterator[Evidence]:
    limit = facts.training.max_norm
    if limit:
        share = float(np.mean(facts.unit_norms > 0.98 * limit))
        if share > AT_LIMIT:
            yield Evidence("share of units at the max-norm limit", share, AT_LIMIT, _LIMIT_SOURCE)


def _dropout(facts: Facts) -> Iterator[Evidence]:
    if facts.network.dropout > STRONG_DROPOUT:
        yield Evidence("dropout rate", facts.network.dropout, STRONG_DROPOUT, _DROPOUT_SOURCE)
