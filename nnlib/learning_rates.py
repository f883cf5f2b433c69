"""Learning rates compared: on a quadratic, where theory is exact, and on stacks of networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.surfaces import Objective
from nnlib.sweeps import SweepResult, sweep

CURVATURE = 2.0
"""f'' of the quadratic."""
STABILITY_LIMIT = 2 / CURVATURE
"""Gradient descent on the quadratic converges for rates strictly between 0 and this."""
BEST_RATE = 1 / CURVATURE
"""With this rate gradient descent on the quadratic arrives in one step."""

QUADRATIC = Objective(
    name="quadratic",
    label="Quadratic",
    formula="f(x) = x^2 + 2x + 1",
    # As a square, which loses no digits near the minimum.
    value=lambda x: (x + 1) * (x + 1),
    partials=lambda x: (2 * (x + 1),),
    ranges=((-8.0, 6.0),),
    start=(3.0,),
    learning_rate=0.1,
    minima=((-1.0,),),
    lowest=0.0,
    eigenvalues=(CURVATURE,),
)

Behavior = Literal["smooth", "one step", "alternating", "forever", "diverging"]


def factor_per_step(rate: float) -> float:
    """Return 1 - rate·f'': each step multiplies the distance to the minimum by this."""
    return 1 - rate * CURVATURE


def behavior(rate: float) -> Behavior:
    """Say what gradient descent on the quadratic does at a positive rate.

    With the factor 1 - rate·f'' it comes from one side ("smooth", in (0, 1)), arrives in "one
    step" (0), jumps over the minimum and still converges ("alternating", in (-1, 0)), alternates
    between two points "forever" (-1), or moves away, "diverging".
    """
    factor = factor_per_step(rate)
    if factor == 0:
        return "one step"
    if factor > 0:
        return "smooth"
    if factor == -1:
        return "forever"
    return "alternating" if factor > -1 else "diverging"


@dataclass(frozen=True, eq=False)
class Arm:
    """One side of a comparison: the same setting trained from several seeds.

    Attributes
    ----------
    label : what distinguishes it
    rate : its configured learning rate
    steps : of the losses, shape (records,)
    losses : training loss without dropout and penalties, shape (records, seeds)
    gradient_steps, gradient_norms : norm of each layer's weight gradient on a minibatch, of shape
        (records,) and (records, seeds, layers)
    layers : the names of the layers
    diverged : whether the numbers of a seed stopped being finite, shape (seeds,)
    """

    label: str
    rate: float
    steps: npt.NDArray[np.int64]
    losses: Array
    gradient_steps: npt.NDArray[np.int64]
    gradient_norms: Array
    layers: tuple[str, ...]
    diverged: npt.NDArray[np.bool_]

    @property
    def seeds(self) -> int:
        """The number of seeds."""
        return int(self.losses.shape[1])

    @property
    def ranked_losses(self) -> Array:
        """The losses with infinity for what is not a number, shape (records, seeds)."""
        return np.where(np.isfinite(self.losses), self.losses, np.inf)

    @property
    def median_losses(self) -> Array:
        """The median over the seeds; a seed that diverged counts as infinite, (records,)."""
        return median_over_seeds(self.ranked_losses)

    @property
    def median_gradient_norms(self) -> Array:
        """The median over the seeds, shape (records, layers), counted in the same way."""
        finite = np.isfinite(self.gradient_norms)
        ranked = np.where(finite, self.gradient_norms, np.inf)
        return np.stack(
            [median_over_seeds(ranked[:, :, i]) for i in range(ranked.shape[2])], axis=1
        )

    @property
    def final_losses(self) -> Array:
        """The last loss of each seed, infinite where it diverged, shape (seeds,)."""
        return np.where(self.diverged, np.inf, self.ranked_losses[-1])

    @property
    def final(self) -> float:
        """The median of the last losses."""
        return float(median_over_seeds(self.final_losses[np.newaxis])[0])

    @property
    def first(self) -> float:
        """The median of the losses before training."""
        return float(self.median_losses[0])

    @property
    def outcome(self) -> Literal["learned", "worse than at the start", "diverged"]:
        """What became of it: "diverged" where any seed's numbers stopped being finite."""
        if self.diverged.any():
            return "diverged"
        return "learned" if self.final < self.first else "worse than at the start"


def median_over_seeds(values: Array) -> Array:
    """Return the median over the last axis; of an even number, the mean of the middle two.

    Unlike `numpy.median` it gives infinity, not NaN, where the middle two are both infinite.
    """
    ranked = np.sort(values, axis=-1)
    count = ranked.shape[-1]
    low, high = ranked[..., (count - 1) // 2], ranked[..., count // 2]
    return np.asarray(np.where(low == high, low, low / 2 + high / 2))


def compare(
    experiments: dict[str, Experiment],
    seeds: int,
    data: Dataset,
    progress: Callable[[float], None] | None = None,
) -> list[Arm]:
    """Train every experiment from several seeds and return one arm each, in the order given.

    The seeds are those of the experiment and the ones that follow it, so that the same seed of
    two arms has the same initial weights and the same order of minibatches.

    Parameters
    ----------
    experiments : by the label of the arm
    seeds : how many, at least 1
    progress : called with the share of the work done, from 0 to 1

    Raises
    ------
    ValueError
        if there are no experiments, or no seeds
    """
    if not experiments or seeds < 1:
        raise ValueError("A comparison needs at least one experiment and one seed.")
    all_runs = [
        e.with_training(seed=e.training.seed + i)
        for e in experiments.values()
        for i in range(seeds)
    ]
    results = sweep(all_runs, data, progress)
    losses, norms = _on_one_grid(results, "train_loss"), _on_one_grid(results, "gradient_norm")
    diverged = np.array([_has_diverged(run) for run in results])
    arms = []
    for i, (label, experiment) in enumerate(experiments.items()):
        own = slice(i * seeds, (i + 1) * seeds)
        arms.append(
            Arm(
                label,
                experiment.training.learning_rate,
                losses.steps,
                losses.values[:, own],
                norms.steps,
                norms.values[:, own],
                results[0].trainer.history.layer_names,
                diverged[own] | ~np.isfinite(losses.values[-1, own]),
            )
        )
    return arms


@dataclass(frozen=True, eq=False)
class _Grid:
    """Records of several runs at common steps: (records,) and (records, runs, …)."""

    steps: npt.NDArray[np.int64]
    values: Array


def _on_one_grid(runs: Sequence[SweepResult], name: str) -> _Grid:
    """Return one series of all runs; NaN at the steps that a run did not live to see.

    A stack in which every replica has diverged ends early. The arrays of the stacks are read
    directly: a history for each replica would copy every series of it.
    """
    longest = max((run.trainer for run in runs), key=lambda trainer: trainer.step)
    steps = longest.history.steps(name).copy()
    shape = (len(steps), len(runs), *longest.history[name].shape[2:])
    values = np.full(shape, np.nan)
    for i, run in enumerate(runs):
        history = run.trainer.history
        own = history.steps(name)
        _, there, here = np.intersect1d(steps, own, return_indices=True)
        values[there, i] = history[name][here, run.replica]
    return _Grid(steps, values)


def _has_diverged(run: SweepResult) -> bool:
    return any(d.replica == (run.replica,) for d in run.trainer.history.divergences)
