"""Lu et al. 2019: deep and narrow ReLU networks end as constants on |x|."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from nnlib import datasets
from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.datasets.dataset import Dataset
from nnlib.labs.born_dead import lower_bound
from nnlib.network import Network
from nnlib.papers.paper import Band, Curve, Floats, Measured, Paper, Picture, Progress, Work
from nnlib.papers.runs import part, stack, train, with_seeds
from nnlib.proportions import wilson_interval

Bools = npt.NDArray[np.bool_]
HIDDEN = 9
CONSTANT = 0.01
"""Of the target's deviation: below it the output counts as constant."""
WORK = Work(
    "Lu, L., Shin, Y., Su, Y., Karniadakis, G. E.",
    2019,
    "Dying ReLU and initialization: theory and numerical examples",
    "arXiv:1903.06733; Communications in Computational Physics 28(5), 1671–1706 (2020)",
    "https://arxiv.org/abs/1903.06733",
)


def measure(
    rng: np.random.Generator,
    progress: Progress,
    *,
    widths: Sequence[int] = (2, 3, 4, 6, 8),
    networks: int = 200,
    epochs: int = 128,
) -> Measured:
    """Train networks of each width on |x| and count those that end constant somewhere."""
    data = datasets.load("absolute_value", n_samples=200, seed=int(rng.integers(2**31)))
    counts, whole = [], []
    for i, width in enumerate(widths):
        experiment = Experiment(
            NetworkConfig((width,) * HIDDEN, "relu", "he_normal"),
            TrainingConfig("adam", 0.01, batch_size=32, epochs=epochs),
        )
        trainer = stack(with_seeds(experiment, rng, networks), data)
        train(trainer, part(progress, i, len(widths)))
        left, right = constant_sides(trainer.network, data)
        counts.append(int((left | right).sum()))
        whole.append(int((left & right).sum()))
    x = np.array(widths, float)
    curves = (
        _shares("constant for x < 0, x > 0 or both", x, counts, networks),
        _shares("constant everywhere", x, whole, networks),
        Curve("dead at the start (a lower bound)", x, _born_dead(widths)),
    )
    picture = Picture(
        "Networks that end constant, by width", "units of a layer", "share of networks", curves
    )
    return Measured((counts[0] / networks, whole[-1] / networks), picture)


def constant_sides(network: Network, data: Dataset) -> tuple[Bools, Bools]:
    """Say of each network whether it is constant for x < 0 and for x > 0, shape (R,) each."""
    x = np.sort(data.X_train, axis=0)
    output, limit = network.predict_logits(x)[..., 0], CONSTANT * float(data.y_train.std())
    negative = x[:, 0] < 0
    sides = (output[..., negative], output[..., ~negative])
    left, right = (~(side.std(axis=-1) >= limit) for side in sides)
    return left, right


def _shares(name: str, x: Floats, counts: Sequence[int], networks: int) -> Curve:
    low, high = wilson_interval(counts, networks)
    return Curve(name, x, np.array(counts) / networks, low, high)


def _born_dead(widths: Sequence[int]) -> Floats:
    return np.array([lower_bound(width, HIDDEN)[-1] for width in widths])


PAPER = Paper(
    name="dying_relu",
    title="Deep, narrow ReLU networks end as constants",
    work=WORK,
    claim="A ReLU network of ten layers with two units each can represent |x| exactly, and yet "
    "more than 90 % of the networks that are trained from random weights collapse: they end as the "
    "mean of the target, everywhere or on a part of the inputs. A deep ReLU network is dead from "
    "the start with a probability that grows with depth and falls with width.",
    scaled="200 networks of each width, 160 points, 640 steps of Adam at 0.01 with minibatches of "
    "32. Ten layers are nine hidden ones and the output. A network counts as collapsed where its "
    "output varies by less than 1 % of the target's deviation for x < 0, for x > 0, or for both.",
    expect="Nearly every network of width 2 ends constant, hardly one of width 8.",
    bands=(
        Band(
            "Width 2: collapsed networks",
            0.9,
            1.0,
            "The paper says more than 90 %.",
            percent=True,
        ),
        Band(
            "Width 8: constant everywhere",
            0.0,
            0.1,
            "The chance to be dead from the start is at most 1 - (1 - 2⁻⁸)⁸ = 3 %; twice the "
            "deviation of a share of 200 networks, and what dies in training, are added.",
            percent=True,
        ),
    ),
    measure=measure,
    if_not="How many half-dead networks come back to life, and how many others die, in training "
    "depends on the optimizer, its rate and the number of steps.",
    page="luck",
    differs="Networks of width 2; constant are those that are so for all x.",
    values={
        "data": "absolute_value",
        "absolute_value_n_samples": 200,
        "layers": HIDDEN,
        **{f"units_{i + 1}": 2 for i in range(HIDDEN)},
        "activation": "relu",
        "initializer": "he_normal",
        "optimizer": "adam",
        "learning_rate": 0.01,
        "batch_size": 32,
        "epochs": 128,
        "luck_seeds": 200,
    },
    seconds=8,
)
