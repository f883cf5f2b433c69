"""Jacobians of a network at given inputs, what they stretch by, and the rank of activations.

All are exact products of weights and slopes, written as the network's own arrays are: the entry
(i, j) of a Jacobian is ∂ output j / ∂ input i, so that later layers stand to the right. In these
there are all of a layer's directions, of which a back-propagated signal is one (Saxe et al. 2014,
"Exact solutions to the nonlinear dynamics of learning in deep linear neural networks"; Pennington
et al. 2017, "Resurrecting the sigmoid in deep learning through dynamical isometry").
"""

from collections.abc import Iterator
from functools import reduce

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.layers import ActivationLayer, Dense, Dropout, Noise
from nnlib.network import Network
from nnlib.undisturbed import undisturbed

Floats = npt.NDArray[np.float64]


def why_no_jacobians(network: Network) -> str:
    """Say why a network has none here; an empty string where it has."""
    simple = Dense | ActivationLayer | Dropout | Noise
    if all(isinstance(layer, simple) for layer in network.layers):
        return ""
    return "it has layers other than dense ones and activations"


def through_layer(weight: Array, slope: Array) -> Array:
    """Return ∂a/∂x of a = f(x·W) at each input.

    Parameters
    ----------
    weight : shape (…, fan_in, fan_out)
    slope : f'(z), shape (…, B, fan_out)

    Returns
    -------
    Jacobians : shape (…, B, fan_in, fan_out)
    """
    return np.asarray(weight[..., np.newaxis, :, :] * slope[..., np.newaxis, :])


def layer_jacobians(network: Network, x: Array) -> Iterator[Array]:
    """Give ∂a_l/∂a_{l-1} of each hidden layer and, last, of the logits, one after the other.

    Parameters
    ----------
    network : dense layers and activations; dropout and noise as in evaluation
    x : shape (B, D_in), or (…, B, D_in)

    Yields
    ------
    Jacobians : float64 of shape (…, B, fan_in, fan_out)

    Raises
    ------
    ValueError
        where the network has other layers, `why_no_jacobians`
    """
    weights, slopes = _weights_and_slopes(network, x)
    rows = (*slopes[0].shape[:-1], 1) if slopes else (*np.shape(x)[:-1], 1)
    for weight, slope in zip(weights, [*slopes, np.ones(rows)], strict=True):
        yield through_layer(weight, slope)


def end_to_end_jacobian(network: Network, x: Array) -> Array:
    """Return ∂ logits / ∂x, shape (…, B, D_in, D_out); see `layer_jacobians`."""
    return reduce(np.matmul, layer_jacobians(network, x))


def signal_jacobians(network: Network, x: Array) -> Iterator[Array]:
    """Give ∂z_L/∂z_l of the last hidden layer L by each hidden layer, from L back to the first.

    The back-propagated signal dL/dz_l is this matrix times that at layer L; that at L is the
    identity. Arguments, errors and shapes, here (…, B, units of l, units of L), as in
    `layer_jacobians`.
    """
    weights, slopes = _weights_and_slopes(network, x)
    units = slopes[-1].shape[-1]
    product = np.broadcast_to(np.eye(units), (*slopes[-1].shape[:-1], units, units))
    yield product
    for weight, slope in zip(weights[-2:0:-1], slopes[-2::-1], strict=True):
        product = slope[..., np.newaxis] * (weight[..., np.newaxis, :, :] @ product)
        yield product


def singular_values(matrices: Array) -> Floats:
    """Return the singular values, largest first, shape (…, min(rows, columns)).

    They are NaN where a matrix holds something that is not finite.
    """
    finite = np.asarray(np.isfinite(matrices).all(axis=(-2, -1)))
    usable = np.where(finite[..., np.newaxis, np.newaxis], matrices, 0)
    values = np.linalg.svd(usable, compute_uv=False)
    return np.where(finite[..., np.newaxis], values, np.nan)


def effective_rank(activations: Array) -> Floats:
    """Return how many directions the rows of a matrix take up, between 1 and its rank.

    It is e to the power of the entropy of the singular values, each divided by their sum (Roy &
    Vetterli 2007, "The effective rank: a measure of effective dimensionality").

    Parameters
    ----------
    activations : shape (…, examples, units)

    Returns
    -------
    rank : shape (…), NaN where all activations are zero
    """
    values = singular_values(activations)
    total = values.sum(axis=-1, keepdims=True)
    shares = np.divide(values, total, out=np.zeros_like(values), where=total > 0)
    entropy = -(shares * np.log(np.where(shares > 0, shares, 1))).sum(axis=-1)
    return np.where(total[..., 0] > 0, np.exp(entropy), np.nan)


def _weights_and_slopes(network: Network, x: Array) -> tuple[list[Floats], list[Floats]]:
    """Return the weights of all layers and f'(z) of the hidden ones, in float64."""
    reason = why_no_jacobians(network)
    if reason:
        raise ValueError(f"This network has no Jacobians by example: {reason}.")
    with undisturbed(network):
        network.forward(np.asarray(x, network.dtype))
        slopes = [np.array(a.derivative(), np.float64) for a in network.activation_layers]
    return [np.asarray(dense.weight, np.float64) for dense in network.dense_layers], slopes
