"""Early stopping: end a run when the validation loss no longer falls, and restore the best weights.

A run can also end when the training loss has reached a target; its weights then stay as they are.
Prechelt (1998), "Early Stopping - But When?"; the rule is that of Keras' ``EarlyStopping`` with
``restore_best_weights=True`` and no minimal improvement.
"""

import numpy as np
import numpy.typing as npt

from nnlib.config import TrainingConfig
from nnlib.kept import KeptAttributes
from nnlib.network import Network


class EarlyStopping(KeptAttributes):
    """Keeps the best parameters of every replica and which replicas have stopped.

    Parameters
    ----------
    patience : epochs without a new best validation loss after which a replica stops; 0: never
    target_loss : a replica stops when its training loss is at or below this; 0: never

    Attributes
    ----------
    stopped, reached : which replicas have stopped, and which of them by the target, shape (…,)
    best_step : the step whose weights are kept, shape (…,)
    """

    kept_names = (
        *("stopped", "reached", "best_step", "_best_loss", "_waited"),
        *("_parameters", "_state"),
    )

    def __init__(self, network: Network, patience: int, target_loss: float = 0.0) -> None:
        self.patience, self.target_loss = patience, target_loss
        self.stopped = np.zeros(network.lead, bool)
        self.reached = np.zeros(network.lead, bool)
        self.best_step = np.zeros(network.lead, np.int64)
        self._best_loss = np.full(network.lead, np.inf)
        self._waited = np.zeros(network.lead, int)
        self._parameters = network.flat_parameters.copy()
        self._state = network.flat_state.copy()

    @property
    def verdict(self) -> str:
        """Why the run has ended: "target reached" or "stopped early"; empty before that."""
        if not self.stopped.all():
            return ""
        return "target reached" if self.reached.all() else "stopped early"

    def offer(
        self,
        network: Network,
        train_loss: npt.NDArray[np.float64],
        val_loss: npt.NDArray[np.float64] | None,
        step: int,
    ) -> None:
        """Judge the network at the end of an epoch by its losses, each of shape (…,)."""
        reached = (train_loss <= self.target_loss) & ~self.stopped & (self.target_loss > 0)
        self.reached |= reached
        self.stopped |= reached
        self._keep(network, reached, step)
        if self.patience and val_loss is not None:
            better = (val_loss < self._best_loss) & ~self.stopped
            self._best_loss = np.where(better, val_loss, self._best_loss)
            self._waited = np.where(better, 0, self._waited + 1)
            self._keep(network, better, step)
            self.stopped |= self._waited >= self.patience
        self.hold(network)

    def _keep(self, network: Network, where: npt.NDArray[np.bool_], step: int) -> None:
        self.best_step = np.where(where, step, self.best_step)
        _copy(network.flat_parameters, self._parameters, where)
        _copy(network.flat_state, self._state, where)

    def hold(self, network: Network) -> None:
        """Put the best weights back into replicas that have stopped."""
        if self.stopped.any():
            self._put_back(network, self.stopped)

    def restore(self, network: Network) -> None:
        """Put the best weights back into every replica that has any, at the end of the run."""
        self._put_back(network, np.isfinite(self._best_loss))

    def _put_back(self, network: Network, where: npt.NDArray[np.bool_]) -> None:
        _copy(self._parameters, network.flat_parameters, where)
        _copy(self._state, network.flat_state, where)


def _copy(
    source: npt.NDArray[np.floating], target: npt.NDArray[np.floating], where: npt.NDArray[np.bool_]
) -> None:
    np.copyto(target, source, where=where[..., np.newaxis])


def make_early_stopping(
    network: Network, config: TrainingConfig, has_validation: bool
) -> EarlyStopping | None:
    """Return what watches a run for its end, or None where the config asks for nothing.

    Raises ValueError if there is a patience without a validation split.
    """
    if not config.patience and not config.target_loss:
        return None
    if config.patience and not has_validation:
        raise ValueError("Early stopping needs a validation split; make the train share less.")
    return EarlyStopping(network, config.patience, config.target_loss)
