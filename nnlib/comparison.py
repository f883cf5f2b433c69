"""Comparisons: settings trained from the same seeds, and what their differences are worth.

An `Arm` is one setting trained from several seeds; it reads any recorded series as a `Band` over
the seeds. One rule holds for seeds that diverged: from then on they rank as the worst there is,
infinite for losses and norms, minus infinite for scores, so that a median stays a statement about
all seeds and never becomes NaN. `difference` says whether two arms differ by more than the seeds
do among themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.instruments import INSTRUMENTS, Instrument
from nnlib.paired import Difference, paired_difference
from nnlib.replica import Replica
from nnlib.sweeps import SweepResult, sweep

SERIES = ("train_loss", "gradient_norm")
"""The series that `compare` keeps unless others are asked for."""
LEARNED_BELOW = 0.98
"""A seed has learned something where its loss is below this share of what a guess costs."""
_SCORES = ("accuracy", "r2")  # higher is better: a seed that diverged ranks lowest

Outcome = Literal["learned", "stalled", "diverged"]


@dataclass(frozen=True, eq=False)
class Band:
    """Numbers of several seeds over an axis, with what is drawn of them.

    Attributes
    ----------
    x : steps, layers, rates or the like, shape (points,)
    values : as recorded, shape (points, seeds)
    worst : what a value that is not finite ranks as
    """

    x: npt.NDArray[np.generic]
    values: Array
    worst: float = np.inf

    @property
    def ranked(self) -> Array:
        """The values, with the worst for what is not finite, shape (points, seeds)."""
        return np.where(np.isfinite(self.values), self.values, self.worst)

    @property
    def median(self) -> Array:
        """The median over the seeds, shape (points,)."""
        return median_over_seeds(self.ranked)

    @property
    def low(self) -> Array:
        """The lowest seed, shape (points,)."""
        return np.asarray(self.ranked.min(axis=-1))

    @property
    def high(self) -> Array:
        """The highest seed, shape (points,)."""
        return np.asarray(self.ranked.max(axis=-1))


@dataclass(frozen=True, eq=False)
class Recorded:
    """One series of an arm: its steps, (records,), and its values, (records, seeds[, layers])."""

    steps: npt.NDArray[np.int64]
    values: Array


@dataclass(frozen=True, eq=False)
class Arm:
    """One side of a comparison: the same setting trained from several seeds.

    Attributes
    ----------
    label : what distinguishes it
    experiment : with the first of its seeds
    series : what was kept, by name; NaN from the step on at which a seed diverged
    layers : the names of the layers, the last axis of a series that has one number a layer
    steps_per_epoch : minibatches in an epoch
    guess : the training loss of the best prediction that is the same for every example
    diverged : whether the numbers of a seed stopped being finite, shape (seeds,)
    worst : the run of the seed that ended worst, with all that was recorded of it
    """

    label: str
    experiment: Experiment
    series: Mapping[str, Recorded]
    layers: tuple[str, ...]
    steps_per_epoch: int
    guess: float
    diverged: npt.NDArray[np.bool_]
    worst: Replica | None = None

    @property
    def seeds(self) -> int:
        """The number of seeds."""
        return len(self.diverged)

    @property
    def rate(self) -> float:
        """The configured learning rate."""
        return self.experiment.training.learning_rate

    def band(self, name: str, layer: int | None = None) -> Band:
        """Return a series over the steps.

        Parameters
        ----------
        name : of a series that was kept
        layer : which one, of a series with one number a layer
        """
        found = self.series[name]
        values = found.values if layer is None else found.values[..., layer]
        return Band(found.steps, values, worst_of(name))

    def with_end(self, name: str, values: npt.ArrayLike) -> Arm:
        """Return the arm with a further series of a single record, at its end.

        Parameters
        ----------
        name : of the series
        values : shape (seeds,)
        """
        steps = self.series["train_loss"].steps[-1:]
        record = Recorded(steps, np.asarray(values, np.float64)[np.newaxis])
        return replace(self, series={**self.series, name: record})

    def finals(self, name: str = "train_loss") -> Array:
        """Return the last record of each seed, the worst where it diverged, shape (seeds,)."""
        band = self.band(name)
        return np.where(self.diverged, band.worst, band.ranked[-1])

    def final(self, name: str = "train_loss") -> float:
        """Return the median of the last records."""
        return float(median_over_seeds(self.finals(name)))

    @property
    def levels(self) -> dict[int, float]:
        """The last training loss over what a guess costs, by seed."""
        levels = self.finals() / max(self.guess, 1e-12)
        return dict(enumerate(levels.tolist(), self.experiment.training.seed))

    @property
    def losses(self) -> Band:
        """The training losses without dropout and penalties."""
        return self.band("train_loss")

    @property
    def first(self) -> float:
        """The median of the training losses before training."""
        return float(self.losses.median[0])

    @property
    def outcome(self) -> Outcome:
        """What became of it, which is what became of its worst seed.

        "diverged" where any seed's numbers stopped being finite, "stalled" where any ended with a
        training loss no better than that of a guess.
        """
        if self.diverged.any():
            return "diverged"
        return "learned" if (self.finals() < LEARNED_BELOW * self.guess).all() else "stalled"


def worst_of(name: str) -> float:
    """Return what a seed that diverged ranks as in a series of this name."""
    return -np.inf if name.endswith(_SCORES) else np.inf


def median_over_seeds(values: npt.ArrayLike) -> Array:
    """Return the median over the last axis; of an even number, the mean of the middle two.

    Unlike `numpy.median` it gives infinity, not NaN, where the middle two are both infinite.
    """
    ranked = np.sort(np.asarray(values, np.float64), axis=-1)
    low, high = ranked[..., (ranked.shape[-1] - 1) // 2], ranked[..., ranked.shape[-1] // 2]
    return np.asarray(np.where(low == high, low, low / 2 + high / 2))


def compare(
    experiments: Mapping[str, Experiment],
    seeds: int,
    data: Dataset,
    progress: Callable[[float], None] | None = None,
    *,
    series: Sequence[str] = SERIES,
    instruments: Sequence[Instrument] = (),
) -> list[Arm]:
    """Train every experiment from several seeds and return one arm each, in the order given.

    The seeds are those of the experiment and the ones that follow it, so that the same seed of
    two arms has the same order of minibatches, and the same initial weights where architecture
    and initializer are the same.

    Parameters
    ----------
    experiments : by the label of the arm
    seeds : at least 1
    progress : called with the share of the work done, from 0 to 1
    series : what the arms keep of the history; what is not recorded is left out
    instruments : beside the standard ones; their series are kept as well

    Raises
    ------
    ValueError
        if there are no experiments, or no seeds
    """
    if not experiments or seeds < 1:
        raise ValueError("A comparison needs at least one experiment and one seed.")
    runs = [run for e in experiments.values() for run in with_seeds(e, seeds)]
    results = sweep(runs, data, progress, instruments=[*INSTRUMENTS.values(), *instruments])
    return gather(
        {label: results[i * seeds : (i + 1) * seeds] for i, label in enumerate(experiments)},
        [*series, *(i.name for i in instruments)],
    )


def with_seeds(experiment: Experiment, seeds: int) -> list[Experiment]:
    """Return the experiment with its own seed and with those that follow it."""
    first = experiment.training.seed
    return [experiment.with_training(seed=first + i) for i in range(seeds)]


def gather(runs: Mapping[str, Sequence[SweepResult]], series: Sequence[str]) -> list[Arm]:
    """Return the arms of runs that are trained already, by label; one run a seed.

    Arms have a series' steps in common where they trained equally long; an arm that ended early
    because every seed of it diverged has gaps at the steps that it did not live to see.
    """
    names = [n for n in series if all(n in run.trainer.history for r in runs.values() for run in r)]
    ends = {name: _steps([run for own in runs.values() for run in own], name) for name in names}
    arms = []
    for label, own in runs.items():
        diverged = np.array([_diverged_at(run) is not None for run in own])
        kept = {}
        for name in names:
            steps = ends[name] if diverged.any() else _steps(own, name)
            kept[name] = Recorded(steps, _values(own, name, steps))
        last = kept["train_loss"].values[-1] if "train_loss" in kept else np.zeros(len(own))
        history = own[0].trainer.history
        arms.append(
            Arm(
                label,
                own[0].experiment,
                kept,
                history.layer_names,
                history.steps_per_epoch,
                own[0].trainer.guesses["train"].loss,
                diverged | ~np.isfinite(last),
                Replica(own[int(np.argmax(np.where(diverged, np.inf, last)))]),
            )
        )
    return arms


def _steps(runs: Sequence[SweepResult], name: str) -> npt.NDArray[np.int64]:
    longest = max((run.trainer for run in runs), key=lambda trainer: trainer.step)
    return longest.history.steps(name).copy()


def _values(
    runs: Sequence[SweepResult], name: str, steps: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Return a series at these steps, (records, runs, …); NaN where a run has none.

    The arrays of the stacks are read directly: a history for each replica would copy every series
    of it.
    """
    values = np.full((len(steps), len(runs), *runs[0].trainer.history[name].shape[2:]), np.nan)
    for i, run in enumerate(runs):
        history = run.trainer.history
        _, there, here = np.intersect1d(steps, history.steps(name), return_indices=True)
        values[there, i] = history[name][here, run.replica]
        end = _diverged_at(run)
        if end is not None:  # a stack trains on, and units of NaN count as dead, a finite share
            values[steps >= end, i] = np.nan
    return values


def _diverged_at(run: SweepResult) -> int | None:
    found = run.trainer.history.divergences
    return next((d.step for d in found if d.replica == (run.replica,)), None)


def difference(first: Arm, second: Arm, name: str = "train_loss") -> Difference:
    """Compare the last records of two arms with the same seeds; see `paired_difference`."""
    return paired_difference(
        first.finals(name), second.finals(name), ratio=not name.endswith(_SCORES)
    )
