"""The Batch normalization page through Streamlit's AppTest, over its views and controls."""

from functools import partial
from urllib.parse import parse_qsl

import apptest
import numpy as np
import pytest
from apptest import Shown, checked, metrics, said, table

from pages.shared import results
from pages.shared.along_gradient import ratio
from pages.shared.batch_norm.presets import PRESETS, SMALL_BATCH
from pages.shared.batch_norm.small_batch import parse_rows
from pages.shared.charts.theme import plain_number

RATES, INSIDE, GRADIENT = "Learning rates", "Inside a unit", "Along the gradient"
QUICK = {"epochs": "5", "seeds": "1"}


open_page = partial(apptest.open_page, "batch_normalization", quiet=("error", "warning"))


@pytest.mark.parametrize("population", ["normal", "skewed", "two clusters"])
@pytest.mark.parametrize(("gamma", "beta"), [(1.0, 0.0), (-2.0, 1.5), (0.0, 1.0)])
def test_after_normalization_mean_and_variance_are_those_asked_for(population, gamma, beta):
    rows = table(open_page(population=population, gamma=str(gamma), beta=str(beta)), "variance")
    assert rows["mean"][2] == pytest.approx(beta, abs=1e-6)
    assert rows["variance"][2] == pytest.approx(gamma**2, rel=1e-3, abs=1e-9)


def test_two_examples_are_explained():
    app = open_page(size="2", gamma="1.5", beta="0.5")
    assert any("β ± γ = 2 and −1" in box.value for box in app.info)
    assert not open_page(size="4").info


def test_rates_compare_three_arms():
    rows = table(open_page(view=RATES), "ratio").set_index("arm")
    assert list(rows.index) == ["without", "BatchNorm", "BatchNorm plus noise"]
    assert rows.loc["BatchNorm", "ratio"] >= 100
    assert not rows.loc["without", "ratio"] >= 10


def test_the_ranges_are_told_in_both_readings(monkeypatch):
    app = open_page(view=RATES)
    rows = table(app, "ratio").set_index("arm")
    highest = rows.loc["BatchNorm", "high"] / rows.loc["without", "high"]
    told = said(app, "markdown")
    assert f"{plain_number(highest)} times as high" in told and "2.5" < f"{highest}" < "4"
    waits = open_page(view=RATES, given="Same rate × epochs")
    assert "this takes about" in said(waits, "info") and not waits.dataframe
    monkeypatch.setattr("pages.shared.results.QUICK", 1e9)
    far = open_page(view=RATES, given="Same rate × epochs", rate_count="5", seeds="1", layers="1")
    rows = table(far, "ratio").set_index("arm")
    assert "**lowest** rate that trains" in said(far, "markdown")
    assert rows.loc["without", "low"] <= 0.1


@pytest.mark.parametrize(
    "query",
    [
        {"batch_norm_after": "true"},
        {"noise": "2", "activation": "ReLU", "initializer": "He normal"},
        {"optimizer": "Adam", "rate_count": "5", "layers": "1"},
        {"data": "Diabetes", "rate_count": "5"},
    ],
)
def test_rates_over_the_controls(query):
    assert len(table(open_page(view=RATES, **QUICK | query), "ratio")) == 3


@pytest.mark.parametrize(
    "query",
    [{}, {"unit": "128"}, {"batch_norm_after": "true"}, {"data": "Iris", "activation": "tanh"}],
)
def test_inside_a_unit_over_the_controls(query):
    rows = table(open_page(view=INSIDE, **QUICK | query), "wander")
    assert list(rows["setting"]) == ["without", "BatchNorm", "BatchNorm plus noise"]
    assert (rows["wander"] > 0).all()


def test_along_the_gradient_the_two_networks_are_seen(shown: Shown):
    app = open_page(view=GRADIENT, epochs="2")
    (found,) = app.session_state["along_gradient_results"].values()
    assert list(found) == ["with normalization", "without"]
    assert metrics(app)["Range of the loss"] == f"{ratio(found, 'ranges')}×"
    assert len(shown.table("changes")) == sum(len(one.steps) for one in found.values())
    assert not [widget for widget in app.slider if widget.key in ("noise", "seeds")]


def test_the_papers_network_is_the_papers(monkeypatch):
    monkeypatch.setattr(results, "_may_begin", lambda *_: False)  # nothing needs to be trained
    app = open_page(view=INSIDE)
    links = [dict(parse_qsl(link.proto.query_string)) for link in app.get("page_link")]
    papers = [link for link in links if "batch_size" in link]
    assert len(papers) == 2
    for link in papers:
        taken = open_page(**link)  # which warns of nothing
        assert taken.session_state["batch_size"] == 60 and taken.session_state["width"] == 100


