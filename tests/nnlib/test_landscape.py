"""Slices of the loss: numbers beside direct evaluations, planes beside their definitions."""

from functools import cache

import numpy as np
import pytest
from small_runs import DATA, make_experiment

from nnlib.building import build_network
from nnlib.config import Experiment
from nnlib.datasets import Dataset
from nnlib.forks import fork
from nnlib.landscape import (
    Path,
    around,
    barrier,
    evaluation,
    follow_path,
    line_between,
    lines,
    look_along_gradient,
    losses_at,
    measure_parting,
    parting_steps,
    pca_plane,
    random_plane,
    random_walk_shares,
    slices,
    survey,
)
from nnlib.network import Network
from nnlib.training import Trainer, train

NORMALIZED = {"batch_norm": True}


def network_of(experiment: Experiment, data: Dataset) -> Network:
    rng = np.random.default_rng(0)
    return build_network(experiment.network, data.n_features, data.n_outputs, rng)


@cache
def path_of(batch_norm: bool = False) -> Path:
    experiment = make_experiment({"batch_norm": batch_norm, "activation": "relu"}, epochs=6)
    return follow_path(experiment, DATA["multiclass"], 9)


@pytest.mark.parametrize("task", DATA)
def test_every_point_has_the_loss_and_the_score_of_the_network_alone(task, monkeypatch):
    data, experiment = DATA[task], make_experiment()
    monkeypatch.setattr(evaluation, "_MOST_AT_ONCE", 3)  # of seven points the last part is short
    network = network_of(experiment, data)
    points = network.flat_parameters + np.random.default_rng(1).normal(0, 0.3, (7, 1))
    shares: list[float] = []
    found = losses_at(
        experiment, data, points, splits=("train", "val"), progress=shares.append, dtype=float
    )
    trainer = Trainer(experiment, data, float)
    for i, point in enumerate(points):
        trainer.network.flat_parameters[...] = point
        for split in ("train", "val"):
            for name, value in trainer.evaluate(split).items():
                assert found[f"{split}_{name}"][i] == pytest.approx(float(value), rel=1e-12)
    assert len(np.unique(found["train_loss"])) == 7 and shares == sorted(shares)
    assert shares[-1] == 1


@pytest.mark.parametrize("after", [False, True])
def test_batch_normalization_takes_the_statistics_of_the_training_examples(after):
    data = DATA["multiclass"]
    experiment = make_experiment(NORMALIZED | {"batch_norm_after": after, "dropout": 0.5})
    plain = make_experiment(NORMALIZED | {"batch_norm_after": after})
    network = network_of(plain, data)
    rng = np.random.default_rng(2)
    points = network.flat_parameters + rng.normal(0, 0.2, (4, network.n_parameters))
    found = losses_at(experiment, data, points, splits=("train", "val"), dtype=float)
    trainer = Trainer(plain, data, float)
    X = data.X_train.astype(float)
    for i, point in enumerate(points):
        trainer.network.flat_parameters[...] = point
        for _ in range(400):  # running statistics come to those of the whole set, 0.9 ** 400
            trainer.network.forward(X, training=True)
        for split in ("train", "val"):
            loss = float(trainer.evaluate(split)["loss"])
            assert found[f"{split}_loss"][i] == pytest.approx(loss, rel=1e-9)


def test_a_path_has_the_weights_of_its_run():
    experiment = make_experiment()
    path = follow_path(experiment, DATA["multiclass"], 5)
    trainer = Trainer(experiment, DATA["multiclass"])
    assert path.steps.tolist() == np.linspace(0, trainer.total_steps, 5).round().tolist()
    for step, weights in zip(path.steps.tolist(), path.weights, strict=True):
        trainer.advance(steps=step - trainer.step)
        np.testing.assert_array_equal(weights, trainer.network.flat_parameters)
    np.testing.assert_array_equal(path.end, weights)


def test_a_run_without_an_end_or_a_way_has_no_path():
    with pytest.raises(ValueError, match="smaller learning rate"):
        follow_path(
            make_experiment({"activation": "linear"}, optimizer="sgd", learning_rate=100.0),
            DATA["regression"],
        )
    with pytest.raises(ValueError, match="more epochs"):
        follow_path(make_experiment(epochs=1, batch_size=64), DATA["multiclass"])


