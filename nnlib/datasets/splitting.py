"""Which rows are for training, for validation and for the test."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import DatasetError

Rows = NDArray[np.intp]

MIN_ROWS = 4


class Split(NamedTuple):
    """Row numbers of the three splits, each in random order; together every row once."""

    train: Rows
    val: Rows
    test: Rows


def split_arrays(split: Split, **arrays: NDArray[Any]) -> dict[str, Any]:
    """Return the rows of each array in each split: of `X` as "X_train", "X_val" and "X_test"."""
    return {
        f"{name}_{part}": array[rows]
        for name, array in arrays.items()
        for part, rows in zip(Split._fields, split, strict=True)
    }


def split_rows(
    n_rows: int,
    *,
    train_fraction: float = 0.8,
    test_fraction: float = 0.0,
    seed: int = 0,
    codes: NDArray[np.integer] | None = None,
    groups: NDArray[np.integer] | None = None,
    ordered: bool = False,
) -> Split:
    """Divide rows at random: with the same class proportions in every split, or by whole groups.

    Parameters
    ----------
    n_rows : number of rows, at least 4
    train_fraction, test_fraction : shares of the training and of the test split; validation is what
        remains
    seed : seed of the shuffle
    codes : shape (n_rows,); classes to keep in proportion. A class of which there is a single row
        goes to training.
    groups : shape (n_rows,); numbers of groups, of which each goes to one split as a whole; `codes`
        then do not count. The splits come as near to their shares as whole groups allow.
    ordered : whether groups are taken in the order of their numbers (training first, the test last)
        rather than at random; where the numbers are times, this splits by time

    Raises
    ------
    DatasetError
        If there are too few rows or groups, or the shares leave no validation rows.

    Notes
    -----
    Stratification works by one sort: within its class of size m, the row of random rank r gets
    the position (r + 1/2) / m. In that order every stretch of rows holds each class in its
    proportion, rounded to whole rows; so the splits are three consecutive stretches.
    """
    n_train, n_val = _split_sizes(n_rows, train_fraction, test_fraction)
    rng = _generator(seed)
    if groups is not None:
        return _split_groups(groups, n_train, n_val, rng, ordered)
    order = rng.permutation(n_rows)
    if codes is not None:
        order = order[_stratified_order(codes[order])]
    train, val, test = np.split(order, [n_train, n_train + n_val])
    return Split(rng.permutation(train), rng.permutation(val), rng.permutation(test))


def _split_groups(
    groups: NDArray[np.integer], n_train: int, n_val: int, rng: np.random.Generator, ordered: bool
) -> Split:
    """Give each group to one split, so that the splits end nearest to where they should."""
    names, of_row, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    tested = n_train + n_val < len(groups)
    if len(names) < 2 + tested:
        raise DatasetError(
            f"The rows belong to {len(names)} group{'' if len(names) == 1 else 's'}; "
            f"{2 + tested} splits need at least {2 + tested}.",
            "Split by another column, or at random.",
        )
    order = np.arange(len(names)) if ordered else rng.permutation(len(names))
    ends = np.cumsum(sizes[order])
    first = _nearest(ends, n_train, 1, len(names) - 1 - tested)
    second = _nearest(ends, n_train + n_val, first + 1, len(names) - 1) if tested else len(names)
    place = np.empty(len(names), dtype=np.intp)
    place[order] = np.arange(len(names))
    split = np.searchsorted([first, second], place[of_row], side="right")
    return Split(*(rng.permutation(np.flatnonzero(split == part)) for part in range(3)))


def _nearest(ends: NDArray[np.integer], rows: int, low: int, high: int) -> int:
    """Return how many groups, between two bounds, together have most nearly so many rows."""
    return low + int(np.abs(ends[low - 1 : high] - rows).argmin())


def _stratified_order(codes: NDArray[np.integer]) -> Rows:
    """Order that interleaves the classes evenly; ties keep the given (random) order."""
    position = np.empty(len(codes))
    for code in np.unique(codes):
        members = np.flatnonzero(codes == code)
        position[members] = (np.arange(len(members)) + 0.5) / len(members)
        position[members[0]] = 0.0  # a class that training never sees could not be learned
    return np.argsort(position, kind="stable")


def _split_sizes(n_rows: int, train_fraction: float, test_fraction: float) -> tuple[int, int]:
    if n_rows < MIN_ROWS:
        raise DatasetError(
            f"There are only {n_rows} rows.",
            f"Provide at least {MIN_ROWS}; a few hundred make the curves meaningful.",
        )
    if not (0 < train_fraction < 1 and 0 <= test_fraction < 1):
        raise DatasetError(
            f"The fractions for training ({train_fraction}) and test ({test_fraction}) are not "
            "both between 0 and 1.",
            "Choose for example 0.8 for training and 0.1 for the test.",
        )
    if train_fraction + test_fraction > 1 - 1e-9:
        raise DatasetError(
            f"Training ({train_fraction}) and test ({test_fraction}) leave no rows for validation.",
            "Lower one of the two fractions so that they add up to less than 1.",
        )
    n_test = max(1, round(n_rows * test_fraction)) if test_fraction else 0
    n_train = min(max(1, round(n_rows * train_fraction)), n_rows - n_test - 1)
    return n_train, n_rows - n_train - n_test


def _generator(seed: int) -> np.random.Generator:
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise DatasetError(f"The seed {seed!r} is not usable.", "Give a whole number from 0 up.")
    return np.random.default_rng(seed)
