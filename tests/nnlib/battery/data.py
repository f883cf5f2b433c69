"""Small data sets of the battery: shapes and ranges after real programs, drawn from fixed seeds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import nnlib
from nnlib.datasets import Dataset, from_arrays, load


def curve_of_50(standardize: bool = False) -> Dataset:
    """50 points, x from 0 to 5, 5x² with cubed noise, in raw units (0 to 125)."""
    x = np.arange(0, 5, 0.1)
    y = 5 * x**2 + np.random.default_rng(48934338).standard_normal(50) ** 3
    return from_arrays(x[:, None], y, task="regression", standardize=standardize, seed=1)


def line_of_400(scaled: bool = False) -> Dataset:
    """400 points, x from -100 to 100 in steps of 0.5, a curve whose values go to some hundreds."""
    x = np.arange(-100, 100, 0.5)
    y = 1.5 * x + 120 * np.sin(x / 25)
    return from_arrays(x[:, None], y, task="regression", standardize=scaled, seed=1)


def polynomial(n: int = 2000) -> Dataset:
    """One feature from 0 to 1; y = x⁴ + x³ - x, without noise."""
    x = np.random.default_rng(44998910).random(n)
    return from_arrays(x[:, None], x**4 + x**3 - x, task="regression", standardize=False, seed=1)


def house_prices(scaled_inputs: bool = True, scaled_targets: bool = False, n: int = 600) -> Dataset:
    """13 features of a house; the price, about 1,000,000 ± 600,000, in units."""
    rng = np.random.default_rng(3110)
    X = np.column_stack(
        [
            rng.integers(1, 7, n),
            rng.gamma(2, 6, n),
            rng.integers(3000, 3207, n),
            rng.integers(1, 4, n),
            rng.integers(0, 4, n),
            rng.gamma(2, 300, n),
            rng.gamma(4, 40, n),
            rng.integers(1880, 2018, n),
            rng.uniform(-38.2, -37.4, n),
            rng.uniform(144.4, 145.5, n),
            rng.integers(500, 20000, n),
            rng.random(n),
            rng.random(n),
        ]
    ).astype(float)
    z = (X - X.mean(0)) / X.std(0)
    y = (
        0.6 * z[:, 0]
        - 0.5 * z[:, 1]
        + 0.5 * z[:, 6]
        + 0.3 * z[:, 0] * z[:, 6]
        + 0.3 * np.abs(z[:, 7])
    )
    price = 1_000_000 + 450_000 * y + 90_000 * rng.standard_normal(n)
    if scaled_targets:
        return from_arrays(X, price, task="regression", standardize=True, seed=1)
    return from_arrays(
        z if scaled_inputs else X, price, task="regression", standardize=False, seed=1
    )


def thirteen_regression(standardize: bool = True, n: int = 506) -> Dataset:
    """506 rows, 13 features of mixed magnitude, a target around 22 ± 9 with a bend."""
    rng = np.random.default_rng(506)
    z = rng.standard_normal((n, 13))
    y = (
        z[:, 0]
        - 1.2 * z[:, 1]
        + np.abs(z[:, 2]) * 1.5
        + z[:, 3] * z[:, 4]
        + 0.4 * rng.standard_normal(n)
    )
    scales = np.array([9, 23, 7, 0.25, 0.12, 0.7, 28, 2, 9, 168, 2, 91, 7.0])
    X = z * scales + np.array([3.6, 11, 11, 0, 0.55, 6.3, 68, 3.8, 9.5, 408, 18, 356, 12.6])
    return from_arrays(X, 22 + 4 * y, task="regression", standardize=standardize, seed=1)


def near_corners(n: int = 200, noise: float = 0.05) -> Dataset:
    """The four corners of XOR with 0 and 1 as coordinates, blurred."""
    rng = np.random.default_rng(34311586)
    corner = np.arange(n) % 4
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)[corner] + rng.normal(0, noise, (n, 2))
    return from_arrays(
        X, np.isin(corner, (1, 2)).astype(int), task="binary", standardize=False, seed=1
    )


def two_intervals(n: int = 500) -> Dataset:
    """One feature: class 0 uniform on 0.2–0.4, class 1 uniform on 0.5–0.7."""
    rng = np.random.default_rng(50306988)
    y = np.arange(n) % 2
    x = np.where(y == 0, rng.uniform(0.2, 0.4, n), rng.uniform(0.5, 0.7, n))
    return from_arrays(x[:, None], y, task="binary", standardize=False, seed=1)


def circles_times_100(standardize: bool = False, factor: float = 100, n: int = 1000) -> Dataset:
    """Two rings, radii 1 and 0.8 of it, noise 0.1, times 100; half of each class."""
    rng = np.random.default_rng(100)
    y = np.arange(n) % 2
    r = np.where(y == 0, 1.0, 0.45)
    a = rng.uniform(0, 2 * np.pi, n)
    X = np.column_stack((r * np.cos(a), r * np.sin(a))) + rng.normal(0, 0.1, (n, 2))
    return from_arrays(X * factor, y, task="binary", standardize=standardize, seed=1)


def pixels_0_255(standardize: bool = False, n: int = 3000) -> Dataset:
    """nnlib's MNIST digits with their pixels as they are, 0 to 255."""
    with np.load(nnlib.datasets.bundled.MNIST_5K, allow_pickle=False) as archive:
        X, y = archive["images"], archive["labels"]
    rows = np.random.default_rng(55328966).permutation(len(y))[:n]
    return from_arrays(
        X[rows].reshape(n, -1).astype(np.float32),
        y[rows],
        task="multiclass",
        standardize=standardize,
        image_shape=(28, 28),
        seed=1,
    )


