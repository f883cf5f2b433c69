"""The playground of the Classification page through AppTest: inputs, pictures, weights, drawing."""

from functools import partial

import apptest
import numpy as np
import pytest
from apptest import finished
from streamlit.testing.v1 import AppTest

import nnlib
from nnlib.datasets import load
from nnlib.probes.input_features import INPUT_FEATURES, load_expanded, map_of, plane_of
from pages.shared import presets
from pages.shared.charts.numbers import plain_number
from pages.shared.playground import view
from pages.shared.playground.charts_diagram import diagram_of
from pages.shared.plot import Click

open_page = partial(apptest.open_page, "classification")
AT_ONCE = {"epochs": "2", "classification_pace": "full speed"}


def run_of(app: AppTest):
    assert not app.exception, app.exception
    return app.session_state["classification_run"]


def plane_of_run(app: AppTest):
    return plane_of(run_of(app).trainer.data)


def test_input_features_reach_network_and_experiment():
    app = open_page(inputs=["x₁²", "x₂", "sin k·x₁"], sine_frequency="3", epochs="2")
    trainer = run_of(app).trainer
    assert trainer.data.feature_names == ("x2", "x1²", "sin 3·x1")
    assert trainer.network.dense_layers[0].fan_in == 3
    options = dict(trainer.experiment.data.options)
    assert (options["inputs"], options["sine_frequency"]) == ("x2 x1^2 sin(k*x1)", 3.0)
    again = load_expanded(trainer.experiment.data)
    assert again.fingerprint == trainer.data.fingerprint == trainer.experiment.data.fingerprint


@pytest.mark.parametrize("name", list(INPUT_FEATURES))
def test_every_input_feature_can_be_switched_on(name: str):
    label = INPUT_FEATURES[name].label()
    data = run_of(open_page(inputs=[label], epochs="1")).trainer.data
    assert data.n_features == 1 and plane_of(data).n_features == 2
    assert map_of(data).names == (name,)


def test_without_input_features_there_is_one_sentence():
    app = open_page(epochs="1")
    app.get_by_key("inputs").set_value([]).run()
    assert not app.exception
    assert "at least one" in app.error[0].value


def test_data_of_more_features_offer_none():
    app = open_page(data="Iris", epochs="1")
    assert run_of(app).trainer.data.n_features == 4
    with pytest.raises(KeyError):
        app.get_by_key("inputs")


def test_noise_split_and_size_are_those_asked_for():
    app = open_page(
        spiral_n_samples="200",
        spiral_noise="0.3",
        spiral_train_fraction="0.5",
        spiral_test_fraction="0.25",
        epochs="1",
    )
    plane = plane_of_run(app)
    assert [len(plane.features(s)) for s in ("train", "val", "test")] == [100, 50, 50]
    expected = load("spiral", n_samples=200, noise=0.3, train_fraction=0.5, test_fraction=0.25)
    assert plane.fingerprint == expected.fingerprint


def test_regenerate_draws_other_points_and_a_link_gives_them_again():
    app = open_page(epochs="1")
    before = plane_of_run(app).fingerprint
    app.button(key="regenerate").click().run()
    after = plane_of_run(app).fingerprint
    assert after != before and after == load("spiral", seed=1).fingerprint
    assert not app.warning
    assert plane_of_run(open_page(epochs="1", draw_number="1")).fingerprint == after


def test_too_large_a_network_is_one_sentence_with_both_numbers():
    app = open_page(layers="3", units_1="300", units_2="300", units_3="300")
    assert not app.exception and "classification_run" not in app.session_state
    count = nnlib.build_network(
        nnlib.NetworkConfig(hidden=(300, 300, 300)), 2, 1, np.random.default_rng(0)
    ).n_parameters
    (error,) = app.error
    assert f"{count:,}".replace(",", "\\,") in error.value and "100" in error.value
    assert any(f"{count:,} parameters" in caption.value for caption in app.caption)


