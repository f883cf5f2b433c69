"""Input features of the plane: values by hand, data sets that keep their plane, references."""

import numpy as np
import pytest
from small_runs import make_experiment

from nnlib.config import DataReference
from nnlib.datasets import DatasetError, from_arrays, load
from nnlib.probes.input_features import (
    INPUT_FEATURES,
    PLAIN,
    InputMap,
    OnPlane,
    expand,
    has_plane,
    load_expanded,
    map_of,
    plane_of,
)
from nnlib.training import Trainer, train

POINTS = np.array([[0.5, -2.0], [3.0, 0.25]])
EXPECTED = {
    "x1": [0.5, 3.0],
    "x2": [-2.0, 0.25],
    "x1^2": [0.25, 9.0],
    "x1*x2": [-1.0, 0.75],
    "x2^2": [4.0, 0.0625],
    "sin(k*x1)": [np.sin(1.0), np.sin(6.0)],
    "sin(k*x2)": [np.sin(-4.0), np.sin(0.5)],
    "x1^3": [0.125, 27.0],
    "x1^2*x2": [-0.5, 2.25],
    "x1*x2^2": [2.0, 0.1875],
    "x2^3": [-8.0, 0.015625],
    "x1^4": [0.0625, 81.0],
    "x1^3*x2": [-0.25, 6.75],
    "x1^2*x2^2": [1.0, 0.5625],
    "x1*x2^3": [-4.0, 0.046875],
    "x2^4": [16.0, 0.00390625],
}


def test_every_feature_has_its_value():
    assert list(INPUT_FEATURES) == list(EXPECTED)
    values = InputMap(tuple(EXPECTED), frequency=2.0)(POINTS)
    np.testing.assert_allclose(values, np.array(list(EXPECTED.values())).T, rtol=1e-15)


def test_names_for_people():
    names = ("x1", "x1^2", "x1*x2", "x1^2*x2^2", "sin(k*x2)")
    assert InputMap(names).labels("a", "b") == ("a", "a²", "a·b", "a²·b²", "sin 5·b")
    assert InputMap(names, 2.5).labels()[-1] == "sin 2.5·x₂"


def test_an_expanded_data_set_keeps_its_plane_and_its_targets():
    plane = load("spiral", train_fraction=0.6, test_fraction=0.2)
    data = expand(plane, InputMap(("x2", "x1^2", "sin(k*x1)")))
    assert data.feature_names == ("x2", "x1²", "sin 5·x1")
    for split in ("train", "val", "test"):
        X = plane.features(split)
        expected = np.column_stack([X[:, 1], X[:, 0] ** 2, np.sin(5 * X[:, 0])])
        np.testing.assert_allclose(data.features(split), expected, rtol=1e-5, atol=1e-7)
        np.testing.assert_array_equal(data.labels(split), plane.labels(split))
    assert data.X_train.dtype == np.float32
    assert plane_of(data) is plane and has_plane(data)
    assert map_of(data).names == ("x2", "x1^2", "sin(k*x1)")
    assert data.fingerprint != plane.fingerprint


def test_plain_coordinates_change_nothing():
    data = load("xor")
    assert expand(data, InputMap()) is data and plane_of(data) is data
    assert map_of(data).names == PLAIN and InputMap().options == ()


def test_other_data_have_no_plane():
    iris = load("iris")
    assert not has_plane(iris)
    with pytest.raises(DatasetError, match="two coordinates"):
        expand(iris, InputMap(("x1",)))


@pytest.mark.parametrize("names", [(), ("x3",), ("x1", "x1")])
def test_wrong_names_are_refused(names):
    with pytest.raises(DatasetError):
        InputMap(names)


def test_a_frequency_of_zero_is_refused():
    with pytest.raises(DatasetError, match="frequency"):
        InputMap(frequency=0.0)


def test_a_reference_gives_the_same_data_again():
    input_map = InputMap(("x1", "x1*x2", "sin(k*x2)"), 3.0)
    data = expand(load("circle", n_samples=60), input_map)
    options = (("n_samples", 60), *input_map.options)
    assert ("inputs", "x1 x1*x2 sin(k*x2)") in options and ("sine_frequency", 3.0) in options
    again = load_expanded(DataReference("circle", options))
    assert again.fingerprint == data.fingerprint
    plain = load_expanded(DataReference("circle", (("n_samples", 60),)))
    assert plain.fingerprint == load("circle", n_samples=60).fingerprint


def test_a_model_on_features_is_asked_over_the_plane():
    data = expand(load("circle", n_samples=100), InputMap(("x1^2", "x2^2")))
    trainer = Trainer(make_experiment(), data)
    points = plane_of(data).X_val
    over = OnPlane(trainer, map_of(data))
    np.testing.assert_array_equal(over.predict_proba(points), trainer.predict_proba(data.X_val))
    np.testing.assert_array_equal(over.predict(points), trainer.predict(data.X_val))


def test_squares_let_a_network_without_hidden_layers_solve_the_circle():
    plane = load("circle", noise=0.0)
    experiment = make_experiment({"hidden": ()}, epochs=100, learning_rate=0.1)
    with_squares = train(experiment, expand(plane, InputMap(("x1^2", "x2^2"))))
    assert float(with_squares.evaluate("val")["accuracy"]) == 1.0
    assert float(train(experiment, plane).evaluate("val")["accuracy"]) < 0.7


def test_regression_targets_keep_their_units():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (40, 2))
    plane = from_arrays(X, 100 + 30 * X[:, 0] * X[:, 1])
    data = expand(plane, InputMap(("x1*x2",)))
    np.testing.assert_array_equal(data.target_mean, plane.target_mean)
    np.testing.assert_allclose(data.targets("val"), plane.targets("val"))
