"""Few examples, flipped labels, sizes of weights, and ways to hold overfitting back."""

import numpy as np
import pytest

import nnlib
from nnlib.labs import overfitting


def rng():
    return np.random.default_rng(0)


def test_fewer_examples_are_training_examples_and_validation_stays():
    data = nnlib.datasets.load("moons")
    few = overfitting.fewer_examples(data, 10, rng())
    rows = {tuple(row) for row in np.column_stack([data.X_train, data.y_train])}
    assert {tuple(row) for row in np.column_stack([few.X_train, few.y_train])} <= rows
    assert len(few.X_train) == 10 and (few.X_val == data.X_val).all()
    assert overfitting.fewer_examples(data, 10**6, rng()) is data


@pytest.mark.parametrize("name", ["moons", "iris"])
def test_flipped_labels_are_wrong_and_training_labels_only(name: str):
    data = nnlib.datasets.load(name)
    noisy, rows = overfitting.flip_labels(data, 0.25, rng())
    assert len(rows) == round(0.25 * len(data.y_train))
    assert np.flatnonzero(noisy.y_train != data.y_train).tolist() == rows.tolist()
    assert (noisy.y_val == data.y_val).all() and (noisy.X_train == data.X_train).all()
    again, _ = overfitting.flip_labels(data, 0.25, rng())
    assert again.fingerprint == noisy.fingerprint != data.fingerprint


def test_every_other_class_is_drawn():
    data = nnlib.datasets.load("iris")
    noisy, rows = overfitting.flip_labels(data, 1.0, rng())
    shift = (noisy.y_train - data.y_train) % 3
    assert set(shift) == {1, 2} and len(rows) == len(data.y_train)


def test_quantities_have_no_labels_to_flip():
    with pytest.raises(ValueError, match="class labels"):
        overfitting.flip_labels(nnlib.datasets.load("sine"), 0.1, rng())
    with pytest.raises(ValueError, match="between 0 and 1"):
        overfitting.flip_labels(nnlib.datasets.load("moons"), 1.1, rng())


def test_sizes_of_weights():
    weights = np.array([0.0, 1e-9, -0.05, 0.05, 20.0])
    histogram = overfitting.size_histogram(weights, 1e-3, 10.0, 4)
    assert histogram.edges == pytest.approx([1e-3, 1e-2, 1e-1, 1, 10])
    assert histogram.shares == pytest.approx([0.4, 0.4, 0, 0.2])


# --- ways -----------------------------------------------------------------------------------------

NAMES = ("No penalty", "L2", "Early stopping", "True labels")


@pytest.fixture(scope="module")
def points():
    return overfitting.few_points(nnlib.datasets.load("moons"), 40, 0.15, 0)


@pytest.fixture(scope="module")
def ways(points):
    training = nnlib.TrainingConfig(learning_rate=0.01, epochs=150, batch_size=256)
    base = nnlib.Experiment(nnlib.NetworkConfig(hidden=(16, 16)), training)
    changes = ({}, {"l2": 0.02}, {"patience": 10}, {})
    experiments = {n: base.with_training(**c) for n, c in zip(NAMES, changes, strict=True)}
    told = []
    found = overfitting.compare_ways(experiments, points, 2, told.append, on_true=("True labels",))
    assert told == sorted(told) and told[-1] == 1
    return {way.arm.label: way for way in found}


def test_few_points_have_true_and_flipped_labels(points):
    assert len(points.true.X_train) == 40 and len(points.flipped) == 6
    assert (points.true.y_train != points.noisy.y_train).sum() == 6
    none = overfitting.few_points(nnlib.datasets.load("sine"), 10, 0.3, 0)
    assert none.true is none.noisy and not len(none.flipped)


def test_ways_come_in_the_order_asked_for_and_start_alike(ways, points):
    assert tuple(ways) == NAMES
    first = [ways[name].arm.losses.values[0] for name in NAMES[:3]]
    assert (first[0] == first[1]).all() and (first[0] == first[2]).all()
    assert overfitting.compare_ways({}, points, 2) == []


def test_ends_are_the_losses_of_the_weights_that_remain(ways, points):
    """Also those that early stopping has put back, and of true labels on what was trained on."""
    for name, way in ways.items():
        data = points.true if name == "True labels" else points.noisy
        model = way.model
        p = model.predict_proba(data.X_train)
        train = -np.log(p[np.arange(40), data.y_train]).mean()
        true = -np.log(p[np.arange(40), points.true.y_train]).mean()
        assert way.arm.finals("end_train_loss")[0] == pytest.approx(train, rel=1e-3)
        assert way.arm.finals("end_true_loss")[0] == pytest.approx(true, rel=1e-3)
        weights = [layer.weight.ravel() for layer in model.network.dense_layers]
        assert (np.concatenate(weights) == way.weights[0]).all()
        assert way.near_zero(0.1) == pytest.approx((np.abs(way.weights) < 0.1).mean(axis=1))
    stopped = ways["Early stopping"].arm
    assert (stopped.finals("end_val_loss") <= stopped.finals("val_loss")).all()
    assert stopped.losses.x[-1] < 150


def test_with_flipped_labels_the_gap_of_one_network_is_not_its_overfitting(ways):
    """A network that resists wrong labels has a large training loss: its gap says nothing."""
    l2 = ways["L2"].arm
    assert l2.final("end_true_loss") < l2.final("end_train_loss") - 0.05
    free = ways["No penalty"].arm
    assert free.final("end_train_loss") < 0.15 < 0.3 < free.final("end_true_loss")
    assert l2.final("end_val_loss") < free.final("end_val_loss")


def test_a_seed_that_diverged_ranks_as_infinite(points):
    training = nnlib.TrainingConfig(optimizer="sgd", learning_rate=100.0, epochs=60, batch_size=256)
    network = nnlib.NetworkConfig(hidden=(16, 16), activation="linear")
    data = nnlib.datasets.load("diabetes")
    few = overfitting.few_points(data, 40, 0.0, 0)
    (way,) = overfitting.compare_ways({"all": nnlib.Experiment(network, training)}, few, 2)
    assert way.arm.outcome == "diverged"
    assert (way.arm.finals("end_val_loss") == np.inf).all()
    assert not np.isnan(way.arm.losses.median).any()
