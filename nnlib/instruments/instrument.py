"""What an instrument is: one measurement between the gradient and the step, and its cadence.

Norms are Euclidean, over the weights of one layer, biases left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from nnlib._array import Array, l2_norm, ones_row
from nnlib.activations import Activation
from nnlib.network import Network
from nnlib.optimizers import Rate

INTERVAL = 20
"""The standard instruments measure every so many steps."""


def is_power_of_two(step: Any) -> Any:
    """Say whether a step, or each of an array, is 1, 2, 4, … (or 0): much goes wrong there."""
    return step & (step - 1) == 0


@dataclass(frozen=True)
class Every:
    """Cadence: every `interval` steps, and at 1, 2, 4, 8, …."""

    interval: int

    def __call__(self, step: Any) -> Any:
        """Say whether to measure after so many updates, a number or an array of them."""
        return (step % self.interval == 0) | is_power_of_two(step)


@dataclass
class Moment:
    """What is visible between the gradient and the step.

    Attributes
    ----------
    network : after the backward pass; its gradients include penalties and are clipped
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
        return layer_norms(self.network, self.network.flat_parameters)

    @cached_property
    def activation_mean(self) -> list[Array]:
        """Mean activation of each hidden layer over units and minibatch, (…,)."""
        return [mean(layer.a) for layer in self.network.activation_layers]

    @cached_property
    def relative_slopes(self) -> list[Array]:
        """|f'(z)| of each hidden layer, relative to its largest possible value, (…, B, D)."""
        return [
            np.abs(layer.derivative()) / largest_derivative(layer.function)
            for layer in self.network.activation_layers
        ]


@dataclass(frozen=True)
class Instrument:
    """One measurement: what it is called and means, how it is taken, and when.

    From this alone it is recorded, charted, and put into the history's file.

    Attributes
    ----------
    name : of its series in the history
    per : what there is one number of: the "run", each "layer" (Dense), or each "hidden" layer
        (activation)
    measure : from a `Moment` to an array of shape (…,), (…, layers) or (…, hidden)
    title : what its chart shows; the name where it is empty
    unit : title of the value's axis
    scale : of the value's axis: "log", "linear", or "share" for numbers from 0 to 1
    meaning : one sentence for a person who does not know it
    guide : a value to compare with, and what it is in a few words
    cadence : when it is taken
    """

    name: str
    per: Literal["run", "layer", "hidden"]
    measure: Callable[[Moment], npt.ArrayLike]
    title: str = ""
    unit: str = ""
    scale: Literal["log", "linear", "share"] = "linear"
    meaning: str = ""
    guide: tuple[float, str] | None = None
    cadence: Every = Every(INTERVAL)


def layer_norms(network: Network, flat: Array) -> Array:
    """Return the norm of each layer's part of flat weights (…, P), shape (…, layers)."""
    return by_layer([l2_norm(flat[..., dense.weight_slice]) for dense in network.dense_layers])


def weight_gradient_norms(network: Network) -> Array:
    """‖dL/dW‖ of each layer, shape (…, layers)."""
    return layer_norms(network, network.flat_gradients)


def by_layer(values: Sequence[Array]) -> Array:
    """Return one number of shape (…,) a layer as (…, layers); `np.stack` has more overhead."""
    layers_first = np.array(values)
    return layers_first.transpose(*range(1, layers_first.ndim), 0)


def flat(x: Array) -> Array:
    """Return (…, B, D) as (…, B·D)."""
    return x.reshape(*x.shape[:-2], x.shape[-2] * x.shape[-1])


def mean(x: Array) -> Array:
    """Mean over the last two axes, as a product with ones, which is faster than `mean`."""
    numbers = flat(x)
    average: Array = (numbers @ ones_row(numbers.shape[-1], numbers.dtype)[0]) / numbers.shape[-1]
    return average


@cache
def largest_derivative(function: Activation) -> float:
    """Return max |f'(z)| over z, found on a grid."""
    return float(np.abs(function.derivative(np.linspace(-10, 10, 20_001))).max())
