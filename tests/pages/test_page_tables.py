"""The Analysis tab of the Classification page through AppTest, and the baselines behind it."""

import io

import numpy as np
import pandas as pd
import pytest
from apptest import finished, open_page
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, log_loss, r2_score
from streamlit.testing.v1 import AppTest
from threadpoolctl import threadpool_info, threadpool_limits

from nnlib.datasets import baselines, load
from nnlib.datasets.baselines import fit_baselines
from pages.shared.tables.view import VIEWS

COLUMNS, DEPENDENCE, CURVES, BASELINES = VIEWS
FINISHED = {"epochs": "5", "classification_pace": "full speed", "details": "Analysis"}
LABELS = {"breast_cancer": "Breast cancer", "wine": "Wine", "diabetes": "Diabetes"}


def open_tab(view: str, **query: str) -> AppTest:
    return finished(playing_tab(view, **query))


def playing_tab(view: str, **query: str) -> AppTest:
    settings = FINISHED | {"data": "Wine", "analysis_view": view} | query
    return open_page("classification", **settings)


def trainer_of(app: AppTest):
    return app.session_state["classification_run"].trainer


def results(app: AppTest, name: str) -> list:
    return list(app.session_state[f"{name}_results"].values())


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("data", ["Spiral", "Sine", "Breast cancer", "Diabetes", "Iris"])
def test_every_view_of_every_kind_of_task(view: str, data: str):
    app = open_tab(view, data=data)
    assert not app.error and not app.info and trainer_of(app).done
    assert app.segmented_control(key="analysis_view").value == view


def test_importance_is_of_the_columns_and_made_once():
    app = open_tab(COLUMNS)
    (changes,) = results(app, "permutation_importance")
    assert changes.shape == (13, 5, 2)
    app.selectbox(key="importance_by").set_value(1).run()
    assert len(results(app, "permutation_importance")) == 1
    app.slider(key="shuffles").set_value(8).run()
    app.number_input(key="shuffle_seed").set_value(3).run()
    assert [c.shape[1] for c in results(app, "permutation_importance")] == [5, 8, 8]
    a, b = results(app, "permutation_importance")[1:]
    assert not np.array_equal(a, b) and not app.exception


def test_costly_views_wait_for_a_pause_and_the_others_do_not():
    playing = {"epochs": "100000", "classification_pace": "1 step"}
    for view, kept in ((COLUMNS, "permutation_importance"), (BASELINES, "baselines")):
        app = playing_tab(view, **playing)
        assert "Pause" in app.info[0].value and f"{kept}_results" not in app.session_state
        app.button(key="classification_play").click().run()
        assert len(results(app, kept)) == 1 and not app.info
    for view in (DEPENDENCE, CURVES):
        assert not playing_tab(view, **playing).info


def test_very_many_shuffles_are_begun_by_a_button(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pages.shared.tables.view._QUICK_PASSES", 10)
    app = open_tab(COLUMNS)
    assert "65 passes" in app.info[0].value
    app.button(key="permutation_importance_begin").click().run()
    assert len(results(app, "permutation_importance")) == 1
    monkeypatch.setattr("pages.shared.tables.scores._QUICK_FIT", 10)
    app = open_tab(BASELINES)
    assert "may take a while" in app.info[0].value
    app.button(key="baselines_begin").click().run()
    assert len(results(app, "baselines")) == 1 and not app.exception


def mixed_csv() -> bytes:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"size": rng.normal(50, 9, 200), "kind": rng.choice(["a", "b"], 200)})
    frame["<b>odd</b> *name*"] = rng.normal(size=200)
    frame["price"] = 2 * frame["size"] + 40 * (frame["kind"] == "a")
    buffer = io.BytesIO()
    frame.to_csv(buffer, index=False)
    return buffer.getvalue()


@pytest.mark.parametrize("view", VIEWS)
def test_own_csv_with_categories(view: str):
    app = open_tab(view)
    app.file_uploader(key="uploader").set_value(("t.csv", mixed_csv(), "text/csv")).run()
    assert not app.exception and trainer_of(app).data.n_features == 4
    if view == COLUMNS:
        changes = results(app, "permutation_importance")[-1]
        assert changes.shape == (3, 5, 2)
    if view == DEPENDENCE:
        app.selectbox(key="dependence_column").set_value(2).run()
        assert not app.exception and app.selectbox(key="dependence_column").options[2] == "kind"


def test_class_and_column_come_from_the_link():
    app = open_tab(DEPENDENCE, dependence_column="ash", dependence_class="class_0")
    assert app.selectbox(key="dependence_column").value == 2
    assert app.selectbox(key="dependence_class").value == 0
    app = open_tab(DEPENDENCE, dependence_column="no such column", calibration_bins="x")
    assert app.selectbox(key="dependence_column").value == 0