@pytest.mark.parametrize("batch_norm", [False, True])
def test_random_directions_have_the_norm_of_every_unit_and_spare_the_rest(batch_norm):
    path = path_of(batch_norm)
    network = network_of(path.experiment, DATA["multiclass"])
    plane = random_plane(network, path.end, np.random.default_rng(3))
    assert not np.array_equal(*plane.directions) and abs(plane.cosine) < 0.6
    for direction in plane.directions:
        for name, part in network.slices.items():
            if not name.endswith("weight"):
                assert not direction[part].any()
                continue
            shape = network.parameters()[name].shape
            drawn, weights = direction[part].reshape(shape), path.end[part].reshape(shape)
            np.testing.assert_allclose(
                np.linalg.norm(drawn, axis=0), np.linalg.norm(weights, axis=0), rtol=1e-6
            )


def test_coordinates_are_those_of_the_nearest_point():
    path, rng = path_of(), np.random.default_rng(4)
    network = network_of(path.experiment, DATA["multiclass"])
    plane = random_plane(network, path.end, rng)
    wanted = rng.normal(size=(6, 2))
    np.testing.assert_allclose(plane.coordinates(plane.points(wanted)), wanted, atol=1e-12)
    assert plane.share(plane.points(wanted)) == pytest.approx(1)
    found = plane.coordinates(path.weights)
    rest = path.weights - plane.points(found)  # perpendicular to the plane
    np.testing.assert_allclose(rest @ plane.directions.T, 0, atol=1e-6)
    away, outside = np.square(path.weights - path.end).sum(), np.square(rest).sum()
    assert plane.share(path.weights) == pytest.approx(1 - outside / away)


def test_principal_components_are_the_eigenvectors_of_the_covariance():
    weights = path_of().weights.astype(float)
    plane = pca_plane(weights)
    values, vectors = np.linalg.eigh(np.cov(weights.T))
    np.testing.assert_allclose(plane.variances[:3], values[::-1][:3] / values.sum(), rtol=1e-6)
    np.testing.assert_allclose(np.abs(vectors[:, [-1, -2]].T @ plane.directions.T), np.eye(2),
                               atol=1e-6)  # fmt: skip
    assert (plane.coordinates(weights)[0] >= 0).all()
    np.testing.assert_allclose(plane.coordinates(weights)[-1], 0, atol=1e-9)
    with pytest.raises(ValueError, match="straight line"):
        pca_plane(np.arange(5.0)[:, np.newaxis] * np.ones(8))


def test_a_random_walk_has_most_of_its_variance_along_two_components():
    steps = np.random.default_rng(5).normal(size=(40, 20_000))
    measured = pca_plane(np.cumsum(steps, axis=0)).variances[:4]
    np.testing.assert_allclose(random_walk_shares(40, 4), measured, rtol=0.05)
    limit = [6 / (np.pi * k) ** 2 for k in (1, 2)]
    np.testing.assert_allclose(random_walk_shares(5000), limit, rtol=1e-3)


@pytest.mark.parametrize("split", ["train", "val"])
def test_a_slice_has_the_losses_of_its_points(split, monkeypatch):
    monkeypatch.setattr(slices, "_AT_ONCE", 10 * path_of().weights.shape[1])
    path, data, shares = path_of(), DATA["multiclass"], []
    plane = pca_plane(path.weights)
    x, y = around(plane.coordinates(path.weights), 5)
    found = survey(plane, path, data, x, y[:4], split, shares.append)
    assert found.loss.shape == found.score.shape == (4, 5) and shares == sorted(shares)
    assert shares[-1] == 1
    trainer = Trainer(path.experiment, data)
    for (row, column), loss in np.ndenumerate(found.loss):
        trainer.network.flat_parameters[...] = plane.points(np.array([x[column], y[row]]))
        measured = trainer.evaluate(split)
        assert loss == pytest.approx(float(measured["loss"]), rel=1e-5)
        assert found.score[row, column] == float(measured["accuracy"])
    for i, weights in enumerate(path.weights):
        for expected, loss in (
            (weights, found.path_loss[i]),
            (plane.points(found.places[i]), found.projected_loss[i]),
        ):
            trainer.network.flat_parameters[...] = expected
            assert loss == pytest.approx(float(trainer.evaluate(split)["loss"]), rel=1e-5)
    assert found.path_loss[-1] == pytest.approx(found.projected_loss[-1], rel=1e-5)
    inside = (found.places >= [x[0], y[0]]) & (found.places <= [x[-1], y[-1]])
    assert inside.all() and found.inside > 0.5


