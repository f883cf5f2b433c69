"""Statistics of the gradients of single examples, from two matrix products a layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.layers import BatchNorm, Dense
from nnlib.losses import Loss
from nnlib.network import Network
from nnlib.undisturbed import undisturbed

Values = npt.NDArray[np.float64]

WITH_BATCH_NORM = (
    "With batch normalization an example's gradient depends on the other examples of its batch, so "
    "that there is no gradient of a single example."
)


@dataclass(frozen=True, eq=False)
class GradientMoments:
    """What the gradients g of n examples have in common, and how they differ.

    Attributes
    ----------
    layers : names of the affine layers, weights and biases together
    slices : where each layer's parameters lie among all P
    mean : the gradient G of their mean loss, shape (P,)
    mean_square : of each parameter's g², shape (P,)
    squared_norms : |g|² of each example in each layer, shape (n, layers)
    products : g·G of each example in each layer, shape (n, layers)
    loss : the mean loss of the examples
    whole : whether the examples are all there are, and not a sample of them
    """

    layers: tuple[str, ...]
    slices: tuple[slice, ...]
    mean: Values
    mean_square: Values
    squared_norms: Values
    products: Values
    loss: float
    whole: bool = False

    @property
    def examples(self) -> int:
        """How many examples there are."""
        return len(self.squared_norms)

    @property
    def squared_mean(self) -> Values:
        """|G|² of each layer, shape (layers,)."""
        return np.array([self.mean[s] @ self.mean[s] for s in self.slices])

    @property
    def variance(self) -> Values:
        """The variance of each parameter's gradient over the examples, shape (P,)."""
        spread = np.maximum(self.mean_square - np.square(self.mean), 0)
        variance: Values = spread * (self.examples / self.freedom)
        return variance

    @property
    def trace(self) -> Values:
        """The sum of the variances of each layer, tr Σ, shape (layers,)."""
        spread = np.maximum(self.squared_norms.mean(axis=0) - self.squared_mean, 0)
        trace: Values = spread * (self.examples / self.freedom)
        return trace

    @property
    def freedom(self) -> int:
        """What sums of squared deviations are divided by: n - 1 for a sample."""
        return self.examples if self.whole else self.examples - 1


def gradient_moments(
    network: Network,
    loss: Loss,
    x: Array,
    targets: Array,
    *,
    training: bool = False,
    whole: bool = False,
) -> GradientMoments:
    """Return the statistics of the gradients of a batch's examples; the network stays as it is.

    The gradient of example i in a weight is the outer product of the layer's input a and of its
    signal d = ∂L_i/∂z. Its squared norm is |a|²·|d|² (Goodfellow 2015), the sum of the
    squares over the examples (a²)ᵀ·d², and its product with a matrix G is a·G·d. Penalties, which
    are the same for every example, are left out.

    Parameters
    ----------
    network : a single one, without batch normalization
    loss : the mean over a batch of what each example costs
    x, targets : at least two examples, shapes (n, D_in) and (n, D_out)
    training : with dropout and noise drawn once, as in the next training step
    whole : whether these are all examples there are, so that their gradient is the gradient

    Raises
    ------
    ValueError
        if there is one example, a stack of networks, or batch normalization
    """
    if network.lead or len(x) < 2:
        raise ValueError("The noise of gradients needs a single network and two examples.")
    if any(isinstance(layer, BatchNorm) for layer in network.layers):
        raise ValueError(WITH_BATCH_NORM)
    with undisturbed(network):
        logits = network.forward(np.asarray(x, network.dtype), training=training)
        value, gradient = loss.value_and_gradient(logits, np.asarray(targets, network.dtype))
        network.backward(gradient, input_gradient=False)
        parameters, n, layers = network.n_parameters, len(x), len(network.dense_layers)
        moments = GradientMoments(
            network.layer_names,
            tuple(layer_slice(network, dense) for dense in network.dense_layers),
            np.zeros(parameters),
            np.zeros(parameters),
            np.zeros((n, layers)),
            np.zeros((n, layers)),
            float(value),
            whole,
        )
        for i, dense in enumerate(network.dense_layers):
            _add_layer(moments, i, network, dense)
    return moments


def layer_slice(network: Network, dense: Dense) -> slice:
    """Return where the weights and biases of a layer lie among all parameters."""
    last = network.slices[f"{dense.name}.bias"] if dense.has_bias else dense.weight_slice
    return slice(dense.weight_slice.start, last.stop)


def _add_layer(moments: GradientMoments, i: int, network: Network, dense: Dense) -> None:
    """Write what the layer's last pass says of the examples."""
    n = len(moments.squared_norms)
    a = dense.x.astype(np.float64)
    d = dense.signal.astype(np.float64) * n  # the loss is a mean, its signals are n times smaller
    if dense.has_bias:  # a bias is the weight of an input that is 1
        a = np.column_stack([a, np.ones(n)])
    place = moments.slices[i]
    mean = a.T @ d / n
    moments.mean[place] = mean.ravel()
    moments.mean_square[place] = (np.square(a).T @ np.square(d) / n).ravel()
    moments.squared_norms[:, i] = np.vecdot(a, a) * np.vecdot(d, d)
    moments.products[:, i] = np.vecdot(a @ mean, d)
