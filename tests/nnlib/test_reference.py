"""Whole training trajectories, number by number, against PyTorch.

``reference/make_reference.py`` trained the same small network from the same weights on the same
batches with torch, and kept the parameters of a few of its 20 steps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference import load_reference

from nnlib._array import l2_norm
from nnlib.activations import ACTIVATIONS
from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.datasets import Dataset
from nnlib.layers import ActivationLayer, BatchNorm, Dense, Layer
from nnlib.losses import LOSSES
from nnlib.network import Network
from nnlib.optimizers import OPTIMIZERS, make_optimizer
from nnlib.regularizers import add_penalty_gradient, clip_by_norm, clip_by_value
from nnlib.training import Trainer

TRAJECTORIES = sorted(load_reference()["trajectories"])
TOLERANCE = 1e-9


def make_network(settings: dict[str, Any], lead: tuple[int, ...]) -> Network:
    """Return the small network with the reference's initial weights."""
    sizes = load_reference()["sizes"]
    layers: list[Layer] = []
    for fan_in, fan_out in zip(sizes[:-2], sizes[1:-1], strict=True):
        layers.append(Dense(fan_in, fan_out, bias=not settings["batch_norm"]))
        if settings["batch_norm"]:
            layers.append(BatchNorm(fan_out))
        layers.append(ActivationLayer(ACTIVATIONS[settings["activation"]]))
    network = Network([*layers, Dense(*sizes[-2:])], lead, np.float64)
    initial = load_reference()["initial"]["batch_norm" if settings["batch_norm"] else "plain"]
    parameters = network.parameters()
    assert list(parameters) == list(initial)
    for name, value in initial.items():
        parameters[name][...] = value
    for name, value in network.state().items():
        value[...] = name.endswith("running_var")
    return network


def learning_rate(settings: dict[str, Any], step: int, total: int) -> float:
    rate = settings["learning_rate"]
    if settings["schedule"] == "cosine":
        return float(rate * (1 + np.cos(np.pi * step / total)) / 2)
    assert settings["schedule"] == "constant"
    return float(rate)


def assert_equal_parameters(network: Network, expected: dict[str, Any], label: str) -> None:
    for name, value in network.parameters().items():
        wanted = np.broadcast_to(np.array(expected[name]), value.shape)
        np.testing.assert_allclose(value, wanted, TOLERANCE, TOLERANCE, err_msg=f"{label} {name}")


@pytest.mark.parametrize("lead", [(), (2,)], ids=["single", "stacked"])
@pytest.mark.parametrize("name", TRAJECTORIES)
def test_trajectory(name: str, lead: tuple[int, ...]) -> None:
    reference = load_reference()
    run = reference["trajectories"][name]
    settings, batches = run["settings"], reference["data"]["batches"]
    X = np.array(reference["data"]["X"])
    targets = np.array(reference["data"][settings["loss"]])
    network, loss = make_network(settings, lead), LOSSES[settings["loss"]]
    optimizer = make_optimizer(
        settings["optimizer"],
        network.flat_parameters.shape,
        np.float64,
        momentum=0.9,
        weight_decay=0.01,
        decay_mask=network.weight_mask(),
    )
    kept = {entry["step"]: entry["parameters"] for entry in run["kept"]}
    for step, batch in enumerate(batches):
        rows = slice(None) if settings["full_batch"] else batch
        logits = network.forward(X[rows], training=True)
        np.testing.assert_allclose(
            loss.value(logits, targets[rows]), run["batch_loss"][step], TOLERANCE
        )
        network.backward(loss.gradient(logits, targets[rows]))
        apply_rules(network, settings, run, step)
        rate = learning_rate(settings, step, len(batches))
        network.flat_parameters += optimizer.update(
            network.flat_parameters, network.flat_gradients, rate
        )
        if step + 1 in kept:
            assert_equal_parameters(network, kept[step + 1], f"step {step + 1}")
    logits = network.forward(X)
    np.testing.assert_allclose(
        logits, np.broadcast_to(run["eval_logits"], logits.shape), TOLERANCE, TOLERANCE
    )
    for key, value in network.state().items():
        wanted = np.broadcast_to(run["state"][key], value.shape)
        np.testing.assert_allclose(value, wanted, TOLERANCE, TOLERANCE, err_msg=key)


