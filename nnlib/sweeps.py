"""Sweeps: many experiments on one data set, trained stacked wherever they can be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from nnlib._array import Array
from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.history import History
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


def sweep(
    experiments: Sequence[Experiment],
    data: Dataset,
    progress: Callable[[float], None] | None = None,
) -> list[SweepResult]:
    """Train every experiment to its end and return the results in the order given.

    Experiments that differ only in what a stack can differ in (see `Trainer`) train together on
    a replica axis, which costs a fraction of training them one after another.

    Parameters
    ----------
    progress : called with the share of the work done, from 0 to 1
    """
    stacks = _stacks(experiments)
    results: dict[int, SweepResult] = {}
    for done, stack in enumerate(stacks):
        trainer = Trainer([experiments[i] for i in stack], data)
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
