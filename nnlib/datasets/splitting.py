"""Which rows are for training, for validation and for the test."""

from __future__ import annotations

from typing import NamedTuple

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


def split_rows(
    n_rows: int,
    *,
    train_fraction: float = 0.8,
    test_fraction: float = 0.0,
    seed: int = 0,
    codes: NDArray[np.integer] | None = None,
) -> Split:
    """Divide rows at random, with the same class proportions in every split.

    Parameters
    ----------
    n_rows : int
        Number of rows, at least 4.
    train_fraction, test_fraction : float
        Shares of the training and of the test split; validation is what remains.
    seed : int
        Seed of the shuffle.
    codes : ndarray of int, shape (n_rows,), optional
        Classes to keep in proportion. A class of which there is a single row goes to training.

    Notes
    -----
    Stratification works by one sort: within its class of size m, the row of random rank r gets
    the position (r + 1/2) / m. In that order every stretch of rows holds each class in its
    proportion, rounded to whole rows; so the splits are three consecutive stretches.
    """
    n_train, n_val = _split_sizes(n_rows, train_fraction, test_fraction)
    rng = _generator(seed)
    order = rng.permutation(n_rows)
    if codes is not None:
        order = order[_stratified_order(codes[order])]
    train, val, test = np.split(order, [n_train, n_train + n_val])
    return Split(rng.permutation(train), rng.permutation(val), rng.permutation(test))


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
