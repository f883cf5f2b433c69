"""Charts of predictions, images and data: right numbers, empty states, plain text from people."""

import json
from dataclasses import replace

import numpy as np
import pytest
from chart_checks import NASTY, diverged_run, trained, valid

import nnlib
from pages.shared.charts import predictions
from pages.shared.charts.confusion import plot_confusion_matrix
from pages.shared.charts.data import plot_data_preview, target_counts
from pages.shared.charts.images import plot_first_layer_weights
from pages.shared.charts.points import class_codes
from pages.shared.charts.surface_values import decision_surface
from pages.shared.charts.surfaces import plot_decision_surface


@pytest.fixture(scope="module")
def spiral():
    return trained("spiral", hidden=(8, 8))


# ---------------------------------------------------------------- predictions


def test_confusion_counts_and_colors():
    chart = plot_confusion_matrix([0, 0, 0, 1], [0, 0, 1, 1], ["no", NASTY])
    figure = chart.figure
    spec = valid(figure)
    assert np.asarray(figure.data[0].z) == pytest.approx(np.array([[2 / 3, 1 / 3], [0, 1]]))
    written = sorted(
        (y, x, text) for t in figure.data[1:] for x, y, text in zip(t.x, t.y, t.text, strict=True)
    )
    assert written == [(0, 0, "2"), (0, 1, "1"), (1, 1, "1")]
    assert figure.layout.title.text == "Confusion matrix: 75.0% of 4 correct"
    assert "<a href" not in json.dumps(spec)
    table = chart.table()
    assert table["count"].tolist() == [2, 1, 0, 1]
    assert table.actual.tolist() == ["no", "no", NASTY, NASTY]


def test_confusion_of_many_classes_and_of_nothing():
    codes = np.arange(25)
    many = plot_confusion_matrix(codes, codes, [str(c) for c in codes]).figure
    assert len(many.data) == 1
    empty = plot_confusion_matrix([], [], ["a", "b"]).figure
    assert valid(empty)["data"] == []


def test_soft_labels_count_as_their_most_probable_class():
    assert class_codes([[0.2, 0.8], [0.9, 0.1]]).tolist() == [1, 0]
    assert class_codes([0.7, 0.5, 0.1]).tolist() == [1, 0, 0]
    assert class_codes(np.array([2, 0])).tolist() == [2, 0]


def test_roc_agrees_with_scikit_learn():
    from sklearn.metrics import roc_auc_score
    from sklearn.metrics import roc_curve as reference

    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    p = np.round(0.3 * y + rng.random(200), 1)  # with ties
    curve = predictions.roc_curve(y, p)
    fpr, tpr, thresholds = reference(y, p, drop_intermediate=False)
    assert curve.false_positive_rate == pytest.approx(fpr)
    assert curve.true_positive_rate == pytest.approx(tpr)
    assert curve.threshold.tolist() == thresholds.tolist()
    assert curve.area == pytest.approx(roc_auc_score(y, p))


def test_roc_figure_and_its_empty_states():
    figure = predictions.plot_roc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], NASTY).figure
    spec = valid(figure)
    assert figure.layout.title.text == "ROC curve: area 0.7500"
    assert "<b>" not in spec["layout"]["xaxis"]["title"]["text"]
    for y, p, word in (
        ([], [], "no examples"),
        ([1, 1], [0.2, 0.3], "both classes"),
        ([0, 1], [np.nan, 0.3], "diverged"),
    ):
        empty = predictions.plot_roc(y, p, "yes")
        assert valid(empty.figure)["data"] == []
        assert word in empty.figure.layout.annotations[0].text
        assert len(empty.table()) == 0
    assert len(predictions.plot_roc([0, 1], [0.1, 0.9], "yes").table()) == 3


