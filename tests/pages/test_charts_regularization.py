"""Charts of the Regularization page: the right numbers, valid figures, honest empty states."""

from dataclasses import replace

import numpy as np
import pytest
from chart_checks import trace, valid
from small_runs import make_arm

import nnlib
from nnlib.comparison import Band
from nnlib.labs.linear_descent import Descent
from nnlib.labs.linear_draws import Errors, LinearProblem, solve
from nnlib.labs.overfitting import ENDS, Way
from nnlib.labs.weight_decay import shrinkage
from pages.shared.charts.surface_values import decision_surface
from pages.shared.regularization import charts
from pages.shared.regularization import charts_decay as decay_charts
from pages.shared.regularization import charts_networks as network_charts
from pages.shared.regularization.charts_surfaces import plot_surfaces

LASSO = LinearProblem(1.0, 0.1, 4, 20, 0.5, seed=0, draws=3)
DATA = nnlib.datasets.load("moons", n_samples=60)


@pytest.fixture(scope="module")
def result():
    return solve(LASSO)


# ------------------------------------------------------------------ linear regression


def test_paths_and_zeros(result):
    chart, fits = charts.plot_paths(result), result.path
    valid(chart.figure)
    assert [t.name for t in chart.figure.data] == ["x", "x²", "x³", "x⁴"]
    assert chart.figure.data[0].y == pytest.approx(fits.weights[:, 0], rel=1e-6)
    assert chart.figure.layout.shapes[0].x0 == 0.1
    assert chart.figure.layout.annotations[0].x == pytest.approx(-1)
    zeros = charts.plot_zeros(result)
    valid(zeros.figure)
    assert zeros.figure.layout.yaxis.dtick == 1  # no weight is counted by halves
    assert list(zeros.figure.data[0].y) == fits.zeros.tolist() and fits.zeros[-1] == 4
    for table in (chart.table(), zeros.table()):
        assert list(table) == ["strength", "x", "x²", "x³", "x⁴", "exact zeros"]
        assert len(table) == len(fits.strengths)


def test_smallest_median_validation_error_is_marked(result):
    x = np.array([0.1, 1.0, 10.0])
    validation = np.array([[5.0, 2, 3], [5, 2, 9], [1, 4, 3]]).T
    errors = Errors(Band(x, np.array([[1.0, 2, 3]] * 3).T), Band(x, validation), 0.25)
    chart = charts.plot_errors(replace(result, errors=errors))
    valid(chart.figure)
    star = trace(chart.figure, "smallest validation error")
    assert (star.x[0], star.y[0]) == (1.0, 2.0)
    line = trace(chart.figure, "validation")
    assert list(line.y) == [5, 2, 3]
    assert (
        line.customdata.tolist() == [[1, 5], [2, 4], [3, 9]] and "draws from" in line.hovertemplate
    )
    table = chart.table()
    assert table[table.draw == 2].validation.tolist() == [1, 4, 3] and len(table) == 9


@pytest.mark.parametrize("plot", [charts.plot_paths, charts.plot_zeros, charts.plot_errors])
def test_without_a_penalty_there_is_a_sentence(plot):
    spec = valid(plot(solve(replace(LASSO, l1_ratio=None))).figure)
    assert spec["data"] == [] and len(spec["layout"]["annotations"]) == 1


def test_fit_shows_the_points_and_their_range_though_the_fit_leaves_it():
    wild = solve(replace(LASSO, l1_ratio=None, degree=15, seed=1))
    chart = charts.plot_fit(wild)
    valid(chart.figure)
    y = np.concatenate([wild.drawn.y, wild.drawn.y_val])
    low, high = chart.figure.layout.yaxis.range
    assert low < y.min() and high > y.max() and high - low < 2 * np.ptp(y)
    assert trace(chart.figure, "true line 2x + 1").y.tolist() == [-1, 3]
    assert set(chart.table()["what"]) == {t.name for t in chart.figure.data}


def test_descent():
    weights = np.array([[0.0, 0], [1, 0.5], [1, 0]])
    ways = {"soft": Descent(np.array([0, 1, 2]), weights, 0.1)}
    chart = charts.plot_descent(ways)
    valid(chart.figure)
    assert list(chart.figure.data[0].y) == [0, 1]
    small = charts.plot_small_weights(ways, [1]).figure
    assert small.data[0].y[0] == 0.5 and np.isnan(small.data[0].y[1])
    assert valid(charts.plot_small_weights(ways, []).figure)["data"] == []
    assert chart.table()["exact zeros"].tolist() == [2, 0, 1]


# ------------------------------------------------------------------ networks


def way(label: str, data=DATA, seeds=3, lost=0) -> Way:
    """Return a way whose losses are 0.5 for training, and 1, 4, 7, … after the first step."""
    trainer = nnlib.train(nnlib.Experiment(training=nnlib.TrainingConfig(epochs=2)), data)
    weights = trainer.network.dense_layers[0].weight.ravel()
    losses = np.full((3, seeds), 0.5)
    losses[1:, seeds - lost :] = np.nan
    val = np.arange(1.0, 1 + 3 * seeds).reshape(seeds, 3).T
    arm = make_arm(losses, label=label, layers=2, val_loss=np.where(losses < 1, val, np.nan))
    arm = arm.with_end(ENDS["train"], losses[-1]).with_end(ENDS["true"], 2 * losses[-1])
    arm = arm.with_end(ENDS["val"], np.arange(1.0, 1 + seeds))
    sizes = np.linspace(0.3, 0.5, seeds)[:, np.newaxis] > np.arange(10) / 10
    return Way(arm, np.where(sizes, 0.0, 1.0) if not lost else np.tile(weights, (seeds, 1)),
               trainer.model)  # fmt: skip


