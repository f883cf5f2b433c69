"""Preparations of the data that a remedy can ask for and that need no decision of a person."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from nnlib.datasets.dataset import Dataset
from nnlib.randomness import SAMPLING, generator


def standardized(data: Dataset) -> Dataset:
    """Return the data with inputs, and targets of a regression, standardized by training rows."""
    mean, scale = data.X_train.mean(axis=0), data.X_train.std(axis=0)
    scale = np.where(scale > 0, scale, 1)
    parts = {f"X_{s}": (data.features(s) - mean) / scale for s in ("train", "val", "test")}
    if data.task == "regression":
        y = np.asarray(data.y_train, np.float64).reshape(len(data.y_train), -1)
        spread = y.std(axis=0)
        parts |= {"target_mean": y.mean(axis=0), "target_scale": np.where(spread > 0, spread, 1)}
    return replace(data, preprocessing=None, **parts)


def rebalanced(data: Dataset) -> Dataset:
    """Return the data with training rows of rare classes drawn again until all are as frequent."""
    rng = generator(0, SAMPLING)
    counts = np.bincount(data.y_train)
    rows = np.concatenate(
        [
            rng.choice(np.flatnonzero(data.y_train == c), counts.max())
            for c in np.flatnonzero(counts)
        ]
    )
    numbers = data.row_numbers
    if numbers is not None:
        numbers = numbers._replace(train=numbers.train[rows])
    return replace(
        data, X_train=data.X_train[rows], y_train=data.y_train[rows], row_numbers=numbers
    )


_DONE_HERE: dict[str, Callable[[Dataset], Dataset]] = {
    "standardize": standardized,
    "rebalance": rebalanced,
}


def prepared(data: Dataset, name: str) -> Dataset | None:
    """Return the data after a preparation by name; None for one that only a person can make."""
    if name == "rebalance" and np.asarray(data.y_train).dtype.kind != "i":
        return None  # of numbers and of soft targets there are no rare classes
    make = _DONE_HERE.get(name)
    return None if make is None else make(data)
