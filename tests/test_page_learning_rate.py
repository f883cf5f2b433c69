"""The Learning rate page through Streamlit's AppTest, over its views and controls."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from nnlib.schedules import SCHEDULES

ROOT = Path(__file__).resolve().parents[1]
SWEEP, RANGE, SCHEDULE = "Many rates", "Range test", "Schedules"
QUICK = {"epochs": "5", "seeds": "2"}


def open_page(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.run().switch_page("pages/learning_rate.py")
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


def test_opens_with_the_quadratic_at_the_rates_asked_for():
    rows = table(open_page(), "factor").set_index("learning_rate")
    assert list(rows.index) == [0.01, 0.1, 0.5, 0.8, 1.0, 1.05]
    assert rows.loc[0.5, "steps"] == 1 and rows.loc[0.5, "last_x"] == -1
    assert rows.loc[1.0, "last_x"] == 3 and rows.loc[1.0, "behavior"] == "for ever"
    assert rows.loc[0.1, "last_x"] == pytest.approx(-1 + 4 * 0.8**30)
    assert rows.loc[1.05, "behavior"] == "diverging"


def test_controls_of_the_quadratic():
    app = open_page(quadratic_start="-3", quadratic_steps="1", own_rate="1.5")
    rows = table(app, "factor").set_index("learning_rate")
    assert rows.loc[1.5, "last_x"] == 3  # -1 + (-2)·(1 - 3)
    app = checked(app.multiselect(key="quadratic_rates").set_value([]).run())
    assert list(table(app, "factor")["learning_rate"]) == [1.5]


def test_sweep_finds_a_best_rate_and_marks_the_others():
    shown = metrics(open_page(view=SWEEP))
    assert shown["Best rate"] == "1"
    assert float(shown["Its final loss"]) < 0.05
    assert shown["No better than before"].endswith("of 25")
    assert int(shown["No better than before"].split()[0]) >= 3


def test_sweep_follows_its_controls():
    app = open_page(view=SWEEP, rate_count="7", rate_high="10", picked="η = 10", **QUICK)
    assert app.multiselect(key="picked").value == ["η = 10"]
    assert len(app.multiselect(key="picked").options) == 7
    assert metrics(app)["Diverged"].endswith("of 7")
    app = checked(app.slider(key="rate_count").set_value(5).run())
    assert metrics(app)["Diverged"].endswith("of 5")
    app = checked(app.select_slider(key="rate_high").set_value(1.0).run())
    assert "η = 10" not in app.multiselect(key="picked").options


@pytest.mark.parametrize("optimizer", ["momentum", "AdamW", "Adam"])
def test_every_kind_of_optimizer(optimizer: str):
    shown = metrics(open_page(view=SWEEP, optimizer=optimizer, rate_count="5", **QUICK))
    assert float(shown["Its final loss"]) < 0.5


@pytest.mark.parametrize("data", ["Diabetes", "Wine"])
def test_other_data(data: str):
    app = open_page(view=SWEEP, data=data, rate_count="6", **QUICK)
    assert app.selectbox(key="data").value == data.lower()
    assert float(metrics(app)["Its final loss"]) < 1


def test_results_are_computed_once(monkeypatch: pytest.MonkeyPatch):
    import pages.shared.learning_rate_view as view

    calls = []
    compare = view.compare
    monkeypatch.setattr(view, "compare", lambda *a: calls.append(1) or compare(*a))
    app = open_page(view=SWEEP, rate_count="5", **QUICK)
    app.multiselect(key="picked").set_value([app.multiselect(key="picked").options[0]]).run()
    assert len(calls) == 1


def test_range_test_suggests_and_trains():
    app = open_page(view=RANGE, **QUICK)
    shown = metrics(app)
    suggested, lowest = float(shown["Suggested rate"]), float(shown["Loss is lowest at"])
    assert suggested == pytest.approx(lowest / 10, rel=0.01)
    assert not any("Final training loss" in m.value for m in app.markdown)
    app = checked(app.button(key="train_suggested").click().run())
    assert any("Final training loss, median of 2 seeds" in m.value for m in app.markdown)
    app = checked(app.slider(key="test_steps").set_value(200).run())
    assert not any("Final training loss" in m.value for m in app.markdown)


def test_range_test_without_a_fall_suggests_nothing():
    app = open_page(view=RANGE, test_low="1e-6", test_high="0.1", test_steps="20", **QUICK)
    assert metrics(app)["Suggested rate"] == "none"
    assert any("nothing to suggest" in m.value for m in app.markdown)
    assert "train_suggested" not in [button.key for button in app.button]


def test_range_test_that_ends_early_says_so():
    app = open_page(view=RANGE, data="Diabetes", test_high="100", test_steps="200")
    done, asked = metrics(app)["Steps"].split(" of ")
    assert int(done) < int(asked) == 200
    assert any("The test ended when" in m.value for m in app.markdown)


def test_schedules_each_have_a_run():
    app = open_page(view=SCHEDULE)
    rows = table(app, "outcome").set_index("setting")
    assert len(rows) == len(SCHEDULES)
    assert rows.loc["one-cycle", "median"] < rows.loc["constant", "median"]
    app = checked(app.multiselect(key="schedules").set_value(["cosine"]).run())
    assert list(table(app, "outcome")["setting"]) == ["cosine"]
    app = checked(app.multiselect(key="schedules").set_value([]).run())
    assert len(app.info) == 1


def test_nonsense_in_the_link_is_ignored():
    app = open_page(view="Nothing", own_rate="x", quadratic_rates="7")
    assert 0.8 in list(table(app, "factor")["learning_rate"])


def test_own_data_that_is_not_there_yet_leaves_the_texts():
    app = open_page(view=SWEEP, data="Your own CSV file")
    assert len(app.info) == 1 and not app.metric
    assert any("Smith 2017" in m.value for m in app.markdown)
