"""What an activation makes of normal pre-activations: saturation, moments, histograms."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import ceil, log2, sqrt
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.activations import Activation
from nnlib.instruments import largest_derivative
from nnlib.instruments.saturated_fraction import SATURATED_BELOW
from nnlib.special import normal_cdf

Vector = npt.NDArray[np.float64]

BINS = 60
_SEARCHED = 30.0  # saturation begins and ends within ± this for every activation of the library
_REACH = 12.0  # standard deviations at which a normal density is below 1e-31 of its peak
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)


def saturated_regions(function: Activation) -> list[tuple[float, float]]:
    """Return the open intervals of z in which |f'(z)| is below a tenth of its largest value.

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
    return relative_slope(function, z) < SATURATED_BELOW


def relative_slope(function: Activation, z: Vector) -> Vector:
    """Return |f'(z)| as a share of its largest value."""
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
    mean, variance : of z; a variance of 0 gives the values at the mean
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
