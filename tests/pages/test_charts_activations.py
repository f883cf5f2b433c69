"""Charts of the Activations page: titles, exact numbers, shaded regions, tables, empty figures."""

import math

import numpy as np
import pytest
from apptest import valid

from nnlib.activations import ACTIVATIONS, Tanh
from nnlib.labs.born_dead import DeadCounts
from nnlib.labs.gaussian import Histogram, push
from nnlib.labs.propagation import RandomStack, measure, propagate
from pages.shared.activations import charts as functions
from pages.shared.activations import charts_born_dead as dead
from pages.shared.activations import charts_layers as layers


def trace(figure, name):
    return next(t for t in figure.data if t.name == name)


@pytest.fixture(scope="module")
def stack():
    return RandomStack(ACTIVATIONS["relu"], width=16, depth=6, inputs=30)


@pytest.fixture(scope="module")
def results(stack):
    return measure(stack, np.random.default_rng(0)), propagate(stack)


def test_every_activation_is_drawn_in_a_color_of_its_own():
    chart = functions.plot_functions(ACTIVATIONS, 5.0)
    valid(chart)
    figure = chart.figure
    lines = [t for t in figure.data if t.showlegend is None]
    assert [t.name for t in lines] == list(ACTIVATIONS)
    assert len({(t.line.color, t.line.dash) for t in lines}) == len(ACTIVATIONS)
    assert all("%{x:.6g}" in t.hovertemplate and "%{y:.6g}" in t.hovertemplate for t in lines)


@pytest.mark.parametrize("derivative", [False, True])
def test_curves_have_the_numbers_of_the_library(derivative):
    tanh = {"tanh": ACTIVATIONS["tanh"]}
    figure = functions.plot_functions(tanh, 2.0, derivative=derivative).figure
    line = trace(figure, "tanh")
    expected = 1 - np.tanh(line.x) ** 2 if derivative else np.tanh(line.x)
    assert line.y == pytest.approx(expected, abs=1e-12)
    assert figure.layout.xaxis.range == (-2, 2)


def test_saturated_regions_are_shaded():
    figure = functions.plot_functions({"sigmoid": ACTIVATIONS["sigmoid"]}, 5.0).figure
    shade = trace(figure, "sigmoid, saturated")
    edges = sorted({round(x, 3) for x in shade.x if x is not None})
    assert edges == [-5, -3.637, 3.637, 5]
    near = functions.plot_functions({"sigmoid": ACTIVATIONS["sigmoid"]}, 2.0).figure
    assert not trace(near, "sigmoid, saturated").x


def test_nothing_chosen_is_said():
    chart = functions.plot_functions({}, 5.0)
    valid(chart)
    assert chart.figure.layout.annotations[0].text == functions.NOTHING_CHOSEN
    assert chart.table().empty


def test_function_tables():
    frame = functions.plot_functions({"relu": ACTIVATIONS["relu"]}, 1.0).table()
    assert (frame["saturated"] == (frame["z"] < 0)).all()
    assert frame["value"].tolist() == np.maximum(frame["z"], 0).tolist()
    table = functions.saturation_table({n: ACTIVATIONS[n] for n in ("sigmoid", "linear")})
    assert table["largest |f′|"].tolist() == ["0.25", "1"]
    assert table["saturated for"].tolist() == ["z < −3.637 or z > 3.637", "never"]


