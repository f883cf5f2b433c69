"""Tables to features: fill gaps, standardize numbers, one-hot encode categories.

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

from .columns import MAX_CATEGORIES, MAX_STRAY_SHARE, is_identifier, kind_of, numbers_of, texts_of
from .encoding import TableEncoding, fit_encoding
from .errors import DatasetError, listing
from .reading import MAX_COLUMNS

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
        Column names for numbers, "column=category" for categories.
    decisions : tuple of ColumnDecision
        One for every column of the table, used or not, the target included.
    """

    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    encoding: TableEncoding
    feature_names: tuple[str, ...]
    decisions: tuple[ColumnDecision, ...]

    def document(self) -> dict[str, Any]:
        """Return the treatment as values that JSON can hold, for `from_document`."""
        return {
            "encoding": self.encoding.document(),
            "decisions": [asdict(decision) for decision in self.decisions],
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> TablePreprocessing:
        """Read what `document` wrote."""
        encoding = TableEncoding.from_document(document["encoding"])
        return cls(
            tuple(column.name for column in encoding.numbers),
            tuple(column.name for column in encoding.categories),
            encoding,
            encoding.feature_names,
            tuple(ColumnDecision(**decision) for decision in document["decisions"]),
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
        absent = sorted({*self.numeric, *self.categorical} - {str(c) for c in frame.columns})
        if absent:
            raise DatasetError(
                f"The table lacks the columns {listing(absent)}.",
                "Use a table with the same columns as the one that was trained on.",
            )
        if len(frame) == 0:
            raise DatasetError("The table has no rows.", "Add at least one row of data.")
        frame = frame.set_axis([str(c) for c in frame.columns], axis=1)
        prepared, notes = prepare(frame, self.numeric, self.categorical)
        for name in self.numeric:
            given = [text == text for text in texts_of(frame[name])]  # NaN differs from itself
            unread = prepared[name].isna().to_numpy() & given
            if unread.sum() > MAX_STRAY_SHARE * len(frame):
                raise DatasetError(
                    f"The column '{name}' holds other things than numbers.",
                    "Write numbers in this column, or leave its cells empty.",
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
        used = {*self.numeric, *self.categorical}
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
    frame: pd.DataFrame, numeric: Sequence[str], categorical: Sequence[str]
) -> tuple[pd.DataFrame, list[str]]:
    """Bring columns into plain form: float64 with NaN, or text with NaN. Learns nothing.

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
    for name in categorical:
        columns[name] = pd.Series(texts_of(frame[name]), dtype=object)
    return pd.DataFrame(columns), notes


def fit_preprocessing(
    frame: pd.DataFrame,
    training: NDArray[np.intp],
    features: Sequence[str],
    target: ColumnDecision,
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

    Returns
    -------
    preprocessing : TablePreprocessing
    prepared : DataFrame
        All rows, ready for `preprocessing.features`.
    notes : list of str
    """
    kinds = {name: kind_of(frame[name]) for name in features}
    reasons = {name: _why_not(frame[name], kinds[name], training) for name in features}
    used = [name for name in features if not reasons[name]]
    numeric = tuple(name for name in used if kinds[name] == "number")
    categorical = tuple(name for name in used if kinds[name] != "number")
    if not used:
        raise DatasetError(
            "No column is left to learn from.",
            "Add columns that vary and are more than identifiers, dates or free text.",
        )
    prepared, notes = prepare(frame, numeric, categorical)
    encoding = fit_encoding(prepared.iloc[training], numeric, categorical)
    widths = dict.fromkeys(numeric, 1) | {c.name: c.width for c in encoding.categories}
    if sum(widths.values()) > MAX_COLUMNS:
        raise DatasetError(
            f"Encoding the categories gives {sum(widths.values()):,} features; the limit is "
            f"{MAX_COLUMNS:,}.",
            "Leave out columns with many categories.",
        )
    left_out = [name for name in features if reasons[name]]
    if left_out:
        notes.append(f"Left out: {'; '.join(f'{n} ({reasons[n]})' for n in left_out)}.")
    decisions = tuple(
        target
        if name == target.column
        else _decision(frame[name], kinds.get(name), reasons.get(name), widths.get(name, 0))
        for name in frame.columns
    )
    names = encoding.feature_names
    fitted = TablePreprocessing(numeric, categorical, encoding, names, decisions)
    return fitted, prepared, notes


def _why_not(column: pd.Series[Any], kind: str, training: NDArray[np.intp]) -> str:
    """Say why a column is of no use; an empty string if it is."""
    distinct = column.nunique()
    if kind == "empty":
        return "it is empty"
    if kind == "date":
        return "dates are not used"
    if is_identifier(column, kind):
        return "it only tells rows apart"
    if kind == "category" and distinct > max(MAX_CATEGORIES, len(column) / 2):
        return "free text"
    seen = column.iloc[training]
    if kind == "number":
        numbers = numbers_of(seen)[0]
        varied = len(np.unique(numbers[~np.isnan(numbers)])) > 1
    else:  # a gap is a category of its own
        varied = len(set(map(str, texts_of(seen)))) > 1
    if not varied:
        return "it has one value only in the training rows"
    return ""


def _decision(
    column: pd.Series[Any], kind: str | None, reason: str | None, n_features: int
) -> ColumnDecision:
    """Put a decision into words; `reason` is None for a column that was not to be used."""
    kind = kind or kind_of(column)
    missing, distinct = int(column.isna().sum()), int(column.nunique())
    if kind == "number":
        missing = int(np.isnan(numbers_of(column)[0]).sum())
        action = "standardized"
        if missing:
            action = "gaps filled with the median, standardized"
    else:
        action = "one input per category"
        if distinct > MAX_CATEGORIES:
            action = "one input per category, the rarest together"
    if reason != "":
        action = f"left out: {reason or 'not chosen'}"
    return ColumnDecision(str(column.name), kind, missing, distinct, action, n_features)
