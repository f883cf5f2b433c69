"""Curvature: exact products against differences of gradients, eigenvalues against dense ones."""

from contextlib import contextmanager

import numpy as np
import pytest
from small_runs import DATA, assert_same_bits, make_experiment

import nnlib
from nnlib.activations import ACTIVATIONS
from nnlib.class_weights import WeightedLoss
from nnlib.config import NetworkConfig
from nnlib.curvature import Curvature, lanczos
from nnlib.curvature.second_derivatives import second_derivative
from nnlib.layers import Dropout, Noise
from nnlib.losses import LOSSES, softmax

TOLERANCE = 1e-6
SKIPS = {"skip": True, "skip_scaled": True, "hidden": (4, 4, 4)}
ARCHITECTURES = {
    "plain": {},
    "normalized": {"batch_norm": True},
    "normalized after": {"batch_norm": True, "batch_norm_after": True},
    "noise": {"batch_norm": True, "batch_norm_noise": 0.5},
    "dropout": {"dropout": 0.3},
    "skips": SKIPS,
    "all": SKIPS | {"batch_norm": True, "dropout": 0.3},
    "no hidden layer": {"hidden": ()},
}


def problem(loss="categorical_crossentropy", lead=(), seed=0, **network):
    """Return a network, x and targets; random shifts, for zero biases lie at symmetric points."""
    rng = np.random.default_rng(seed)
    outputs = 3 if loss == "categorical_crossentropy" else 2
    config = NetworkConfig(**({"hidden": (5, 4), "activation": "tanh"} | network))
    built = nnlib.build_network(config, 3, outputs, rng, lead=lead, dtype=np.float64)
    built.flat_parameters += 0.3 * rng.normal(size=built.flat_parameters.shape)
    targets = rng.normal(size=(12, outputs))
    if loss == "categorical_crossentropy":
        targets = softmax(2 * targets)  # soft ones
    elif loss != "mean_squared_error":
        targets = (targets > 0).astype(float)
    return built, rng.normal(size=(12, 3)), targets


@contextmanager
def next_draws_kept(network, x):
    """Draw the masks and noise of the next step, keep them, and put the streams back."""
    random = [x for x in network.layers if isinstance(x, Dropout | Noise)]
    states, moved = [layer.streams.kept() for layer in random], network.flat_state.copy()
    network.forward(x, training=True)
    network.flat_state[...] = moved
    for layer, state in zip(random, states, strict=True):
        layer.streams.put_back(state)
        layer.frozen = True
    yield
    for layer in random:
        layer.frozen = False


def gradient(network, x, targets, loss, training=True):
    network.backward(loss.gradient(network.forward(x, training), targets))
    return network.flat_gradients.copy()


def differences(network, x, targets, loss, training=True, step=1e-5):
    """Return the Hessian by central differences of exact gradients, shape (P, *lead, P)."""
    parameters, rows = network.flat_parameters, []
    with next_draws_kept(network, x):
        for i in range(network.n_parameters):
            old = parameters[..., i].copy()
            parameters[..., i] = old + step
            above = gradient(network, x, targets, loss, training)
            parameters[..., i] = old - step
            below = gradient(network, x, targets, loss, training)
            parameters[..., i] = old
            rows.append((above - below) / (2 * step))
    return np.array(rows)


def assert_hessian(network, x, targets, loss, training=True):
    point = Curvature(network, loss, x, targets, training=training)
    n = network.n_parameters
    unit = np.eye(n).reshape(n, *(1,) * len(network.lead), n)
    found = point.hessian_vector(np.broadcast_to(unit, (n, *network.lead, n)))
    expected = differences(network, x, targets, loss, training)
    np.testing.assert_allclose(found, expected, atol=TOLERANCE * abs(expected).max())
    np.testing.assert_allclose(found, found.swapaxes(0, -1), atol=1e-12 * abs(found).max())
    return found


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_second_derivatives_are_the_slopes_of_the_first(name):
    activation, z, h = ACTIVATIONS[name], np.array([-30, -3, -1.3, -0.2, 0.4, 1.1, 2.5, 30]), 1e-5
    slope = (activation.derivative(z + h) - activation.derivative(z - h)) / (2 * h)
    np.testing.assert_allclose(second_derivative(activation, z), slope, atol=1e-9)


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(activation, batch_norm):
    network, x, targets = problem(activation=activation, batch_norm=batch_norm)
    assert_hessian(network, x, targets, LOSSES["categorical_crossentropy"])


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture(architecture, training):
    network, x, targets = problem(**ARCHITECTURES[architecture])
    network.flat_state += 0.5
    assert_hessian(network, x, targets, LOSSES["categorical_crossentropy"], training)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss(name):
    assert_hessian(*problem(name), LOSSES[name])


