"""Loshchilov & Hutter 2019: decoupled, the best decay depends less on the learning rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.papers.paper import Band, Curve, Floats, Measured, Paper, Picture, Progress, Work
from nnlib.papers.runs import errors, mnist

WORK = Work(
    "Loshchilov, I., Hutter, F.",
    2019,
    "Decoupled weight decay regularization",
    "ICLR; arXiv:1711.05101",
    "https://arxiv.org/abs/1711.05101",
)
SPACING = 4.0
"""Neighbors among the rates, and among the decays, differ by this factor."""


class Rule(NamedTuple):
    """How weights are made small: optimizer, smallest rate and decay, and the decay's setting."""

    optimizer: str
    slowest: float
    weakest: float
    settings: Callable[[float, float], dict[str, float]]


def _penalty(rate: float, strength: float) -> dict[str, float]:
    return {"l2": strength / 2}  # the paper's penalty is strength/2 · |w|²


RULES = {
    # Plain SGD with the penalty λ/η shrinks the weights by λ in each step (proposition 1).
    "SGD, decoupled": Rule("sgd", 0.05, 1e-4, lambda rate, decay: _penalty(rate, decay / rate)),
    "SGD + L2": Rule("sgd", 0.05, 5e-4, _penalty),
    # The paper's decay is that of a step; that of our AdamW is multiplied by the rate.
    "AdamW": Rule("adamw", 0.00125, 1e-4, lambda rate, decay: {"weight_decay": decay / rate}),
    "Adam + L2": Rule("adam", 0.00125, 5e-4, _penalty),
}


def measure(
    rng: np.random.Generator,
    progress: Progress,
    *,
    images: int = 1000,
    held_out: int = 4000,
    width: int = 64,
    layers: int = 3,
    epochs: int = 100,
    rates: int = 4,
    decays: int = 6,
) -> Measured:
    """Train by each rule at every rate with every decay, and find the best decay of each rate."""
    data, seed = mnist(images, held_out, rng), int(rng.integers(2**31))
    base = Experiment(
        NetworkConfig((width,) * layers, "relu", "he_normal", batch_norm=True),
        TrainingConfig(batch_size=50, epochs=epochs, schedule="cosine", seed=seed),
    )
    grids = {name: _grid(rule, rates, decays) for name, rule in RULES.items()}
    experiments = [
        base.with_training(
            optimizer=rule.optimizer, learning_rate=rate, **rule.settings(rate, decay)
        )
        for rule, (x, y) in zip(RULES.values(), grids.values(), strict=True)
        for rate in x
        for decay in y
    ]
    found = errors(experiments, data, progress).reshape(len(RULES), rates, decays)
    curves = tuple(
        Curve(name, x, y[missed.argmin(axis=1)])
        for (name, (x, y)), missed in zip(grids.items(), found, strict=True)
    )
    picture = Picture(
        "The best decay at each learning rate",
        "learning rate",
        "decay of a step, or penalty",
        curves,
        log_x=True,
        log_y=True,
    )
    least = dict(zip(RULES, found.min(axis=(1, 2)), strict=True))
    powers = (power_of(curve.x, curve.y) for curve in curves)
    return Measured((*powers, float(least["AdamW"] / least["Adam + L2"])), picture)


def _grid(rule: Rule, rates: int, decays: int) -> tuple[Floats, Floats]:
    """Return the rates, shape (rates,), and the decays, shape (decays,)."""
    steps = np.arange(max(rates, decays), dtype=np.float64)
    powers: Floats = SPACING**steps
    return rule.slowest * powers[:rates], rule.weakest * powers[:decays]


def power_of(x: Floats, y: Floats) -> float:
    """Return with which power of x, both of shape (n,), y goes: the slope of the logarithms."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


_POWER = "the best decay goes as the rate to the power"
PAPER = Paper(
    name="decoupled_decay",
    title="Decoupled, the best weight decay hardly depends on the rate",
    work=WORK,
    claim="A penalty in the loss and decay of the weights apart from the gradient are the same "
    "for plain SGD, with other numbers, but not for Adam. Decoupled from the gradient, the best "
    "decay depends much less on the learning rate, both for SGD and for Adam (figure 2), and Adam "
    "makes about 15 % fewer errors on images that it has not seen than with the penalty.",
    scaled="Three layers of 64 ReLU units with batch normalization on 1,000 images of MNIST "
    "instead of a residual network with it on CIFAR-10; 100 epochs and a rate that falls along a "
    "cosine, as in the paper, with minibatches of 50; SGD without momentum; four rates and six "
    "decays that differ by a factor of 4, one seed of each, 4,000 images held out.",
    expect="The lines of the decoupled rules are flat, those of the penalty fall.",
    bands=(
        Band(
            f"SGD, decoupled: {_POWER}",
            -0.5,
            0.5,
            "The decoupled decay is to be nearer to independent of the rate, a power of 0, than to "
            "going with it or against it.",
        ),
        Band(
            f"SGD + L2: {_POWER}",
            -1.5,
            -0.5,
            "Where the best decay of a step is the same at all rates, the best penalty is that "
            "over the rate, a power of −1 (proposition 1).",
        ),
        Band(f"AdamW: {_POWER}", -0.5, 0.5, "As for SGD."),
        Band(
            f"Adam + L2: {_POWER}",
            -np.inf,
            -0.5,
            "The paper calls them coupled, as for SGD, without a number.",
        ),
        Band(
            "Least error of AdamW over that of Adam + L2",
            0.0,
            0.9,
            "The paper's errors have the ratio 0.85; a tenth less is the least that is beyond the "
            "noise of 4,000 images, about 5 % of the ratio.",
        ),
    ),
    measure=measure,
    if_not="The best of six decays is known to a factor of 4 at best, and to less where the error "
    "hardly depends on it. And with the penalty, from which Adam gained nothing in the paper, it "
    "gains nearly as much here at its smaller rates as AdamW does.",
    page="sweeps",
    differs="AdamW alone, whose decay is given as in PyTorch, before it is multiplied by "
    "the rate, and a grid with other steps.",
    values={
        "knobs": ("learning_rate", "weight_decay"),
        "learning_rate_range": (0.001, 0.1),
        "weight_decay_range": (0.001, 100.0),
        "sampler": "grid",
        "objective": "val_score",
        "budget": 40,
        "sweep_seeds": 1,
        "data": "mnist_5k",
        "mnist_5k_train_fraction": 0.2,
        "layers": 3,
        **{f"units_{layer}": 64 for layer in (1, 2, 3)},
        "activation": "relu",
        "initializer": "he_normal",
        "batch_norm": True,
        "optimizer": "adamw",
        "schedule": "cosine",
        "batch_size": 50,
        "epochs": 100,
    },
    seconds=30,
)
