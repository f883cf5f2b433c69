"""The Batch size page through Streamlit's AppTest: its run, its map, and its advice."""

import dataclasses
from functools import partial

import apptest
import numpy as np
import pytest
from apptest import Shown, finished, metrics, said, table, valid
from small_runs import make_experiment, run

from nnlib import noise
from nnlib.history import History, Series
from pages.shared.batch_size import charts, charts_map, live_view
from pages.shared.batch_size.advice_view import advice_sentence, verdict_sentence

MAP, ADVICE = "Steps and examples", "Advice"
SMALL = {"data": "Moons", "units_1": "8", "seed": "1"}
open_page = partial(apptest.open_page, "batch_size", quiet=("error",), **SMALL)


def test_a_run_shows_its_noise_and_what_follows_from_it(shown: Shown):
    app = finished(open_page(epochs="4", batch_size="32"))
    course = app.session_state["batch_size_course"]
    last = course.points[max(course.points)]
    assert last.step == app.session_state["batch_size_run"].trainer.step
    scale = shown.values("noise_scale", "noise scale")[-1]
    assert scale == pytest.approx(last.scale.value, rel=1e-6)
    assert set(shown.values("noise_scale", "batch size")) == {32}
    np.testing.assert_allclose(
        shown.values("cosines", "by the noise scale")[-1], 1 / (1 + scale / 32), rtol=1e-5
    )
    assert metrics(app)["Noise scale"] == f"{scale:,.0f}"
    worth = last.step and 1 / (1 + scale / 32)
    assert metrics(app)["A step's worth"] == f"{worth:.0%}"
    away = shown.table("distances")
    assert (away["travelled"] >= away["distance"] * (1 - 1e-5)).all()
    assert "all 400 training examples" in said(app, "caption")
    assert shown.values("coupled_batch", "CABS")[-1] == pytest.approx(last.coupled_batch, rel=1e-6)
    assert set(shown.values("coupled_batch", "batch size")) == {32}
    signal = shown.values("evidence", "mean of N·G²/σ²")[-1]
    assert signal == pytest.approx(1 - last.evidence, rel=1e-6)
    points = [course.points[step] for step in sorted(course.points)]
    history = app.session_state["batch_size_run"].history
    assert live_view.stop_sentence(points, history) in said(app, "caption")
    for key in ("noise_scale", "cosines", "signal_to_noise", "batch_tests", "distances"):
        valid(shown.charts[key])
    valid(shown.charts["histograms"])
    earlier = sorted(course.points)[3]
    app.slider(key="step_shown").set_value(earlier).run()
    assert metrics(app)["Step measured"] == f"{earlier:,}"
    assert f"step {earlier:,}" in shown.title("histograms")


def test_what_a_redraw_has_no_time_for_is_measured_when_asked_for(monkeypatch):
    monkeypatch.setattr(live_view, "_SLICE", 0.0)
    monkeypatch.setattr(live_view, "_AT_REST", 0.0)
    app = finished(open_page(epochs="3"))
    course = app.session_state["batch_size_course"]
    assert sorted(course.points) == [0] and "up to step 0" in app.button(key="measure_rest").label
    monkeypatch.setattr(live_view, "_SLICE", 0.01)
    app.button(key="measure_rest").click().run()
    assert course.share == 1 and max(course.points) == course.trainer.step
    assert app.session_state["batch_size_course"] is course
    assert "measure_rest" not in {button.key for button in app.run().button}


def test_the_map_has_its_fit_and_says_what_it_misses(shown: Shown):
    app = open_page(
        view=MAP, map_epochs="5", map_seeds="2", smallest="8", largest="64", rate_low="0.1",
        rate_high="3", rate_count="3", most_steps="50", target_loss="0.2",
    )  # fmt: skip
    found = table(app, "off")
    assert found["batch_size"].tolist() == [8, 16, 32, 64]
    ((result,),) = [app.session_state["batch_size_map_results"].values()]
    fit = result.fit()
    tiles = metrics(app)
    assert int(tiles["By the noise scale"].replace(",", "")) > 0
    assert tiles["S_min, in steps"] == f"{fit.least_steps:,.1f}"
    assert tiles["Largest miss"].startswith(f"{max(*found['off'], *(1 / found['off'])):.2f}"[:3])
    np.testing.assert_allclose(found["curve"] * found["off"], found["steps"])
    cells = shown.table("steps_map")
    best = cells.dropna().groupby("batch_size")["median_steps"].min()
    np.testing.assert_allclose(best, found["steps"])
    np.testing.assert_allclose(shown.values("trade_off", "S_min"), fit.least_steps)
    for key in ("steps_map", "examples_map", "trade_off"):
        valid(shown.charts[key])
    assert "wider range" in said(app, "warning")  # the highest rate is the best for some


