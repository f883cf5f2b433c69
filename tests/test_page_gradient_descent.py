"""The Gradient descent page through Streamlit's AppTest, over its controls."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from nnlib.descent import optimal_heavy_ball
from nnlib.surfaces import CURVES, SURFACES

ROOT = Path(__file__).resolve().parents[1]
RACE = "Race on a surface"


def open_page(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.run().switch_page("pages/gradient_descent.py")
    for name, value in query.items():
        app.query_params[name] = value
    return checked(app.run())


def checked(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    assert not app.error and not app.warning
    return app


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def table(app: AppTest, column: str):
    return next(t.value for t in app.dataframe if column in t.value.columns)


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
    assert metrics(open_page(function=label, start_double_well="-2.2"))["x"] == "-1.473"


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
    assert bool([s for s in app.subheader if "theory" in s.value]) == (name == "bowl")


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
    assert app.slider(key="start_y_bowl").value == 1.99
    checked(app.slider(key="start_x_bowl").set_value(0.5).run())
    assert app.slider(key="start_x_bowl").value == 0.5
    app.session_state["gradient_descent_click"] = ("beale", 3.0, 3.0)
    checked(app.run())
    assert app.slider(key="start_x_bowl").value == 0.5


def test_no_racers_is_no_error():
    app = checked(open_page(view=RACE).multiselect(key="optimizers").set_value([]).run())
    assert not [t for t in app.dataframe if "outcome" in t.value.columns]


def test_nonsense_in_the_address_falls_back_to_the_defaults():
    app = open_page(view="x", function="y", rate_parabola="-3", start_parabola="1e99", tolerance="")
    assert metrics(app)["Step"] == "52"
