"""What single units of a network say and learn: maps of their activations, and their gradients."""

from dataclasses import dataclass

import numpy as np

from nnlib._array import Array
from nnlib.config import NetworkConfig
from nnlib.datasets.dataset import Dataset
from nnlib.losses import Loss
from nnlib.network import Network

_MARGIN = 0.1  # of the points' range, on each side of a grid


def count_parameters(config: NetworkConfig, n_inputs: int, n_outputs: int) -> int:
    """Return how many trainable numbers `build_network` would make, without making them.

    A Dense right behind which BatchNorm comes has no bias; BatchNorm has a scale and a shift a
    unit.
    """
    total, fan_in = 0, n_inputs
    ahead = config.batch_norm and not config.batch_norm_after
    for width in config.hidden:
        total += fan_in * width + (0 if ahead else width) + (2 * width if config.batch_norm else 0)
        fan_in = width
    return total + fan_in * n_outputs + n_outputs


@dataclass(frozen=True, eq=False)
class UnitValues:
    """Values of units at n points, in evaluation mode; each array has shape (units, n).

    Attributes
    ----------
    inputs : what the network is given
    hidden : the activations f(z) of each hidden layer
    outputs : probabilities of the classes (binary: of class 1), or predicted values in the
        network's own, standardized, units
    """

    inputs: Array
    hidden: tuple[Array, ...]
    outputs: Array

    @property
    def layers(self) -> tuple[Array, ...]:
        """All of them, from input to output."""
        return (self.inputs, *self.hidden, self.outputs)


def unit_values(network: Network, loss: Loss, x: Array, most: int | None = None) -> UnitValues:
    """Return what the units of a single network give at some points.

    Parameters
    ----------
    loss : says what the logits mean
    x : inputs of the network, shape (n, n_inputs)
    most : at most so many units a layer, the first ones

    Raises
    ------
    ValueError
        if the network is a stack
    """
    if network.lead:
        raise ValueError("Look at the replicas of a stack one by one.")
    kept = slice(most)
    x = np.asarray(x, network.dtype)
    with np.errstate(all="ignore"):
        outputs = loss.predict(network.forward(x))
    # Copies, since the network works on in the same arrays.
    hidden = tuple(layer.a[:, kept].T.copy() for layer in network.activation_layers)
    return UnitValues(x[:, kept].T.copy(), hidden, outputs[:, kept].T.copy())


def unit_gradient_norms(network: Network) -> tuple[Array, ...]:
    """Return for each layer the norm of dL/dw over the weights into each of its units, (units,).

    Of the last backward pass, penalties and clipping included, biases left out; zeros before the
    first.
    """
    return tuple(
        np.sqrt(np.square(dense.weight_gradient, dtype=np.float64).sum(axis=-2))
        for dense in network.dense_layers
    )


def plane_axes(data: Dataset, resolution: int) -> tuple[Array, ...]:
    """Return grid coordinates around training and validation points, one array a feature.

    A tenth of the points' range is left free on each side; each has shape (resolution,), float64.
    """
    points = np.concatenate([data.X_train, data.X_val]).astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    margin = np.where(high > low, _MARGIN * (high - low), 1.0)
    return tuple(
        np.linspace(start, end, resolution)
        for start, end in zip(low - margin, high + margin, strict=True)
    )


def grid_points(*axes: Array) -> Array:
    """Return the points of a grid, row after row from the lowest second one, shape (n, axes)."""
    return np.stack([a.ravel() for a in np.meshgrid(*axes)], axis=1)
