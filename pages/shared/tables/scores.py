"""How good predictions are: curves, calibration, residuals, and simpler models on the same rows."""

import numpy as np
import streamlit as st

import nnlib
from nnlib.datasets import Dataset
from nnlib.datasets.baselines import MOST_ITERATIONS, Result, fit_baselines
from nnlib.probes.inspection import calibration
from pages.shared import widgets
from pages.shared.charts.points import class_codes
from pages.shared.charts.theme import escape
from pages.shared.controls import label_of
from pages.shared.plain_text import plain
from pages.shared.results import computed, is_computed
from pages.shared.rows import show_row
from pages.shared.runs import LiveRun
from pages.shared.tables import charts_baselines as baseline_charts
from pages.shared.tables import charts_calibration as table_calibration
from pages.shared.tables import charts_curves as curves
from pages.shared.tables import charts_residuals as residuals

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
    show_row(
        "analysis_curves",
        roc_curves=curves.plot_roc_curves(roc, names),
        precision_recall=curves.plot_precision_recall(recall, names),
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
    bins = widgets.slider(
        "calibration_bins",
        "Bins",
        (2, 20, 10),
        help="Into how many bins of equal width the probabilities are sorted.",
    )
    if len(data.class_names) == 2:
        name = escape(data.class_names[1])
        probability, came_true = chances[:, 1], actual == 1
        words = (f"probability of {name}", f"share that is {name}")
    else:
        probability, came_true = chances.max(axis=1), chances.argmax(axis=1) == actual
        words = ("probability of the predicted class", "share predicted correctly")
    found = calibration(probability, came_true, bins) if np.isfinite(chances).all() else None
    show_row(
        "analysis_calibration",
        calibration=table_calibration.plot_calibration(found, *words),
        calibration_counts=table_calibration.plot_calibration_counts(found, words[0]),
    )
    of = (
        "" if len(data.class_names) > 2 else f"; here it is of that of {plain(data.class_names[1])}"
    )
    st.caption(
        "The expected calibration error is the mean distance from the diagonal, weighted by the "
        "number of examples: Guo et al. (2017) take it of the probability of the predicted class"
        f"{of}. It depends on the bins. Bars are 95% intervals (Wilson 1927): a point with few "
        "examples may lie off the diagonal by chance."
    )


def _residuals(trainer: nnlib.Trainer) -> None:
    data = trainer.data
    actual, predicted = data.labels("val"), trainer.predict(data.X_val)
    target = data.target_names[0]
    show_row(
        "analysis_residuals",
        residuals=residuals.plot_residuals(actual, predicted, target),
        residual_histogram=residuals.plot_residual_histogram(actual, predicted, target),
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
    show_row(
        "analysis_baselines",
        baseline_score=baseline_charts.plot_comparison(shown, score),
        baseline_loss=baseline_charts.plot_comparison(shown, score, loss=True),
    )
    _say_what_was_compared(trainer.data)


def _fitted(run: LiveRun) -> list[Result] | None:
    """Return the baselines of the run's data, fitted once, or say why they are not there yet."""
    data, name = run.trainer.data, "baselines"
    if run.running and not is_computed(name, data.fingerprint):
        st.info("Pause the run to fit the baselines.", icon=":material/pause:")
        return None
    large = data.X_train.size * data.n_outputs > _QUICK_FIT
    slow = "With so many rows and columns, fitting the baselines may take a while."
    return computed(
        name,
        data.fingerprint,
        lambda tell: fit_baselines(data),
        doing="Fitting the baselines …",
        ask=slow if large else None,
        begin="Fit the baselines",
    )


def _say_what_was_compared(data: Dataset) -> None:
    rows = len(data.X_val)
    linear = (
        "Ridge regression"
        if data.task == "regression"
        else f"Logistic regression, of at most {MOST_ITERATIONS:,} iterations,"
    )
    text = (
        f"{linear} and gradient boosting are scikit-learn's, else with its default settings, "
        f"fitted on the same {len(data.X_train):,} training rows and inputs; all are scored on "
        f"the same {rows:,} validation rows."
    )
    if data.task != "regression":
        text += f" One row more or less right is {1 / rows:.2%} of accuracy."
    st.caption(
        f"{text} A network that was tuned, or stopped, by what these rows say looks better on them "
        "than on new ones."
    )
