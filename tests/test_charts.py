"""Figure builders: right numbers, valid figures, honest empty states, plain text from people."""

import json
from dataclasses import replace

import numpy as np
import pytest

import nnlib
from nnlib.history import Divergence, Event, History, Series
from pages.shared.charts import data as data_charts
from pages.shared.charts import images, predictions, training
from pages.shared.charts.curves import drawable, smooth
from pages.shared.charts.marks import event_label
from pages.shared.charts.points import class_codes
from pages.shared.charts.surfaces import decision_surface

NASTY = "<b>a</b> & <a href='x'>b</a>"
STATISTICS = ("activation_mean", "activation_std", "dead_fraction", "saturated_fraction")
HISTORY_PLOTS = (
    training.plot_losses,
    training.plot_scores,
    training.plot_gradient_norms,
    training.plot_gradient_profile,
    training.plot_update_ratios,
    training.plot_learning_rate,
    *(lambda h, s=s: training.plot_activation_statistics(h, s) for s in STATISTICS),
)
HISTORY_TABLES = (
    training.losses_data,
    training.scores_data,
    training.gradient_norms_data,
    training.gradient_profile_data,
    training.update_ratios_data,
    training.learning_rate_data,
    *(lambda h, s=s: training.activation_statistics_data(h, s) for s in STATISTICS),
)


def history_of(series, *, layers=("dense_1", "dense_2"), events=(), divergences=()):
    """Make a history from {name: (steps, values)}; two-dimensional values are by layer."""
    history = History(layers, 10, events=list(events), divergences=list(divergences))
    for name, (steps, values) in series.items():
        by_layer = np.ndim(values) == 2
        made = Series((len(layers),) if by_layer else (), layers if by_layer else ())
        for step, value in zip(steps, values, strict=True):
            made.append(step, value, always=True)
        history.series[name] = made
    return history


def valid(figure):
    """Check what every figure has, and return it as the browser gets it."""
    layout = figure.layout
    assert layout.title.text
    assert layout.uirevision
    assert layout.xaxis.title.text is not None
    assert layout.yaxis.title.text is not None
    return json.loads(figure.to_json())


def trace(figure, name):
    return next(t for t in figure.data if t.name == name)


def trained(name, *, hidden=(8,), epochs=2, training=None, **options):
    settings = nnlib.TrainingConfig(epochs=epochs, **(training or {}))
    experiment = nnlib.Experiment(nnlib.NetworkConfig(hidden=hidden), settings)
    return nnlib.train(experiment, nnlib.datasets.load(name, **options))


@pytest.fixture(scope="module")
def spiral():
    return trained("spiral", hidden=(8, 8))


@pytest.fixture(scope="module")
def diverged():
    run = trained(
        "diabetes", hidden=(32, 32), training={"optimizer": "sgd", "learning_rate": 3.0}, epochs=40
    )
    assert run.status == "diverged"
    return run


# ------------------------------------------------------------------ histories


@pytest.mark.parametrize("plot", HISTORY_PLOTS)
def test_history_charts_are_valid(plot, spiral, diverged):
    for history in (spiral.history, diverged.history):
        spec = valid(plot(history))
        assert spec["data"]
        assert "Infinity" not in json.dumps(spec)


@pytest.mark.parametrize("plot", HISTORY_PLOTS)
def test_empty_history_gives_an_empty_titled_figure(plot):
    spec = valid(plot(History()))
    assert spec["data"] == []
    assert len(spec["layout"]["annotations"]) == 1


@pytest.mark.parametrize("table", HISTORY_TABLES)
def test_history_tables(table, spiral):
    assert len(table(spiral.history)) > 0
    assert len(table(History())) == 0
    assert list(table(History()).columns) == list(table(spiral.history).columns)


def test_a_run_that_has_not_begun_shows_its_initial_loss():
    run = nnlib.Trainer(nnlib.Experiment(), nnlib.datasets.load("xor"))
    figure = training.plot_losses(run.history)
    assert [t.mode for t in figure.data] == ["lines+markers"] * 2
    assert figure.layout.xaxis.dtick == 1


