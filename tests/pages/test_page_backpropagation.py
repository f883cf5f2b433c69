"""The Backpropagation page through Streamlit's AppTest: steps, edits, links, nonsense."""

import json
from functools import partial

import apptest
import numpy as np
import pytest
from shown_numbers import number as shown_number
from streamlit.testing.v1 import AppTest

import nnlib
from nnlib.labs.step_trace import trace_step
from nnlib.labs.walkthrough import NO_BIASES, ONE_EXAMPLE, XOR, Position, walk
from pages.shared.backpropagation.presets import PRESETS
from pages.shared.backpropagation.text import number, numpy_text, short
from pages.shared.controls import label_of

XOR_PAGE = {"preset": "XOR, four examples"}


open_page = partial(apptest.open_page, "backpropagation")


def press(app: AppTest, name: str) -> AppTest:
    app.button(key=f"backpropagation_{name}").click().run()
    assert not app.exception, app.exception
    return app


def status(app: AppTest) -> str:
    assert not app.exception, app.exception
    return next(m.value for m in app.markdown if "Steps made" in m.value)


def tiles(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_opens_with_a_checked_chain_rule():
    app = open_page()
    assert "made: **0**" in status(app) and "backward" in status(app)
    trace = trace_step(ONE_EXAMPLE, walk(ONE_EXAMPLE, 0).parameters[0], 0)
    shown = tiles(app)
    gradient = short(trace.gradient(Position(1, 1, 3)))
    assert shown["Chain rule"] == shown["Back-propagation"] == gradient
    assert shown["Finite difference"] == gradient
    assert (
        shown_number(shown["Relative error"]) < 1e-6 and shown_number(shown["Whole network"]) < 1e-6
    )


def test_one_stage_after_the_other():
    app = press(open_page(), "restart")
    for stage in ("forward", "loss", "backward", "update"):
        assert f"as far as **{stage}**" in status(app)
        if stage != "update":
            following = {"forward": "loss", "loss": "backward", "backward": "update"}[stage]
            app = press(app, following)
    app = press(app, "forward")
    assert "made: **1**" in status(app) and "**forward**" in status(app)
    app = press(press(app, "whole"), "whole")
    assert "made: **2**" in status(app)
    assert app.number_input(key="one_steps").value == 2
    for steps, stage in ((1, "update"), (1, "forward"), (0, "update"), (0, "backward")):
        app = press(app, "undo_button")
        assert f"made: **{steps}**" in status(app) and f"**{stage}**" in status(app)


def test_undo_without_history_goes_one_stage_back():
    app = open_page(one_steps="3", stage="forward")
    app = press(app, "undo_button")
    assert "made: **2**" in status(app) and "**update**" in status(app)


def test_nothing_is_shown_ahead_of_its_stage():
    app = open_page(stage="forward")
    assert "loss" not in status(app) and not app.metric
    assert len(app.info) == 1 and "Backward" in app.info[0].value
    assert "Update" in open_page(stage="loss", view="Update").info[0].value


def test_update_shows_both_changes():
    app = open_page(stage="update", view="Update", one_learning_rate="0.5", one_steps="7")
    problem = XOR.__class__(ONE_EXAMPLE.inputs, ONE_EXAMPLE.targets, seed=4, learning_rate=0.5)
    trace = trace_step(problem, walk(problem, 7).parameters[-1], 7)
    assert tiles(app) == {
        "Loss before": short(trace.loss),
        "Loss after": short(trace.new_loss),
        "Actual change": short(trace.actual_change),
        "First-order change": short(trace.predicted_change),
    }
    (table,) = [m.value for m in app.markdown if "mean absolute change" in m.value]
    assert short(trace.layers[0].mean_absolute_change()) in table


def test_xor_is_trained_until_solved():
    app = press(open_page(**XOR_PAGE), "train")
    assert app.number_input(key="xor_steps").value == 643
    assert "643 steps" in app.success[0].value
    app = press(app, "undo_button")
    assert app.number_input(key="xor_steps").value == 0 and not app.success


def test_xor_that_cannot_be_solved_stops_at_the_bound():
    app = press(open_page(**XOR_PAGE, xor_activation="linear"), "train")
    assert app.number_input(key="xor_steps").value == 5000 and not app.success


def test_a_weight_is_set_by_hand_and_forgotten():
    app = open_page(one_steps="2", one_weight="w2[3,1]")
    app.number_input(key="backpropagation_new_one_w2[3,1]_2").set_value(0.25)
    app = press(app, "set")
    assert app.text_input(key="one_edits").value == "w2[3,1]@2=0.25"
    linked = open_page(one_steps="2", one_weight="w2[3,1]", one_edits="w2[3,1]@2=0.25")
    assert tiles(linked) == tiles(app) != tiles(open_page(one_steps="2", one_weight="w2[3,1]"))
    app = press(app, "undo_button")
    assert app.text_input(key="one_edits").value == ""
    app = press(linked, "forget")
    assert app.text_input(key="one_edits").value == ""


@pytest.mark.parametrize("activation", list(nnlib.ACTIVATIONS))
@pytest.mark.parametrize(
    "loss", ["cross-entropy", "mean squared error", "squared error of a sigmoid"]
)
def test_every_activation_and_loss(activation: str, loss: str):
    app = open_page(
        one_activation=label_of(activation),
        one_loss=loss,
        one_outputs="3",
        one_layers="3",
        one_inputs="4",
        one_units_2="5",
        one_weight="w1[4,2]",
    )
    assert not app.exception, app.exception
    assert shown_number(tiles(app)["Relative error"]) < 1e-4
    assert tiles(app)["Chain rule"] == tiles(app)["Back-propagation"]


@pytest.mark.parametrize("view", ["Matrices", "Update", "Loss function by itself"])
@pytest.mark.parametrize("preset", ["One example", "XOR, four examples"])
def test_every_view(view: str, preset: str):
    app = open_page(view=view, preset=preset, stage="update")
    assert not app.exception and not app.error


def test_matrices_can_be_copied_with_all_digits():
    (code,) = open_page(view="Matrices", stage="update").code
    names: dict[str, object] = {}
    exec(code.value, names)
    trace = trace_step(ONE_EXAMPLE, walk(ONE_EXAMPLE, 0).parameters[0], 0)
    assert names["dW2"].tolist() == trace.layers[1].weight_gradient.tolist()
    assert names["W3_after"].tolist() == trace.layers[2].new_weight.tolist()
    early = numpy_text(trace, 0)
    assert "Z3" in early and "dW" not in early and "loss" not in early


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"one_edits": "w1=3"}, "not an edit"),
        ({**XOR_PAGE, "xor_examples": "0 0 0"}, "not 3 inputs"),
        ({**XOR_PAGE, "xor_examples": "0 0 > 3"}, "between 0 and 1"),
    ],
)
def test_nonsense_gets_one_sentence(query: dict[str, str], words: str):
    app = open_page(**query)
    assert not app.exception
    (error,) = app.error
    assert words in error.value.replace("\\", "")