def three_features(standardize: bool = False, n: int = 300) -> Dataset:
    """3 columns, raw: one around 1,000, one around 50, one around 0.01; classes by a band."""
    rng = np.random.default_rng(39525358)
    z = rng.standard_normal((n, 3))
    y = (z[:, 1] + 0.6 * z[:, 2] + 0.8 * np.abs(z[:, 0]) > 0.6).astype(int)
    X = z * np.array([400, 12, 0.004]) + np.array([1500, 50, 0.01])
    return from_arrays(X, y, task="binary", standardize=standardize, seed=1)


def reversed_bits(dim: int = 8) -> Dataset:
    """All 2^8 bit patterns; the targets are the same bits in another order and XORed pairs."""
    codes = np.arange(2**dim)
    bits = (codes[:, None] >> np.arange(dim)) & 1
    y = np.logical_xor(bits, np.roll(bits, 1, axis=1)).astype(float)
    return from_arrays(bits.astype(float), y, task="regression", standardize=False, seed=1)


def nine_cells(n: int = 680) -> Dataset:
    """9 columns of whole numbers from 1 to 10, two classes that nearly separate linearly."""
    rng = np.random.default_rng(1313)
    y = (np.arange(n) % 3 == 0).astype(int)
    X = np.clip(np.round(np.where(y[:, None], 6.0, 2.5) + rng.normal(0, 2.6, (n, 9))), 1, 10)
    return from_arrays(X, y, task="binary", standardize=True, seed=1)


def bag_of_words(n: int = 500, words: int = 1000, informative: int = 30) -> Dataset:
    """Rows of 0 and 1 over 1,000 words; 30 of them lean to one class, the labels 90 % sure."""
    rng = np.random.default_rng(10000)
    y = np.arange(n) % 2
    base = np.clip(rng.gamma(0.6, 0.06, words), 0.005, 0.5)
    lean = np.zeros(words)
    lean[:informative] = rng.choice([-1, 1], informative) * 0.12
    p = np.clip(
        np.maximum(base, np.abs(lean) + 0.03) + np.where(y[:, None] == 1, 1, -1) * lean / 2,
        0.002,
        0.9,
    )
    X = (rng.random((n, words)) < p).astype(float)
    y = np.where(rng.random(n) < 0.05, 1 - y, y)
    return from_arrays(X, y, task="binary", standardize=False, seed=1)


def rare(
    positives: float = 0.04, shift: float = 0.9, n: int = 2000, rebalance: bool = False
) -> Dataset:
    """5 features; few positives that overlap with the rest. `rebalance` repeats the rare rows."""
    rng = np.random.default_rng(994)
    y = (np.arange(n) < positives * n).astype(int)
    X = rng.standard_normal((n, 5)) + shift * y[:, None] * np.array([1, -1, 0.7, 0, 0])
    data = from_arrays(X, y, task="binary", standardize=True, seed=1)
    return oversampled(data, 1) if rebalance else data


def oversampled(data: Dataset, seed: int) -> Dataset:
    """Return the data with the rows of rare classes repeated in the training split."""
    rng = np.random.default_rng(seed)
    counts = np.bincount(data.y_train)
    rows = np.concatenate(
        [rng.choice(np.flatnonzero(data.y_train == c), counts.max()) for c in range(len(counts))]
    )
    return replace(data, X_train=data.X_train[rows], y_train=data.y_train[rows])


