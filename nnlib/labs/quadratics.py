"""The theory of a quadratic bowl: where the linear methods are stable and how fast they are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nnlib._array import Array
from nnlib.labs.descent import Descent, descend
from nnlib.labs.surfaces import Objective

LINEAR_RACERS = ("sgd", "momentum", "nesterov")
"""Those whose step is linear in the gradients, so that a quadratic has one rate of convergence."""

_RATES_BEYOND = 1e30  # far enough to measure the rate of divergence
_SMALLEST_DISTANCE = 1e-280  # below, float64 loses digits
_LEAST_POINTS = 10


def stable_below(optimizer: str, largest: float, momentum: float) -> float:
    """Return the learning rate below which a linear method converges on a convex quadratic.

    With the largest eigenvalue λ: 2/λ for gradient descent, 2(1 + β)/λ for the heavy ball,
    2(1 + β)/((1 + 2β)λ) for Nesterov momentum. The last two follow from the Jury criterion
    |trace| < 1 + determinant, determinant < 1, for the matrix that one step
    applies to (position, velocity) along an eigenvector.

    Parameters
    ----------
    optimizer : one of `LINEAR_RACERS`
    largest : eigenvalue of the Hessian, above 0
    momentum : β, in [0, 1)
    """
    factor = {
        "sgd": 1.0,
        "momentum": 1 + momentum,
        "nesterov": (1 + momentum) / (1 + 2 * momentum),
    }[optimizer]
    return 2 * factor / largest


def optimal_learning_rate(smallest: float, largest: float) -> float:
    """Return 2/(λmax + λmin), where gradient descent has its least rate (κ - 1)/(κ + 1).

    Polyak (1964); at this rate both ends of the spectrum shrink equally fast.
    """
    return 2 / (largest + smallest)


def optimal_heavy_ball(smallest: float, largest: float) -> tuple[float, float]:
    """Return the learning rate and momentum of the heavy ball's least rate √β.

    learning_rate = 4/(√λmax + √λmin)², β = ((√κ - 1)/(√κ + 1))² (Polyak 1964).
    """
    low, high = math.sqrt(smallest), math.sqrt(largest)
    return 4 / (high + low) ** 2, ((high - low) / (high + low)) ** 2


def predicted_rate(
    optimizer: str, eigenvalues: Sequence[float], learning_rate: float, momentum: float
) -> float:
    """Return the factor by which each late step multiplies the distance to the minimum.

    It is the largest magnitude of an eigenvalue of the matrices of one step, over the Hessian's
    eigenvalues: max |1 - learning_rate·λ| for gradient descent, and the larger root of
    z² - trace·z + determinant for the two with momentum.
    """
    return max(_spectral_radius(optimizer, e, learning_rate, momentum) for e in eigenvalues)


def _spectral_radius(
    optimizer: str, eigenvalue: float, learning_rate: float, momentum: float
) -> float:
    shrink = 1 - learning_rate * eigenvalue
    if optimizer == "sgd":
        return abs(shrink)
    trace, determinant = {
        "momentum": (momentum + shrink, momentum),
        "nesterov": ((1 + momentum) * shrink, momentum * shrink),
    }[optimizer]
    discriminant = trace * trace - 4 * determinant
    if discriminant < 0:  # a conjugate pair, both of magnitude √determinant
        return math.sqrt(determinant)
    return (abs(trace) + math.sqrt(discriminant)) / 2


def measured_rate(distances: Array) -> float | None:
    """Return the factor per step in the last half of a run, from the slope of log distance.

    Parameters
    ----------
    distances : to the minimum, shape (steps + 1,)

    Returns
    -------
    rate : exp of the least-squares slope; None with fewer than 10 distances above zero
    """
    usable = np.isfinite(distances) & (distances > _SMALLEST_DISTANCE)
    end = len(distances) if usable.all() else int(np.argmin(usable))
    steps = np.arange(end // 2, end)
    if len(steps) < _LEAST_POINTS:
        return None
    logs = np.log(distances[steps])
    centered = steps - steps.mean()
    return float(np.exp(centered @ logs / (centered @ centered)))


@dataclass(frozen=True, eq=False)
class RateCheck:
    """Theory and measurement of one linear method on a bowl.

    Attributes
    ----------
    stable_below : the learning rate from which on it no longer converges
    predicted, measured : factor per step; the latter None where the run is too short
    distances : to the minimum, shape (steps + 1,)
    """

    optimizer: str
    stable_below: float
    predicted: float
    measured: float | None
    distances: Array


def check_rates(
    bowl: Objective, start: Sequence[float], learning_rate: float, momentum: float, max_steps: int
) -> list[RateCheck]:
    """Run the linear methods on a bowl without a tolerance, and compare with the theory."""
    assert bowl.eigenvalues is not None
    checks = []
    for name in LINEAR_RACERS:
        run = descend(
            bowl,
            start,
            learning_rate,
            optimizer=name,
            momentum=momentum,
            tolerance=0.0,
            max_steps=max_steps,
            diverged_beyond=_RATES_BEYOND,
        )
        distances = np.hypot(*run.points.T)  # the minimum is the origin; no underflow of squares
        checks.append(
            RateCheck(
                name,
                stable_below(name, bowl.eigenvalues[-1], momentum),
                predicted_rate(name, bowl.eigenvalues, learning_rate, momentum),
                measured_rate(distances),
                distances,
            )
        )
    return checks


def stationary_deviation(curvature: float, learning_rate: float, noise: float) -> float | None:
    """Return the standard deviation around the minimum that noisy gradient descent settles to.

    On ½λx² one step is x ← (1 - ηλ)x - ησξ with standard normal ξ, an autoregressive process of
    order one; its variance is η²σ² / (1 - (1 - ηλ)²) = ησ² / (λ(2 - ηλ)).

    Returns
    -------
    deviation : None where the descent is not stable, from η = 2/λ on
    """
    rest = curvature * (2 - learning_rate * curvature)
    return noise * math.sqrt(learning_rate / rest) if rest > 0 else None


def late_deviation(minimum: float, run: Descent) -> float:
    """Return the root of the mean squared distance to a minimum in the last half of a 1-D run."""
    late = run.points[len(run.points) // 2 :, 0]
    return float(np.sqrt(np.mean(np.square(late - minimum))))
