"""The Gradient descent page through Streamlit's AppTest, over its controls."""

from functools import partial

import apptest
import numpy as np
import pytest
from apptest import metrics, said, table
from streamlit.testing.v1 import AppTest

from nnlib.labs.curves import CURVES
from nnlib.labs.descent import racers
from nnlib.labs.quadratics import optimal_heavy_ball
from nnlib.labs.surfaces import SURFACES
from nnlib.optimizers import OPTIMIZERS, SGD
from pages.shared.descent.presets import PRESETS

RACE = "Race on a surface"


QUIET = ("error", "warning")
open_page = partial(apptest.open_page, "gradient_descent", quiet=QUIET)
checked = partial(apptest.checked, quiet=QUIET)


def sentence(app: AppTest) -> str:
    return next(m.value for m in app.markdown if m.value.startswith("$f"))


def test_opens_with_a_descent_that_converges():
    app = open_page()
    # |2·5·0.8ᵗ| ≤ 1e-4 first holds at t = 52.
    shown = metrics(app)
    assert (shown["Stopped because"], shown["Step"], shown["f(x)"]) == ("Converged", "52", "5")
    assert "x^2 + 5" in sentence(app) and "= 0.8$" in sentence(app)


def test_rate_start_tolerance_and_limit_change_the_descent():
    app = open_page(curve_steps="10")
    assert metrics(app)["Stopped because"] == "Step limit"
    app = checked(open_page().select_slider(key="rate_parabola").set_value(0.5).run())
    assert metrics(app)["Step"] == "1"
    app = checked(app.select_slider(key="rate_parabola").set_value(1.0).run())
    assert (metrics(app)["Stopped because"], metrics(app)["x"]) == ("Step limit", "5")
    app = checked(app.select_slider(key="rate_parabola").set_value(2.0).run())
    assert metrics(app)["Stopped because"] == "Diverged" and "diverged" in sentence(app)
    app = checked(open_page().select_slider(key="tolerance").set_value(0.1).run())
    assert metrics(app)["Step"] == "21"  # 10·0.8²¹ = 0.092
    app = checked(app.slider(key="start_parabola").set_value(0.0).run())
    assert metrics(app)["Step"] == "0"


@pytest.mark.parametrize("name", list(CURVES))
@pytest.mark.parametrize("rate", ["0.001", "0.1", "10"])
def test_every_function(name: str, rate: str):
    app = open_page(function=CURVES[name].label, **{f"rate_{name}": rate})
    assert CURVES[name].formula in sentence(app)
    assert app.select_slider(key=f"rate_{name}").value == float(rate)


def test_quartic_finds_the_minimum_of_its_side():
    label = CURVES["double_well"].label
    assert metrics(open_page(function=label))["x"] == "1.347"
    assert metrics(open_page(function=label, start_double_well="-2.2"))["x"] == "−1.473"


def test_noise_depends_on_the_seed_and_is_predicted():
    label = CURVES["noisy"].label
    first, again, other = (open_page(function=label, seed=seed) for seed in "112")
    assert metrics(first)["x"] == metrics(again)["x"] != metrics(other)["x"]
    assert "= 0.5$ in theory" in sentence(first)  # 3·√(0.1 / 3.6)
    silent = open_page(function=label, noise="0")
    assert metrics(silent)["Step"] == "52"


@pytest.mark.parametrize("name", list(SURFACES))
@pytest.mark.parametrize("rate", [None, "10"])
def test_every_surface_is_raced_on(name: str, rate: str | None):
    query = {} if rate is None else {f"rate_{name}": rate}
    app = open_page(view=RACE, surface=SURFACES[name].label, **query)
    assert len(table(app, "outcome")) == 6
    assert bool([s for s in app.header if "theory" in s.value]) == (name == "bowl")


def test_the_race_says_steps_to_tolerance():
    app = open_page(view=RACE, condition="1", rate_bowl="1", optimizers="gradient descent")
    result = table(app, "outcome")
    assert result["optimizer"].tolist() == ["gradient descent"]
    assert result["steps to tolerance"].tolist() == [1]  # ½x², η = 1: there in one step
    assert result["where it ended"].tolist() == ["lowest point (0, 0)"]


