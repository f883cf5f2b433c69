"""Snapshots: a run at one step, complete, so that training on from there gives the same bits."""

from __future__ import annotations

from dataclasses import dataclass

from nnlib.config import Experiment
from nnlib.history import History
from nnlib.kept import Arrays
from nnlib.lineage import Lineage

_OVERHEAD = 2000
"""Bytes that a snapshot takes beside its numbers, roughly."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A run at one step.

    Attributes
    ----------
    step : updates made
    seconds : of training up to here
    experiments : as they stood, live changes included; one, or those of a stack
    started : the experiments that the run was made of
    lead : leading axes, () for a single run, (R,) for a stack
    arrays : parameters, running statistics, optimizer, random streams, … by "part.name"
    events : how many of the run's events came before
    history : what was recorded; None in a snapshot that serves its own run only
    fingerprint : of the data; empty where there is no history
    base : where a fork began; None for a run that began with its initial weights
    before : what came ahead of the run: () for one that began with its initial weights; None where
        it is not known
    """

    step: int
    seconds: float
    experiments: tuple[Experiment, ...]
    started: tuple[Experiment, ...]
    lead: tuple[int, ...]
    arrays: Arrays
    events: int
    history: History | None = None
    fingerprint: str = ""
    base: Snapshot | None = None
    before: Lineage | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of memory, the history and where a fork began left out."""
        return sum(array.nbytes for array in self.arrays.values()) + _OVERHEAD

    @property
    def experiment(self) -> Experiment | list[Experiment]:
        """What a trainer is made of that can take this snapshot."""
        return list(self.started) if self.lead else self.started[0]
