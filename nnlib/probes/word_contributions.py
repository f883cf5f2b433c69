"""Which words decide: a network's logit taken apart into one contribution for each input.

Gradient × input, the first-order attribution of Shrikumar, Greenside, Shcherbina and Kundaje (2016,
"Not just a black box"): the contribution of input j to the logit z is x_j · ∂z/∂x_j. A network of
ReLU layers without biases is piecewise linear through the origin, so there the contributions sum
to the logit; otherwise what is missing is reported as the remainder.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from nnlib._array import Array
from nnlib.network import Network

ROWS_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Attribution:
    """Logits taken apart.

    Attributes
    ----------
    logits : shape (n,)
    gradients : ∂logit/∂x, shape (n, d)
    contributions : x · ∂logit/∂x, shape (n, d); an input of 0, an absent word, has none
    """

    logits: Array
    gradients: Array
    contributions: Array

    @property
    def remainders(self) -> Array:
        """Logit minus the sum of contributions: biases and curvature, shape (n,)."""
        return np.asarray(self.logits - self.contributions.sum(axis=1))


def attribute(network: Network, x: Array) -> Attribution:
    """Take the logits of a network with one output apart, in evaluation mode.

    Parameters
    ----------
    network : a single network, not a stack; parameters, gradients and statistics stay as they are
    x : shape (n, d)

    Raises
    ------
    ValueError
        if the network is a stack or has several outputs
    """
    x = np.asarray(x, network.dtype)
    logits, gradients = _logits_and_gradients(network, x)
    return Attribution(logits, gradients, x.astype(np.float64) * gradients)


def mean_logit_gradient(network: Network, x: Array) -> Array:
    """Return ∂logit/∂x averaged over the rows of x, shape (d,), NaN without rows.

    Without hidden layers it is the learned weight of each input; with them there is no single
    weight, and this is how far one more of an input moves the logit, on average and to first order.

    Parameters
    ----------
    network, x : as for `attribute`
    """
    x = np.asarray(x, network.dtype)
    total = np.zeros(x.shape[1])
    for start in range(0, len(x), ROWS_AT_ONCE):
        total += _logits_and_gradients(network, x[start : start + ROWS_AT_ONCE])[1].sum(axis=0)
    return total / len(x) if len(x) else np.full(x.shape[1], np.nan)


def _logits_and_gradients(network: Network, x: Array) -> tuple[Array, Array]:
    if network.lead or network.dense_layers[-1].fan_out != 1:
        raise ValueError("Contributions are those of a single network with one output.")
    with _kept_gradients(network), np.errstate(all="ignore"):
        logits = network.forward(x)[:, 0].astype(np.float64)
        gradients = network.backward(np.ones((len(x), 1), network.dtype)).astype(np.float64)
    return logits, gradients


@contextmanager
def _kept_gradients(network: Network) -> Iterator[None]:
    """Put the parameter gradients back that a backward pass overwrites."""
    kept = network.flat_gradients.copy()
    try:
        yield
    finally:
        network.flat_gradients[...] = kept
