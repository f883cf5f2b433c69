"""Curvature through a run: the optimizers' limits, the trace, the meter, the follower's pace."""

import numpy as np
import pytest
from small_runs import DATA, EXPLODING, assert_same_bits, make_experiment

import nnlib
from nnlib.config import NetworkConfig
from nnlib.curvature import (
    Curvature,
    CurvatureFollower,
    Meter,
    Quantities,
    eigenvalues,
    hutchinson,
    layer_places,
    preconditioner,
    signs,
    stability_limit,
)
from nnlib.curvature.meter import MOST_EIGENVALUES
from nnlib.curvature.price import measurement_cost, step_cost
from nnlib.losses import LOSSES
from nnlib.optimizers import OPTIMIZERS, Adam, Optimizer

EVERYTHING = Quantities(
    MOST_EIGENVALUES, gauss_newton=True, layers=True, probes=4, information=True, alpha=True
)
DIVISORS = np.array([0.5, 2.0, 1.0])
"""By what a frozen adaptive rule divides the three directions of a quadratic."""


def frozen(name):
    """Return an optimizer that has run for long, and whose divisors, if any, no longer move."""
    settings = {"rmsprop": {"decay": 1.0}, "adamw": {"weight_decay": 0.4}}.get(name, {})
    optimizer = OPTIMIZERS[name]((3,), np.float64, **settings)
    optimizer.steps = 10**15
    if isinstance(optimizer, Adam):
        optimizer.beta_2 = 1 - 1e-12
        optimizer._scaled_square[...] = DIVISORS**2 / (1 - optimizer.beta_2)
    for state in ("_square_sum", "_square_mean"):
        if hasattr(optimizer, state):
            getattr(optimizer, state)[...] = DIVISORS**2
    return optimizer


@pytest.mark.parametrize("rate", [0.03, 0.5])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_on_a_quadratic_shrink_below_the_limit_and_grow_above_it(name, rate):
    for factor, grows in ((0.99, False), (1.01, True)):
        optimizer = frozen(name)
        divisors = preconditioner(optimizer)
        assert (divisors is not None) == optimizer.scale_free
        divisors = np.ones(3) if divisors is None else divisors
        # of P⁻¹·H: the second direction is at the limit, the others are half as curved
        hessian = factor * stability_limit(optimizer, rate) * divisors * [0.5, 1, 0.5]
        w, sizes = np.full(3, 1e-12), []
        for _ in range(90):
            w = w + optimizer.update(w, hessian * w, rate)
            sizes.append(np.abs(w).max())
        assert (max(sizes[-30:]) > max(sizes[:30])) == grows, factor


def test_limits_in_numbers():
    made = {name: frozen(name) for name in OPTIMIZERS}
    assert stability_limit(made["sgd"], 0.1) == pytest.approx(20)
    assert stability_limit(made["momentum"], 0.1) == pytest.approx(38)
    assert stability_limit(made["nesterov"], 0.1) == pytest.approx(3.8 / 2.8 / 0.1)
    assert stability_limit(made["adam"], 0.1) == pytest.approx(380)
    assert stability_limit(made["adamw"], 0.1) == pytest.approx(380 * (1 - 0.1 * 0.4 / 2))


class Own(Optimizer):
    """A rule that nobody has worked out."""

    name = "own"


def test_a_rule_of_ones_own_has_no_limit():
    with pytest.raises(TypeError, match="no limit for the optimizer own"):
        stability_limit(Own((3,)), 0.1)


@pytest.mark.parametrize("name", ["adagrad", "rmsprop", "adam", "adamw"])
def test_the_divisor_is_that_of_the_next_step(name):
    """A step is -η·(what it averages) / P; the first of Adam's averages is (1 - β₁)·g."""
    optimizer, gradient = OPTIMIZERS[name]((3,), np.float64), np.array([1e-9, -0.3, 2.0])
    assert preconditioner(optimizer) is None
    change = optimizer.update(np.zeros(3), gradient, 0.1)
    averaged = gradient * (1 - getattr(optimizer, "beta_1", 0.0))
    np.testing.assert_allclose(change, -0.1 * averaged / preconditioner(optimizer), rtol=1e-12)


def small(batch_norm=False, hidden=(3,)):
    """Return the curvature of a small network at a random point, the network, and the Hessian."""
    rng = np.random.default_rng(4)
    config = NetworkConfig(hidden=hidden, activation="tanh", batch_norm=batch_norm)
    network = nnlib.build_network(config, 3, 1, rng, dtype=np.float64)
    network.flat_parameters += 0.5 * rng.normal(size=network.n_parameters)
    x, targets = rng.normal(size=(9, 3)), rng.normal(size=(9, 1))
    point = Curvature(network, LOSSES["mean_squared_error"], x, targets)
    return point, network, point.hessian_vector(np.eye(network.n_parameters))


