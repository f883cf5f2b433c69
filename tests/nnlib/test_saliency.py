"""Gradients with respect to the input, and the images that are climbed along them."""

import numpy as np
import pytest
from small_runs import make_experiment, run

from nnlib.building import build_network
from nnlib.config import NetworkConfig
from nnlib.probes.saliency import class_direction, class_images, input_gradients


def network_of(outputs: int = 3, inputs: int = 4, seed: int = 0, **settings):
    config = NetworkConfig(**({"hidden": (6, 6), "activation": "tanh"} | settings))
    network = build_network(config, inputs, outputs, np.random.default_rng(seed))
    rng = np.random.default_rng(1)
    for name, value in network.state().items():  # as after some training
        value[...] = rng.uniform(0.5, 2, value.shape) if "var" in name else rng.normal(size=1)
    return network


@pytest.mark.parametrize(
    "settings",
    [{}, {"batch_norm": True}, {"dropout": 0.5}, {"skip": True}, {"hidden": ()}],
    ids=["plain", "batch norm", "dropout", "skip", "linear"],
)
def test_input_gradients_are_central_differences(settings):
    network = network_of(**settings)
    x = np.random.default_rng(2).normal(size=(5, 4))
    direction = np.array([0.5, -1.0, 2.0])
    found = input_gradients(network, x, direction)
    h = 1e-6
    for j in range(4):
        step = h * np.eye(4)[j]
        up = network.predict_logits(x + step) @ direction
        down = network.predict_logits(x - step) @ direction
        np.testing.assert_allclose(found[:, j], (up - down) / (2 * h), rtol=1e-6, atol=1e-9)


def test_each_row_may_have_a_direction_and_rows_are_taken_in_parts():
    network = network_of()
    x = np.random.default_rng(2).normal(size=(1100, 4))
    weights = np.random.default_rng(3).normal(size=(1100, 3))
    found = input_gradients(network, x, weights)
    for row in (0, 511, 512, 1099):
        single = input_gradients(network, x[row : row + 1], weights[row])[0]
        np.testing.assert_allclose(found[row], single, rtol=1e-10)


def test_a_linear_network_has_its_weights_as_gradient():
    network = network_of(hidden=())
    found = input_gradients(network, np.zeros((2, 4)), [0, 1, 0])
    np.testing.assert_array_equal(found[1], network.dense_layers[0].weight[:, 1])


def test_looking_leaves_training_as_it_was():
    looked, left = run(make_experiment(), steps=7), run(make_experiment(), steps=7)
    before = looked.network.flat_gradients.copy()
    input_gradients(looked.network, looked.data.X_val, [1, 0, 0])
    class_images(looked.network, "multiclass", -1, 1, np.random.default_rng(0), steps=3)
    np.testing.assert_array_equal(looked.network.flat_gradients, before)
    for trainer in (looked, left):
        trainer.advance(steps=5)
    np.testing.assert_array_equal(looked.network.flat_parameters, left.network.flat_parameters)


def test_directions():
    assert class_direction("binary", 1, 0).tolist() == [-1]
    assert class_direction("binary", 1, 1).tolist() == [1]
    assert class_direction("multiclass", 3, 2).tolist() == [0, 0, 1]
    assert class_direction("regression", 2, 0).tolist() == [1, 0]


def test_stacks_are_refused():
    network = build_network(NetworkConfig(), 4, 3, np.random.default_rng(0), lead=(2,))
    with pytest.raises(ValueError, match="not of a stack"):
        input_gradients(network, np.zeros((1, 4)), [1, 0, 0])


@pytest.mark.parametrize(("task", "outputs"), [("binary", 1), ("multiclass", 3)])
def test_class_images_of_a_linear_network_follow_its_weights(task, outputs):
    network = network_of(outputs, inputs=30, hidden=())
    made = class_images(network, task, -1.0, 1.0, np.random.default_rng(0))
    weight = network.dense_layers[0].weight
    weight = np.hstack([-weight, weight]) if task == "binary" else weight
    for k, image in enumerate(made.images):
        others = np.delete(np.arange(weight.shape[1]), k)
        # Where a class's weight is the smallest, its image goes down to the background; where it
        # is the largest, up, and farther where the difference is larger.
        margin = weight[:, k] - weight[:, others].max(axis=1)
        against = weight[:, k] - weight[:, others].min(axis=1)
        assert (image[against < 0] < -0.95).all()
        assert image[margin > 0].mean() > -0.7
        assert np.corrcoef(image[margin > 0], margin[margin > 0])[0, 1] > 0.6
    assert (made.of_mean > 0.9).all() and (made.reached > 0.9).all()
    assert made.images.min() >= -1 and made.images.max() <= 1


def test_class_images_raise_the_probability_and_depend_on_the_seed_alone():
    trainer = run(make_experiment(), steps=60)

    def climb(seed, **settings):
        rng = np.random.default_rng(seed)
        return class_images(trainer.network, "multiclass", -3.0, 3.0, rng, **settings)

    start = trainer.predict_proba(np.full((1, 3), -2.7))[0]
    made = climb(0)
    assert (made.reached > start - 1e-3).all()
    np.testing.assert_array_equal(made.images, climb(0).images)
    assert not np.array_equal(made.images, climb(1).images)
    assert (climb(0, penalty=1.0).images + 3).sum() < (made.images + 3).sum()


def test_class_images_refuse_what_cannot_be():
    network, rng = network_of(), np.random.default_rng(0)
    with pytest.raises(ValueError, match="no classes"):
        class_images(network, "regression", 0, 1, rng)
    for settings in ({"starts": 0}, {"steps": 0}):
        with pytest.raises(ValueError, match="at least one"):
            class_images(network, "multiclass", 0, 1, rng, **settings)


def test_a_diverged_network_gives_no_numbers_and_no_error():
    network = network_of()
    network.flat_parameters[...] = np.nan
    assert np.isnan(input_gradients(network, np.zeros((2, 4)), [1, 0, 0])).all()
    made = class_images(network, "multiclass", 0, 1, np.random.default_rng(0), steps=2)
    assert np.isnan(made.reached).all()
