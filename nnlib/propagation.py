"""Signals in a stack of random layers: what theory says of their variance, and what is measured.

The theory takes the limit of infinite width, in which the pre-activations of a layer with random
weights are normal with mean 0 and a variance q that follows from that of the layer before (Poole
et al. 2016, "Exponential expressivity in deep neural networks through transient chaos", eq. 3;
Schoenholz et al. 2017, "Deep information propagation", eq. 3; for ReLU He et al. 2015, section
2.2)::

    q_1 = fan_in · var(w) · E[x²]
    q_l = fan_in · var(w) · E[f(z)²],   z ~ N(0, q_{l-1})

and on the way back each layer multiplies the variance of dL/dz by
χ = fan_out · var(w) · E[f'(z)²]. Biases are zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import ceil, log2, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.activations import Activation, normal_cdf
from nnlib.initializers import INITIALIZERS, weight_variance
from nnlib.recorders import DEAD_BELOW, SATURATED_BELOW, largest_derivative

Vector = npt.NDArray[np.float64]

BINS = 60
_SEARCHED = 30.0  # saturation begins and ends within ± this for every activation of the library
_REACH = 12.0  # standard deviations at which a normal density is below 1e-31 of its peak
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)


def saturated_regions(function: Activation) -> list[tuple[float, float]]:
    """Return the open intervals of z in which |f'(z)| is below a tenth of its largest value.

    Parameters
    ----------
    function : Activation

    Returns
    -------
    list of (low, high)
        In rising order; an end may be infinite. ``SATURATED_BELOW`` is the tenth.
    """
    grid = np.linspace(-_SEARCHED, _SEARCHED, 6_001)
    below = _is_saturated(function, grid)
    edges = [
        _bisect(lambda z: bool(_is_saturated(function, np.array([z]))[0]), grid[i], grid[i + 1])
        for i in np.flatnonzero(below[1:] != below[:-1])
    ]
    if below[0]:
        edges.insert(0, -np.inf)
    if below[-1]:
        edges.append(np.inf)
    return list(zip(edges[::2], edges[1::2], strict=True))


def _is_saturated(function: Activation, z: Vector) -> npt.NDArray[np.bool_]:
    return _relative_slope(function, z) < SATURATED_BELOW


def _relative_slope(function: Activation, z: Vector) -> Vector:
    slope: Vector = np.abs(function.derivative(z)) / largest_derivative(function)
    return slope


def _bisect(test: Callable[[float], bool], low: float, high: float) -> float:
    """Return where a test changes its answer between two points."""
    at_low = test(low)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if test(middle) == at_low else (low, middle)
    return float(high) if abs(high) > 1e-12 else 0.0


@dataclass(frozen=True)
class GaussianMoments:
    """What an activation makes of z ~ N(m, v).

    Attributes
    ----------
    mean, variance : of f(z)
    second_moment : E[f(z)²]
    slope_second_moment : E[f'(z)²]
    saturated : probability that |f'(z)| is below a tenth of its largest value
    """

    mean: float
    variance: float
    second_moment: float
    slope_second_moment: float
    saturated: float


def gaussian_moments(function: Activation, mean: float, variance: float) -> GaussianMoments:
    """Return moments of f(z) and f'(z) for z ~ N(mean, variance), by quadrature.

    Gauss-Legendre rules of 16 nodes on intervals that end at z = 0, where ReLU and its kin have
    their kink, and that are short against both the normal density and the activation. Gauss-
    Hermite rules converge slowly across a kink.

    Parameters
    ----------
    function : Activation
    mean, variance : float
        Of z; a variance of 0 gives the values at the mean.
    """
    if variance <= 0:
        at = np.array([mean])
        value, slope = float(function.value(at)[0]), float(function.derivative(at)[0])
        saturated = float(_is_saturated(function, at)[0])
        return GaussianMoments(value, 0.0, value**2, slope**2, saturated)
    z, weights = _quadrature(mean, sqrt(variance))
    values, slopes = function.value(z), function.derivative(z)
    expected = float(weights @ values)
    return GaussianMoments(
        expected,
        float(weights @ (values - expected) ** 2),
        float(weights @ values**2),
        float(weights @ slopes**2),
        saturated_probability(function, mean, variance),
    )


def _quadrature(mean: float, deviation: float) -> tuple[Vector, Vector]:
    low, high = mean - _REACH * deviation, mean + _REACH * deviation
    reach = max(abs(low), abs(high))
    # Activations change on a scale of 1 around zero; further out ever longer intervals do.
    ladder = 2.0 ** np.arange(-2, max(ceil(log2(reach)), -2) + 1)
    steps = mean + deviation * np.arange(-_REACH, _REACH + 1)
    cuts = np.unique(np.concatenate([steps, ladder, -ladder, [0.0]]))
    cuts = cuts[(cuts >= low) & (cuts <= high)]
    half = np.diff(cuts) / 2
    z = (cuts[:-1, None] + half[:, None] * (1 + _NODES)).ravel()
    density = np.exp(-0.5 * ((z - mean) / deviation) ** 2) / (deviation * sqrt(2 * np.pi))
    return z, (half[:, None] * _WEIGHTS).ravel() * density


def saturated_probability(function: Activation, mean: float, variance: float) -> float:
    """Return P(|f'(z)| below a tenth of its largest) for z ~ N(mean, variance), variance > 0."""
    regions = np.array(_cached_regions(function)).reshape(-1, 2)
    ends = normal_cdf((regions - mean) / sqrt(variance))
    return float((ends[:, 1] - ends[:, 0]).sum())


@cache
def _cached_regions(function: Activation) -> tuple[tuple[float, float], ...]:
    return tuple(saturated_regions(function))


@cache
def _standard_quantiles(count: int) -> Vector:
    normal = NormalDist()
    return np.array([normal.inv_cdf((i + 0.5) / count) for i in range(count)])


def normal_points(mean: float, deviation: float, count: int = 20_000) -> Vector:
    """Return the quantiles (i + 1/2) / count of N(mean, deviation²): a sample without chance."""
    points: Vector = mean + deviation * _standard_quantiles(count)
    return points


@dataclass(frozen=True, eq=False)
class Histogram:
    """Shares of values in bins of equal width.

    Attributes
    ----------
    edges : shape (…, bins + 1)
    shares : shape (…, bins), the sum over the last axis is 1
    """

    edges: Vector
    shares: Vector


def histogram(values: Array, low: float, high: float, bins: int = BINS) -> Histogram:
    """Count values in bins from low to high; what lies outside goes to the outermost bins."""
    span = high - low
    if not span > 0:  # all values are the same: one bin in the middle holds them
        margin = max(abs(low), 1.0) * 0.5
        return histogram(values, low - margin, low + margin, bins)
    index = ((values.ravel() - low) * (bins / span)).clip(0, bins - 1).astype(np.intp)
    counts = np.bincount(index, minlength=bins)
    return Histogram(np.linspace(low, high, bins + 1), counts / values.size)


def push(function: Activation, mean: float, deviation: float) -> tuple[Histogram, Histogram]:
    """Return the histograms of N(mean, deviation²) and of f applied to it, on the same bins.

    They are made of quantiles (`normal_points`), so that no chance is in them.
    """
    z = normal_points(mean, deviation)
    values = function.value(z)
    low, high = min(float(z[0]), float(values.min())), max(float(z[-1]), float(values.max()))
    return histogram(z, low, high), histogram(values, low, high)


@dataclass(frozen=True)
class RandomStack:
    """A stack of random layers of one width without biases, and the inputs it is given.

    Attributes
    ----------
    function : the activation after every layer
    initializer, scale : what draws the weights
    width : units of each layer, and number of input features
    depth : layers
    mean, deviation : of every input feature, N(mean, deviation²), independent
    inputs : how many inputs are pushed through
    """

    function: Activation
    initializer: str = "he_normal"
    scale: float = 1.0
    width: int = 128
    depth: int = 20
    mean: float = 0.0
    deviation: float = 1.0
    inputs: int = 200

    @property
    def gain(self) -> float:
        """Return fan_in · var(w), by which a layer multiplies the second moment it is given."""
        return self.width * weight_variance(self.initializer, self.width, self.width, self.scale)


@dataclass(frozen=True, eq=False)
class LayerStatistics:
    """Numbers of each layer, shape (depth,), from theory or measured over units and inputs.

    Attributes
    ----------
    pre_mean, pre_variance : of the pre-activations z
    mean, variance : of the activations f(z)
    saturated : share of unit-input pairs with |f'(z)| below a tenth of its largest value
    signal_variance : of dL/dz, relative to dL/df(z) at the last layer
    """

    pre_mean: Vector
    pre_variance: Vector
    mean: Vector
    variance: Vector
    saturated: Vector
    signal_variance: Vector


@dataclass(frozen=True, eq=False)
class MeasuredStack:
    """What one random stack did to its inputs.

    Attributes
    ----------
    layers : the same numbers as in theory
    dead : share of units of each layer whose |f'| is below `DEAD_BELOW` of its largest value for
        every input, shape (depth,)
    pre_histograms, histograms : of z and f(z), each layer on its own range, (depth, bins)
    pre_map, map : the same on one range for all layers
    """

    layers: LayerStatistics
    dead: Vector
    pre_histograms: Histogram
    histograms: Histogram
    pre_map: Histogram
    map: Histogram


def propagate(stack: RandomStack) -> LayerStatistics:
    """Return what the theory of infinite width says of every layer."""
    q = stack.gain * (stack.mean**2 + stack.deviation**2)
    variances, moments = [], []
    for _ in range(stack.depth):
        variances.append(q)
        moments.append(gaussian_moments(stack.function, 0.0, q))
        q = stack.gain * moments[-1].second_moment
    slopes = np.array([m.slope_second_moment for m in moments])
    # dL/dz = f'(z) · dL/df, and dL/df of a layer is W times dL/dz of the next one.
    factors = np.append(np.full(stack.depth - 1, stack.gain), 1.0) * slopes
    return LayerStatistics(
        np.zeros(stack.depth),
        np.array(variances),
        np.array([m.mean for m in moments]),
        np.array([m.variance for m in moments]),
        np.array([m.saturated for m in moments]),
        np.cumprod(factors[::-1])[::-1],
    )


def measure(stack: RandomStack, rng: np.random.Generator) -> MeasuredStack:
    """Draw a stack and inputs, push the inputs forward and a random signal back.

    The signal dL/df(z) at the last layer is N(0, 1) for every unit and input, independent.
    """
    initialize = INITIALIZERS[stack.initializer]
    a: Array = rng.normal(stack.mean, stack.deviation, (stack.inputs, stack.width))
    weights, zs, activations = [], [], []
    for _ in range(stack.depth):
        weights.append(initialize(rng, stack.width, stack.width, stack.scale))
        zs.append(a @ weights[-1])
        a = stack.function.value(zs[-1])
        activations.append(a)
    signal = _signal_variances(stack, weights, zs, rng)
    slopes = [_relative_slope(stack.function, z) for z in zs]
    statistics = LayerStatistics(
        np.array([z.mean() for z in zs]),
        np.array([z.var() for z in zs]),
        np.array([a.mean() for a in activations]),
        np.array([a.var() for a in activations]),
        np.array([(slope < SATURATED_BELOW).mean() for slope in slopes]),
        signal,
    )
    dead = np.array([(slope < DEAD_BELOW).all(axis=0).mean() for slope in slopes])
    return MeasuredStack(
        statistics, dead, _own(zs), _own(activations), _common(zs), _common(activations)
    )


def _signal_variances(
    stack: RandomStack, weights: list[Vector], zs: list[Any], rng: np.random.Generator
) -> Vector:
    gradient = rng.normal(size=zs[-1].shape)
    variances = []
    for weight, z in zip(weights[::-1], zs[::-1], strict=True):
        gradient = gradient * stack.function.derivative(z)
        variances.append(gradient.var())
        gradient = gradient @ weight.T
    return np.array(variances[::-1])


def _own(layers: list[Any]) -> Histogram:
    return _stacked([histogram(x, float(x.min()), float(x.max())) for x in layers])


def _common(layers: list[Any]) -> Histogram:
    low, high = min(float(x.min()) for x in layers), max(float(x.max()) for x in layers)
    return _stacked([histogram(x, low, high) for x in layers])


def _stacked(histograms: list[Histogram]) -> Histogram:
    return Histogram(
        np.stack([h.edges for h in histograms]), np.stack([h.shares for h in histograms])
    )


def expected_shares(
    stack: RandomStack, pre_variance: float, edges: Vector, *, pre_activation: bool
) -> Vector:
    """Return the shares that theory expects in a layer's bins.

    Parameters
    ----------
    stack : RandomStack
    pre_variance : float
        Theory's variance q of the layer's pre-activations.
    edges : ndarray of shape (bins + 1,)
    pre_activation : bool
        Whether the bins are of z or of f(z).

    Returns
    -------
    ndarray of shape (bins,)
        What falls outside the bins is left out.
    """
    points = normal_points(0.0, sqrt(pre_variance))
    values = points if pre_activation else stack.function.value(points)
    counts, _ = np.histogram(values, edges)
    return counts / len(points)
