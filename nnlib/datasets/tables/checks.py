"""What a person should know of a table before training on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnlib.datasets.errors import listing, short

from .columns import kind_of, numbers_of, reason_to_ignore, texts_of
from .dividing import GROUPS, as_numbers, likely_divisions

if TYPE_CHECKING:
    import pandas as pd

FEW_ROWS = 50
FEW_OF_A_CLASS = 10
RARE_SHARE = 0.05
LARGEST_RATIO = 10
BARS = 10
CHECKED_ROWS = 20_000
_MANY_MISSING = 0.1  # of the rows


@dataclass(frozen=True)
class ColumnSummary:
    """One column of a table: its kind, and what its values look like.

    `histogram` counts numbers and dates in ten bins of equal width over their range, and
    categories by how often they come, the most frequent first, up to ten. `unused` says why the
    column is left out by default; it is empty for a column of use.
    """

    column: str
    kind: str
    missing: int
    distinct: int
    histogram: tuple[int, ...]
    unused: str


def summarize_columns(frame: pd.DataFrame) -> tuple[ColumnSummary, ...]:
    """Return a summary of each column of a table."""
    return tuple(_summary(frame[name]) for name in frame.columns)


def _summary(column: pd.Series[Any]) -> ColumnSummary:
    kind = kind_of(column)
    numbers = as_numbers(column, kind)
    if numbers is None:
        missing = int(column.isna().sum())
        counts = tuple(map(int, column.value_counts().head(BARS)))
    else:
        missing = int(np.isnan(numbers).sum())
        counts = _histogram(numbers[~np.isnan(numbers)])
    distinct = int(column.nunique())
    unused = reason_to_ignore(column, kind)
    return ColumnSummary(str(column.name), kind, missing, distinct, counts, unused)


def _histogram(numbers: NDArray[np.float64]) -> tuple[int, ...]:
    if not len(numbers):
        return ()
    largest = float(np.abs(numbers).max()) or 1.0  # the range of huge numbers would overflow
    return tuple(map(int, np.histogram(numbers / largest, bins=BARS)[0]))


def check_table(
    frame: pd.DataFrame,
    target: str,
    task: str,
    features: Sequence[str],
    split_by: str | None = None,
) -> tuple[str, ...]:
    """Return sentences on what may mislead a person who trains on the table.

    Too few rows, many without a target, rare classes, rows that come again or belong together,
    and features that give the target away.

    Parameters
    ----------
    target : column to predict
    task : {"binary", "multiclass", "regression"}
    features : columns that are learned from
    split_by : the column that the rows are split by already
    """
    known = frame[frame[target].notna()].reset_index(drop=True)
    warnings = _check_size(len(known), len(frame), target)
    if task != "regression":
        warnings += _check_classes(known[target])
    warnings += _check_rows(known, target, features)
    if split_by is None:
        warnings += _check_division(known, target)
    if len(known) > CHECKED_ROWS:
        drawn = np.random.default_rng(0).choice(len(known), CHECKED_ROWS, replace=False)
        known = known.iloc[drawn].reset_index(drop=True)
    warnings += _check_leakage(known, target, task, features)
    return tuple(warnings)


def _check_size(known: int, rows: int, target: str) -> list[str]:
    warnings = []
    if known < FEW_ROWS:
        warnings.append(
            f"There are only {known:,} rows: validation losses will depend on which rows "
            "they are; compare several seeds."
        )
    if rows - known > _MANY_MISSING * rows:
        warnings.append(
            f"'{target}' is empty in {rows - known:,} of {rows:,} rows, which are left out. Once "
            "the network is trained it can predict them: use the file as new rows."
        )
    return warnings


def _check_classes(target: pd.Series[Any]) -> list[str]:
    import pandas as pd

    counts = pd.Series(texts_of(target), dtype=object).value_counts()
    total, largest, smallest = int(counts.sum()), int(counts.iloc[0]), int(counts.iloc[-1])
    warnings = []
    if smallest < RARE_SHARE * total or largest > LARGEST_RATIO * smallest:
        usual, rare = short(counts.index[0]), short(counts.index[-1])
        warnings.append(
            f"The classes are unbalanced: '{rare}' has {smallest:,} of {total:,} rows. Always "
            f"saying '{usual}' is right in {largest / total:.1%}, so look at the confusion matrix "
            "rather than at the accuracy alone, and try balanced class weights."
        )
    few = [str(name) for name, count in counts.items() if count < FEW_OF_A_CLASS]
    if few:
        warnings.append(
            f"Fewer than {FEW_OF_A_CLASS} rows have {listing(few, limit=5)} as '{target.name}': "
            "too few to learn from; join rare classes or leave their rows out."
        )
    return warnings


def _check_division(frame: pd.DataFrame, target: str) -> list[str]:
    """Say where rows seem to belong together, so that a random split would not part them."""
    warnings = []
    for division, name in likely_divisions(frame, target):
        if division == GROUPS:
            warnings.append(
                f"'{name}' has {frame[name].nunique():,} values in {len(frame):,} rows. If rows "
                "with the same value belong together, such as visits of one patient, a random "
                "split validates on what it has trained on; split the rows by groups of this "
                "column."
            )
        else:
            warnings.append(
                f"The rows are in the order of '{name}'. If the future is to be predicted, a "
                "random split makes validation look too good; split the rows by time."
            )
    return warnings


def _check_rows(frame: pd.DataFrame, target: str, features: Sequence[str]) -> list[str]:
    import pandas as pd

    columns = [name for name in features if name != target]
    if not columns:
        return []
    # One number a row stands for its features: equal rows have equal ones.
    mixed = {name: str for name in columns if frame[name].dtype == object}
    inputs = pd.util.hash_pandas_object(frame[columns].astype(mixed), index=False)
    goals = pd.Series(texts_of(frame[target]), dtype=object)
    again = int(pd.DataFrame({"inputs": inputs, "goal": goals}).duplicated().sum())
    warnings = []
    if again:
        rows = "row repeats an earlier one" if again == 1 else "rows repeat earlier ones"
        warnings.append(
            f"{again:,} {rows} ({again / len(frame):.1%}). A row that is both trained on and "
            "validated on makes validation look too good; remove repetitions."
        )
    different = goals.groupby(inputs).transform("nunique")
    torn = int((different > 1).sum())
    if torn:
        warnings.append(
            f"{torn:,} rows have the features of another row and a different '{target}': no "
            "network can be right on all of them."
        )
    return warnings


def _check_leakage(
    frame: pd.DataFrame, target: str, task: str, features: Sequence[str]
) -> list[str]:
    """Say which columns hold the answer; of a quantity only a copy is sure to."""
    import pandas as pd

    columns = [name for name in features if name != target]
    if task == "regression":
        copies = [name for name in columns if _is_copy(frame[name], frame[target])]
        if not copies:
            return []
        have = "The column {} has" if len(copies) == 1 else "The columns {} have"
        return [
            f"{have.format(listing(copies, limit=5))} the values of '{target}' itself: leave such "
            "a column out."
        ]
    classes = pd.factorize(pd.Series(texts_of(frame[target]), dtype=object))[0]
    telling = [name for name in columns if _tells_class(frame[name], classes)]
    if not telling:
        return []
    verb = "determines" if len(telling) == 1 else "each determine"
    column = "column" if len(telling) == 1 else "columns"
    return [
        f"The {column} {listing(telling, limit=5)} {verb} '{target}' by itself in these rows. "
        "If that is known only afterwards, it gives the answer away; then leave it out."
    ]


def _is_copy(column: pd.Series[Any], target: pd.Series[Any]) -> bool:
    if kind_of(column) != "number":
        return False
    x, y = numbers_of(column)[0], numbers_of(target)[0]
    known = ~(np.isnan(x) | np.isnan(y))
    return int(known.sum()) >= FEW_OF_A_CLASS and bool((x[known] == y[known]).all())


def _tells_class(column: pd.Series[Any], classes: NDArray[np.intp]) -> bool:
    """Whether each value goes with one class, or each class has an interval of its own."""
    kind = kind_of(column)
    numbers = numbers_of(column)[0] if kind == "number" else None
    known = column.notna().to_numpy() if numbers is None else ~np.isnan(numbers)
    classes = classes[known]
    n_classes = len(np.unique(classes))
    if n_classes < 2 or len(classes) < 2 * FEW_OF_A_CLASS:
        return False
    if numbers is not None:
        return _intervals_are_apart(numbers[known], classes)
    if kind not in ("category", "boolean"):
        return False
    import pandas as pd

    codes = pd.factorize(pd.Series(texts_of(column)[known], dtype=object))[0]
    pairs = len(np.unique(np.stack([codes, classes]), axis=1).T)
    distinct = len(np.unique(codes))
    return distinct == pairs and distinct <= len(classes) / 5


def _intervals_are_apart(numbers: NDArray[np.float64], classes: NDArray[np.intp]) -> bool:
    order = np.argsort(classes, kind="stable")
    starts = np.flatnonzero(np.diff(classes[order], prepend=-1))
    low = np.minimum.reduceat(numbers[order], starts)
    high = np.maximum.reduceat(numbers[order], starts)
    ascending = np.argsort(low)
    return bool((high[ascending][:-1] < low[ascending][1:]).all())