def test_losses_are_the_recorded_numbers():
    history = history_of({"train_loss": ([0, 10, 20], [4.0, 2.0, 1.0]), "val_loss": ([0], [5.0])})
    figure = training.plot_losses(history)
    line = trace(figure, "training")
    assert line.x.tolist() == [0, 10, 20]
    assert line.y.tolist() == [4, 2, 1]
    assert line.customdata.tolist() == [0, 1, 2]  # epochs of ten steps
    table = training.losses_data(history)
    assert table.columns.tolist() == ["step", "epoch", "loss", "value"]
    assert table.value.tolist() == [4, 2, 1, 5]
    assert table.loss.tolist() == ["training"] * 3 + ["validation"]


def test_smoothing_is_bias_corrected_and_keeps_the_raw_line():
    assert smooth(np.full(5, 3.0), 0.9) == pytest.approx(np.full(5, 3.0))
    # weights 0.5 and 1, divided by their sum
    assert smooth(np.array([1.0, 4.0]), 0.5)[1] == pytest.approx((0.5 * 1 + 1 * 4) / 1.5)
    with_gap = smooth(np.array([1.0, np.nan, 4.0]), 0.5)
    assert np.isnan(with_gap[1])
    assert with_gap[2] == pytest.approx(3.0)
    history = history_of({"train_loss": ([0, 1], [1.0, 4.0])})
    figure = training.plot_losses(history, smoothing=0.5)
    assert figure.data[0].y.tolist() == [1, 4]
    assert figure.data[0].hoverinfo == "skip"
    assert figure.data[1].y.tolist() == [1, 3]
    assert training.losses_data(history, smoothing=0.5).smoothed.tolist() == [1, 3]


def test_log_axes_leave_gaps_where_there_is_nothing_to_show():
    values = np.array([1.0, 0.0, -1.0, np.inf, np.nan, 1e300])
    assert np.isnan(drawable(values, log=True)).tolist() == [False, *[True] * 5]
    assert np.isnan(drawable(values)).tolist() == [False] * 3 + [True] * 3
    history = history_of({"gradient_norm": ([0, 1], [[1.0, 0.0], [2.0, np.nan]])})
    figure = training.plot_gradient_norms(history)
    assert figure.layout.yaxis.type == "log"
    assert trace(figure, "dense_1").y.tolist() == [1, 2]
    assert np.isnan(trace(figure, "dense_2").y).all()


def test_live_changes_are_marked_and_a_dragged_slider_is_one_change():
    history = history_of(
        {"train_loss": ([0, 100], [1.0, 0.5])},
        events=[
            Event(20, "learning_rate", 0.01, 0.05),
            Event(20, "learning_rate", 0.05, 0.1),
            Event(80, "l2", 0.0, 1e-4),
        ],
    )
    layout = training.plot_losses(history).layout
    assert [(s.x0, s.x1, s.line.dash) for s in layout.shapes] == [
        (20, 20, "dash"),
        (80, 80, "dash"),
    ]
    texts = {a.x: a.text for a in layout.annotations}
    assert texts == {20: "learning rate 0.01 → 0.1", 80: "L2 strength 0 → 1e-4"}
    assert layout.yaxis.domain[1] < 1  # room for the labels


def test_many_changes_keep_the_newest_labels_only():
    events = [Event(s, "learning_rate", s, s + 1) for s in range(200)]
    history = history_of({"train_loss": ([0, 200], [1.0, 0.5])}, events=events)
    layout = training.plot_losses(history).layout
    assert len(layout.shapes) == 40
    assert 1 <= len(layout.annotations) <= 6
    assert layout.annotations[0].x == 199


def test_event_label_keeps_abbreviations():
    assert event_label(Event(0, "l1", 0.5, 1.0)).startswith("L1 strength 0.5")


def test_divergence_is_marked_with_step_and_layer():
    history = history_of(
        {"train_loss": ([0, 5], [1.0, np.inf])},
        divergences=[Divergence(5, "dense_<i>2", "weights")],
    )
    layout = training.plot_losses(history).layout
    assert layout.shapes[0].line.dash == "solid"
    assert layout.annotations[0].text == "diverged at step 5: weights of dense_&lt;i&gt;2"


