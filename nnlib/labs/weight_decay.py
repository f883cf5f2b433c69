"""An L2 penalty and decoupled weight decay, which are the same under SGD and not under Adam.

On single weights, and on networks trained with several strengths of both.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnlib.comparison import Arm, Band, gather, with_seeds
from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.optimizers import SGD, Adam, AdamW, Optimizer
from nnlib.sweeps import all_weights, sweep

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Shrinkage:
    """What is left of weights that only noise and decay act on.

    Attributes
    ----------
    gradient_scales : shape (g,); standard deviation of the gradient's noise
    remaining : mean weight after the run over the weight before it, by rule, shape (g,)
    expected : (1 - learning rate · decay)^steps, what decoupled decay leaves of the mean weight
    """

    gradient_scales: Floats
    remaining: dict[str, Floats]
    expected: float


def shrinkage(
    gradient_scales: Sequence[float] | Floats,
    decay: float,
    learning_rate: float,
    steps: int,
    rng: np.random.Generator,
    *,
    weights: int = 400,
) -> Shrinkage:
    """Let decay act on weights whose gradient is noise of mean zero.

    Every weight starts at 1 and its gradient is scale·N(0, 1) in each step, independent of the
    weight, so that only the decay changes its mean. Compared are SGD and Adam, both with an L2
    penalty of strength decay / 2 (whose gradient is decay·w), and AdamW with that weight decay.

    Under SGD the mean shrinks by 1 - learning rate · decay a step, and so it does under AdamW.
    Adam divides the penalty's gradient with all the rest by √v̂: where the gradients have been
    large, the penalty hardly acts (Loshchilov & Hutter 2019, section 2).

    Parameters
    ----------
    gradient_scales : positive
    weights : number of weights for each scale, over which the mean is taken
    """
    scales = np.asarray(gradient_scales, np.float64)
    shape = (len(scales), weights)
    rules: dict[str, tuple[Optimizer, float]] = {
        "SGD + L2": (SGD(shape), decay),
        "Adam + L2": (Adam(shape), decay),
        "AdamW": (AdamW(shape, weight_decay=decay), 0.0),
    }
    values = {name: np.ones(shape) for name in rules}
    for _ in range(steps):
        noise = rng.standard_normal(shape) * scales[:, np.newaxis]
        for name, (optimizer, penalty) in rules.items():
            w = values[name]
            w += optimizer.update(w, noise + penalty * w, learning_rate)
    remaining = {name: np.asarray(w.mean(axis=1), np.float64) for name, w in values.items()}
    return Shrinkage(scales, remaining, (1 - learning_rate * decay) ** steps)


def decayed(experiment: Experiment, decay: float) -> dict[str, Experiment]:
    """Return the experiment with Adam and an L2 penalty of decay / 2, and with AdamW's decay."""
    return {
        "Adam + L2": experiment.with_training(optimizer="adam", l2=decay / 2),
        "AdamW": experiment.with_training(optimizer="adamw", weight_decay=decay),
    }


def sweep_decay(
    experiment: Experiment,
    decays: Sequence[float],
    seeds: int,
    data: Dataset,
    progress: Callable[[float], None] | None = None,
) -> dict[str, list[Arm]]:
    """Train with every decay by both rules of `decayed`; return one arm a decay, by rule."""
    arms = [(name, one) for d in decays for name, one in decayed(experiment, d).items()]
    runs = sweep([r for _, one in arms for r in with_seeds(one, seeds)], data, progress)
    rules: dict[str, list[Arm]] = {}
    for i, (name, _) in enumerate(arms):
        own = runs[i * seeds : (i + 1) * seeds]
        (arm,) = gather({name: own}, ("train_loss", "val_loss"))
        norms = [np.linalg.norm(all_weights(run)) for run in own]
        rules.setdefault(name, []).append(arm.with_end("end_weight_norm", norms))
    return rules


def losses_by_decay(arms: Sequence[Arm], decays: Sequence[float]) -> Band:
    """Return the validation losses at the end over the decays."""
    return Band(np.array(decays), np.array([arm.finals("val_loss") for arm in arms]))


def norms_by_decay(arms: Sequence[Arm], decays: Sequence[float]) -> Band:
    """Return the norms of all weights at the end over the decays."""
    return Band(np.array(decays), np.array([arm.finals("end_weight_norm") for arm in arms]))
