"""What the cards have in common: seeds from a generator, runs with progress, tasks of digits."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from nnlib import datasets
from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.papers.paper import Floats, Progress
from nnlib.sweeps import sweep
from nnlib.training import Trainer

_SLICES = 100


def seeds_of(rng: np.random.Generator, count: int) -> list[int]:
    """Draw different seeds for so many runs."""
    first = int(rng.integers(2**30))
    return [first + i for i in range(count)]


def with_seeds(experiment: Experiment, rng: np.random.Generator, count: int) -> list[Experiment]:
    """Return the experiment with so many seeds that are drawn."""
    return [experiment.with_training(seed=seed) for seed in seeds_of(rng, count)]


def part(progress: Progress, index: int, parts: int) -> Progress:
    """Return what tells the share of one of several equal parts of the work, counted from 0."""
    return lambda share: progress((index + share) / parts)


def train(
    trainer: Trainer,
    progress: Progress,
    each: Callable[[], None] | None = None,
    every: int | None = None,
) -> Trainer:
    """Train to the end; `each` is called ahead of the first step, and after every so many."""
    steps = every or max(1, trainer.total_steps // _SLICES)
    while True:
        if each is not None:
            each()
        progress(min(1.0, trainer.step / trainer.total_steps))
        if trainer.done:
            return trainer
        trainer.advance(steps=steps)


def stack(experiments: Sequence[Experiment], data: Dataset) -> Trainer:
    """Return the trainer of a stack whose history is not looked at on the way."""
    return Trainer(experiments, data, instruments=(), evaluations=False)


def errors(experiments: Sequence[Experiment], data: Dataset, progress: Progress) -> Floats:
    """Train each, stacked where they can be; return the shares of images held out that they miss.

    Returns
    -------
    errors : shape (experiments,)
    """
    runs = sweep(experiments, data, progress, instruments=(), evaluations=False)
    return np.array([1 - run.history["val_accuracy"][-1] for run in runs])


def digits(count: int, rng: np.random.Generator, *, regression: bool = False) -> Dataset:
    """Return so many of the digits of 8 x 8 pixels, drawn at random, all of them to train on.

    Parameters
    ----------
    regression : whether the ten classes are ten numbers, 1 for the right one, else 0, to be met
        in the squared error
    """
    whole = datasets.load("digits", train_fraction=0.95)
    rows = rng.choice(len(whole.X_train), min(count, len(whole.X_train)), replace=False)
    X, y = whole.X_train[rows], whole.y_train[rows]
    # A sliver is kept out, since a data set has a validation split.
    return datasets.from_arrays(
        X,
        np.eye(10)[y] if regression else y,
        name="digits",
        task="regression" if regression else "multiclass",
        class_names=None if regression else [str(i) for i in range(10)],
        standardize=False,
        train_fraction=0.9,
        dtype=np.float64,
    )


def mnist(train: int, held_out: int, rng: np.random.Generator) -> Dataset:
    """Return images of MNIST, drawn at random, so many to train on and so many held out."""
    count = train + held_out
    return datasets.load(
        "mnist_5k", n_samples=count, train_fraction=train / count, seed=int(rng.integers(2**31))
    )
