"""What a table's columns became, as plain numbers and texts: applied by NumPy, written as JSON.

scikit-learn learns it (`fit_encoding`); kept and saved are only the numbers, so that a model file
holds no code and predicting needs no scikit-learn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import compress
from math import inf, isfinite
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
    """A column of numbers: gaps become `fill`, then (x - mean) / scale.

    If `log`, values go through sign(x) log(1 + |x|) first; fill, mean and scale are of these.
    """

    name: str
    fill: float
    mean: float
    scale: float
    log: bool = False


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
            values = signed_log(values) if number.log else values
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
            new = [word for word in _distinct(prepared[column.name])[1] if word not in known]
            if new:
                found[column.name] = new
        return found

    def document(self) -> dict[str, Any]:
        """Return the encoding as values that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> TableEncoding:
        """Read what `document` wrote; ValueError where no number can be divided by a scale."""
        numbers = tuple(
            NumberColumn(
                str(c["name"]), float(c["fill"]), float(c["mean"]), float(c["scale"]), c["log"]
            )
            for c in document["numbers"]
        )
        if not all(isfinite(c.fill) and isfinite(c.mean) and 0 < c.scale < inf for c in numbers):
            raise ValueError("A column has no finite mean and scale.")
        categories = tuple(
            CategoryColumn(str(c["name"]), tuple(map(str, c["kept"])), tuple(map(str, c["rare"])))
            for c in document["categories"]
        )
        return cls(numbers, categories)


def _distinct(column: pd.Series[Any]) -> tuple[NDArray[np.intp], list[str]]:
    """Return the place of each row's text among the sorted distinct ones; a gap is a text too."""
    import pandas as pd

    texts = column.astype(object).where(column.notna(), MISSING_CATEGORY)
    codes, words = pd.factorize(texts, sort=True)
    return codes, [str(word) for word in words]


def _one_hot(values: pd.Series[Any], column: CategoryColumn) -> NDArray[np.float64]:
    place = {category: i for i, category in enumerate(column.kept)}
    place |= dict.fromkeys(column.rare, len(column.kept))
    codes, words = _distinct(values)
    places = np.array([place.get(word, -1) for word in words], dtype=np.intp)[codes]
    rows = np.zeros((len(values), column.width))
    known = np.flatnonzero(places >= 0)
    rows[known, places[known]] = 1
    return rows


def signed_log(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sign(x) log(1 + |x|), which `signed_exp` undoes."""
    return np.asarray(np.copysign(np.log1p(np.abs(values)), values))


def signed_exp(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sign(x) (exp(|x|) - 1)."""
    return np.asarray(np.copysign(np.expm1(np.abs(values)), values))


def is_skewed(values: NDArray[np.float64]) -> bool:
    """Whether a few values lie so far out that all others look alike, and a logarithm mends it.

    That is, the middle nine tenths of the values span less than one standard deviation (3.3 for a
    normal distribution), and at least twice as many of the logarithm's.
    """
    values = values[np.isfinite(values)]
    plain = _span(values)
    return plain < 1 and _span(signed_log(values)) > 2 * plain


def _span(values: NDArray[np.float64]) -> float:
    """Return the span of the middle nine tenths in standard deviations."""
    if not len(values):
        return 0.0
    values = values / (np.abs(values).max() or 1)  # squares of huge numbers would overflow
    low, high = np.quantile(values, [0.05, 0.95])
    deviation = values.std()
    return float((high - low) / deviation) if deviation > 0 else 0.0


def fit_encoding(
    prepared: pd.DataFrame,
    numeric: Sequence[str],
    categorical: Sequence[str],
    *,
    most_inputs: int | None = None,
) -> TableEncoding:
    """Learn medians, means, deviations and categories from training rows that were prepared.

    Parameters
    ----------
    numeric, categorical : columns of the table
    most_inputs : so many inputs in all; the most frequent categories keep one of their own
    """
    most = MAX_CATEGORIES
    if most_inputs is not None:
        widths = [len(_distinct(prepared[name])[1]) for name in categorical]
        most = most_categories(widths, most_inputs - len(numeric))
    return TableEncoding(
        _fit_numbers(prepared, numeric), _fit_categories(prepared, categorical, most)
    )


def most_categories(widths: Sequence[int], inputs: int) -> int:
    """Return how many inputs each column may become so that all have room: 2 to `MAX_CATEGORIES`.

    Parameters
    ----------
    widths : how many categories each column has
    inputs : room for all columns together
    """
    counts = range(MAX_CATEGORIES, 1, -1)
    fitting = (most for most in counts if sum(min(w, most) for w in widths) <= inputs)
    return next(fitting, 2)


def _fit_numbers(prepared: pd.DataFrame, names: Sequence[str]) -> tuple[NumberColumn, ...]:
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import StandardScaler

    if not names:
        return ()
    values = prepared[list(names)].to_numpy(np.float64)
    logs = np.array([is_skewed(column) for column in values.T])
    values = np.where(logs, signed_log(values), values)
    imputer, scaler = SimpleImputer(strategy="median"), StandardScaler()
    with np.errstate(all="ignore"):  # values that are too large are reported by their user
        scaler.fit(imputer.fit_transform(values))
    learned = zip(names, imputer.statistics_, scaler.mean_, scaler.scale_, logs, strict=True)
    return tuple(
        NumberColumn(name, float(fill), float(mean), float(scale), bool(log))
        for name, fill, mean, scale, log in learned
    )


def _fit_categories(
    prepared: pd.DataFrame, names: Sequence[str], most: int
) -> tuple[CategoryColumn, ...]:
    from sklearn.preprocessing import OneHotEncoder

    if not names:
        return ()
    found = [_distinct(prepared[name]) for name in names]
    encoder = OneHotEncoder(handle_unknown="ignore", max_categories=most)
    encoder.fit(np.stack([codes for codes, _ in found], axis=1))
    columns = []
    for name, (_, words), infrequent in zip(
        names, found, encoder.infrequent_categories_, strict=True
    ):
        columns.append(_category_column(name, words, infrequent))
    return tuple(columns)


def _category_column(
    name: str, words: Sequence[str], rare: NDArray[np.intp] | None
) -> CategoryColumn:
    """Divide a column's words by their places into those with an input each and the rare ones."""
    is_rare = np.zeros(len(words), dtype=bool)
    if rare is not None:
        is_rare[np.asarray(rare, dtype=np.intp)] = True
    kept = tuple(word for word, seldom in zip(words, is_rare, strict=True) if not seldom)
    return CategoryColumn(name, kept, tuple(compress(words, is_rare)))
