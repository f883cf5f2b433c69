"""Signals in a stack of random layers: what theory says of their variance, and what is measured.

The theory takes the limit of infinite width, in which the pre-activations of a layer with random
weights are normal with mean 0 and a variance q that follows from that of the layer before (Poole
et al. 2016, "Exponential expressivity in deep neural networks through transient chaos"; Schoenholz
et al. 2017, "Deep information propagation"; for ReLU He et al. 2015, section 2.2)::

    q_1 = fan_in · var(w) · E[x²]
    q_l = fan_in · var(w) · E[f(z)²],   z ~ N(0, q_{l-1})

and on the way back each layer multiplies the variance of dL/dz by
χ = fan_out · var(w) · E[f'(z)²]. Biases are zero.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.activations import Activation
from nnlib.initializers import INITIALIZERS, weight_variance
from nnlib.instruments.dead_fraction import DEAD_BELOW
from nnlib.instruments.saturated_fraction import SATURATED_BELOW
from nnlib.labs import gaussian

Vector = npt.NDArray[np.float64]


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
    pre_histograms: gaussian.Histogram
    histograms: gaussian.Histogram
    pre_map: gaussian.Histogram
    map: gaussian.Histogram


def propagate(stack: RandomStack) -> LayerStatistics:
    """Return what the theory of infinite width says of every layer."""
    q = stack.gain * (stack.mean**2 + stack.deviation**2)
    variances, moments = [], []
    for _ in range(stack.depth):
        variances.append(q)
        moments.append(gaussian.gaussian_moments(stack.function, 0.0, q))
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
    slopes = [gaussian.relative_slope(stack.function, z) for z in zs]
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


def _own(layers: list[Any]) -> gaussian.Histogram:
    return _stacked([gaussian.histogram(x, float(x.min()), float(x.max())) for x in layers])


def _common(layers: list[Any]) -> gaussian.Histogram:
    low, high = min(float(x.min()) for x in layers), max(float(x.max()) for x in layers)
    return _stacked([gaussian.histogram(x, low, high) for x in layers])


def _stacked(histograms: list[gaussian.Histogram]) -> gaussian.Histogram:
    return gaussian.Histogram(
        np.stack([h.edges for h in histograms]), np.stack([h.shares for h in histograms])
    )


def expected_shares(
    stack: RandomStack, pre_variance: float, edges: Vector, *, pre_activation: bool
) -> Vector:
    """Return the shares that theory expects in a layer's bins.

    Parameters
    ----------
    pre_variance : theory's variance q of the layer's pre-activations
    edges : ndarray of shape (bins + 1,)
    pre_activation : whether the bins are of z or of f(z)

    Returns
    -------
    ndarray of shape (bins,)
        What falls outside the bins is left out.
    """
    points = gaussian.normal_points(0.0, sqrt(pre_variance))
    values = points if pre_activation else stack.function.value(points)
    counts, _ = np.histogram(values, edges)
    return counts / len(points)
