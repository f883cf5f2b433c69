"""Goyal et al. 2017: k times the minibatch with k times the rate trains alike, up to a limit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnlib import datasets
from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.datasets.dataset import Dataset
from nnlib.papers.paper import Band, Curve, Floats, Measured, Paper, Picture, Progress, Work
from nnlib.papers.runs import part, seeds_of, train
from nnlib.schedules import Schedule
from nnlib.training import Trainer

WORK = Work(
    "Goyal, P., Dollár, P., Girshick, R., Noordhuis, P., Wesolowski, L., Kyrola, A., Tulloch, A., "
    "Jia, Y., He, K.",
    2017,
    "Accurate, large minibatch SGD: training ImageNet in 1 hour",
    "arXiv:1706.02677",
    "https://arxiv.org/abs/1706.02677",
)
BATCH, RATE = 8, 0.05
WARM_UP = 2
"""Epochs over which the rate rises from that of the smallest minibatch."""


def measure(
    rng: np.random.Generator,
    progress: Progress,
    *,
    factors: Sequence[int] = (1, 2, 4, 8, 16, 32, 64, 128),
    compared: int = 8,
    runs: int = 3,
    epochs: int = 10,
) -> Measured:
    """Train for the same epochs with k times the minibatch, at k times the rate and at the same."""
    data = datasets.load("digits", seed=int(rng.integers(2**31)))
    seeds = seeds_of(rng, runs)
    losses = {
        name: np.array(
            [
                _final(
                    data, k, k if scaled else 1, seeds, epochs,
                    part(progress, 2 * i + (not scaled), 2 * len(factors)),
                )
                for i, k in enumerate(factors)
            ]
        )
        for name, scaled in (("k times the rate", True), ("the same rate", False))
    }  # fmt: skip
    x = BATCH * np.array(factors, float)
    curves = tuple(
        Curve(name, x, np.median(one, 1), one.min(1), one.max(1)) for name, one in losses.items()
    )
    picture = Picture(
        f"Training loss after {epochs} epochs, by minibatch",
        "examples of a minibatch",
        "training loss",
        curves,
        log_x=True,
        log_y=True,
    )
    scaled, same = (curve.y / curve.y[0] for curve in curves)
    at = list(factors).index(compared)
    return Measured((float(scaled[at]), float(same[at]), float(scaled[-1])), picture)


def _final(
    data: Dataset, k: int, factor: int, seeds: Sequence[int], epochs: int, progress: Progress
) -> Floats:
    """Return the last training loss of each seed, shape (seeds,); infinite where it diverged."""
    experiment = Experiment(
        NetworkConfig((64, 64), "relu"),
        TrainingConfig("sgd", RATE * factor, batch_size=BATCH * k, epochs=epochs),
    )
    replicas = [experiment.with_training(seed=seed) for seed in seeds]
    per_epoch = -(-len(data.X_train) // (BATCH * k))
    trainer = Trainer(
        replicas,
        data,
        instruments=(),
        evaluations=False,
        schedule=_warm_up(factor, WARM_UP * per_epoch),
    )
    losses = train(trainer, progress).history["train_loss"][-1]
    return np.where(np.isfinite(losses), losses, np.inf)


def _warm_up(factor: int, steps: int) -> Schedule:
    """Return a schedule from a `factor`-th of the rate to all of it over so many steps."""

    def schedule(step: int) -> float:
        return min(1.0, 1 / factor + (1 - 1 / factor) * step / steps)

    return schedule


PAPER = Paper(
    name="linear_scaling",
    title="k times the minibatch, k times the rate",
    work=WORK,
    claim="With k times the minibatch and k times the learning rate, and a rate that rises to that "
    "over the first epochs, training goes as with the small minibatch, epoch by epoch. With "
    "minibatches beyond some size the rule breaks down: on ImageNet beyond about 8,000 images.",
    scaled="A 64-64-64-10 ReLU network on 1,437 digits of 8×8 pixels instead of ResNet-50 on "
    "ImageNet; SGD without momentum from minibatches of 8 at the rate 0.05, ten epochs of which "
    "two warm up, three seeds.",
    expect="The line of the scaled rate is flat and then rises; that of the same rate rises from "
    "the start.",
    bands=(
        Band(
            "8 × the minibatch and the rate: training loss over the small minibatch's",
            1 / 1.5,
            1.5,
            "The paper's curves lie on each other, a ratio of 1; a factor of 1.5 is what three "
            "seeds and the two epochs of warm-up may do.",
        ),
        Band(
            "8 × the minibatch at the same rate: training loss over the small minibatch's",
            2.0,
            np.inf,
            "It is to be worse than the band above by more than its noise.",
        ),
        Band(
            "128 × the minibatch and the rate: training loss over the small minibatch's",
            2.0,
            np.inf,
            "The rule is to end: 128 times are 1,024 of 1,437 images, and a rate of 6.4.",
        ),
    ),
    measure=measure,
    if_not="The rule takes the gradient for constant over k steps; on few images, whose loss falls "
    "fast, it changes within them.",
    page="batch_size",
    differs="Constant rates without a warm-up, and steps and examples to a loss instead of "
    "the loss after ten epochs.",
    values={
        "view": "Steps and examples",
        "data": "digits",
        "layers": 2,
        "units_1": 64,
        "units_2": 64,
        "optimizer": "sgd",
        "smallest": 8,
        "largest": 256,
        "rate_low": 0.03,
        "rate_high": 3.0,
        "rate_count": 7,
        "map_seeds": 3,
        "most_steps": 200,
    },
    seconds=4,
)