def apply_rules(network: Network, settings: dict[str, Any], run: dict, step: int) -> None:
    """Add the penalty's gradient and clip, in the order in which torch did."""
    gradients, parameters = network.gradients(), network.parameters()
    for dense in network.dense_layers:
        weight = f"{dense.name}.weight"
        add_penalty_gradient(gradients[weight], parameters[weight], settings["l1"], settings["l2"])
    if settings["clip_norm"]:
        norms = run["gradient_norm_before_clipping"]
        np.testing.assert_allclose(l2_norm(network.flat_gradients), norms[step], TOLERANCE)
        clip_by_norm(network.flat_gradients, settings["clip_norm"])
    if settings["clip_value"]:
        clip_by_value(network.flat_gradients, settings["clip_value"])


class GivenMinibatches:
    """Hands the trainer the reference's batches in place of its own shuffle."""

    def __init__(self, batches: list[list[int]], data: Dataset) -> None:
        self.per_epoch, self.size = 1, len(batches[0])
        x, targets = data.features("train"), data.targets("train", np.float64)
        self._batches = [(x[batch], targets[batch]) for batch in batches]

    def next(self) -> tuple[np.ndarray, np.ndarray]:
        return self._batches.pop(0)


def make_trainer(run: dict[str, Any], lead: tuple[int, ...]) -> Trainer:
    """Return a trainer that starts from the reference's weights and sees its batches."""
    reference, settings = load_reference(), run["settings"]
    X, y = (np.array(reference["data"][name]) for name in ("X", settings["loss"]))
    regression = settings["loss"] == "mean_squared_error"
    data = Dataset(
        name="reference",
        task="regression" if regression else "multiclass",
        X_train=X, X_val=X, X_test=X,
        y_train=y, y_val=y, y_test=y,
        feature_names=("a", "b", "c", "d"),
        class_names=() if regression else ("0", "1", "2"),
        target_names=("0", "1", "2") if regression else ("class",),
        target_mean=np.zeros(3), target_scale=np.ones(3),
    )  # fmt: skip
    network = NetworkConfig(
        hidden=tuple(reference["sizes"][1:-1]),
        activation=settings["activation"],
        batch_norm=settings["batch_norm"],
    )
    names = ("optimizer", "learning_rate", "schedule", "l1", "l2", "clip_norm", "clip_value")
    training = TrainingConfig(epochs=20, **{name: settings[name] for name in names})
    experiment = Experiment(network, training)
    batches = reference["data"]["batches"]
    if settings["full_batch"]:
        batches = [list(range(len(X)))] * len(batches)
    trainer = Trainer(
        [experiment] * lead[0] if lead else experiment,
        data,
        dtype=np.float64,
        minibatches=GivenMinibatches(batches, data),
    )
    for name, value in make_network(settings, ()).parameters().items():
        trainer.network.parameters()[name][...] = value
    return trainer


@pytest.mark.parametrize("lead", [(), (2,)], ids=["single", "stacked"])
@pytest.mark.parametrize("name", [n for n in TRAJECTORIES if n != "loss_binary_crossentropy"])
def test_the_trainer_follows_the_same_trajectory(name: str, lead: tuple[int, ...]) -> None:
    # The same numbers once more through the real loop: the order of its rules is what is tested.
    run = load_reference()["trajectories"][name]
    trainer = make_trainer(run, lead)
    for entry in run["kept"]:
        trainer.advance(steps=entry["step"] - trainer.step)
        assert_equal_parameters(trainer.network, entry["parameters"], f"step {entry['step']}")


def test_the_reference_is_the_one_that_was_meant() -> None:
    reference = load_reference()
    assert reference["versions"]["torch"].startswith("2.13.0")
    assert set(OPTIMIZERS) >= {
        name.removeprefix("optimizer_") for name in TRAJECTORIES if name.startswith("optimizer_")
    }
    assert [len(batch) for batch in reference["data"]["batches"][:3]] == [8, 8, 4]
