"""How the curves of a run are drawn: over steps, epochs or seconds, their scale and smoothing."""

from functools import partial

import apptest
import numpy as np
import pytest
from apptest import Shown, checked, finished, said
from chart_checks import trace, valid

from nnlib.clock import Clock
from nnlib.diagnosis.finding import Place
from nnlib.history import Divergence, Event, History, Series
from nnlib.instruments import INSTRUMENTS
from nnlib.network import layer_names
from pages.shared.charts import curves, training
from pages.shared.charts.instruments import plot_instrument
from pages.shared.charts.kept import KeptCurve, lay_under
from pages.shared.charts.look import TITLES, Look
from pages.shared.charts.marks import mark_place
from pages.shared.charts.recorded import run_curves, smooth
from pages.shared.gradient_flow.charts import plot_flow_map

STEPS = [0, 10, 20, 40]
PLACES = {"step": STEPS, "epoch": [0, 1, 2, 4], "seconds": [0, 0.5, 1.0, 3.0]}
HOVERS = {
    "step": ("step %{x:,}", "epoch %{customdata:.2f}"),
    "epoch": ("epoch %{x:.2f}", "step %{customdata:,}"),
    "seconds": ("%{x:,.4~r} s", "step %{customdata[0]:,}", "epoch %{customdata[1]:.2f}"),
}
NORM = INSTRUMENTS["gradient_norm"]


def history(values=(4.0, 2.0, 0.0, 1.0), *, clock=True) -> History:
    """Make a run of ten steps an epoch, of which the last twenty steps took two seconds."""
    result = History(
        layer_names(2),
        10,
        events=[Event(20, "learning_rate", 0.1, 0.2)],
        divergences=[Divergence(40, "output", "weights")],
    )
    wide = np.outer(values, [1.0, 2.0])
    for name, records in {
        "train_loss": values, "train_accuracy": values, "learning_rate": np.abs(values),
        "batch_loss": values, "gradient_norm": wide, "signal_norm": wide,
    }.items():  # fmt: skip
        by_layer = np.ndim(records) == 2
        series = Series((2,) if by_layer else (), result.layer_names if by_layer else ())
        for step, value in zip(STEPS, records, strict=True):
            series.append(step, value)
        result.series[name] = series
    if clock:
        for step, seconds in ((0, 0.0), (20, 1.0), (40, 3.0)):
            result.clock.tick(step, seconds)
    return result


PLOTS = {
    "losses": training.plot_losses,
    "scores": training.plot_scores,
    "rate": training.plot_learning_rate,
    "norms": lambda run, look: plot_instrument(run, NORM, look),
    "batch": lambda run, look: plot_instrument(run, INSTRUMENTS["batch_loss"], look),
    "map": lambda run, look: plot_flow_map(run, "gradient_norm", look),
}


@pytest.mark.parametrize("name", PLOTS)
@pytest.mark.parametrize("over", TITLES)
def test_every_chart_of_a_run_lies_over_what_is_chosen(name, over):
    chart = PLOTS[name](history(), Look(over))
    valid(chart.figure)
    assert chart.figure.layout.xaxis.title.text == TITLES[over]
    for drawn in chart.figure.data:
        np.testing.assert_allclose(np.asarray(drawn.x, float), PLACES[over])
        assert HOVERS[over][0] in drawn.hovertemplate
    table = chart.table()
    assert ("seconds" in table) == (over == "seconds")
    if over == "seconds":
        np.testing.assert_allclose(table.seconds[:4], PLACES[over])


@pytest.mark.parametrize("over", TITLES)
def test_hovers_marks_levels_and_kept_runs_follow_the_axis(over):
    run, look = history(), Look(over)
    at = dict(zip(STEPS, PLACES[over], strict=True))
    chart = training.plot_losses(run, look, constant=1.0)
    assert all(part in trace(chart.figure, "training").hovertemplate for part in HOVERS[over])
    assert [shape.x0 for shape in chart.figure.layout.shapes] == [at[20], at[40]]
    assert [label.x for label in chart.figure.layout.annotations] == [at[40], at[20]]
    assert trace(chart.figure, "best constant prediction").x.tolist() == [at[0], at[40]]
    kept = [KeptCurve(0, curve) for curve in run_curves(run, {"train_loss": "kept"})]
    chart = mark_place(lay_under(chart, kept, "curve", "loss", look), Place((), (10, 40)))
    assert trace(chart.figure, "kept").x.tolist() == PLACES[over]
    found = chart.figure.layout.shapes[-1]
    assert (found.x0, found.x1) == (at[10], at[40])
    assert chart.table().groupby("curve").size()["kept"] == 4


def test_of_a_run_out_of_an_older_file_that_went_on_the_new_part_is_drawn():
    run = history(clock=False)
    run.clock.tick(20, 5.0)
    run.clock.tick(40, 6.0)
    run.series["val_loss"] = Series(())
    run.series["val_loss"].append(0, 3.0)
    figure = training.plot_losses(run, Look("seconds"), constant=1.0).figure
    assert trace(figure, "training").x[2:].tolist() == [5, 6]
    assert np.isnan(trace(figure, "validation").x).all()
    assert trace(figure, "best constant prediction").x.tolist() == [5, 6]


