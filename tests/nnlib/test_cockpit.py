"""α and Takeuchi's criterion: against closed forms, dense matrices, and sums of slopes."""

import numpy as np
import pytest
from small_runs import DATA, make_experiment

import nnlib
from nnlib.class_weights import WeightedLoss
from nnlib.config import NetworkConfig
from nnlib.curvature import (
    Curvature,
    CurvatureFollower,
    Quantities,
    Stride,
    gauss_newton_diagonal,
    step_position,
    stride,
    takeuchi,
)
from nnlib.losses import LOSSES, softmax

ONES = np.ones(4)


@pytest.mark.parametrize("minimum", [0.25, 0.5, 1.0, 4.0, -2.0])
def test_alpha_is_minus_one_at_the_start_nought_at_the_minimum_and_one_across(minimum):
    def at(t):
        return 3 * (t - minimum) ** 2 + 7, 6 * (t - minimum)

    (first, slope), (last, end) = at(0.0), at(1.0)
    found = step_position(np.array([first, last]), np.array([slope, end]), np.array([1, 2, 3, 4.0]))
    assert found == pytest.approx((1 - minimum) / minimum)  # 1 for half of the way


def test_alpha_weighs_what_does_not_agree_by_its_uncertainty():
    values, slopes = np.array([1.0, 0.7]), np.array([-1.0, 0.4])
    errors = np.array([0.5, 0.1, 0.3, 0.2])
    rows = np.array([[1, 0, 0], [1, 1, 1], [0, 1, 0], [0, 1, 2.0]])
    weights = np.diag(1 / errors**2)
    _, b, c = np.linalg.solve(rows.T @ weights @ rows, rows.T @ weights @ [*values, *slopes])
    assert step_position(values, slopes, errors) == pytest.approx(-2 * c / b - 1)
    assert step_position(values, slopes, 7 * errors) == pytest.approx(-2 * c / b - 1)
    by_slopes = step_position(values, slopes, np.array([1e6, 1e6, 1, 1]))
    assert by_slopes == pytest.approx(0.4)  # their quotient
    assert step_position(values, slopes, 0 * errors) == step_position(values, slopes, ONES)


def test_alpha_of_a_parabola_without_a_minimum_ahead():
    assert step_position(np.array([1.0, -1]), np.array([-1.0, -3]), ONES) == -1
    assert np.isnan(step_position(np.array([1.0, 2]), np.array([0.0, 2]), ONES))
    assert np.isnan(step_position(np.array([1.0, np.inf]), np.array([-1.0, 2]), ONES))


def test_alpha_of_gradient_descent_on_a_quadratic_is_its_rate_times_the_curvature_less_one():
    """Along the gradient g, of curvature κ = gᵀHg / gᵀg, the minimum is 1/κ away: α = ηκ - 1."""
    experiment = make_experiment({"hidden": ()}, optimizer="sgd", learning_rate=0.3, batch_size=40)
    trainer = nnlib.Trainer(experiment, DATA["regression"], np.float64)
    for _ in range(3):
        x, targets = trainer.data.features("train"), trainer.data.targets("train", np.float64)
        point = Curvature(trainer.network, trainer.loss, x, targets)
        g, watched = point.gradient, Stride(trainer)
        assert np.isnan(watched.position())  # not made yet
        trainer.advance(steps=1)
        curvature = g @ point.hessian_vector(g) / (g @ g)
        assert watched.position() == pytest.approx(0.3 * curvature - 1, rel=1e-6)


RUNS = {
    "plain": ({}, {"optimizer": "sgd"}),
    "penalties": ({}, {"optimizer": "sgd", "l1": 0.01, "l2": 0.03}),
    "classes weighted": ({}, {"optimizer": "sgd", "class_weight": "balanced"}),
    "dropout": ({"dropout": 0.4}, {"optimizer": "sgd"}),
    "noise": ({"batch_norm": True, "batch_norm_noise": 0.5}, {"optimizer": "sgd"}),
    "momentum": ({"batch_norm": True, "skip": True}, {"optimizer": "momentum", "l2": 0.01}),
    "adam": ({"activation": "gelu"}, {"optimizer": "adam"}),
}


@pytest.mark.parametrize("case", RUNS)
def test_the_ends_of_a_step_are_those_of_one_and_the_same_loss(case, monkeypatch):
    """Over a short step it changes by the mean of its slopes, and from -η·g falls by η·|g|²."""
    network, training = RUNS[case]
    seen = []
    monkeypatch.setattr(stride, "step_position", lambda *given: seen.append(given) or 0.5)
    experiment = make_experiment(network, learning_rate=1e-3, **training)
    trainer = nnlib.Trainer(experiment, DATA["multiclass"], np.float64)
    for _ in range(4):  # the last minibatch of an epoch is a short one
        before, watched = trainer.network.flat_parameters.copy(), Stride(trainer)
        trainer.advance(steps=1)
        assert watched.position() == 0.5
        (first, last), (slope, end), errors = seen.pop()
        assert last - first == pytest.approx((slope + end) / 2, rel=1e-3)
        assert (errors > 0).all()
        if training["optimizer"] == "sgd":
            step = trainer.network.flat_parameters - before
            assert slope == pytest.approx(-(step @ step) / 1e-3)


def test_a_slope_of_an_example_is_that_of_its_own_gradient():
    network, loss, x, targets = problem("categorical_crossentropy")
    vector = np.random.default_rng(1).normal(size=network.n_parameters)
    found = Curvature(network, loss, x, targets).slopes(vector)
    np.testing.assert_allclose(found, each(network, loss, x, targets) @ vector, rtol=1e-9)


