"""Zhang et al. 2017: a network fits random labels as well as true ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.datasets.dataset import Dataset
from nnlib.papers.paper import Band, Curve, Measured, Paper, Picture, Progress, Work
from nnlib.papers.runs import mnist, part, train
from nnlib.training import Trainer

WORK = Work(
    "Zhang, C., Bengio, S., Hardt, M., Recht, B., Vinyals, O.",
    2017,
    "Understanding deep learning requires rethinking generalization",
    "ICLR",
    "https://openreview.net/forum?id=Sy8gdB9xx",
)


def measure(
    rng: np.random.Generator,
    progress: Progress,
    *,
    images: int = 1000,
    held_out: int = 1000,
    width: int = 256,
    epochs: int = 60,
) -> Measured:
    """Train one network with the true labels and one with labels that are drawn at random."""
    true = mnist(images, held_out, rng)
    random = replace(true, y_train=rng.integers(0, len(true.class_names), len(true.y_train)))
    experiment = Experiment(
        NetworkConfig((width,), "relu"),
        TrainingConfig(
            "momentum", 0.02, batch_size=50, epochs=epochs, seed=int(rng.integers(2**31))
        ),
    )
    ends, curves = [], []
    for i, (name, data) in enumerate({"random labels": random, "true labels": true}.items()):
        trainer = train(Trainer(experiment, data, instruments=()), part(progress, i, 2))
        ends.append([_accuracy(trainer, data, split) for split in ("train", "val")])
        steps = trainer.history.steps("train_accuracy").astype(float)
        curves.append(Curve(name, steps, trainer.history["train_accuracy"].copy()))
    picture = Picture(
        "Training accuracy with random and with true labels", "step", "accuracy", tuple(curves)
    )
    (fitted, chance), (_, generalized) = ends
    return Measured((fitted, chance, generalized), picture)


def _accuracy(trainer: Trainer, data: Dataset, split: str) -> float:
    return float((trainer.predict(data.features(split)) == data.labels(split)).mean())


PAPER = Paper(
    name="random_labels",
    title="A network fits random labels",
    work=WORK,
    claim="A network that generalizes well with true labels also learns labels by heart that were "
    "drawn at random, in the same training: what keeps it from doing so with the true ones is not "
    "that it could not.",
    scaled="1,000 images of MNIST instead of 50,000 of CIFAR-10, one hidden layer of 256 units "
    "instead of 512, 60 epochs of SGD with momentum 0.9 at the rate 0.02, minibatches of 50.",
    expect="Both curves reach 100 %; the one with random labels takes longer.",
    bands=(
        Band(
            "Random labels: training accuracy",
            0.99,
            1.0,
            "The paper's multilayer perceptrons reach more than 99 % (table 1).",
            percent=True,
        ),
        Band(
            "Random labels: accuracy on images held out",
            0.07,
            0.13,
            "Chance is 10 %, with a deviation of 0.95 % for 1,000 images; three of them on both "
            "sides.",
            percent=True,
        ),
        Band(
            "True labels: accuracy on images held out",
            0.8,
            1.0,
            "The same network is to generalize where there is something to learn: eight times "
            "better than chance.",
            percent=True,
        ),
    ),
    measure=measure,
    if_not="How long random labels take depends on the learning rate and the width: with fewer "
    "epochs the network is on its way, not unable.",
    page="regularization",
    differs="50 points of two moons, of which 40 % have the wrong class, two layers, and Adam.",
    values={
        "lab": "Networks",
        "data": "moons",
        "points": 50,
        "flipped": 0.4,
        "width": 128,
        "ways": ("No penalty",),
    },
    seconds=5,
)
