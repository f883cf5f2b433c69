"""What a person should know of a table before training on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .columns import kind_of, numbers_of, reason_to_ignore, texts_of
from .dates import ELAPSED, day_comes_first, parse_dates, part_of
from .errors import listing

if TYPE_CHECKING:
    import pandas as pd

FEW_ROWS = 50
FEW_OF_A_CLASS = 10
RARE_SHARE = 0.05
LARGEST_RATIO = 10
BARS = 10
CHECKED_ROWS = 20_000
_TELLING_RANKS = 0.999


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
    numbers = _as_numbers(column, kind)
    if numbers is None:
        missing = int(column.isna().sum())
        counts = tuple(map(int, column.value_counts().head(BARS)))
    else:
        missing = int(np.isnan(numbers).sum())
        counts = _histogram(numbers[~np.isnan(numbers)])
    distinct = int(column.nunique())
    unused = reason_to_ignore(column, kind)
    return ColumnSummary(str(column.name), kind, missing, distinct, counts, unused)


def _as_numbers(column: pd.Series[Any], kind: str) -> NDArray[np.float64] | None:
    """Return a column of numbers or dates as numbers; None for other kinds."""
    if kind == "number":
        return numbers_of(column)[0]
    if kind == "date":
        texts = [text for text in texts_of(column) if isinstance(text, str)]
        return part_of(parse_dates(column, day_comes_first(texts)[0]), ELAPSED)
    return None


def _histogram(numbers: NDArray[np.float64]) -> tuple[int, ...]:
    if not len(numbers):
        return ()
    largest = float(np.abs(numbers).max()) or 1.0  # the range of huge numbers would overflow
    return tuple(map(int, np.histogram(numbers / largest, bins=BARS)[0]))


def check_table(
    frame: pd.DataFrame, target: str, task: str, features: Sequence[str]
) -> tuple[str, ...]:
    """Return sentences on what may mislead a person who trains on the table.

    Too few rows, rare classes, rows that come again, and features that give the target away.

    Parameters
    ----------
    frame : DataFrame
    target : str
        Column to predict.
    task : {"binary", "multiclass", "regression"}
    features : sequence of str
        Columns that are learned from.
    """
    frame = frame[frame[target].notna()].reset_index(drop=True)
    warnings = []
    if len(frame) < FEW_ROWS:
        warnings.append(
            f"There are only {len(frame):,} rows: validation losses will depend on which rows "
            "they are; compare several seeds."
        )
    if task != "regression":
        warnings += _check_classes(frame[target])
    warnings += _check_rows(frame, target, features)
    if len(frame) > CHECKED_ROWS:
        drawn = np.random.default_rng(0).choice(len(frame), CHECKED_ROWS, replace=False)
        frame = frame.iloc[drawn].reset_index(drop=True)
    warnings += _check_leakage(frame, target, task, features)
    return tuple(warnings)


def _check_classes(target: pd.Series[Any]) -> list[str]:
    counts = target.value_counts()
    total, largest, smallest = int(counts.sum()), int(counts.iloc[0]), int(counts.iloc[-1])
    warnings = []
    if smallest < RARE_SHARE * total or largest > LARGEST_RATIO * smallest:
        warnings.append(
            f"The classes are unbalanced: '{counts.index[-1]}' has {smallest:,} of {total:,} rows. "
            f"Always saying '{counts.index[0]}' is right in {largest / total:.1%}, so look at the "
            "confusion matrix rather than at the accuracy alone."
        )
    few = [str(name) for name, count in counts.items() if count < FEW_OF_A_CLASS]
    if few:
        warnings.append(
            f"Fewer than {FEW_OF_A_CLASS} rows have {listing(few, limit=5)} as '{target.name}': "
            "too few to learn from; join rare classes or leave their rows out."
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
    columns = [name for name in features if name != target]
    if task == "regression":
        telling = [name for name in columns if _ranks_alike(frame[name], frame[target])]
    else:
        import pandas as pd

        classes = pd.factorize(pd.Series(texts_of(frame[target]), dtype=object))[0]
        telling = [name for name in columns if _tells_class(frame[name], classes)]
    if not telling:
        return []
    verb = "determines" if len(telling) == 1 else "each determine"
    column = "column" if len(telling) == 1 else "columns"
    return [
        f"The {column} {listing(telling, limit=5)} {verb} '{target}' by itself in these rows. "
        "What is known only after it gives the answer away; leave such a column out."
    ]


def _ranks_alike(column: pd.Series[Any], target: pd.Series[Any]) -> bool:
    """Whether two columns of numbers rise together, or one as the other falls."""
    import pandas as pd

    if kind_of(column) != "number":
        return False
    pair = pd.DataFrame({"x": numbers_of(column)[0], "y": numbers_of(target)[0]}).dropna()
    if len(pair) < FEW_OF_A_CLASS or pair["x"].nunique() < 3:
        return False
    ranks = pair.rank()
    return bool(abs(np.corrcoef(ranks["x"], ranks["y"])[0, 1]) > _TELLING_RANKS)


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
    intervals = sorted(
        (numbers[classes == code].min(), numbers[classes == code].max())
        for code in np.unique(classes)
    )
    return all(
        high < low for (_, high), (low, _) in zip(intervals[:-1], intervals[1:], strict=True)
    )