def test_a_long_roc_is_thinned_but_its_area_is_not():
    rng = np.random.default_rng(1)
    y, p = rng.integers(0, 2, 9000), rng.random(9000)
    figure = predictions.plot_roc(y, p, "yes").figure
    assert len(figure.data[1].x) == 1000
    assert (figure.data[1].x[0], figure.data[1].x[-1]) == (0, 1)
    assert f"{predictions.roc_curve(y, p).area:.4f}" in figure.layout.title.text


def test_predicted_against_actual():
    figure = predictions.plot_predicted_against_actual(
        [1.0, 2.0, 3.0], [1.0, 2.0, 4.0], NASTY
    ).figure
    valid(figure)
    assert figure.layout.title.text.endswith("R² 0.500")
    assert "<b>" not in figure.layout.title.text
    assert figure.data[1].x.tolist() == [1, 3]
    many = predictions.plot_predicted_against_actual(
        np.arange(2001.0), np.arange(2001.0), "y"
    ).figure
    assert many.data[0].type == "scattergl"
    diverged = predictions.plot_predicted_against_actual([1.0], [np.nan], "y").figure
    assert "diverged" in diverged.layout.annotations[0].text
    two = predictions.plot_predicted_against_actual([[1.0, 9.0]], [[2.0, 9.0]], "y")
    assert two.table().values.tolist() == [[1, 2]]


def test_surface_of_a_binary_run_is_what_the_network_says(spiral):
    surface = decision_surface(spiral, spiral.data, resolution=5)
    corner = np.array([[surface.x[3], surface.y[1]]], np.float32)
    proba = spiral.predict_proba(corner)[0]
    assert surface.value[1, 3] == pytest.approx(proba.max(), abs=1e-6)
    assert surface.winner[1, 3] == proba.argmax()
    chart = plot_decision_surface(spiral, resolution=5)
    figure = chart.figure
    valid(figure)
    surface_map, boundary, *points = figure.data
    assert boundary.contours.start == boundary.contours.end == 65_535 / 2
    assert surface_map.z[1, 3] == pytest.approx(proba[1], abs=1e-6)
    np.testing.assert_array_equal(boundary.z, np.rint(65_535 * surface_map.z))
    points = [t for t in points if t.x[0] is not None]
    assert sum(len(t.x) for t in points) == 500
    table = chart.table()
    assert table.columns.tolist() == ["x1", "x2", "predicted class", "probability"]
    assert table.probability[1 * 5 + 3] == pytest.approx(proba.max(), abs=1e-6)
    assert table.x1[1 * 5 + 3] == surface.x[3]


def test_surface_of_three_classes_puts_each_in_its_own_part_of_the_color_axis():
    run = trained("spiral", arms=3)
    surface = decision_surface(run, run.data, resolution=6)
    figure = plot_decision_surface(run, resolution=6).figure
    valid(figure)
    assert np.floor(figure.data[0].z).astype(int).tolist() == surface.winner.tolist()
    assert figure.data[0].customdata.tolist() == np.round(100 * surface.value).tolist()


@pytest.mark.parametrize("name", ["plane", "sine"])
def test_surface_of_a_regression(name):
    run = trained(name)
    chart = plot_decision_surface(run, resolution=7)
    valid(chart.figure)
    table = chart.table()
    assert len(table) == 7**run.data.n_features
    grid = table[list(run.data.feature_names)].to_numpy(np.float32)
    assert table.predicted.to_numpy() == pytest.approx(run.predict(grid), rel=1e-5)


def test_one_feature_and_classes():
    x = np.linspace(-1, 1, 40)[:, None]
    data = nnlib.datasets.from_arrays(x, (x[:, 0] > 0).astype(int))
    run = nnlib.train(nnlib.Experiment(training=nnlib.TrainingConfig(epochs=1)), data)
    figure = plot_decision_surface(run).figure
    valid(figure)
    assert len(figure.data) == 2


def test_surface_needs_few_features_and_finite_predictions(spiral):
    with pytest.raises(ValueError, match="one or two features, not 10"):
        plot_decision_surface(diverged_run())

    class Lost:
        data = spiral.data

        def predict_proba(self, x):
            return np.full((len(x), 2), np.nan)

    figure = plot_decision_surface(Lost()).figure
    assert "diverged" in figure.layout.annotations[0].text


