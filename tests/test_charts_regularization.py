"""Charts of the Regularization page: the right numbers, valid figures, honest empty states."""

import json

import numpy as np
import pytest

import nnlib
from nnlib import linear_regression as linear
from nnlib.overfitting import shrinkage, size_histogram
from pages.shared.charts import regularization as charts
from pages.shared.charts import regularization_network as network_charts
from pages.shared.charts.surfaces import decision_surface


def valid(figure):
    assert figure.layout.title.text and figure.layout.uirevision
    assert figure.layout.xaxis.title.text is not None
    spec = json.loads(figure.to_json())
    assert "Infinity" not in json.dumps(spec)
    return spec


@pytest.fixture(scope="module")
def fits():
    x, y = linear.noisy_line(np.random.default_rng(0), 20, 0.5)
    features = linear.PolynomialFeatures.of(x, 4)(x)
    return linear.fit_elastic_net(features, y, [0.001, 0.1, 10.0], 1.0)


def runs_of(data, name="L1", seeds=2, surface=True):
    trainer = nnlib.train(nnlib.Experiment(training=nnlib.TrainingConfig(epochs=2)), data)
    weights = trainer.network.dense_layers[0].weight.ravel()
    steps = np.array([0, 1, 2])
    return network_charts.Runs(
        name,
        "#2275e8",
        steps,
        {"train": np.full((seeds, 3), 0.5), "val": np.arange(1.0, 1 + 3 * seeds).reshape(seeds, 3)},
        {"train": np.full(seeds, 0.5), "val": np.arange(1.0, 1 + seeds)},
        ("dense_1", "dense_2"),
        steps,
        np.ones((3, 2)),
        size_histogram(weights),
        np.linspace(0.2, 0.4, seeds),
        decision_surface(trainer, data, resolution=8) if surface else None,
    )


@pytest.fixture(scope="module")
def runs():
    data = nnlib.datasets.load("moons", n_samples=60)
    return [runs_of(data, "No penalty", seeds=3), runs_of(data, "L1", seeds=3)]


def test_paths_and_zeros(fits):
    figure = charts.plot_paths(fits, 0.1)
    valid(figure)
    assert [t.name for t in figure.data] == ["x", "x²", "x³", "x⁴"]
    assert figure.data[0].y == pytest.approx(fits.weights[:, 0], rel=1e-6)
    assert figure.layout.shapes[0].x0 == 0.1
    assert figure.layout.annotations[0].x == pytest.approx(-1)
    zeros = charts.plot_zeros(fits, 0.1)
    valid(zeros)
    assert list(zeros.data[0].y) == fits.zeros.tolist() and fits.zeros[-1] == 4
    table = charts.paths_data(fits)
    assert list(table) == ["strength", "x", "x²", "x³", "x⁴", "exact zeros"] and len(table) == 3


def test_smallest_median_validation_error_is_marked():
    errors = charts.Errors(
        np.array([0.1, 1.0, 10.0]),
        np.array([[1.0, 2, 3]] * 3),
        np.array([[5.0, 2, 3], [5, 2, 9], [1, 4, 3]]),
        0.25,
    )
    figure = charts.plot_errors(errors, 1.0)
    valid(figure)
    star = next(t for t in figure.data if t.name == "smallest validation error")
    assert (star.x[0], star.y[0]) == (1.0, 2.0)
    line = next(t for t in figure.data if t.name == "validation")
    assert list(line.y) == [5, 2, 3]
    assert line.customdata.tolist() == [[1, 5], [2, 4], [3, 9]]
    assert len(charts.errors_data(errors)) == 9


@pytest.mark.parametrize("plot", [charts.plot_paths, charts.plot_zeros, charts.plot_errors])
def test_without_a_penalty_there_is_a_sentence(plot):
    spec = valid(plot(None, 1.0))
    assert spec["data"] == [] and len(spec["layout"]["annotations"]) == 1
    assert len(charts.paths_data(None)) == len(charts.errors_data(None)) == 0


def test_fit_shows_the_range_of_the_points():
    points = {"training": (np.array([0.0, 1.0]), np.array([0.0, 2.0]))}
    curves = {"fit": (np.array([0.0, 1.0]), np.array([0.0, 1e40]))}
    figure = charts.plot_fit(points, curves)
    valid(figure)
    assert figure.layout.yaxis.range == pytest.approx((-0.7, 2.7))
    assert np.isnan(figure.data[1].y[1])
    assert len(charts.fit_data(points, curves)) == 4