def test_deeper_and_wider_than_six_layers_of_eight_units_trains():
    query = {f"units_{i}": "20" for i in range(1, 13)}
    trainer = run_of(open_page(layers="12", epochs="1", **query)).trainer
    assert trainer.experiment.network.hidden == (20,) * 12 and trainer.step > 0


def test_a_weight_is_set_by_hand_and_training_goes_on_from_it():
    app = open_page(
        epochs="100000", unit_layer="hidden 2", unit="3", unit_source="unit 2", batch_size="1"
    )
    app.button(key="classification_play").click().run()
    run = run_of(app)
    old = float(run.trainer.network.parameters()["dense_2.weight"][1, 2])
    assert any(f"The weight is {plain_number(old, 4)}" in caption.value for caption in app.caption)
    losses = [metric.value for metric in app.metric if "loss" in metric.label]
    app.number_input(key="new_weight").set_value(7.5)
    app.button(key="set_weight").click().run()
    assert run_of(app).trainer.network.parameters()["dense_2.weight"][1, 2] == 7.5
    event = run.trainer.history.events[-1]
    assert (event.name, event.new) == ("dense_2.weight[1, 2]", 7.5)
    assert [metric.value for metric in app.metric if "loss" in metric.label] != losses
    step = run.trainer.step
    app.button(key="classification_step").click().run()
    assert run.trainer.step == step + 1
    assert run.trainer.network.parameters()["dense_2.weight"][1, 2] == pytest.approx(7.5, abs=0.1)
    app.button(key="classification_reset").click().run()
    assert run_of(app).trainer.history.events == []


def test_a_bias_is_set_by_hand():
    app = open_page(epochs="100000", unit_layer="output", unit_source="bias")
    app.button(key="classification_reset").click().run()
    app.number_input(key="new_weight").set_value(-2.0)
    app.button(key="set_weight").click().run()
    assert run_of(app).trainer.network.parameters()["dense_3.bias"][0, 0] == -2.0


def test_a_unit_chosen_on_the_picture_outlasts_a_late_request_of_the_browser(monkeypatch):
    """What is set by `presets.set_widget` is restored in a redraw that brings the old choice."""
    app = open_page(epochs="100000", unit="1")
    diagram = diagram_of(run_of(app).trainer)
    clicks = [Click(2, float(diagram.places(2)[3]))]
    show_chart, set_widget, kept = view.show_chart, presets.set_widget, {}

    def clicked_once(*chart, key, **settings):
        show_chart(*chart, key=key, **settings)
        return clicks.pop() if key == "network" and clicks else None

    def spied(key, value):
        kept[key] = value
        set_widget(key, value)

    monkeypatch.setattr(view, "show_chart", clicked_once)
    monkeypatch.setattr(presets, "set_widget", spied)
    app.run()
    assert (app.selectbox(key="unit_layer").value, app.number_input(key="unit").value) == (
        "hidden 2",
        4,
    )
    assert (kept["unit_layer"], kept["unit"]) == ("hidden 2", 4)


def test_a_choice_that_a_smaller_network_does_not_have_becomes_one_it_has():
    app = open_page(epochs="1", unit_layer="hidden 2", unit="16", unit_source="unit 15")
    app.number_input(key="units_2").set_value(3).run()
    app.number_input(key="units_1").set_value(4).run()
    assert not app.exception
    assert app.number_input(key="unit").value == 3
    app.number_input(key="layers").set_value(0).run()
    assert not app.exception
    assert app.selectbox(key="unit_layer").value == "output"


def test_drawn_points_are_trained_on():
    app = open_page(
        draw="true", points="A-50_0A-60_10A-55_-9B50_5B66_-10B70_20C0_90C5_80", epochs="5"
    )
    trainer = run_of(app).trainer
    assert trainer.data.class_names == ("A", "B", "C")
    assert len(trainer.data.X_train) + len(trainer.data.X_val) == 8
    assert dict(trainer.experiment.data.options)["points"].startswith("A-50_0A-60_10")
    app.button(key="undo").click().run()
    assert app.session_state["points"].endswith("C0_90")
    assert "two classes of two points" in app.error[0].value  # one point of C is left
    app.button(key="clear").click().run()
    assert app.session_state["points"] == "none" and not app.exception
    assert len(app.error) == 1


