"""Charts of dropout and Monte Carlo dropout: right numbers, titles, tables, honest empty states."""

import json
from dataclasses import replace

import numpy as np
import pytest
from small_runs import DATA, EXPLODING, make_experiment

from nnlib.datasets import load
from nnlib.labs.dropout_draws import draw_dropout
from nnlib.labs.dropout_rates import late_norms, rate_arms, rate_experiments
from nnlib.labs.monte_carlo_dropout import grid_around, predict_with_dropout
from nnlib.training import Trainer
from pages.shared.dropout import charts as dropout
from pages.shared.dropout import charts_draws, charts_examples
from pages.shared.dropout import charts_monte_carlo as monte_carlo
from pages.shared.dropout.charts_first_layer import plot_first_layer

MATRIX = np.arange(1.0, 11).reshape(2, 5)


def valid(figure, *, axes=True):
    layout = figure.layout
    assert layout.title.text and layout.uirevision and layout.height
    if axes:
        assert layout.xaxis.title.text and layout.yaxis.title.text
    return json.loads(figure.to_json())


def trace(figure, name):
    return next(t for t in figure.data if t.name == name)


@pytest.fixture(scope="module")
def draws():
    return draw_dropout(MATRIX, 0.8, 2000, np.random.default_rng(0))


def trained(name):
    runs = rate_experiments(make_experiment(epochs=3), (0.0, 0.5), (0, 1, 2))
    trainer = Trainer(runs, load(name))
    trainer.advance(epochs=3)
    return trainer


@pytest.fixture(scope="module")
def xor():
    return trained("xor")


def passes_of(trainer, resolution=12):
    axes, points = grid_around(trainer.data.X_train, 0.5, resolution)
    made = predict_with_dropout(trainer, points, 6, np.random.default_rng(0), replica=3)
    return axes, points, made


def test_matrices_show_every_entry_of_all_three(draws):
    chart = charts_draws.plot_matrices(draws)
    figure = chart.figure
    valid(figure, axes=False)
    texts = [t.text for t in figure.data if t.type == "scatter"]
    assert [len(text) for text in texts] == [10, 10, 10]
    assert texts[0] == ("1", "2", "3", "4", "5", "6", "7", "8", "9", "10")
    assert [float(text) for text in texts[1]] == draws.mask.ravel().tolist()
    assert [float(text) for text in texts[2]] == pytest.approx(draws.output.ravel().tolist())
    names = [note.text for note in figure.layout.annotations]
    assert names[0] == "input x" and "p = 0.8" in names[1] and names[2] == "output x·m / 0.8"
    assert all("%{customdata" in t.hovertemplate for t in figure.data if t.type == "heatmap")
    table = chart.table()
    np.testing.assert_allclose(table["output"], table["input"] * table["mask"] / 0.8)


def test_running_means_are_relative_to_the_input(draws):
    chart = charts_draws.plot_running_means(draws)
    figure = chart.figure
    valid(figure)
    assert figure.layout.xaxis.type == "log"
    line = trace(figure, "x = 10")
    np.testing.assert_allclose(line.y, draws.running_mean[:, 1, 4] / 10, rtol=1e-6)
    np.testing.assert_allclose(line.customdata, draws.running_mean[:, 1, 4])
    upper = trace(figure, "1 ± 2 standard errors, by the formula")
    np.testing.assert_allclose(upper.y[0], 1 + 2 * 0.5, rtol=1e-6)  # √(0.2 / 0.8) = 1/2
    np.testing.assert_allclose(upper.y[-1], 1 + 1 / np.sqrt(2000), rtol=1e-6)
    np.testing.assert_allclose(figure.data[0].y, 2 - upper.y, rtol=1e-5, atol=1e-6)
    assert len(chart.table()) == 10 * len(draws.counts)


def test_variances_stand_beside_the_formula(draws):
    chart = charts_draws.plot_variances(draws)
    valid(chart.figure)
    points = trace(chart.figure, "sample variance of 2,000 draws")
    np.testing.assert_allclose(points.y, draws.variance.ravel(), rtol=1e-6)
    np.testing.assert_allclose(points.customdata, MATRIX.ravel() ** 2 / 4)
    table = chart.table()
    np.testing.assert_allclose(table["formula"], table["input"] ** 2 / 4)


