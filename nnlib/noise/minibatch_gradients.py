"""Gradients of several minibatches at one point: their cosines, and the noise scale from them."""

from dataclasses import dataclass

import numpy as np

from nnlib._array import Array, l2_norm, safe_divide
from nnlib.losses import Loss
from nnlib.network import Network
from nnlib.noise.moments import Values, layer_slice
from nnlib.noise.scale import NoiseScale, two_batch_sizes
from nnlib.undisturbed import undisturbed


@dataclass(frozen=True, eq=False)
class MinibatchGradients:
    """What the gradients of some minibatches have in common.

    Attributes
    ----------
    cosine : between two of them, the mean over all pairs
    layer_cosines : the same of each layer's part, shape (layers,)
    scale : the noise scale, from single minibatches and their mean
    """

    cosine: float
    layer_cosines: Values
    scale: NoiseScale


def minibatch_gradients(
    network: Network,
    loss: Loss,
    x: Array,
    targets: Array,
    batch_size: int,
    rng: np.random.Generator,
    *,
    batches: int = 8,
    training: bool = False,
) -> MinibatchGradients:
    """Draw minibatches and compare their gradients; the network stays as it is.

    The examples of each are drawn with replacement, independently of the others. Of the gradients
    only sums are kept: with u of length 1, the products over all pairs sum to |Σu|² - Σ|u|². A
    gradient that is zero has a cosine of 0 with any other.

    Parameters
    ----------
    network : a single one
    x, targets : what is drawn from, shapes (n, D_in) and (n, D_out)
    batches : how many, at least two
    training : as in training, also with batch normalization by the minibatch

    Raises
    ------
    ValueError
        if there are fewer than two minibatches
    """
    if batches < 2:
        raise ValueError("A cosine needs two minibatches.")
    slices = [slice(None), *(layer_slice(network, dense) for dense in network.dense_layers)]
    total, squared = np.zeros(network.n_parameters), 0.0
    units = [np.zeros(network.n_parameters)[s] for s in slices]
    lengths = np.zeros(len(slices))  # how many of them are not zero
    with undisturbed(network):
        for _ in range(batches):
            rows = rng.integers(len(x), size=batch_size)
            logits = network.forward(np.asarray(x[rows], network.dtype), training=training)
            network.backward(loss.gradient(logits, np.asarray(targets[rows], network.dtype)))
            gradient = network.flat_gradients.astype(np.float64)
            total += gradient
            squared += float(gradient @ gradient) / batches
            for i, (unit, place) in enumerate(zip(units, slices, strict=True)):
                norm = l2_norm(gradient[place])
                unit += safe_divide(gradient[place], norm)
                lengths[i] += norm > 0
    pairs = batches * (batches - 1)
    cosines = (np.array([u @ u for u in units]) - lengths) / pairs
    mean = total / batches
    scale = two_batch_sizes(squared, float(mean @ mean), batch_size, batches * batch_size)
    return MinibatchGradients(float(cosines[0]), cosines[1:], scale)