def test_the_drawing_opens_with_an_example_that_trains():
    trainer = run_of(open_page(draw="true", epochs="2")).trainer
    assert trainer.data.name == "drawn points" and trainer.step > 0


@pytest.mark.parametrize("name", ["Circle", "XOR", "Two Gaussians", "Spiral", "Plane", "Six bumps"])
@pytest.mark.parametrize("discretize", ["true", "false"])
def test_the_data_sets_of_the_playground_are_drawn(name: str, discretize: str):
    app = open_page(data=name, discretize=discretize, lines="gradients", unseen="false", epochs="1")
    assert run_of(app).trainer.step > 0


def test_the_test_split_is_scored():
    app = open_page(
        spiral_train_fraction="0.6",
        spiral_test_fraction="0.2",
        epochs="100",
        classification_pace="full speed",
    )
    trainer = run_of(finished(app)).trainer
    score = trainer.evaluate("test")["accuracy"]
    assert score > 0.95
    assert any(f"Test points: accuracy {score:.1%}" in c.value for c in app.caption)


def test_every_tab_draws_with_input_features():
    app = open_page(inputs=["x₁", "x₁·x₂"], epochs="1")
    for name in ("Predictions", "Layers", "Activations", "Data", "Export", "Playground"):
        app.query_params["details"] = name
        app.run()
        assert not app.exception


SMALL = {"units_1": "5", "units_2": "4", **AT_ONCE}


@pytest.mark.parametrize(
    ("key", "change", "link"),
    [
        (
            "network",
            lambda app: app.get_by_key("lines").set_value("gradients"),
            {"lines": "gradients"},
        ),
        (
            "surface",
            lambda app: app.toggle(key="discretize").set_value(True),
            {"discretize": "true"},
        ),
        (
            "unit_map",
            lambda app: app.selectbox(key="unit_layer").set_value("output"),
            {"unit_layer": "output"},
        ),
    ],
)
def test_a_control_changes_its_picture_and_a_link_gives_it_again(shown, key, change, link):
    app = open_page(**SMALL)
    before = shown.drawn(key)
    change(app).run()
    changed = shown.drawn(key)
    assert not app.exception and changed != before
    open_page(**SMALL, **link)
    assert shown.drawn(key) == changed


def test_inputs_and_points_reach_the_picture_and_a_link_gives_them_again(shown):
    app = open_page(**SMALL)
    assert len(shown.figures["network"].data[3].x) == 2 + 5 + 4 + 1
    app.get_by_key("inputs").set_value(["x1", "x2", "sin(k*x1)"]).run()
    assert len(shown.figures["network"].data[3].x) == 3 + 5 + 4 + 1
    before = shown.drawn("network")
    app.get_by_key("sine_frequency").set_value(4.0).run()
    assert shown.drawn("network") != before
    points = shown.values("surface", "arm 1", "x")
    app.button(key="regenerate").click().run()
    assert not np.array_equal(shown.values("surface", "arm 1", "x"), points)
    kept = {key: shown.drawn(key) for key in ("network", "surface", "unit_map")}
    open_page(inputs=["x₁", "x₂", "sin k·x₁"], sine_frequency="4", draw_number="1", **SMALL)
    assert {key: shown.drawn(key) for key in kept} == kept


def test_points_that_are_not_trained_on_come_and_go(shown):
    app = open_page(spiral_test_fraction="0.2", spiral_train_fraction="0.6", **AT_ONCE)
    assert "diamond: test" in shown.names("surface")
    app.toggle(key="unseen").set_value(False).run()
    assert "diamond: test" not in shown.names("surface")
