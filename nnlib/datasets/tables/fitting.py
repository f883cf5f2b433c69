"""What becomes of a table's columns: decided on the whole table, learned from its training rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnlib.datasets.errors import DatasetError

from .columns import MAX_CATEGORIES, kind_of, numbers_of, reason_to_ignore, texts_of
from .dates import PARTS, DateColumn, day_comes_first, parse_dates, part_of
from .encoding import TableEncoding, fit_encoding
from .limits import MAX_COLUMNS
from .preprocessing import ColumnDecision, TablePreprocessing, prepare

if TYPE_CHECKING:
    import pandas as pd


def fit_preprocessing(
    frame: pd.DataFrame,
    training: NDArray[np.intp],
    features: Sequence[str],
    target: ColumnDecision,
    keep: Sequence[str] = (),
    aside: Mapping[str, str] | None = None,
) -> tuple[TablePreprocessing, pd.DataFrame, list[str]]:
    """Decide on every column, and fit the treatment on the training rows.

    Parameters
    ----------
    frame : the whole table. What a column *is* (numbers, text, an identifier) is read off all rows;
        medians, means, deviations and categories are learned from the training rows.
    training : ndarray of int
        Positions of the training rows.
    features : columns that may be used
    target : the target's row in the table of decisions
    keep : features that are used although they look like identifiers or free text
    aside : columns that are left out, and why

    Returns
    -------
    preprocessing : TablePreprocessing
    prepared : DataFrame
        All rows, ready for `preprocessing.features`.
    notes : list of str
    """
    kinds = {name: kind_of(frame[name]) for name in features}
    dates, notes = _dates_of(frame, training, [name for name in features if kinds[name] == "date"])
    dated = {date.name for date in dates}
    reasons = {
        name: _why_not(frame[name], kinds[name], training, name in keep, name in dated)
        for name in features
    } | dict(aside or {})
    used = [name for name in features if not reasons[name]]
    numeric = tuple(name for name in used if kinds[name] == "number")
    categorical = tuple(name for name in used if kinds[name] not in ("number", "date"))
    if not used:
        raise DatasetError(
            "No column is left to learn from.",
            "Add columns that vary and are more than identifiers or free text.",
        )
    prepared, words = prepare(frame, numeric, categorical, dates)
    encoding, more = _fit_within_limits(prepared.iloc[training], numeric, categorical, dates)
    left_out = [name for name in features if reasons[name]]
    if left_out:
        more.append(f"Left out: {'; '.join(f'{n} ({reasons[n]})' for n in left_out)}.")
    treated = _treatments(encoding, dates)
    decisions = {
        name: _decision(
            frame[name], kinds.get(name), reasons.get(name), treated.get(name), prepared
        )
        for name in frame.columns
        if name != target.column
    } | {target.column: target}
    inputs, told = encoding.feature_names, tuple(decisions[name] for name in frame.columns)
    fitted = TablePreprocessing(numeric, categorical, encoding, inputs, told, dates)
    return fitted, prepared, [*notes, *words, *more]


def _dates_of(
    frame: pd.DataFrame, training: NDArray[np.intp], names: Sequence[str]
) -> tuple[tuple[DateColumn, ...], list[str]]:
    """Return the columns of dates with the parts that vary in the training rows, and notes."""
    dates, notes = [], []
    taken = {str(name) for name in frame.columns}
    for name in names:
        texts = [text for text in texts_of(frame[name]) if isinstance(text, str)]
        day_first, guessed = day_comes_first(texts)
        days = parse_dates(frame[name], day_first)
        parts = tuple(part for part in PARTS if _varies(part_of(days[training], part)))
        inputs = tuple(_unlike(f"{name}: {part}", taken) for part in parts)
        if parts:
            dates.append(DateColumn(name, parts, inputs, day_first))
        unread = int((np.isnat(days) & frame[name].notna().to_numpy()).sum())
        if unread:
            values = (
                "value that is no date; it counts"
                if unread == 1
                else ("values that are no dates; they count")
            )
            notes.append(f"The column '{name}' has {unread:,} {values} as missing.")
        if guessed and parts:
            notes.append(f"The dates in '{name}' were read as month/day/year, a guess.")
    return tuple(dates), notes


def _varies(numbers: NDArray[np.float64]) -> bool:
    return len(np.unique(numbers[~np.isnan(numbers)])) > 1


def _unlike(name: str, taken: set[str]) -> str:
    """Return a name that no column has, and take it."""
    while name in taken:
        name += "*"
    taken.add(name)
    return name


def _fit_within_limits(
    training: pd.DataFrame,
    numeric: Sequence[str],
    categorical: Sequence[str],
    dates: Sequence[DateColumn],
) -> tuple[TableEncoding, list[str]]:
    """Fit the encoding; where there were too many inputs, rare categories share more of them."""
    numbers = [*numeric, *(name for date in dates for name in date.inputs)]
    encoding = fit_encoding(training, numbers, categorical, most_inputs=MAX_COLUMNS)
    count = len(encoding.feature_names)
    if count > MAX_COLUMNS:
        raise DatasetError(
            f"Encoding the columns gives {count:,} inputs; the limit is {MAX_COLUMNS:,}.",
            "Leave out columns, those with many categories first.",
        )
    shared = [column.width for column in encoding.categories if column.rare]
    if not shared or max(shared) == MAX_CATEGORIES:
        return encoding, []
    return encoding, [
        f"So that there are at most {MAX_COLUMNS:,} inputs, the {max(shared) - 1:,} most frequent "
        "categories of a column have one each; the others share one."
    ]


def _treatments(encoding: TableEncoding, dates: Sequence[DateColumn]) -> dict[str, tuple[str, int]]:
    """Return in words what the columns became, and how many inputs."""
    found = {}
    for number in encoding.numbers:
        found[number.name] = ("logarithm, standardized" if number.log else "standardized", 1)
    for date in dates:
        words = f"{', '.join(date.parts)}; standardized"
        found[date.name] = (words, len(date.parts))
    for column in encoding.categories:
        words = "one input per category" + (", the rarest together" if column.rare else "")
        found[column.name] = (words, column.width)
    return found


def _why_not(
    column: pd.Series[Any], kind: str, training: NDArray[np.intp], keep: bool, dated: bool
) -> str:
    """Say why a column is of no use; an empty string if it is."""
    reason = reason_to_ignore(column, kind)
    if reason and not (keep and kind != "empty"):
        return reason
    seen = column.iloc[training]
    if kind == "number":
        varied = _varies(numbers_of(seen)[0])
    elif kind == "date":
        varied = dated
    else:  # a gap is a category of its own
        varied = len(set(map(str, texts_of(seen)))) > 1
    return "" if varied else "it has one value only in the training rows"


def _decision(
    column: pd.Series[Any],
    kind: str | None,
    reason: str | None,
    treatment: tuple[str, int] | None,
    prepared: pd.DataFrame,
) -> ColumnDecision:
    """Put a decision into words; `reason` is None for a column that was not to be used."""
    kind = kind or kind_of(column)
    missing, distinct = int(column.isna().sum()), int(column.nunique())
    if kind == "number":
        known = prepared.get(str(column.name))
        numbers = numbers_of(column)[0] if known is None else known.to_numpy(np.float64)
        missing = int(np.isnan(numbers).sum())
    if reason != "" or treatment is None:
        action = f"left out: {reason or 'not chosen'}"
        return ColumnDecision(str(column.name), kind, missing, distinct, action, 0)
    action, inputs = treatment
    if missing and kind in ("number", "date"):
        action = f"gaps filled with the median, {action}"
    return ColumnDecision(str(column.name), kind, missing, distinct, action, inputs)