def test_edits_of_another_architecture_are_told():
    app = open_page(one_layers="1", one_edits="w3[1,1]=2")
    assert not app.exception and "w3" in app.warning[0].value


def test_nonsense_in_the_address_falls_back():
    app = open_page(stage="sideways", one_weight="w9[9,9]", one_steps="-4", view="x")
    assert "made: **0**" in status(app) and "backward" in status(app)


def test_an_overflow_is_told():
    app = open_page(
        **XOR_PAGE,
        xor_loss="mean squared error",
        xor_activation="linear",
        xor_learning_rate="10",
        xor_steps="5000",
        stage="update",
    )
    assert not app.exception and "overflow" in app.warning[0].value


def test_a_smaller_network_drops_the_chosen_weight():
    app = open_page(one_weight="w3[4,1]")
    app.number_input(key="one_layers").set_value(1).run()
    assert not app.exception
    assert app.selectbox(key="one_weight").value == "w1[1,3]"


def test_numbers_in_formulas():
    assert number(-0.25, factor=True) == "(-0.25)" and number(-0.25) == "-0.25"
    assert number(1.5e-7) == r"1.5 \times 10^{-7}"
    assert short(-1.5e-7) == "−1.5×10⁻⁷" and number(float("nan")) == r"\text{not a number}"


def choose_preset(app: AppTest, name: str) -> AppTest:
    index = [preset.name for preset in PRESETS].index(name)
    app.button(key=f"preset_{index}").click().run()
    return apptest.checked(app.run(), quiet=("error", "warning"))


POLLUTED = {
    "stage": "update",
    "xor_steps": "7",
    "xor_edits": "b1[1]=2",
    "xor_units_1": "2",
    "xor_example": "3",
    "view": "Matrices",
    "share_1": "0.3",
    "right_class": "2",
}


@pytest.mark.parametrize("preset", PRESETS, ids=[preset.name for preset in PRESETS])
def test_a_preset_shows_the_same_wherever_one_comes_from(shown, preset):
    start = {"preset": "XOR, four examples"}
    drawn = []
    for query in (start, start | POLLUTED, POLLUTED):
        app = choose_preset(open_page(**query), preset.name)
        figures = {k: shown.drawn(k) for k in shown.figures if preset.values.get("preset")}
        drawn.append((tiles(app), figures))
    assert drawn[0] == drawn[1] == drawn[2] and drawn[0][0]


