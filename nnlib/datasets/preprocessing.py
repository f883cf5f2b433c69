"""Tables to features: fill gaps, standardize numbers, take dates apart, one-hot encode categories.

Everything is learned from the training rows only (`encoding`); this module decides which column
gets which treatment, keeps the decisions for people to read, and applies the same treatment to a
second table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .columns import (
    MAX_CATEGORIES,
    MAX_STRAY_SHARE,
    kind_of,
    numbers_of,
    reason_to_ignore,
    texts_of,
)
from .dates import PARTS, DateColumn, day_comes_first, parse_dates, part_of
from .encoding import TableEncoding, fit_encoding
from .errors import DatasetError, listing
from .limits import MAX_COLUMNS

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ColumnDecision:
    """What happened to one column: a row of the table that tells people so.

    `missing` and `distinct` count over the whole table; `n_features` is how many inputs of the
    network the column became.
    """

    column: str
    kind: str
    missing: int
    distinct: int
    action: str
    n_features: int


@dataclass(frozen=True, eq=False)
class TablePreprocessing:
    """A fitted treatment of a table's columns.

    Attributes
    ----------
    numeric, categorical : tuple of str
        Columns that became features, by treatment.
    encoding : TableEncoding
    feature_names : tuple of str
        Column names for numbers, "column: part" for dates, "column=category" for categories.
    decisions : tuple of ColumnDecision
        One for every column of the table, used or not, the target included.
    dates : tuple of DateColumn
    """

    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    encoding: TableEncoding
    feature_names: tuple[str, ...]
    decisions: tuple[ColumnDecision, ...]
    dates: tuple[DateColumn, ...] = ()

    @property
    def used(self) -> tuple[str, ...]:
        """The columns that became features."""
        return (*self.numeric, *(date.name for date in self.dates), *self.categorical)

    def document(self) -> dict[str, Any]:
        """Return the treatment as values that JSON can hold, for `from_document`."""
        return {
            "encoding": self.encoding.document(),
            "decisions": [asdict(decision) for decision in self.decisions],
            "dates": [asdict(date) for date in self.dates],
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> TablePreprocessing:
        """Read what `document` wrote."""
        encoding = TableEncoding.from_document(document["encoding"])
        dates = tuple(
            DateColumn(d["name"], tuple(d["parts"]), tuple(d["inputs"]), d["day_first"])
            for d in document.get("dates", ())
        )
        parts = {name for date in dates for name in date.inputs}
        return cls(
            tuple(column.name for column in encoding.numbers if column.name not in parts),
            tuple(column.name for column in encoding.categories),
            encoding,
            encoding.feature_names,
            tuple(ColumnDecision(**decision) for decision in document["decisions"]),
            dates,
        )

    def transform(self, frame: pd.DataFrame) -> NDArray[np.float32]:
        """Return the features of a second table, shape (n, d), float32.

        Further columns are ignored. Categories that training did not see have all their inputs
        at 0.

        Raises
        ------
        DatasetError
            If a column is missing, or holds text where numbers are needed.
        """
        return self.transform_with_notes(frame)[0]

    def transform_with_notes(
        self, frame: pd.DataFrame
    ) -> tuple[NDArray[np.float32], tuple[str, ...]]:
        """Return the features of a second table, and sentences on what was odd about it."""
        absent = sorted(set(self.used) - {str(c) for c in frame.columns})
        if absent:
            raise DatasetError(
                f"The table lacks the columns {listing(absent)}.",
                "Use a table with the same columns as the one that was trained on.",
            )
        if len(frame) == 0:
            raise DatasetError("The table has no rows.", "Add at least one row of data.")
        frame = frame.set_axis([str(c) for c in frame.columns], axis=1)
        prepared, notes = prepare(frame, self.numeric, self.categorical, self.dates)
        for name in self.numeric:
            given = [text == text for text in texts_of(frame[name])]  # NaN differs from itself
            unread = prepared[name].isna().to_numpy() & given
            if unread.sum() > MAX_STRAY_SHARE * len(frame):
                raise DatasetError(
                    f"The column '{name}' holds other things than numbers.",
                    "Write numbers in this column, or leave its cells empty.",
                )
        for date in self.dates:
            unread = prepared[date.inputs[0]].isna() & frame[date.name].notna()
            if unread.sum() > MAX_STRAY_SHARE * len(frame):
                raise DatasetError(
                    f"The column '{date.name}' holds other things than dates.",
                    "Write dates in this column as in training, or leave its cells empty.",
                )
        notes += [
            f"The column '{name}' has categories that training did not see "
            f"({listing(new, limit=5)}); all inputs of the column are 0 in their rows."
            for name, new in self.encoding.unseen(prepared).items()
        ]
        return self.features(prepared), (*notes, *self._differences(frame))

    def _differences(self, frame: pd.DataFrame) -> list[str]:
        """Say how the columns differ from those of training."""
        trained = [decision.column for decision in self.decisions]
        target = {d.column for d in self.decisions if d.kind == "target"}
        given = list(frame.columns)
        notes = []
        extra = [name for name in given if name not in set(trained)]
        if extra:
            notes.append(f"Columns that training did not have are ignored: {listing(extra)}.")
        used = set(self.used)
        absent = [name for name in trained if name not in {*given, *used, *target}]
        if absent:
            notes.append(f"Columns that training left out are not there: {listing(absent)}.")
        both = [name for name in trained if name in set(given)]
        if both != [name for name in given if name in set(trained)]:
            notes.append("The columns are in another order; they were found by their names.")
        return notes

    def features(self, prepared: pd.DataFrame) -> NDArray[np.float32]:
        """Return the features of rows that went through `prepare`, shape (n, d), float32."""
        with np.errstate(all="ignore"):
            features = self.encoding.transform(prepared).astype(np.float32)
        finite = np.isfinite(features).all(axis=0)
        if not finite.all():
            raise DatasetError(
                f"The column '{self.feature_names[int(finite.argmin())]}' has values that are too "
                "large.",
                "Correct these values or express the column in a larger unit.",
            )
        return np.asarray(features)


def prepare(
    frame: pd.DataFrame,
    numeric: Sequence[str],
    categorical: Sequence[str],
    dates: Sequence[DateColumn] = (),
) -> tuple[pd.DataFrame, list[str]]:
    """Bring columns into plain form: float64 with NaN, or text with NaN. Learns nothing.

    A column of dates becomes one of numbers for each of its parts.

    Returns
    -------
    prepared : DataFrame
    notes : list of str
        Which columns of numbers held something else here and there.
    """
    import pandas as pd

    columns: dict[str, pd.Series[Any]] = {}
    notes = []
    for name in numeric:
        numbers, strays = numbers_of(frame[name])
        columns[name] = pd.Series(numbers)
        if strays:
            notes.append(
                f"The column '{name}' has text among its numbers ({listing(strays, limit=3)}); "
                "it counts as missing."
            )
        if infinite := _count_infinities(frame[name]):
            values = "value, which counts" if infinite == 1 else "values, which count"
            notes.append(f"The column '{name}' has {infinite:,} infinite {values} as missing.")
    for date in dates:
        days = parse_dates(frame[date.name], date.day_first)
        columns |= {
            name: pd.Series(part_of(days, part))
            for name, part in zip(date.inputs, date.parts, strict=True)
        }
    for name in categorical:
        columns[name] = pd.Series(texts_of(frame[name]), dtype=object)
    return pd.DataFrame(columns), notes


def _count_infinities(column: pd.Series[Any]) -> int:
    if column.dtype.kind not in "fO":
        return 0
    if column.dtype.kind == "f":
        return int(np.isinf(column.to_numpy(np.float64)).sum())
    return sum(isinstance(value, float) and bool(np.isinf(value)) for value in column)


def fit_preprocessing(
    frame: pd.DataFrame,
    training: NDArray[np.intp],
    features: Sequence[str],
    target: ColumnDecision,
    keep: Sequence[str] = (),
) -> tuple[TablePreprocessing, pd.DataFrame, list[str]]:
    """Decide on every column, and fit the treatment on the training rows.

    Parameters
    ----------
    frame : DataFrame
        The whole table. What a column *is* (numbers, text, an identifier) is read off all rows;
        medians, means, deviations and categories are learned from the training rows.
    training : ndarray of int
        Positions of the training rows.
    features : sequence of str
        Columns that may be used.
    target : ColumnDecision
        The target's row in the table of decisions.
    keep : sequence of str
        Features that are used although they look like identifiers or free text.

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
    }
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
    decisions = tuple(
        target
        if name == target.column
        else _decision(frame[name], kinds.get(name), reasons.get(name), treated.get(name), prepared)
        for name in frame.columns
    )
    names = encoding.feature_names
    fitted = TablePreprocessing(numeric, categorical, encoding, names, decisions, dates)
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
