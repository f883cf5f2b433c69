"""He et al. 2015: thirty ReLU layers learn with He's initialization and stall with Xavier's."""

from __future__ import annotations

import numpy as np

from nnlib import datasets
from nnlib.comparison import LEARNED_BELOW
from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.papers.paper import Band, Curve, Measured, Paper, Picture, Progress, Work
from nnlib.papers.runs import train, with_seeds
from nnlib.training import Trainer

WORK = Work(
    "He, K., Zhang, X., Ren, S., Sun, J.",
    2015,
    "Delving deep into rectifiers: surpassing human-level performance on ImageNet classification",
    "ICCV, 1026–1034",
    "https://doi.org/10.1109/ICCV.2015.123",
)
RULES = {"He": "he_normal", "Xavier": "glorot_normal"}


def measure(
    rng: np.random.Generator,
    progress: Progress,
    *,
    layers: int = 30,
    width: int = 128,
    runs: int = 3,
    epochs: int = 16,
) -> Measured:
    """Train both initializers from the same seeds, as one stack."""
    data = datasets.load("digits", seed=int(rng.integers(2**31)))
    experiment = Experiment(
        NetworkConfig((width,) * layers, "relu"),
        TrainingConfig(
            "momentum", 0.01, schedule="step", decay_epochs=6, batch_size=32, epochs=epochs
        ),
    )
    seeded = with_seeds(experiment, rng, runs)
    replicas = [e.with_network(initializer=rule) for rule in RULES.values() for e in seeded]
    trainer = train(Trainer(replicas, data, instruments=()), progress)
    steps, guess = trainer.history.steps("train_loss"), trainer.guesses["train"].loss
    losses = trainer.history["train_loss"].reshape(len(steps), len(RULES), runs) / guess
    losses = np.where(np.isfinite(losses), losses, np.inf)
    curves = tuple(
        Curve(name, steps.astype(float), np.median(one, 1), one.min(1), one.max(1))
        for name, one in zip(RULES, losses.swapaxes(0, 1), strict=True)
    )
    picture = Picture(
        f"Training loss of {layers} ReLU layers",
        "step",
        "loss, relative to a guess",
        curves,
        {"a guess": 1.0},
    )
    return Measured((float(losses[-1, 0].max()), float(losses[-1, 1].min())), picture)


PAPER = Paper(
    name="he_initialization",
    title="Thirty ReLU layers learn with He's rule and stall with Xavier's",
    work=WORK,
    claim="A ReLU network of thirty layers begins to learn with weights of variance 2/n, and "
    "stalls completely with Xavier's 1/n: there each layer halves the variance of the signal.",
    scaled="Thirty dense layers of 128 units on 1,437 digits of 8×8 pixels, instead of a "
    "convolutional network on ImageNet; SGD with momentum 0.9 at the rate 0.01, a tenth of it from "
    "epoch 6 and again from 12, minibatches of 32, 16 epochs, three seeds of each.",
    expect="The loss of He's networks falls at once; Xavier's stay at what a guess costs.",
    bands=(
        Band(
            "He: loss of the worst seed, relative to a guess",
            0.0,
            0.5,
            "Converging is to halve at least what a guess costs.",
        ),
        Band(
            "Xavier: loss of the best seed, relative to a guess",
            LEARNED_BELOW,
            np.inf,
            "Stalled is what has learned less than 2 % of a guess, as everywhere on this "
            "dashboard.",
        ),
    ),
    measure=measure,
    if_not="With 128 units thirty layers are many for their width, and a seed of He's may begin "
    "with a signal that is far too small or too large.",
    page="vanishing_gradients",
    differs="The rate stays what it is, and one run is seen at a time.",
    values={
        "data": "digits",
        "depth": 30,
        "width": 128,
        "activation": "relu",
        "initializer": "he_normal",
        "optimizer": "momentum",
        "learning_rate": 0.01,
        "batch_size": 32,
        "epochs": 16,
    },
    seconds=8,
)
