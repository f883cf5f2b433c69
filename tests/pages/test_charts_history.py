"""Charts of a run's history: the recorded numbers, levels to beat, marks, honest empty states."""

import json

import numpy as np
import pytest
from chart_checks import diverged_run, trace, trained, valid

import nnlib
from nnlib.diagnosis.finding import Place
from nnlib.history import Divergence, Event, History, Series
from nnlib.instruments import INSTRUMENTS
from nnlib.network import layer_names
from pages.shared.charts import training
from pages.shared.charts.curves import drawable
from pages.shared.charts.gradient_profile import plot_gradient_profile
from pages.shared.charts.instruments import plot_instrument
from pages.shared.charts.look import Look
from pages.shared.charts.marks import event_label, mark_place
from pages.shared.charts.recorded import smooth


def plot(name):
    return lambda history: plot_instrument(history, INSTRUMENTS[name])


PLOTS = (
    training.plot_losses,
    training.plot_scores,
    training.plot_learning_rate,
    plot_gradient_profile,
    *(plot(name) for name in INSTRUMENTS),
)


def history_of(series, *, layers=("hidden 1", "output"), events=(), divergences=()):
    """Make a history from {name: (steps, values)}; two-dimensional values are by layer."""
    history = History(layers, 10, events=list(events), divergences=list(divergences))
    for name, (steps, values) in series.items():
        by_layer = np.ndim(values) == 2
        made = Series((len(layers),) if by_layer else (), layers if by_layer else ())
        for step, value in zip(steps, values, strict=True):
            made.append(step, value, always=True)
        history.series[name] = made
    return history


@pytest.fixture(scope="module")
def spiral():
    return trained("spiral", hidden=(8, 8))


@pytest.fixture(scope="module")
def diverged():
    return diverged_run()


@pytest.mark.parametrize("plot", PLOTS)
def test_history_charts_are_valid(plot, spiral, diverged):
    for history in (spiral.history, diverged.history):
        spec = valid(plot(history).figure)
        assert spec["data"]
        assert "Infinity" not in json.dumps(spec)


def test_norms_that_are_all_zero_are_told_where_an_axis_cannot_show_them():
    history = history_of({"gradient_norm": ([0, 1], np.zeros((2, 2)))})
    figure = plot("gradient_norm")(history).figure
    assert not figure.data and "exactly 0" in figure.layout.annotations[0].text


@pytest.mark.parametrize("plot", PLOTS)
def test_empty_history_gives_an_empty_titled_figure(plot):
    spec = valid(plot(History()).figure)
    assert spec["data"] == []
    assert len(spec["layout"]["annotations"]) == 1


@pytest.mark.parametrize("plot", PLOTS)
def test_history_tables(plot, spiral):
    filled, empty = plot(spiral.history).table(), plot(History()).table()
    assert len(filled) > 0 and len(empty) == 0
    assert list(empty.columns) == list(filled.columns)


@pytest.mark.parametrize("plot", PLOTS)
def test_a_chart_stays_as_it_was_drawn_while_the_run_goes_on(plot):
    run = nnlib.Trainer(nnlib.Experiment(), nnlib.datasets.load("xor"))
    run.advance(steps=40)
    chart = plot(run.history)
    figure, table = chart.figure.to_json(), chart.table()
    run.advance(steps=100)
    assert chart.figure.to_json() == figure
    assert chart.table().equals(table)


def test_a_run_that_has_not_begun_shows_its_initial_loss():
    run = nnlib.Trainer(nnlib.Experiment(), nnlib.datasets.load("xor"))
    figure = training.plot_losses(run.history).figure
    assert [t.mode for t in figure.data] == ["lines+markers"] * 2
    assert figure.layout.xaxis.dtick == 1


def test_losses_are_the_recorded_numbers():
    history = history_of({"train_loss": ([0, 10, 20], [4.0, 2.0, 1.0]), "val_loss": ([0], [5.0])})
    chart = training.plot_losses(history)
    figure = chart.figure
    line = trace(figure, "training")
    assert line.x.tolist() == [0, 10, 20]
    assert line.y.tolist() == [4, 2, 1]
    assert line.customdata.tolist() == [0, 1, 2]  # epochs of ten steps
    table = chart.table()
    assert table.columns.tolist() == ["step", "epoch", "curve", "loss"]
    assert table["loss"].tolist() == [4, 2, 1, 5]
    assert table["curve"].tolist() == ["training"] * 3 + ["validation"]


