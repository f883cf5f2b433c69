"""The Batch normalization page through Streamlit's AppTest, over its views and controls."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[1]
RATES, INSIDE = "Learning rates", "Inside a unit"
QUICK = {"epochs": "5", "seeds": "1"}


def open_page(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.run().switch_page("pages/batch_normalization.py")
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    assert not app.error and not app.warning
    return app


def table(app: AppTest, column: str):
    return next(t.value for t in app.dataframe if column in t.value.columns)


@pytest.mark.parametrize("population", ["normal", "skewed", "two clusters"])
@pytest.mark.parametrize(("gamma", "beta"), [(1.0, 0.0), (-2.0, 1.5), (0.0, 1.0)])
def test_after_normalization_mean_and_variance_are_those_asked_for(population, gamma, beta):
    rows = table(open_page(population=population, gamma=str(gamma), beta=str(beta)), "variance")
    assert rows["mean"][2] == pytest.approx(beta, abs=1e-6)
    assert rows["variance"][2] == pytest.approx(gamma**2, rel=1e-3, abs=1e-9)


def test_two_examples_are_explained():
    app = open_page(size="2", gamma="1.5", beta="0.5")
    assert any("β ± γ = 2 and -1" in box.value for box in app.info)
    assert not open_page(size="4").info


def test_rates_compare_three_arms():
    rows = table(open_page(view=RATES), "ratio").set_index("arm")
    assert list(rows.index) == ["without", "BatchNorm", "BatchNorm plus noise"]
    assert rows.loc["BatchNorm", "ratio"] >= 100
    assert not rows.loc["without", "ratio"] >= 10


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
    assert list(rows["arm"]) == ["without", "BatchNorm", "BatchNorm plus noise"]
    assert (rows["wander"] > 0).all()


def test_nonsense_in_the_link_is_not_taken():
    open_page(size="3", gamma="99", population="magic")
    open_page(view=INSIDE, unit="0", noise="x", **QUICK)
