"""Charts of the Analysis tab: agreement with scikit-learn, titles, tables, empty states."""

import json

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from nnlib.datasets.baselines import Result
from nnlib.probes.inspection import Column, PartialDependence, calibration
from pages.shared.tables import (
    charts_baselines as table_baselines,
)
from pages.shared.tables import (
    charts_calibration as table_calibration,
)
from pages.shared.tables import (
    charts_curves as table_curves,
)
from pages.shared.tables import (
    charts_importance as table_importance,
)
from pages.shared.tables import (
    charts_residuals as table_residuals,
)

RNG = np.random.default_rng(0)
NAMES = ("a", "<b>b</b>", "c")
ACTUAL = RNG.integers(0, 3, 600)
CHANCES = RNG.dirichlet(np.ones(3), 600) + 0.8 * np.eye(3)[ACTUAL]
CHANCES /= CHANCES.sum(axis=1, keepdims=True)


def valid(figure):
    layout = figure.layout
    assert layout.title.text and layout.uirevision and layout.height
    assert layout.xaxis.title.text and layout.yaxis.title.text
    text = figure.to_json()
    assert "<b>b<" not in text and len(text) < 100_000
    return json.loads(text)


def test_roc_curves_agree_with_scikit_learn():
    curves = table_curves.roc_curves(ACTUAL, CHANCES)
    areas = [curve.area for curve in curves]
    macro = roc_auc_score(ACTUAL, CHANCES, multi_class="ovr", average="macro")
    assert np.mean(areas) == pytest.approx(macro)
    assert [np.trapezoid(c.y, c.x) for c in curves] == pytest.approx(areas)
    figure = table_curves.plot_roc_curves(curves, NAMES).figure
    valid(figure)
    assert figure.layout.title.text == f"ROC: macro average area {macro:.4f}"
    assert [t.name for t in figure.data][-1] == "macro average" and len(figure.data) == 5
    grid, mean = table_curves.macro_roc(curves)
    assert np.trapezoid(mean, grid) == pytest.approx(macro, abs=0.01)
    assert all(len(t.x) <= table_curves.MOST_POINTS for t in figure.data)
    table = table_curves.plot_roc_curves(curves, NAMES).table()
    assert len(table) == sum(len(c.x) for c in curves)


def test_macro_average_by_hand():
    curves = [
        table_curves.ClassCurve(0, np.array([0, 0, 1.0]), np.array([0, 1, 1.0]), 1.0, 0.5),
        table_curves.ClassCurve(1, np.array([0, 1.0]), np.array([0, 1.0]), 0.5, 0.5),
    ]
    grid, mean = table_curves.macro_roc(curves)
    np.testing.assert_allclose(mean, (1 + grid) / 2)


def test_precision_recall_curves_agree_with_scikit_learn():
    curves = table_curves.precision_recall_curves(ACTUAL, CHANCES)
    for curve in curves:
        expected = average_precision_score(curve.code == ACTUAL, CHANCES[:, curve.code])
        assert curve.area == pytest.approx(expected)
        # The steps that are drawn enclose just this area.
        assert (np.diff(curve.x) * curve.y[1:]).sum() == pytest.approx(expected)
    figure = table_curves.plot_precision_recall(curves, NAMES).figure
    valid(figure)
    mean = np.mean([c.area for c in curves])
    assert figure.layout.title.text == f"Precision-recall: macro average precision {mean:.4f}"


def test_two_classes_have_one_curve_and_the_line_of_guessing():
    actual, chances = (ACTUAL == 0).astype(int), np.column_stack([1 - CHANCES[:, 0], CHANCES[:, 0]])
    roc = table_curves.roc_curves(actual, chances)
    assert [c.code for c in roc] == [1] and roc[0].area == roc_auc_score(actual, chances[:, 1])
    figure = table_curves.plot_roc_curves(roc, NAMES[:2]).figure
    assert "for &lt;b&gt;b" in figure.layout.title.text and len(figure.data) == 2
    recall = table_curves.precision_recall_curves(actual, chances)
    figure = table_curves.plot_precision_recall(recall, NAMES[:2]).figure
    valid(figure)
    assert figure.data[1].y.tolist() == pytest.approx([actual.mean()] * 2)


def test_curves_need_two_classes_and_finite_predictions():
    for actual, chances in ((np.zeros(5, int), CHANCES[:5]), (ACTUAL, CHANCES * np.nan)):
        for make, plot in (
            (table_curves.roc_curves, table_curves.plot_roc_curves),
            (table_curves.precision_recall_curves, table_curves.plot_precision_recall),
        ):
            curves = make(actual, chances)
            chart = plot(curves, NAMES)
            figure = chart.figure
            valid(figure)
            assert figure.layout.annotations[0].text == table_curves.NOTHING
            assert chart.table().empty


def test_a_class_that_does_not_occur_is_left_out():
    kept = ACTUAL != 2
    curves = table_curves.roc_curves(ACTUAL[kept], CHANCES[kept])
    assert [c.code for c in curves] == [0, 1]


def test_calibration_chart_shows_the_numbers():
    found = calibration([0.1, 0.2, 0.9, 1.0], [0, 1, 1, 1], 2)
    figure = table_calibration.plot_calibration(found, "p", "share").figure
    valid(figure)
    assert figure.layout.title.text == "Expected calibration error 20.0%"
    assert figure.data[1].y.tolist() == [0.5, 1.0]
    counts = table_calibration.plot_calibration_counts(found, "p").figure
    valid(counts)
    assert counts.data[0].y.tolist() == [2, 2]
    assert table_calibration.plot_calibration(found, "p", "share").table()["examples"].sum() == 4
    for figure in (
        table_calibration.plot_calibration(None, "p", "share").figure,
        table_calibration.plot_calibration_counts(None, "p").figure,
    ):
        valid(figure)
        assert figure.layout.annotations[0].text == table_curves.NOTHING
    assert table_calibration.plot_calibration(None, "p", "share").table().empty


