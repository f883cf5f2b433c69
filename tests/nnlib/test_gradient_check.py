"""Back-propagation against central differences, for every combination that can be built."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from nnlib.activations import ACTIVATIONS, Activation
from nnlib.building import build_network
from nnlib.config import NetworkConfig
from nnlib.gradient_check import check_gradients
from nnlib.layers import ActivationLayer, BatchNorm, Dense, Dropout
from nnlib.losses import LOSSES, MeanSquaredError
from nnlib.network import Network
from nnlib.randomness import Streams

VARIANTS = {
    "plain": ({}, {}),
    "batch_norm": ({"batch_norm": True}, {}),
    "batch_norm_after": ({"batch_norm": True, "batch_norm_after": True}, {}),
    "batch_norm_noise": ({"batch_norm": True, "batch_norm_noise": 0.5}, {}),
    "dropout": ({"dropout": 0.4}, {}),
    "l1": ({}, {"l1": 0.03}),
    "l2": ({}, {"l2": 0.05}),
    "elastic": ({}, {"l1": 0.03, "l2": 0.05}),
    "skip": ({"hidden": (4, 4, 4), "skip": True}, {}),
    "skip_scaled": ({"hidden": (4, 4, 4), "skip": True, "skip_scaled": True}, {}),
    "all": (
        {"hidden": (5, 4, 4), "batch_norm": True, "dropout": 0.4, "skip": True},
        {"l1": 0.03, "l2": 0.05},
    ),
}
LEADS = {"single": (), "stacked": (2,)}
TOLERANCE = 1e-6


def batch(loss: str, n: int = 7, inputs: int = 3, outputs: int = 2):
    rng = np.random.default_rng(21)
    x = rng.normal(size=(n, inputs))
    if loss == "mean_squared_error":
        return x, rng.normal(size=(n, outputs))
    if loss == "binary_crossentropy":
        return x, rng.uniform(size=(n, outputs))
    return x, rng.dirichlet(np.ones(outputs), size=n)


def network_of(lead: tuple[int, ...] = (), seed: int = 1, **config) -> Network:
    """Return a small network whose biases, scales and shifts are not at their special values."""
    rng = np.random.default_rng(seed)
    settings = NetworkConfig(**({"hidden": (5, 4), "initializer": "glorot_normal"} | config))
    network = build_network(settings, 3, 2, rng, lead=lead)
    network.flat_parameters += rng.normal(0, 0.3, network.flat_parameters.shape)
    return network


@pytest.mark.parametrize("lead", LEADS.values(), ids=LEADS)
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients(activation, loss, variant, lead):
    config, penalties = VARIANTS[variant]
    network = network_of(lead, activation=activation, **config)
    x, targets = batch(loss)
    assert check_gradients(network, LOSSES[loss], x, targets, **penalties) < TOLERANCE


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_with_inputs_and_targets_for_each_replica(loss):
    network = network_of((2, 2), activation="gelu", batch_norm=True)
    x, targets = batch(loss, n=4 * 6)
    x, targets = x.reshape(2, 2, 6, 3), targets.reshape(2, 2, 6, 2)
    assert check_gradients(network, LOSSES[loss], x, targets) < TOLERANCE


@pytest.mark.parametrize("hidden", [(), (6,), (3, 3, 3, 3)])
def test_gradients_at_other_depths(hidden):
    network = network_of(hidden=hidden, activation="silu")
    x, targets = batch("categorical_crossentropy")
    assert check_gradients(network, LOSSES["categorical_crossentropy"], x, targets) < TOLERANCE


def test_gradients_of_a_batch_of_one_with_batch_norm():
    # The output of batch normalization is constant there; everything below it gets no gradient.
    network = network_of(batch_norm=True, activation="tanh")
    x, targets = batch("mean_squared_error", n=1)
    assert check_gradients(network, LOSSES["mean_squared_error"], x, targets) < TOLERANCE


@pytest.mark.parametrize("training", [True, False])
def test_gradient_of_the_input(training):
    # check_gradients looks at parameters only; the input gradient has to be right as well.
    network = network_of(batch_norm=True, activation="gelu")
    network.flat_state[...] = 1.3
    x, targets = batch("mean_squared_error")
    loss = LOSSES["mean_squared_error"]
    logits = network.forward(x, training=training)
    gradient = network.backward(loss.gradient(logits, targets)).copy()
    direction, step = np.random.default_rng(0).normal(size=x.shape), 1e-5
    above = loss.value(network.forward(x + step * direction, training=training), targets)
    below = loss.value(network.forward(x - step * direction, training=training), targets)
    slope = (above - below) / (2 * step)
    assert np.vdot(gradient, direction) == pytest.approx(float(slope), rel=1e-7)


# --- it notices mistakes --------------------------------------------------------------------------


class HalvedBias(Dense):
    def backward(self, gradient):
        result = super().backward(gradient)
        self.bias_gradient *= 0.5
        return result


class ForgottenMean(BatchNorm):
    def backward(self, gradient):
        self._training = False  # as if the batch statistics did not depend on the batch
        return super().backward(gradient)


class ForgottenMask(Dropout):
    def backward(self, gradient):
        return gradient


@dataclass(frozen=True)
class SlightlyWrong(Activation):
    name = "slightly_wrong"

    def value(self, z, out=None):
        return np.tanh(z, out=out)

    def derivative(self, z, out=None):
        return np.multiply(1 - np.tanh(z) ** 2, 1.001, out=out)


class SummedLoss(MeanSquaredError):
    def gradient(self, logits, targets, out=None):
        return super().gradient(logits, targets, out) * len(logits)


def error_of(*hidden, loss=LOSSES["mean_squared_error"], lead=(), **penalties) -> float:
    network = Network([*hidden, Dense(4, 2)], lead, np.float64)
    network.flat_parameters[...] = np.random.default_rng(3).normal(
        size=network.flat_parameters.shape
    )
    return check_gradients(network, loss, *batch("mean_squared_error"), **penalties)


def test_correct_layers_pass_the_same_harness():
    tanh = ActivationLayer(ACTIVATIONS["tanh"])
    dropout = Dropout(0.5, Streams([np.random.default_rng(0)]))
    assert error_of(Dense(3, 4), BatchNorm(4), tanh, dropout) < TOLERANCE


@pytest.mark.parametrize("lead", LEADS.values(), ids=LEADS)
@pytest.mark.parametrize(
    ("make", "at_least"),
    [
        (lambda: [HalvedBias(3, 4)], 0.3),
        (lambda: [Dense(3, 4), ForgottenMean(4)], 0.1),
        (
            lambda: [Dense(3, 4), ForgottenMask(0.5, Streams([np.random.default_rng(0)]))],
            0.1,
        ),
        (lambda: [Dense(3, 4), ActivationLayer(SlightlyWrong())], 1e-4),
    ],
    ids=["bias", "batch_norm", "dropout", "activation"],
)
def test_a_wrong_backward_pass_is_noticed(make, at_least, lead):
    assert error_of(*make(), lead=lead) > at_least


def test_a_wrong_loss_gradient_is_noticed():
    assert error_of(Dense(3, 4), loss=SummedLoss()) > 0.5


def test_an_error_in_one_of_many_replicas_is_noticed():
    class OneReplica(Dense):
        def backward(self, gradient):
            result = super().backward(gradient)
            self.weight_gradient[2] *= 1.01
            return result

    assert error_of(OneReplica(3, 4), lead=(4,)) > 1e-3


# --- how it behaves -------------------------------------------------------------------------------


def test_it_leaves_the_network_as_it_was():
    network = network_of(batch_norm=True, dropout=0.4)
    network.flat_state[...] = 1.7
    parameters, state = network.flat_parameters.copy(), network.flat_state.copy()
    x, targets = batch("mean_squared_error")
    check_gradients(network, LOSSES["mean_squared_error"], x, targets)
    np.testing.assert_array_equal(network.flat_parameters, parameters)
    np.testing.assert_array_equal(network.flat_state, state)
    first = network.forward(x, training=True).copy()
    assert (network.forward(x, training=True) != first).any()  # masks are drawn afresh again


def test_it_refuses_float32():
    network = build_network(NetworkConfig(), 3, 2, np.random.default_rng(0), dtype=np.float32)
    x, targets = batch("mean_squared_error")
    with pytest.raises(ValueError, match="float64"):
        check_gradients(network, LOSSES["mean_squared_error"], x, targets)


def test_a_large_network_is_checked_at_a_sample_of_coordinates():
    network = network_of(hidden=(40, 40), activation="tanh")
    x, targets = batch("mean_squared_error")
    assert network.n_parameters > 1000
    error = check_gradients(network, LOSSES["mean_squared_error"], x, targets, max_coordinates=50)
    assert error < TOLERANCE
