"""What makes a network overfit, and ways to hold it back, trained from the same seeds.

Few training examples and wrong training labels, drawn with a generator; what the ways come to in
losses, also of the training points by their true labels, and in the sizes of their weights.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nnlib.comparison import Arm, gather, with_seeds
from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.instruments import INSTRUMENTS
from nnlib.model import Model
from nnlib.sweeps import SweepResult, all_weights, sweep
from nnlib.training import Trainer

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


def fewer_examples(data: Dataset, count: int, rng: np.random.Generator) -> Dataset:
    """Return the data with at most `count` training examples; other splits stay as they are.

    Raises ValueError if `count` is below 1.
    """
    if count < 1:
        raise ValueError("At least one training example is needed.")
    if count >= len(data.X_train):
        return data
    rows = np.sort(rng.choice(len(data.X_train), count, replace=False))
    numbers = data.row_numbers
    return replace(
        data,
        X_train=data.X_train[rows],
        y_train=data.y_train[rows],
        row_numbers=numbers and numbers._replace(train=numbers.train[rows]),
    )


def flip_labels(data: Dataset, share: float, rng: np.random.Generator) -> tuple[Dataset, Rows]:
    """Give a share of the training examples another class; validation and test stay true.

    The number of examples is ``share * n`` rounded, and each gets one of the other classes with
    equal probability.

    Parameters
    ----------
    share : from 0 to 1

    Returns
    -------
    data : Dataset
    rows : shape (flipped,); the training rows with a wrong label, ascending

    Raises
    ------
    ValueError
        if the share is out of bounds or the targets are not class codes
    """
    if not 0 <= share <= 1:
        raise ValueError("The share of flipped labels must be between 0 and 1.")
    if data.task == "regression" or data.y_train.dtype.kind != "i":
        raise ValueError("Only class labels can be flipped.")
    count = round(share * len(data.y_train))
    rows = np.sort(rng.choice(len(data.y_train), count, replace=False))
    classes = len(data.class_names)
    labels = data.y_train.copy()
    labels[rows] = (labels[rows] + rng.integers(1, classes, count)) % classes
    return replace(data, y_train=labels), rows


def can_flip(data: Dataset) -> bool:
    """Say whether the data has class labels that can be flipped."""
    return data.task != "regression" and data.y_train.dtype.kind == "i"


@dataclass(frozen=True, eq=False)
class FewPoints:
    """Few training examples, with their true labels and with some flipped, and which rows are."""

    true: Dataset
    noisy: Dataset
    flipped: Rows


def few_points(data: Dataset, count: int, share: float, seed: int) -> FewPoints:
    """Draw few training examples, of which a share gets a wrong label where that can be."""
    true = fewer_examples(data, count, np.random.default_rng([seed, 0]))
    if not can_flip(data) or share == 0:
        return FewPoints(true, true, np.empty(0, np.intp))
    noisy, rows = flip_labels(true, share, np.random.default_rng([seed, 1]))
    return FewPoints(true, noisy, rows)


ENDS = {"train": "end_train_loss", "true": "end_true_loss", "val": "end_val_loss"}
"""Series of one record: the losses of the weights that remain at the end, which early stopping
puts back. "true" is of the training examples by their true labels, whatever they were trained on.
"""


@dataclass(frozen=True, eq=False)
class Way:
    """One way of regularizing, trained from several seeds.

    Attributes
    ----------
    arm : its losses and gradient norms, and the series `ENDS`
    weights : of all layers, biases left out, shape (seeds, n)
    model : of the first seed
    """

    arm: Arm
    weights: Floats
    model: Model

    def near_zero(self, threshold: float) -> Floats:
        """Return the share of weights with |w| below `threshold`, exact zeros too, (seeds,)."""
        return np.asarray((np.abs(self.weights) < threshold).mean(axis=1), np.float64)


def compare_ways(
    experiments: Mapping[str, Experiment],
    points: FewPoints,
    seeds: int,
    progress: Callable[[float], None] | None = None,
    *,
    on_true: Collection[str] = (),
) -> list[Way]:
    """Train every experiment from several seeds; those that can, train as one stack.

    Parameters
    ----------
    experiments : by the name of the way
    seeds : the experiment's seed and those that follow it
    progress : called with the share of the work done, from 0 to 1
    on_true : the names of those that train on the true labels
    """
    parts = [
        (points.noisy, [name for name in experiments if name not in on_true]),
        (points.true, [name for name in experiments if name in on_true]),
    ]
    results: dict[str, list[SweepResult]] = {}
    total = max(len(experiments), 1)
    for data, names in parts:

        def tell(share: float, before: int = len(results), size: int = len(names)) -> None:
            if progress is not None:
                progress((before + share * size) / total)

        runs = [run for name in names for run in with_seeds(experiments[name], seeds)]
        found = sweep(runs, data, tell, instruments=list(INSTRUMENTS.values()))
        for i, name in enumerate(names):
            results[name] = found[i * seeds : (i + 1) * seeds]
    ordered = {name: results[name] for name in experiments}
    return _ways(ordered, points) if ordered else []


def _ways(results: Mapping[str, Sequence[SweepResult]], points: FewPoints) -> list[Way]:
    trainers = {id(run.trainer): run.trainer for runs in results.values() for run in runs}
    ends = {key: _end_losses(trainer, points) for key, trainer in trainers.items()}
    ways = []
    for arm in gather(results, ("train_loss", "val_loss", "gradient_norm")):
        runs = results[arm.label]
        for name in ENDS.values():
            arm = arm.with_end(name, [ends[id(run.trainer)][name][run.replica] for run in runs])
        ways.append(Way(arm, np.array([all_weights(run) for run in runs]), runs[0].model))
    return ways


def _end_losses(trainer: Trainer, points: FewPoints) -> dict[str, Floats]:
    """Return the losses of each replica's weights, shape (replicas,), by the names of `ENDS`."""
    of = {"train": ("train", None), "true": ("train", points.true), "val": ("val", None)}
    return {ENDS[key]: trainer.evaluate(*which)["loss"] for key, which in of.items()}


@dataclass(frozen=True, eq=False)
class SizeHistogram:
    """Shares of weights by the logarithm of their size.

    Attributes
    ----------
    edges : shape (bins + 1,); of |w|, at even distances on a logarithmic scale
    shares : shape (bins,); smaller weights, zeros too, count in the first bin and larger ones in
        the last, so that the shares sum to 1
    """

    edges: Floats
    shares: Floats


def size_histogram(
    weights: Floats, low: float = 1e-6, high: float = 10.0, bins: int = 35
) -> SizeHistogram:
    """Return how many of the weights have which size |w|.

    Parameters
    ----------
    weights : shape (n,), n at least 1
    low, high : the outermost edges, positive
    """
    edges = np.geomspace(low, high, bins + 1)
    inside = np.clip(np.abs(weights), low, high * (1 - 1e-12))
    counts = np.histogram(np.log(inside), np.log(edges))[0]
    return SizeHistogram(edges, np.asarray(counts / max(len(weights), 1), np.float64))