def test_r2_axis_ends_at_minus_one_only_where_something_is_above():
    def axis(values):
        steps = range(len(values))
        return training.plot_scores(history_of({"train_r2": (steps, values)})).layout.yaxis.range

    assert axis([-50.0, 0.5]) == (-1, 0.55)
    assert axis([0.1, 0.5]) is None
    assert axis([-50.0, -40.0]) is None
    assert axis([np.nan]) is None


def test_update_ratios_have_the_reference_line(spiral):
    figure = training.plot_update_ratios(spiral.history)
    assert figure.data[-1].y.tolist() == [1e-3, 1e-3]
    assert "rule of thumb" in figure.data[-1].name
    assert "CS231n" in figure.data[-1].hovertemplate


def test_gradient_profile_takes_the_record_at_a_step_and_names_zeros():
    history = history_of(
        {
            "gradient_norm": ([0, 10, 20], [[1.0, 2.0], [0.0, 3.0], [np.nan, np.nan]]),
            "signal_norm": ([0, 10, 20], [[5.0, 6.0], [7.0, 8.0], [np.nan, np.nan]]),
        }
    )
    newest = training.plot_gradient_profile(history)  # the last finite one
    assert newest.layout.title.text.endswith("step 10")
    assert newest.layout.annotations[0].text == "weight gradient zero: dense_1"
    assert newest.data[1].y.tolist() == [7, 8]
    first = training.gradient_profile_data(history, step=9)
    assert first.values.tolist() == [[0, "dense_1", 1, 5], [0, "dense_2", 2, 6]]
    last = training.plot_gradient_profile(history, step=99)
    assert "zero or not finite" in last.layout.annotations[0].text


def test_a_network_without_hidden_layers_says_so():
    run = trained("xor", hidden=(), epochs=1)
    figure = training.plot_activation_statistics(run.history, "dead_fraction")
    assert "no hidden layer" in figure.layout.annotations[0].text


def test_of_many_layers_the_legend_names_some():
    layers = tuple(f"dense_{i}" for i in range(1, 31))
    history = history_of({"gradient_norm": ([0], np.ones((1, 30)))}, layers=layers)
    figure = training.plot_gradient_norms(history)
    named = [t.name for t in figure.data if t.showlegend]
    assert len(figure.data) == 30
    assert len(named) == 8
    assert (named[0], named[-1]) == ("dense_1", "dense_30")


def test_figures_do_not_share_memory_with_a_history_that_goes_on():
    run = nnlib.Trainer(nnlib.Experiment(), nnlib.datasets.load("xor"))
    figure = training.plot_losses(run.history)
    before = figure.to_json()
    run.advance(steps=50)
    assert figure.to_json() == before


# ---------------------------------------------------------------- predictions


def test_confusion_counts_and_colors():
    figure = predictions.plot_confusion_matrix([0, 0, 0, 1], [0, 0, 1, 1], ["no", NASTY])
    spec = valid(figure)
    assert np.asarray(figure.data[0].z) == pytest.approx(np.array([[2 / 3, 1 / 3], [0, 1]]))
    written = sorted(
        (y, x, text) for t in figure.data[1:] for x, y, text in zip(t.x, t.y, t.text, strict=True)
    )
    assert written == [(0, 0, "2"), (0, 1, "1"), (1, 1, "1")]
    assert figure.layout.title.text == "Confusion matrix: 75.0% of 4 correct"
    assert "<a href" not in json.dumps(spec)
    table = predictions.confusion_data([0, 0, 0, 1], [0, 0, 1, 1], ["no", NASTY])
    assert table["count"].tolist() == [2, 1, 0, 1]
    assert table.actual.tolist() == ["no", "no", NASTY, NASTY]


def test_confusion_of_many_classes_and_of_nothing():
    codes = np.arange(25)
    many = predictions.plot_confusion_matrix(codes, codes, [str(c) for c in codes])
    assert len(many.data) == 1
    empty = predictions.plot_confusion_matrix([], [], ["a", "b"])
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
    figure = predictions.plot_roc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], NASTY)
    spec = valid(figure)
    assert figure.layout.title.text == "ROC curve: area 0.7500"
    assert "<b>" not in spec["layout"]["xaxis"]["title"]["text"]
    for y, p, word in (
        ([], [], "no examples"),
        ([1, 1], [0.2, 0.3], "both classes"),
        ([0, 1], [np.nan, 0.3], "diverged"),
    ):
        empty = predictions.plot_roc(y, p, "yes")
        assert valid(empty)["data"] == []
        assert word in empty.layout.annotations[0].text
        assert len(predictions.roc_data(y, p)) == 0
    assert len(predictions.roc_data([0, 1], [0.1, 0.9])) == 3


