"""Losses and scores on the way: on which examples, and when they are worth their time."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.datasets.dataset import Dataset
from nnlib.history import History, Series
from nnlib.instruments.instrument import is_power_of_two
from nnlib.losses import Loss
from nnlib.metrics import accuracy, best_guess, r_squared
from nnlib.minibatches import Batches
from nnlib.network import Network
from nnlib.randomness import SAMPLING, generator

TRAIN_SAMPLE = 1000
"""So many training examples, drawn once, stand for the training split in `train_loss`."""

_TIME_SHARE = 0.05  # of the time, roughly, that evaluations may take
_LEAST_IN_A_RUN = 20  # if it has as many epochs
_CHEAP = 10  # steps; up to this cost there are early evaluations as well

Losses = dict[str, npt.NDArray[np.float64]]


class Evaluator:
    """Measures a network in evaluation mode on a sample of the training split and on validation.

    Parameters
    ----------
    network, loss, data : of the run
    history : gets the series ``<split>_loss`` and ``<split>_accuracy`` or ``<split>_r2``
    minibatches, epochs : of the run; from their size and number follows how often it pays

    Attributes
    ----------
    guesses : by split, what the best constant prediction reaches on the same examples
    measure : how loss and score of some examples are made in evaluation mode, each of shape (…,);
        by default from the network's logits
    """

    def __init__(
        self,
        network: Network,
        loss: Loss,
        data: Dataset,
        history: History,
        minibatches: Batches,
        epochs: int,
    ) -> None:
        self._network, self._loss, self._history = network, loss, history
        self.score_name = score_name(data)
        self.measure: Callable[[Array, Array], Losses] = partial(
            measure, network.predict_logits, loss, score=self.score_name
        )
        self.splits = evaluation_splits(data, network.dtype)
        self.guesses = {
            split: best_guess(loss, targets, self.score_name)
            for split, (_, targets) in self.splits.items()
        }
        for split in self.splits:
            for name in ("loss", self.score_name):
                history.series[f"{split}_{name}"] = Series(network.lead)
        self._choose_cadence(minibatches.size, minibatches.per_epoch, epochs)

    def _choose_cadence(self, batch_size: int, steps_per_epoch: int, epochs: int) -> None:
        """Evaluate within epochs where that is cheap, at their ends, or every so many epochs.

        A forward pass costs a third of a training step.
        """
        examples = sum(len(x) for x, _ in self.splits.values())
        cost = examples / (3 * batch_size) + 1  # in steps; 1 for the fixed part
        self._early = cost <= _CHEAP
        between = cost / _TIME_SHARE / steps_per_epoch  # epochs between two evaluations
        most = max(1, epochs // _LEAST_IN_A_RUN)
        self._period = steps_per_epoch * min(max(1, round(between)), most)
        parts = max(1, int(1 / between))
        self._interval = -(-self._period // parts)

    def is_due(self, step: Any) -> Any:
        """Say whether to evaluate after so many updates, a number or an array of them."""
        return (step % self._period % self._interval == 0) | (self._early & is_power_of_two(step))

    def record(self, step: int, always: bool = False) -> Losses:
        """Record loss and score of each split; return the loss of each, of shape (…,)."""
        losses = {}
        for split, (x, targets) in self.splits.items():
            measured = self.measure(x, targets)
            losses[split] = measured["loss"]
            for name, value in measured.items():
                self._history.series[f"{split}_{name}"].append(step, value, always)
        return losses

    def keep(self, split: str, steps: npt.NDArray[np.int64], losses: Array, scores: Array) -> None:
        """Record what a split had after some steps, shape (steps, …) each."""
        self._history.series[f"{split}_loss"].extend(steps, losses)
        self._history.series[f"{split}_{self.score_name}"].extend(steps, scores)

    def evaluate(self, split: str, data: Dataset) -> Losses:
        """Return loss and score of a whole split of any data, each of shape (…,)."""
        return evaluate(self._network, self._loss, split, data, self.score_name)


def evaluate(network: Network, loss: Loss, split: str, data: Dataset, score: str) -> Losses:
    """Return loss and score, by this name, of a whole split in evaluation mode, each of (…,)."""
    x, dtype = data.features(split), network.dtype
    if not len(x):
        raise ValueError(f"The {split} split has no rows.")
    targets = data.targets(split, dtype)
    return measure(network.predict_logits, loss, np.asarray(x, dtype), targets, score)


def measure(
    logits_of: Callable[[Array], Array], loss: Loss, x: Array, targets: Array, score: str
) -> Losses:
    """Return loss and score, by this name, in evaluation mode, each of shape (…,)."""
    with np.errstate(all="ignore"):
        logits = logits_of(x)
        scored = r_squared if score == "r2" else accuracy
        return {
            "loss": np.asarray(loss.value(logits, targets), np.float64),
            score: scored(logits, targets),
        }


def score_name(data: Dataset) -> str:
    """Return what is recorded beside the loss: "accuracy" or "r2"."""
    return "r2" if data.task == "regression" else "accuracy"


def evaluation_splits(data: Dataset, dtype: npt.DTypeLike) -> dict[str, tuple[Array, Array]]:
    """Return what is evaluated during a run: a sample of the training split, and validation."""
    splits = {}
    for split in ("train", "val"):
        x = np.asarray(data.features(split), dtype)
        targets = np.asarray(data.targets(split, dtype), dtype)
        if split == "train" and len(x) > TRAIN_SAMPLE:
            rows = training_sample(len(x))
            x, targets = x[rows], targets[rows]
        if len(x):
            splits[split] = (x, targets)
    return splits


def training_sample(examples: int) -> npt.NDArray[np.intp]:
    """Return the rows of the training split whose loss is recorded during a run."""
    if examples <= TRAIN_SAMPLE:
        return np.arange(examples)
    return generator(0, SAMPLING).choice(examples, TRAIN_SAMPLE, replace=False)
