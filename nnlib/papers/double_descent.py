"""Belkin et al. 2019: the error peaks where features equal examples, and falls again beyond."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnlib.papers.paper import Band, Curve, Floats, Measured, Paper, Picture, Progress, Work
from nnlib.papers.runs import mnist

WORK = Work(
    "Belkin, M., Hsu, D., Ma, S., Mandal, S.",
    2019,
    "Reconciling modern machine-learning practice and the classical bias–variance trade-off",
    "Proceedings of the National Academy of Sciences 116(32), 15849–15854",
    "https://doi.org/10.1073/pnas.1903070116",
)
RATIOS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10, 20)
LENGTH = 5.0
"""Of the Gaussian kernel that the features approach, with pixels from 0 to 1."""


def measure(
    rng: np.random.Generator,
    progress: Progress,
    *,
    images: int = 300,
    held_out: int = 1000,
    ratios: Sequence[float] = RATIOS,
    draws: int = 3,
) -> Measured:
    """Fit more and more random Fourier features by least squares of the smallest norm."""
    data = mnist(images, held_out, rng)
    low, high = float(data.X_train.min()), float(data.X_train.max())
    train, val = ((x - low) / (high - low) for x in (data.X_train, data.X_val))
    y, truth = np.eye(10)[data.y_train], np.eye(10)[data.y_val]
    counts = [max(1, round(ratio * len(train))) for ratio in ratios]
    losses = np.zeros((len(counts), draws))
    for i, count in enumerate(counts):
        for draw in range(draws):
            fitted, seen = _features(train, val, count, rng)
            weights = np.linalg.lstsq(fitted, y)[0]
            losses[i, draw] = np.square(seen @ weights - truth).mean()
            progress((i * draws + draw + 1) / losses.size)
    x, mean = np.array(counts) / len(train), losses.mean(axis=1)
    picture = Picture(
        "Squared error on images held out",
        "features over training images",
        "mean squared error",
        (Curve("smallest-norm least squares", x, mean, losses.min(1), losses.max(1)),),
        log_x=True,
        log_y=True,
    )
    return Measured((float(x[mean.argmax()]), float(mean[-1] / mean[x < 1].min())), picture)


def _features(
    train: Floats, val: Floats, count: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return random Fourier features of both, shape (n, count) each (Rahimi & Recht 2007)."""
    directions = rng.normal(0, 1 / LENGTH, (train.shape[1], count))
    phases = rng.uniform(0, 2 * np.pi, count)
    first, second = (np.sqrt(2 / count) * np.cos(x @ directions + phases) for x in (train, val))
    return first, second


PAPER = Paper(
    name="double_descent",
    title="The error falls, peaks, and falls again",
    work=WORK,
    claim="With more and more random features, fitted by least squares of the smallest norm, the "
    "error on images held out falls, rises to a peak where there are as many features as training "
    "images, and then falls again, below the best of the models with fewer features.",
    scaled="300 images of MNIST instead of 10,000, three draws of the features; the squared error "
    "on 1,000 images.",
    expect="A peak at 1, and the lowest error at the right end.",
    bands=(
        Band(
            "Features over images at the peak",
            0.9,
            1.1,
            "The paper: where features equal images; to the nearest of the ratios tried.",
        ),
        Band(
            "Error with 20 times as many features as images, over the best with fewer than images",
            0.0,
            1.0,
            "The paper: below the best of the classical regime.",
        ),
    ),
    measure=measure,
    if_not="With few images the best small model may be as good as the limit of many features.",
    page="classification",
    differs="A network of 300 ReLU units that Adam trains, instead of random features.",
    values={
        "data": "mnist_5k",
        "mnist_5k_n_samples": 1300,
        "mnist_5k_train_fraction": 0.23,
        "layers": 1,
        "units_1": 300,
        "activation": "relu",
        "epochs": 100,
    },
    seconds=6,
)
