"""Early stopping: end a run when the validation loss no longer falls, and restore the best weights.

Prechelt (1998), "Early Stopping - But When?"; the rule is that of Keras' ``EarlyStopping`` with
``restore_best_weights=True`` and no minimal improvement.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nnlib.network import Network


class EarlyStopping:
    """Keeps the best parameters of every replica and which replicas have stopped.

    Parameters
    ----------
    patience : epochs without a new best validation loss after which a replica stops
    """

    def __init__(self, network: Network, patience: int) -> None:
        self.patience = patience
        self.stopped = np.zeros(network.lead, bool)
        self.best_step = np.zeros(network.lead, np.int64)
        self._best_loss = np.full(network.lead, np.inf)
        self._waited = np.zeros(network.lead, int)
        self._parameters = network.flat_parameters.copy()
        self._state = network.flat_state.copy()

    def offer(self, network: Network, val_loss: npt.NDArray[np.float64], step: int) -> None:
        """Judge the network at the end of an epoch by its validation loss, shape (…,)."""
        better = (val_loss < self._best_loss) & ~self.stopped
        self._best_loss = np.where(better, val_loss, self._best_loss)
        self.best_step = np.where(better, step, self.best_step)
        self._waited = np.where(better, 0, self._waited + 1)
        _copy(network.flat_parameters, self._parameters, where=better)
        _copy(network.flat_state, self._state, where=better)
        self.stopped |= self._waited >= self.patience
        self.hold(network)

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