def test_smoothing_is_bias_corrected_and_keeps_the_raw_line():
    assert smooth(np.full(5, 3.0), 0.9) == pytest.approx(np.full(5, 3.0))
    # weights 0.5 and 1, divided by their sum
    assert smooth(np.array([1.0, 4.0]), 0.5)[1] == pytest.approx((0.5 * 1 + 1 * 4) / 1.5)
    with_gap = smooth(np.array([1.0, np.nan, 4.0]), 0.5)
    assert np.isnan(with_gap[1])
    assert with_gap[2] == pytest.approx(3.0)
    history = history_of({"train_loss": ([0, 1], [1.0, 4.0])})
    chart = training.plot_losses(history, Look(smoothing=0.5))
    figure = chart.figure
    assert figure.data[0].y.tolist() == [1, 4]
    assert figure.data[0].hoverinfo == "skip"
    assert figure.data[1].y.tolist() == [1, 3]
    assert chart.table().smoothed.tolist() == [1, 3]


def test_log_axes_leave_gaps_where_there_is_nothing_to_show():
    values = np.array([1.0, 0.0, -1.0, np.inf, np.nan, 1e300])
    assert np.isnan(drawable(values, log=True)).tolist() == [False, *[True] * 5]
    assert np.isnan(drawable(values)).tolist() == [False] * 3 + [True] * 3
    history = history_of({"gradient_norm": ([0, 1], [[1.0, 0.0], [2.0, np.nan]])})
    figure = plot("gradient_norm")(history).figure
    assert figure.layout.yaxis.type == "log"
    assert trace(figure, "hidden 1").y.tolist() == [1, 2]
    assert np.isnan(trace(figure, "output").y).all()


def test_live_changes_are_marked_and_a_dragged_slider_is_one_change():
    history = history_of(
        {"train_loss": ([0, 100], [1.0, 0.5])},
        events=[
            Event(20, "learning_rate", 0.01, 0.05),
            Event(20, "learning_rate", 0.05, 0.1),
            Event(80, "l2", 0.0, 1e-4),
        ],
    )
    layout = training.plot_losses(history).figure.layout
    assert [(s.x0, s.x1, s.line.dash) for s in layout.shapes] == [
        (20, 20, "dash"),
        (80, 80, "dash"),
    ]
    texts = {a.x: a.text for a in layout.annotations}
    assert texts == {20: "learning rate 0.01 → 0.1", 80: "L2 strength 0 → 10⁻⁴"}
    assert layout.yaxis.domain[1] < 1  # room for the labels


def test_many_changes_keep_the_newest_labels_only():
    events = [Event(s, "learning_rate", s, s + 1) for s in range(200)]
    history = history_of({"train_loss": ([0, 200], [1.0, 0.5])}, events=events)
    layout = training.plot_losses(history).figure.layout
    assert len(layout.shapes) == 40
    assert 1 <= len(layout.annotations) <= 6
    assert layout.annotations[0].x == 199


def test_event_label_keeps_abbreviations():
    assert event_label(Event(0, "l1", 0.5, 1.0), ()).startswith("L1 strength 0.5")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("dense_3.weight[2, 0]", "output, weight from 3 to 1: 0 → 0.5"),
        ("dense_1.bias[0, 4]", "hidden 1, bias of 5: 0 → 0.5"),
        ("batch_norm_2.scale[0, 0]", "hidden 2, scale of 1: 0 → 0.5"),
    ],
)
def test_a_weight_that_was_set_is_called_by_its_layer_and_units(name, words):
    event = Event(4, name, 0.0, 0.5, "parameter")
    assert event_label(event, layer_names(3)) == words
    history = history_of(
        {"train_loss": ([0, 8], [1.0, 0.5])},
        layers=layer_names(3),
        events=[event, Event(4, name, 0.5, 2.0, "parameter")],
    )
    texts = [a.text for a in training.plot_losses(history).figure.layout.annotations]
    assert texts == [words.replace("0.5", "2")]


def test_divergence_is_marked_with_step_and_layer():
    history = history_of(
        {"train_loss": ([0, 5], [1.0, np.inf])},
        divergences=[Divergence(5, "hidden <i>2", "weights")],
    )
    layout = training.plot_losses(history).figure.layout
    assert layout.shapes[0].line.dash == "solid"
    assert layout.annotations[0].text == "diverged at step 5: weights of hidden &lt;i&gt;2"