def test_descent():
    weights = np.array([[0.0, 0], [1, 0.5], [1, 0]])
    ways = {"soft": linear.Descent(np.array([0, 1, 2]), weights, 0.1)}
    figure = charts.plot_descent(ways)
    valid(figure)
    assert list(figure.data[0].y) == [0, 1]
    small = charts.plot_small_weights(ways, [1])
    assert small.data[0].y[0] == 0.5 and np.isnan(small.data[0].y[1])
    assert valid(charts.plot_small_weights(ways, []))["data"] == []
    assert charts.descent_data(ways)["exact zeros"].tolist() == [2, 0, 1]


PLOTS = (
    lambda r: network_charts.plot_run_losses(r, "val"),
    network_charts.plot_gap,
    lambda r: network_charts.plot_sizes(r, 0.01),
    lambda r: network_charts.plot_near_zero(r, 0.01),
    lambda r: network_charts.plot_layer_gradients(r, "L1"),
    lambda r: network_charts.plot_surfaces(
        r, nnlib.datasets.load("moons", n_samples=60), np.array([0, 3])
    ),
)


@pytest.mark.parametrize("plot", PLOTS)
def test_comparisons_are_valid_and_empty_ones_say_so(plot, runs):
    assert valid(plot(runs))["data"]
    spec = valid(plot([]))
    assert spec["data"] == [] and len(spec["layout"]["annotations"]) == 1


def test_comparisons_show_medians_and_extremes(runs):
    median = next(t for t in PLOTS[0](runs).data if t.name == "L1" and t.hovertemplate)
    assert list(median.y) == [4, 5, 6]
    assert median.customdata.tolist() == [[1, 7], [2, 8], [3, 9]]
    dots = next(t for t in network_charts.plot_gap(runs).data if t.name == "validation")
    assert list(dots.x) == [2.0, 2.0] and list(dots.error_x.array) == [1.0, 1.0]
    bars = network_charts.plot_near_zero(runs, 0.01).data[0]
    assert list(bars.y) == pytest.approx([0.3, 0.3])


def test_tables(runs):
    data = nnlib.datasets.load("moons", n_samples=60)
    assert len(network_charts.run_losses_data(runs)) == 18
    assert len(network_charts.gap_data(runs)) == 6
    assert network_charts.sizes_data(runs)["share"].sum() == pytest.approx(2)
    assert len(network_charts.layer_gradients_data(runs)) == 6
    assert len(network_charts.surfaces_data(runs, data)) == 128
    for table in (
        network_charts.run_losses_data([]),
        network_charts.gap_data([]),
        network_charts.sizes_data([]),
        network_charts.layer_gradients_data([]),
        network_charts.surfaces_data([], data),
    ):
        assert len(table) == 0


@pytest.mark.parametrize(
    ("name", "options"), [("spiral", {"arms": 3}), ("plane", {}), ("moons", {})]
)
def test_surfaces_of_every_task(name, options):
    data = nnlib.datasets.load(name, n_samples=60, **options)
    figure = network_charts.plot_surfaces([runs_of(data)] * 5, data, np.empty(0, int))
    valid(figure)
    assert sum(t.type in ("heatmap", "contour") for t in figure.data) == 5
    for axis in ("yaxis", "yaxis5"):
        low, high = figure.layout[axis].domain
        assert 0 <= low < high <= 1


def test_flipped_points_are_crosses():
    data = nnlib.datasets.load("moons", n_samples=60)
    figure = network_charts.plot_surfaces([runs_of(data)], data, np.array([0, 3, 5]))
    assert sum(len(t.x) for t in figure.data if t.type == "scatter" and t.marker.symbol == "x") == 3


def test_decay():
    values = {"Adam + L2": np.ones((2, 3)), "AdamW": np.full((2, 3), 2.0)}
    sweep = network_charts.DecaySweep(np.array([0.1, 0.3, 1]), values, values)
    for quantity in ("loss", "norm"):
        figure = network_charts.plot_decay(sweep, quantity)
        valid(figure)
        assert {t.name for t in figure.data if t.name} == set(values)
    assert len(network_charts.decay_data(sweep)) == 12
    result = shrinkage([0.1, 1], 0.5, 0.01, 5, np.random.default_rng(0))
    figure = network_charts.plot_shrinkage(result)
    valid(figure)
    assert figure.data[-1].y[0] == pytest.approx(0.995**5, rel=1e-5)
    assert list(network_charts.shrinkage_data(result)) == ["noise", *result.remaining]
