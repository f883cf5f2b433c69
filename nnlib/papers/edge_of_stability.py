"""Cohen et al. 2021: full-batch gradient descent at the edge of stability."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.curvature import Spectrum, hessian_eigenvalues
from nnlib.datasets.dataset import Dataset
from nnlib.papers.paper import Band, Curve, Floats, Measured, Paper, Picture, Progress, Work
from nnlib.papers.runs import digits, part, train
from nnlib.training import Trainer

WORK = Work(
    "Cohen, J. M., Kaur, S., Li, Y., Kolter, J. Z., Talwalkar, A.",
    2021,
    "Gradient descent on neural networks typically occurs at the edge of stability",
    "ICLR",
    "https://openreview.net/forum?id=jh-rTtvkGeM",
)
WIDTHS = (64, 64)
INITIAL = "lecun_uniform", 3**-0.5
"""Rule and scale: uniform within 1/√n, as in PyTorch."""
LAST = 0.1
"""The share of the run, at its end, over which sharpness is averaged."""


def measure(
    rng: np.random.Generator,
    progress: Progress,
    *,
    rates: Sequence[float] = (0.4, 0.5, 0.6),
    images: int = 500,
    steps: int = 2500,
    every: int = 10,
) -> Measured:
    """Train at three rates from the same weights and follow the largest Hessian eigenvalue."""
    data, seed = digits(images, rng, regression=True), int(rng.integers(2**31))
    (rule, scale), curves = INITIAL, []
    for i, rate in enumerate(rates):
        experiment = Experiment(
            NetworkConfig(WIDTHS, "tanh", rule, scale),
            TrainingConfig("sgd", rate, batch_size=len(data.X_train), epochs=steps, seed=seed),
        )
        at, sharpness = _sharpness(experiment, data, every, part(progress, i, len(rates)))
        curves.append(Curve(f"η = {rate:g}", at, sharpness * rate / 2))
    ends = [float(c.y[c.x > (1 - LAST) * steps].mean()) for c in curves]
    picture = Picture(
        "Sharpness as a share of 2/η",
        "step",
        "sharpness · η / 2",
        tuple(curves),
        {"edge of stability": 1.0},
    )
    return Measured((max(float(c.y[0]) for c in curves), min(ends), max(ends)), picture)


def _sharpness(
    experiment: Experiment, data: Dataset, every: int, progress: Progress
) -> tuple[Floats, Floats]:
    """Train and return the steps and the sharpness at them, shape (records,) each."""
    trainer = Trainer(experiment, data, instruments=(), evaluations=False)
    x, targets = data.X_train, data.targets("train")
    found: list[tuple[int, float]] = []
    spectrum: Spectrum | None = None

    def look() -> None:
        nonlocal spectrum
        spectrum = hessian_eigenvalues(
            trainer.network, x, targets, trainer.loss, smallest=0, tolerance=1e-2, before=spectrum
        )
        found.append((trainer.step, float(spectrum.largest[0])))

    train(trainer, progress, look, every)
    steps, sharpness = np.array(found).T
    return steps, sharpness


PAPER = Paper(
    name="edge_of_stability",
    title="Gradient descent lives at the edge of stability",
    work=WORK,
    claim="In full-batch gradient descent the sharpness, which is the largest eigenvalue of the "
    "Hessian, rises until it is about 2/η, and then hovers there: the limit beyond which descent "
    "on a quadratic diverges. The loss still falls, though not in every step.",
    scaled="450 digits of 8×8 pixels and a 64-64-64-10 tanh network in the squared error, with the "
    "initial weights of PyTorch, instead of 5,000 images of CIFAR-10 and layers of 200 units; "
    "2,500 steps at each of the rates 0.4, 0.5 and 0.6.",
    expect="Three curves that begin far below 1, rise to it and stay.",
    bands=(
        Band(
            "Sharpness · η/2 at the start, the highest of the rates",
            0.0,
            0.8,
            "Below the edge, so that there is something to rise.",
        ),
        Band(
            "Sharpness · η/2 in the last tenth, the lowest of the rates",
            0.95,
            1.05,
            "The mean over the last tenth of the run is to be within 5 % of the edge.",
        ),
        Band(
            "Sharpness · η/2 in the last tenth, the highest of the rates",
            0.95,
            1.05,
            "The mean over the last tenth of the run is to be within 5 % of the edge.",
        ),
    ),
    measure=measure,
    if_not="A small network can fit its few digits before the sharpness has risen all the way, or "
    "has not got there within the steps.",
    page="curvature",
    differs="A network of two layers of 16 units and a regression on 80 points, with "
    "He's initial weights.",
    values={  # a regression, for with the cross-entropy the sharpness falls again at the end
        "data": "multi_gaussian",
        "multi_gaussian_noise": 0.0,
        "multi_gaussian_n_samples": 100,
        "layers": 2,
        "units_1": 16,
        "units_2": 16,
        "activation": "tanh",
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "epochs": 6000,
    },
    seconds=8,
)