def test_a_diverged_run_is_no_error():
    for view in VIEWS:
        for data in ("Diabetes", "Wine"):
            app = open_tab(view, data=data, optimizer="SGD", learning_rate="100", epochs="50")
            assert not app.exception and not app.error


def test_baselines_are_scikit_learns_on_the_same_rows():
    data = load("wine")
    guess, linear, boosting = fit_baselines(data)
    model = LogisticRegression(max_iter=1000).fit(data.X_train, data.y_train)
    chances = model.predict_proba(data.X_val)
    assert linear.loss == pytest.approx(log_loss(data.y_val, chances))
    assert linear.score == accuracy_score(data.y_val, chances.argmax(axis=1))
    with threadpool_limits(1, "openmp"):
        trees = HistGradientBoostingClassifier(random_state=0).fit(data.X_train, data.y_train)
        chances = trees.predict_proba(data.X_val)
    assert boosting.score == accuracy_score(data.y_val, chances.argmax(axis=1))
    assert boosting.loss == pytest.approx(log_loss(data.y_val, chances))
    shares = np.bincount(data.y_train) / len(data.y_train)
    assert guess.loss == pytest.approx(-np.log(shares[data.y_val]).mean())
    assert guess.score == (data.y_val == shares.argmax()).mean()


@pytest.mark.parametrize("many", [False, True])
def test_little_work_is_not_spread_over_threads_that_wait_for_each_other(many, monkeypatch):
    class Recorder(DummyClassifier):
        def fit(self, X, y):
            info = threadpool_info()
            threads.append({p["num_threads"] for p in info if p["user_api"] == "openmp"})
            return super().fit(X, y)

    threads: list[set[int]] = []
    before = {p["num_threads"] for p in threadpool_info() if p["user_api"] == "openmp"}
    monkeypatch.setattr(baselines, "_models", lambda task, seed: [("m", Recorder())])
    monkeypatch.setattr(baselines, "_MANY_NUMBERS", 1 if many else 10**9)
    fit_baselines(load("wine"))
    assert threads == [before if many else {1}]


def test_baselines_of_a_regression_have_the_networks_loss():
    data = load("diabetes")
    guess, linear, _ = fit_baselines(data)
    predicted = Ridge().fit(data.X_train, data.y_train).predict(data.X_val)
    assert linear.score == pytest.approx(r2_score(data.y_val, predicted))
    standardized = (predicted - data.target_mean) / data.target_scale
    expected = np.square(standardized - data.targets("val", np.float64)[:, 0]).mean()
    assert linear.loss == pytest.approx(expected)
    assert guess.score == pytest.approx(0, abs=0.1) and guess.score <= 0


CONTROLS = [
    (COLUMNS, "importance", "slider", "shuffles", 8, "8"),
    (COLUMNS, "importance", "number_input", "shuffle_seed", 3, "3"),
    (COLUMNS, "importance", "selectbox", "importance_by", 1, "accuracy or R²"),
    (DEPENDENCE, "dependence", "selectbox", "dependence_column", 2, "ash"),
    (DEPENDENCE, "dependence", "selectbox", "dependence_class", 0, "class_0"),
    (CURVES, "calibration", "slider", "calibration_bins", 2, "2"),
]


@pytest.mark.parametrize(("view", "chart", "kind", "key", "value", "link"), CONTROLS)
def test_a_control_changes_its_chart_and_a_link_gives_it_again(
    shown, view, chart, kind, key, value, link
):
    app = open_tab(view)
    before, table = shown.drawn(chart), shown.table(chart)
    getattr(app, kind)(key=key).set_value(value).run()
    changed = shown.drawn(chart)
    assert not app.exception and changed != before
    if key != "dependence_class":  # which line is drawn strongly
        assert not shown.table(chart).equals(table)
    open_tab(view, **{key: link})
    assert shown.drawn(chart) == changed


@pytest.mark.parametrize(
    ("view", "data", "keys"),
    [
        (COLUMNS, "Wine", ["importance", "sensitivity"]),
        (DEPENDENCE, "Wine", ["dependence"]),
        (CURVES, "Wine", ["roc_curves", "precision_recall", "calibration", "calibration_counts"]),
        (CURVES, "Diabetes", ["residuals", "residual_histogram"]),
        (BASELINES, "Wine", ["baseline_score", "baseline_loss"]),
    ],
)
def test_charts_of_a_view(shown, view, data, keys):
    open_tab(view, data=data)
    assert list(shown.figures)[-len(keys) :] == keys
    if view == BASELINES:
        assert "gradient boosting" in shown.figures["baseline_score"].data[0].y