def test_the_bowls_theory_follows_condition_and_tuning():
    app = open_page(view=RACE, condition="100", tuning="best for gradient descent")
    rates = table(app, "predicted rate")
    assert rates["predicted rate"][0] == pytest.approx(99 / 101)
    assert rates["measured rate"][0] == pytest.approx(99 / 101, rel=1e-6)
    assert rates["stable below η"][0] == pytest.approx(0.02)
    app = checked(app.selectbox(key="tuning").set_value("best for momentum (Polyak)").run())
    rates = table(app, "predicted rate")
    _, momentum = optimal_heavy_ball(1, 100)
    assert rates["predicted rate"][1] == pytest.approx(momentum**0.5) == pytest.approx(9 / 11)
    assert rates["measured rate"][1] == pytest.approx(9 / 11, rel=0.01)
    assert app.slider(key="momentum").disabled and app.select_slider(key="rate_bowl").disabled


def test_the_saddle_keeps_whoever_starts_on_its_axis():
    surface = SURFACES["saddle"].label
    free = table(open_page(view=RACE, surface=surface), "outcome")
    assert free["outcome"][0].startswith("escaped")
    stuck = table(open_page(view=RACE, surface=surface, start_y_saddle="0"), "outcome")
    assert stuck["where it ended"][0] == "saddle point" and (stuck["final y"] == 0).all()


def test_a_remembered_click_sets_the_start_once():
    app = open_page(view=RACE)
    app.session_state["gradient_descent_click"] = ("bowl", 1.234, 9.0)
    checked(app.run())
    assert app.slider(key="start_x_bowl").value == 1.23
    assert app.slider(key="start_y_bowl").value == 2.0
    assert dict(app.query_params)["start_x_bowl"] == "1.23"
    checked(app.slider(key="start_x_bowl").set_value(0.5).run())
    assert app.slider(key="start_x_bowl").value == 0.5
    app.session_state["gradient_descent_click"] = ("beale", 3.0, 3.0)
    checked(app.run())
    assert app.slider(key="start_x_bowl").value == 0.5


def test_no_racers_is_no_error():
    app = checked(open_page(view=RACE).multiselect(key="optimizers").set_value([]).run())
    assert not [t for t in app.dataframe if "outcome" in t.value.columns]


def test_nonsense_in_the_address_goes_to_the_default_or_the_nearest_and_is_told():
    app = apptest.open_page(
        "gradient_descent", view="x", function="y", rate_parabola="-3", start_parabola="1e99",
        tolerance="",
    )  # fmt: skip
    assert app.slider(key="start_parabola").value == 12
    assert app.select_slider(key="rate_parabola").value == 1e-5
    assert app.select_slider(key="tolerance").value == 1e-4
    assert len(app.warning) == 4


def press(app, name: str):
    index = [preset.name for preset in PRESETS].index(name)
    checked(app.button(key=f"preset_{index}").click().run())
    return checked(app.run())  # which in a browser comes by itself


def test_from_10_by_the_step_with_one_click():
    # The n-th step from 10 is 2·0.8^(n - 1) long: within 1e-6 first at n = 67.
    app = press(open_page(), "From 10, by the step")
    shown = metrics(app)
    assert (shown["Stopped because"], shown["Step"]) == ("Converged", "67")
    assert app.slider(key="start_parabola").value == 10 and "the step was within" in sentence(app)
    link = dict(app.query_params)
    assert link["start_parabola"] == "10" and link["stop_by"] == "the step"
    again = open_page(**link)
    assert metrics(again) == shown


def test_a_link_to_10_starts_at_10():
    app = open_page(start_parabola="10", curve_steps="1")
    assert metrics(app)["x"] == "8"
    assert open_page(function=CURVES["absolute"].label, start_absolute="-12").slider[0].value == -12


@pytest.mark.parametrize("preset", PRESETS, ids=[preset.name for preset in PRESETS])
def test_a_preset_shows_the_same_wherever_one_comes_from(preset):
    fresh = press(open_page(), preset.name)
    far = open_page(view=RACE, surface=SURFACES["saddle"].label, tolerance="0.1", race_steps="10",
                    stop_by="the step", condition="3", rate_saddle="5", momentum="0.1")  # fmt: skip
    assert metrics(press(far, preset.name)) == metrics(fresh)
    assert [t.value.to_csv() for t in far.dataframe] == [t.value.to_csv() for t in fresh.dataframe]
    assert sentence(far) == sentence(fresh)