def test_without_seconds_a_chart_says_so_and_a_kept_run_is_left_out():
    chart = training.plot_losses(history(clock=False), Look("seconds"))
    assert not chart.figure.data
    assert chart.figure.layout.annotations[0].text == curves.NO_SECONDS
    known = training.plot_losses(history(), Look("seconds"))
    kept = [KeptCurve(0, c) for c in run_curves(history(clock=False), {"train_loss": "kept"})]
    count = len(known.figure.data)
    assert len(lay_under(known, kept, "curve", "loss", Look("seconds")).figure.data) == count


@pytest.mark.parametrize("name", [name for name in PLOTS if name != "map"])
def test_the_scale_is_the_usual_one_or_that_chosen(name):
    def log(scale):
        return PLOTS[name](history(), Look(scale=scale)).figure.layout.yaxis.type == "log"

    assert log("automatic") == (name == "norms")
    assert log("logarithmic") and not log("linear")
    figure = PLOTS[name](history(), Look(scale="logarithmic")).figure
    assert curves.GAPS in figure.layout.legend.title.text
    assert all(np.isnan(drawn.y[2]) for drawn in figure.data)
    below = PLOTS[name](history((-1.0, -2.0, 0.0, -3.0)), Look(scale="logarithmic")).figure
    if name != "rate":
        assert below.layout.annotations[0].text == curves.NOT_ABOVE_ZERO


@pytest.mark.parametrize("name", ["losses", "scores", "norms", "batch"])
def test_smoothing_leaves_the_raw_line_faintly_visible(name):
    plain = PLOTS[name](history(), Look()).figure.data
    chart = PLOTS[name](history(), Look(smoothing=0.6))
    drawn = chart.figure.data
    assert len(drawn) == 2 * len(plain)
    for raw, faint, smoothed in zip(plain, drawn[::2], drawn[1::2], strict=True):
        assert np.array_equal(faint.y, raw.y, equal_nan=True)
        assert (faint.opacity, faint.showlegend, faint.hoverinfo) == (0.4, False, "skip")
        assert faint.legendgroup == smoothed.legendgroup and smoothed.name == raw.name
        assert ", smoothed" in smoothed.hovertemplate and smoothed.showlegend is not False
    assert "smoothed" in chart.table() and curves.SMOOTHED in chart.figure.layout.legend.title.text
    marked = mark_place(chart, Place(("output",), None)).figure.data
    if name == "norms":
        assert [line.opacity for line in marked] == [0.2, 0.5, 0.4, 1.0]
        assert [line.line.width for line in marked] == [1, 1, 1, 4]
    assert len(PLOTS["rate"](history(), Look(smoothing=0.6)).figure.data) == 1


def test_smoothing_at_once_is_the_average_taken_one_after_another():
    values = np.random.default_rng(0).normal(size=777)
    values[[0, 5, 400]] = np.nan, np.inf, np.nan
    average, share, expected = 0.0, 1.0, values.copy()
    for i in np.flatnonzero(np.isfinite(values)):
        average, share = 0.97 * average + 0.03 * values[i], 0.97 * share
        expected[i] = average / (1 - share)
    np.testing.assert_allclose(smooth(values, 0.97), expected, rtol=1e-9, atol=1e-12)
    assert len(smooth(np.empty(0), 0.5)) == 0


open_page = partial(apptest.open_page, "classification", classification_pace="full speed")


def test_the_choice_changes_every_curve_of_the_page(shown: Shown):
    app = finished(open_page(epochs="3", details="Layers"))
    app = checked(app.button(key="keep_run").click().run())
    run = app.session_state["classification_run"].history
    before = {key: shown.drawn(key) for key, chart in shown.charts.items() if chart.axis}
    assert {"losses", "gradient_norms", "rates", "update_ratio"} <= set(before)
    app.button_group(key="curves_over").set_value("seconds")
    app.button_group(key="curves_scale").set_value("logarithmic")
    app = checked(app.slider(key="smoothing").set_value(0.5).run())
    (kept,) = set(shown.names("losses")) - {"training", "validation", "minibatch", training.GUESS}
    assert shown.values("losses", kept, "x") == pytest.approx(run.seconds("val_loss"))
    for key in before:
        chart = shown.charts[key]
        assert chart.axis.over == "seconds" and shown.drawn(key) != before[key]
        layout = chart.figure.layout
        assert (layout.xaxis.title.text, layout.yaxis.type) == ("seconds of computing", "log")
    assert shown.values("losses", "training", "x") == pytest.approx(run.seconds("train_loss"))
    app.session_state["shelf_of_runs"][0].history.clock = Clock()  # as out of an older file
    app = checked(app.run())
    assert kept not in shown.names("losses") and "not drawn over seconds" in said(app)


def test_a_link_carries_the_choice_and_an_old_one_keeps_its_meaning(shown: Shown):
    app = open_page(log_loss="true", smoothing="0.5", curves_over="epoch", epochs="3")
    layout = shown.figures["losses"].layout
    assert (layout.xaxis.title.text, layout.yaxis.type) == ("epoch", "log")
    assert "smoothed" in shown.table("losses")
    assert "log_loss" not in app.query_params
    app = checked(app.button_group(key="curves_scale").set_value("linear").run())
    assert shown.figures["losses"].layout.yaxis.type is None
