"""The network: order and names of its layers, flat buffers, initialization, replicas."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nnlib.building import build_network
from nnlib.config import NetworkConfig
from nnlib.initializers import INITIALIZERS
from nnlib.network import Network, layer_names, place_of

FULL = NetworkConfig(hidden=(5, 4), activation="tanh", batch_norm=True, dropout=0.25)
X = np.random.default_rng(2).normal(size=(9, 3))


def build(config: NetworkConfig, seed: int = 0, **options) -> Network:
    return build_network(config, 3, 2, np.random.default_rng(seed), **options)


def test_layers_come_in_the_documented_order():
    hidden = ["dense", "batch_norm", "activation", "dropout"]
    assert [layer.kind for layer in build(FULL).layers] == [*hidden, *hidden, "dense"]
    plain = build(NetworkConfig(hidden=(5, 4)))
    assert [layer.kind for layer in plain.layers] == ["dense", "activation"] * 2 + ["dense"]
    assert [layer.kind for layer in build(NetworkConfig(hidden=())).layers] == ["dense"]


def test_normalization_can_come_after_the_activation_and_be_followed_by_noise():
    config = replace(FULL, batch_norm_after=True, batch_norm_noise=0.5)
    network = build_network(config, 3, 2, np.random.default_rng(0))
    hidden = ["dense", "activation", "batch_norm", "noise", "dropout"]
    assert [layer.kind for layer in network.layers] == [*hidden, *hidden, "dense"]
    # The activation lies between, so the normalization does not take the bias away again.
    assert network.parameters()["dense_1.bias"].shape == (1, 5)


def test_normalization_and_noise_leave_weights_and_dropout_masks_as_they_are():
    x = np.random.default_rng(1).normal(size=(8, 3))
    plain = build_network(replace(FULL, batch_norm=False), 3, 2, np.random.default_rng(0))
    noisy = build_network(replace(FULL, batch_norm_noise=0.5), 3, 2, np.random.default_rng(0))
    for network in (plain, noisy):
        network.forward(x, training=True)
    masks = [[d.mask for d in n.layers if d.kind == "dropout"] for n in (plain, noisy)]
    np.testing.assert_array_equal(masks[0][0], masks[1][0])
    for index in (1, 2, 3):
        name = f"dense_{index}.weight"
        np.testing.assert_array_equal(plain.parameters()[name], noisy.parameters()[name])


def test_parameter_names_and_shapes():
    shapes = {name: value.shape for name, value in build(FULL).parameters().items()}
    assert shapes == {
        "dense_1.weight": (3, 5),  # no bias: batch normalization would subtract it
        "batch_norm_1.scale": (1, 5),
        "batch_norm_1.shift": (1, 5),
        "dense_2.weight": (5, 4),
        "batch_norm_2.scale": (1, 4),
        "batch_norm_2.shift": (1, 4),
        "dense_3.weight": (4, 2),
        "dense_3.bias": (1, 2),
    }
    plain = build(NetworkConfig(hidden=(5,)))
    assert set(plain.parameters()) == {
        f"dense_{i}.{kind}" for i in (1, 2) for kind in ("weight", "bias")
    }
    assert set(plain.gradients()) == set(plain.parameters())
    assert plain.state() == {}


@pytest.mark.parametrize("lead", [(), (3,)])
def test_parameters_gradients_and_state_are_views_of_flat_buffers(lead):
    network = build(FULL, lead=lead)
    for named, flat in (
        (network.parameters(), network.flat_parameters),
        (network.gradients(), network.flat_gradients),
        (network.state(), network.flat_state),
    ):
        assert all(np.shares_memory(value, flat) for value in named.values())
        # Every number of the flat buffer belongs to exactly one name.
        flat.fill(0)
        for value in named.values():
            value += 1
        assert (flat == 1).all()
    assert network.flat_parameters.shape == (*lead, network.n_parameters)


def test_a_written_parameter_changes_the_output():
    network = build(NetworkConfig(hidden=()))
    parameters = network.parameters()
    parameters["dense_1.weight"][...] = 0
    parameters["dense_1.bias"][...] = [[1, 2]]
    np.testing.assert_array_equal(network.forward(X), np.tile([1.0, 2.0], (9, 1)))


def test_weight_mask_marks_the_dense_weights_only():
    network = build(FULL)
    mask = network.weight_mask()
    network.flat_parameters[...] = mask
    for name, value in network.parameters().items():
        assert (value == name.endswith(".weight")).all(), name


@pytest.mark.parametrize("name", sorted(INITIALIZERS))
def test_initialization(name):
    config = NetworkConfig(hidden=(5, 4), initializer=name, initializer_scale=1.5)
    parameters = build(config, seed=3).parameters()
    rng = np.random.default_rng(3)
    for index, (fan_in, fan_out) in enumerate([(3, 5), (5, 4), (4, 2)], start=1):
        np.testing.assert_array_equal(
            parameters[f"dense_{index}.weight"], INITIALIZERS[name](rng, fan_in, fan_out, 1.5)
        )
        assert not parameters[f"dense_{index}.bias"].any()


def test_initial_batch_normalization():
    network = build(FULL)
    parameters, state = network.parameters(), network.state()
    for index in (1, 2):
        assert (parameters[f"batch_norm_{index}.scale"] == 1).all()
        assert (parameters[f"batch_norm_{index}.shift"] == 0).all()
        assert (state[f"batch_norm_{index}.running_mean"] == 0).all()
        assert (state[f"batch_norm_{index}.running_var"] == 1).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_everything_has_the_asked_type(dtype):
    network = build(FULL, dtype=dtype)
    logits = network.forward(X.astype(dtype), training=True)
    gradient = network.backward(np.ones_like(logits))
    arrays = [logits, gradient, network.flat_parameters, network.flat_gradients, network.flat_state]
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}


def test_float32_weights_are_the_rounded_float64_weights():
    wide, narrow = build(FULL), build(FULL, dtype=np.float32)
    np.testing.assert_array_equal(wide.flat_parameters.astype(np.float32), narrow.flat_parameters)


def test_passes_do_not_change_the_input_and_give_its_gradient():
    network, x = build(FULL), X.copy()
    logits = network.forward(x, training=True)
    assert logits.shape == (9, 2)
    assert network.backward(np.ones_like(logits)).shape == x.shape
    np.testing.assert_array_equal(x, X)


def test_leaving_out_the_input_gradient_changes_no_parameter_gradient():
    network = build(replace(FULL, dropout=0.0))
    for shape in ((), (2,)):
        network = build(replace(FULL, dropout=0.0), lead=shape)
        gradients = []
        for wanted in (True, False, True):
            logits = network.forward(X, training=True)
            network.backward(np.sin(logits), input_gradient=wanted)
            gradients.append(network.flat_gradients.copy())
        np.testing.assert_array_equal(gradients[0], gradients[1])
        np.testing.assert_array_equal(gradients[0], gradients[2])


def test_evaluation_is_deterministic_and_training_with_dropout_is_not():
    network = build(FULL)
    first = network.forward(X).copy()
    np.testing.assert_array_equal(network.forward(X), first)
    first = network.forward(X, training=True).copy()
    assert (network.forward(X, training=True) != first).any()


def test_dropout_does_not_disturb_the_initial_weights():
    plain, dropped = build(replace(FULL, dropout=0.0)), build(FULL)
    np.testing.assert_array_equal(plain.flat_parameters, dropped.flat_parameters)


def test_dropout_layers_draw_different_masks():
    network = build(NetworkConfig(hidden=(6, 6), dropout=0.5))
    network.forward(X, training=True)
    first, second = (layer for layer in network.layers if layer.kind == "dropout")
    assert (first.mask != second.mask).any()


@pytest.mark.parametrize("training", [True, False])
def test_a_stack_equals_its_replicas(training):
    config = replace(FULL, dropout=0.0)
    rngs = [np.random.default_rng(seed) for seed in (4, 5, 6)]
    stack = build_network(config, 3, 2, rngs, lead=(3,))
    logits = stack.forward(X, training=training).copy()
    own = np.stack([X, X + 1, X - 1])
    own_logits = stack.forward(own, training=training).copy()
    stack.backward(np.cos(own_logits))
    for replica, seed in enumerate((4, 5, 6)):
        single = build(config, seed)
        np.testing.assert_array_equal(stack.flat_parameters[replica], single.flat_parameters)
        np.testing.assert_allclose(logits[replica], single.forward(X, training=training), 1e-12)
        single = build(config, seed)
        single.forward(X, training=training)
        output = single.forward(own[replica], training=training)
        np.testing.assert_allclose(own_logits[replica], output, rtol=1e-11)
        single.backward(np.cos(output))
        np.testing.assert_allclose(
            stack.flat_gradients[replica], single.flat_gradients, 1e-9, atol=1e-12
        )


@pytest.mark.parametrize("rates", [(0.0, 0.0, 0.3), (0.1, 0.2, 0.3), (0.2, 0.2, 0.2)])
def test_a_stack_of_dropout_rates_equals_its_replicas(rates):
    configs = [replace(FULL, batch_norm=False, dropout=rate) for rate in rates]
    # One seed: the replicas share their initial weights and the draws behind their masks.
    stack = build_network(configs, 3, 2, [np.random.default_rng(7) for _ in configs])
    logits = stack.forward(X, training=True)
    for replica, config in enumerate(configs):
        expected = build(config, seed=7).forward(X, training=True)
        np.testing.assert_allclose(logits[replica], expected, rtol=1e-12)


def test_a_stack_may_differ_in_initializer_and_scale():
    configs = [
        replace(FULL, initializer="glorot_normal"),
        replace(FULL, initializer="he_normal", initializer_scale=3.0),
    ]
    rngs = [np.random.default_rng(1), np.random.default_rng(1)]
    stack = build_network(configs, 3, 2, rngs)
    for replica, config in enumerate(configs):
        np.testing.assert_array_equal(
            stack.flat_parameters[replica], build(config, seed=1).flat_parameters
        )


@pytest.mark.parametrize("change", [{"hidden": (5, 5)}, {"activation": "relu"}])
def test_a_stack_of_different_architectures_is_refused(change):
    configs = [FULL, replace(FULL, **change)]
    with pytest.raises(ValueError, match="architecture"):
        build_network(configs, 3, 2, [np.random.default_rng(0)] * 2)


@pytest.mark.parametrize("lead", [(), (2,)])
@pytest.mark.parametrize("rows", [1, 4, 9, 100])
def test_predicted_logits_do_not_depend_on_the_chunks(rows, lead):
    network = build(FULL, lead=lead)
    network.flat_state[...] = 1.5
    expected = network.forward(X).copy()
    np.testing.assert_allclose(network.predict_logits(X, rows=rows), expected, rtol=1e-13)
    assert network.predict_logits(X[:0]).shape == (*lead, 0, 2)


def test_skip_connections_add_the_input_where_the_widths_agree():
    config = NetworkConfig(hidden=(3, 3, 2, 2), activation="tanh", skip=True)
    network = build_network(config, 3, 1, np.random.default_rng(0))
    assert [layer.name for layer in network.layers] == [
        "dense_1", "activation_1",
        "skip_start_1", "dense_2", "activation_2", "skip_end_1",
        "dense_3", "activation_3",
        "skip_start_2", "dense_4", "activation_4", "skip_end_2",
        "dense_5",
    ]  # fmt: skip
    w1, w2, w3, w4, w5 = (layer.weight for layer in network.dense_layers)
    x = np.random.default_rng(1).normal(size=(4, 3))
    h1 = np.tanh(x @ w1)
    h2 = h1 + np.tanh(h1 @ w2)
    h3 = np.tanh(h2 @ w3)
    h4 = h3 + np.tanh(h3 @ w4)
    np.testing.assert_allclose(network.forward(x), h4 @ w5, rtol=1e-13)


def test_scaled_skip_connections_divide_every_hidden_layer_by_the_root_of_the_depth():
    config = NetworkConfig(hidden=(3, 3, 3, 3), activation="tanh", skip=True, skip_scaled=True)
    network = build_network(config, 2, 1, np.random.default_rng(0))
    w1, w2, w3, w4, w5 = (layer.weight for layer in network.dense_layers)
    x = np.random.default_rng(1).normal(size=(4, 2))
    h = np.tanh(x @ w1) / 2
    for w in (w2, w3, w4):
        h = h + np.tanh(h @ w) / 2
    np.testing.assert_allclose(network.forward(x), h @ w5, rtol=1e-13)
    plain = NetworkConfig(hidden=(3, 3), skip_scaled=True)
    assert plain.architecture == NetworkConfig(hidden=(3, 3)).architecture


def test_skip_connections_start_from_the_same_weights():
    networks = [
        build_network(NetworkConfig(hidden=(4, 4, 4), skip=skip), 2, 2, np.random.default_rng(5))
        for skip in (False, True)
    ]
    np.testing.assert_array_equal(*(network.flat_parameters for network in networks))


def test_layers_have_one_name_and_parameters_lead_to_their_layer():
    assert layer_names(3) == ("hidden 1", "hidden 2", "output")
    assert layer_names(1) == ("output",)
    network = build(FULL)
    assert network.layer_names == ("hidden 1", "hidden 2", "output")
    places = {place_of(name) for name in network.parameters()}
    assert (1, "weight") in places and (2, "scale") in places and (3, "bias") in places
