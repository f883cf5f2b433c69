"""Jacobians against finite differences, spectra of closed cases, and the effective rank."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from small_runs import DATA, make_experiment

from nnlib import NetworkConfig, build_network
from nnlib.labs.gradient_flow_spectrum import measure_spectrum
from nnlib.probes import jacobians
from nnlib.training import Trainer

X = np.random.default_rng(1).normal(size=(4, 3))


def network_of(hidden=(5, 4), activation="tanh", **options):
    config = NetworkConfig(hidden=hidden, activation=activation, **options)
    return build_network(config, 3, 2, np.random.default_rng(0), dtype=np.float64)


def differences(function, x: np.ndarray, h: float = 1e-6) -> np.ndarray:
    """Return ∂ output j / ∂ input i, by central differences, (rows, inputs, outputs)."""
    steps = h * np.eye(x.shape[1])
    return np.stack([(function(x + e) - function(x - e)) / (2 * h) for e in steps], axis=1)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "gelu"])
def test_the_jacobians_of_each_layer_and_from_end_to_end_are_those_of_finite_differences(
    activation,
):
    network = network_of(activation=activation)
    network.flat_parameters += 0.1  # biases as well
    layers = list(jacobians.layer_jacobians(network, X))
    a = X
    for dense, found in zip(network.dense_layers, layers, strict=True):
        function = network.activation_layers[0].function
        last = dense is network.dense_layers[-1]

        def layer(x, dense=dense, last=last, function=function):
            z = x @ dense.weight + dense.bias
            return z if last else function.value(z)

        np.testing.assert_allclose(found, differences(layer, a), atol=1e-8)
        a = layer(a)
    whole = differences(lambda x: network.forward(x).copy(), X)
    found = jacobians.end_to_end_jacobian(network, X)
    np.testing.assert_allclose(found, whole, atol=1e-8)
    np.testing.assert_allclose(
        jacobians.singular_values(found), np.linalg.svd(whole, compute_uv=False), atol=1e-8
    )


def test_the_jacobian_of_a_network_without_hidden_layers_is_its_weight():
    network = network_of(hidden=())
    found = jacobians.end_to_end_jacobian(network, X)
    np.testing.assert_allclose(found, np.broadcast_to(network.dense_layers[0].weight, (4, 3, 2)))


def test_the_signal_jacobians_carry_the_signal_of_a_backward_pass():
    network = network_of(hidden=(5, 4, 6))
    logits = network.forward(X)
    network.backward(np.random.default_rng(2).normal(size=logits.shape))
    signals = [dense.signal.copy() for dense in network.dense_layers[:-1]]
    found = list(jacobians.signal_jacobians(network, X))[::-1]
    for jacobian, signal in zip(found, signals, strict=True):
        carried = (jacobian @ signals[-1][..., np.newaxis])[..., 0]
        np.testing.assert_allclose(carried, signal, rtol=1e-10)


def test_a_stack_of_networks_has_the_jacobians_of_each():
    runs = [make_experiment(seed=seed) for seed in (0, 1)]
    x = DATA["multiclass"].X_train[:2]
    together = Trainer(runs, DATA["multiclass"], dtype=np.float64).network
    found = jacobians.end_to_end_jacobian(together, x)
    assert found.shape == (2, 2, 3, 3)
    for run, one in zip(runs, found, strict=True):
        alone = Trainer(run, DATA["multiclass"], dtype=np.float64).network
        np.testing.assert_allclose(one, jacobians.end_to_end_jacobian(alone, x), rtol=1e-10)


@pytest.mark.parametrize("option", [{"batch_norm": True}, {"skip": True}])
def test_layers_that_have_no_jacobian_here_are_refused(option):
    network = network_of(hidden=(4, 4), **option)
    with pytest.raises(ValueError, match="other than dense"):
        next(jacobians.layer_jacobians(network, X))


def test_what_is_not_finite_has_no_singular_values():
    matrices = np.stack([np.eye(2), np.full((2, 2), np.inf)])
    np.testing.assert_array_equal(jacobians.singular_values(matrices), [[1, 1], [np.nan, np.nan]])


def test_the_effective_rank_of_closed_cases():
    equal = np.linalg.qr(np.random.default_rng(0).normal(size=(6, 4)))[0]
    assert jacobians.effective_rank(3 * equal) == pytest.approx(4)
    assert jacobians.effective_rank(np.outer([1.0, 2, 3], [1.0, -1])) == pytest.approx(1)
    p = np.array([0.75, 0.25])
    expected = np.prod(p**-p)  # e to the power of the entropy
    assert jacobians.effective_rank(np.diag([3.0, 1.0])) == pytest.approx(expected)
    assert np.isnan(jacobians.effective_rank(np.zeros((3, 2))))


def test_orthogonal_weights_without_a_nonlinearity_have_all_singular_values_1():
    experiment = make_experiment(
        {"hidden": (8,) * 12, "activation": "linear", "initializer": "orthogonal"}
    )
    spectrum = measure_spectrum(experiment, DATA["multiclass"], 2)
    assert spectrum.values is not None
    np.testing.assert_allclose(spectrum.values, np.ones((2, 12, 8)), atol=1e-12)


def test_normal_weights_of_the_same_variance_spread_the_singular_values_with_depth():
    experiment = make_experiment(
        {"hidden": (8,) * 12, "activation": "linear", "initializer": "lecun_normal"}
    )
    found = measure_spectrum(experiment, DATA["multiclass"], 3).quantities()
    spread = np.median(found["largest"] / found["smallest"], axis=0)
    assert all(a > b for a, b in pairwise(spread)) and spread[-1] == 1 and spread[0] > 1e4
    assert (found["largest"] >= found["root mean square"]).all()
    assert (found["median"] >= found["smallest"]).all()


def test_inactive_units_make_at_least_their_share_of_singular_values_0():
    experiment = make_experiment({"hidden": (8, 8), "activation": "relu"})
    values = measure_spectrum(experiment, DATA["multiclass"], 1).values
    network = Trainer(experiment, DATA["multiclass"], dtype=np.float64).network
    network.forward(DATA["multiclass"].X_train[:1])
    active = int((network.activation_layers[0].z > 0).sum())
    assert values is not None and np.count_nonzero(values[0, 0]) == active < 8


def test_the_rank_is_measured_where_there_is_no_spectrum():
    experiment = make_experiment({"hidden": (8, 8), "batch_norm": True})
    spectrum = measure_spectrum(experiment, DATA["multiclass"], 2)
    assert spectrum.values is None and spectrum.reason and not spectrum.quantities()
    assert spectrum.rank.shape == (2, 2) and spectrum.examples == 40
    assert ((spectrum.rank > 1) & (spectrum.rank <= 8)).all()
