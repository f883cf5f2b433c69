"""Data of the clinic's cases, drawn from a seed: tables such as people bring, and toy problems."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from nnlib.datasets import Dataset, from_arrays, load

Maker = Callable[[int], Dataset]


def bundled(name: str, **options: float) -> Maker:
    """Return what loads a data set, those that are drawn by the seed."""
    return lambda seed: load(name, seed=seed, progress=None, **options)


def houses(seed: int, *, inputs_scaled: bool = True, target_scaled: bool = True) -> Dataset:
    """Six columns of a house and its price, around a million; scaled or as they are written."""
    rng = np.random.default_rng(seed)
    n = 500
    z = rng.standard_normal((n, 6))
    price = z[:, 0] - 0.8 * z[:, 1] + 0.6 * z[:, 2] * z[:, 3] + 0.5 * np.abs(z[:, 4])
    y = 1_000_000 + 400_000 * price + 50_000 * rng.standard_normal(n)
    X = z * (1, 30, 400, 20, 60, 5000) + (3, 100, 1500, 60, 1960, 9000)
    if target_scaled:
        y = (y - y.mean()) / y.std()
    return from_arrays(
        (X - X.mean(axis=0)) / X.std(axis=0) if inputs_scaled else X,
        y,
        name="houses",
        task="regression",
        feature_names=("rooms", "distance", "area", "age", "built", "lot"),
        standardize=False,
        seed=seed,
    )


def sensors(seed: int) -> Dataset:
    """Three readings in their own units, from thousandths to thousands; two states."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((400, 3))
    y = (z[:, 1] + 0.6 * z[:, 2] + 0.8 * np.abs(z[:, 0]) > 0.6).astype(int)
    X = z * (400, 12, 0.004) + (1500, 50, 0.01)
    return from_arrays(X, y, name="sensors", task="binary", standardize=False, seed=seed)


def patients(seed: int, *, share: float = 0.03, shift: float = 0.9) -> Dataset:
    """Five measurements; few are ill, and their measurements overlap with those of the others."""
    rng = np.random.default_rng(seed)
    n = 2000
    ill = (np.arange(n) < share * n).astype(int)
    X = rng.standard_normal((n, 5)) + shift * ill[:, None] * (1, -1, 0.7, 0, 0)
    return from_arrays(X, ill, name="patients", task="binary", seed=seed)


def admissions(seed: int) -> Dataset:
    """Eight columns about applicants, and a ninth that was filled in after the decision."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((1000, 9))
    y = (X[:, 0] + X[:, 1] * X[:, 2] + 0.7 * rng.standard_normal(len(X)) > 0).astype(int)
    X[:, 8] = y + 0.05 * rng.standard_normal(len(X))
    return from_arrays(X, y, name="admissions", task="binary", seed=seed)


def coins(seed: int) -> Dataset:
    """Ten columns of noise and an outcome that has nothing to do with them."""
    rng = np.random.default_rng(seed)
    X, y = rng.standard_normal((800, 10)), rng.integers(0, 2, 800)
    return from_arrays(X, y, name="coins", task="binary", seed=seed)


def mislabeled(name: str, share: float) -> Maker:
    """Return what loads a data set and gives a share of its training rows another class."""

    def make(seed: int) -> Dataset:
        data = load(name, seed=seed)
        rng = np.random.default_rng(seed)
        y = np.array(data.y_train)
        hit = rng.permutation(len(y))[: round(share * len(y))]
        classes = max(len(data.class_names), 2)
        y[hit] = (y[hit] + rng.integers(1, classes, len(hit))) % classes
        return replace(data, y_train=y)

    return make


def digits_as_numbers(seed: int) -> Dataset:
    """Images of digits whose codes, in an order without a meaning, are taken for numbers."""
    data = load("digits", seed=seed)
    X = np.concatenate([data.X_train, data.X_val])
    y = (np.concatenate([data.y_train, data.y_val]) * 7 + 3) % 10
    return from_arrays(X, y.astype(float), name="codes", task="regression", seed=seed)
