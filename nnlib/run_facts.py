"""What can be read off a run: how far it is, what it reaches, what it predicts."""

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.config import Experiment, TrainingConfig
from nnlib.datasets.dataset import Dataset
from nnlib.divergence import DivergenceWatch
from nnlib.early_stopping import EarlyStopping
from nnlib.evaluation import Evaluator
from nnlib.history import History
from nnlib.metrics import Guess
from nnlib.minibatches import Batches
from nnlib.model import Model
from nnlib.network import Network


class RunFacts:
    """A run's parts, and what follows from them.

    Attributes
    ----------
    experiments, lead : one experiment and (), or the R of a stack and (R,)
    data : what it trains on
    network, history : as they stand
    step : updates made
    seconds : of training
    """

    experiments: list[Experiment]
    lead: tuple[int, ...]
    data: Dataset
    network: Network
    history: History
    step: int
    seconds: float
    _minibatches: Batches
    _watch: DivergenceWatch
    _evaluator: Evaluator
    _early_stopping: EarlyStopping | None

    def advance(
        self, *, steps: int | None = None, epochs: float | None = None, seconds: float | None = None
    ) -> int:
        """Train on; see `Trainer.advance`."""
        raise NotImplementedError

    def change(self, **settings: float) -> None:
        """Change settings; see `Trainer.change`."""
        raise NotImplementedError

    @property
    def experiment(self) -> Experiment:
        """The experiment as it stands, live changes included; of a stack, the first."""
        return self.experiments[0]

    @property
    def config(self) -> TrainingConfig:
        """The training config as it stands; of a stack, the first."""
        return self.experiment.training

    @property
    def steps_per_epoch(self) -> int:
        """Minibatches in a pass over the training split, a short last one included."""
        return self._minibatches.per_epoch

    @property
    def total_steps(self) -> int:
        """Steps in the whole run."""
        return self.config.epochs * self.steps_per_epoch

    @property
    def epoch(self) -> float:
        """Passes made over the training split, with its fraction."""
        return self.step / self.steps_per_epoch

    @property
    def status(self) -> str:
        """One of "ready", "running", "finished", "stopped early", "target reached", "diverged"."""
        if self._watch.all:
            return "diverged"
        if self._early_stopping is not None and self._early_stopping.verdict:
            return self._early_stopping.verdict
        if self.step >= self.total_steps:
            return "finished"
        return "running" if self.step else "ready"

    @property
    def done(self) -> bool:
        """Whether `advance` has nothing left to do."""
        return self.status not in ("ready", "running")

    @property
    def restored_step(self) -> npt.NDArray[np.int64] | None:
        """The step whose weights early stopping has put back, shape (…,), 0 where it has not.

        None before the end of a run, and where nothing was put back at all.
        """
        stopping, ended = self._early_stopping, self.status in ("finished", "stopped early")
        return stopping.best_step if stopping and stopping.patience and ended else None

    @property
    def score_name(self) -> str:
        """What `train_…` and `val_…` record beside the loss: "accuracy" or "r2"."""
        return self._evaluator.score_name

    @property
    def guesses(self) -> dict[str, Guess]:
        """What the best constant prediction reaches, by split, on what is recorded of each."""
        return self._evaluator.guesses

    @property
    def model(self) -> Model:
        """The network with what is needed to predict; it shares the network's arrays."""
        return Model.of(self.network, self.experiment, self.data, self.history.engine)

    def predict_proba(self, x: Array) -> Array:
        """Return class probabilities, shape (…, n, classes); see `Model.predict_proba`."""
        return self.model.predict_proba(x)

    def predict(self, x: Array) -> np.ndarray:
        """Return class indices, or values in the target's own units, shape (…, n)."""
        return self.model.predict(x)

    def evaluate(
        self, split: str, data: Dataset | None = None
    ) -> dict[str, npt.NDArray[np.float64]]:
        """Return loss and score of a split in evaluation mode, each of shape (…,).

        Parameters
        ----------
        split : "train", "val" or "test"
        data : whose split, by default that of the data it trains on

        Raises
        ------
        ValueError
            if the split has no rows
        """
        return self._evaluator.evaluate(split, data or self.data)
