"""The Backpropagation page through Streamlit's AppTest: steps, edits, links, nonsense."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import nnlib
from nnlib.walkthrough import ONE_EXAMPLE, XOR, Position, trace_step, walk
from pages.shared.backprop_text import number, numpy_text, short
from pages.shared.controls import label_of

ROOT = Path(__file__).resolve().parents[1]
XOR_PAGE = {"preset": "XOR, four examples"}


def open_page(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.run().switch_page("pages/backpropagation.py")
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


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
    assert float(shown["Relative error"]) < 1e-6 and float(shown["Whole network"]) < 1e-6


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
    assert short(trace.layers[0].mean_absolute_change) in table


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
@pytest.mark.parametrize("loss", ["cross-entropy", "mean squared error"])
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
    assert float(tiles(app)["Relative error"]) < 1e-4
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
        ({**XOR_PAGE, "xor_examples": "0 0 0"}, "not 2 inputs"),
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
    assert short(-1.5e-7) == "−1.5e−7" and number(float("nan")) == r"\text{not a number}"
