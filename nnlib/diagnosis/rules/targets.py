"""Classes and numbers: rare classes, and targets of the other kind."""

from collections.abc import Iterator

import numpy as np

from nnlib.diagnosis.facts import Facts
from nnlib.diagnosis.finding import Evidence, Finding, Remedy
from nnlib.diagnosis.rule import rule

RARE = 0.5
_RARE_SOURCE = "share of the rarest class over an equal share; measured: 1.0 in balanced sets"
MAJORITY = 0.6
_MAJORITY_SOURCE = "share of the most frequent class"
FOUND = 0.5
_FOUND_SOURCE = (
    "share of a rare class that is found; measured: at least 0.82 in healthy runs, at most 0.07 "
    "with this fault"
)
FEW_VALUES, MANY_CLASSES = 20, 20
_VALUES_SOURCE = "whole numbers with so few values may be the codes of classes"
BETTER = 0.1
_BETTER_SOURCE = "as classes so many more are right than as rounded numbers"
ORDERED = 0.5
_ORDERED_SOURCE = "R² on validation when the class names are taken for the numbers they are"


@rule("run")
def class_imbalance(facts: Facts) -> Iterator[Finding]:
    """Find a rare class that is not predicted where the majority is."""
    if facts.about.is_regression or facts.diverged:
        return
    shares = facts.about.class_shares
    present = shares[shares > 0]
    if shares.max() < MAJORITY or present.min() * len(present) > RARE:
        return
    recalls = facts.now.recalls
    rare = [c for c in range(len(shares)) if 0 < shares[c] * len(present) < RARE]
    worst = min(rare, key=lambda c: np.nan_to_num(recalls[c], nan=1.0))
    if not recalls[worst] < FOUND:
        return
    names = facts.data.class_names
    name = names[worst] if worst < len(names) else str(worst)
    yield Finding(
        "class_imbalance",
        "problem",
        0.85,
        f"The score is mostly that of the most frequent class; of “{name}” only "
        f"{recalls[worst]:.0%} are found.",
        (
            Evidence("share of the most frequent class", float(shares.max()), MAJORITY,
                     _MAJORITY_SOURCE),
            Evidence("share of the rare class that is found", float(recalls[worst]), FOUND,
                     _FOUND_SOURCE, True),
        ),
        remedies=(
            Remedy(
                {"training": {"class_weight": "balanced"}},
                "Weighted by how rare its class is, each class counts as much in the loss.",
            ),
            Remedy(
                {"data": "rebalance"},
                "Repeated as often as the others, rare rows count as much in every epoch.",
            ),
        ),
    )  # fmt: skip


@rule("end")
def classes_as_numbers(facts: Facts) -> Iterator[Finding]:
    """Find few whole values whose order means nothing, predicted as numbers."""
    labels = np.asarray(facts.data.labels("train"))
    if not facts.about.is_regression or labels.ndim > 1 and labels.shape[1] > 1:
        return
    labels = labels.ravel()
    values = np.unique(labels)
    if not 3 <= len(values) <= FEW_VALUES or not (values == np.round(values)).all():
        return
    baselines = facts.baselines
    if baselines is None or len(labels) < 10 * len(values):
        return
    rounded = facts.now.rounded_accuracy
    gain = baselines.as_classes - rounded
    if gain > BETTER:
        yield Finding(
            "wrong_task",
            "problem",
            0.9,
            "The target has a few whole values whose order means nothing: they are classes, and "
            "numbers between them are no answers.",
            (
                Evidence("values of the target", len(values), FEW_VALUES + 1, _VALUES_SOURCE,
                         True),
                Evidence("accuracy as classes over that as rounded numbers", gain, BETTER,
                         _BETTER_SOURCE),
            ),
            remedies=(Remedy({"data": "classification"}, "A class has a probability of its own."),),
        )  # fmt: skip


@rule("end")
def numbers_as_classes(facts: Facts) -> Iterator[Finding]:
    """Find many classes that are numbers whose order means something."""
    baselines, names = facts.baselines, facts.data.class_names
    if facts.about.is_regression or len(names) < MANY_CLASSES or baselines is None:
        return
    try:
        codes = np.array([float(name) for name in names])
    except ValueError:
        return
    if facts.val_score < 0.5 and (r2 := baselines.as_numbers(codes)) > ORDERED:
        yield Finding(
            "wrong_task",
            "problem",
            0.9,
            "The classes are numbers, and near ones mean nearly the same: as numbers every row "
            "helps to predict its neighbors.",
            (
                Evidence("classes", len(names), MANY_CLASSES - 1, _VALUES_SOURCE),
                Evidence("R² of trees on the numbers", r2, ORDERED, _ORDERED_SOURCE),
            ),
            remedies=(Remedy({"data": "regression"}, "A number knows its neighbors."),),
        )
