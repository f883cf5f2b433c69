"""Where half of all ReLU networks of a finite width lie, below the theory of infinite width.

After L layers of n units with independent weights the squared length of what has come of one
input, forward or back, is about log-normal over random networks. Its logarithm has mean -5L/2n and
variance 5L/n, relative to the theory of infinite width: the mean is that of the theory, and the
median e^(-5L/2n) of it (Hanin & Nica 2020, "Products of many large random matrices and gradients
in deep neural networks"; up to terms of L/n²). It holds at any scale of the weights,
which moves theory and networks alike. Networks measured with one example agree: the median of the
signal's norm is 0.8 to 1.25 times the formula with 32 to 128 units and up to 50 layers, and 0.4 to
0.7 times with 16 units and 50 layers.
"""

from dataclasses import dataclass
from math import exp

import numpy as np
import numpy.typing as npt

from nnlib.config import NetworkConfig
from nnlib.labs.gradient_flow import Prediction, why_no_theory

LEAST_WIDTH = 16
"""In narrower layers the terms that the formula leaves out are no longer small."""
Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Typical:
    """What half of all networks do not reach.

    Attributes
    ----------
    activation_std, relative_signal : as those of `gradient_flow.Prediction`, shape (hidden,)
    """

    activation_std: Vector
    relative_signal: Vector


def typical_share(depth: int, width: int) -> float:
    """Return about what share of the theory's variance half of all ReLU networks do not reach."""
    return exp(-5 * depth / (2 * width))


def why_no_typical(network: NetworkConfig) -> str:
    """Say why the formula has nothing to say of a network; an empty string where it has."""
    if why_no_theory(network):
        return why_no_theory(network)
    if network.activation != "relu":
        return "it is of ReLU"
    if network.initializer == "orthogonal":
        return "the entries of an orthogonal matrix are not independent"
    if min(network.hidden) < LEAST_WIDTH:
        return f"with fewer than {LEAST_WIDTH} units in a layer it is too rough"
    return ""


def typical(network: NetworkConfig, theory: Prediction) -> Typical:
    """Return where half of all networks lie below, from where their mean is.

    Raises
    ------
    ValueError
        where the formula does not apply, `why_no_typical`
    """
    reason = why_no_typical(network)
    if reason:
        raise ValueError(f"The finite-width formula does not apply: {reason}.")
    width, count = network.hidden[0], len(network.hidden)
    # of a deviation or a norm, the root of the variance
    shares = np.sqrt([typical_share(layers, width) for layers in range(count + 1)])
    return Typical(
        theory.activation_std * shares[1:], theory.relative_signal * shares[count - 1 :: -1]
    )
