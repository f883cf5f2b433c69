"""How far weights are from where they began, and how long their way was."""

from time import perf_counter

import numpy as np

from nnlib._array import Array
from nnlib.instruments.instrument import layer_norms
from nnlib.interventions import follow
from nnlib.network import Network
from nnlib.noise.moments import Values
from nnlib.training import Trainer


def distances(network: Network, start: Array) -> Values:
    """Return |W - W_start| of each layer, shape (…, layers), biases left out.

    Parameters
    ----------
    start : flat parameters at the start, shape (…, P)
    """
    return np.asarray(layer_norms(network, network.flat_parameters - start), np.float64)


class Way:
    """A run made once more, step by step, to see each of its updates.

    Parameters
    ----------
    trainer : of a single run; it stays as it is

    Attributes
    ----------
    there : the run as it was at the step that the way has come to
    start : its parameters where it began
    travelled : sum over all updates of each layer's |ΔW|, shape (layers,)
    """

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self.there = trainer.at(trainer.first_step)
        self._events = len(self.there.history.events)
        self.start = self.there.network.flat_parameters.copy()
        self.travelled = np.zeros(len(self.there.network.dense_layers))

    @property
    def distance(self) -> Values:
        """How far each layer's weights are from the start, shape (layers,)."""
        return distances(self.there.network, self.start)

    def go_to(self, step: int, end: float = np.inf) -> None:
        """Follow the run towards a step that it has reached, changed settings and edits included.

        Parameters
        ----------
        end : the reading of `perf_counter` at which to leave off
        """
        there, events = self.there, self._trainer.history.events
        while there.step < step and perf_counter() < end:
            last, before = there.step, there.network.flat_parameters.copy()
            follow(there, events[self._events :], there.step + 1)
            if there.step == last:  # it has ended
                break
            self._events += sum(e.step <= there.step for e in events[self._events :])
            self.travelled += distances(there.network, before)