def test_alpha_is_followed_at_the_pace_of_the_curvature():
    experiment = make_experiment(optimizer="sgd", epochs=150)
    trainer = nnlib.Trainer(experiment, DATA["regression"], engine="numpy")
    follower = CurvatureFollower(Quantities(alpha=True), 0.5)
    follower.advance(trainer)
    history = follower.record_of(trainer).history
    steps = history.steps("sharpness")
    assert len(steps) > 3
    np.testing.assert_array_equal(history.steps("alpha"), steps[steps > 0])
    alone = nnlib.Trainer(experiment, DATA["regression"], engine="numpy")
    alone.advance(steps=int(steps[1]) - 1)
    watched = Stride(alone)
    alone.advance(steps=1)
    assert history["alpha"][0] == watched.position()


def problem(loss, outputs=3, n=9, **network):
    rng = np.random.default_rng(3)
    config = NetworkConfig(**({"hidden": (5, 4), "activation": "tanh"} | network))
    built = nnlib.build_network(config, 3, outputs, rng, dtype=np.float64)
    built.flat_parameters += 0.3 * rng.normal(size=built.flat_parameters.shape)
    targets = rng.normal(size=(n, outputs))
    if loss == "categorical_crossentropy":
        targets = softmax(targets)
    elif loss == "binary_crossentropy":
        targets = (targets > 0).astype(float)
    return built, LOSSES[loss], rng.normal(size=(n, 3)), targets


def each(network, loss, x, targets):
    """Every example's gradient, shape (n, P)."""
    rows = [slice(i, i + 1) for i in range(len(x))]
    return np.array([Curvature(network, loss, x[i], targets[i]).gradient for i in rows])


CASES = {
    "softmax": ("categorical_crossentropy", 3, {}),
    "regression": ("mean_squared_error", 2, {"activation": "gelu"}),
    "binary": ("binary_crossentropy", 1, {"activation": "relu"}),
    "skips": ("categorical_crossentropy", 4, {"skip": True, "hidden": (4, 4, 4)}),
}


@pytest.mark.parametrize("case", CASES)
def test_takeuchi_is_that_of_the_dense_matrices(case):
    name, outputs, own = CASES[case]
    network, loss, x, targets = problem(name, outputs, **own)
    if case == "binary":
        loss = WeightedLoss(loss, np.array([0.5, 3.0]))
    g, before = each(network, loss, x, targets), network.flat_gradients.copy()
    point = Curvature(network, loss, x, targets, training=False)
    dense = point.gauss_newton_vector(np.eye(network.n_parameters))
    diagonal = gauss_newton_diagonal(network, loss, x, targets)
    np.testing.assert_allclose(diagonal, np.diag(dense), rtol=1e-9, atol=1e-14)
    moment = np.diag(g.T @ g / len(g))
    live = moment + np.diag(dense) > 1e-14
    found = takeuchi(network, loss, x, targets)
    assert found.by_traces == pytest.approx(moment.sum() / np.trace(dense))
    assert found.by_diagonals == pytest.approx((moment[live] / np.diag(dense)[live]).sum())
    np.testing.assert_array_equal(network.flat_gradients, before)


def test_takeuchi_over_n_is_the_optimism_of_least_squares():
    """With orthogonal inputs G is diagonal: tr(C·H⁻¹)/N is 2·p·s²/N, s² of the residuals.

    The squared error of new targets exceeds that of the N by 2·p·σ²/N (Hastie et al. 2009, 7.4).
    """
    rng, rows = np.random.default_rng(0), 200
    basis = np.linalg.qr(np.column_stack([np.ones(rows), rng.normal(size=(rows, 3))]))[0]
    x, network = basis[:, 1:] * np.sqrt(rows), nnlib.build_network(
        NetworkConfig(hidden=()), 3, 1, rng, dtype=np.float64
    )  # fmt: skip
    found = []
    for _ in range(30):
        targets = rng.normal(0, 2, size=(rows, 1))
        network.parameters()["dense_1.weight"][...] = x.T @ targets / rows
        network.parameters()["dense_1.bias"][...] = targets.mean()
        takeuchis = takeuchi(network, LOSSES["mean_squared_error"], x, targets)
        point = Curvature(network, LOSSES["mean_squared_error"], x, targets)
        g = each(network, LOSSES["mean_squared_error"], x, targets)
        hessian = point.hessian_vector(np.eye(4))
        exact = np.trace(g.T @ g / rows @ np.linalg.inv(hessian))
        assert takeuchis.by_diagonals == pytest.approx(exact)
        found.append(takeuchis.by_diagonals / rows)
    assert np.mean(found) == pytest.approx(2 * 4 * 2**2 / rows, rel=0.1)


def test_takeuchi_is_measured_on_the_way_but_for_batch_normalization():
    for batch_norm in (False, True):
        trainer = nnlib.Trainer(make_experiment({"batch_norm": batch_norm}), DATA["multiclass"])
        follower = CurvatureFollower(Quantities(information=True), 1.0)
        follower.advance(trainer, steps=2)
        history = follower.record_of(trainer).history
        measured = history.steps("information_by_traces").tolist()
        assert measured == ([] if batch_norm else [0, 1, 2])
    network, loss, x, targets = problem("mean_squared_error", batch_norm=True)
    with pytest.raises(ValueError, match="depends on the other examples"):
        takeuchi(network, loss, x, targets)
