"""The Vanishing gradients page through Streamlit's AppTest, over its views and controls."""

from functools import partial

import apptest
import numpy as np
import pytest
from apptest import Shown, said
from streamlit.testing.v1 import AppTest

from nnlib.activations import ACTIVATIONS
from nnlib.initializers import INITIALIZERS
from nnlib.labs import gradient_flow as flow
from pages.shared.charts.theme import plain_number
from pages.shared.controls import label_of
from pages.shared.gradient_flow import charts

BEFORE, REMEDIES, SCALE = "Before training", "Remedies", "Weight scale"
open_page = partial(apptest.open_page, "vanishing_gradients", quiet=("error",))


def verdict(app: AppTest) -> str:
    return next(box.value for box in [*app.success, *app.warning, *app.info] if "**" in box.value)


def test_opens_with_a_vanishing_signal():
    app = open_page()
    assert verdict(app).startswith("**Vanishing** at step ")
    assert "of 10" in verdict(app)


@pytest.mark.parametrize(
    ("query", "start"),
    [
        ({"activation": "ReLU", "initializer": "He normal", "depth": "30"}, "**Healthy**"),
        (
            {"activation": "ReLU", "initializer": "He normal", "initializer_scale": "2",
             "depth": "30"},
            "**Exploding**",
        ),
        ({"activation": "tanh", "initializer": "normal"}, "**Vanishing**"),
        ({"initializer": "zeros"}, "**No signal**"),
        ({"depth": "1"}, "**One hidden layer**"),
    ],
)  # fmt: skip
def test_verdicts_before_training(query, start):
    assert verdict(open_page(view=BEFORE, **query)).startswith(start)


def test_theory_stands_beside_the_measurement():
    table = next(
        t.value for t in open_page(view=BEFORE, width="256").dataframe if "forward" in t.value
    )
    assert len(table) == 9
    last = table.iloc[-1]
    assert last["backward"] == pytest.approx(last["measured"], rel=0.15)
    assert last["backward"] < 1 / 16 + 1e-9


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"batch_norm": "true"}, "batch normalization"),
        ({"skip": "true"}, "skip connections"),
        ({"initializer": "zeros"}, "all weights are zero"),
    ],
)
def test_without_theory_the_page_says_why(query, reason):
    app = open_page(view=BEFORE, **query)
    assert any(reason in box.value for box in app.info)


def test_remedies_are_compared():
    app = open_page(view=REMEDIES, epochs="20", seeds="2")
    table = next(t.value for t in app.dataframe if "setting" in t.value).set_index("setting")
    assert table.loc["as chosen", "before"] == "vanishing"
    assert table.loc["ReLU with He", "before"] == "healthy"
    assert table.loc["ReLU with He", "median"] < 0.3 < table.loc["as chosen", "median"]
    assert table.loc["clipping at norm 1", "ratio"] == table.loc["as chosen", "ratio"]
    assert table.loc["scaled skip connections", "before"] == "healthy"
    assert table.loc["clipping at norm 1", "difference"].endswith("within the noise")
    assert list(table.loc[["as chosen", "ReLU with He"], "outcome"]) == ["stalled", "learned"]


def test_the_same_factor_is_judged_the_same_at_ten_and_at_eleven_layers():
    told = [verdict(open_page(view=BEFORE, batch_norm="true", depth=d)) for d in ("10", "11")]
    assert all(text.startswith("**Exploding**") for text in told)


def test_the_verdict_gives_the_factor_that_the_page_tells_of():
    app = open_page(view=BEFORE, batch_norm="true")
    factor = float(verdict(app).split("a factor of ")[1].split(" ")[0])
    told = " ".join(said(app, "markdown").split())
    assert round(factor, 1) == 1.6 and "it is about 1.6 per layer over 10 layers" in told


def test_the_verdict_gives_the_ratio_that_the_chart_shows(shown: Shown):
    app = open_page(view=BEFORE, batch_norm="true")
    drawn = shown.values("signal_profile", "measured, median of 5 seeds")[0]
    assert f"is {plain_number(float(drawn))} times" in verdict(app)


def test_small_factors_are_said_to_add_up():
    app = open_page(view=BEFORE, batch_norm="true", depth="50")
    assert verdict(app).startswith("**Growing slowly**") and "adds up" in verdict(app)


def test_the_caption_says_where_narrow_relu_networks_lie():
    app = open_page(view=BEFORE, activation="ReLU", initializer="He normal", depth="50")
    assert "half have less than about 0.02 of its variance" in said(app, "caption")
    assert "Hanin" not in said(open_page(view=BEFORE), "caption")
    assert "not independent" in said(open_page(view=BEFORE, initializer="orthogonal"), "caption")


