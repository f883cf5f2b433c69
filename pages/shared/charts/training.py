"""Charts of a run's history: losses, scores and learning rate here, layers in `layers`.

Each ``plot_…(history)`` has a ``…_data(history)`` with the same numbers as a table. Histories are
those of a single run; of a stack, take ``history.replica(i)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from nnlib.history import History
from pages.shared.charts.curves import (
    NOTHING_YET,
    STEP,
    Curve,
    curves_table,
    line,
    run_curves,
    run_figure,
    smooth,
)
from pages.shared.charts.layers import (
    activation_statistics_data,
    gradient_norms_data,
    gradient_profile_data,
    plot_activation_statistics,
    plot_gradient_norms,
    plot_gradient_profile,
    plot_update_ratios,
    update_ratios_data,
)
from pages.shared.charts.marks import mark_run
from pages.shared.charts.theme import (
    BATCH,
    CLASS_COLORS,
    TRAIN,
    VALIDATION,
    empty_figure,
    faded,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "activation_statistics_data",
    "gradient_norms_data",
    "gradient_profile_data",
    "learning_rate_data",
    "losses_data",
    "plot_activation_statistics",
    "plot_gradient_norms",
    "plot_gradient_profile",
    "plot_learning_rate",
    "plot_losses",
    "plot_scores",
    "plot_update_ratios",
    "scores_data",
    "update_ratios_data",
]


_LOSSES = {"batch_loss": "minibatch", "train_loss": "training", "val_loss": "validation"}
_SCORES = {
    "train_accuracy": "training",
    "val_accuracy": "validation",
    "train_r2": "training",
    "val_r2": "validation",
}
_RATES = {"learning_rate": "configured", "effective_learning_rate": "in effect"}
_COLORS = {"minibatch": faded(BATCH, 0.55), "training": TRAIN, "validation": VALIDATION}


def plot_losses(history: History, *, log_y: bool = False, smoothing: float = 0.0) -> go.Figure:
    """Draw training, validation and minibatch loss, with live changes and divergence marked.

    Parameters
    ----------
    history : nnlib.History
    log_y : bool
        Whether the loss axis is logarithmic.
    smoothing : float
        Weight of the past in a moving average, from 0 (off) to 0.99; the recorded values stay
        visible behind it.
    """
    title = "Training and validation loss"
    curves = run_curves(history, _LOSSES)
    if not curves:
        return empty_figure(title, STEP, "loss", NOTHING_YET)
    figure = run_figure(title, "loss", curves, log_y=log_y)
    traces = [t for curve in curves for t in _loss_lines(curve, log_y, smoothing)]
    figure.add_traces(traces)
    mark_run(figure, history, curves)
    return figure


def _loss_lines(curve: Curve, log_y: bool, smoothing: float) -> list[dict[str, Any]]:
    color = _COLORS[curve.name]
    style = {"width": 1 if curve.name == "minibatch" else 2}
    if not smoothing:
        return [line(curve, color, log_y=log_y, style=style)]
    raw = line(
        curve,
        color,
        log_y=log_y,
        style={"width": 1},
        opacity=0.4,
        hoverinfo="skip",
        showlegend=False,
    )
    del raw["hovertemplate"]  # it would win over hoverinfo
    averaged = Curve(
        f"{curve.name}, smoothed", curve.steps, curve.epochs, smooth(curve.values, smoothing)
    )
    return [raw, line(averaged, color, log_y=log_y, style=style)]


def losses_data(history: History, *, smoothing: float = 0.0) -> pd.DataFrame:
    """Return rows ``step, epoch, loss, value``, with ``smoothed`` where smoothing is on."""
    curves = run_curves(history, _LOSSES)
    table = curves_table(curves, "loss")
    if smoothing:
        averages = [smooth(curve.values, smoothing) for curve in curves]
        table["smoothed"] = np.concatenate([np.empty(0), *averages])
    return table


def plot_scores(history: History) -> go.Figure:
    """Draw accuracy, or R² of a regression, on training and validation split.

    R² has no lower bound; the axis ends at -1 as long as some of it is above that.
    """
    curves = run_curves(history, _SCORES)
    regression = "train_r2" in history
    title = "Coefficient of determination (R²)" if regression else "Accuracy"
    y_title = "R²" if regression else "share classified correctly"
    if not curves:
        return empty_figure(title, STEP, y_title, NOTHING_YET)
    figure = run_figure(title, y_title, curves)
    shown = ".4f" if regression else ".2%"
    figure.add_traces([line(c, _COLORS[c.name], value_format=shown) for c in curves])
    if regression:
        figure.update_yaxes(range=_r2_range(curves))
    else:
        figure.update_yaxes(tickformat="~%")
    mark_run(figure, history, curves)
    return figure


def _r2_range(curves: list[Curve]) -> tuple[float, float] | None:
    values = np.concatenate([curve.values for curve in curves])
    values = values[np.isfinite(values)]
    if not len(values) or values.max() < -1 or values.min() > -1:
        return None  # Plotly's own choice shows everything
    return -1.0, max(float(values.max()), 0.0) + 0.05


def scores_data(history: History) -> pd.DataFrame:
    """Return rows ``step, epoch, split, value`` of the accuracy or R²."""
    return curves_table(run_curves(history, _SCORES), "split")


def plot_learning_rate(history: History, *, log_y: bool = False) -> go.Figure:
    """Draw the learning rate as configured, and as in effect after the schedule."""
    title = "Learning rate"
    curves = run_curves(history, _RATES)
    if not curves:
        return empty_figure(title, STEP, "learning rate", NOTHING_YET)
    styles = {
        "configured": (BATCH, {"width": 1.5, "dash": "dot", "shape": "hv"}),
        "in effect": (CLASS_COLORS[4], {"width": 2, "shape": "hv"}),
    }
    figure = run_figure(title, "learning rate", curves, log_y=log_y)
    figure.add_traces(
        [line(c, styles[c.name][0], log_y=log_y, style=styles[c.name][1]) for c in curves]
    )
    if not log_y:
        figure.update_yaxes(rangemode="tozero")
    mark_run(figure, history, curves)
    return figure


def learning_rate_data(history: History) -> pd.DataFrame:
    """Return rows ``step, epoch, rate, value``; `rate` is "configured" or "in effect"."""
    return curves_table(run_curves(history, _RATES), "rate")
