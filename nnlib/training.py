"""The training loop: resumable, measured between the gradient and the step, one or many replicas.

A `Trainer` is advanced by steps, epochs or seconds and can be looked at in between; a live page, a
sweep and a test all use it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import isfinite
from time import perf_counter

import numpy as np
import numpy.typing as npt

from nnlib._array import Array, Workspace
from nnlib.config import Experiment, TrainingConfig
from nnlib.datasets.dataset import Dataset
from nnlib.diagnostics import accuracy, locate_nonfinite, r_squared
from nnlib.early_stopping import EarlyStopping
from nnlib.history import Divergence, Event, History, Series
from nnlib.losses import LOSS_OF_TASK, LOSSES
from nnlib.minibatches import Minibatches
from nnlib.model import Model
from nnlib.network import build_network
from nnlib.optimizers import Rate, make_optimizer
from nnlib.randomness import DROPOUT, INITIALIZATION, SAMPLING, SHUFFLING, Streams, generator
from nnlib.recorders import (
    Moment,
    Recorder,
    is_power_of_two,
    standard_recorders,
    weight_gradient_norms,
)
from nnlib.regularizers import (
    add_penalty_gradient,
    clip_by_norm,
    clip_by_value,
    project_max_norm,
)
from nnlib.schedules import make_schedule
from nnlib.stacking import check_stackable

LIVE_SETTINGS = (
    "learning_rate",
    "l1",
    "l2",
    "clip_norm",
    "clip_value",
    "max_norm",
    "epochs",
)
"""Training settings that can be changed during a run; any other change needs a new run."""

TRAIN_SAMPLE = 1000
"""So many training examples, drawn once, stand for the training split in `train_loss`."""

_EVALUATION_SHARE = 0.05  # of the time, roughly, that evaluations may take
_LEAST_EVALUATIONS = 20  # in a run, if it has as many epochs
_CHEAP_EVALUATION = 10  # steps; up to this cost there are early evaluations as well


class Trainer:
    """One run, or a stack of runs that share architecture and data.

    Parameters
    ----------
    experiment : one, or a sequence of R that may differ in `stacking.STACKED_SETTINGS`, in the
        initializer, its scale and the dropout rate; they train as one network with a leading axis R
    data : what to train on
    dtype : float32, or float64 where trajectories are compared
    recorders : instruments; by default `standard_recorders()`

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
        recorders: Sequence[Recorder] | None = None,
    ) -> None:
        single = isinstance(experiment, Experiment)
        self.experiments = [experiment] if isinstance(experiment, Experiment) else list(experiment)
        self.lead: tuple[int, ...] = () if single else (len(self.experiments),)
        check_stackable(self.experiments)
        self.data = data
        self.loss = LOSSES[LOSS_OF_TASK[data.task]]
        self.step = 0
        self.seconds = 0.0
        seeds = [e.training.seed for e in self.experiments]
        networks = [e.network for e in self.experiments]
        self.network = build_network(
            networks[0] if single else networks,
            data.n_features,
            data.n_outputs,
            [generator(seed, INITIALIZATION) for seed in seeds],
            dropout_streams=Streams.from_seeds(seeds, DROPOUT),
            dtype=dtype,
        )
        self._minibatches = Minibatches(
            np.asarray(data.features("train"), dtype),
            np.asarray(data.targets("train", dtype), dtype),
            self.config.batch_size,
            Streams.from_seeds(seeds, SHUFFLING),
        )
        self._optimizer = make_optimizer(
            self.config.optimizer,
            self.network.flat_parameters.shape,
            dtype,
            momentum=self.config.momentum,
            weight_decay=self.config.weight_decay,
            decay_mask=self.network.weight_mask(),
        )
        self._loss_gradient = Workspace(dtype)
        self._evaluated = _evaluation_splits(data, dtype)
        self._early_stopping = self._make_early_stopping()
        self._diverged = np.zeros(self.lead, bool)
        self._halted = False  # every replica has diverged or stopped early
        self._read_settings()
        self._prepare_history(standard_recorders() if recorders is None else recorders)
        self._record_evaluation()

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
        """What the run is at.

        One of "ready", "running", "finished", "stopped early", "target reached" and "diverged".
        """
        if self._diverged.all():
            return "diverged"
        stopping = self._early_stopping
        if stopping is not None and stopping.stopped.all():
            return "target reached" if stopping.reached.all() else "stopped early"
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
        stopping = self._early_stopping
        if stopping is None or not stopping.patience:
            return None
        return stopping.best_step if self.status in ("finished", "stopped early") else None

    @property
    def score_name(self) -> str:
        """What `train_…` and `val_…` record beside the loss: "accuracy" or "r2"."""
        return "r2" if self.data.task == "regression" else "accuracy"

    @property
    def model(self) -> Model:
        """The network with what is needed to predict; it shares the network's arrays."""
        return Model.of(self.network, self.experiment, self.data)

    def predict_proba(self, x: Array) -> Array:
        """Return class probabilities, shape (…, n, classes); see `Model.predict_proba`."""
        return self.model.predict_proba(x)

    def predict(self, x: Array) -> np.ndarray:
        """Return class indices, or values in the target's own units, shape (…, n)."""
        return self.model.predict(x)

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
        bounds = [steps, None if epochs is None else round(epochs * self.steps_per_epoch)]
        most = min((b for b in bounds if b is not None), default=None)
        start, first = perf_counter(), self.step
        with np.errstate(all="ignore"):  # non-finite numbers are found and recorded
            end = self.total_steps if most is None else min(first + most, self.total_steps)
            while self.step < end and not self._halted:
                self._train_step()
                if seconds is not None and perf_counter() - start >= seconds:
                    break
        self.seconds += perf_counter() - start
        return self.step - first

    def change(self, **settings: float) -> None:
        """Change settings during the run; each takes effect with the next step.

        Raises
        ------
        ValueError
            if a setting needs a new run, or its value is out of bounds
        """
        for name in settings:
            if name not in LIVE_SETTINGS:
                raise ValueError(f"{name} cannot be changed during a run; start a new one.")
        old = self.experiments
        self.experiments = [e.with_training(**settings) for e in old]
        for name in settings:
            after = getattr(self.config, name)
            before = [getattr(e.training, name) for e in old]
            changed = next((value for value in before if value != after), None)
            if changed is not None:
                self.history.events.append(Event(self.step, name, changed, after))
        self._read_settings()

    def set_parameter(self, name: str, index: tuple[int, ...], value: float) -> None:
        """Set one weight or bias by hand, as an event of the history; the optimizer's state stays.

        Parameters
        ----------
        name : a key of ``network.parameters()``
        index : of one number in that array, without leading axes
        value : finite

        Raises
        ------
        ValueError
            if there is no such number, the value is not finite, or the run is a stack
        """
        parameter = self.network.parameters().get(name)
        if self.lead or parameter is None:
            raise ValueError(f"There is no single parameter {name} to set.")
        shape = parameter.shape
        if len(index) != len(shape) or any(
            not 0 <= i < n for i, n in zip(index, shape, strict=True)
        ):
            raise ValueError(f"{name} has the shape {shape}, without a place {index}.")
        if not isfinite(value):
            raise ValueError("A parameter must be a finite number.")
        old = float(parameter[index])
        parameter[index] = value
        place = f"{name}[{', '.join(map(str, index))}]"
        self.history.events.append(Event(self.step, place, old, float(parameter[index])))

    @property
    def edited(self) -> bool:
        """Whether a parameter was set by hand since the last evaluation that is on record."""
        steps = self.history.steps("train_loss")
        return any("[" in e.name and e.step >= steps[-1] for e in self.history.events)

    def evaluate(self, split: str) -> dict[str, npt.NDArray[np.float64]]:
        """Return loss and score of a split in evaluation mode, each of shape (…,).

        Parameters
        ----------
        split : "train", "val" or "test"

        Raises
        ------
        ValueError
            if the split has no rows
        """
        if not len(self.data.features(split)):
            raise ValueError(f"The {split} split has no rows.")
        dtype = self.network.dtype
        x, targets = self.data.features(split), self.data.targets(split, dtype)
        return self._measure(np.asarray(x, dtype), targets)

    def _measure(self, x: Array, targets: Array) -> dict[str, npt.NDArray[np.float64]]:
        with np.errstate(all="ignore"):
            logits = self.network.predict_logits(x)
            score = r_squared if self.score_name == "r2" else accuracy
            return {
                "loss": np.asarray(self.loss.value(logits, targets), np.float64),
                self.score_name: score(logits, targets),
            }

    def _train_step(self) -> None:
        network, measured = self.network, self._due()
        x, targets = self._minibatches.next()
        logits = network.forward(x, training=True)
        out = self._loss_gradient.array(logits.shape)
        loss, gradient = self.loss.value_and_gradient(logits, targets, out)
        network.backward(gradient, input_gradient=False)
        if not isfinite(loss.sum(dtype=np.float64) if self.lead else loss):
            self._note_divergence(np.isfinite(loss))
            if self._halted:
                measured = self._recorders
        if self._in_use:
            self._add_penalty_gradients()
        norms = weight_gradient_norms(network) if measured else np.empty(0)
        if self._in_use:
            self._clip()
        rate = self._learning_rate * self._schedule(self.step)
        change = self._optimizer.update(network.flat_parameters, network.flat_gradients, rate)
        if measured:
            moment = Moment(network, change, norms, loss, self._learning_rate, rate)
            self._record(measured, moment)
        if self._halted:
            return
        network.flat_parameters += change
        if self._in_use:
            self._project()
        self.step += 1
        self._after_step()

    def _add_penalty_gradients(self) -> None:
        if not self._uses("l1", "l2"):
            return
        for dense in self.network.dense_layers:
            add_penalty_gradient(
                dense.weight_gradient, dense.weight, _column(self._l1), _column(self._l2)
            )

    def _clip(self) -> None:
        if self._uses("clip_value"):
            clip_by_value(self.network.flat_gradients, self._clip_value)
        if self._uses("clip_norm"):
            clip_by_norm(self.network.flat_gradients, self._clip_norm)

    def _project(self) -> None:
        if self._uses("max_norm"):
            for dense in self.network.dense_layers:
                project_max_norm(dense.weight, _column(self._max_norm))

    def _after_step(self) -> None:
        stopping, at_end = self._early_stopping, self.step >= self._last_step
        if stopping is not None:
            stopping.hold(self.network)
        judged = stopping is not None and self.step % self.steps_per_epoch == 0
        if judged or at_end or self._evaluation_is_due():
            losses = self._record_evaluation(always=at_end)
            if stopping is not None and judged:
                stopping.offer(self.network, losses["train"], losses.get("val"), self.step)
                self._halted |= bool(stopping.stopped.all())
        if at_end:  # no further loss would show that the last update overflowed
            finite = np.isfinite(self.network.flat_parameters)
            self._note_divergence(np.logical_and.reduce(finite, axis=-1))
        if stopping is not None and at_end:
            stopping.restore(self.network)

    def _note_divergence(self, finite: npt.NDArray[np.bool_]) -> None:
        for replica in np.ndindex(self.lead):
            if finite[replica] or self._diverged[replica]:
                continue
            layer, what = locate_nonfinite(self.network, replica)
            self.history.divergences.append(Divergence(self.step, layer, what, replica))
            self._diverged[replica] = True
        self._halted = bool(self._diverged.all())

    def _read_settings(self) -> None:
        """Turn the configs into numbers, or columns (R, 1) where the replicas differ."""
        self._learning_rate = self._setting("learning_rate")
        self._l1, self._l2 = self._setting("l1"), self._setting("l2")
        self._clip_norm, self._clip_value = self._setting("clip_norm"), self._setting("clip_value")
        self._max_norm = self._setting("max_norm")
        self._schedule = make_schedule(self.config, self.steps_per_epoch)
        self._last_step = self.total_steps
        switches = ("l1", "l2", "clip_norm", "clip_value", "max_norm")
        self._in_use = {
            name for name in switches if any(getattr(e.training, name) for e in self.experiments)
        }

    def _uses(self, *settings: str) -> bool:
        return not self._in_use.isdisjoint(settings)

    def _setting(self, name: str) -> Rate:
        values = [getattr(e.training, name) for e in self.experiments]
        if len(set(values)) == 1:
            return float(values[0])
        return np.array(values, self.network.dtype)[:, np.newaxis]

    def _make_early_stopping(self) -> EarlyStopping | None:
        if not self.config.patience and not self.config.target_loss:
            return None
        if self.config.patience and "val" not in self._evaluated:
            raise ValueError("Early stopping needs a validation split; make the train share less.")
        return EarlyStopping(self.network, self.config.patience, self.config.target_loss)

    def _prepare_history(self, recorders: Sequence[Recorder]) -> None:
        layers = tuple(dense.name for dense in self.network.dense_layers)
        hidden = tuple(layer.name for layer in self.network.activation_layers)
        labels = {"run": (), "layer": layers, "hidden": hidden}
        self.history = History(layers, self.steps_per_epoch)
        self._recorders = [r for r in recorders if r.per != "hidden" or hidden]
        for recorder in self._recorders:
            names = labels[recorder.per]
            shape = (*self.lead, len(names)) if names else self.lead
            self.history.series[recorder.name] = Series(shape, names)
        for split in self._evaluated:
            for measure in ("loss", self.score_name):
                self.history.series[f"{split}_{measure}"] = Series(self.lead)
        self._by_cadence = [
            (cadence, list(group))
            for cadence, group in groupby(self._recorders, key=lambda r: r.cadence)
        ]
        self._choose_evaluations()

    def _choose_evaluations(self) -> None:
        """Evaluate within epochs where that is cheap, at their ends, or every so many epochs.

        A forward pass costs a third of a training step.
        """
        examples = sum(len(x) for x, _ in self._evaluated.values())
        cost = examples / (3 * self._minibatches.size) + 1  # in steps; 1 for the fixed part
        self._early_evaluations = cost <= _CHEAP_EVALUATION
        epochs = cost / _EVALUATION_SHARE / self.steps_per_epoch  # between two evaluations
        most = max(1, self.config.epochs // _LEAST_EVALUATIONS)
        self._evaluation_period = self.steps_per_epoch * min(max(1, round(epochs)), most)
        parts = max(1, int(1 / epochs))
        self._evaluation_interval = -(-self._evaluation_period // parts)

    def _evaluation_is_due(self) -> bool:
        phase = self.step % self._evaluation_period
        if phase % self._evaluation_interval == 0:
            return True
        return self._early_evaluations and is_power_of_two(self.step)

    def _due(self) -> list[Recorder]:
        return [r for cadence, group in self._by_cadence if cadence(self.step) for r in group]

    def _record(self, recorders: Sequence[Recorder], moment: Moment) -> None:
        always = bool(self._diverged.all())
        for recorder in recorders:
            series = self.history.series[recorder.name]
            series.append(self.step, recorder.measure(moment), always)

    def _record_evaluation(self, always: bool = False) -> dict[str, npt.NDArray[np.float64]]:
        """Record loss and score of each split; return the loss of each."""
        losses = {}
        for split, (x, targets) in self._evaluated.items():
            measured = self._measure(x, targets)
            losses[split] = measured["loss"]
            for name, value in measured.items():
                self.history.series[f"{split}_{name}"].append(self.step, value, always)
        return losses


def _column(setting: Rate) -> Rate:
    """Make a setting of shape (R, 1) broadcast against weights (R, fan_in, fan_out)."""
    return setting if isinstance(setting, float) else setting[..., np.newaxis]


def _evaluation_splits(data: Dataset, dtype: npt.DTypeLike) -> dict[str, tuple[Array, Array]]:
    """Return what is evaluated during the run: a sample of the training split, and validation."""
    splits = {}
    for split in ("train", "val"):
        x = np.asarray(data.features(split), dtype)
        targets = np.asarray(data.targets(split, dtype), dtype)
        if split == "train" and len(x) > TRAIN_SAMPLE:
            rows = generator(0, SAMPLING).choice(len(x), TRAIN_SAMPLE, replace=False)
            x, targets = x[rows], targets[rows]
        if len(x):
            splits[split] = (x, targets)
    return splits


def train(experiment: Experiment, data: Dataset) -> Trainer:
    """Return a trainer that has been run to its end."""
    trainer = Trainer(experiment, data)
    trainer.advance(epochs=experiment.training.epochs)
    return trainer
