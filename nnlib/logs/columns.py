"""What a log's columns hold, by the names that libraries usually give them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

ROLES = {
    "step": "step (number of updates)",
    "epoch": "epoch",
    "train_loss": "training loss",
    "val_loss": "validation loss",
    "batch_loss": "loss of single minibatches",
    "train_accuracy": "training accuracy",
    "val_accuracy": "validation accuracy",
    "train_r2": "training R²",
    "val_r2": "validation R²",
    "learning_rate": "learning rate",
}
"""What a column can be, one number a record."""
LAYERED = (
    "gradient_norm", "signal_norm", "weight_norm", "update_ratio", "activation_mean",
    "activation_std", "dead_fraction", "saturated_fraction", "found_of_class", "rows_of_class",
    "predicted_class",
)  # fmt: skip
"""Columns of these names, a slash and a layer (or class), hold one number of each layer."""

_TRAIN, _VAL = r"(?:train(?:ing)?_)?", r"(?:val|valid|validation|eval|dev|test)_"
_ACCURACY = r"(?:(?:sparse_)?(?:categorical_|top_?1_|binary_)?acc(?:uracy)?|acc1)"
# Names in lower case with underscores; the first that fits wins.
_NAMES = (
    ("step", r"(?:trainer_|train_)?(?:global_)?_?steps?|iter(?:ation)?s?|batch|updates?"),
    ("epoch", r"(?:train_|trainer_)?epochs?"),
    ("batch_loss", r"(?:train(?:ing)?_)?loss_step|(?:mini)?batch_loss"),
    ("val_loss", rf"{_VAL}loss(?:_epoch)?|loss_(?:val|valid|validation|eval)"),
    ("train_loss", rf"{_TRAIN}loss(?:_epoch)?|epoch_loss|loss_train"),
    ("val_accuracy", rf"{_VAL}{_ACCURACY}(?:_epoch)?"),
    ("train_accuracy", rf"{_TRAIN}{_ACCURACY}(?:_epoch)?"),
    ("val_r2", rf"{_VAL}r2(?:_score)?"),
    ("train_r2", rf"{_TRAIN}r2(?:_score)?"),
    ("learning_rate", r"(?:train_)?(?:lr|learning_rate)(?:_[a-z0-9]+)*"),
)


def guess_roles(columns: Mapping[str, int]) -> dict[str, str]:
    """Return for each role the column that most likely holds it.

    Parameters
    ----------
    columns : names to the number of cells that are filled; of several that fit the fullest is taken
    """
    found: dict[str, str] = {}
    for column in sorted(columns, key=lambda name: -columns[name]):
        role = role_of(column)
        if role is not None and columns[column]:
            found.setdefault(role, column)
    return {role: found[role] for role in ROLES if role in found}


def role_of(column: str) -> str | None:
    """Return what a column of this name usually holds; None where that is not known."""
    if column.endswith(("__MIN", "__MAX")):  # W&B's bounds beside each value
        return None
    name = plain(column.rpartition(" - ")[2])  # W&B: run - metric
    for role, pattern in _NAMES:
        if re.fullmatch(pattern, name):
            return role
    return None


def plain(name: str) -> str:
    """Return a name in lower case with underscores, as ``train/Loss`` is ``train_loss``."""
    return re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")


def layered(columns: Iterable[str]) -> dict[str, list[str]]:
    """Return the columns of each series that has one number of each layer, in the file's order."""
    found: dict[str, list[str]] = {}
    for column in columns:
        series, slash, layer = column.partition("/")
        if slash and layer and series in LAYERED:
            found.setdefault(series, []).append(column)
    return found
