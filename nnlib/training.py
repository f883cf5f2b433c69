"""The training loop: resumable, measured between the gradient and the step, one or many replicas.

A `Trainer` is advanced by steps, epochs or seconds and can be looked at in between; a live page, a
sweep and a test all use it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from time import perf_counter

import numpy as np
import numpy.typing as npt

from nnlib import run_parts
from nnlib._array import Workspace
from nnlib.compiled import engine_of
from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.divergence import DivergenceWatch
from nnlib.early_stopping import make_early_stopping
from nnlib.evaluation import Evaluator
from nnlib.history import History
from nnlib.instruments import Instrument, Moment, standard_instruments
from nnlib.instruments.instrument import weight_gradient_norms
from nnlib.instruments.panel import Panel
from nnlib.losses import LOSS_OF_TASK, LOSSES
from nnlib.minibatches import Batches
from nnlib.rewinding import Rewindable
from nnlib.schedules import Schedule, make_schedule
from nnlib.stacking import stacked
from nnlib.timeline import Timeline


class Trainer(Rewindable):
    """One run, or a stack of runs that share architecture and data.

    Parameters
    ----------
    experiment : one, or a sequence of R that may differ in `config.stacked_settings`, in the
        initializer, its scale and the dropout rate; they train as one network with a leading axis R
    data : what to train on
    dtype : float32, or float64 where trajectories are compared
    instruments : what is measured on the way; by default `standard_instruments()`
    schedule : step -> factor of the learning rate, instead of the configured one
    minibatches : where the examples come from, instead of shuffled epochs of the training split
    evaluations : whether losses and scores are recorded on the way, and not at the ends only
    engine : "numpy", "compiled", or "auto", see `compiled.engine_of`; `engine_note` then says why
        a run does not have the one it was to have
    timeline : gets snapshots on the way, which make `at` fast

    Raises
    ------
    ValueError
        if stacked experiments differ in anything else, if there are no training examples, or if
        early stopping is asked for without a validation split
    """

    def __init__(
        self,
        experiment: Experiment | Sequence[Experiment],
        data: Dataset,
        dtype: npt.DTypeLike = np.float32,
        *,
        instruments: Sequence[Instrument] | None = None,
        schedule: Schedule | None = None,
        minibatches: Batches | None = None,
        evaluations: bool = True,
        engine: str = "auto",
        timeline: Timeline | None = None,
    ) -> None:
        self.experiments, self.lead = stacked(experiment)
        self._started, self.timeline = tuple(self.experiments), timeline
        self.data = data
        self.loss = LOSSES[LOSS_OF_TASK[data.task]]
        self.step = 0
        self.seconds = 0.0
        self.network = run_parts.network_of(self.experiments, self.lead, data, dtype)
        self._minibatches = minibatches or run_parts.minibatches_of(self.experiments, data, dtype)
        self._optimizer = run_parts.optimizer_of(self.config, self.network)
        self._minimized = run_parts.minimized_loss(self.loss, self.config, data)
        self._loss_gradient = Workspace(dtype)
        self._own_schedule = schedule
        self._read_settings()
        self.history = History(self.network.layer_names, self.steps_per_epoch)
        self._watch = DivergenceWatch(self.network, self.history)
        chosen = standard_instruments() if instruments is None else instruments
        self._panel = Panel(chosen, self.network, self.history)
        self._evaluates = evaluations
        self._evaluator = Evaluator(
            self.network, self.loss, data, self.history, self._minibatches, self.config.epochs
        )
        has_validation = "val" in self._evaluator.splits
        self._early_stopping = make_early_stopping(self.network, self.config, has_validation)
        self._parts = run_parts.parts_kept(
            self._minibatches, self.network, self._optimizer, self._watch, self._early_stopping
        )
        self._engine, self.engine_note = engine_of(self, engine)
        self._evaluator.record(0)
        self.history.clock.tick(0, 0.0)
        self.history.engine = "numpy" if self._engine is None else "compiled"

    def advance(
        self, *, steps: int | None = None, epochs: float | None = None, seconds: float | None = None
    ) -> int:
        """Train on until a bound is reached or the run is done.

        Parameters
        ----------
        steps, epochs, seconds : at most so many; at least one bound must be given. A time bound
            makes at least one step.

        Returns
        -------
        steps : how many were made
        """
        if steps is None and epochs is None and seconds is None:
            raise ValueError("Say how far to advance: steps, epochs or seconds.")
        most = min(
            self.total_steps if steps is None else steps,
            self.total_steps if epochs is None else round(epochs * self.steps_per_epoch),
        )
        kept, before = self.timeline, self.seconds
        span = seconds if kept is None or seconds is not None else kept.spacing
        start, first, clock = perf_counter(), self.step, self.history.clock
        with np.errstate(all="ignore"):  # non-finite numbers are found and recorded
            end = min(first + most, self.total_steps)
            while self.step < end and not self.done:
                if self._engine is None or not self._engine.advance(end, span):
                    self._train_step()
                passed = perf_counter() - start
                clock.tick(self.step, before + passed)
                if kept is not None and before + passed >= kept.due:
                    self.seconds = before + passed
                    kept.add(self._brief(), start + passed)
                if seconds is not None and passed >= seconds:
                    break
        self.seconds = before + perf_counter() - start
        return self.step - first

    def change(self, **settings: float) -> None:
        """Change settings during the run; each takes effect with the next step.

        Raises
        ------
        ValueError
            if a setting needs a new run, or its value is out of bounds
        """
        self.experiments, events = run_parts.changed(self.experiments, self.step, settings)
        self.history.events += events
        self._read_settings()

    def _train_step(self) -> None:
        network, due = self.network, self._panel.due(self.step)
        x, targets = self._minibatches.next()
        logits = network.forward(x, training=True)
        out = self._loss_gradient.array(logits.shape)
        loss, gradient = self._minimized.value_and_gradient(logits, targets, out)
        network.backward(gradient, input_gradient=False)
        if not isfinite(loss.sum(dtype=np.float64) if self.lead else loss):
            self._watch.note(np.isfinite(loss), self.step)
            if self._watch.all:
                due = self._panel.instruments
        self._follow("penalty")
        norms = weight_gradient_norms(network) if due else np.empty(0)
        self._follow("limit")
        rate = self._learning_rate * self._schedule(self.step)
        change = self._optimizer.update(network.flat_parameters, network.flat_gradients, rate)
        if due:
            moment = Moment(network, change, norms, loss, self._learning_rate, rate)
            self._panel.record(due, moment, self.step, self._watch.all)
        if self._watch.all:
            return
        network.flat_parameters += change
        self._follow("projection")
        self.step += 1
        self._after_step()

    def _follow(self, stage: str) -> None:
        for apply, strengths in self._rules.get(stage, ()):
            apply(self.network, *strengths)

    def _after_step(self) -> None:
        stopping, at_end = self._early_stopping, self.step >= self._last_step
        if stopping is not None:
            stopping.hold(self.network)
        judged = stopping is not None and self.step % self.steps_per_epoch == 0
        if judged or at_end or (self._evaluates and self._evaluator.is_due(self.step)):
            losses = self._evaluator.record(self.step, always=at_end)
            if stopping is not None and judged:
                stopping.offer(self.network, losses["train"], losses.get("val"), self.step)
        if at_end:  # no further loss would show that the last update overflowed
            finite = np.isfinite(self.network.flat_parameters)
            self._watch.note(np.logical_and.reduce(finite, axis=-1), self.step)
        if stopping is not None and at_end:
            stopping.restore(self.network)

    def _read_settings(self) -> None:
        """Turn the configs into numbers, or columns (R, 1) where the replicas differ."""
        dtype = self.network.dtype
        self._learning_rate = run_parts.strength(self.experiments, "learning_rate", dtype)
        self._schedule = self._own_schedule or make_schedule(self.config, self.steps_per_epoch)
        self._last_step = self.total_steps
        self._rules = run_parts.active_rules(self.experiments, dtype)


def train(
    experiment: Experiment, data: Dataset, progress: Callable[[float], None] | None = None
) -> Trainer:
    """Return a trainer that has been run to its end.

    Parameters
    ----------
    progress : called after each epoch with the share of the work done, from 0 to 1
    """
    trainer = Trainer(experiment, data)
    while not trainer.done:
        trainer.advance(epochs=1)
        if progress is not None:
            progress(1.0 if trainer.done else trainer.step / trainer.total_steps)
    return trainer
