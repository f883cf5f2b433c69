"""The way of a run through its weights."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.training import Trainer

POINTS = 61
"""So many places of a run are kept unless others are asked for."""
MOST_BYTES = 16 * 2**20
"""The weights of a path take no more; a large network has fewer places."""
_LEAST = 5


@dataclass(frozen=True, eq=False)
class Path:
    """Places of a run, the first ahead of its first step and the last at its end.

    Attributes
    ----------
    experiment : of the run
    steps : shape (n,), at even distances but for rounding
    weights : flat parameters, shape (n, P)
    """

    experiment: Experiment
    steps: npt.NDArray[np.int64]
    weights: npt.NDArray[np.floating]

    @property
    def end(self) -> npt.NDArray[np.floating]:
        """Where it ends, shape (P,)."""
        last: npt.NDArray[np.floating] = self.weights[-1]
        return last


def follow_path(
    experiment: Experiment,
    data: Dataset,
    points: int = POINTS,
    progress: Callable[[float], None] | None = None,
) -> Path:
    """Train to the end and return the way.

    Parameters
    ----------
    points : how many places to keep, fewer where the run has fewer steps or its network is large
    progress : called with the share of the work done, from 0 to 1

    Raises
    ------
    ValueError
        if the run diverges, or ends too soon to have a way
    """
    trainer = Trainer(experiment, data, instruments=(), evaluations=False)
    most = max(_LEAST, MOST_BYTES // trainer.network.flat_parameters.nbytes)
    wanted = np.linspace(0, trainer.total_steps, min(points, most)).round().astype(int)
    steps, weights = [0], [trainer.network.flat_parameters.copy()]
    for step in np.unique(wanted)[1:].tolist():
        trainer.advance(steps=step - trainer.step)
        steps.append(trainer.step)
        weights.append(trainer.network.flat_parameters.copy())
        if progress is not None:
            progress(step / trainer.total_steps)
        if trainer.done:
            break
    if not np.isfinite(weights[-1]).all() or trainer.status == "diverged":
        raise ValueError("The run diverges, so it has no end: take a smaller learning rate.")
    if len(steps) < 3:
        raise ValueError("The run has too few steps to have a way: take more epochs.")
    return Path(experiment, np.array(steps), np.array(weights))