def test_a_line_has_the_losses_of_its_points_and_the_barrier_is_above_the_mean_of_its_ends():
    data, experiment = DATA["multiclass"], make_experiment()
    first, second = (train(experiment.with_training(seed=s), data).network for s in (0, 1))
    line = line_between(experiment, data, first.flat_parameters, second.flat_parameters, 5)
    trainer = Trainer(experiment, data)
    for i, t in enumerate((0, 0.25, 0.5, 0.75, 1)):
        mixed = (1 - t) * first.flat_parameters + t * second.flat_parameters
        trainer.network.flat_parameters[...] = mixed
        for split in ("train", "val"):
            measured = trainer.evaluate(split)
            assert line.measured[f"{split}_loss"][i] == pytest.approx(float(measured["loss"]))
            assert line.measured[f"{split}_accuracy"][i] == float(measured["accuracy"])
    away = second.flat_parameters - first.flat_parameters
    assert line.distance == pytest.approx(float(np.linalg.norm(away)))
    scores = line.measured["train_accuracy"]
    height = (1 - scores).max() - ((1 - scores[0]) + (1 - scores[-1])) / 2
    assert line.barrier("train_accuracy") == pytest.approx(height)
    assert barrier(np.array([0.1, 0.2, 0.9, 0.3])) == pytest.approx(0.7)
    assert barrier(np.array([0.1, 0.0, 0.3])) == pytest.approx(0.1)  # of the higher end
    assert np.isnan(barrier(np.array([0.1, np.nan, 0.3])))


def test_runs_that_part_share_their_first_steps_and_no_more():
    data, experiment = DATA["multiclass"], make_experiment({"dropout": 0.3})
    steps = parting_steps(12, 3).tolist()
    assert steps == [0, 2, 3, 6]
    shares: list[float] = []
    found = measure_parting(experiment, data, [*steps, 12], 2, shares.append)
    assert found.total_steps == Trainer(experiment, data).total_steps == 12
    assert shares == pytest.approx(np.arange(1, 11) / 10)
    distances = np.array([[line.distance for line in pairs] for pairs in found.lines])
    assert (distances[:4] > 0).all() and (distances[4] == 0).all()  # nothing is left to differ in
    assert len(np.unique(distances[:4])) == 8 and found.barriers("val_loss").shape == (5, 2)
    trainer = Trainer(experiment, data)
    trainer.advance(steps=3)
    ends = [fork(trainer, 3, seed=lines._other_seed(0, copy)) for copy in (1, 2)]
    for end in ends:
        end.advance(steps=12)
    apart = np.linalg.norm(ends[0].network.flat_parameters - ends[1].network.flat_parameters)
    assert distances[2, 0] == pytest.approx(float(apart), rel=1e-6)


def test_runs_that_diverge_have_no_barrier():
    experiment = make_experiment({"activation": "linear"}, optimizer="sgd", learning_rate=100.0)
    with pytest.raises(ValueError, match="smaller learning rate"):
        measure_parting(experiment, DATA["regression"], [0])


def test_looks_along_the_gradient_are_spread_over_the_run():
    experiment = make_experiment(NORMALIZED | {"activation": "relu"})
    found = look_along_gradient(experiment, DATA["multiclass"], 4)
    assert found.steps.tolist() == [0, 3, 6, 9, 12]
    np.testing.assert_array_equal(found.ranges, found.high - found.low)
    assert (found.ranges > 0).all() and (found.change > 0).all()
    again = look_along_gradient(experiment, DATA["multiclass"], 2)  # steps 0, 6, 12
    assert again.steps.tolist() == [0, 6, 12] and again.low[0] == found.low[0]