@pytest.mark.parametrize("name", ["categorical_crossentropy", "binary_crossentropy"])
def test_class_weights(name):
    network, x, targets = problem(name)
    targets = targets if name.startswith("cat") else targets[:, :1]
    if name.startswith("bin"):
        network = nnlib.build_network(
            NetworkConfig(hidden=(4,)), 3, 1, np.random.default_rng(1), dtype=np.float64
        )
    weights = np.array([0.5, 2.0, 1.5][: max(2, targets.shape[1])])
    assert_hessian(network, x, targets, WeightedLoss(LOSSES[name], weights))


def test_replicas_and_many_vectors_go_through_at_once():
    network, x, targets = problem(lead=(2,), batch_norm=True)
    found = assert_hessian(network, x, targets, LOSSES["categorical_crossentropy"])
    assert found.shape == (network.n_parameters, 2, network.n_parameters)
    assert abs(found[:, 0] - found[:, 1]).max() > 1e-3


def test_gauss_newton_is_the_hessian_of_the_loss_between_jacobians():
    network, x, targets = problem("mean_squared_error", **ARCHITECTURES["all"])
    loss, parameters, h, columns = LOSSES["mean_squared_error"], network.flat_parameters, 1e-5, []
    found = Curvature(network, loss, x, targets).gauss_newton_vector(np.eye(parameters.size))
    with next_draws_kept(network, x):
        for i in range(parameters.size):
            parameters[i] += h
            above = network.forward(x, training=True).copy()
            parameters[i] -= 2 * h
            columns.append((above - network.forward(x, training=True)).ravel() / (2 * h))
            parameters[i] += h
    jacobian = np.array(columns)
    expected = jacobian @ jacobian.T * (2 / targets.size)
    np.testing.assert_allclose(found, expected, atol=TOLERANCE * abs(expected).max())


def test_a_linear_network_has_no_curvature_but_the_losss():
    network, x, targets = problem("binary_crossentropy", hidden=())
    point = Curvature(network, LOSSES["binary_crossentropy"], x, targets)
    vector = np.random.default_rng(3).normal(size=network.n_parameters)
    np.testing.assert_allclose(point.hessian_vector(vector), point.gauss_newton_vector(vector))


def test_the_penalty_adds_twice_its_strength_to_weights_alone():
    network, x, targets = problem(batch_norm=True)
    loss, ones = LOSSES["categorical_crossentropy"], np.ones(network.n_parameters)
    without, point = (Curvature(network, loss, x, targets, l2=l2) for l2 in (0.0, 0.25))
    added = point.hessian_vector(ones) - without.hessian_vector(ones)
    np.testing.assert_allclose(added, 0.5 * network.weight_mask(), atol=1e-12)


def test_a_run_goes_on_with_the_same_bits_and_products_stay_those_of_the_point():
    experiment = make_experiment({"batch_norm": True, "dropout": 0.3})
    looked_at, other = (
        nnlib.Trainer(experiment, DATA["multiclass"], np.float64, engine="numpy") for _ in range(2)
    )
    data = DATA["multiclass"]
    batch = data.features("train"), data.targets("train", np.float64)
    point = Curvature(looked_at.network, looked_at.loss, *batch)
    vector = np.ones(looked_at.network.n_parameters)
    before = point.hessian_vector(vector)
    for trainer in (looked_at, other):
        trainer.advance(steps=7)
    assert_same_bits(looked_at, other)
    np.testing.assert_array_equal(point.hessian_vector(vector), before)