def test_names_from_people_are_plain_text(spiral):
    names = {"name": NASTY, "feature_names": (NASTY, "x"), "class_names": ("a", NASTY)}
    data = replace(spiral.data, **names, target_names=(NASTY,))

    class Renamed:
        predict_proba = staticmethod(spiral.predict_proba)

    Renamed.data = data
    for chart in (plot_decision_surface(Renamed, resolution=4), plot_data_preview(data)):
        assert "<a href" not in json.dumps(valid(chart.figure))


def test_columns_that_share_a_name_all_stay_in_the_tables():
    x = np.random.default_rng(0).normal(size=(40, 2))
    made = nnlib.datasets.from_arrays(x, x.sum(axis=1))
    data = replace(made, feature_names=("predicted", "split"), target_names=("predicted",))
    run = nnlib.train(nnlib.Experiment(training=nnlib.TrainingConfig(epochs=1)), data)
    table = plot_decision_surface(run, resolution=3).table()
    assert table.columns.tolist() == ["predicted", "split", "predicted"]
    preview = plot_data_preview(data).table()
    assert preview.columns.tolist() == ["split", "predicted", "split", "predicted"]
    assert preview.iloc[:, 1].to_numpy() == pytest.approx(
        np.concatenate([data.X_train, data.X_val])[:, 0]
    )


# --------------------------------------------------------------------- images


def test_first_layer_weights_have_a_symmetric_scale():
    weights = np.array([[0.5, 0.0], [-2.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
    chart = plot_first_layer_weights(weights, (2, 2))
    figure = chart.figure
    valid(figure)
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-2, 2)
    assert np.asarray(figure.data[0].z)[:2, :2].tolist() == [[0.5, -2], [0, 0]]
    part = plot_first_layer_weights(weights, (2, 2), count=1)
    assert part.figure.layout.title.text == "First-layer weights of the first 1 of 2 units"
    weights[...] = 7  # the run goes on; the table is that of the picture, of all units
    table = part.table().values.tolist()
    assert table[:4] == [[1, 1, 0.5], [1, 2, -2], [1, 3, 0], [1, 4, 0]] and len(table) == 8
    lost = plot_first_layer_weights(np.full((4, 2), np.nan), (2, 2)).figure
    assert valid(lost)["data"] == []


# ----------------------------------------------------------------------- data


@pytest.mark.parametrize(
    "name", ["spiral", "plane", "sine", "iris", "breast_cancer", "diabetes", "digits"]
)
def test_data_preview_of_every_kind(name):
    data = nnlib.datasets.load(name)
    chart = plot_data_preview(data)
    assert valid(chart.figure)["data"]
    assert len(chart.table()) > 0


def test_preview_shows_every_class_of_images_once_before_a_second():
    figure = plot_data_preview(nnlib.datasets.load("digits")).figure
    assert list(figure.data[1].text) == [*"0123456789", "0", "1"]


def test_target_counts():
    iris = nnlib.datasets.load("iris")
    found = target_counts(iris)
    assert found.counts["train"].sum() == len(iris.y_train)
    table = plot_data_preview(iris).table()
    assert table.columns.tolist() == ["species", "training", "validation"]
    diabetes = nnlib.datasets.load("diabetes")
    histogram = target_counts(diabetes)
    assert sum(c.sum() for c in histogram.counts.values()) == 354 + 88


def test_large_sets_are_thinned_and_the_axis_says_so():
    x = np.random.default_rng(0).normal(size=(5000, 2))
    data = nnlib.datasets.from_arrays(x, (x[:, 0] > 0).astype(int))
    figure = plot_data_preview(data).figure
    drawn = sum(len(t.x) for t in figure.data if t.x[0] is not None)
    assert drawn == 1500
    total = len(data.X_train) + len(data.X_val)
    assert f"1,500 of {total:,} points drawn" in figure.layout.xaxis.title.text
