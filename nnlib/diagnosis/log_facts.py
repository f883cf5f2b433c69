"""What is known of a run by its log alone; what the log does not say is `Unknown`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, NoReturn, cast

import numpy as np

from nnlib.config import NetworkConfig, TrainingConfig
from nnlib.datasets.dataset import Dataset
from nnlib.diagnosis.about import TINY, DataFacts
from nnlib.diagnosis.facts import Curve, Facts, Unknown, Vector
from nnlib.diagnosis.outputs import Outputs
from nnlib.history import Divergence
from nnlib.logs import Log

THE_DATA = "the data themselves, for simple models to compare with"
_LATE = 0.5
"""Counts of classes are those of the records in this last part of a run."""
_ASKED = {
    "activation": "the activation function",
    "batch_norm": "whether there is batch normalization",
    "batch_size": "the batch size",
    "classes": "how many classes there are",
    "epochs": "the number of epochs",
    "hidden": "the units of the hidden layers",
    "initializer": "the weights at step 0",
    "input_rms": "the size of the inputs, which the snippets record",
    "learning_rate": "the learning rate",
    "optimizer": "the optimizer",
    "rows": "the number of training examples",
    "target_rms": "the size of the targets, which the snippets record",
    "target_variance": "the variance of the target",
    "task": "whether classes or numbers are predicted",
}
_SAME_WEIGHTS = "training accuracy on fixed examples, as the snippets record it"
# What a log does not name is taken to be off: a rule that looks for it then finds nothing.
_OFF: Mapping[str, Any] = {
    "l1": 0.0, "l2": 0.0, "weight_decay": 0.0, "max_norm": 0.0, "clip_norm": 0.0,
    "clip_value": 0.0, "dropout": 0.0, "schedule": "constant",
}  # fmt: skip


class _Known:
    """The settings that are known, as attributes; any other is `Unknown`."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        self._settings = known

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._settings:
            raise Unknown(_ASKED.get(name, THE_DATA))
        return self._settings[name]


class _LoggedData(_Known):
    """What a log says of the data, in place of `DataFacts`."""

    @property
    def is_regression(self) -> bool:
        return bool(self.task == "regression")

    @property
    def class_shares(self) -> Vector:
        if "class_shares" in self._settings:
            return np.asarray(self._settings["class_shares"], np.float64)
        return np.full(int(self.classes), 1 / self.classes)

    @property
    def input_sizes(self) -> Vector:
        sizes = np.asarray(self.input_rms, np.float64)
        return np.asarray(sizes[sizes > TINY])

    @property
    def target_size(self) -> float:
        return float(self.target_rms) if self.is_regression else 1.0

    def constant_loss(self, split: str) -> float:
        """Return the entropy of the class shares, or the variance of the target."""
        if self.is_regression:
            return float(self.target_variance)
        shares = self.class_shares[self.class_shares > 0]
        return max(float(-(shares * np.log(shares)).sum()), TINY)


class _LoggedOutputs:
    """The last record of the units and the late ones of the classes, in place of `Outputs`."""

    def __init__(self, facts: LogFacts) -> None:
        self._facts = facts

    @property
    def dead(self) -> Vector:
        return np.asarray(self._facts.needed("dead_fraction").values[-1])

    @property
    def recalls(self) -> Vector:
        found = self._late_counts("found_of_class")
        with np.errstate(invalid="ignore"):
            return np.asarray(found / self._late_counts("rows_of_class"))

    def _late_counts(self, name: str) -> Vector:
        values = self._facts.needed(name).values
        return np.asarray(values[int(_LATE * len(values)) :].sum(axis=0))

    @property
    def rounded_accuracy(self) -> NoReturn:
        raise Unknown(THE_DATA)


