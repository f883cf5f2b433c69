"""Tables that leave: predictions, and CSV files that a spreadsheet opens without running them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    import pandas as pd

    from nnlib.model import Model

_FORMULA_START = (*"=+-@＝＋－＠", "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def frame_to_csv(frame: pd.DataFrame) -> bytes:
    """Return a table as CSV in UTF-8 that a spreadsheet opens without running any of it.

    Numbers keep every digit. A text cell or column name that a spreadsheet would read as a
    formula gets a leading apostrophe; text that is a plain number, such as ``-5``, stays.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table; its index is left out.

    Returns
    -------
    bytes
    """
    safe = frame.copy()
    safe.columns = [_without_formula(name) for name in frame.columns]
    for position, dtype in enumerate(frame.dtypes):
        # Only such columns can hold text: object, string and categories.
        if dtype.kind == "O":
            column = frame.iloc[:, position].astype(object).map(_without_formula)
            safe.isetitem(position, column.to_numpy(object))
    # The line ends of RFC 4180; with "\n" alone a carriage return in a cell would not be quoted.
    return safe.to_csv(index=False, lineterminator="\r\n").encode()


def _without_formula(cell: object) -> object:
    if not isinstance(cell, str) or not cell.startswith(_FORMULA_START):
        return cell
    return cell if _NUMBER.fullmatch(cell) else f"'{cell}"


def prediction_frame(model: Model, features: ArrayLike) -> pd.DataFrame:
    """Return a model's predictions for rows of features as a table.

    The class in "predicted" and one column of probabilities a class; for a regression the
    predicted values, in columns named after the targets where there are several.
    """
    import pandas as pd

    if model.task == "regression":
        values = model.predict(features)
        if values.ndim == 1:
            return pd.DataFrame({"predicted": values})
        return pd.DataFrame(values, columns=list(model.target_names))
    probabilities = model.predict_proba(features)
    names = np.array(model.class_names, dtype=object)
    frame = pd.DataFrame({"predicted": names[probabilities.argmax(axis=1)]})
    for name, column in zip(model.class_names, probabilities.T, strict=True):
        frame[f"probability of {name}"] = column
    return frame
