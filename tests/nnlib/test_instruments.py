"""Instruments: every series recomputed from its definition, and when they are taken."""

from __future__ import annotations

import numpy as np
import pytest

from nnlib.activations import ACTIVATIONS
from nnlib.building import build_network
from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.datasets import from_arrays
from nnlib.instruments import Every, largest_derivative, standard_instruments
from nnlib.metrics import accuracy, r_squared
from nnlib.randomness import INITIALIZATION, generator
from nnlib.training import Trainer

PER_LAYER = ("gradient_norm", "signal_norm", "weight_norm", "update_ratio")
PER_HIDDEN = ("activation_mean", "activation_std", "dead_fraction", "saturated_fraction")
PER_RUN = ("batch_loss", "learning_rate", "effective_learning_rate")


def data(n: int = 40, classes: int = 2):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(n, 3))
    return from_arrays(X, rng.integers(classes, size=n))


def full_batch(network: NetworkConfig, **training) -> Experiment:
    settings = {"batch_size": 1000, "optimizer": "sgd", "learning_rate": 0.1, "epochs": 50}
    return Experiment(network, TrainingConfig(**(settings | training)))


def twin(trainer: Trainer):
    """Return the network as it was at step 0, with one forward and backward pass made."""
    d, config = trainer.data, trainer.experiment
    network = build_network(
        config.network,
        d.n_features,
        d.n_outputs,
        generator(config.training.seed, INITIALIZATION),
        dtype=np.float64,
    )
    x, targets = d.features("train").astype(np.float64), d.targets("train", np.float64)
    logits = network.forward(x, training=True)
    derivatives = [layer.derivative().copy() for layer in network.activation_layers]
    activations = [layer.a.copy() for layer in network.activation_layers]
    network.backward(trainer.loss.gradient(logits, targets))
    return network, activations, derivatives


def norms(arrays) -> list[float]:
    return [float(np.linalg.norm(array)) for array in arrays]


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu"])
def test_the_first_records_by_definition(activation, batch_norm):
    config = NetworkConfig(
        hidden=(8, 6), activation=activation, batch_norm=batch_norm, initializer_scale=2.0
    )
    trainer = Trainer(full_batch(config), data(), dtype=np.float64)
    trainer.advance(steps=1)
    network, activations, derivatives = twin(trainer)
    history, dense = trainer.history, network.dense_layers
    weights, gradients = [d.weight for d in dense], [d.weight_gradient for d in dense]
    top = largest_derivative(ACTIVATIONS[activation])
    expected = {
        "gradient_norm": norms(gradients),
        "signal_norm": norms(d.signal for d in dense),
        "weight_norm": norms(weights),
        "update_ratio": [
            0.1 * g / w for g, w in zip(norms(gradients), norms(weights), strict=True)
        ],
        "activation_mean": [a.mean() for a in activations],
        "activation_std": [a.std() for a in activations],
        "saturated_fraction": [(abs(f) < 0.1 * top).mean() for f in derivatives],
        "dead_fraction": [(abs(f) < 1e-6 * top).all(axis=0).mean() for f in derivatives],
        "learning_rate": 0.1,
        "effective_learning_rate": 0.1,
    }
    assert any(value > 0 for value in expected["saturated_fraction"])
    for name, values in expected.items():
        np.testing.assert_allclose(history[name][0], values, 1e-10, 1e-12, err_msg=name)


def test_series_and_their_shapes():
    trainer = Trainer(full_batch(NetworkConfig(hidden=(8, 6, 5))), data())
    trainer.advance(steps=3)
    history = trainer.history
    for name in PER_LAYER:
        assert history[name].shape == (3, 4)
        assert history.labels(name) == ("hidden 1", "hidden 2", "hidden 3", "output")
    for name in PER_HIDDEN:
        assert history[name].shape == (3, 3)
        assert len(history.labels(name)) == 3
    for name in (*PER_RUN, "train_loss", "val_loss", "train_accuracy", "val_accuracy"):
        assert history[name].ndim == 1
        assert history.labels(name) == ()
    assert {*PER_LAYER, *PER_HIDDEN, *PER_RUN} < set(history.names)
    assert all(history[name].dtype == np.float64 for name in history.names)


def test_a_network_without_hidden_layers_has_no_hidden_series():
    trainer = Trainer(full_batch(NetworkConfig(hidden=())), data())
    trainer.advance(steps=3)
    assert not set(PER_HIDDEN) & set(trainer.history.names)
    assert trainer.history["gradient_norm"].shape == (3, 1)