def noisy(name: str, share: float, seed: int = 5, **options: object) -> Dataset:
    """A bundled set with a share of the training labels replaced by another class."""
    data = load(name, **options)
    rng = np.random.default_rng(seed)
    y = np.array(data.y_train)
    hit = rng.permutation(len(y))[: round(share * len(y))]
    k = max(len(data.class_names), 2)
    y[hit] = (y[hit] + rng.integers(1, k, len(hit))) % k
    return replace(data, y_train=y)


def codes_as_numbers(name: str, as_task: str) -> Dataset:
    """A bundled set of classes, its codes given as numbers (regression) or as classes."""
    data = load(name)
    X = np.concatenate([data.X_train, data.X_val])
    y = np.concatenate([data.y_train, data.y_val])
    y = (y * 7 + 3) % 10 if name == "digits" else y  # codes whose order means nothing
    return from_arrays(
        X, y.astype(float) if as_task == "regression" else y, task=as_task, standardize=True, seed=1
    )


def counts_as(task: str, n: int = 600) -> Dataset:
    """6 features; a count from 0 to about 60, as a number or each value as a class."""
    rng = np.random.default_rng(339)
    X = rng.standard_normal((n, 6))
    y = np.clip(
        np.round(25 + 9 * X[:, 0] - 7 * X[:, 1] + 5 * np.abs(X[:, 2]) + 2 * rng.standard_normal(n)),
        0,
        60,
    )
    return from_arrays(
        X, y if task == "regression" else y.astype(int), task=task, standardize=True, seed=1
    )


def admissions(leak: bool = True, n: int = 1200) -> Dataset:
    """8 features, half informative, and one that is filled in after the outcome.

    In the test split, which stands for use, the ninth holds that of another row.
    """
    rng = np.random.default_rng(77)
    X = rng.standard_normal((n, 9))
    y = (X[:, 0] + X[:, 1] * X[:, 2] + 0.7 * rng.standard_normal(n) > 0).astype(int)
    X[:, 8] = y + 0.05 * rng.standard_normal(n)
    data = from_arrays(
        X, y, task="binary", standardize=True, train_fraction=0.6, test_fraction=0.2, seed=1
    )
    test = np.array(data.X_test)
    test[:, 8] = rng.permutation(test[:, 8])
    return without(replace(data, X_test=test), None if leak else [8])


def without(data: Dataset, columns: list[int] | None) -> Dataset:
    if columns is None:
        return data
    keep = [c for c in range(data.n_features) if c not in columns]
    return replace(
        data,
        X_train=data.X_train[:, keep],
        X_val=data.X_val[:, keep],
        X_test=data.X_test[:, keep],
        feature_names=tuple(np.array(data.feature_names)[keep]),
    )


def meaningless(task: str, informative: bool = False, n: int = 800) -> Dataset:
    """10 features of pure noise; with `informative` two of them are the ones that matter."""
    rng = np.random.default_rng(12)
    X = rng.standard_normal((n, 10))
    truth = rng.standard_normal((n, 2))
    signal = truth[:, 0] * 1.5 + np.sin(2 * truth[:, 1])
    if informative:
        X[:, :2] = truth
    if task == "binary":
        return from_arrays(X, (signal > 0).astype(int), task="binary", seed=1)
    return from_arrays(X, signal + 0.2 * rng.standard_normal(n), task="regression", seed=1)


def shuffled_labels(name: str, shuffled: bool = True) -> Dataset:
    """A bundled set whose targets were shuffled against its features before the split."""
    data = load(name)
    if not shuffled:
        return data
    X = np.concatenate([data.X_train, data.X_val])
    y = np.random.default_rng(3).permutation(np.concatenate([data.y_train, data.y_val]))
    n = len(data.y_train)
    return replace(data, X_train=X[:n], X_val=X[n:], y_train=y[:n], y_val=y[n:])


def few_points(n_train: int = 20, n: int = 400, noise: float = 0.3) -> Dataset:
    """A sine with noise, 20 points of it for training, 100 for validation."""
    rng = np.random.default_rng(21)
    x = rng.uniform(-1, 1, n)
    y = np.sin(np.pi * x) + noise * rng.standard_normal(n)
    data = from_arrays(x[:, None], y, task="regression", standardize=True, seed=1)
    return replace(data, X_train=data.X_train[:n_train], y_train=data.y_train[:n_train])
