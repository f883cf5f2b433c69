"""How good predictions are: curves, calibration, residuals, and simpler models on the same rows."""

from __future__ import annotations

import numpy as np
import streamlit as st

import nnlib
from nnlib.datasets import Dataset
from nnlib.inspection import calibration
from pages.shared.charts import table_baselines as baseline_charts
from pages.shared.charts import table_calibration
from pages.shared.charts import table_curves as curves
from pages.shared.charts import table_residuals as residuals
from pages.shared.charts.points import class_codes
from pages.shared.charts.theme import escape
from pages.shared.controls import label_of
from pages.shared.export import show_chart
from pages.shared.layout import plain, wrapping_columns
from pages.shared.results import remembered
from pages.shared.runs import LiveRun
from pages.shared.table_baselines import Result, fit_baselines

_QUICK_FIT = 3_000_000  # training rows x inputs x outputs; more are begun by a button


def show_curves(run: LiveRun) -> None:
    """Draw ROC, precision-recall and calibration of classes, or the residuals of a regression."""
    data, trainer = run.trainer.data, run.trainer
    if data.task == "regression":
        _residuals(trainer)
        return
    names = data.class_names
    actual, chances = class_codes(data.labels("val")), trainer.predict_proba(data.X_val)
    roc, recall = (
        curves.roc_curves(actual, chances),
        curves.precision_recall_curves(actual, chances),
    )
    left, right = wrapping_columns(2, key="analysis_curves")
    with left:
        show_chart(
            curves.plot_roc_curves(roc, names),
            key="roc_curves",
            name="roc",
            data=lambda: curves.curves_data(
                roc, names, "false positive rate", "true positive rate"
            ),
        )
    with right:
        show_chart(
            curves.plot_precision_recall(recall, names),
            key="precision_recall",
            name="precision-recall",
            data=lambda: curves.curves_data(recall, names, "recall", "precision"),
        )
    st.caption(
        f"On the {len(actual):,} validation rows. "
        + (
            "Each class against all others; the macro average counts every class alike."
            if len(names) > 2
            else f"The positive class is {plain(names[1])}."
        )
    )
    _calibration(data, actual, chances)


def _calibration(data: Dataset, actual: np.ndarray, chances: np.ndarray) -> None:
    bins = st.slider(
        "Bins",
        2,
        20,
        10,
        help="Into how many bins of equal width the probabilities are sorted.",
        key="calibration_bins",
        bind="query-params",
    )
    if len(data.class_names) == 2:
        name = escape(data.class_names[1])
        probability, came_true = chances[:, 1], actual == 1
        words = (f"probability of {name}", f"share that is {name}")
    else:
        probability, came_true = chances.max(axis=1), chances.argmax(axis=1) == actual
        words = ("probability of the predicted class", "share predicted correctly")
    found = calibration(probability, came_true, bins) if np.isfinite(chances).all() else None
    left, right = wrapping_columns(2, key="analysis_calibration")
    with left:
        show_chart(
            table_calibration.plot_calibration(found, *words),
            key="calibration",
            name="calibration",
            data=lambda: table_calibration.calibration_data(found),
        )
    with right:
        show_chart(
            table_calibration.plot_calibration_counts(found, words[0]),
            key="calibration_counts",
            name="calibration-counts",
            data=lambda: table_calibration.calibration_data(found),
        )
    st.caption(
        "The expected calibration error is the mean distance from the diagonal, weighted by the "
        "number of examples (Guo et al. 2017); it depends on the bins. Bars are 95% intervals "
        "(Wilson 1927): a point with few examples may lie off the diagonal by chance."
    )


def _residuals(trainer: nnlib.Trainer) -> None:
    data = trainer.data
    actual, predicted = data.labels("val"), trainer.predict(data.X_val)
    target = data.target_names[0]
    left, right = wrapping_columns(2, key="analysis_residuals")
    with left:
        show_chart(
            residuals.plot_residuals(actual, predicted, target),
            key="residuals",
            name="residuals",
            data=lambda: residuals.residuals_data(actual, predicted),
        )
    with right:
        show_chart(
            residuals.plot_residual_histogram(actual, predicted, target),
            key="residual_histogram",
            name="residual-histogram",
            data=lambda: residuals.residuals_data(actual, predicted),
        )


def show_baselines(run: LiveRun) -> None:
    """Draw the network's scores beside those of simpler models on the same rows."""
    trainer = run.trainer
    results = _fitted(run)
    if results is None:
        return
    found = trainer.evaluate("val")
    score = label_of(trainer.score_name)
    network = Result(
        baseline_charts.NETWORK,
        float(found["loss"]),
        float(found[trainer.score_name]),
        trainer.seconds,
    )
    shown = [network, *results]
    left, right = wrapping_columns(2, key="analysis_baselines")
    for place, is_loss in ((left, False), (right, True)):
        title = "Loss on the validation rows" if is_loss else f"{score.capitalize()} on the "
        with place:
            show_chart(
                baseline_charts.plot_comparison(
                    shown,
                    title if is_loss else f"{title}validation rows",
                    "loss (less is better)" if is_loss else f"{score} (more is better)",
                    loss=is_loss,
                ),
                key="baseline_loss" if is_loss else "baseline_score",
                name="baselines",
                data=lambda: baseline_charts.comparison_data(shown, score),
            )
    _say_what_was_compared(trainer.data)


def _fitted(run: LiveRun) -> list[Result] | None:
    """Return the baselines of the run's data, fitted once, or say why they are not there yet."""
    data, name = run.trainer.data, "baselines"
    key = data.fingerprint
    if key not in st.session_state.get(f"{name}_results", {}):
        if run.running:
            st.info("Pause the run to fit the baselines.", icon=":material/pause:")
            return None
        if data.X_train.size * data.n_outputs > _QUICK_FIT:
            st.info("With so many rows and columns, fitting the baselines may take a while.")
            begin = st.button("Fit the baselines", icon=":material/play_arrow:", key="fit_begin")
            if not begin:
                return None
    with st.spinner("Fitting the baselines …"):
        return remembered(name, key, lambda: fit_baselines(data))


def _say_what_was_compared(data: Dataset) -> None:
    rows = len(data.X_val)
    linear = "Ridge regression" if data.task == "regression" else "Logistic regression"
    text = (
        f"{linear} and gradient boosting are scikit-learn's, with its default settings, fitted on "
        f"the same {len(data.X_train):,} training rows and inputs; all are scored on the same "
        f"{rows:,} validation rows."
    )
    if data.task != "regression":
        text += f" One row more or less right is {1 / rows:.2%} of accuracy."
    st.caption(
        f"{text} A network that was tuned, or stopped, by what these rows say looks better on them "
        "than on new ones."
    )