def test_gradient_norm_includes_the_penalty_and_precedes_clipping():
    config = NetworkConfig(hidden=(8,), activation="tanh")
    experiment = full_batch(config, l2=0.5, clip_norm=1e-3)
    trainer = Trainer(experiment, data(), dtype=np.float64)
    trainer.advance(steps=1)
    network, _, _ = twin(trainer)
    expected = norms(d.weight_gradient + 2 * 0.5 * d.weight for d in network.dense_layers)
    np.testing.assert_allclose(trainer.history["gradient_norm"][0], expected, rtol=1e-10)
    weight_norm = trainer.history["weight_norm"][0]
    assert (trainer.history["update_ratio"][0] <= 0.1 * 1e-3 / weight_norm * 1.001).all()


def test_batch_loss_is_the_loss_before_the_step():
    trainer = Trainer(full_batch(NetworkConfig(hidden=(8,))), data(), dtype=np.float64)
    first = trainer.evaluate("train")["loss"]
    trainer.advance(steps=1)
    assert trainer.history["batch_loss"][0] == pytest.approx(float(first), rel=1e-6)
    assert trainer.history["train_loss"][0] == pytest.approx(float(first), rel=1e-6)
    assert trainer.evaluate("train")["loss"] != pytest.approx(float(first), rel=1e-6)


def test_a_dead_relu_network_is_reported_dead():
    trainer = Trainer(full_batch(NetworkConfig(hidden=(8, 4))), data())
    trainer.network.parameters()["dense_1.bias"][0, :2] = -1e3
    trainer.network.parameters()["dense_2.bias"][...] = -1e3
    trainer.advance(steps=1)
    # With layer 2 dead, no signal gets through to layer 1, though its units are mostly alive.
    assert trainer.history["dead_fraction"][0, 1] == 1
    assert trainer.history["dead_fraction"][0, 0] == pytest.approx(2 / 8)
    assert trainer.history["signal_norm"][0, 0] == 0


def test_learning_rate_as_configured_and_as_in_effect():
    experiment = full_batch(NetworkConfig(hidden=(4,)), schedule="cosine", epochs=20)
    trainer = Trainer(experiment, data())
    trainer.advance(steps=20)
    steps = trainer.history.steps("effective_learning_rate")
    np.testing.assert_allclose(trainer.history["learning_rate"], 0.1)
    np.testing.assert_allclose(
        trainer.history["effective_learning_rate"], 0.05 * (1 + np.cos(np.pi * steps / 20))
    )


def test_cadence_is_dense_early_and_regular_later():
    cadence = Every(10)
    taken = [step for step in range(45) if cadence(step)]
    assert taken == [0, 1, 2, 4, 8, 10, 16, 20, 30, 32, 40]
    trainer = Trainer(
        full_batch(NetworkConfig(hidden=(4,))), data(), instruments=standard_instruments(10)
    )
    trainer.advance(steps=45)
    np.testing.assert_array_equal(trainer.history.steps("gradient_norm"), taken)


def test_own_instruments_replace_the_standard_ones():
    instruments = [r for r in standard_instruments(3) if r.name == "weight_norm"]
    trainer = Trainer(full_batch(NetworkConfig(hidden=(4,))), data(), instruments=instruments)
    trainer.advance(steps=7)
    np.testing.assert_array_equal(trainer.history.steps("weight_norm"), [0, 1, 2, 3, 4, 6])
    assert "gradient_norm" not in trainer.history


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_largest_derivative(name):
    expected = {"sigmoid": 0.25, "gelu": 1.1289, "silu": 1.0998, "selu": 1.7581}
    assert largest_derivative(ACTIVATIONS[name]) == pytest.approx(expected.get(name, 1), abs=2e-4)


# --- scores ---------------------------------------------------------------------------------------


def test_accuracy():
    logits = np.array([[2.0, 1, 0], [0, 1, 2], [0, 3, 0], [1, 0, 0]])
    targets = np.array([[1.0, 0, 0], [1, 0, 0], [0.2, 0.5, 0.3], [0, 0, 1]])
    assert accuracy(logits, targets) == 0.5
    stacked = accuracy(np.stack([logits, -logits]), targets)
    np.testing.assert_array_equal(stacked, [0.5, 0.25])


def test_binary_accuracy():
    logits, targets = np.array([[1.0], [-1], [2], [-3]]), np.array([[1.0], [1], [0.3], [0]])
    assert accuracy(logits, targets) == 0.5
    np.testing.assert_array_equal(accuracy(np.stack([logits, -logits]), targets), [0.5, 0.5])


def test_r_squared():
    targets = np.array([[1.0, 10], [2, 20], [3, 60]])
    assert r_squared(targets, targets) == 1
    assert r_squared(np.tile(targets.mean(axis=0), (3, 1)), targets) == pytest.approx(0)
    off = targets + [[1, 0], [0, 0], [0, 0]]
    np.testing.assert_allclose(
        r_squared(np.stack([off, targets]), targets), [1 - (1 / 2 + 0) / 2, 1]
    )
    assert np.isnan(r_squared(np.zeros((3, 1)), np.ones((3, 1))))
