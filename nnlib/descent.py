"""Optimizers on test functions, and the theory of how fast they go down a quadratic bowl.

The update rules are those of `nnlib.optimizers`, the same that train networks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nnlib._array import Array, l2_norm
from nnlib.optimizers import make_optimizer
from nnlib.surfaces import Objective

RACERS = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam")
LINEAR_RACERS = ("sgd", "momentum", "nesterov")
"""Those whose step is linear in the gradients, so that a quadratic has one rate of convergence."""

DIVERGED_BEYOND = 1e6
_RATES_BEYOND = 1e30  # far enough to measure the rate of divergence
_SMALLEST_DISTANCE = 1e-280  # below, float64 loses digits
_LEAST_POINTS = 10

Outcome = Literal["converged", "step limit", "diverged", "escaped"]


@dataclass(frozen=True, eq=False)
class Descent:
    """One optimizer's way down.

    Attributes
    ----------
    points : float64 array, shape (steps + 1, D), the start first
    values, gradient_norms : of the exact function at the points, shape (steps + 1,)
    outcome : "converged", where the gradient norm came down to the tolerance; "step limit";
        "diverged", where a coordinate left ±`diverged_beyond`; or "escaped", where it did so on a
        function without a lowest value, below the height of the start
    """

    optimizer: str
    points: Array
    values: Array
    gradient_norms: Array
    outcome: Outcome

    @property
    def steps(self) -> int:
        """The number of updates that were made."""
        return len(self.points) - 1

    @property
    def steps_to_tolerance(self) -> int | None:
        """The first step at which the gradient norm was within the tolerance, or None."""
        return self.steps if self.outcome == "converged" else None


def descend(
    objective: Objective,
    start: Sequence[float],
    learning_rate: float,
    *,
    optimizer: str = "sgd",
    momentum: float = 0.9,
    tolerance: float = 1e-4,
    max_steps: int = 500,
    noise: float = 0.0,
    rng: np.random.Generator | None = None,
    diverged_beyond: float = DIVERGED_BEYOND,
) -> Descent:
    """Run an optimizer until the gradient norm is at most `tolerance`, or the steps run out.

    Parameters
    ----------
    start : D coordinates
    optimizer : a name of `nnlib.OPTIMIZERS`
    momentum : of those that have one
    tolerance : compared with the norm of the exact gradient
    noise : standard deviation of the normal noise that is added to every partial derivative
    rng : draws the noise
    diverged_beyond : a coordinate of larger magnitude, or one that is not a number, ends the run

    Raises
    ------
    ValueError
        if `start` has not one number a variable, or there is noise and no `rng`
    """
    if len(start) != objective.dimensions:
        raise ValueError(f"The start needs {objective.dimensions} numbers, not {len(start)}.")
    if noise and rng is None:
        raise ValueError("Noise needs a random generator.")
    shape = (objective.dimensions,)
    rule = make_optimizer(
        optimizer, shape, np.float64, momentum=momentum, weight_decay=0.0, decay_mask=np.ones(shape)
    )
    point, gradient = np.array(start, np.float64), np.empty(shape)
    points = np.empty((max_steps + 1, *shape))
    outcome: Outcome = "step limit"
    step = 0
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        while True:
            points[step] = point
            coordinates = point.tolist()
            if not all(abs(c) <= diverged_beyond for c in coordinates):
                outcome = "diverged"
                break
            gradient[:] = objective.partials(*coordinates)
            if math.hypot(*gradient.tolist()) <= tolerance:
                outcome = "converged"
                break
            if step == max_steps:
                break
            if noise and rng is not None:
                gradient += noise * rng.standard_normal(shape)
            point += rule.update(point, gradient, learning_rate)
            step += 1
    return _finished(objective, optimizer, points[: step + 1].copy(), outcome)


def _finished(objective: Objective, optimizer: str, points: Array, outcome: Outcome) -> Descent:
    values = objective.values(points)
    if outcome == "diverged" and objective.lowest is None and values[-1] < values[0]:
        outcome = "escaped"
    with np.errstate(over="ignore", invalid="ignore"):
        norms = l2_norm(objective.gradients(points))
    return Descent(optimizer, points, values, norms, outcome)


def reached_minimum(objective: Objective, descent: Descent, within: float = 0.05) -> int | None:
    """Return the index of the lowest point that a descent ended next to, or None."""
    if not objective.minima:
        return None
    distances = l2_norm(np.asarray(objective.minima) - descent.points[-1])
    nearest = int(np.argmin(distances))
    return nearest if distances[nearest] <= within else None


# ------------------------------------------------------------------ theory of the quadratic


def stable_below(optimizer: str, largest: float, momentum: float) -> float:
    """Return the learning rate below which a linear method converges on a convex quadratic.

    With the largest eigenvalue λ: 2/λ for gradient descent, 2(1 + β)/λ for the heavy ball,
    2(1 + β)/((1 + 2β)λ) for Nesterov momentum. The last two follow from the Jury criterion
    |trace| < 1 + determinant, determinant < 1, for the matrices of `iteration_matrix`.

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


def iteration_matrix(
    optimizer: str, eigenvalue: float, learning_rate: float, momentum: float
) -> Array:
    """Return the matrix that one step applies to (position, velocity) along an eigenvector.

    The position is relative to the minimum; the velocity is that of `nnlib.optimizers`, a decayed
    sum of gradients.

    Returns
    -------
    matrix : shape (1, 1) for gradient descent, else (2, 2)
    """
    pull = learning_rate * eigenvalue
    if optimizer == "sgd":
        return np.array([[1 - pull]])
    if optimizer == "momentum":
        return np.array([[1 - pull, -learning_rate * momentum], [eigenvalue, momentum]])
    ahead = -learning_rate * momentum * momentum
    return np.array([[1 - pull * (1 + momentum), ahead], [eigenvalue, momentum]])


def predicted_rate(
    optimizer: str, eigenvalues: Sequence[float], learning_rate: float, momentum: float
) -> float:
    """Return the factor by which each late step multiplies the distance to the minimum.

    It is the largest magnitude of an eigenvalue of `iteration_matrix` over the Hessian's
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
