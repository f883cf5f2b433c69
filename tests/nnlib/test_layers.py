"""Layers one at a time: definitions, modes, replica axes and randomness."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib.activations import ACTIVATIONS
from nnlib.layers import ActivationLayer, BatchNorm, Dense, Dropout, Layer, Noise
from nnlib.network import Network
from nnlib.randomness import DROPOUT, Streams

RNG = np.random.default_rng(11)


def bound(*layers: Layer, lead: tuple[int, ...] = (), dtype=np.float64) -> Network:
    """Return a network of these layers with random parameters."""
    network = Network(layers, lead, dtype)
    rng = np.random.default_rng(5)
    network.flat_parameters[...] = rng.normal(size=network.flat_parameters.shape)
    return network


def streams(*seeds: int) -> Streams:
    return Streams.from_seeds(seeds, DROPOUT)


# --- Dense ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("lead", [(), (3,), (2, 3)])
@pytest.mark.parametrize("bias", [True, False])
def test_dense_is_an_affine_map(lead, bias):
    layer = Dense(4, 5, bias=bias)
    network = bound(layer, lead=lead)
    x = RNG.normal(size=(7, 4))
    parameters = network.parameters()
    assert set(parameters) == {"dense_1.weight"} | ({"dense_1.bias"} if bias else set())
    expected = x @ parameters["dense_1.weight"] + (parameters["dense_1.bias"] if bias else 0)
    z = layer.forward(x, training=True)
    assert z.shape == (*lead, 7, 5)
    np.testing.assert_allclose(z, expected, rtol=1e-14)
    np.testing.assert_array_equal(layer.z, z)


@pytest.mark.parametrize("lead", [(), (3,), (2, 3)])
@pytest.mark.parametrize("shared_input", [True, False])
def test_dense_backward(lead, shared_input):
    layer = Dense(4, 5)
    network = bound(layer, lead=lead)
    x = RNG.normal(size=(7, 4) if shared_input else (*lead, 7, 4))
    signal = RNG.normal(size=(*lead, 7, 5))
    layer.forward(x, training=True)
    input_gradient = layer.backward(signal.copy())
    gradients = network.gradients()
    x = np.broadcast_to(x, (*lead, 7, 4))
    np.testing.assert_allclose(
        gradients["dense_1.weight"], np.einsum("...bi,...bo->...io", x, signal), rtol=1e-12
    )
    np.testing.assert_allclose(
        gradients["dense_1.bias"], signal.sum(axis=-2, keepdims=True), rtol=1e-12
    )
    np.testing.assert_allclose(
        input_gradient, np.einsum("...bo,...io->...bi", signal, layer.weight), rtol=1e-12
    )
    np.testing.assert_array_equal(layer.signal, signal)


def test_a_backward_pass_replaces_the_gradient_of_the_one_before():
    layer = Dense(4, 5)
    network = bound(layer)
    for _ in range(2):
        layer.forward(np.ones((7, 4)), training=True)
        layer.backward(np.ones((7, 5)))
    np.testing.assert_array_equal(network.gradients()["dense_1.weight"], 7)


# --- Activation -----------------------------------------------------------------------------------


def test_activation_layer_applies_its_function_and_keeps_the_input():
    layer = ActivationLayer(ACTIVATIONS["gelu"])
    bound(layer)
    z = RNG.normal(size=(2, 6, 3))
    before = z.copy()
    a = layer.forward(z, training=True)
    np.testing.assert_array_equal(a, ACTIVATIONS["gelu"].value(before))
    np.testing.assert_array_equal(z, before)
    np.testing.assert_array_equal(layer.derivative(), ACTIVATIONS["gelu"].derivative(before))
    gradient = RNG.normal(size=z.shape)
    np.testing.assert_allclose(
        layer.backward(gradient.copy()), gradient * ACTIVATIONS["gelu"].derivative(before)
    )


# --- BatchNorm ------------------------------------------------------------------------------------


def plain_batch_norm(features: int = 3, lead: tuple[int, ...] = (), dtype=np.float64, **options):
    """Return a layer with scale 1, shift 0 and fresh running statistics, and its network."""
    layer = BatchNorm(features, **options)
    network = Network([layer], lead, dtype)
    layer.scale[...] = 1
    layer.running_var[...] = 1
    return layer, network


@pytest.mark.parametrize("lead", [(), (2,)])
def test_batch_norm_normalizes_each_feature_of_a_batch(lead):
    layer, _ = plain_batch_norm(lead=lead, epsilon=0.0)
    x = RNG.normal(5, 3, (*lead, 16, 3))
    y = layer.forward(x, training=True)
    np.testing.assert_allclose(y.mean(axis=-2), 0, atol=1e-13)
    np.testing.assert_allclose(y.var(axis=-2), 1, rtol=1e-12)


def test_batch_norm_scales_and_shifts():
    layer, network = plain_batch_norm(epsilon=0.0)
    network.parameters()["batch_norm_1.scale"][...] = [1, 2, 3]
    network.parameters()["batch_norm_1.shift"][...] = [4, 5, 6]
    y = layer.forward(RNG.normal(size=(16, 3)), training=True)
    np.testing.assert_allclose(y.mean(axis=-2), [4, 5, 6], rtol=1e-12)
    np.testing.assert_allclose(y.std(axis=-2), [1, 2, 3], rtol=1e-12)


def test_batch_norm_running_statistics_weigh_the_new_value_and_are_unbiased():
    _, network = plain_batch_norm(momentum=0.25)
    batches = RNG.normal(2, 3, (4, 8, 3))
    mean, variance = np.zeros(3), np.ones(3)
    for batch in batches:
        network.forward(batch, training=True)
        mean = 0.75 * mean + 0.25 * batch.mean(axis=0)
        variance = 0.75 * variance + 0.25 * batch.var(axis=0, ddof=1)
    state = network.state()
    np.testing.assert_allclose(state["batch_norm_1.running_mean"][0], mean, rtol=1e-13)
    np.testing.assert_allclose(state["batch_norm_1.running_var"][0], variance, rtol=1e-13)


def test_batch_norm_defaults_are_those_of_pytorch():
    layer = BatchNorm(2)
    assert (layer.momentum, layer.epsilon) == (0.1, 1e-5)


def test_batch_norm_evaluates_with_running_statistics_and_leaves_them():
    layer, network = plain_batch_norm()
    state = network.state()
    state["batch_norm_1.running_mean"][...] = [1, 2, 3]
    state["batch_norm_1.running_var"][...] = [4, 9, 16]
    before = network.flat_state.copy()
    x = RNG.normal(size=(5, 3))
    y = layer.forward(x, training=False)
    np.testing.assert_allclose(y, (x - [1, 2, 3]) / np.sqrt(np.array([4, 9, 16]) + 1e-5), 1e-13)
    np.testing.assert_array_equal(network.flat_state, before)
    gradient = RNG.normal(size=(5, 3))
    np.testing.assert_allclose(
        layer.backward(gradient.copy()), gradient / np.sqrt(np.array([4, 9, 16]) + 1e-5), 1e-13
    )


def test_batch_norm_of_one_example_is_its_shift_and_leaves_the_statistics():
    layer, network = plain_batch_norm()
    network.parameters()["batch_norm_1.shift"][...] = [4, 5, 6]
    before = network.flat_state.copy()
    y = layer.forward(RNG.normal(size=(1, 3)), training=True)
    np.testing.assert_array_equal(y, [[4, 5, 6]])
    np.testing.assert_array_equal(network.flat_state, before)
    gradient = layer.backward(np.ones((1, 3)))
    np.testing.assert_array_equal(gradient, 0)  # the output does not depend on the input


def test_batch_norm_gradient_is_orthogonal_to_constants_and_to_its_output():
    # The output does not change when x is shifted or stretched, so neither may the gradient say so.
    layer, _ = plain_batch_norm(epsilon=0.0)
    y = layer.forward(RNG.normal(5, 3, (16, 3)), training=True).copy()
    gradient = layer.backward(RNG.normal(size=(16, 3)))
    np.testing.assert_allclose(gradient.sum(axis=0), 0, atol=1e-13)
    np.testing.assert_allclose((gradient * y).sum(axis=0), 0, atol=1e-13)


def test_batch_norm_survives_a_large_offset_in_float32():
    layer, _ = plain_batch_norm(dtype=np.float32)
    x = RNG.normal(1e4, 1, (64, 3)).astype(np.float32)
    y = layer.forward(x, training=True)
    assert y.dtype == np.float32
    wide = x.astype(np.float64)
    np.testing.assert_allclose(y, (wide - wide.mean(0)) / wide.std(0), rtol=1e-3, atol=2e-3)


# --- Dropout --------------------------------------------------------------------------------------


def dropout(rate, *seeds: int, lead: tuple[int, ...] = (), dtype=np.float64) -> Dropout:
    layer = Dropout(rate, streams(*(seeds or (0,))))
    Network([layer], lead, dtype)
    return layer


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_zeroes_units_and_preserves_the_mean(rate):
    layer = dropout(rate)
    y = layer.forward(np.ones((200, 300)), training=True)
    kept = y > 0
    error = np.sqrt(rate * (1 - rate) / y.size)  # standard error of the share of kept units
    assert abs(kept.mean() - (1 - rate)) < 5 * error
    np.testing.assert_allclose(y[kept], 1 / (1 - rate), rtol=1e-12)
    assert abs(y.mean() - 1) < 5 * error / (1 - rate)


def test_dropout_draws_a_new_mask_each_time_for_every_example_and_unit():
    layer = dropout(0.5)
    first = layer.forward(np.ones((40, 50)), training=True).copy()
    second = layer.forward(np.ones((40, 50)), training=True)
    assert 0.4 < (first != second).mean() < 0.6
    assert len({row.tobytes() for row in first}) == 40
    assert len({column.tobytes() for column in first.T}) == 50


def test_dropout_passes_the_gradient_through_its_mask():
    layer = dropout(0.5)
    y = layer.forward(np.ones((40, 50)), training=True).copy()
    np.testing.assert_array_equal(layer.backward(np.ones((40, 50))), y)


def test_dropout_is_the_identity_in_evaluation_and_draws_nothing():
    x, untouched, evaluated = np.ones((40, 50)), dropout(0.5), dropout(0.5)
    np.testing.assert_array_equal(evaluated.forward(x, training=False), x)
    np.testing.assert_array_equal(evaluated.backward(np.full((40, 50), 3.0)), 3)
    np.testing.assert_array_equal(
        evaluated.forward(x, training=True), untouched.forward(x, training=True)
    )


def test_evaluation_forgets_the_mask_of_the_training_step_before():
    layer = dropout(0.5)
    layer.forward(np.ones((40, 50)), training=True)
    layer.forward(np.ones((40, 50)), training=False)
    np.testing.assert_array_equal(layer.backward(np.ones((40, 50))), 1)


def test_frozen_dropout_reuses_its_mask():
    layer, x = dropout(0.5), np.ones((40, 50))
    first = layer.forward(x, training=True).copy()
    layer.frozen = True
    np.testing.assert_array_equal(layer.forward(x, training=True), first)
    layer.frozen = False
    assert (layer.forward(x, training=True) != first).any()


def test_dropout_does_not_change_its_input():
    x = np.ones((4, 5))
    dropout(0.5).forward(x, training=True)
    assert (x == 1).all()


def test_replicas_of_one_seed_share_masks_and_others_do_not():
    layer = dropout(0.5, 3, 8, 3, lead=(3,))
    y = layer.forward(np.ones((3, 40, 50)), training=True).copy()
    np.testing.assert_array_equal(y[0], y[2])
    assert 0.4 < (y[0] != y[1]).mean() < 0.6
    np.testing.assert_array_equal(y[1], dropout(0.5, 8).forward(np.ones((40, 50)), training=True))


def test_replicas_may_differ_in_rate():
    rates = np.array([0.0, 0.2, 0.7]).reshape(3, 1, 1)
    layer = dropout(rates, 1, lead=(3,))
    y = layer.forward(np.ones((3, 200, 50)), training=True)
    assert (y[0] == 1).all()
    np.testing.assert_allclose((y > 0).mean(axis=(1, 2)), [1, 0.8, 0.3], atol=0.03)
    assert not ((y[1] == 0) & (y[2] > 0)).any()  # one draw: a higher rate drops more, not others
    for replica, rate in enumerate(rates.ravel()):
        single = dropout(float(rate), 1).forward(np.ones((200, 50)), training=True)
        np.testing.assert_allclose(y[replica], single, rtol=1e-12)


# --- noise ----------------------------------------------------------------------------------------


def noise(strength: float, *seeds: int, lead: tuple[int, ...] = ()) -> Noise:
    layer = Noise(strength, streams(*(seeds or (0,))))
    Network([layer], lead, np.float64)
    return layer


def test_noise_is_the_identity_in_evaluation():
    layer, x = noise(0.5), np.ones((4, 3))
    layer.forward(x, training=True)
    np.testing.assert_array_equal(layer.forward(x, training=False), x)
    np.testing.assert_array_equal(layer.backward(np.full((4, 3), 2.0)), 2)


def test_noise_shifts_and_scales_each_unit_within_its_bounds():
    layer, shifts, scales = noise(0.5), [], []
    for _ in range(400):
        shifts.append(layer.forward(np.zeros((50, 8)), training=True).copy())
        assert layer.scale is not None
        scales.append(layer.scale.copy())
    means, factors = np.mean(shifts, axis=1), np.mean(scales, axis=1)
    assert np.abs(shifts).max() <= 0.6
    assert means.std() == pytest.approx(1 / np.sqrt(12), rel=0.05)  # of U(-0.5, 0.5)
    assert factors.mean() == pytest.approx(1.125, abs=0.01)  # of U(1, 1.25)
    spread = np.std(scales, axis=1)
    assert spread.mean() == pytest.approx(0.1, rel=0.05)
    within = np.std(shifts, axis=1)
    assert within.mean() == pytest.approx(0.2 / np.sqrt(12), rel=0.05)


def test_noise_of_replicas_with_one_seed_is_the_same():
    y = noise(0.5, 3, 8, 3, lead=(3,)).forward(np.ones((3, 4, 5)), training=True).copy()
    np.testing.assert_array_equal(y[0], y[2])
    assert (y[0] != y[1]).all()
    np.testing.assert_array_equal(y[1], noise(0.5, 8).forward(np.ones((4, 5)), training=True))


# --- all of them ----------------------------------------------------------------------------------


@given(seed=st.integers(0, 1000), mode=st.booleans(), batch=st.integers(1, 4))
def test_stacked_layers_equal_single_layers(seed, mode, batch):
    def make() -> list[Layer]:
        return [
            Dense(3, 4, bias=False),
            BatchNorm(4),
            ActivationLayer(ACTIVATIONS["tanh"]),
            Dense(4, 2),
        ]

    rng = np.random.default_rng(seed)
    stack = Network(make(), (2,), np.float64)
    stack.flat_parameters[...] = rng.normal(size=stack.flat_parameters.shape)
    stack.flat_state[...] = rng.uniform(0.5, 2, size=stack.flat_state.shape)
    states = stack.flat_state.copy()
    x, gradient = rng.normal(size=(batch, 3)), rng.normal(size=(2, batch, 2))
    output = stack.forward(x, training=mode).copy()
    input_gradient = stack.backward(gradient.copy())
    for replica in range(2):
        single = Network(make(), (), np.float64)
        single.flat_parameters[...] = stack.flat_parameters[replica]
        single.flat_state[...] = states[replica]
        np.testing.assert_allclose(single.forward(x, training=mode), output[replica], 1e-10, 1e-12)
        np.testing.assert_allclose(
            single.backward(gradient[replica].copy()), input_gradient[replica], 1e-9, 1e-10
        )
        np.testing.assert_allclose(
            single.flat_gradients, stack.flat_gradients[replica], 1e-9, 1e-10
        )
        np.testing.assert_allclose(single.flat_state, stack.flat_state[replica], 1e-12)
