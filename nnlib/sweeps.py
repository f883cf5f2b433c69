"""Sweeps: many experiments on one data set, trained stacked wherever they can be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from nnlib._array import Array
from nnlib.building import build_network
from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.history import History
from nnlib.instruments import Instrument
from nnlib.model import Model
from nnlib.network import Network
from nnlib.randomness import Streams
from nnlib.stacking import stacking_key
from nnlib.training import Trainer

MAX_STACK = 64
"""At most so many replicas train as one stack, which bounds its memory."""


@dataclass(frozen=True, eq=False)
class SweepResult:
    """One experiment of a sweep: its trainer, shared by a stack, and its place in it."""

    experiment: Experiment
    trainer: Trainer
    replica: int

    @property
    def history(self) -> History:
        """The history of this experiment alone."""
        return self.trainer.history.replica(self.replica)

    def predict(self, x: Array) -> np.ndarray:
        """Return the predictions of this experiment's network, shape (n,)."""
        predictions: np.ndarray = self.trainer.predict(x)[self.replica]
        return predictions

    @property
    def model(self) -> Model:
        """A copy of this experiment's network alone, with what is needed to predict."""
        network = single_network(self.trainer, self.replica, np.random.default_rng(0))
        return Model.of(network, self.experiment, self.trainer.data)


def all_weights(run: SweepResult) -> Array:
    """Return the weights of all layers of one experiment, biases left out, shape (n,)."""
    layers = run.trainer.network.dense_layers
    return np.concatenate([layer.weight[run.replica].ravel() for layer in layers])


def single_network(trainer: Trainer, replica: int | None, rng: np.random.Generator) -> Network:
    """Return a copy of one replica's network, or of a single run's where there is none to name.

    Parameters
    ----------
    rng : draws the masks of its dropout layers
    """
    index = () if replica is None else (replica,)
    data, stacked = trainer.data, trainer.network
    network = build_network(
        trainer.experiments[replica or 0].network,
        data.n_features,
        data.n_outputs,
        rng,
        dropout_streams=Streams([rng]),
        dtype=stacked.dtype,
    )
    network.flat_parameters[...] = stacked.flat_parameters[index]
    network.flat_state[...] = stacked.flat_state[index]
    return network


def sweep(
    experiments: Sequence[Experiment],
    data: Dataset,
    progress: Callable[[float], None] | None = None,
    *,
    instruments: Sequence[Instrument] | None = None,
    evaluations: bool = True,
) -> list[SweepResult]:
    """Train every experiment to its end and return the results in the order given.

    Experiments that differ only in what a stack can differ in (see `Trainer`) train together on
    a replica axis, which costs a fraction of training them one after another.

    Parameters
    ----------
    progress : called with the share of the work done, from 0 to 1
    instruments : instruments of every run; by default the standard ones
    evaluations : whether losses and scores are recorded, after every epoch
    """
    stacks = _stacks(experiments)
    results: dict[int, SweepResult] = {}
    for done, stack in enumerate(stacks):
        trainer = Trainer(
            [experiments[i] for i in stack],
            data,
            instruments=instruments,
            evaluations=evaluations,
        )
        while not trainer.done:
            trainer.advance(epochs=1)
            if progress is not None:
                share = 1.0 if trainer.done else trainer.step / trainer.total_steps
                progress((done + share) / len(stacks))
        for replica, i in enumerate(stack):
            results[i] = SweepResult(experiments[i], trainer, replica)
    return [results[i] for i in range(len(experiments))]


def _stacks(experiments: Sequence[Experiment]) -> list[list[int]]:
    groups: dict[tuple[object, ...], list[int]] = {}
    for i, experiment in enumerate(experiments):
        groups.setdefault(stacking_key(experiment), []).append(i)
    return [
        group[start : start + MAX_STACK]
        for group in groups.values()
        for start in range(0, len(group), MAX_STACK)
    ]
