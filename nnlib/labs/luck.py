"""Luck: what becomes of one experiment from many seeds, and how often."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from nnlib._array import Array
from nnlib.comparison import LEARNED_BELOW, Arm, gather, with_seeds
from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.proportions import wilson_interval
from nnlib.sweeps import sweep
from nnlib.training import Trainer

Fate = Literal["learned", "stalled", "constant", "diverged"]
FATES: tuple[Fate, ...] = get_args(Fate)
CONSTANT = 0.01
"""A network that varies by less than this share of the target's deviation is a constant. Measured
over 576 networks (|x| with widths 2, 4 and 8, spiral, sine): 0.0015 in one of them, less than
0.0001 or more than 0.1 in all others."""


@dataclass(frozen=True)
class Share:
    """How often something became of a seed: count, share, and its 95 % interval (Wilson 1927)."""

    count: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Luck:
    """One experiment from many seeds.

    Attributes
    ----------
    arm : the runs; its series are "train_loss" and "val_loss"
    fates : what became of each seed, in their order
    """

    arm: Arm
    fates: tuple[Fate, ...]

    @property
    def seeds(self) -> range:
        """The seeds, in their order."""
        first = self.arm.experiment.training.seed
        return range(first, first + len(self.fates))

    def share(self, fate: Fate) -> Share:
        """Return how often this became of a seed."""
        count, n = self.fates.count(fate), len(self.fates)
        low, high = wilson_interval(count, n)
        return Share(count, count / n, float(low), float(high))


def try_seeds(
    experiment: Experiment,
    data: Dataset,
    seeds: int,
    progress: Callable[[float], None] | None = None,
) -> Luck:
    """Train an experiment from its own seed and those that follow, and say what became of each.

    "diverged" where the numbers stopped being finite; "constant" where the network says the same
    for every training example; else "stalled" where its training loss is no better than that of a
    guess, and "learned" where it is.

    Parameters
    ----------
    seeds : at least 1
    progress : called with the share of the work done, from 0 to 1
    """
    runs = sweep(with_seeds(experiment, seeds), data, progress, instruments=[])
    (arm,) = gather({"seeds": runs}, ("train_loss", "val_loss"))
    trainers = dict.fromkeys(run.trainer for run in runs)
    varies = np.concatenate([variation(trainer) for trainer in trainers])
    fates = [
        _fate(bool(diverged), float(loss), float(spread), arm.guess)
        for diverged, loss, spread in zip(arm.diverged, arm.finals(), varies, strict=True)
    ]
    return Luck(arm, tuple(fates))


def variation(stack: Trainer) -> Array:
    """Return how much the outputs vary over the training examples, shape (R,).

    The deviation of the output that varies most, as a share of that of the targets.
    """
    dtype, data = stack.network.dtype, stack.data
    with np.errstate(all="ignore"):
        logits = stack.network.predict_logits(np.asarray(data.features("train"), dtype))
        said = stack.loss.predict(logits).astype(np.float64).std(axis=1).max(axis=-1)
    wanted = data.targets("train", np.float64).std(axis=0).max()
    return np.asarray(said / wanted)


def _fate(diverged: bool, loss: float, spread: float, guess: float) -> Fate:
    if diverged:
        return "diverged"
    if spread < CONSTANT:
        return "constant"
    return "learned" if loss < LEARNED_BELOW * guess else "stalled"