def hadamard(n):
    matrix = np.ones((1, 1))
    while len(matrix) < n:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix[:, :n]


@pytest.mark.parametrize("gauss_newton", [False, True])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_trace_from_orthogonal_signs_is_the_dense_one(batch_norm, gauss_newton):
    point, network, dense = small(batch_norm)
    if gauss_newton:
        dense = point.gauss_newton_vector(np.eye(network.n_parameters))
    probes = hadamard(network.n_parameters)
    found = hutchinson(point, network, probes, gauss_newton=gauss_newton)
    assert found.whole == pytest.approx(np.trace(dense), abs=1e-6)
    places = layer_places(network)
    blocks = [np.trace(dense[place, place]) for place in places]
    np.testing.assert_allclose(found.layers, blocks, atol=1e-6)
    beside = 6 if batch_norm else 0  # scale and shift of three units
    assert sum(place.stop - place.start for place in places) + beside == network.n_parameters


def test_the_trace_from_random_signs_is_within_its_errors():
    point, network, dense = small()
    probes = signs(200, network.n_parameters, np.random.default_rng(0))
    assert set(np.unique(probes)) == {-1, 1}
    found = hutchinson(point, network, probes)
    assert abs(found.whole - np.trace(dense)) < 3 * found.error
    assert np.isnan(hutchinson(point, network, probes[:1]).error)


@pytest.mark.parametrize("gauss_newton", [False, True])
def test_eigenvalues_of_a_block_and_of_a_divided_matrix(gauss_newton):
    point, network, dense = small(hidden=(4, 3))
    if gauss_newton:
        dense = point.gauss_newton_vector(np.eye(network.n_parameters))
    options = {"smallest": 0, "tolerance": 1e-9, "gauss_newton": gauss_newton}
    for place in layer_places(network):
        found = eigenvalues(point, part=place, **options)
        values = np.linalg.eigvalsh(dense[place, place])
        assert found.largest[0] == pytest.approx(values[-1], abs=1e-6)
    divisors = np.random.default_rng(5).uniform(0.1, 10, network.n_parameters)
    found = eigenvalues(point, largest=2, preconditioner=divisors, **options)
    values = np.sort(np.linalg.eigvals(dense / divisors[:, np.newaxis]).real)
    np.testing.assert_allclose(found.largest, values[:-3:-1], atol=1e-6)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam", "rmsprop"])
def test_a_meter_follows_the_dense_hessian_of_what_is_minimized(optimizer):
    experiment = make_experiment(optimizer=optimizer, l2=0.01, class_weight="balanced")
    trainer, meter = nnlib.Trainer(experiment, DATA["multiclass"], np.float64), Meter()
    for _ in range(4):
        trainer.advance(steps=5)
        found = meter.measure(trainer, EVERYTHING)
        x, targets = trainer._evaluator.splits["train"]
        point = Curvature(trainer.network, trainer._minimized, x, targets, l2=0.01)
        dense = point.hessian_vector(np.eye(point.n_parameters))
        values = np.linalg.eigvalsh(dense)[::-1]
        np.testing.assert_allclose(found["eigenvalues"], values[:5], atol=2e-3 * values[0])
        assert found["sharpness"] == found["eigenvalues"][0]
        own, divisors = values[0], preconditioner(trainer._optimizer)
        if divisors is not None:
            own = np.linalg.eigvals(dense / divisors[:, np.newaxis]).real.max()
            assert found["preconditioned_sharpness"] == pytest.approx(own, rel=1e-3)
        limit = stability_limit(trainer._optimizer, 0.02)
        assert found["relative"] == pytest.approx(own / limit, rel=1e-3)
        blocks = [np.linalg.eigvalsh(dense[p, p])[-1] for p in layer_places(trainer.network)]
        np.testing.assert_allclose(found["layer_sharpness"], blocks, rtol=1e-3)
        linear = point.gauss_newton_vector(np.eye(point.n_parameters))
        top = np.linalg.eigvalsh(linear)[-1]
        assert found["gauss_newton_sharpness"] == pytest.approx(top, rel=1e-3)
        assert abs(found["trace"] - np.trace(dense)) < 6 * found["trace_error"]


def followed(share=0.9, slices=None, engine="numpy", **training):
    """Return a run that was followed through these slices, and what was measured of it."""
    experiment = make_experiment(**{"epochs": 300, "batch_size": 64, "optimizer": "sgd"} | training)
    trainer = nnlib.Trainer(experiment, DATA["regression"], engine=engine)
    follower = CurvatureFollower(EVERYTHING, share)
    for options in slices or [{}]:
        follower.advance(trainer, **options)
    return trainer, follower.record_of(trainer).history


