"""Instruments: what is measured between the gradient and the step.

A recorder is one measurement and a cadence. To add one, write a function of a `Moment` and put a
`Recorder` with it into `STANDARD_RECORDERS`. Norms are Euclidean, over the weights of one layer,
biases left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from nnlib._array import Array, l2_norm, ones_row, safe_divide
from nnlib.activations import Activation
from nnlib.network import Network
from nnlib.optimizers import Rate

SATURATED_BELOW = 0.1
"""A unit is saturated for an example where |f'(z)| is below this share of the largest |f'|."""
DEAD_BELOW = 1e-6
"""A unit is dead on a minibatch where |f'(z)| stays below this share for every example."""


def is_power_of_two(step: int) -> bool:
    """Say whether the step is 1, 2, 4, 8, … (or 0): much goes wrong in the first steps."""
    return step & (step - 1) == 0


@dataclass(frozen=True)
class Every:
    """Cadence: every `interval` steps, and at 1, 2, 4, 8, …."""

    interval: int

    def __call__(self, step: int) -> bool:
        """Say whether to measure after so many updates."""
        return step % self.interval == 0 or is_power_of_two(step)


@dataclass
class Moment:
    """What is visible between the gradient and the step.

    Attributes
    ----------
    network : after the backward pass; its gradients include penalties and are not yet clipped
    change : what the optimizer is about to add to the flat parameters, shape (…, P)
    gradient_norm : norm of each layer's weight gradient ahead of clipping, shape (…, layers)
    loss : of the minibatch in training mode, shape (…,)
    learning_rate, effective_learning_rate : as configured, and after the schedule
    """

    network: Network
    change: Array
    gradient_norm: Array
    loss: Array
    learning_rate: Rate
    effective_learning_rate: Rate

    @cached_property
    def weight_norm(self) -> Array:
        """‖W‖ of each layer, shape (…, layers)."""
        return _layer_norms(self.network, self.network.flat_parameters)

    @cached_property
    def activation_mean(self) -> list[Array]:
        """Mean activation of each hidden layer over units and minibatch, (…,)."""
        return [_mean(layer.a) for layer in self.network.activation_layers]

    @cached_property
    def relative_slopes(self) -> list[Array]:
        """|f'(z)| of each hidden layer, relative to its largest possible value, (…, B, D)."""
        return [
            np.abs(layer.derivative()) / largest_derivative(layer.function)
            for layer in self.network.activation_layers
        ]


@dataclass(frozen=True)
class Recorder:
    """One measurement: its name, what it is one number of, how it is taken, and when."""

    name: str
    per: str  # "run", "layer" (each Dense) or "hidden" (each activation)
    measure: Callable[[Moment], npt.ArrayLike]
    cadence: Every


def weight_gradient_norms(network: Network) -> Array:
    """‖dL/dW‖ of each layer, shape (…, layers)."""
    return _layer_norms(network, network.flat_gradients)


def _layer_norms(network: Network, flat: Array) -> Array:
    return _by_layer([l2_norm(flat[..., dense.weight_slice]) for dense in network.dense_layers])


def _by_layer(values: list[Array]) -> Array:
    """Return one number of shape (…,) a layer as (…, layers); `np.stack` has more overhead."""
    layers_first = np.array(values)
    return layers_first.transpose(*range(1, layers_first.ndim), 0)


def _flat(x: Array) -> Array:
    return x.reshape(*x.shape[:-2], x.shape[-2] * x.shape[-1])


def _mean(x: Array) -> Array:
    """Mean over the last two axes, as a product with ones, which is faster than `mean`."""
    flat = _flat(x)
    mean: Array = (flat @ ones_row(flat.shape[-1], flat.dtype)[0]) / flat.shape[-1]
    return mean


def signal_norm(moment: Moment) -> Array:
    """‖dL/dz‖ of each layer over the whole minibatch, shape (…, layers)."""
    return _by_layer([l2_norm(_flat(dense.signal)) for dense in moment.network.dense_layers])


def update_ratio(moment: Moment) -> Array:
    """‖change of W‖ / ‖W‖ of each layer in this step, shape (…, layers)."""
    change = _layer_norms(moment.network, moment.change)
    return safe_divide(change, moment.weight_norm)


def activation_mean(moment: Moment) -> Array:
    """Mean activation over units and minibatch of each hidden layer, shape (…, hidden)."""
    return _by_layer(moment.activation_mean)


def activation_std(moment: Moment) -> Array:
    """Return the standard deviation over units and minibatch, shape (…, hidden)."""
    layers = moment.network.activation_layers
    centered = [
        _flat(layer.a) - mean[..., np.newaxis]
        for layer, mean in zip(layers, moment.activation_mean, strict=True)
    ]
    return _by_layer([l2_norm(c) / c.shape[-1] ** 0.5 for c in centered])


def dead_fraction(moment: Moment) -> Array:
    """Share of units of each hidden layer that no example of the minibatch reaches."""
    reached = [(s >= DEAD_BELOW).astype(s.dtype) for s in moment.relative_slopes]
    examples = [ones_row(r.shape[-2], r.dtype) @ r for r in reached]
    return _by_layer([_mean((count == 0).astype(count.dtype)) for count in examples])


def saturated_fraction(moment: Moment) -> Array:
    """Share of (example, unit) pairs of each hidden layer that are saturated."""
    slopes = moment.relative_slopes
    return _by_layer([_mean((s < SATURATED_BELOW).astype(s.dtype)) for s in slopes])


@cache
def largest_derivative(function: Activation) -> float:
    """Return max |f'(z)| over z, found on a grid."""
    return float(np.abs(function.derivative(np.linspace(-10, 10, 20_001))).max())


def standard_recorders(interval: int = 20) -> tuple[Recorder, ...]:
    """Return the instruments of every run, taken every `interval` steps."""
    cadence = Every(interval)
    return (
        Recorder("batch_loss", "run", lambda m: m.loss, cadence),
        Recorder("gradient_norm", "layer", lambda m: m.gradient_norm, cadence),
        Recorder("signal_norm", "layer", signal_norm, cadence),
        Recorder("weight_norm", "layer", lambda m: m.weight_norm, cadence),
        Recorder("update_ratio", "layer", update_ratio, cadence),
        Recorder("activation_mean", "hidden", activation_mean, cadence),
        Recorder("activation_std", "hidden", activation_std, cadence),
        Recorder("dead_fraction", "hidden", dead_fraction, cadence),
        Recorder("saturated_fraction", "hidden", saturated_fraction, cadence),
        Recorder("learning_rate", "run", lambda m: np.squeeze(m.learning_rate), cadence),
        Recorder(
            "effective_learning_rate",
            "run",
            lambda m: np.squeeze(m.effective_learning_rate),
            cadence,
        ),
    )
