"""Few examples, flipped labels, sizes of weights, and what decay leaves of single weights."""

import numpy as np
import pytest

import nnlib
from nnlib import overfitting
from nnlib.optimizers import SGD


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
    assert overfitting.near_zero_share(weights, 0.05) == pytest.approx(0.4)


def test_decoupled_decay_leaves_the_same_whatever_the_noise_and_adam_with_l2_does_not():
    result = overfitting.shrinkage([0.01, 0.1, 1.0, 3.0], 0.5, 0.01, 200, rng(), weights=2000)
    assert result.expected == pytest.approx(0.995**200)
    assert result.remaining["AdamW"] == pytest.approx(result.expected, abs=0.02)
    assert result.remaining["SGD + L2"] == pytest.approx(result.expected, abs=0.04)
    adam = result.remaining["Adam + L2"]
    assert (np.diff(adam) > 0).all() and adam[0] < 0.1 and adam[-1] > 0.6
    assert adam[2] == pytest.approx(result.expected, abs=0.05)  # √v̂ is about 1


def test_l2_of_half_the_decay_is_weight_decay_under_sgd():
    w, gradient, decay, rate = np.array([[2.0]]), np.array([[0.3]]), 0.1, 0.05
    change = SGD((1, 1)).update(w, gradient + 2 * (decay / 2) * w, rate)
    assert w + change == pytest.approx((1 - rate * decay) * w - rate * gradient)