class LogFacts(Facts):
    """Facts of a run that was trained elsewhere.

    Parameters
    ----------
    log : its records, and what is known of its settings
    """

    def __init__(self, log: Log) -> None:
        self.log, self.thorough, self.others = log, True, {}
        self.about = cast(DataFacts, _LoggedData(log.settings))

    @cached_property
    def network(self) -> NetworkConfig:
        """What is known of the architecture."""
        return cast(NetworkConfig, _Known({**_OFF, **self._seen, **self.log.settings}))

    @cached_property
    def training(self) -> TrainingConfig:
        """What is known of the settings of the training."""
        return cast(TrainingConfig, _Known({**_OFF, **self._seen, **self.log.settings}))

    @cached_property
    def _seen(self) -> dict[str, Any]:
        """Settings that the records give away."""
        seen: dict[str, Any] = {}
        rates = self.curve("learning_rate").values
        if len(rates):
            seen["learning_rate"] = float(rates.max())
            seen["schedule"] = "constant" if np.ptp(rates) == 0 else "unknown"
        norms = self.curve("weight_norm")
        if len(norms) and norms.steps[0] == 0 and not norms.values[0].any():
            seen["initializer"] = "zeros"
        if self.log.epochs:
            seen["epochs"] = self.log.epochs
        return seen

    @property
    def data(self) -> Dataset:
        """What is known of the data."""
        return cast(Dataset, _Known({"class_names": (), "image_shape": None, **self.log.settings}))

    @property
    def step(self) -> int:
        """The step of the last record; of a log by epochs, its last epoch."""
        return self.log.last_step

    @property
    def total_steps(self) -> int:
        """The step of the last record."""
        if self.log.by_epoch:
            raise Unknown("a column with the steps")
        return self.log.last_step

    @property
    def layer_names(self) -> tuple[str, ...]:
        """The layers that the log names."""
        return self.log.history.layer_names

    @property
    def divergence(self) -> Divergence | None:
        """Where the log's numbers stop being finite."""
        return self.log.history.divergence

    @property
    def restored(self) -> bool:
        """A log does not say whether weights were put back: no."""
        return False

    @property
    def score_name(self) -> str:
        """What is scored."""
        return "r2" if self.log.settings.get("task") == "regression" else "accuracy"

    @property
    def unit_norms(self) -> Vector:
        """The norms of single units are in no log."""
        raise Unknown("the weights themselves")

    @property
    def ended(self) -> bool:
        """A log is taken for the whole run."""
        return True

    @property
    def diverged(self) -> bool:
        """Whether a loss stopped being finite."""
        return self.divergence is not None

    @property
    def baselines(self) -> NoReturn:
        """Simple models need the data."""
        raise Unknown(THE_DATA)

    @property
    def far_behind(self) -> None:
        """Without the data nobody knows what a simple model reaches."""
        return None

    def curve(self, name: str) -> Curve:
        """Return a series; empty where it is not in the log."""
        history = self.log.history
        if name not in history:
            return Curve(np.empty(0, np.int64), np.empty(0))
        return Curve(history.steps(name), np.asarray(history[name], np.float64))

    def needed(self, name: str) -> Curve:
        """Return a series that is in the log, and means what it does in a run of our own."""
        if name == "train_accuracy" and not self.log.settings.get("fixed_examples"):
            # The mean over an epoch in which the weights changed lags behind validation.
            raise Unknown(_SAME_WEIGHTS)
        found = self.curve(name)
        if not len(found):
            raise Unknown(f"a column “{name}”")
        return found

    def at_start(self, name: str) -> Vector:
        """Return a series at step 0; empty where the log begins later."""
        curve = self.curve(name)
        return np.atleast_1d(curve.values[0]) if len(curve) and not curve.steps[0] else np.empty(0)

    @cached_property
    def first_level(self) -> float:
        """The loss at step 0 over that of a guess; `Unknown` where the log begins later."""
        if self.needed("train_loss").steps[0]:
            raise Unknown("a record at step 0, before the first update")
        return super().first_level

    @cached_property
    def val_score(self) -> float:
        """The last score on validation; NaN where there is none."""
        values = self.curve(f"val_{self.score_name}").values
        return float(values[-1]) if len(values) else np.nan

    @cached_property
    def now(self) -> Outputs:
        """What the log says of units and predictions."""
        return cast(Outputs, _LoggedOutputs(self))
