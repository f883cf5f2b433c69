"""Values, gradients and counts of single units, and a parameter set by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_runs import DATA, make_experiment, run

from nnlib import NetworkConfig, build_network
from nnlib.interventions import is_edited, set_parameter
from nnlib.losses import LOSSES
from nnlib.probes.unit_surfaces import count_parameters, unit_gradient_norms, unit_values
from nnlib.training import Trainer


@given(
    st.lists(st.integers(1, 6), max_size=4),
    st.booleans(),
    st.booleans(),
    st.integers(1, 5),
    st.integers(1, 4),
)
def test_the_count_is_that_of_the_network(hidden, batch_norm, after, n_inputs, n_outputs):
    config = NetworkConfig(hidden=tuple(hidden), batch_norm=batch_norm, batch_norm_after=after)
    network = build_network(config, n_inputs, n_outputs, np.random.default_rng(0))
    assert count_parameters(config, n_inputs, n_outputs) == network.n_parameters


def test_the_count_by_hand():
    assert count_parameters(NetworkConfig(hidden=(16, 16)), 2, 1) == 48 + 272 + 17
    assert count_parameters(NetworkConfig(hidden=()), 7, 3) == 24


def test_values_of_units_by_hand():
    config = NetworkConfig(hidden=(2,), activation="relu")
    network = build_network(config, 2, 1, np.random.default_rng(0))
    parameters = network.parameters()
    parameters["dense_1.weight"][...] = [[1.0, -1.0], [2.0, 0.5]]
    parameters["dense_1.bias"][...] = [[0.5, 1.0]]
    parameters["dense_2.weight"][...] = [[1.0], [-2.0]]
    parameters["dense_2.bias"][...] = [[0.25]]
    x = np.array([[1.0, 1.0], [-1.0, 0.0], [2.0, 0.0]])
    values = unit_values(network, LOSSES["binary_crossentropy"], x)
    np.testing.assert_array_equal(values.inputs, x.T)
    np.testing.assert_array_equal(values.hidden[0], [[3.5, 0.0, 2.5], [0.5, 2.0, 0.0]])
    logits = np.array([2.75, -3.75, 2.75])
    np.testing.assert_allclose(values.outputs, [1 / (1 + np.exp(-logits))], rtol=1e-6)
    assert len(values.layers) == 3


def test_values_stay_when_the_network_works_on():
    trainer = run(make_experiment(), steps=3)
    first = unit_values(trainer.network, trainer.loss, DATA["multiclass"].X_val)
    copy = first.hidden[0].copy()
    trainer.advance(steps=3)
    unit_values(trainer.network, trainer.loss, -DATA["multiclass"].X_val)
    np.testing.assert_array_equal(first.hidden[0], copy)


def test_only_the_first_units_are_kept_where_asked():
    trainer = run(make_experiment({"hidden": (6, 3)}), steps=1)
    values = unit_values(trainer.network, trainer.loss, DATA["multiclass"].X_val, most=4)
    assert [len(layer) for layer in values.layers] == [3, 4, 3, 3]
    np.testing.assert_allclose(values.outputs.sum(axis=0), 1, rtol=1e-5)


def test_looking_does_not_change_the_run():
    looked, alone = run(make_experiment(), steps=5), run(make_experiment(), steps=5)
    unit_values(looked.network, looked.loss, DATA["multiclass"].X_val)
    looked.advance(steps=5)
    alone.advance(steps=5)
    np.testing.assert_array_equal(looked.network.flat_parameters, alone.network.flat_parameters)


def test_gradient_norms_of_units_add_up_to_those_of_layers():
    trainer = run(make_experiment({"dropout": 0.0}), steps=1)
    norms = unit_gradient_norms(trainer.network)
    assert [len(layer) for layer in norms] == [6, 5, 3]
    whole = [np.sqrt(np.square(layer).sum()) for layer in norms]
    np.testing.assert_allclose(whole, trainer.history["gradient_norm"][0], rtol=1e-5)
    weight = trainer.network.gradients()["dense_1.weight"]
    np.testing.assert_allclose(norms[0][2], np.linalg.norm(weight[:, 2]), rtol=1e-6)


def test_no_gradients_before_the_first_step():
    trainer = Trainer(make_experiment(), DATA["multiclass"])
    assert all((layer == 0).all() for layer in unit_gradient_norms(trainer.network))


def test_a_stack_is_refused():
    trainer = Trainer([make_experiment(), make_experiment()], DATA["multiclass"])
    with pytest.raises(ValueError, match="one by one"):
        unit_values(trainer.network, trainer.loss, DATA["multiclass"].X_val)


def test_a_parameter_is_set_by_hand_and_recorded():
    trainer = run(make_experiment(), steps=3)
    before = trainer.network.flat_parameters.copy()
    assert not is_edited(trainer)
    set_parameter(trainer, "dense_2.weight", (1, 4), 2.5)
    assert is_edited(trainer)
    assert trainer.network.parameters()["dense_2.weight"][1, 4] == 2.5
    assert (trainer.network.flat_parameters != before).sum() == 1
    event = trainer.history.events[-1]
    assert (event.step, event.name, event.new) == (3, "dense_2.weight[1, 4]", 2.5)
    trainer.advance(epochs=1)
    assert not is_edited(trainer)


def test_training_goes_on_from_the_edited_weight():
    trainer = run(make_experiment(optimizer="sgd"), steps=2)
    set_parameter(trainer, "dense_3.bias", (0, 0), -4.0)
    trainer.advance(steps=1)
    gradient = trainer.network.gradients()["dense_3.bias"][0, 0]
    expected = np.float32(-4.0) - np.float32(0.02) * gradient
    assert trainer.network.parameters()["dense_3.bias"][0, 0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "index", "value"),
    [
        ("dense_9.weight", (0, 0), 1.0),
        ("dense_1.weight", (0, 6), 1.0),
        ("dense_1.weight", (-1, 0), 1.0),
        ("dense_1.weight", (0,), 1.0),
        ("dense_1.weight", (0, 0), float("nan")),
    ],
)
def test_what_cannot_be_set_is_refused(name, index, value):
    trainer = run(make_experiment(), steps=1)
    before = trainer.network.flat_parameters.copy()
    with pytest.raises(ValueError):
        set_parameter(trainer, name, index, value)
    np.testing.assert_array_equal(trainer.network.flat_parameters, before)
    assert trainer.history.events == []
