"""Diagnosing a run while it goes on, in a small share of its time."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from types import MappingProxyType

from nnlib.diagnosis.about import DataFacts
from nnlib.diagnosis.diagnosis import LEAST_STEPS, diagnose
from nnlib.diagnosis.report import Diagnosis
from nnlib.training import Trainer

SHARE = 0.008
"""Of the time of a run that all looks at it may have taken before there is another one."""
GROWTH = 1.3
"""A run is looked at again after so many times as many steps."""


class Follower:
    """Keeps the last diagnosis of a run, and looks anew when it is time.

    While the run goes on only what costs a moment is looked at; at its end also what simple models
    reach.

    Attributes
    ----------
    spent : seconds that the looks at this run have taken
    """

    def __init__(self) -> None:
        self.spent = 0.0
        self._trainer: Trainer | None = None
        self._others: Mapping[int, float] = {}
        self._last: Diagnosis | None = None

    def look(
        self,
        trainer: Trainer,
        about: DataFacts | None = None,
        others: Mapping[int, float] = MappingProxyType({}),
    ) -> Diagnosis:
        """Return the diagnosis of the run, the last one where it is too early for a new one.

        Parameters
        ----------
        trainer : of a single run; another one than before is followed from here on
        about, others : as in `diagnose`
        """
        if trainer is not self._trainer:
            self._trainer, self._last, self.spent = trainer, None, 0.0
        if self._last is None or others != self._others or self._is_due(trainer, self._last):
            start = perf_counter()
            self._last = diagnose(trainer, thorough=trainer.done, about=about, others=others)
            self._others = others
            self.spent += perf_counter() - start
        return self._last

    def _is_due(self, trainer: Trainer, last: Diagnosis) -> bool:
        if trainer.done or last.ended:
            return (trainer.done, trainer.step) != (last.ended, last.step)
        grown = trainer.step >= max(GROWTH * last.step, last.step + LEAST_STEPS)
        return grown and self.spent <= SHARE * trainer.seconds
