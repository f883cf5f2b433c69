"""Saxe et al. 2014: orthogonal weights make the learning time of linear networks depthless."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.datasets.dataset import Dataset
from nnlib.instruments.batch_loss import INSTRUMENT as BATCH_LOSS
from nnlib.instruments.instrument import Every
from nnlib.papers.paper import Band, Curve, Floats, Measured, Paper, Picture, Progress, Work
from nnlib.papers.runs import digits, part
from nnlib.training import Trainer

WORK = Work(
    "Saxe, A. M., McClelland, J. L., Ganguli, S.",
    2014,
    "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks",
    "ICLR; arXiv:1312.6120",
    "https://arxiv.org/abs/1312.6120",
)
RULES = {"orthogonal": "orthogonal", "Gaussian": "lecun_normal"}
SPACING = 2**0.5
"""Neighboring learning rates differ by this factor."""
LEARNED = 0.5
"""Of what a guess costs: the loss at which the steps are counted."""


def measure(
    rng: np.random.Generator,
    progress: Progress,
    *,
    depths: Sequence[int] = (4, 8, 16, 32),
    rates: int = 10,
    images: int = 120,
    most: int = 300,
) -> Measured:
    """Count the steps of full-batch descent to half of a guess, at the best of many rates."""
    data, seed = digits(images, rng, regression=True), int(rng.integers(2**31))
    found = np.array(
        [
            _steps(data, depth, rates, most, seed, part(progress, i, len(depths)))
            for i, depth in enumerate(depths)
        ]
    )
    x = np.array(depths, float)
    picture = Picture(
        "Steps to learn at the best learning rate",
        "hidden layers",
        "steps",
        tuple(Curve(name, x, steps) for name, steps in zip(RULES, found.T, strict=True)),
        log_x=True,
        log_y=True,
    )
    with np.errstate(invalid="ignore"):  # none of the rates got there at either depth
        ratios = found[-1] / found[0]
    return Measured((float(ratios[0]), float(ratios[1])), picture)


def _steps(
    data: Dataset, depth: int, rates: int, most: int, seed: int, progress: Progress
) -> Floats:
    """Return the fewest steps of each rule over the rates, shape (rules,); infinite for none."""
    network = NetworkConfig((data.n_features,) * depth, "linear")
    top = 4 / depth  # the largest stable rate falls with the number of factors
    replicas = [
        Experiment(
            network,
            TrainingConfig(
                "sgd", top / SPACING**i, batch_size=len(data.X_train), epochs=most, seed=seed
            ),
        ).with_network(initializer=rule)
        for rule in RULES.values()
        for i in range(rates)
    ]
    loss = replace(BATCH_LOSS, cadence=Every(1))
    trainer = Trainer(replicas, data, instruments=(loss,), evaluations=False)
    goal = LEARNED * trainer.guesses["train"].loss
    first = np.full(len(replicas), np.inf)
    while not (trainer.done or np.isfinite(first).reshape(len(RULES), -1).any(axis=1).all()):
        before = trainer.step
        trainer.advance(steps=1)  # records the loss ahead of the step
        learned = trainer.history["batch_loss"][-1] <= goal
        first[learned & np.isinf(first)] = before
        progress(trainer.step / most)
    progress(1.0)
    return np.asarray(first.reshape(len(RULES), -1).min(axis=1))


PAPER = Paper(
    name="orthogonal",
    title="Orthogonal weights: depth does not slow a linear network",
    work=WORK,
    claim="A deep linear network with random orthogonal initial weights needs about as many steps "
    "as a shallow one, each at its best learning rate; with random Gaussian weights of the right "
    "scale it needs more, the deeper it is.",
    scaled="4, 8, 16 and 32 hidden layers instead of up to 100; 108 digits of 8×8 pixels instead "
    "of MNIST; full-batch gradient descent on the squared error, at ten rates that differ by √2, "
    "the first 4 over the depth. Counted are the steps to half of what a guess costs.",
    expect="The orthogonal line is flat; the Gaussian one rises.",
    bands=(
        Band(
            "Orthogonal: steps at the largest depth over those at the smallest",
            1 / 1.5,
            1.5,
            "The paper says independent, a ratio of 1; the rates tried differ by 1.41, and so can "
            "the steps.",
        ),
        Band(
            "Gaussian: steps at the largest depth over those at the smallest",
            2.0,
            np.inf,
            "Slower by more than the rates tried can explain, 1.41 for each of the two depths.",
        ),
    ),
    measure=measure,
    if_not="The theory is about whitened inputs and learning that is slow against the steps. The "
    "digits are not whitened, and at the best rate a few dozen large steps are enough, in which "
    "deep networks can even be the faster ones.",
    page="classification",
    differs="All the digits, in minibatches, and the cross-entropy.",
    values={
        "data": "digits",
        "layers": 16,
        **{f"units_{i + 1}": 64 for i in range(16)},
        "activation": "linear",
        "initializer": "orthogonal",
        "optimizer": "sgd",
        "learning_rate": 0.02,
        "epochs": 32,
    },
    seconds=8,
)