def test_r2_axis_ends_at_minus_one_only_where_something_is_above():
    def axis(values):
        steps = range(len(values))
        return training.plot_scores(
            history_of({"train_r2": (steps, values)})
        ).figure.layout.yaxis.range

    assert axis([-50.0, 0.5]) == (-1, 0.55)
    assert axis([0.1, 0.5]) is None
    assert axis([-50.0, -40.0]) is None
    assert axis([np.nan]) is None


def test_update_ratios_have_the_reference_line(spiral):
    figure = plot("update_ratio")(spiral.history).figure
    assert figure.data[-1].y.tolist() == [1e-3, 1e-3]
    assert "rule of thumb" in figure.data[-1].name
    assert "CS231n" in figure.data[-1].name


def test_gradient_profile_takes_the_record_at_a_step_and_names_zeros():
    history = history_of(
        {
            "gradient_norm": ([0, 10, 20], [[1.0, 2.0], [0.0, 3.0], [np.nan, np.nan]]),
            "signal_norm": ([0, 10, 20], [[5.0, 6.0], [7.0, 8.0], [np.nan, np.nan]]),
        }
    )
    newest = plot_gradient_profile(history).figure  # the last finite one
    assert newest.layout.title.text.endswith("step 10")
    assert newest.layout.annotations[0].text == "weight gradient zero: hidden 1"
    assert newest.data[1].y.tolist() == [7, 8]
    first = plot_gradient_profile(history, step=9).table()
    assert first.values.tolist() == [[0, "hidden 1", 1, 5], [0, "output", 2, 6]]
    last = plot_gradient_profile(history, step=99).figure
    assert "zero or not finite" in last.layout.annotations[0].text


def test_a_network_without_hidden_layers_says_so():
    run = trained("xor", hidden=(), epochs=1)
    figure = plot("dead_fraction")(run.history).figure
    assert "no hidden layer" in figure.layout.annotations[0].text


def test_of_many_layers_the_legend_names_some():
    history = history_of({"gradient_norm": ([0], np.ones((1, 30)))}, layers=layer_names(30))
    figure = plot("gradient_norm")(history).figure
    named = [t.name for t in figure.data if t.showlegend]
    assert len(figure.data) == 30
    assert len(named) == 8
    assert (named[0], named[-1]) == ("hidden 1", "output")
    assert figure.layout.legend.title.text == "8 of 30 layers are named here, all on hover"
    few = history_of({"gradient_norm": ([0], np.ones((1, 2)))})
    assert plot("gradient_norm")(few).figure.layout.legend.title.text is None


def test_the_best_constant_prediction_is_a_level_in_losses_and_scores():
    history = history_of(
        {"train_loss": ([0, 20], [4.0, 1.0]), "train_accuracy": ([0, 20], [0.2, 0.9])}
    )
    losses = training.plot_losses(history, constant=0.6931)
    level = trace(losses.figure, "best constant prediction")
    assert (level.x.tolist(), level.y.tolist()) == ([0, 20], [0.6931, 0.6931])
    assert losses.table()["best constant prediction"].tolist() == [0.6931, 0.6931]
    scores = training.plot_scores(history, constant=0.5)
    assert trace(scores.figure, "best constant prediction").y.tolist() == [0.5, 0.5]
    assert len(training.plot_losses(history).figure.data) == 1


def test_a_place_is_marked_on_charts_over_steps_alone(spiral):
    place = Place(("hidden 2",), (20, 40))
    for name in ("gradient_norm", "batch_loss"):
        figure = mark_place(plot(name)(spiral.history), place).figure
        (shape,) = figure.layout.shapes
        assert (shape.x0, shape.x1) == (20, 40)
    lines = mark_place(plot("gradient_norm")(spiral.history), place).figure.data
    widths = {line.name: (line.line.width, line.opacity) for line in lines}
    assert widths == {"hidden 1": (1, 0.5), "hidden 2": (4, 1.0), "output": (1, 0.5)}
    before = plot_gradient_profile(spiral.history).figure
    assert mark_place(plot_gradient_profile(spiral.history), place).figure == before
    empty = mark_place(plot("gradient_norm")(history_of({})), place).figure
    assert not empty.layout.shapes