def test_pushed_distribution():
    before, after = push(ACTIVATIONS["relu"], 0.0, 1.0)
    chart = functions.plot_pushed(before, after, "<b>x</b>")
    assert "<b>x" not in valid(chart)["data"][1]["name"]
    assert chart.figure.data[1].y.sum() == pytest.approx(1)
    frame = chart.table()
    assert frame["share_after"].sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("plot", "measured", "field", "log"),
    [
        (layers.plot_variances, "pre-activations z", "pre_variance", True),
        (layers.plot_variances, "activations f(z)", "variance", True),
        (layers.plot_means, "activations f(z)", "mean", False),
        (layers.plot_shares, "saturated pairs", "saturated", False),
        (layers.plot_signal, "signal ∂L/∂z", "signal_variance", True),
    ],
)
def test_layers_show_measured_and_theory(results, plot, measured, field, log):
    chart = plot(*results)
    valid(chart)
    figure = chart.figure
    assert (figure.layout.yaxis.type == "log") == log
    found, theory = results
    points, line = (trace(figure, f"{measured}, {kind}") for kind in ("measured", "theory"))
    assert points.x.tolist() == [1, 2, 3, 4, 5, 6]
    assert points.y == pytest.approx(getattr(found.layers, field), rel=1e-6)
    assert line.y == pytest.approx(getattr(theory, field), rel=1e-6)
    frame = chart.table()
    assert frame[f"{field}_measured"].tolist() == getattr(found.layers, field).tolist()


def test_all_zero_stack_is_said_and_one_layer_is_drawn():
    zeros = RandomStack(ACTIVATIONS["relu"], "zeros", width=4, depth=1, inputs=5)
    pair = measure(zeros, np.random.default_rng(0)), propagate(zeros)
    assert layers.plot_variances(*pair).figure.layout.annotations[0].text == layers.ALL_ZERO
    for plot in (layers.plot_means, layers.plot_shares):
        valid(plot(*pair))
    valid(layers.plot_map(pair[0], pre_activation=False))


@pytest.mark.parametrize("pre", [False, True])
def test_map_and_histogram(results, pre):
    chart = layers.plot_map(results[0], pre_activation=pre)
    valid(chart)
    shares = 10.0 ** np.array(chart.figure.data[0].z)
    assert np.nansum(shares, axis=0) == pytest.approx(np.ones(6))
    frame = chart.table()
    assert frame.groupby("layer")["share"].sum().tolist() == pytest.approx([1] * 6)
    shown = layers.layer_histogram(results[0], 3, pre_activation=pre)
    one = layers.plot_layer(shown, shown.shares, 3, pre_activation=pre)
    assert "layer 3" in valid(one)["layout"]["title"]["text"]
    assert one.figure.data[0].y.tolist() == one.figure.data[1].y.tolist()
    assert len(one.table()) == len(shown.shares)


def test_histogram_bars_have_their_bins():
    shown = Histogram(np.array([0.0, 1.0, 3.0]), np.array([0.25, 0.75]))
    bar = functions.bars(shown, "x", "#000000")
    assert bar["x"].tolist() == [0.5, 2.0] and bar["width"].tolist() == [1, 2]


def test_born_dead_chart_and_table():
    counts = DeadCounts(100, np.array([0, 50]))
    upper, lower = np.array([0.0, 0.6]), np.array([0.0, 0.4])
    chart = dead.plot_born_dead(counts, upper, lower, 3)
    figure = chart.figure
    assert "width 3" in valid(chart)["layout"]["title"]["text"]
    points = trace(figure, "measured")
    assert points.y.tolist() == [0, 0.5]
    assert points.customdata[1] == pytest.approx([50, 0.403832, 0.596168], abs=1e-6)
    assert trace(figure, "upper bound").y.tolist() == [0, 0.6]
    frame = chart.table()
    assert frame.loc[1, ["dead", "upper_bound", "lower_bound"]].tolist() == [50, 0.6, 0.4]
    assert math.isclose(frame.loc[1, "interval_low"], 0.403832, abs_tol=1e-6)


def test_born_dead_without_a_lower_bound():
    counts = DeadCounts(10, np.array([0]))
    chart = dead.plot_born_dead(counts, np.zeros(1), None, 2)
    assert "lower bound" not in [t.name for t in chart.figure.data]
    assert "lower_bound" not in chart.table()


def test_a_new_activation_has_a_color_by_its_place(monkeypatch):
    class Twice(Tanh):
        name, label = "twice", "twice tanh"

    before = {name: functions.style_of(name) for name in ACTIVATIONS}
    monkeypatch.setitem(ACTIVATIONS, "twice", Twice())
    styles = {name: functions.style_of(name) for name in ACTIVATIONS}
    assert styles.items() > before.items() and len(set(styles.values())) == len(styles)
