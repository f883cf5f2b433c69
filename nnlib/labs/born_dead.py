"""How likely a ReLU network is dead before training: some layer gives zero for every input.

Such a network is constant, and no gradient reaches its weights before that layer (Lu, Shin, Su &
Karniadakis 2020, "Dying ReLU and initialization: theory and numerical examples", Communications
in Computational Physics 28(5), 1671-1706). Here it has one input feature, hidden layers of one
width N, zero biases and weights from a symmetric distribution.

Without biases every layer scales with |x|, so the two inputs +1 and -1 stand for all. Let
p = 2^-N. A nonzero input vector meets a layer in which each of N pre-activations is negative or
positive with probability 1/2, and their signs are independent of each other (for orthogonal weights
too, though not their sizes), so the layer is zero for it with probability p.

- The first hidden layer is never dead: a weight that is negative for x is positive for -x.
- Every later layer is dead with probability at most p, given that the one before is alive. So
  1 - (1 - p)^(H-1) is an **upper bound** with H hidden layers.
- For independent weights there is a lower bound by a Markov chain, see `lower_bound`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nnlib.proportions import wilson_interval

Vector = npt.NDArray[np.float64]

SYMMETRIC = tuple(
    [f"{rule}_{shape}" for rule in ("he", "glorot", "lecun") for shape in ("normal", "uniform")]
    + ["normal", "uniform", "orthogonal"]
)
"""Initializers that draw -W as often as W and no exact zeros; all but *zeros*."""


@dataclass(frozen=True, eq=False)
class DeadCounts:
    """How many of the networks are dead when they have 1, 2, …, H hidden layers.

    Attributes
    ----------
    networks : how many were drawn
    dead : int array, shape (H,)
    """

    networks: int
    dead: npt.NDArray[np.int64]

    @property
    def share(self) -> Vector:
        """Return the estimated probability for each depth, shape (H,)."""
        return self.dead / self.networks

    def interval(self) -> tuple[Vector, Vector]:
        """Return the ends of the 95 % Wilson interval for each depth, each of shape (H,)."""
        return wilson_interval(self.dead, self.networks)


def count_dead(
    initializer: str, width: int, depth: int, networks: int, rng: np.random.Generator
) -> DeadCounts:
    """Draw networks as one stack, layer by layer, and note at which layer each dies.

    A network with fewer layers is the beginning of one with more, so one stack serves all depths.
    The scale of the weights plays no part, since without biases it multiplies every activation;
    each layer is drawn with a scale of 1 and normalized, so that nothing underflows.

    Parameters
    ----------
    initializer : one of `SYMMETRIC`
    width, depth, networks : N, the number H of hidden layers, and how many networks
    rng : numpy.random.Generator

    Raises
    ------
    ValueError
        For an initializer that is not in `SYMMETRIC`.
    """
    if initializer not in SYMMETRIC:
        raise ValueError(f"The weights of {initializer!r} are not symmetric around zero.")
    inputs = np.array([[1.0], [-1.0]], np.float32)
    a = np.broadcast_to(inputs, (networks, 2, 1))
    dead = np.zeros(depth, np.int64)
    for layer in range(depth):
        weights = _draw(initializer, rng, len(a), a.shape[-1], width)
        a = np.maximum(a @ weights, 0)
        largest = a.max(axis=(1, 2), initial=0)
        alive = largest > 0
        a = a[alive] / largest[alive, np.newaxis, np.newaxis]  # the dead stay dead
        dead[layer] = networks - len(a)
    return DeadCounts(networks, dead)


def _draw(
    initializer: str, rng: np.random.Generator, count: int, fan_in: int, fan_out: int
) -> npt.NDArray[np.float32]:
    """Draw weights of the initializer's shape of distribution, (count, fan_in, fan_out)."""
    if initializer.endswith("uniform"):
        return rng.random((count, fan_in, fan_out), np.float32) - np.float32(0.5)
    if initializer.endswith("normal"):
        return rng.standard_normal((count, fan_in, fan_out), np.float32)
    tall = rng.standard_normal((count, max(fan_in, fan_out), min(fan_in, fan_out)))
    q, r = np.linalg.qr(tall)
    q *= np.sign(np.diagonal(r, axis1=-2, axis2=-1))[:, np.newaxis, :]
    weights = q if fan_in >= fan_out else q.swapaxes(-1, -2)
    narrow: npt.NDArray[np.float32] = weights.astype(np.float32)
    return narrow


def upper_bound(width: int, depth: int) -> Vector:
    """Return the upper bound 1 - (1 - 2^-N)^(H-1) for H = 1, …, depth, shape (depth,)."""
    bound: Vector = -np.expm1(np.arange(depth) * np.log1p(-(2.0**-width)))
    return bound


def lower_bound(width: int, depth: int) -> Vector:
    """Return a lower bound for independent symmetric weights, H = 1, …, depth, shape (depth,).

    A chain over layers with three states: the activations for +1 and -1 are (2) two directions,
    (1) one direction, or only one of them is not zero, (0) both zero. After the first layer it is
    state 2 with probability 1 - 2p, else state 1. From state 1 the next layer is dead with
    probability p. In state 2 let r be the probability that a unit is off for both inputs; it is
    also the one of being on for both. Activations are not negative, so pre-activations for the
    two inputs are positively associated, and 1/4 ≤ r ≤ 1/2. The chain goes to 0 with probability
    r^N and stays with 1 - 2p - (N - 1) r^N, since it leaves when one input's layer is zero
    (2p - r^N) or when just one unit is on, for both (N r^N). Both ways down grow with r, so
    r = 1/4 at each layer bounds the probability of being dead from below. It is exact for H ≤ 2,
    as the activations for +1 and -1 share no unit after the first layer.

    With a = 1 - p and b = 1 - 2p - (N - 1) p² this is
    1 - a^(H-1) + (1 - 2p)(1 - p) / (1 + (N - 1) p) · (b^(H-1) - a^(H-1)).
    """
    p = 2.0**-width
    one, two = 2 * p, 1 - 2 * p
    dead = [0.0]
    for _ in range(depth - 1):
        dead.append(dead[-1] + one * p + two * p**2)
        one, two = (
            one * (1 - p) + two * (2 * p + (width - 2) * p**2),
            two * (1 - 2 * p - (width - 1) * p**2),
        )
    return np.array(dead)
