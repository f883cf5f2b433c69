"""The column to predict: which rows have it, which task it asks for, and its values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnlib.datasets.errors import DatasetError, listing, short
from nnlib.datasets.labels import encode_classes, settle_task

from .columns import infer_task, kind_of, numbers_of, texts_of
from .preprocessing import ColumnDecision

if TYPE_CHECKING:
    import pandas as pd

MAX_CLASSES = 200


class Target(NamedTuple):
    """A target column that was read: its task, its values, its class names, and notes."""

    task: str
    y: NDArray[Any]
    class_names: tuple[str, ...]
    notes: list[str]


def with_target(
    frame: pd.DataFrame, target: str, task: str | None, drop: bool
) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows that have a target value, and a note if there are others.

    Raises DatasetError if no row has one; if some have none and are not to be left out; or if all
    others have the same.
    """
    missing = _missing_targets(frame[target], task)
    count = int(missing.sum())
    if count == len(frame):
        raise DatasetError(
            f"The target column '{target}' has no values.", "Choose another target column."
        )
    if count and not drop:
        raise DatasetError(
            f"The target column '{target}' has no usable value in {count:,} of {len(frame):,} "
            "rows.",
            "Fill in these values, leave out their rows, or choose another target column.",
        )
    if not count:
        return frame, []
    known = frame[target][~missing]
    if known.nunique() < 2:
        raise DatasetError(
            f"The target column '{target}' has the same value, '{short(known.iloc[0])}', in every "
            f"row that has one; {count:,} of {len(frame):,} rows have none.",
            "If an empty cell is a class of its own, write its name there; else choose another "
            "target column.",
        )
    were, they_have = ("was", "it has") if count == 1 else ("were", "they have")
    note = (
        f"{count:,} of {len(frame):,} rows {were} left out: {they_have} no usable value of "
        f"'{target}'."
    )
    return frame[~missing], [note]


def _missing_targets(column: pd.Series[Any], task: str | None) -> NDArray[np.bool_]:
    """Which rows have no target; among quantities, text such as "unknown" is none."""
    import pandas as pd

    missing = column.isna().to_numpy()
    if missing.all() or kind_of(column) != "number":
        return missing
    if pd.api.types.is_numeric_dtype(column.dtype) or (task or infer_task(column)) == "regression":
        return np.isnan(numbers_of(column)[0])
    return missing


def read_target(column: pd.Series[Any], task: str | None) -> Target:
    """Read a target column without gaps.

    Raises DatasetError if it does not vary, has too many classes, or the task needs other values.
    """
    distinct = int(column.nunique())
    if distinct < 2:
        raise DatasetError(
            f"The target column '{column.name}' has the same value in every row.",
            "Choose another target column, one that varies.",
        )
    settled = settle_task(task, infer_task(column), distinct)
    if settled == "regression":
        return Target(settled, _read_quantities(column), (), [])
    if distinct > MAX_CLASSES or 2 * distinct > len(column):
        raise DatasetError(
            f"The target column '{column.name}' has {distinct:,} different values in "
            f"{len(column):,} rows, too many for classes.",
            "Choose a target whose values repeat, or regression if they are numbers.",
        )
    codes, names = encode_classes(texts_of(column))
    single = [names[code] for code in np.flatnonzero(np.bincount(codes) == 1)]
    notes = []
    if single:
        notes.append(
            f"Classes with one row only are used for training, never for validation: "
            f"{listing(single)}."
        )
    return Target("multiclass" if len(names) > 2 else settled, codes, names, notes)


def _read_quantities(column: pd.Series[Any]) -> NDArray[np.float64]:
    numbers, strays = numbers_of(column)
    if np.isnan(numbers).any():
        raise DatasetError(
            f"The target column '{column.name}' holds text ({listing(strays, limit=3)}), and "
            "regression needs numbers.",
            "Choose classification, or another target column.",
        )
    return numbers


def target_decision(column: pd.Series[Any], goal: Target) -> ColumnDecision:
    """Return the target's row in the table of decisions."""
    classes = f"target: {len(goal.class_names)} classes"
    action = "target: standardized" if goal.task == "regression" else classes
    return ColumnDecision(str(column.name), "target", 0, int(column.nunique()), action, 0)