def test_relu_has_a_line_of_its_width_where_the_formula_holds(shown: Shown):
    relu = {"activation": "ReLU", "initializer": "He normal", "depth": "3", "seeds": "1"}
    open_page(view=BEFORE, width="16", **relu)
    for chart in ("signal_profile", "deviations"):
        assert charts.TYPICAL in shown.names(chart)
    app = open_page(view=BEFORE, width="8", **relu)
    assert charts.TYPICAL not in shown.names("signal_profile")
    assert "not drawn: with fewer than 16 units" in said(app, "caption")


def test_orthogonal_linear_layers_stretch_no_direction(shown: Shown):
    open_page(view=BEFORE, activation="linear", initializer="orthogonal", depth="4", width="8")
    for name in ("largest", "smallest", charts.THEORY):
        np.testing.assert_allclose(shown.values("jacobian_spectrum", name), 1, rtol=1e-6)
    assert "measured, median of 5 seeds" in shown.names("activation_ranks")


@pytest.mark.parametrize(
    "query",
    [
        {"depth": "11"},
        {"width": "64"},
        {"activation": "tanh"},
        {"initializer": "normal"},
        {"initializer_scale": "2"},
        {"batch_norm": "true"},
        {"skip": "true"},
        {"skip": "true", "skip_scaled": "true"},
        {"seeds": "4"},
        {"seed": "1"},
        {"batch_size": "64"},
        {"data": "Iris"},
    ],
)
def test_every_control_changes_the_untrained_network(query, shown: Shown):
    open_page(view=BEFORE)
    before = shown.drawn("signal_profile"), shown.drawn("initial_gradients")
    open_page(view=BEFORE, **query)
    assert (shown.drawn("signal_profile"), shown.drawn("initial_gradients")) != before
    theory = "theory, infinite width" in shown.names("signal_profile")
    assert theory == (not {"batch_norm", "skip"} & set(query))


def test_the_profile_is_the_measurement_of_what_is_chosen(shown: Shown):
    open_page(view=BEFORE, depth="6", seeds="3")
    rows = shown.table("signal_profile").dropna()
    drawn = shown.values("signal_profile", "measured, median of 3 seeds")
    np.testing.assert_allclose(drawn, rows.groupby("layer")["signal"].median(), rtol=1e-6)
    signal = rows.pivot(index="seed_number", columns="layer", values="signal").to_numpy()
    assert flow.judge(np.median(signal, axis=0)).kind == "vanishing"


@pytest.mark.parametrize("quantity", ["weight gradient", "activation"])
def test_the_heat_map_shows_what_is_chosen(quantity, shown: Shown):
    open_page(epochs="1", depth="4", quantity=quantity)
    assert quantity in shown.title("flow_map").lower()


def test_the_comparisons_follow_the_sidebar(shown: Shown):
    open_page(view=REMEDIES, epochs="2", seeds="2", depth="3")
    before = shown.drawn("remedy_losses")
    open_page(view=REMEDIES, epochs="2", seeds="2", depth="3", learning_rate="1")
    assert shown.drawn("remedy_losses") != before
    open_page(view=SCALE)
    before = shown.drawn("scale_sweep")
    open_page(view=SCALE, depth="20")
    assert shown.drawn("scale_sweep") != before


def test_a_long_comparison_waits_for_a_click():
    app = open_page(view=REMEDIES, depth="50", width="256")
    assert any("can take minutes" in box.value for box in app.info)
    assert not [t for t in app.dataframe if "setting" in t.value]


def test_a_click_begins_a_long_comparison(monkeypatch):
    monkeypatch.setattr("pages.shared.gradient_flow.comparisons._QUICK_WORK", 1)
    app = open_page(view=REMEDIES, depth="2", width="4", epochs="1", seeds="1")
    assert not [t for t in app.dataframe if "setting" in t.value]
    app.get_by_key("gradient_flow_remedies_begin").click().run()
    assert [t for t in app.dataframe if "setting" in t.value]
    app.run()
    assert [t for t in app.dataframe if "setting" in t.value]


def test_the_weight_scale_view_tells_of_relu():
    app = open_page(view=SCALE, depth="5", activation="GELU", initializer="He normal")
    assert any("√(n·var(w)) = 1.41" in text.value for text in app.caption)
    assert any("Does ReLU explode" in text.value for text in app.markdown)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(activation):
    assert verdict(open_page(view=BEFORE, activation=label_of(activation), depth="4"))


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_every_initializer(initializer):
    assert verdict(open_page(view=BEFORE, initializer=label_of(initializer), depth="4"))


@pytest.mark.parametrize("data", ["Digits 8×8", "Diabetes"])
def test_other_data(data):
    assert verdict(open_page(data=data, depth="3"))


def test_nonsense_in_the_link_is_not_taken():
    assert verdict(open_page(depth="999", width="7", activation="magic", seeds="-1"))