def test_bands_have_a_line_a_rate_and_its_range(xor):
    arms = rate_arms(xor)
    chart = dropout.plot_bands(arms, "val_loss", "Loss", "loss")
    figure, band = chart.figure, arms[1].band("val_loss")
    valid(figure)
    line = trace(figure, "rate 0.5")
    np.testing.assert_allclose(line.y, band.median, rtol=1e-6)
    np.testing.assert_allclose(line.customdata, np.stack([band.low, band.high], axis=1))
    low, high = figure.data[3:5]
    np.testing.assert_allclose(low.y, band.low, rtol=1e-6)
    np.testing.assert_allclose(high.y, band.high, rtol=1e-6)
    assert high.fill == "tonexty"
    assert trace(figure, "no dropout").line.color != line.line.color
    table = chart.table()
    assert table.columns.tolist() == ["step", "epoch", "rate", "loss", "lowest", "highest"]
    assert len(table) == 2 * len(band.x) and table.epoch.max() == pytest.approx(3)
    one = dropout.plot_bands(arms, "gradient_norm", "Norm", "norm", layer=2, log_y=True)
    np.testing.assert_allclose(
        trace(one.figure, "rate 0.5").y, arms[1].band("gradient_norm", 2).median, rtol=1e-6
    )


def test_end_of_training_by_rate(xor):
    arms = rate_arms(xor)
    chart = dropout.plot_final(arms, "accuracy", "accuracy")
    valid(chart.figure)
    assert chart.figure.layout.yaxis.tickformat == "~%"
    line = trace(chart.figure, "validation")
    assert list(line.x) == [0.0, 0.5]
    np.testing.assert_allclose(line.y, [arm.final("val_accuracy") for arm in arms], rtol=1e-6)
    table = chart.table()
    assert table["split"].tolist() == ["training"] * 2 + ["validation"] * 2
    np.testing.assert_allclose(table["accuracy"][2:], line.y, rtol=1e-6)


def test_profile_has_a_point_a_layer(xor):
    chart = dropout.plot_layer_profile(rate_arms(xor))
    valid(chart.figure)
    assert chart.figure.layout.yaxis.type == "log"
    line = trace(chart.figure, "rate 0.5")
    assert line.x.tolist() == [1, 2, 3] and len(chart.table()) == 6
    np.testing.assert_allclose(line.y, late_norms(rate_arms(xor)[1]).median, rtol=1e-6)


def test_a_median_that_diverged_is_a_gap_and_the_axes_stay_finite():
    runs = rate_experiments(EXPLODING, (0.0, 0.5), (0, 1))
    trainer = Trainer(runs, DATA["regression"])
    trainer.advance(epochs=100)
    arms = rate_arms(trainer)
    for chart in (
        dropout.plot_bands(arms, "val_loss", "Loss", "loss", log_y=True),
        dropout.plot_bands(arms, "val_r2", "R²", "R²"),
        dropout.plot_final(arms, "loss", "loss"),
        dropout.plot_layer_profile(arms),
    ):
        spec = json.dumps(valid(chart.figure))
        assert "Infinity" not in spec
        assert np.isinf(chart.table()["highest"]).any()
    line = trace(dropout.plot_bands(arms, "val_loss", "Loss", "loss").figure, "no dropout")
    assert np.isfinite(line.y[0]) and np.isnan(line.y[-1])


def test_nothing_recorded_is_a_titled_empty_figure(xor):
    for chart in (
        dropout.plot_bands([], "val_loss", "Loss", "loss"),
        dropout.plot_bands(rate_arms(xor), "nothing", "Loss", "loss"),
        dropout.plot_final([], "loss", "loss"),
        dropout.plot_layer_profile([]),
    ):
        valid(chart.figure)
        assert not chart.figure.data and chart.figure.layout.annotations[0].text


def test_a_validation_split_may_be_missing(xor):
    arms = rate_arms(xor)
    bare = [replace(a, series={"train_loss": a.series["train_loss"]}) for a in arms]
    chart = dropout.plot_final(bare, "loss", "loss")
    assert [t.name for t in chart.figure.data] == ["training"] and len(chart.table()) == 2


def test_lines_of_units_are_where_their_pre_activation_is_zero(xor):
    dense = xor.network.dense_layers[0]
    weight, bias = dense.weight[0], dense.bias[0, 0]
    figure = plot_first_layer(xor.data, weight, bias, 0.0).figure
    valid(figure)
    assert "no dropout" in figure.layout.title.text
    lines = [t for t in figure.data if t.name == "unit"]
    assert len(lines) == weight.shape[1]
    order = np.argsort(-np.linalg.norm(weight, axis=0))
    for line, unit in zip(lines, order, strict=True):
        points = np.stack([line.x, line.y], axis=1).astype(float)
        np.testing.assert_allclose(points @ weight[:, unit] + bias[unit], 0, atol=1e-5)
        assert line.hovertemplate.startswith(f"unit {unit + 1}:")


def test_units_without_a_line_and_diverged_weights(xor):
    weight = np.array([[0.0, 1.0], [0.0, 1.0]])
    figure = plot_first_layer(xor.data, weight, np.zeros(2), 0.5).figure
    assert sum(t.name == "unit" for t in figure.data) == 1
    figure = plot_first_layer(xor.data, weight * np.nan, np.zeros(2), 0.5).figure
    assert not figure.data and "diverged" in figure.layout.annotations[0].text