@pytest.fixture(scope="module")
def ways():
    return [way("No penalty"), way("L1")]


PLOTS = (
    lambda w: network_charts.plot_losses(w, "val"),
    lambda w: network_charts.plot_ends(w, flipped=True),
    lambda w: network_charts.plot_sizes(w, 0.01),
    lambda w: network_charts.plot_near_zero(w, 0.01),
)


@pytest.mark.parametrize("plot", PLOTS)
def test_comparisons_are_valid_and_empty_ones_say_so(plot, ways):
    chart = plot(ways)
    assert valid(chart.figure)["data"] and len(chart.table())
    spec = valid(plot([]).figure)
    assert spec["data"] == [] and len(spec["layout"]["annotations"]) == 1


def test_comparisons_show_medians_and_extremes(ways):
    chart = network_charts.plot_losses(ways, "val")
    median = next(
        t
        for t in chart.figure.data
        if t.name == "L1" and t.mode == "lines" and t.customdata is not None
    )
    assert list(median.y) == [4, 5, 6]
    assert median.customdata.tolist() == [[1, 7], [2, 8], [3, 9]]
    table = chart.table()
    assert list(table) == ["step", "epoch", "network", "loss", "lowest", "highest"]
    assert len(table) == 6 and table[table.network == "L1"].loss.tolist() == [4, 5, 6]
    ends = network_charts.plot_ends(ways, flipped=True)
    dots = trace(ends.figure, "validation, true labels")
    assert list(dots.x) == [2.0, 2.0] and list(dots.error_x.array) == [1.0, 1.0]
    assert list(trace(ends.figure, "training, true labels").x) == [1, 1]
    assert ends.table().val_loss.tolist() == [1, 2, 3] * 2
    near = network_charts.plot_near_zero(ways, 0.01)
    assert list(near.figure.data[0].y) == pytest.approx([0.4, 0.4]) and len(near.table()) == 6


def test_true_labels_have_dots_of_their_own_only_where_labels_are_flipped(ways):
    names = {t.name for t in network_charts.plot_ends(ways, flipped=False).figure.data}
    assert "training, true labels" not in names and "validation, true labels" in names


def test_seeds_that_diverged_rank_as_infinite():
    """The median is over all seeds: with one of three lost it stays, with two it is a gap."""
    for lost, middle in ((1, 0.5), (2, np.nan)):
        figure = network_charts.plot_losses([way("L1", lost=lost)], "train").figure
        valid(figure)
        line = next(t for t in figure.data if t.customdata is not None)
        np.testing.assert_array_equal(line.y[1:], [middle, middle])
        assert np.isinf(line.customdata[1:, 1]).all()
    spec = valid(network_charts.plot_ends([way("L1", lost=3)], flipped=True).figure)
    assert spec["data"]


def test_gradients_are_those_of_the_first_seed(ways):
    chart = network_charts.plot_gradients(ways[1])
    valid(chart.figure)
    assert [t.name for t in chart.figure.data] == list(ways[1].arm.layers)
    assert chart.figure.data[1].y.tolist() == [1.0, 1.0, 1.0]
    table = chart.table()
    assert list(table) == ["step", "epoch", "layer", "gradient_norm"] and len(table) == 6


# ------------------------------------------------------------------ surfaces


def surfaces(data, count=1):
    trainer = nnlib.train(nnlib.Experiment(training=nnlib.TrainingConfig(epochs=2)), data)
    surface = decision_surface(trainer, data, resolution=8)
    return {f"network {i}": surface for i in range(count)}


@pytest.mark.parametrize(
    ("name", "options"), [("spiral", {"arms": 3}), ("plane", {}), ("moons", {})]
)
def test_surfaces_of_every_task(name, options):
    data = nnlib.datasets.load(name, n_samples=60, **options)
    chart = plot_surfaces(surfaces(data, 5), data, np.empty(0, int))
    valid(chart.figure)
    assert sum(t.type in ("heatmap", "contour") for t in chart.figure.data) == 5
    for axis in ("yaxis", "yaxis5"):
        low, high = chart.figure.layout[axis].domain
        assert 0 <= low < high <= 1
    assert len(chart.table()) == 5 * 64


def test_flipped_points_are_crosses_and_no_networks_are_a_sentence():
    figure = plot_surfaces(surfaces(DATA), DATA, np.array([0, 3, 5])).figure
    assert sum(len(t.x) for t in figure.data if t.type == "scatter" and t.marker.symbol == "x") == 3
    assert valid(plot_surfaces({}, DATA, np.empty(0, int)).figure)["data"] == []


# ------------------------------------------------------------------ decay


def test_decay():
    decays = (0.1, 0.3, 1.0)
    rules = {}
    for name, loss in (("Adam + L2", 1.0), ("AdamW", 2.0)):
        arm = make_arm(np.full((2, 2), loss), val_loss=np.full((2, 2), loss))
        rules[name] = [arm.with_end("end_weight_norm", [loss, 3 * loss]) for _ in decays]
    for quantity in ("loss", "norm"):
        chart = decay_charts.plot_decay(rules, decays, quantity)
        valid(chart.figure)
        assert {t.name for t in chart.figure.data if t.name} == set(rules)
    assert trace(chart.figure, "AdamW").y.tolist() == [4, 4, 4]
    assert len(chart.table()) == 12
    result = shrinkage([0.1, 1], 0.5, 0.01, 5, np.random.default_rng(0))
    chart = decay_charts.plot_shrinkage(result)
    valid(chart.figure)
    assert chart.figure.data[-1].y[0] == pytest.approx(0.995**5, rel=1e-5)
    assert list(chart.table()) == ["noise", *result.remaining]