def test_the_3_4_1_network_without_biases_with_one_click(shown):
    app = choose_preset(open_page(), "3-4-1 without biases")
    trace = trace_step(NO_BIASES, walk(NO_BIASES, 0).parameters[0], 0)
    assert tiles(app)["Chain rule"] == short(trace.gradient(Position(1, 1, 3)))
    assert shown_number(tiles(app)["Whole network"]) < 1e-6
    assert r"p_k(1 - p_k)" in apptest.said(app, "markdown")
    table = shown.table("network")
    assert len(table) == 16 and not table["name"].str.startswith("b").any()
    assert all("b" not in option for option in app.selectbox(key="xor_weight").options)
    app = press(app, "train")
    assert app.number_input(key="xor_steps").value == 617
    app.radio(key="view").set_value("Matrices").run()
    (code,) = app.code
    assert "b1 = " not in code.value and "W1 = " in code.value
    html = "".join(element.proto.body for element in app.get("html"))
    assert "dL/dW" in html and "dL/db" not in html
    app.toggle(key="xor_biases").set_value(True).run()
    assert len(shown.table("network")) == 16 + 5


def test_three_classes_with_one_click():
    app = choose_preset(open_page(**XOR_PAGE), "Three classes: 0.7, 0.2, 0.1")
    assert tiles(app)["Mean squared error"] == "0.04667"
    assert tiles(app)["Cross-entropy"] == "0.3567"
    app.radio(key="right_class").set_value(3).run()
    assert tiles(app)["Cross-entropy"] == "2.303"
    assert "| 3 | 0.1 | 1 | 0.81 | 2.303 |" in apptest.said(app, "markdown")
    app.number_input(key="share_3").set_value(0.9).run()
    assert tiles(app)["Cross-entropy"] == short(np.log(2))


def test_every_kind_of_control_changes_the_network(shown):
    app = open_page()
    for kind, key, value in (
        ("number_input", "one_x1", 0.9),
        ("number_input", "one_seed", 5),
        ("selectbox", "one_activation", "tanh"),
        ("number_input", "one_units_1", 3),
        ("number_input", "one_layers", 1),
        ("number_input", "one_inputs", 2),
        ("number_input", "one_t1", 0.5),
        ("number_input", "one_outputs", 2),
        ("selectbox", "one_loss", "mean squared error"),
        ("number_input", "one_y1", 3.0),
        ("text_input", "one_edits", "w1[1,1]=2"),
        ("radio", "lines", "gradient"),
        ("selectbox", "one_weight", "b2[1]"),
        ("number_input", "one_steps", 3),
        ("select_slider", "one_learning_rate", 0.2),
    ):
        before = shown.drawn("network")
        getattr(app, kind)(key=key).set_value(value).run()
        assert not app.exception and not app.error
        assert shown.drawn("network") != before, key
    assert "From the loss back to b2[1]" in apptest.said(app, "markdown")


def test_the_step_is_drawn_as_far_as_it_has_gone(shown):
    def units() -> str:
        return json.dumps([t.text for t in shown.figures["network"].data if t.mode != "lines"])

    app = press(open_page(), "restart")
    assert "\\u03b4" not in units()
    for name, drawn in (("loss", False), ("backward", True), ("update", True), ("forward", False)):
        app = press(app, name)
        assert ("\\u03b4" in units()) == drawn
    again, first = units(), shown.drawn("network")
    open_page(one_steps="1", stage="forward")
    assert units() == again and shown.drawn("network") == first


def test_update_and_loss_function_follow_their_sliders(shown):
    def marked(key: str) -> float:
        return next(t.x[0] for t in shown.figures[key].data if t.mode == "markers")

    app = open_page(stage="update", view="Update")
    assert marked("step_sizes") == 0.1
    app.select_slider(key="one_learning_rate").set_value(0.2).run()
    assert marked("step_sizes") == 0.2 and len(shown.table("step_sizes")) == 81
    app.radio(key="view").set_value("Loss function by itself").run()
    assert marked("errors") == 0.2
    app.slider(key="prediction").set_value(0.201).run()
    assert [marked(f"errors{part}") for part in ("", "_by_p", "_by_z")] == [0.201] * 3
    before = shown.drawn("errors")
    app.radio(key="prediction_target").set_value(0).run()
    assert shown.drawn("errors") != before
    softmax = apptest.said(app, "markdown")
    app.slider(key="softmax_logit").set_value(-1.0).run()
    assert apptest.said(app, "markdown") != softmax


def test_the_examples_of_a_batch_can_be_looked_at(shown):
    app = press(open_page(**XOR_PAGE), "train")
    assert len(shown.figures["walk_loss"].data[0].x) == 644
    assert len(shown.table("walk_loss")) == 644
    before = shown.drawn("network")
    app.number_input(key="xor_example").set_value(2).run()
    assert shown.drawn("network") != before
    app.text_input(key="xor_examples").set_value("0 0 1 > 0; 1 0 1 > 1").run()
    assert not app.error and shown.drawn("network") != before
