"""One replica of a stack, read as the run that it would have been alone."""

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.config import Experiment, TrainingConfig
from nnlib.datasets.dataset import Dataset
from nnlib.evaluation import evaluate
from nnlib.history import History
from nnlib.model import Model
from nnlib.sweeps import SweepResult, single_network


class Replica:
    """What a `Trainer` of this experiment alone would show, as copies: the stack may go.

    It cannot be advanced. A stack trains on when a replica of it diverges, so of one that did the
    records end there, and its last finite weights are lost.

    Attributes
    ----------
    lead : empty, as of every single run
    history : the records of this run alone, those of its divergence the last
    step : updates made
    status : "diverged", or that of its stack
    restored_step : the step whose weights early stopping has put back, or None
    """

    lead: tuple[int, ...] = ()

    def __init__(self, result: SweepResult) -> None:
        stack, index = result.trainer, result.replica
        self.experiment: Experiment = result.experiment
        self.data: Dataset = stack.data
        self.loss, self.score_name = stack.loss, stack.score_name
        self.total_steps, self.steps_per_epoch = stack.total_steps, stack.steps_per_epoch
        self.network = single_network(stack, index, np.random.default_rng(0))
        self.history: History = result.history
        found = self.history.divergence
        self.step = stack.step if found is None else found.step
        self.status = stack.status if found is None else "diverged"
        restored = stack.restored_step
        self.restored_step = None if restored is None else np.asarray(restored[index])

    @property
    def config(self) -> TrainingConfig:
        """The training config."""
        return self.experiment.training

    @property
    def done(self) -> bool:
        """Whether the run has come to its end."""
        return self.status not in ("ready", "running")

    def predict(self, x: Array) -> np.ndarray:
        """Return class indices, or values in the target's own units, shape (n,)."""
        return Model.of(self.network, self.experiment, self.data).predict(x)

    def evaluate(self, split: str) -> dict[str, npt.NDArray[np.float64]]:
        """Return loss and score of a split in evaluation mode."""
        return evaluate(self.network, self.loss, split, self.data, self.score_name)
