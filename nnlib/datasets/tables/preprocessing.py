"""Tables to features: what was decided on each column, and the same treatment of a second table.

Gaps are filled, numbers standardized, dates taken apart, categories one-hot encoded, by what was
learned from the training rows (`fitting`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nnlib.datasets.errors import DatasetError, listing

from .columns import MAX_STRAY_SHARE, numbers_of, texts_of
from .dates import DateColumn, parse_dates, part_of
from .encoding import TableEncoding

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
    numeric, categorical : columns that became features, by treatment
    feature_names : column names for numbers, "column: part" for dates, "column=category" for
        categories
    decisions : one for every column of the table, used or not, the target included
    """

    kind: ClassVar[str] = "table"

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
            "kind": self.kind,
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

        Raises DatasetError if a column is missing, or holds text where numbers are needed.
        """
        return self.transform_with_notes(frame)[0]

    def transform_with_notes(
        self, frame: pd.DataFrame
    ) -> tuple[NDArray[np.float32], tuple[str, ...]]:
        """Return the features of a second table, and sentences on what was odd about it."""
        frame = frame.set_axis([str(name) for name in frame.columns], axis=1)
        absent = sorted(set(self.used) - set(frame.columns))
        if absent:
            raise DatasetError(
                f"The table lacks the columns {listing(absent)}.",
                "Use a table with the same columns as the one that was trained on.",
            )
        if not frame.columns.is_unique:
            repeated = frame.columns[frame.columns.duplicated()].unique()
            raise DatasetError(
                f"Several columns are called {listing(repeated)}.", "Give each column its own name."
            )
        if len(frame) == 0:
            raise DatasetError("The table has no rows.", "Add at least one row of data.")
        prepared, notes = prepare(frame, self.numeric, self.categorical, self.dates)
        for name in self.numeric:
            _check_read(frame[name], prepared[name], "numbers")
        for date in self.dates:
            _check_read(frame[date.name], prepared[date.inputs[0]], "dates")
        notes += [
            f"The column '{name}' has categories that training did not see "
            f"({listing(new, limit=5)}); all inputs of the column are 0 in their rows."
            for name, new in self.encoding.unseen(prepared).items()
        ]
        return self.features(prepared), (*notes, *self._differences(frame))

    def _differences(self, frame: pd.DataFrame) -> list[str]:
        """Say how the columns differ from those of training."""
        trained = dict.fromkeys(decision.column for decision in self.decisions)
        given = dict.fromkeys(frame.columns)
        notes = []
        extra = [name for name in given if name not in trained]
        if extra:
            notes.append(f"Columns that training did not have are ignored: {listing(extra)}.")
        needed = {*self.used, *(d.column for d in self.decisions if d.kind == "target")}
        absent = [name for name in trained if name not in given and name not in needed]
        if absent:
            notes.append(f"Columns that training left out are not there: {listing(absent)}.")
        both = [name for name in trained if name in given]
        if both != [name for name in given if name in trained]:
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


def _check_read(column: pd.Series[Any], prepared: pd.Series[Any], what: str) -> None:
    """Refuse a column of a second table of which more than a few values could not be read."""
    given = np.array([text == text for text in texts_of(column)])  # NaN differs from itself
    if (prepared.isna().to_numpy() & given).sum() > MAX_STRAY_SHARE * len(column):
        raise DatasetError(
            f"The column '{column.name}' holds other things than {what}.",
            f"Write {what} in this column as in training, or leave its cells empty.",
        )


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
