"""Santurkar et al. 2018, figure 4: batch normalization makes the loss smoother along the step."""

from __future__ import annotations

import numpy as np

from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.landscape import look_along_gradient
from nnlib.papers.paper import Band, Curve, Measured, Paper, Picture, Progress, Work
from nnlib.papers.runs import mnist, part

WORK = Work(
    "Santurkar, S., Tsipras, D., Ilyas, A., Mądry, A.",
    2018,
    "How does batch normalization help optimization?",
    "NeurIPS; arXiv:1805.11604",
    "https://arxiv.org/abs/1805.11604",
)
RATE = 0.1


def measure(
    rng: np.random.Generator,
    progress: Progress,
    *,
    images: int = 2000,
    width: int = 64,
    layers: int = 8,
    epochs: int = 15,
    looks: int = 60,
) -> Measured:
    """Train with and without batch normalization and look along the gradient on the way."""
    data, seed = mnist(images, max(images // 10, 50), rng), int(rng.integers(2**31))
    losses, gradients = [], []
    for i, on in enumerate((True, False)):
        experiment = Experiment(
            NetworkConfig((width,) * layers, "relu", "he_normal", batch_norm=on),
            TrainingConfig("sgd", RATE, batch_size=128, epochs=epochs, seed=seed),
        )
        found = look_along_gradient(experiment, data, looks, part(progress, i, 2))
        name = "with normalization" if on else "without"
        losses.append(Curve(name, found.steps.astype(float), found.ranges))
        gradients.append(float(np.median(found.change)))
    medians = [float(np.median(curve.y)) for curve in losses]
    picture = Picture(
        "Range of the loss along the gradient",
        "step",
        "largest minus smallest loss",
        tuple(losses),
        log_y=True,
    )
    return Measured((medians[1] / medians[0], gradients[1] / gradients[0]), picture)


PAPER = Paper(
    name="smooth_landscape",
    title="Batch normalization smooths the loss along the step",
    work=WORK,
    claim="Along the gradient, at step lengths from half to four times the learning rate, the loss "
    "varies less in a network with batch normalization, and the gradient changes less (figure 4): "
    "the loss is smoother, which is why it trains well.",
    scaled="Eight dense ReLU layers of 64 units on 2,000 images of MNIST instead of a VGG network "
    "on CIFAR-10; SGD at 0.1, minibatches of 128, 15 epochs, 60 looks on the way.",
    expect="The line with normalization lies below the other one.",
    bands=(
        Band(
            "Range of the loss without normalization over that with it, medians of the run",
            1.5,
            np.inf,
            "The figure has no number, but its ranges are clearly apart: half as much again is the "
            "least that we take for that.",
        ),
        Band(
            "Change of the gradient without normalization over that with it, medians of the run",
            1.5,
            np.inf,
            "As for the loss.",
        ),
    ),
    measure=measure,
    if_not="The result is about one rate and one network: where the plain network has learned its "
    "images, its loss and its gradients are nearly zero, and so are their ranges.",
    page="batch_normalization",
    differs="2,002 images, and 16 epochs.",
    values={
        "view": "Along the gradient",
        "data": "mnist_5k",
        "mnist_5k_n_samples": 2200,
        "mnist_5k_train_fraction": 0.91,
        "layers": 8,
        "width": 64,
        "activation": "relu",
        "initializer": "he_normal",
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "batch_size": 128,
        "epochs": 16,
    },
    seconds=4,
)
