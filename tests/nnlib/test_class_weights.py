"""Class weights: their sizes, exact gradients, stacks, and rare classes that are found."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from nnlib.building import build_network
from nnlib.class_weights import WeightedLoss, balanced_weights
from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.datasets import from_arrays
from nnlib.gradient_check import check_gradients
from nnlib.losses import LOSSES
from nnlib.training import Trainer, train

BINARY, SEVERAL = LOSSES["binary_crossentropy"], LOSSES["categorical_crossentropy"]


def codes(counts: list[int]) -> np.ndarray:
    return np.repeat(np.arange(len(counts)), counts)


@pytest.mark.parametrize("counts", [[90, 10], [70, 20, 10], [5, 5]])
def test_weights_are_those_of_scikit_learn(counts):
    y = codes(counts)
    targets = y[:, None].astype(float) if len(counts) == 2 else np.eye(len(counts))[y]
    weights = balanced_weights(targets)
    expected = compute_class_weight("balanced", classes=np.arange(len(counts)), y=y)
    np.testing.assert_allclose(weights, expected, rtol=1e-12)
    assert weights[y].mean() == pytest.approx(1)


def test_a_class_that_does_not_occur_has_no_weight():
    np.testing.assert_allclose(balanced_weights(np.eye(3)[[0, 0, 0, 2]]), [2 / 3, 0, 2])


def test_soft_targets_are_counted_by_their_probability():
    np.testing.assert_allclose(balanced_weights(np.array([[0.5], [0.0], [0.0], [0.5]])), [2 / 3, 2])


@pytest.mark.parametrize(("loss", "outputs"), [(BINARY, 1), (SEVERAL, 3)])
def test_the_value_is_the_weighted_mean(loss, outputs):
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(2, 6, outputs))  # of two replicas
    y = np.array([0, 0, 0, 1, 1, outputs - 1])
    targets = y[:, None].astype(float) if outputs == 1 else np.eye(outputs)[y]
    targets = np.broadcast_to(targets, logits.shape)
    if outputs == 1:
        y, targets = (y > 0).astype(int), (targets > 0).astype(float)
    weights = np.arange(1.0, 1 + max(outputs, 2))
    each = np.array([[loss.value(z[None], t[None]) for z, t in zip(*pair, strict=True)]
                     for pair in zip(logits, targets, strict=True)])  # fmt: skip
    expected = (each * weights[y]).mean(axis=1)
    np.testing.assert_allclose(WeightedLoss(loss, weights).value(logits, targets), expected)
    ones = WeightedLoss(loss, np.ones_like(weights))
    np.testing.assert_allclose(ones.value(logits, targets), loss.value(logits, targets))


@pytest.mark.parametrize("lead", [(), (3,)])
@pytest.mark.parametrize(("loss", "outputs"), [(BINARY, 1), (SEVERAL, 4)])
@pytest.mark.parametrize("soft", [False, True])
def test_the_gradient_is_exact(lead, loss, outputs, soft):
    rng = np.random.default_rng(1)
    config = NetworkConfig(hidden=(6, 5), activation="tanh", batch_norm=True)
    network = build_network(config, 3, outputs, rng, lead=lead)
    x = rng.normal(size=(12, 3))
    if outputs == 1:
        targets = rng.random((12, 1)) if soft else rng.integers(0, 2, (12, 1)).astype(float)
    else:
        y = rng.integers(0, outputs, 12)
        targets = rng.dirichlet(np.ones(outputs), 12) if soft else np.eye(outputs)[y]
    weighted = WeightedLoss(loss, np.array([0.5, 3.0, 1.0, 7.0])[: max(outputs, 2)])
    assert check_gradients(network, weighted, x, targets) < 1e-6


def test_the_best_constant_gives_each_class_its_weight():
    targets = np.eye(3)[codes([6, 3, 1])]
    weighted = WeightedLoss(SEVERAL, balanced_weights(targets))
    probabilities = SEVERAL.predict(weighted.best_constant(targets))
    np.testing.assert_allclose(probabilities, np.full((1, 3), 1 / 3), rtol=1e-12)


def rare(n: int = 1000, share: float = 0.05):
    """Return two overlapping classes, one of them rare."""
    rng = np.random.default_rng(3)
    y = (np.arange(n) < share * n).astype(int)
    return from_arrays(rng.normal(size=(n, 2)) + 1.2 * y[:, None], y, class_names=["well", "sick"])


EXPERIMENT = Experiment(NetworkConfig(hidden=()), TrainingConfig(epochs=20, learning_rate=0.05))


def test_balanced_weights_find_the_rare_class():
    data = rare()
    found = {}
    for weight in ("none", "balanced"):
        trainer = train(EXPERIMENT.with_training(class_weight=weight), data)
        sick = data.features("train")[data.labels("train") == 1]
        found[weight] = (trainer.predict(sick) == 1).mean()
    assert found["none"] < 0.3
    assert found["balanced"] > 0.6


def test_off_by_default_and_then_not_a_bit_differs():
    data = rare(200)
    plain = train(EXPERIMENT, data)
    assert plain.experiment.training.class_weight == "none"
    assert "_minimized" in vars(plain) and plain._minimized is plain.loss


def test_a_stack_is_weighted_as_its_replicas_are():
    data = rare(200)
    seeds = [EXPERIMENT.with_training(class_weight="balanced", seed=seed) for seed in (0, 1)]
    stacked = Trainer(seeds, data, dtype=np.float64)
    stacked.advance(steps=25)
    for replica, experiment in enumerate(seeds):
        single = Trainer(experiment, data, dtype=np.float64)
        single.advance(steps=25)
        np.testing.assert_allclose(
            stacked.network.flat_parameters[replica], single.network.flat_parameters, rtol=1e-9
        )
    with pytest.raises(ValueError, match="must agree"):
        Trainer([EXPERIMENT, seeds[0]], data)


def test_a_quantity_has_no_classes_to_weigh():
    rng = np.random.default_rng(0)
    data = from_arrays(rng.normal(size=(60, 2)), rng.normal(size=60))
    plain, weighted = (
        train(EXPERIMENT.with_training(class_weight=weight), data)
        for weight in ("none", "balanced")
    )
    np.testing.assert_array_equal(plain.network.flat_parameters, weighted.network.flat_parameters)


def test_other_weights_are_refused():
    with pytest.raises(ValueError, match="class_weight must be one of none, balanced"):
        TrainingConfig(class_weight="heavy")