def test_a_long_roc_is_thinned_but_its_area_is_not():
    rng = np.random.default_rng(1)
    y, p = rng.integers(0, 2, 9000), rng.random(9000)
    figure = predictions.plot_roc(y, p, "yes")
    assert len(figure.data[1].x) == 1000
    assert (figure.data[1].x[0], figure.data[1].x[-1]) == (0, 1)
    assert f"{predictions.roc_curve(y, p).area:.4f}" in figure.layout.title.text


def test_predicted_against_actual():
    figure = predictions.plot_predicted_against_actual([1.0, 2.0, 3.0], [1.0, 2.0, 4.0], NASTY)
    valid(figure)
    assert figure.layout.title.text.endswith("R² 0.500")
    assert "<b>" not in figure.layout.title.text
    assert figure.data[1].x.tolist() == [1, 3]
    many = predictions.plot_predicted_against_actual(np.arange(2001.0), np.arange(2001.0), "y")
    assert many.data[0].type == "scattergl"
    diverged = predictions.plot_predicted_against_actual([1.0], [np.nan], "y")
    assert "diverged" in diverged.layout.annotations[0].text
    two = predictions.predicted_data([[1.0, 9.0]], [[2.0, 9.0]])
    assert two.values.tolist() == [[1, 2]]


def test_surface_of_a_binary_run_is_what_the_network_says(spiral):
    surface = decision_surface(spiral, spiral.data, resolution=5)
    corner = np.array([[surface.x[3], surface.y[1]]], np.float32)
    proba = spiral.predict_proba(corner)[0]
    assert surface.value[1, 3] == pytest.approx(proba.max(), abs=1e-6)
    assert surface.winner[1, 3] == proba.argmax()
    figure = predictions.plot_decision_surface(spiral, resolution=5)
    valid(figure)
    assert figure.data[0].contours.start == figure.data[0].contours.end == 0.5
    assert figure.data[0].z[1, 3] == pytest.approx(proba[1], abs=1e-6)
    points = [t for t in figure.data[1:] if t.x[0] is not None]
    assert sum(len(t.x) for t in points) == 500
    table = predictions.decision_surface_data(spiral, resolution=5)
    assert table.columns.tolist() == ["x1", "x2", "predicted class", "probability"]
    assert table.probability[1 * 5 + 3] == pytest.approx(proba.max(), abs=1e-6)
    assert table.x1[1 * 5 + 3] == surface.x[3]


def test_surface_of_three_classes_puts_each_in_its_own_part_of_the_color_axis():
    run = trained("spiral", arms=3)
    surface = decision_surface(run, run.data, resolution=6)
    figure = predictions.plot_decision_surface(run, resolution=6)
    valid(figure)
    assert np.floor(figure.data[0].z).astype(int).tolist() == surface.winner.tolist()
    assert figure.data[0].customdata.tolist() == np.round(100 * surface.value).tolist()


@pytest.mark.parametrize("name", ["plane", "sine"])
def test_surface_of_a_regression(name):
    run = trained(name)
    figure = predictions.plot_decision_surface(run, resolution=7)
    valid(figure)
    table = predictions.decision_surface_data(run, resolution=7)
    assert len(table) == 7**run.data.n_features
    grid = table[list(run.data.feature_names)].to_numpy(np.float32)
    assert table.predicted.to_numpy() == pytest.approx(run.predict(grid), rel=1e-5)


def test_one_feature_and_classes():
    x = np.linspace(-1, 1, 40)[:, None]
    data = nnlib.datasets.from_arrays(x, (x[:, 0] > 0).astype(int))
    run = nnlib.train(nnlib.Experiment(training=nnlib.TrainingConfig(epochs=1)), data)
    figure = predictions.plot_decision_surface(run)
    valid(figure)
    assert len(figure.data) == 2


