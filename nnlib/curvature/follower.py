"""Following the curvature of a run at a price, at steps that are the run's own.

The follower stands outside of the run and changes nothing in it. It takes the trainer from one
measurement to the next, and which steps these are is decided by counted work (`price`) and not by
the clock: the same experiment has the same record, to the bit, on any machine, however often
somebody looks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from time import perf_counter
from weakref import WeakKeyDictionary

import numpy as np

from nnlib.curvature.meter import MOST_EIGENVALUES, Measured, Meter, Quantities
from nnlib.curvature.price import measurement_cost, step_cost
from nnlib.curvature.stride import Stride
from nnlib.history import History, Series
from nnlib.training import Trainer

ORDER = tuple(f"λ{number}" for number in "₁₂₃₄₅"[:MOST_EIGENVALUES])
SINGLE = (
    "sharpness", "preconditioned_sharpness", "limit", "relative", "gauss_newton_sharpness",
    "trace", "trace_error", "information_by_traces", "information_by_diagonals", "alpha",
    "products",
)  # fmt: skip
PER_LAYER = ("layer_sharpness", "layer_trace")


@dataclass(eq=False)
class CurvatureRecord:
    """What was measured of one run.

    Attributes
    ----------
    history : the series `SINGLE`, `PER_LAYER` and "eigenvalues"; steps, events, divergences
        and clock are those of the run. What is not measured has no records.
    seconds : that the measurements have taken
    due : the step of the next one
    """

    history: History
    due: int
    seconds: float = 0.0
    meter: Meter = field(default_factory=Meter, repr=False)
    events: int = 0  # how many changes of settings were seen

    @classmethod
    def of(cls, trainer: Trainer) -> CurvatureRecord:
        """Return an empty record that begins at the run's present step."""
        run = trainer.history
        history = History(run.layer_names, run.steps_per_epoch, engine=run.engine)
        history.events, history.divergences, history.clock = (
            run.events, run.divergences, run.clock,
        )  # fmt: skip
        layers = run.layer_names
        history.series = {name: Series(()) for name in SINGLE}
        history.series |= {name: Series((len(layers),), layers) for name in PER_LAYER}
        history.series["eigenvalues"] = Series((MOST_EIGENVALUES,), ORDER)
        return cls(history, trainer.step, events=len(run.events))


class CurvatureFollower:
    """Advances runs and records their curvature.

    It measures at the step at which it meets a run, and then each time when the steps since have
    cost so much that all measurements together are `share` of the whole; also where a setting was
    changed. A share of 1 measures at every step. α is that of the step that leads to a measurement.

    Parameters
    ----------
    quantities : what is measured from now on
    share : of the time of the whole, as it is counted, above 0 and at most 1
    """

    def __init__(self, quantities: Quantities | None = None, share: float = 0.05) -> None:
        self.quantities = Quantities() if quantities is None else quantities
        self.share = share
        self._records: WeakKeyDictionary[Trainer, CurvatureRecord] = WeakKeyDictionary()

    def record_of(self, trainer: Trainer) -> CurvatureRecord:
        """Return what was measured of a run, which is nothing where it was not followed."""
        if trainer not in self._records:
            self._records[trainer] = CurvatureRecord.of(trainer)
        return self._records[trainer]

    def advance(
        self, trainer: Trainer, *, steps: int | None = None, seconds: float | None = None
    ) -> int:
        """Train on as `Trainer.advance` does, and measure on the way.

        Returns
        -------
        steps : how many were made
        """
        record = self.record_of(trainer)
        start, first = perf_counter(), trainer.step
        end = trainer.total_steps if steps is None else first + steps
        while True:
            changed = len(trainer.history.events) != record.events
            if _is_of_its_step(trainer) and (trainer.step >= record.due or changed):
                self._measure(trainer, record)
            if trainer.done:
                break
            left = None if seconds is None else seconds - (perf_counter() - start)
            if trainer.step >= end or (left is not None and left <= 0 and trainer.step > first):
                break
            ahead = record.due - trainer.step
            if self.quantities.alpha and ahead == 1:
                self._step_watched(trainer, record)
                continue
            most = max(1, min(end - trainer.step, ahead - self.quantities.alpha))
            trainer.advance(steps=most, seconds=None if left is None else max(left, 0.0))
        return trainer.step - first

    def time_share(self, trainer: Trainer) -> float:
        """Return the share of a run's time so far that went into measuring, by the clock."""
        seconds = self.record_of(trainer).seconds
        return seconds / (seconds + trainer.seconds) if seconds else 0.0

    def _step_watched(self, trainer: Trainer, record: CurvatureRecord) -> None:
        """Make one step and record where it has ended in its parabola."""
        start = perf_counter()
        stride = Stride(trainer)
        record.seconds += perf_counter() - start
        trainer.advance(steps=1)
        start = perf_counter()
        alpha = stride.position() if _is_of_its_step(trainer) else np.nan
        if np.isfinite(alpha):
            record.history.series["alpha"].append(trainer.step, alpha)
        record.seconds += perf_counter() - start

    def _measure(self, trainer: Trainer, record: CurvatureRecord) -> None:
        start = perf_counter()
        try:
            measured: Measured = record.meter.measure(trainer, self.quantities)
        except FloatingPointError:  # the run is about to say where it diverged
            measured = {}
        for name, value in measured.items():
            record.history.series[name].append(trainer.step, value)
        cost = measurement_cost(trainer, record.meter.products, alpha=self.quantities.alpha)
        apart = cost * (1 - self.share) / self.share / step_cost(trainer)
        record.due = trainer.step + max(1, ceil(apart))
        record.events = len(trainer.history.events)
        record.seconds += perf_counter() - start


def _is_of_its_step(trainer: Trainer) -> bool:
    """Say whether the weights are those that the last step left, and finite."""
    return trainer.status != "diverged" and trainer.restored_step is None