def test_first_layer_of_images_and_of_tables():
    digits, iris = load("digits"), load("iris")
    rng = np.random.default_rng(0)
    figure = plot_first_layer(digits, rng.normal(size=(64, 30)), np.zeros(30), 0.5).figure
    assert figure.layout.title.text == "First layer, rate 0.5: the first 24 of 30 units"
    weight = rng.normal(size=(4, 30))
    chart = plot_first_layer(iris, weight, np.arange(30.0), 0.5)
    valid(chart.figure)
    np.testing.assert_allclose(chart.figure.data[0].z, weight, rtol=1e-6)
    assert list(chart.figure.layout.yaxis.ticktext) == list(iris.feature_names)
    table = chart.table()
    assert len(table) == 120 and table["bias"].iloc[-1] == 29


def test_mean_and_uncertainty_over_the_plane(xor):
    axes, points, made = passes_of(xor)
    chart = monte_carlo.plot_mean(xor.data, axes, made)
    figure = chart.figure
    valid(figure)
    assert figure.layout.title.text == "Mean probability over 6 passes"
    np.testing.assert_allclose(
        np.asarray(figure.data[0].z).ravel(), made.mean[:, 1], rtol=1e-5, atol=1e-7
    )
    for quantity, name in monte_carlo.QUANTITIES.items():
        figure = monte_carlo.plot_spread(xor.data, axes, made, quantity).figure
        valid(figure)
        heat = figure.data[0]
        values = monte_carlo.uncertainty_of(made, quantity)
        np.testing.assert_allclose(np.asarray(heat.z).ravel(), values, rtol=1e-5, atol=1e-7)
        assert name in heat.hovertemplate and heat.zmin == 0
    table = chart.table()
    np.testing.assert_allclose(table[list(xor.data.feature_names)], points, rtol=1e-6)
    np.testing.assert_array_equal(table["mutual information"], made.mutual_information)
    assert len(table) == 144


def test_thinned_networks_have_a_line_each(xor):
    axes, _, made = passes_of(xor)
    chart = monte_carlo.plot_thinned(xor.data, axes, made)
    figure = chart.figure
    valid(figure)
    lines = [t for t in figure.data if t.type == "contour"]
    assert len(lines) == 6 and all(t.contours.start == 0.5 for t in lines)
    np.testing.assert_allclose(
        np.asarray(lines[2].z).ravel(), made.samples[2, :, 1], rtol=1e-5, atol=1e-7
    )
    assert chart.table()["pass"].max() == 6


def test_regressions_have_a_band_or_a_map():
    for name, resolution in (("sine", 30), ("plane", 12)):
        trainer = trained(name)
        axes, points, made = passes_of(trainer, resolution)
        chart = monte_carlo.plot_mean(trainer.data, axes, made)
        mean = chart.figure
        spread = monte_carlo.plot_spread(trainer.data, axes, made, "deviation").figure
        valid(mean), valid(spread)
        drawn = spread.data[0].y if name == "sine" else np.asarray(spread.data[0].z).ravel()
        np.testing.assert_allclose(drawn, made.deviation[:, 0], rtol=1e-5)
        assert len(chart.table()) == len(points)
        if name == "sine":
            upper = trace(mean, "± 2 standard deviations").y
            np.testing.assert_allclose(
                upper, made.mean[:, 0] + 2 * made.deviation[:, 0], rtol=1e-4, atol=1e-6
            )


def test_right_and_wrong_are_counted():
    values = np.array([0.1, 0.2, 0.6, 0.5])
    right = np.array([True, True, False, True])
    chart = charts_examples.plot_right_and_wrong(values, right, "predictive_entropy")
    figure = chart.figure
    valid(figure)
    assert [t.name for t in figure.data] == ["right (3)", "wrong (1)"]
    assert figure.data[1].x.tolist() == pytest.approx([0.6])
    assert figure.data[0].xbins.end > 0.6
    assert chart.table()["right"].sum() == 3


def test_errors_over_deviations():
    figure = charts_examples.plot_error_and_spread(
        np.array([1.0]), np.array([2.0]), "<b>y</b>"
    ).figure
    valid(figure)
    assert "&lt;b&gt;" in figure.layout.xaxis.title.text


def test_what_is_not_finite_is_said(xor):
    axes, _, made = passes_of(xor)
    broken = type(made)(6, *[np.full_like(a, np.nan) for a in list(vars(made).values())[1:]])
    for chart in (
        monte_carlo.plot_mean(xor.data, axes, broken),
        monte_carlo.plot_spread(xor.data, axes, broken, "deviation"),
        monte_carlo.plot_thinned(xor.data, axes, broken),
        charts_examples.plot_right_and_wrong(np.array([np.nan]), np.array([True]), "deviation"),
        charts_examples.plot_error_and_spread(np.array([np.nan]), np.array([1.0]), "y"),
    ):
        valid(chart.figure)
        assert "diverged" in chart.figure.layout.annotations[0].text