def test_surface_needs_few_features_and_finite_predictions(spiral, diverged):
    with pytest.raises(ValueError, match="one or two features, not 10"):
        predictions.plot_decision_surface(diverged)

    class Lost:
        data = spiral.data

        def predict_proba(self, x):
            return np.full((len(x), 2), np.nan)

    figure = predictions.plot_decision_surface(Lost())
    assert "diverged" in figure.layout.annotations[0].text


def test_names_from_people_are_plain_text(spiral):
    names = {"name": NASTY, "feature_names": (NASTY, "x"), "class_names": ("a", NASTY)}
    data = replace(spiral.data, **names, target_names=(NASTY,))

    class Renamed:
        predict_proba = staticmethod(spiral.predict_proba)

    Renamed.data = data
    for figure in (
        predictions.plot_decision_surface(Renamed, resolution=4),
        data_charts.plot_data_preview(data),
    ):
        assert "<a href" not in json.dumps(valid(figure))


def test_columns_that_share_a_name_all_stay_in_the_tables():
    x = np.random.default_rng(0).normal(size=(40, 2))
    made = nnlib.datasets.from_arrays(x, x.sum(axis=1))
    data = replace(made, feature_names=("predicted", "split"), target_names=("predicted",))
    run = nnlib.train(nnlib.Experiment(training=nnlib.TrainingConfig(epochs=1)), data)
    table = predictions.decision_surface_data(run, resolution=3)
    assert table.columns.tolist() == ["predicted", "split", "predicted"]
    preview = data_charts.data_preview_data(data)
    assert preview.columns.tolist() == ["split", "predicted", "split", "predicted"]
    assert preview.iloc[:, 1].to_numpy() == pytest.approx(
        np.concatenate([data.X_train, data.X_val])[:, 0]
    )


# --------------------------------------------------------------------- images


def test_first_layer_weights_have_a_symmetric_scale():
    weights = np.array([[0.5, 0.0], [-2.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
    figure = images.plot_first_layer_weights(weights, (2, 2))
    valid(figure)
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-2, 2)
    assert np.asarray(figure.data[0].z)[:2, :2].tolist() == [[0.5, -2], [0, 0]]
    part = images.plot_first_layer_weights(weights, (2, 2), count=1)
    assert part.layout.title.text == "First-layer weights of the first 1 of 2 units"
    table = images.first_layer_weights_data(weights, count=1)
    assert table.values.tolist() == [[1, 1, 0.5], [1, 2, -2], [1, 3, 0], [1, 4, 0]]
    lost = images.plot_first_layer_weights(np.full((4, 2), np.nan), (2, 2))
    assert valid(lost)["data"] == []


# ----------------------------------------------------------------------- data


@pytest.mark.parametrize(
    "name", ["spiral", "plane", "sine", "iris", "breast_cancer", "diabetes", "digits"]
)
def test_data_preview_of_every_kind(name):
    data = nnlib.datasets.load(name)
    spec = valid(data_charts.plot_data_preview(data))
    assert spec["data"]
    assert len(data_charts.data_preview_data(data)) > 0


def test_preview_shows_every_class_of_images_once_before_a_second():
    figure = data_charts.plot_data_preview(nnlib.datasets.load("digits"))
    assert list(figure.data[1].text) == [*"0123456789", "0", "1"]


def test_target_counts():
    iris = nnlib.datasets.load("iris")
    found = data_charts.target_counts(iris)
    assert found.counts["train"].sum() == len(iris.y_train)
    table = data_charts.data_preview_data(iris)
    assert table.columns.tolist() == ["species", "training", "validation"]
    diabetes = nnlib.datasets.load("diabetes")
    histogram = data_charts.target_counts(diabetes)
    assert sum(c.sum() for c in histogram.counts.values()) == 354 + 88


def test_large_sets_are_thinned_and_the_axis_says_so():
    x = np.random.default_rng(0).normal(size=(5000, 2))
    data = nnlib.datasets.from_arrays(x, (x[:, 0] > 0).astype(int))
    figure = data_charts.plot_data_preview(data)
    drawn = sum(len(t.x) for t in figure.data if t.x[0] is not None)
    assert drawn == 1500
    total = len(data.X_train) + len(data.X_val)
    assert f"1,500 of {total:,} points drawn" in figure.layout.xaxis.title.text
