"""Networks trained at several dropout rates from the same seeds, as arms of a comparison."""

from collections.abc import Sequence

import numpy as np

from nnlib.comparison import Arm, Band, gather
from nnlib.config import Experiment
from nnlib.sweeps import SweepResult
from nnlib.training import Trainer

SERIES = ("train_loss", "val_loss", "batch_loss", "train_accuracy", "val_accuracy", "train_r2",
          "val_r2", "gradient_norm")  # fmt: skip


def rate_experiments(
    experiment: Experiment, rates: Sequence[float], seeds: Sequence[int]
) -> list[Experiment]:
    """Return one experiment a rate and seed, seeds varying fastest; they train as one stack.

    Runs of one seed share initial weights, minibatches and the uniform numbers behind the masks.
    """
    return [
        experiment.with_network(dropout=rate).with_training(seed=seed)
        for rate in rates
        for seed in seeds
    ]


def rate_label(rate: float) -> str:
    """Return how an arm of this rate is called."""
    return f"rate {rate:g}" if rate else "no dropout"


def rate_of(arm: Arm) -> float:
    """Return the dropout rate of an arm."""
    return arm.experiment.network.dropout


def rate_arms(trainer: Trainer) -> list[Arm]:
    """Return one arm a dropout rate, by rising rate, of a stack of `rate_experiments`."""
    runs: dict[float, list[SweepResult]] = {}
    for replica, experiment in enumerate(trainer.experiments):
        one = SweepResult(experiment, trainer, replica)
        runs.setdefault(experiment.network.dropout, []).append(one)
    return gather({rate_label(rate): runs[rate] for rate in sorted(runs)}, SERIES)


def finals_by_rate(arms: Sequence[Arm], name: str) -> Band:
    """Return the last records of a series over the dropout rates."""
    worst = arms[0].band(name).worst
    rates = np.array([rate_of(arm) for arm in arms])
    return Band(rates, np.array([arm.finals(name) for arm in arms]), worst)


def late_norms(arm: Arm) -> Band:
    """Return the gradient norm of each layer, numbered from 1: the median of the last quarter."""
    kept = arm.series["gradient_norm"]
    late = kept.values[kept.steps >= 0.75 * kept.steps[-1]]
    by_layer = np.median(np.where(np.isfinite(late), late, np.inf), axis=0).T
    return Band(np.arange(1, len(by_layer) + 1), by_layer)
