"""The small runs on which the tests of the trainer work, and how to compare two of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlib.comparison import Arm, Recorded
from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.datasets import Dataset, from_arrays
from nnlib.network import layer_names
from nnlib.training import Trainer

TASKS = ("binary", "multiclass", "regression")


def make_data(task: str = "multiclass", n: int = 50, noise: float = 0.5, seed: int = 3) -> Dataset:
    """Return a data set with 0.8·n training rows."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    signal = X @ [1.0, -2.0, 0.5] + rng.normal(0, noise, n)
    if task == "regression":
        return from_arrays(X, 100 + 20 * signal)
    return from_arrays(X, np.digitize(signal, [0] if task == "binary" else [-1, 1]))


DATA = {task: make_data(task) for task in TASKS}


def make_experiment(network: dict[str, Any] | None = None, **training: Any) -> Experiment:
    options: dict[str, Any] = {"batch_size": 16, "epochs": 4, "learning_rate": 0.02}
    return Experiment(
        NetworkConfig(**({"hidden": (6, 5), "activation": "tanh"} | (network or {}))),
        TrainingConfig(**(options | training)),
    )


FULL = make_experiment({"batch_norm": True, "dropout": 0.3}, l1=1e-3, l2=1e-3, clip_norm=0.5)
EXPLODING = make_experiment(
    {"activation": "relu"}, optimizer="sgd", learning_rate=100.0, epochs=100
)
"""A run that overflows within its first epochs, on regression data."""


def run(
    experiment: Experiment | Sequence[Experiment],
    task: str = "multiclass",
    steps: int = 12,
    **options: Any,
) -> Trainer:
    trainer = Trainer(experiment, DATA[task], **options)
    trainer.advance(steps=steps)
    return trainer


def assert_same_bits(a: Trainer, b: Trainer) -> None:
    np.testing.assert_array_equal(a.network.flat_parameters, b.network.flat_parameters)
    np.testing.assert_array_equal(a.network.flat_state, b.network.flat_state)
    assert a.history.names == b.history.names
    for name in a.history.names:
        np.testing.assert_array_equal(a.history.steps(name), b.history.steps(name))
        np.testing.assert_array_equal(a.history[name], b.history[name], err_msg=name)


def make_arm(
    losses: npt.ArrayLike,
    *,
    label: str = "a",
    rate: float = 0.1,
    layers: int = 1,
    guess: float = 1.0,
    steps: npt.ArrayLike | None = None,
    **more: npt.ArrayLike,
) -> Arm:
    """Return an arm with these training losses, (records, seeds), at steps 0, 1, 2, … or `steps`.

    A gradient norm is the loss times the layer's number; `more` are other series. A seed has
    diverged where its last loss is not finite.
    """
    values = np.asarray(losses, float)
    at = np.arange(len(values)) if steps is None else np.asarray(steps)
    norms = values[..., np.newaxis] * np.arange(1.0, layers + 1)
    series = {"train_loss": values, "gradient_norm": norms} | {
        name: np.asarray(other, float) for name, other in more.items()
    }
    experiment = Experiment(training=TrainingConfig(learning_rate=rate))
    return Arm(
        label,
        experiment,
        {name: Recorded(at, v) for name, v in series.items()},
        layer_names(layers),
        2,
        guess,
        ~np.isfinite(values[-1]),
    )
