"""What only validation tells: learning by heart, wrong labels, nothing to learn, leaks."""

from collections.abc import Iterator

import numpy as np

from nnlib.diagnosis.facts import Facts
from nnlib.diagnosis.finding import Evidence, Finding, Place, Remedy
from nnlib.diagnosis.rule import rule

RISE = 0.15
_RISE_SOURCE = (
    "in units of a constant's loss; measured: at most 0.13 in healthy runs, at least 0.2 with it"
)
RISE_OF_POOR, POOR = 0.08, 0.3
"""A smaller rise counts where the best validation loss was poor already."""
GAP = 0.15
_GAP_SOURCE = "measured: at most 0.05 in healthy runs; simple models must be clearly better as well"
AHEAD = 0.02
_AHEAD_SOURCE = (
    "training scores are above those of validation unless training labels are wrong or validation "
    "is the easier part; so the other two signs are asked for as well"
)
MEMORIZED = 0.1
_MEMORIZED_SOURCE = "Arpit et al. 2017: true labels are learned first, wrong ones by heart later"
NOTHING = 0.9
_NOTHING_SOURCE = "measured: at least 0.95 without any signal"
NO_BETTER = 0.04
_NO_BETTER_SOURCE = "two standard errors of the score; simple models are no better either"
RARE = 0.8
TELLING = 0.98
_TELLING_SOURCE = "measured: at most 0.97 in healthy data, 0.995 with a leak"
MISSED = 0.05
_MISSED_SOURCE = "without the feature, trees lose so much of their score"
COPIES = 0.1
_COPIES_SOURCE = "share of validation rows that are also training rows"


def _patience(facts: Facts) -> int:
    return max(8, facts.training.epochs // 30)


@rule("run")
def overfitting(facts: Facts) -> Iterator[Finding]:
    """Find a validation loss that rose while the training loss went on falling."""
    facts.needed("val_loss")
    val = facts.val_levels
    if not len(val) or facts.diverged or facts.restored:
        return
    best = int(np.argmin(val))
    rise = float(val[-1] - val[best])
    risen = rise > RISE or (rise > RISE_OF_POOR and val[best] > POOR)
    gap = facts.train_score - facts.val_score
    if not np.isfinite(val[-1]) or facts.last_level > 0.5 * val[-1]:
        return
    if not risen and not (gap > GAP and facts.last_level < 0.1 and facts.far_behind):
        return
    steps = facts.curve("val_loss").steps
    stop = Remedy(
        {"training": {"patience": _patience(facts)}},
        "Early stopping puts the best weights back (Prechelt 1998).",
    )
    dropout = Remedy(
        {"training": {"patience": _patience(facts)}, "network": {"dropout": 0.3}},
        "Units that may be missing at any step cannot rely on one another by heart.",
    )
    penalty = Remedy(
        {"training": {"patience": _patience(facts), "l2": 1e-3}},
        "A penalty keeps the weights small and the function smooth.",
    )
    yield Finding(
        "overfitting",
        "problem",
        0.7,
        "Validation got worse while training went on getting better: the network learns its "
        "examples by heart.",
        (
            Evidence("rise of the validation loss from its best", rise, RISE, _RISE_SOURCE)
            if risen
            else Evidence("training score over that of validation", gap, GAP, _GAP_SOURCE),
        ),
        Place(steps=(int(steps[best]), int(steps[-1]))),
        (stop, dropout, penalty),
    )


@rule("run")
def label_noise(facts: Facts) -> Iterator[Finding]:
    """Find true labels that were learned first and wrong ones by heart later."""
    if facts.about.is_regression:
        return
    train, val = facts.needed("train_accuracy").values, facts.needed("val_accuracy").values
    levels = facts.val_levels
    if not len(levels) or len(train) != len(val) or facts.diverged:
        return
    best = int(np.argmin(levels))
    ahead, later = float(val[best] - train[best]), float(train[-1] - train[best])
    if ahead < AHEAD or later < MEMORIZED or levels[-1] - levels[best] < 0.1:
        return
    steps = facts.curve("val_loss").steps
    yield Finding(
        "label_noise",
        "problem",
        0.84,
        "At its best the network was right more often on validation than on its own training "
        "examples, and then learned the rest by heart: some training labels are wrong.",
        (
            Evidence("validation accuracy over training's at the best", ahead, AHEAD,
                     _AHEAD_SOURCE),
            Evidence("training accuracy gained after that", later, MEMORIZED, _MEMORIZED_SOURCE),
        ),
        Place(steps=(int(steps[best]), int(steps[-1]))),
        (
            Remedy({"data": "clean_labels"}, "Look at the examples that are learned last."),
            Remedy(
                {"training": {"patience": _patience(facts)}},
                "Stopping early leaves the wrong labels unlearned.",
            ),
        ),
    )  # fmt: skip


@rule("end")
def no_signal(facts: Facts) -> Iterator[Finding]:
    """Find data on which neither the network nor a simple model beats a constant."""
    levels, baselines = facts.val_levels, facts.baselines
    if not len(levels) or baselines is None or not levels.min() > NOTHING:
        return
    gain = max(baselines.best, facts.val_score) - baselines.constant
    # Two standard errors of a share near one half; a rare class would not show in it.
    least = max(NO_BETTER, 1 / len(facts.data.X_val) ** 0.5)
    if gain > least or not facts.about.is_regression and facts.about.class_shares.max() > RARE:
        return
    yield Finding(
        "no_signal",
        "problem",
        0.91,
        "Nothing here says what the target will be: on validation neither the network nor simple "
        "models are better than always giving the same answer.",
        (
            Evidence("lowest validation loss over a constant's", float(levels.min()), NOTHING,
                     _NOTHING_SOURCE),
            Evidence("best score over a constant's", gain, least,
                     _NO_BETTER_SOURCE, True),
        ),
        remedies=(
            Remedy(
                {"data": "better_features"},
                "Look for inputs that bear on the target, and check that rows and targets belong "
                "together.",
            ),
        ),
    )  # fmt: skip


@rule("end")
def leakage(facts: Facts) -> Iterator[Finding]:
    """Find one feature that alone gives the answer, which is gone without it."""
    baselines = facts.baselines
    if baselines is None or facts.data.n_features < 2 or facts.data.image_shape:
        return
    ratios = facts.about.correlation_ratios
    most = int(np.argmax(ratios))
    if ratios[most] < TELLING:
        return
    missed = baselines.trees - baselines.without(most)
    if missed < MISSED:
        return
    name = facts.data.feature_names[most]
    yield Finding(
        "leakage",
        "problem",
        0.87,
        f"The feature “{name}” alone gives the target away; ask whether it is known at the time "
        "of a prediction.",
        (
            Evidence("correlation ratio with the target", float(ratios[most]), TELLING,
                     _TELLING_SOURCE),
            Evidence("score that trees lose without it", missed, MISSED, _MISSED_SOURCE),
        ),
        remedies=(
            Remedy({"data": "drop_features"}, "Without it the score is what use will bring."),
        ),
    )  # fmt: skip


@rule("end")
def copies_across_the_split(facts: Facts) -> Iterator[Finding]:
    """Find validation rows that are training rows as well."""
    share = facts.about.copied_share
    if share > COPIES:
        yield Finding(
            "leakage",
            "warning",
            0.4,
            "Rows of the validation split are in the training split as well, so its score says "
            "little about new rows.",
            (Evidence("share of copied validation rows", share, COPIES, _COPIES_SOURCE),),
            remedies=(
                Remedy({"data": "split_again"}, "Split so that all copies fall on one side."),
            ),
        )
