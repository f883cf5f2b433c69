"""The Learning rate page through Streamlit's AppTest, over its views and controls."""

from functools import partial

import apptest
import numpy as np
import pytest
from apptest import metrics, said, table

from nnlib.schedules import SCHEDULES
from pages.shared.learning_rate.presets import PRESETS

SWEEP, RANGE, SCHEDULE = "Many rates", "Range test", "Schedules"
QUICK = {"epochs": "5", "seeds": "2"}


QUIET = ("error", "warning")
open_page = partial(apptest.open_page, "learning_rate", quiet=QUIET)
checked = partial(apptest.checked, quiet=QUIET)


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
    assert shown["Stalled"].endswith("of 25")
    assert int(shown["Stalled"].split()[0]) >= 3


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
    import pages.shared.learning_rate.view as view

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


def test_nonsense_in_the_link_goes_to_the_default_or_the_nearest_and_is_told():
    app = apptest.open_page("learning_rate", view="Nothing", own_rate="x", quadratic_rates="7")
    assert list(table(app, "factor")["learning_rate"]) == [0.8, 2.0]
    assert len(app.warning) == 3


def test_own_data_that_is_not_there_yet_leaves_the_texts():
    app = open_page(view=SWEEP, data="Your own CSV file")
    assert len(app.info) == 1 and not app.metric
    assert any("range test" in m.value for m in app.markdown)


def press(app, name: str):
    index = [preset.name for preset in PRESETS].index(name)
    checked(app.button(key=f"preset_{index}").click().run())
    return checked(app.run())


@pytest.mark.parametrize("preset", PRESETS, ids=[preset.name for preset in PRESETS])
def test_a_preset_shows_the_same_wherever_one_comes_from(shown, preset):
    # Cheap settings stand in for those of the page, which take seconds.
    fresh = press(open_page(**QUICK), preset.name)
    drawn = {key: shown.drawn(key) for key in shown.figures}
    far = open_page(view=SCHEDULE, data="Spiral", seeds="1", epochs="5", activation="tanh",
                    rate_count="6", rate_low="1e-2", test_steps="20", test_smoothing="0",
                    own_rate="1.2", quadratic_start="-3", layers="1", units_1="4",
                    learning_rate="0.1", schedules="cosine", batch_norm="true")  # fmt: skip
    press(far, preset.name)
    assert metrics(far) == metrics(fresh)
    assert {key: shown.drawn(key) for key in shown.figures} == drawn


def test_a_rate_can_be_too_large_and_yet_finite_as_the_preset_shows(shown):
    app = press(open_page(), "Too large, yet finite")
    assert metrics(app)["Best rate"] == "1"
    finals = shown.table("final_losses").set_index("learning_rate")
    assert finals.loc[10.0, "outcome"] == "stalled" and np.isfinite(finals.loc[10.0, "highest"])
    gradients = shown.table("arm_gradients").query("setting == 'η = 10' and layer == 'hidden 1'")
    assert gradients["gradient_norm"].iloc[0] > 0 and gradients["gradient_norm"].iloc[-1] == 0
    # What the page says of rates far below the best, near it, and above it.
    start = finals["median"].iloc[0]
    fall = start - finals["median"]
    assert fall[0.001] / fall[0.01] == pytest.approx(0.1, abs=0.05)
    assert finals.loc[3.16, "median"] > 10 * finals.loc[1.0, "median"]


def test_the_range_test_is_flat_falls_and_rises_and_is_told_from_smiths(shown):
    app = open_page(view=RANGE)
    assert "linearly and watches the accuracy" in " ".join(said(app, "markdown").split())
    test = shown.table("range_loss")
    smoothed = test["smoothed"].to_numpy()
    early = smoothed[test["learning_rate"] < 1e-3]
    assert np.ptp(early[5:]) < 0.1 and smoothed.min() < 0.6 * early[-1]
    assert smoothed[-1] > 1.3 * smoothed.min()
    ratios = test["learning_rate"].to_numpy()[1:] / test["learning_rate"].to_numpy()[:-1]
    assert ratios == pytest.approx(np.full(len(ratios), ratios[0]))


