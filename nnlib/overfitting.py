"""What makes a network overfit, and how two kinds of decay shrink its weights.

Fewer training examples and wrong training labels, drawn with a generator; and a weight by weight
comparison of an L2 penalty under Adam with decoupled weight decay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nnlib.datasets.dataset import Dataset
from nnlib.optimizers import SGD, Adam, AdamW, Optimizer

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


def fewer_examples(data: Dataset, count: int, rng: np.random.Generator) -> Dataset:
    """Return the data with at most `count` training examples; other splits stay as they are.

    Raises
    ------
    ValueError
        if `count` is below 1
    """
    if count < 1:
        raise ValueError("At least one training example is needed.")
    if count >= len(data.X_train):
        return data
    rows = np.sort(rng.choice(len(data.X_train), count, replace=False))
    return replace(data, X_train=data.X_train[rows], y_train=data.y_train[rows])


def flip_labels(data: Dataset, share: float, rng: np.random.Generator) -> tuple[Dataset, Rows]:
    """Give a share of the training examples another class; validation and test stay true.

    The number of examples is ``share * n`` rounded, and each gets one of the other classes with
    equal probability.

    Parameters
    ----------
    share : from 0 to 1

    Returns
    -------
    data : Dataset
    rows : shape (flipped,); the training rows with a wrong label, ascending

    Raises
    ------
    ValueError
        if the share is out of bounds or the targets are not class codes
    """
    if not 0 <= share <= 1:
        raise ValueError("The share of flipped labels must be between 0 and 1.")
    if data.task == "regression" or data.y_train.dtype.kind != "i":
        raise ValueError("Only class labels can be flipped.")
    count = round(share * len(data.y_train))
    rows = np.sort(rng.choice(len(data.y_train), count, replace=False))
    classes = len(data.class_names)
    labels = data.y_train.copy()
    labels[rows] = (labels[rows] + rng.integers(1, classes, count)) % classes
    return replace(data, y_train=labels), rows


@dataclass(frozen=True, eq=False)
class Shrinkage:
    """What is left of weights that only noise and decay act on.

    Attributes
    ----------
    gradient_scales : shape (g,); standard deviation of the gradient's noise
    remaining : mean weight after the run over the weight before it, by rule, shape (g,)
    expected : (1 - learning rate · decay)^steps, what decoupled decay leaves of the mean weight
    """

    gradient_scales: Floats
    remaining: dict[str, Floats]
    expected: float


def shrinkage(
    gradient_scales: Sequence[float] | Floats,
    decay: float,
    learning_rate: float,
    steps: int,
    rng: np.random.Generator,
    *,
    weights: int = 400,
) -> Shrinkage:
    """Let decay act on weights whose gradient is noise of mean zero.

    Every weight starts at 1 and its gradient is scale·N(0, 1) in each step, independent of the
    weight, so that only the decay changes its mean. Compared are SGD and Adam, both with an L2
    penalty of strength decay / 2 (whose gradient is decay·w), and AdamW with that weight decay.

    Under SGD the mean shrinks by 1 - learning rate · decay a step, and so it does under AdamW.
    Adam divides the penalty's gradient with all the rest by √v̂: where the gradients have been
    large, the penalty hardly acts (Loshchilov & Hutter 2019, section 2).

    Parameters
    ----------
    gradient_scales : positive
    weights : number of weights for each scale, over which the mean is taken
    """
    scales = np.asarray(gradient_scales, np.float64)
    shape = (len(scales), weights)
    rules: dict[str, tuple[Optimizer, float]] = {
        "SGD + L2": (SGD(shape), decay),
        "Adam + L2": (Adam(shape), decay),
        "AdamW": (AdamW(shape, weight_decay=decay), 0.0),
    }
    values = {name: np.ones(shape) for name in rules}
    for _ in range(steps):
        noise = rng.standard_normal(shape) * scales[:, np.newaxis]
        for name, (optimizer, penalty) in rules.items():
            w = values[name]
            w += optimizer.update(w, noise + penalty * w, learning_rate)
    remaining = {name: np.asarray(w.mean(axis=1), np.float64) for name, w in values.items()}
    return Shrinkage(scales, remaining, (1 - learning_rate * decay) ** steps)


def near_zero_share(weights: Floats, threshold: float) -> float:
    """Return the share of weights with |w| below `threshold`, exact zeros included."""
    return float((np.abs(weights) < threshold).mean())


@dataclass(frozen=True, eq=False)
class SizeHistogram:
    """Shares of weights by the logarithm of their size.

    Attributes
    ----------
    edges : shape (bins + 1,); of |w|, at even distances on a logarithmic scale
    shares : shape (bins,); smaller weights, zeros too, count in the first bin and larger ones in
        the last, so that the shares sum to 1
    """

    edges: Floats
    shares: Floats


def size_histogram(
    weights: Floats, low: float = 1e-6, high: float = 10.0, bins: int = 35
) -> SizeHistogram:
    """Return how many of the weights have which size |w|.

    Parameters
    ----------
    weights : shape (n,), n at least 1
    low, high : the outermost edges, positive
    """
    edges = np.geomspace(low, high, bins + 1)
    inside = np.clip(np.abs(weights), low, high * (1 - 1e-12))
    counts = np.histogram(np.log(inside), np.log(edges))[0]
    return SizeHistogram(edges, np.asarray(counts / max(len(weights), 1), np.float64))
