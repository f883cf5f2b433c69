"""What a table's columns became, as plain numbers and texts: applied by NumPy, written as JSON.

scikit-learn learns it (`fit_encoding`); kept and saved are only the numbers, so that a model file
holds no code and predicting needs no scikit-learn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .columns import MAX_CATEGORIES

if TYPE_CHECKING:
    import pandas as pd

MISSING_CATEGORY = "(missing)"
OTHER_CATEGORY = "(other)"


@dataclass(frozen=True)
class NumberColumn:
    """A column of numbers: gaps become `fill`, then (x - mean) / scale."""

    name: str
    fill: float
    mean: float
    scale: float


@dataclass(frozen=True)
class CategoryColumn:
    """A column of categories, one input each.

    Attributes
    ----------
    kept : categories with an input of their own, in its order
    rare : categories that share one further input, the last; none: there is no such input
    """

    name: str
    kept: tuple[str, ...]
    rare: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """How many inputs the column became."""
        return len(self.kept) + bool(self.rare)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of its inputs."""
        names = (*self.kept, OTHER_CATEGORY) if self.rare else self.kept
        return tuple(f"{self.name}={category}" for category in names)


@dataclass(frozen=True)
class TableEncoding:
    """The inputs of a network, made of a table's columns: numbers first, then categories."""

    numbers: tuple[NumberColumn, ...]
    categories: tuple[CategoryColumn, ...]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the inputs."""
        names = [name for column in self.categories for name in column.inputs]
        return (*(column.name for column in self.numbers), *names)

    def transform(self, prepared: pd.DataFrame) -> NDArray[np.float64]:
        """Return the inputs of rows that went through `prepare`, shape (n, d).

        Categories that training did not see have all their inputs at 0.
        """
        parts = [np.empty((len(prepared), 0))]
        for number in self.numbers:
            values = prepared[number.name].to_numpy(np.float64)
            filled = np.where(np.isnan(values), number.fill, values)
            parts.append(((filled - number.mean) / number.scale)[:, np.newaxis])
        for category in self.categories:
            parts.append(_one_hot(prepared[category.name], category))
        return np.concatenate(parts, axis=1)

    def unseen(self, prepared: pd.DataFrame) -> dict[str, list[str]]:
        """Return the categories of each column that training did not see, where there are any."""
        found: dict[str, list[str]] = {}
        for column in self.categories:
            known = {*column.kept, *column.rare, MISSING_CATEGORY}
            given = _filled(prepared[column.name])
            new = sorted({value for value in given if value not in known})
            if new:
                found[column.name] = new
        return found

    def document(self) -> dict[str, Any]:
        """Return the encoding as values that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> TableEncoding:
        """Read what `document` wrote."""
        return cls(
            tuple(NumberColumn(**column) for column in document["numbers"]),
            tuple(
                CategoryColumn(column["name"], tuple(column["kept"]), tuple(column["rare"]))
                for column in document["categories"]
            ),
        )


def _filled(column: pd.Series[Any]) -> list[str]:
    """Return texts, with the name of the missing category in gaps."""
    blank = column.isna()
    return [MISSING_CATEGORY if b else str(v) for v, b in zip(column, blank, strict=True)]


def _one_hot(values: pd.Series[Any], column: CategoryColumn) -> NDArray[np.float64]:
    place = {category: i for i, category in enumerate(column.kept)}
    place |= dict.fromkeys(column.rare, len(column.kept))
    rows = np.zeros((len(values), column.width))
    for row, value in enumerate(_filled(values)):
        if value in place:
            rows[row, place[value]] = 1
    return rows


def fit_encoding(
    prepared: pd.DataFrame, numeric: Sequence[str], categorical: Sequence[str]
) -> TableEncoding:
    """Learn medians, means, deviations and categories from training rows that were prepared."""
    return TableEncoding(_fit_numbers(prepared, numeric), _fit_categories(prepared, categorical))


def _fit_numbers(prepared: pd.DataFrame, names: Sequence[str]) -> tuple[NumberColumn, ...]:
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import StandardScaler

    if not names:
        return ()
    imputer, scaler = SimpleImputer(strategy="median"), StandardScaler()
    with np.errstate(all="ignore"):  # values that are too large are reported by their user
        scaler.fit(imputer.fit_transform(prepared[list(names)]))
    learned = zip(names, imputer.statistics_, scaler.mean_, scaler.scale_, strict=True)
    return tuple(NumberColumn(n, float(fill), float(m), float(s)) for n, fill, m, s in learned)


def _fit_categories(prepared: pd.DataFrame, names: Sequence[str]) -> tuple[CategoryColumn, ...]:
    from sklearn.preprocessing import OneHotEncoder

    if not names:
        return ()
    encoder = OneHotEncoder(handle_unknown="ignore", max_categories=MAX_CATEGORIES)
    encoder.fit(np.array([_filled(prepared[name]) for name in names], dtype=object).T)
    columns = []
    for name, known, rare in zip(
        names, encoder.categories_, encoder.infrequent_categories_, strict=True
    ):
        together = tuple(map(str, rare)) if rare is not None else ()
        kept = tuple(str(category) for category in known if category not in set(together))
        columns.append(CategoryColumn(name, kept, together))
    return tuple(columns)