def test_what_the_presets_say():
    stays = press(open_page(), "To and fro for ever")
    assert metrics(stays)["Stopped because"] == "Step limit" and metrics(stays)["x"] == "5"
    best = table(press(open_page(), "Narrow bowl, Polyak's best"), "outcome")
    assert best["steps to tolerance"][1] < 200 and best["steps to tolerance"].isna()[0]
    saddle = table(press(open_page(), "Saddle, exactly on its axis"), "outcome")
    assert (saddle["final y"] == 0).all() and len(saddle) == len(racers())


def test_every_control_of_one_variable_changes_the_path(shown):
    app = open_page(function=CURVES["noisy"].label)
    for kind, key, value in (
        ("slider", "start_noisy", 4.0),
        ("select_slider", "rate_noisy", 0.08),
        ("slider", "noise", 2.0),
        ("select_slider", "curve_steps", 50),
        ("number_input", "seed", 1),
        ("segmented_control", "stop_by", "step"),
        ("selectbox", "function", "absolute"),
        ("selectbox", "function", "parabola"),
        ("select_slider", "tolerance", 0.01),
    ):
        before = shown.drawn("path"), shown.drawn("progress")
        checked(getattr(app, kind)(key=key).set_value(value).run())
        assert shown.drawn("path") != before[0] or key == "stop_by"
        assert shown.drawn("progress") != before[1]
    np.testing.assert_allclose(shown.values("path", "steps", "x")[:2], [5, 4], rtol=1e-6)
    assert shown.table("path")["step"].tolist() == list(range(int(metrics(app)["Step"]) + 1))


def test_every_control_of_the_race_changes_it_and_the_link_reproduces_it(shown):
    app = open_page(view=RACE)
    for kind, key, value in (
        ("select_slider", "condition", 20.0),
        ("slider", "angle", 31),
        ("slider", "start_x_bowl", -1.69),
        ("slider", "start_y_bowl", 0.5),
        ("select_slider", "rate_bowl", 0.08),
        ("slider", "momentum", 0.89),
        ("select_slider", "tolerance", 1e-3),
        ("select_slider", "race_steps", 200),
    ):
        before = shown.drawn("contour"), shown.drawn("values")
        checked(getattr(app, kind)(key=key).set_value(value).run())
        assert shown.drawn("contour") != before[0] and shown.drawn("values") != before[1]
    drawn = {key: shown.drawn(key) for key in ("contour", "relief", "values", "norms", "rates")}
    open_page(view=RACE, condition="20", angle="31", start_x_bowl="-1.69", start_y_bowl="0.5",
              rate_bowl="0.08", momentum="0.89", tolerance="0.001", race_steps="200")  # fmt: skip
    assert {key: shown.drawn(key) for key in drawn} == drawn


def test_surfaces_and_racers_can_be_chosen(shown):
    app = open_page(view=RACE)
    checked(app.multiselect(key="optimizers").set_value(list(racers()[:-1])).run())
    assert len(shown.names("values")) == len(racers()) - 1 and "rates" in shown.figures
    checked(app.selectbox(key="surface").set_value("saddle").run())
    assert "rates" not in shown.figures and "no lowest value" in sentence(app)
    checked(app.segmented_control(key="stop_by").set_value("step").run())
    assert shown.title("norms") == "Step length over steps"


def test_a_new_optimizer_races_without_another_line(shown, monkeypatch):
    class Half(SGD):
        name, label = "half", "half steps"

        def _update(self, parameters, gradient, learning_rate):
            return super()._update(parameters, gradient, learning_rate / 2)

    monkeypatch.setitem(OPTIMIZERS, "half", Half)
    rows = table(open_page(view=RACE), "outcome").set_index("optimizer")
    assert (
        rows.loc["half steps", "steps to tolerance"]
        > rows.loc["gradient descent", "steps to tolerance"]
    )
    assert "half steps" in shown.names("contour")
    colors = [trace.line.color for trace in shown.figures["values"].data]
    assert len(set(colors)) == len(colors) == len(racers())


def test_nesterovs_form_is_cited_and_said_to_be_the_points_ahead():
    what = said(open_page(), "markdown")
    assert "Bengio et al. (2013)" in what and "Sutskever" not in what
    assert "points where the gradient is\ntaken" in what