def test_nonsense_in_the_link_is_not_taken():
    told = said(apptest.open_page("batch_normalization", size="3", gamma="99", population="magic"))
    assert "magic" in told and "99" in told
    told = said(apptest.open_page("batch_normalization", view=INSIDE, unit="0", noise="x", **QUICK))
    assert "1 is the nearest" in told


# ------------------------------------------------------------------ a small batch


def test_the_slide_of_four_examples_and_three_features_is_one_click_away(shown: Shown):
    app = open_page()
    checked(app.button(key="preset_0").click().run())
    features = table(app, "running_mean")
    assert features["mean"].tolist() == [5.5, 6.5, 7.5]
    assert features["variance"].tolist() == pytest.approx([11.25] * 3)
    values = table(app, "standardized")
    column = values["standardized"][values["feature"] == 2]
    assert column.tolist() == pytest.approx([-1.3416, -0.4472, 0.4472, 1.3416], abs=5e-5)
    np.testing.assert_array_equal(shown.values("small_batch", "example 4")[:3], [10, 11, 12])


@pytest.mark.parametrize("index", range(len(PRESETS)), ids=[p.name for p in PRESETS])
def test_every_preset_is_a_link(index: int):
    app = open_page()
    checked(app.button(key=f"preset_{index}").click().run().run())
    link = open_page(**{name: str(value) for name, value in app.query_params.items()})
    for name in ("standardized", "running_mean"):
        assert table(link, name).equals(table(app, name))


@pytest.mark.parametrize(
    "query", [{"numbers": "1 2 3; 4 5 7"}, {"gammas": "1, 2, 3"}, {"betas": "0 -1 1"}]
)
def test_the_numbers_can_be_edited(query, shown: Shown):
    open_page(view=SMALL_BATCH)
    before = shown.drawn("small_batch")
    app = open_page(view=SMALL_BATCH, **query)
    assert shown.drawn("small_batch") != before
    rows = table(app, "standardized")
    by_feature = rows.groupby("feature")["y"]
    beta = parse_rows(query.get("betas", "0 0 0"))[0]
    np.testing.assert_allclose(by_feature.mean(), beta, atol=1e-9)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "as many numbers"),
        ("1 2; 3", "as many numbers"),
        ("1 x; 2 3", "Not all of these are numbers"),
        ("1 nan; 2 3", "at most"),
        ("1e9 2; 2 3", "at most"),
        (";".join(["1 2"] * 13), "at most"),
        ("1 2 3", "at least two examples"),
        ("1 2; 3 4", "as many numbers for γ"),
    ],
)
def test_numbers_that_do_not_fit_get_one_sentence(text, problem):
    app = apptest.open_page("batch_normalization", view=SMALL_BATCH, numbers=text)
    if text:
        assert problem in said(app, "error") and not app.dataframe
    with pytest.raises(ValueError, match="as many numbers"):
        parse_rows("")


# ------------------------------------------------------------------ controls


@pytest.mark.parametrize(
    "query",
    [{"size": "32"}, {"gamma": "2"}, {"beta": "-1"}, {"population": "skewed"},
     {"batch_number": "3"}],
)  # fmt: skip
def test_every_control_of_one_batch_changes_it(query, shown: Shown):
    open_page()
    before = shown.drawn("batch")
    open_page(**query)
    assert shown.drawn("batch") != before


def test_the_running_statistics_are_said_to_hover():
    app = open_page(size="16")
    told = said(app, "caption")
    assert "hover" in told and "tend" not in told
    assert f"deviation of {plain_number(2 / (19 * 16) ** 0.5)}" in told


@pytest.mark.parametrize("query", [{"batch_norm_after": "true"}, {"layers": "2"}, {"noise": "2"}])
def test_the_networks_follow_their_controls(query, shown: Shown):
    few = QUICK | {"rate_count": "5"}
    open_page(view=RATES, **few)
    before = shown.drawn("rates")
    open_page(view=RATES, **few | query)
    assert shown.drawn("rates") != before


def test_the_rate_and_the_unit_that_are_looked_at(shown: Shown):
    few = QUICK | {"rate_count": "5"}
    open_page(view=RATES, **few)
    before = shown.drawn("arm_losses")
    app = open_page(view=RATES, picked_rate="10", **few)
    assert shown.drawn("arm_losses") != before and shown.title("arm_losses").endswith("at 10")
    assert list(table(app, "difference")["setting"])[0] == "without"
    open_page(view=INSIDE, **QUICK)
    before = shown.drawn("unit_percentiles")
    open_page(view=INSIDE, unit="2", **QUICK)
    assert shown.drawn("unit_percentiles") != before
    links = [link.proto.label for link in open_page(view=INSIDE, **QUICK).get("page_link")]
    assert "The paper's network on Digits 8×8" in links
