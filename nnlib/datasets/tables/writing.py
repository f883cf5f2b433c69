"""Tables that leave: CSV files that a spreadsheet opens without running any of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_FORMULA_START = (*"=+-@＝＋－＠", "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def frame_to_csv(frame: pd.DataFrame) -> bytes:
    """Return a table as CSV in UTF-8 that a spreadsheet opens without running any of it.

    Numbers keep every digit. A text cell or column name that a spreadsheet would read as a
    formula gets a leading apostrophe; text that is a plain number, such as ``-5``, stays.

    Parameters
    ----------
    frame : the table; its index is left out
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