def test_the_record_is_the_same_however_a_run_is_looked_at_and_the_run_is_untouched():
    whole, first = followed()
    slices = [{"steps": 1}, {"seconds": 0.0}, {"steps": 120}, {"seconds": 1e-3}, {}]
    trainer, second = followed(slices=slices)
    alone = nnlib.Trainer(whole.experiment, whole.data, engine="numpy")
    alone.advance(steps=300)
    assert_same_bits(whole, alone)
    assert_same_bits(trainer, alone)
    assert len(first["sharpness"]) > 3
    assert first.names == second.names
    for name in first.names:
        np.testing.assert_array_equal(first.steps(name), second.steps(name))
        np.testing.assert_array_equal(first[name], second[name])


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_measurements_are_their_share_of_the_counted_work(share):
    trainer, history = followed(share, epochs=2000)
    costs = [measurement_cost(trainer, int(n), alpha=True) for n in history["products"]]
    assert history.steps("products")[0] == 0 and len(costs) > 3
    steps = history.steps("products")[-1] * step_cost(trainer)
    assert 0.97 * share < sum(costs[:-1]) / (sum(costs[:-1]) + steps) <= share


def test_a_share_of_all_measures_at_every_step_and_zero_steps_measure_once():
    trainer, history = followed(1.0, [{"steps": 0}, {"steps": 5}])
    np.testing.assert_array_equal(history.steps("sharpness"), np.arange(6))
    assert trainer.step == 5
    trainer, history = followed(1.0, epochs=3)
    np.testing.assert_array_equal(history.steps("sharpness"), np.arange(4))  # the last one too


def test_a_change_of_the_rate_is_measured_where_it_was_made():
    trainer = nnlib.Trainer(make_experiment(optimizer="sgd"), DATA["multiclass"])
    follower = CurvatureFollower(share=0.01)
    follower.advance(trainer, steps=7)
    trainer.change(learning_rate=0.01)
    follower.advance(trainer, steps=1)
    history = follower.record_of(trainer).history
    np.testing.assert_array_equal(history.steps("limit"), [0, 7])
    np.testing.assert_allclose(history["limit"], [100, 200])
    assert history.events is trainer.history.events
    other = nnlib.Trainer(trainer.experiment, trainer.data)
    assert not len(follower.record_of(other).history["limit"])
    assert 0 < follower.time_share(trainer) < 1
    assert follower.time_share(other) == 0


def test_an_adaptive_rule_has_no_curvature_of_its_own_before_its_first_step():
    _, history = followed(1.0, [{"steps": 2}], optimizer="adam")
    np.testing.assert_array_equal(history.steps("sharpness"), [0, 1, 2])
    np.testing.assert_array_equal(history.steps("relative"), [1, 2])


def test_a_run_that_diverges_ends_the_record():
    trainer = nnlib.Trainer(EXPLODING, DATA["regression"])
    follower = CurvatureFollower(share=1.0)
    follower.advance(trainer)
    sharpness = follower.record_of(trainer).history["sharpness"]
    assert trainer.status == "diverged"
    assert len(sharpness) and np.isfinite(sharpness).all()


def test_weights_that_early_stopping_puts_back_are_not_measured_as_those_of_the_last_step():
    trainer, history = followed(1.0, optimizer="adam", learning_rate=0.1, patience=2)
    assert trainer.restored_step is not None
    assert history.steps("sharpness")[-1] == trainer.step - 1


def bumps(rate):
    """Return a run of full batches on six bumps, and what is to follow it."""
    data = nnlib.datasets.load(
        "multi_gaussian", n_samples=100, noise=0.0, train_fraction=0.8, test_fraction=0.0
    )
    experiment = nnlib.Experiment(
        NetworkConfig(hidden=(16, 16), activation="tanh"),
        nnlib.TrainingConfig(optimizer="sgd", learning_rate=rate, batch_size=80, epochs=6000),
    )
    return nnlib.Trainer(experiment, data), CurvatureFollower(share=0.3)


def late(trainer, follower, last=0.1):
    """Return the sharpness in units of its limit over the last part of the steps."""
    history = follower.record_of(trainer).history
    return history["relative"][history.steps("relative") >= (1 - last) * trainer.step]


@pytest.mark.parametrize("rate", [0.1, 0.2, 0.3])
def test_full_batch_descent_ends_at_the_edge_of_stability(rate):
    """Cohen et al. (2021): the sharpness hovers at 2/η; over the last tenth, within 5 %."""
    trainer, follower = bumps(rate)
    follower.advance(trainer)
    assert len(late(trainer, follower)) > 5
    assert late(trainer, follower).mean() == pytest.approx(1, abs=0.05)


def test_the_sharpness_follows_a_change_of_the_rate():
    trainer, follower = bumps(0.2)
    follower.advance(trainer, steps=1500)
    trainer.change(learning_rate=0.15)
    follower.advance(trainer)
    history = follower.record_of(trainer).history
    at = int(np.searchsorted(history.steps("relative"), 1500))
    assert history["relative"][at] == pytest.approx(0.75, abs=0.05)
    assert late(trainer, follower).mean() == pytest.approx(1, abs=0.05)