def test_importance_has_the_largest_on_top():
    columns = [Column(name, (i,)) for i, name in enumerate(NAMES)]
    changes = np.array([[0.1, 0.3], [1.0, 2.0], [-0.1, 0.0]])
    figure = table_importance.plot_importance(changes, columns, "increase").figure
    valid(figure)
    bars, dots = figure.data
    assert list(bars.text) == ["&lt;b&gt;b&lt;/b&gt;", "a", "c"]
    assert bars.x.tolist() == pytest.approx([1.5, 0.2, -0.05])
    assert dots.x.tolist() == pytest.approx([1, 2, 0.1, 0.3, -0.1, 0])
    assert figure.layout.yaxis.autorange == "reversed"
    table = table_importance.plot_importance(changes, columns, "increase").table()
    assert table["increase"].tolist() == changes.ravel().tolist()
    figure = table_importance.plot_importance(changes * np.nan, columns, "increase").figure
    assert "diverged" in figure.layout.annotations[0].text


def test_of_many_columns_the_largest_are_drawn():
    values = RNG.random(60)
    names = [f"x{i}" for i in range(60)]
    figure = table_importance.plot_sensitivity(values, -values, names, "y").figure
    valid(figure)
    assert "first 25 of 60" in figure.layout.title.text
    assert figure.data[0].x.tolist() == pytest.approx(sorted(values, reverse=True)[:25])
    assert len(table_importance.plot_sensitivity(values, -values, names, "y").table()) == 60


@pytest.mark.parametrize("categories", [(), ("u", "<b>b</b>", "w")])
def test_dependence_has_a_line_each_output_and_single_examples(categories):
    column = Column("col", (0,), categories)
    individual = RNG.random((4, 3, 2))
    found = PartialDependence(column, np.arange(3.0), individual.mean(axis=0), individual)
    figure = table_importance.plot_dependence(found, NAMES[:2], 1, "probability").figure
    valid(figure)
    single, other, chosen = figure.data
    assert len(single.x) == 4 * 4 and np.isnan(single.x[3])
    np.testing.assert_allclose(chosen.y, found.mean[:, 1], rtol=1e-6)
    assert chosen.line.width > other.line.width
    table = table_importance.plot_dependence(found, NAMES[:2], 1, "p").table()
    assert table["mean prediction"].tolist() == found.mean.ravel().tolist()
    lost = PartialDependence(column, found.grid, found.mean * np.nan, individual)
    figure = table_importance.plot_dependence(lost, NAMES[:2], 1, "probability").figure
    assert "diverged" in figure.layout.annotations[0].text


def test_residuals():
    actual, predicted = np.array([1.0, 2.0, 4.0]), np.array([1.5, 2.0, 3.0])
    figure = table_residuals.plot_residuals(actual, predicted, NAMES[1]).figure
    valid(figure)
    assert figure.data[0].y.tolist() == [-0.5, 0, 1]
    assert figure.layout.title.text == "Residuals: mean 0.167, standard deviation 0.624"
    histogram = table_residuals.plot_residual_histogram(actual, predicted, NAMES[1]).figure
    valid(histogram)
    assert histogram.data[0].y.sum() == 3
    assert table_residuals.plot_residuals(actual, predicted, "y").table()["residual"].tolist() == [
        -0.5,
        0,
        1,
    ]
    for plot in (table_residuals.plot_residuals, table_residuals.plot_residual_histogram):
        figure = plot(actual, predicted * np.nan, "y").figure
        valid(figure)
        assert figure.layout.annotations[0].text == table_residuals.NOTHING_FINITE
    many = table_residuals.plot_residuals(RNG.random(9000), RNG.random(9000), "y").figure
    valid(many)


def test_comparison_of_models():
    results = [Result("this network", 0.2, 0.9, 1.0), Result("guess", 0.7, 0.5, 0.1)]
    figure = table_baselines.plot_comparison(results, "accuracy").figure
    valid(figure)
    assert list(figure.data[0].text) == ["90.0%", "50.0%"]
    assert figure.data[0].marker.color[0] != figure.data[0].marker.color[1]
    figure = table_baselines.plot_comparison(results, "accuracy", loss=True).figure
    assert figure.data[0].x.tolist() == pytest.approx([0.2, 0.7])
    assert table_baselines.plot_comparison(results, "accuracy").table()["loss"].tolist() == [
        0.2,
        0.7,
    ]
    lost = [Result("this network", np.nan, np.nan, 1.0), *results[1:]]
    figure = table_baselines.plot_comparison(lost, "accuracy", loss=True).figure
    assert "diverged" in figure.layout.annotations[0].text


def test_of_many_classes_the_legend_names_some_and_says_so():
    codes = np.arange(26).repeat(4)
    chances = RNG.dirichlet(np.ones(26), len(codes))
    names = [f"class {k}" for k in range(26)]
    for chart in (
        table_curves.plot_roc_curves(table_curves.roc_curves(codes, chances), names),
        table_curves.plot_precision_recall(
            table_curves.precision_recall_curves(codes, chances), names
        ),
    ):
        named = [t for t in chart.figure.data if "class" in t.name and t.showlegend]
        assert len(named) == 10
        assert (
            chart.figure.layout.legend.title.text == "10 of 26 classes are named here, all on hover"
        )