def test_a_loss_that_is_not_reached_is_said_and_leaves_the_page_whole(shown: Shown):
    app = open_page(
        view=MAP, map_epochs="1", map_seeds="1", smallest="16", largest="64", rate_low="0.1",
        rate_high="0.3", rate_count="2", most_steps="50", target_loss="0.001",
    )  # fmt: skip
    assert "three batch sizes" in said(app, "info")
    assert {"steps_map", "trade_off"} <= set(shown.charts)
    valid(shown.charts["trade_off"])


def test_advice_is_checked_by_running_it():
    app = open_page(view=ADVICE, batch_size="4", epochs="10", target_loss="0.3", seeds="3")
    found = table(app, "measured")
    advised = found["setting"].str.extract(r"advised, ([\d,]+)")[0].dropna().unique()
    assert f"Take a batch of about {advised[0]}" in said(app, "markdown")
    assert found["what"].tolist() == ["steps", "examples"] * 2
    ((advice, reached, tried),) = app.session_state["batch_size_advice_results"].values()
    assert reached and tried[1].arm.rate == pytest.approx(0.2 * advice.rate)
    steps, _ = tried[1].against(tried[0])
    assert steps.reading in found["measured"][2]
    inside = steps.low <= advice.steps <= steps.high
    said_so = verdict_sentence(tried[1], tried[0])
    assert ("lies in" if inside else "lies outside") in said_so and said_so in said(app, "markdown")


def test_where_the_batch_is_right_a_smaller_and_a_larger_one_are_tried():
    app = open_page(view=ADVICE, batch_size="32", epochs="8", target_loss="0.3", seeds="1")
    ((advice, _, tried),) = app.session_state["batch_size_advice_results"].values()
    if advice.advised != 32:
        pytest.fail(f"The noise of this run is of {advice.critical}: choose other settings.")
    assert [one.advice.advised for one in tried] == [32, 8, 128]
    assert "Stay with a batch of about 32" in said(app, "markdown")
    assert "no verdict" in said(app, "markdown")


def test_a_run_that_does_not_come_so_far_is_told_from_one_that_diverges():
    app = open_page(view=ADVICE, epochs="2", target_loss="0.001", seeds="2")
    assert "does not reach the loss" in said(app, "warning")
    found = table(app, "measured")
    assert found["measured"][2] == "2 of 2 seeds do not reach the loss: no interval"
    assert "2 of 2 seeds do not reach the loss. More epochs" in said(app, "markdown")
    assert found["median"].isna().all() and "Over all its epochs" in said(app, "markdown")
    app = apptest.open_page("batch_size", view=ADVICE, data="Diabetes", learning_rate="10")
    assert "diverges" in said(app, "error") and not app.dataframe


def test_a_loss_that_needs_no_training_is_no_target():
    app = apptest.open_page("batch_size", view=ADVICE, epochs="2", target_loss="5", seeds="2")
    assert "before training" in said(app, "error")
    app = open_page(view=MAP, map_epochs="1", map_seeds="1", target_loss="5", rate_count="2")
    assert "before training" in said(app, "info")


def test_advice_beyond_any_number_is_put_in_words():
    class Page:
        target = 0.2

        class experiment:
            class training:
                learning_rate = 0.1

    sentence = advice_sentence(noise.Advice(8, 100, np.inf), Page)
    assert "beyond any number" in sentence and "inf" not in sentence


def test_charts_without_a_point_say_so():
    history = History(("hidden 1", "output"))
    for chart in (
        charts.plot_noise_scale([], history, 8),
        charts.plot_cosines([], history, 8),
        charts.plot_signal_to_noise([], history),
        charts.plot_tests([], history),
        charts.plot_distances([], history),
        charts.plot_coupled_batch([], history, 8),
        charts.plot_coupled_batch([], history, 8, momentum=True),
        charts.plot_evidence([], history),
        charts.plot_histograms(None, history.layer_names),
    ):
        assert chart.figure.layout.annotations and not chart.figure.data


def test_the_stop_that_the_evidence_says_stands_beside_the_lowest_validation_loss():
    def of(step, evidence):
        return dataclasses.replace(point, step=step, evidence=evidence)

    trainer = run(make_experiment(optimizer="sgd"))
    point = noise.Course(trainer).go_on()[0]
    history = History()
    history.series["val_loss"] = Series(())
    for step, loss in ((0, 0.9), (10, 0.4), (20, 0.5), (30, 0.1)):
        history.series["val_loss"].append(step, loss)
    points = [of(0, -3.0), of(8, 0.1), of(16, -0.1), of(24, 0.2)]
    sentence = live_view.stop_sentence(points, history)
    assert "stop at step 8," in sentence and "lowest at step 10" in sentence
    assert "At none of the steps" in live_view.stop_sentence(points[:1], history)
    assert "validation" not in live_view.stop_sentence(points, History())


def test_a_map_of_one_cell_is_drawn():
    one = np.full((1, 1, 2), 10.0)
    found = noise.TradeOff(0.5, (8,), (0.1,), one, 8 * one, (100,))
    valid(charts_map.plot_map(found, "examples"))
    assert charts_map.plot_map(found, "steps").table()["median_steps"].tolist() == [10]
