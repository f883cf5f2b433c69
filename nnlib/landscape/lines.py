"""The straight line between two networks, and the barrier on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.forks import fork
from nnlib.landscape.evaluation import losses_at
from nnlib.training import Trainer

Floats = npt.NDArray[np.float64]
Progress = Callable[[float], None]
POINTS = 31
"""So many points of a line, its ends included, unless others are asked for."""
_LEVELS = 8


@dataclass(frozen=True, eq=False)
class Line:
    """Loss and score along (1 - t)·first + t·second.

    Attributes
    ----------
    places : t from 0 to 1, shape (n,)
    measured : "train_loss", "val_accuracy", …, see `losses_at`; shape (n,) each
    distance : Euclidean, between the ends
    """

    places: Floats
    measured: dict[str, Floats]
    distance: float

    def barrier(self, name: str) -> float:
        """Return the barrier of a loss, or of the error that belongs to a score; see `barrier`."""
        values = self.measured[name]
        return barrier(values if name.endswith("loss") else 1 - values)


def barrier(errors: Floats) -> float:
    """Return the error barrier height along a line: the largest error minus the mean of the ends'.

    Frankle et al. 2020, "Linear Mode Connectivity and the Lottery Ticket Hypothesis".
    NaN where an error is.

    Parameters
    ----------
    errors : along the line, ends included, shape (n,)
    """
    return float(np.max(errors) - (errors[0] + errors[-1]) / 2)


def line_between(
    experiment: Experiment,
    data: Dataset,
    first: npt.NDArray[np.floating],
    second: npt.NDArray[np.floating],
    count: int = POINTS,
    progress: Progress | None = None,
) -> Line:
    """Evaluate the line between two networks on both splits.

    Parameters
    ----------
    experiment : whose network both are
    first, second : flat parameters, shape (P,)
    count : points, the ends included
    progress : called with the share of the work done, from 0 to 1
    """
    places = np.linspace(0, 1, count)
    t = places[:, np.newaxis]
    points = ((1 - t) * first + t * second).astype(first.dtype)
    splits = ("train", "val")
    measured = losses_at(
        experiment, data, points, splits=splits, progress=progress, dtype=first.dtype
    )
    return Line(places, measured, float(np.linalg.norm(second - first)))


@dataclass(frozen=True, eq=False)
class Parting:
    """Pairs of runs that share their first steps and then see the examples in other orders.

    Attributes
    ----------
    steps : after which they part, shape (k,)
    lines : between their ends, k times one of each draw
    total_steps : of every run
    """

    steps: npt.NDArray[np.int64]
    lines: Sequence[Sequence[Line]]
    total_steps: int

    def barriers(self, name: str) -> Floats:
        """Return the barrier of a loss or score, shape (k, draws)."""
        return np.array([[line.barrier(name) for line in own] for own in self.lines])


def parting_steps(total: int, levels: int = _LEVELS) -> npt.NDArray[np.int64]:
    """Return 0 and steps that double, up to half of all, in ascending order."""
    powers = total * 2.0 ** -np.arange(levels, 0, -1)
    return np.unique([0, *powers.round().astype(np.int64)])


def measure_parting(
    experiment: Experiment,
    data: Dataset,
    steps: Sequence[int],
    draws: int = 1,
    progress: Progress | None = None,
) -> Parting:
    """Train pairs of runs that share their first steps, and evaluate the lines between their ends.

    The instability analysis of Frankle et al. 2020: a run is trained for k steps, two
    copies of it go on with minibatches, and dropout, drawn from two seeds of their own, and the
    barrier between their ends is measured.

    Parameters
    ----------
    experiment : its seed is that of the first draw's shared steps, the next draws have the next
    steps : numbers k of shared steps, in ascending order
    draws : how many pairs for each k
    progress : called with the share of the work done, from 0 to 1

    Raises
    ------
    ValueError
        if a run diverges
    """
    lines: list[list[Line]] = [[] for _ in steps]
    total, done = draws * len(steps), 0
    for draw in range(draws):
        seed = experiment.training.seed + draw
        own = experiment.with_training(seed=seed)
        trainer = Trainer(own, data, instruments=(), evaluations=False)
        for level, step in enumerate(steps):
            trainer.advance(steps=step - trainer.step)
            first, second = (_end_of_fork(trainer, seed, copy) for copy in (1, 2))
            lines[level].append(line_between(own, data, first, second))
            done += 1
            if progress is not None:
                progress(done / total)
    return Parting(np.array(steps), lines, trainer.total_steps)


def _end_of_fork(trainer: Trainer, seed: int, copy: int) -> npt.NDArray[np.floating]:
    """Return the weights of a copy at its end, which sees the examples in an order of its own."""
    run = fork(trainer, trainer.step, seed=_other_seed(seed, copy))
    run.advance(steps=run.total_steps)
    if run.status == "diverged" or not np.isfinite(run.network.flat_parameters).all():
        raise ValueError("A run diverges, so it has no end: take a smaller learning rate.")
    return run.network.flat_parameters


def _other_seed(seed: int, copy: int) -> int:
    """Return the seed of a copy, which no run and no other copy has."""
    return int(np.random.SeedSequence((seed, copy)).generate_state(1)[0] % 2**31)
