"""Predictions as tables: every row of a file has its line, and what cannot be told is empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .reading import Table

if TYPE_CHECKING:
    import pandas as pd

ROW = "row"
"""The column of row numbers: lines of the file, counted from 1 with its header."""


class Predictor(Protocol):
    """What predicts, such as a `nnlib.Model`."""

    @property
    def task(self) -> str:
        """One of "binary", "multiclass" and "regression"."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes."""

    @property
    def target_names(self) -> tuple[str, ...]:
        """The names of the predicted columns."""

    def predict(self, x: ArrayLike) -> NDArray[Any]:
        """Return classes or values."""

    def predict_proba(self, x: ArrayLike) -> NDArray[Any]:
        """Return probabilities of the classes."""


def prediction_frame(model: Predictor, features: ArrayLike) -> pd.DataFrame:
    """Return a model's predictions for rows of features as a table.

    The class in "predicted" and one column of probabilities a class; for a regression the
    predicted values, in columns named after the targets where there are several. Where the
    network gives no finite numbers, as after it diverged, the cells are empty.
    """
    import pandas as pd

    if model.task == "regression":
        values = model.predict(features)
        names = ["predicted"] if values.ndim == 1 else list(model.target_names)
        values = values.reshape(len(values), len(names))
        return pd.DataFrame(np.where(np.isfinite(values), values, np.nan), columns=names)
    probabilities = model.predict_proba(features)
    known = np.isfinite(probabilities).all(axis=1)
    classes = np.array(model.class_names, dtype=object)[probabilities.argmax(axis=1)]
    frame = pd.DataFrame({"predicted": np.where(known, classes, None)}, dtype=object)
    for name, column in zip(model.class_names, probabilities.T, strict=True):
        frame[f"probability of {name}"] = np.where(known, column, np.nan)
    return frame


def every_row(table: Table, columns: pd.DataFrame) -> pd.DataFrame:
    """Return columns with the row numbers of a file in front, and a line for rows left out.

    Parameters
    ----------
    table : as it was read
    columns : one row for each of `table.frame`; rows that were left out in reading become empty
    """
    import pandas as pd

    if len(table.left_out):
        every = np.union1d(table.lines, table.left_out)
        columns = columns.set_axis(table.lines, axis=0)
        columns = columns.astype(object).reindex(every)  # else whole numbers would become floats
    else:
        every = table.lines
    numbers = pd.Series(every, name=ROW)
    return pd.concat([numbers, columns.reset_index(drop=True)], axis=1)


def notes_on_gaps(table: Table, predicted: pd.DataFrame) -> tuple[str, ...]:
    """Say which rows of a file have no prediction, and why."""
    notes = []
    if len(table.left_out):
        one = len(table.left_out) == 1
        rows = "1 row was" if one else f"{len(table.left_out):,} rows were"
        notes.append(
            f"{rows} left out in reading and {'has' if one else 'have'} no prediction: line"
            f"{'' if one else 's'} {', '.join(map(str, table.left_out[:10]))}"
            f"{', …' if len(table.left_out) > 10 else ''}."
        )
    missing = int(predicted.isna().any(axis=1).sum())
    if missing:
        notes.append(
            f"The network gives no finite numbers in {missing:,} of {len(predicted):,} rows, so "
            "it predicts nothing there; did its training diverge?"
        )
    return tuple(notes)