def test_every_control_of_the_quadratic_changes_it_and_the_link_reproduces_it(shown):
    app = open_page()
    for kind, key, value in (
        ("slider", "own_rate", 0.805),
        ("slider", "quadratic_start", 3.5),
        ("slider", "quadratic_steps", 29),
        ("multiselect", "quadratic_rates", [0.01, 0.1, 0.2, 0.5]),
    ):
        keys = ("paths", "quadratic_losses", "quadratic_gradients")
        before = [shown.drawn(chart) for chart in keys]
        checked(getattr(app, kind)(key=key).set_value(value).run())
        assert all(shown.drawn(chart) != old for chart, old in zip(keys, before, strict=True))
    drawn = {key: shown.drawn(key) for key in (*keys, "factor")}
    open_page(own_rate="0.805", quadratic_start="3.5", quadratic_steps="29",
              quadratic_rates=["0.01", "0.1", "0.2", "0.5"])  # fmt: skip
    assert {key: shown.drawn(key) for key in drawn} == drawn


def test_every_control_of_the_sweep_changes_it_and_the_link_reproduces_it(shown):
    app = open_page(view=SWEEP, rate_count="9", **QUICK)
    for kind, key, value in (
        ("slider", "rate_count", 8),
        ("select_slider", "rate_low", 1e-3),
        ("select_slider", "rate_high", 10.0),
        ("slider", "seeds", 3),
        ("select_slider", "batch_size", 64),
        ("selectbox", "optimizer", "adam"),
        ("selectbox", "activation", "tanh"),
        ("number_input", "seed", 1),
    ):
        before = shown.drawn("loss_map"), shown.drawn("final_losses")
        checked(getattr(app, kind)(key=key).set_value(value).run())
        assert shown.drawn("loss_map") != before[0], key
        assert shown.drawn("final_losses") != before[1], key
    before = shown.drawn("arm_gradients")
    checked(app.multiselect(key="picked").set_value(["η = 10"]).run())
    assert shown.drawn("arm_gradients") != before
    drawn = {k: shown.drawn(k) for k in ("loss_map", "final_losses", "arm_losses", "arm_gradients")}
    open_page(view=SWEEP, rate_count="8", rate_low="0.001", rate_high="10", seeds="3", epochs="5",
              batch_size="64", optimizer="Adam", activation="tanh", seed="1",
              picked="η = 10")  # fmt: skip
    assert {key: shown.drawn(key) for key in drawn} == drawn


def test_every_control_of_the_range_test_changes_it(shown):
    app = open_page(view=RANGE, **QUICK)
    for kind, key, value in (
        ("slider", "test_smoothing", 0.88),
        ("slider", "test_steps", 110),
        ("select_slider", "test_low", 1e-4),
        ("select_slider", "test_high", 1.0),
    ):
        before = shown.drawn("range_loss")
        checked(getattr(app, kind)(key=key).set_value(value).run())
        assert shown.drawn("range_loss") != before, key
    assert "arm_losses" not in shown.figures
    checked(app.button(key="train_suggested").click().run())
    assert len(shown.names("arm_losses")) >= 3 and "arm_gradients" in shown.figures


def test_every_control_of_the_schedules_changes_them(shown):
    app = open_page(view=SCHEDULE, **QUICK)
    for key, value in (("warmup_fraction", 0.3), ("decay_factor", 0.5), ("learning_rate", 1.0)):
        before = shown.drawn("schedule_rates"), shown.drawn("schedule_losses")
        setting = next(s for s in (*app.select_slider, *app.slider) if s.key == key)
        checked(setting.set_value(value).run())
        assert shown.drawn("schedule_rates") != before[0], key
        assert shown.drawn("schedule_losses") != before[1], key
    checked(app.toggle(key="log_rate").set_value(True).run())
    assert shown.figures["schedule_rates"].layout.yaxis.type == "log"
    rows = table(app, "difference").set_index("setting")
    assert rows["difference"].iloc[0] == "" and (rows["difference"].iloc[1:] != "").all()
