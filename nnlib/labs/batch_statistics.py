"""Batch normalization looked at closely: one unit's batch, a batch of features, and many batches.

Everything is done by the library's own `BatchNorm` layer (Ioffe & Szegedy 2015).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nnlib.layers import BatchNorm
from nnlib.network import Network

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Population:
    """Where the values of one unit come from.

    Attributes
    ----------
    mean, deviation : of the whole population
    draw : ``(rng, shape) -> values`` with that mean and deviation
    """

    mean: float
    deviation: float
    draw: Callable[[np.random.Generator, tuple[int, ...]], Vector]


def _two_clusters(rng: np.random.Generator, shape: tuple[int, ...]) -> Vector:
    centers = np.where(rng.random(shape) < 0.5, -1.0, 5.0)
    values: Vector = centers + rng.normal(0, 0.5, shape)
    return values


POPULATIONS = {
    "normal": Population(3.0, 2.0, lambda rng, shape: rng.normal(3, 2, shape)),
    # An exponential variable has its mean as its deviation.
    "skewed": Population(3.0, 2.0, lambda rng, shape: 1 + rng.exponential(2, shape)),
    "two clusters": Population(2.0, float(np.sqrt(9.25)), _two_clusters),
}
"""Populations by name; the variance of the clusters is 3² between and 0.5² within them."""


def _layer(gamma: npt.ArrayLike, beta: npt.ArrayLike) -> tuple[Network, BatchNorm]:
    layer = BatchNorm(np.size(gamma))
    network = Network([layer], (), np.float64)
    layer.scale[...], layer.shift[...] = np.asarray(gamma), np.asarray(beta)
    layer.running_var[...] = 1
    return network, layer


@dataclass(frozen=True, eq=False)
class Normalized:
    """One batch of a unit before and after normalization, each of shape (batch,)."""

    before: Vector
    after: Vector

    @property
    def moments(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Mean and (biased) variance, before and after."""
        return (
            (float(self.before.mean()), float(self.before.var())),
            (float(self.after.mean()), float(self.after.var())),
        )


def normalize(values: Vector, gamma: float = 1.0, beta: float = 0.0) -> Normalized:
    """Send one batch of a unit, shape (batch,), through a BatchNorm layer in training mode."""
    network, _ = _layer(gamma, beta)
    after = network.forward(values[:, np.newaxis], training=True)
    return Normalized(values, np.array(after[:, 0], np.float64))


@dataclass(frozen=True, eq=False)
class NormalizedFeatures:
    """A batch of several features on its way through a BatchNorm layer in training mode.

    Attributes
    ----------
    before, standardized, after : the values, (x - mean) / √(variance + ε), and what the layer
        gives, each of shape (batch, features)
    mean, variance : of the batch, the sum of squares divided by its size, shape (features,)
    gamma, beta : of each feature, shape (features,)
    running_mean, running_variance : of a new layer after this one batch, shape (features,)
    evaluated : what evaluation mode gives with these, shape (batch, features)
    """

    before: Vector
    mean: Vector
    variance: Vector
    standardized: Vector
    gamma: Vector
    beta: Vector
    after: Vector
    running_mean: Vector
    running_variance: Vector
    evaluated: Vector


def normalize_features(
    values: npt.ArrayLike, gamma: npt.ArrayLike, beta: npt.ArrayLike
) -> NormalizedFeatures:
    """Send a batch of shape (batch, features) through a new layer, with a γ and β a feature.

    Raises ValueError if there are fewer than two examples, or not one γ and β for each feature.
    """
    x = np.asarray(values, np.float64)
    scale, shift = np.asarray(gamma, np.float64), np.asarray(beta, np.float64)
    if x.ndim != 2 or len(x) < 2:
        raise ValueError("A batch needs at least two examples.")
    if not scale.shape == shift.shape == x.shape[1:]:
        raise ValueError(f"{x.shape[1]} features need as many numbers for γ and for β.")
    plain = _layer(np.ones_like(scale), np.zeros_like(shift))[0]
    network, layer = _layer(scale, shift)
    standardized, after = (
        np.array(n.forward(x, training=True), np.float64) for n in (plain, network)
    )
    return NormalizedFeatures(
        x,
        x.mean(axis=0),
        x.var(axis=0),
        standardized,
        scale,
        shift,
        after,
        np.array(layer.running_mean[0], np.float64),
        np.array(layer.running_var[0], np.float64),
        np.array(network.forward(x, training=False), np.float64),
    )


@dataclass(frozen=True, eq=False)
class Running:
    """Statistics over successive batches, each of shape (batches,); variances are unbiased."""

    batch_mean: Vector
    batch_variance: Vector
    mean: Vector
    variance: Vector


def run_statistics(batches: Vector) -> Running:
    """Send batches, shape (batches, size), through one layer and watch its running statistics."""
    network, layer = _layer(1.0, 0.0)
    means, variances = [], []
    for batch in batches:
        network.forward(batch[:, np.newaxis], training=True)
        means.append(float(layer.running_mean[0, 0]))
        variances.append(float(layer.running_var[0, 0]))
    return Running(
        batches.mean(axis=1), batches.var(axis=1, ddof=1), np.array(means), np.array(variances)
    )


def spread_of_running_means(deviation: float, size: int) -> float:
    """Return the standard deviation around the population's mean that running means keep.

    With momentum m = 0.1 the running mean is Σ m(1 - m)^k of the batch means k batches ago, whose
    variance is m / (2 - m) times that of one batch's mean: that of a mean of 19 batches. It does
    not fall with further batches.

    Parameters
    ----------
    deviation : of the population
    size : examples in a batch
    """
    momentum = BatchNorm(1).momentum
    return float(deviation / np.sqrt(size) * np.sqrt(momentum / (2 - momentum)))


def same_example(
    value: float, others: Vector, mean: float, variance: float, gamma: float, beta: float
) -> tuple[Vector, float]:
    """Return what one value becomes in many batches, and in evaluation mode.

    Parameters
    ----------
    others : the rest of each batch, shape (batches, size - 1)
    mean, variance : the running statistics of evaluation mode
    """
    network, layer = _layer(gamma, beta)
    outputs = [
        network.forward(np.append(value, rest)[:, np.newaxis], training=True)[0, 0]
        for rest in others
    ]
    layer.running_mean[...], layer.running_var[...] = mean, variance
    evaluated = float(network.forward(np.array([[value]]), training=False)[0, 0])
    return np.array(outputs), evaluated


def deviation_of_means(
    population: Population, sizes: Sequence[int], count: int, rng: np.random.Generator
) -> Vector:
    """Return the standard deviation of the batch mean over `count` batches of each size."""
    return np.array([population.draw(rng, (count, n)).mean(axis=1).std() for n in sizes])
