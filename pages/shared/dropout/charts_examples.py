"""Charts of Monte Carlo dropout on validation examples: uncertainty beside what went wrong."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pages.shared.charts.chart import Chart
from pages.shared.charts.figure import Figure
from pages.shared.charts.surface_values import NOT_FINITE
from pages.shared.charts.theme import CLASS_COLORS, empty_figure, escape, new_figure
from pages.shared.dropout.charts_monte_carlo import COLOR, HEIGHT, QUANTITIES

_BINS = 30


def plot_right_and_wrong(
    values: NDArray[np.float64], right: NDArray[np.bool_], quantity: str
) -> Chart:
    """Draw how uncertainty is spread among right and among wrong predictions.

    Parameters
    ----------
    values : ndarray of shape (n,)
    right : ndarray of bool, shape (n,)
    quantity : a key of `QUANTITIES`
    """
    figure = _groups_figure(values, right, quantity)
    return Chart(figure, "monte-carlo-examples", lambda: _examples_table(values, right, "right"))


def _groups_figure(values: NDArray[np.float64], right: NDArray[np.bool_], quantity: str) -> Figure:
    title = "Validation examples: uncertainty where right and where wrong"
    axes = (QUANTITIES[quantity], "share of the group")
    if not np.isfinite(values).all() or not len(values):
        return empty_figure(title, *axes, NOT_FINITE, height=HEIGHT)
    figure = new_figure(title, *axes, height=HEIGHT)
    top = float(values.max()) or 1.0
    groups = (("right", right, CLASS_COLORS[2]), ("wrong", ~right, CLASS_COLORS[3]))
    for name, rows, color in groups:
        figure.add_trace(
            {
                "type": "histogram",
                "name": f"{name} ({int(rows.sum()):,})",
                "x": values[rows].astype(np.float32),
                "histnorm": "probability",
                "autobinx": False,
                "xbins": {"start": 0, "end": top * (1 + 1e-6), "size": top / _BINS},
                "marker": {"color": color},
                "opacity": 0.6,
                "hovertemplate": f"{name}: %{{x:.4g}}<br>%{{y:.1%}} of them<extra></extra>",
            }
        )
    return figure.update_layout(barmode="overlay", yaxis_tickformat="~%")


def plot_error_and_spread(
    spread: NDArray[np.float64], error: NDArray[np.float64], target: str
) -> Chart:
    """Draw the absolute error of a regression's validation examples over their deviation."""
    figure = _errors_figure(spread, error, target)
    name = "absolute error"
    return Chart(figure, "monte-carlo-error", lambda: _examples_table(spread, error, name))


def _errors_figure(spread: NDArray[np.float64], error: NDArray[np.float64], target: str) -> Figure:
    title = "Validation examples: error and standard deviation"
    axes = (f"standard deviation of {escape(target)} over the passes", "absolute error of the mean")
    if not (np.isfinite(spread).all() and np.isfinite(error).all()):
        return empty_figure(title, *axes, NOT_FINITE, height=HEIGHT)
    figure = new_figure(title, *axes, height=HEIGHT)
    figure.add_trace(
        {
            "mode": "markers",
            "x": spread.astype(np.float32),
            "y": error.astype(np.float32),
            "marker": {"color": COLOR, "size": 7, "opacity": 0.7},
            "hovertemplate": "deviation %{x:.4g}<br>absolute error %{y:.4g}<extra></extra>",
        }
    )
    return figure.update_layout(xaxis_rangemode="tozero", yaxis_rangemode="tozero")


def _examples_table(values: NDArray[np.float64], outcome: NDArray[Any], name: str) -> pd.DataFrame:
    """Return rows ``row, uncertainty, <name>`` of the validation examples."""
    return pd.DataFrame({"row": np.arange(len(values)), "uncertainty": values, name: outcome})
