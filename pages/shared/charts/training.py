"""Charts of a run's history: losses, scores and learning rate; those of layers are in `layers`.

Histories are those of a single run; of a stack, take ``history.replica(i)``.
"""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from nnlib.history import History
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import level, line, lines
from pages.shared.charts.look import AS_RECORDED, Look
from pages.shared.charts.recorded import Curve, run_curves
from pages.shared.charts.run_chart import Traces, run_chart
from pages.shared.charts.theme import BATCH, CLASS_COLORS, TRAIN, VALIDATION, faded

GUESS = "best constant prediction"
GUESS_MEANING = "what one reaches without looking at the inputs"
_LOSSES = {"batch_loss": "minibatch", "train_loss": "training", "val_loss": "validation"}
_SCORES = {
    "train_accuracy": "training",
    "val_accuracy": "validation",
    "train_r2": "training",
    "val_r2": "validation",
}
_RATES = {"learning_rate": "configured", "effective_learning_rate": "in effect"}
_RATE_STYLES: dict[str, tuple[str, dict[str, Any]]] = {
    "configured": (BATCH, {"width": 1.5, "dash": "dot", "shape": "hv"}),
    "in effect": (CLASS_COLORS[4], {"width": 2, "shape": "hv"}),
}
_COLORS = {"minibatch": faded(BATCH, 0.55), "training": TRAIN, "validation": VALIDATION}


def plot_losses(
    history: History,
    look: Look = AS_RECORDED,
    *,
    log_y: bool = False,
    constant: float | None = None,
) -> Chart:
    """Draw training, validation and minibatch loss, with live changes and divergence marked.

    Parameters
    ----------
    look : how the person wants to see the curves
    log_y : whether the loss axis is logarithmic where the look does not say
    constant : the loss of the best constant prediction, drawn as a level to beat
    """
    curves = run_curves(history, _LOSSES)
    drawn = constant if constant is not None and np.isfinite(constant) else None

    def draw(log: bool) -> Traces:
        return _lines(curves, look, drawn, log_y=log)

    titles, columns = ("Training and validation loss", "loss"), ("curve", "loss")
    chart = run_chart(history, curves, look, titles, "losses", columns, draw, log_y=log_y)
    return chart if constant is None else replace(chart, table=partial(_beside, chart, constant))


def _beside(chart: Chart, constant: float) -> pd.DataFrame:
    assert chart.table is not None
    return chart.table().assign(**{GUESS: constant})


def _lines(curves: list[Curve], look: Look, constant: float | None, **settings: Any) -> Traces:
    """Return the lines of losses or scores, and the level of a constant prediction."""
    thin = {"minibatch": {"width": 1}}
    drawn = [
        trace
        for c in curves
        for trace in lines(c, _COLORS[c.name], look, style=thin.get(c.name), **settings)
    ]
    if constant is not None:
        drawn.append(level(curves, constant, GUESS, GUESS_MEANING, look.over))
    return drawn


def plot_scores(
    history: History, look: Look = AS_RECORDED, *, constant: float | None = None
) -> Chart:
    """Draw accuracy, or R² of a regression, on training and validation split.

    R² has no lower bound; the axis ends at -1 as long as some of it is above that.

    Parameters
    ----------
    look : how the person wants to see the curves
    constant : the score of the best constant prediction, drawn as a level to beat
    """
    curves, regression = run_curves(history, _SCORES), "train_r2" in history
    title = "Coefficient of determination (R²)" if regression else "Accuracy"
    titles = (title, "R²" if regression else "share classified correctly")
    shown = ".4f" if regression else ".2%"

    def draw(log: bool) -> Traces:
        return _lines(curves, look, constant, log_y=log, value_format=shown)

    columns = ("split", "r2" if regression else "accuracy")
    chart = run_chart(history, curves, look, titles, "scores", columns, draw)
    if chart.drawing.traces and not regression:
        chart.drawing.update_yaxes(tickformat="~%")
    elif chart.drawing.traces and not look.log_y(False):
        chart.drawing.update_yaxes(range=_r2_range(curves))
    return chart


def _r2_range(curves: list[Curve]) -> tuple[float, float] | None:
    values = np.concatenate([curve.values for curve in curves])
    values = values[np.isfinite(values)]
    if not len(values) or values.max() < -1 or values.min() > -1:
        return None  # Plotly's own choice shows everything
    return -1.0, max(float(values.max()), 0.0) + 0.05


def plot_learning_rate(history: History, look: Look = AS_RECORDED, *, log_y: bool = False) -> Chart:
    """Draw the learning rate as configured, and as in effect after the schedule.

    It is set and not measured, so there is nothing to smooth. Parameters as of `plot_losses`.
    """
    look = replace(look, smoothing=0.0)
    curves = run_curves(history, _RATES)

    def draw(log: bool) -> Traces:
        return [
            line(c, color, over=look.over, log_y=log, style=style)
            for c, (color, style) in ((c, _RATE_STYLES[c.name]) for c in curves)
        ]

    titles, columns = ("Learning rate", "learning rate"), ("rate", "learning_rate")
    chart = run_chart(history, curves, look, titles, "learning-rate", columns, draw, log_y=log_y)
    if chart.drawing.traces and not look.log_y(log_y):
        chart.drawing.update_yaxes(rangemode="tozero")
    return chart
