"""Optimizers on test functions, by the update rules that train networks, `nnlib.optimizers`."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nnlib._array import Array, l2_norm
from nnlib.labs.surfaces import Objective
from nnlib.optimizers import OPTIMIZERS, Optimizer, make_optimizer

DIVERGED_BEYOND = 1e6

Outcome = Literal["converged", "step limit", "diverged", "escaped"]
Measure = Literal["slope", "step"]
"""What has to come down to the tolerance: the gradient's norm, or the length of the last step."""


def racers() -> tuple[str, ...]:
    """Return the optimizers that differ on a test function, where no weight is to decay."""
    return tuple(name for name, rule in OPTIMIZERS.items() if "weight_decay" not in rule.reads)


@dataclass(frozen=True, eq=False)
class Descent:
    """One optimizer's way down.

    Attributes
    ----------
    points : shape (steps + 1, D), the start first; those at which the gradient is; taken, which
        under Nesterov momentum are the look-ahead points (`nnlib.optimizers.Nesterov`)
    values, gradient_norms : of the exact function at the points, shape (steps + 1,)
    outcome : "converged", where what `measure` says came down to the tolerance; "step limit";
        "diverged", where a coordinate left ±`diverged_beyond`; or "escaped", where it did so on a
        function without a lowest value, below the height of the start
    measure : what the tolerance was compared with
    """

    optimizer: str
    points: Array
    values: Array
    gradient_norms: Array
    outcome: Outcome
    measure: Measure = "slope"

    @property
    def step_lengths(self) -> Array:
        """The length of the step that led to each point, shape (steps + 1,); NaN at the start."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.concatenate([[np.nan], l2_norm(np.diff(self.points, axis=0))])

    @property
    def measured(self) -> Array:
        """What the tolerance was compared with, at each point, shape (steps + 1,)."""
        return self.gradient_norms if self.measure == "slope" else self.step_lengths

    @property
    def steps(self) -> int:
        """The number of updates that were made."""
        return len(self.points) - 1

    @property
    def steps_to_tolerance(self) -> int | None:
        """The first step at which what is measured was within the tolerance, or None."""
        return self.steps if self.outcome == "converged" else None


def descend(
    objective: Objective,
    start: Sequence[float],
    learning_rate: float,
    *,
    optimizer: str = "sgd",
    momentum: float = 0.9,
    tolerance: float = 1e-4,
    measure: Measure = "slope",
    max_steps: int = 500,
    noise: float = 0.0,
    rng: np.random.Generator | None = None,
    diverged_beyond: float = DIVERGED_BEYOND,
) -> Descent:
    """Run an optimizer until its slope or its step is within `tolerance`, or the steps run out.

    Parameters
    ----------
    start : D coordinates
    optimizer : a name of `nnlib.OPTIMIZERS`
    momentum : of those that have one
    tolerance, measure : a run ends as soon as the norm of the exact gradient ("slope"), or the
        length of the step just made ("step"), is not above the tolerance. A short step need not
        mean a small slope: a small learning rate makes every step short
    noise : standard deviation of the normal noise that is added to every partial derivative
    rng : draws the noise
    diverged_beyond : a coordinate of larger magnitude, or one that is not a number, ends the run

    Raises
    ------
    ValueError
        if `start` has not one number a variable, or there is noise and no `rng`
    """
    point = _start(objective, start)
    if noise and rng is None:
        raise ValueError("Noise needs a random generator.")
    rule, gradient = _rule(optimizer, point.shape, momentum), np.empty_like(point)
    points = np.empty((max_steps + 1, *point.shape))
    outcome: Outcome = "step limit"
    length = math.inf
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for step in range(max_steps + 1):
            points[step] = point
            coordinates = point.tolist()
            if not all(abs(c) <= diverged_beyond for c in coordinates):
                outcome = "diverged"
                break
            gradient[:] = objective.partials(*coordinates)
            slope = math.hypot(*gradient.tolist())
            if (slope if measure == "slope" else length) <= tolerance:
                outcome = "converged"
                break
            if noise and rng is not None:
                gradient += noise * rng.standard_normal(point.shape)
            change = rule.update(point, gradient, learning_rate)
            length = math.hypot(*change.tolist())
            point += change
    return _finished(objective, optimizer, points[: step + 1].copy(), outcome, measure)


def _start(objective: Objective, start: Sequence[float]) -> Array:
    if len(start) != objective.dimensions:
        raise ValueError(f"The start needs {objective.dimensions} numbers, not {len(start)}.")
    return np.array(start, np.float64)


def _rule(name: str, shape: tuple[int, ...], momentum: float) -> Optimizer:
    mask = np.ones(shape)
    return make_optimizer(
        name, shape, np.float64, momentum=momentum, weight_decay=0.0, decay_mask=mask
    )


def _finished(
    objective: Objective, optimizer: str, points: Array, outcome: Outcome, measure: Measure
) -> Descent:
    values = objective.values(points)
    if outcome == "diverged" and objective.lowest is None and values[-1] < values[0]:
        outcome = "escaped"
    with np.errstate(over="ignore", invalid="ignore"):
        norms = l2_norm(objective.gradients(points))
    return Descent(optimizer, points, values, norms, outcome, measure)


def reached_minimum(objective: Objective, descent: Descent, within: float = 0.05) -> int | None:
    """Return the index of the lowest point that a descent ended next to, or None."""
    if not objective.minima:
        return None
    distances = l2_norm(np.asarray(objective.minima) - descent.points[-1])
    nearest = int(np.argmin(distances))
    return nearest if distances[nearest] <= within else None