def test_float32_is_good_to_its_rounding():
    network, x, targets = problem(batch_norm=True)
    loss, vector = LOSSES["categorical_crossentropy"], np.ones(network.n_parameters)
    exact = nnlib.hessian_vector(network, x, targets, loss, vector)
    config = NetworkConfig(hidden=(5, 4), activation="tanh", batch_norm=True)
    narrow = nnlib.build_network(config, 3, 3, np.random.default_rng(0), dtype=np.float32)
    narrow.flat_parameters[...] = network.flat_parameters
    found = nnlib.hessian_vector(narrow, x, targets, loss, vector)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, exact, atol=3e-5 * abs(exact).max())


def test_vectors_of_another_length_are_refused():
    network, x, targets = problem()
    point = Curvature(network, LOSSES["categorical_crossentropy"], x, targets)
    with pytest.raises(ValueError, match=rf"shape \(…, {network.n_parameters}\)"):
        point.hessian_vector(np.ones(network.n_parameters - 1))


@pytest.mark.parametrize("gauss_newton", [False, True])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_eigenvalues_are_those_of_the_dense_hessian(activation, gauss_newton):
    network, x, targets = problem(activation=activation, batch_norm=True)
    loss = LOSSES["categorical_crossentropy"]
    point = Curvature(network, loss, x, targets)
    product = point.gauss_newton_vector if gauss_newton else point.hessian_vector
    dense = product(np.eye(network.n_parameters))
    dense = (dense + dense.T) / 2
    low = 1 if gauss_newton else 2  # 0 occurs several times there
    spectrum = nnlib.hessian_eigenvalues(
        network, x, targets, loss, largest=3, smallest=low, gauss_newton=gauss_newton,
        tolerance=1e-7,
    )  # fmt: skip
    values = np.linalg.eigvalsh(dense)
    assert spectrum.converged
    np.testing.assert_allclose(spectrum.largest, values[:-4:-1], atol=1e-6 * values[-1])
    np.testing.assert_allclose(spectrum.smallest, values[:low], atol=1e-6 * values[-1])
    for value, vector, residual in zip(
        spectrum.largest, spectrum.largest_vectors, spectrum.largest_residuals, strict=True
    ):
        length = np.linalg.norm(dense @ vector - value * vector)
        np.testing.assert_allclose(length, residual, atol=1e-12)


def test_the_spectrum_of_a_point_nearby_saves_products():
    network, x, targets = problem()
    loss = LOSSES["categorical_crossentropy"]
    options = {"smallest": 0, "tolerance": 1e-3}
    first = nnlib.hessian_eigenvalues(network, x, targets, loss, **options)
    network.flat_parameters += 1e-4
    again = nnlib.hessian_eigenvalues(network, x, targets, loss, before=first, **options)
    assert again.products < first.products
    np.testing.assert_allclose(again.largest, first.largest, rtol=1e-2)


def test_lanczos_tells_the_sign_and_gives_a_whole_spectrum_with_multiples():
    values = np.array([-9.0, -1, 0, 0, 2, 2, 2, 5])
    turn, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(8, 8)))
    matrix = turn * values @ turn.T
    start = np.random.default_rng(1).normal(size=8)
    spectrum = lanczos(matrix.dot, start, largest=8, smallest=1, tolerance=0.0)
    np.testing.assert_allclose(spectrum.largest, values[::-1], atol=1e-12)
    assert spectrum.smallest[0] == pytest.approx(-9)
    assert (spectrum.products, spectrum.converged) == (8, True)


def test_lanczos_says_when_it_was_stopped_short():
    diagonal = np.linspace(0, 1, 200)
    spectrum = lanczos(lambda v: diagonal * v, np.ones(200), most=8)
    assert (spectrum.products, spectrum.converged) == (8, False)
    assert spectrum.largest_residuals[0] > 1e-3


def test_what_has_no_answer_is_refused():
    network, x, targets = problem(lead=(2,))
    with pytest.raises(ValueError, match="one network"):
        nnlib.hessian_eigenvalues(network, x, targets, LOSSES["categorical_crossentropy"])
    for options in ({"largest": 0, "smallest": 0}, {"largest": 4}):
        with pytest.raises(ValueError, match="1 to 3 eigenvalues"):
            lanczos(np.eye(3).dot, np.ones(3), **options)
    with pytest.raises(ValueError, match="not 0"):
        lanczos(np.eye(3).dot, np.zeros(3))
    with pytest.raises(FloatingPointError):
        lanczos(lambda v: v * np.nan, np.ones(3))
