"""Charts of gradient descent on the quadratic at several learning rates."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.labs.descent import Descent
from nnlib.labs.learning_rates import (
    BEST_RATE,
    QUADRATIC,
    STABILITY_LIMIT,
    behavior,
    factor_per_step,
)
from pages.shared.charts import theme
from pages.shared.charts.chart import Chart
from pages.shared.charts.comparison import leave_room
from pages.shared.charts.curves import drawable
from pages.shared.charts.figure import Figure
from pages.shared.charts.look import STEP

BEHAVIORS = {
    "smooth": "steady",
    "one step": "one step",
    "alternating": "alternating",
    "forever": "for ever",
    "diverging": "diverging",
}
"""What a rate does, in a word or two."""
NO_RATES = "Choose a learning rate to see its path."
_COLUMNS = 3
_PANEL_HEIGHT = 215
_HIGHEST = 30.0  # of the panels' y axes
_CURVE_POINTS = 121


def rate_colors(rates: Mapping[float, Any]) -> dict[float, str]:
    """Return one color a rate, in their order."""
    return {rate: theme.CLASS_COLORS[i % len(theme.CLASS_COLORS)] for i, rate in enumerate(rates)}


def plot_paths(runs: Mapping[float, Descent]) -> Chart:
    """Draw the path of each rate on the quadratic, one panel a rate.

    Parameters
    ----------
    runs : learning rates and the descents on `QUADRATIC`
    """
    title = "The path at each learning rate, on x² + 2x + 1"
    name, table = "quadratic-paths", partial(_paths_table, runs)
    if not runs:
        return Chart(theme.empty_figure(title, "x", "f(x)", NO_RATES), name, table)
    columns = min(_COLUMNS, len(runs))
    rows = -(-len(runs) // columns)
    height = 70 + _PANEL_HEIGHT * rows
    figure = theme.new_figure(title, "x", "f(x)", height=height)
    figure.set_subplots(
        rows=rows,
        cols=columns,
        shared_xaxes=True,
        shared_yaxes=True,
        horizontal_spacing=0.03,
        vertical_spacing=0.3 / rows,
        titles=[f"η = {theme.plain_number(rate)}: {BEHAVIORS[behavior(rate)]}" for rate in runs],
    )
    for i, ((rate, run), color) in enumerate(
        zip(runs.items(), rate_colors(runs).values(), strict=True)
    ):
        place = {"row": i // columns + 1, "col": i % columns + 1}
        figure.add_trace(_curve(), **place)
        figure.add_trace(_path(rate, run, color), **place)
    (low, high) = QUADRATIC.ranges[0]
    figure.update_xaxes(range=(low, high), title_text="")
    figure.update_yaxes(range=(-2, _HIGHEST), title_text="")
    figure.update_xaxes(title_text="x", row=rows)
    figure.update_yaxes(title_text="f(x)", col=1)
    leave_room(figure, 0.03)
    return Chart(figure.update_layout(showlegend=False), name, table)


def _curve() -> dict[str, Any]:
    x = np.linspace(*QUADRATIC.ranges[0], _CURVE_POINTS)
    return {
        "x": x.astype(np.float32),
        "y": QUADRATIC.values(x[:, np.newaxis]).astype(np.float32),
        "mode": "lines",
        "line": {"color": theme.BATCH, "width": 1.5},
        "hoverinfo": "skip",
    }


def _path(rate: float, run: Descent, color: str) -> dict[str, Any]:
    return {
        "name": f"η = {theme.plain_number(rate)}",
        "x": drawable(run.points[:, 0]),
        "y": drawable(run.values),
        "customdata": np.arange(len(run.values)),
        "mode": "lines+markers",
        "line": {"color": color, "width": 1.5},
        "marker": {"color": color, "size": 6},
        "hovertemplate": f"<b>η = {theme.plain_number(rate)}</b>, step %{{customdata}}<br>"
        "x = %{x:.6g} · f(x) = %{y:.6g}<extra></extra>",
    }


def plot_losses(runs: Mapping[float, Descent]) -> Chart:
    """Draw the loss of each rate over the steps."""
    values = {rate: run.values for rate, run in runs.items()}
    figure = _over_steps("Loss at each learning rate", "f(x)", values)
    return Chart(figure, "quadratic-loss", partial(_paths_table, runs))


def plot_gradients(runs: Mapping[float, Descent]) -> Chart:
    """Draw the magnitude of the gradient of each rate over the steps."""
    values = {rate: run.gradient_norms for rate, run in runs.items()}
    figure = _over_steps("Magnitude of the gradient", "|f′(x)|", values)
    return Chart(figure, "quadratic-gradients", partial(_paths_table, runs))


def _over_steps(title: str, y_title: str, values: Mapping[float, NDArray[Any]]) -> Figure:
    if not values:
        return theme.empty_figure(title, STEP, y_title, NO_RATES)
    figure = theme.new_figure(title, STEP, y_title, log_y=True)
    colors = rate_colors(values)
    figure.add_traces([_series(rate, y, colors[rate]) for rate, y in values.items()])
    # Past rounding nothing is to be seen; without this one rate's 1e-25 would hide the others.
    figure.update_yaxes(range=(-9, 7))
    return figure.update_xaxes(rangemode="nonnegative")


def _series(rate: float, y: NDArray[Any], color: str) -> dict[str, Any]:
    return {
        "name": f"η = {theme.plain_number(rate)}",
        "x": np.arange(len(y)),
        "y": drawable(y, log=True),
        "mode": "lines+markers",
        "line": {"color": color, "width": 2},
        "marker": {"color": color, "size": 4},
        "hovertemplate": f"<b>η = {theme.plain_number(rate)}</b>, step %{{x:,}}: %{{y:.6g}}"
        "<extra></extra>",
    }


def plot_factor(runs: Mapping[float, Descent]) -> Chart:
    """Draw the factor by which each step shrinks the distance, with the stability limit."""
    figure = theme.new_figure(
        "What one step does to the distance from the minimum",
        "learning rate η",
        "factor |1 − η f″|",
        height=theme.DEFAULT_HEIGHT,
    )
    end = max([1.25 * STABILITY_LIMIT, *(1.05 * rate for rate in runs)])
    grid = np.sort(np.append(np.linspace(0, end, 60), [BEST_RATE, STABILITY_LIMIT]))
    figure.add_trace(
        {
            "x": grid,
            "y": [abs(factor_per_step(rate)) for rate in grid],
            "mode": "lines",
            "line": {"color": theme.BATCH, "width": 2},
            "showlegend": False,
            "hovertemplate": "η = %{x:.4g}: factor %{y:.4g}<extra></extra>",
        }
    )
    colors = rate_colors(runs)
    figure.add_traces([_factor_point(rate, colors[rate]) for rate in runs])
    _mark_limit(figure, end)
    figure.update_layout(xaxis_range=(0, end), yaxis_rangemode="tozero")
    return Chart(figure, "quadratic-factor", partial(factors_table, runs))


def _factor_point(rate: float, color: str) -> dict[str, Any]:
    factor = factor_per_step(rate)
    return {
        "name": f"η = {theme.plain_number(rate)}",
        "x": [rate],
        "y": [abs(factor)],
        "mode": "markers",
        "marker": {"color": color, "size": 11},
        "cliponaxis": False,
        "hovertemplate": f"<b>η = {theme.plain_number(rate)}</b>: {BEHAVIORS[behavior(rate)]}<br>"
        f"each step multiplies x + 1 by {theme.plain_number(factor, 4)}<extra></extra>",
    }


def _mark_limit(figure: Figure, end: float) -> None:
    red, green = theme.CLASS_COLORS[3], theme.CLASS_COLORS[2]
    figure.add_vrect(
        STABILITY_LIMIT, end, fillcolor=theme.faded(red, 0.1), line_width=0, layer="below"
    )
    for rate, text, color, anchor in (
        (STABILITY_LIMIT, f"limit 2/f″ = {STABILITY_LIMIT:g}", red, "right"),
        (BEST_RATE, f"one step: 1/f″ = {BEST_RATE:g}", green, "right"),
    ):
        figure.add_vline(rate, line={"color": color, "width": 1.5, "dash": "dash"})
        figure.add_annotation(
            x=rate,
            y=1,
            yref="paper",
            yanchor="top",
            xanchor=anchor,
            text=text,
            showarrow=False,
            font={"color": color},
        )


def _paths_table(runs: Mapping[float, Descent]) -> pd.DataFrame:
    """Return rows ``learning_rate, step, x, loss, gradient_magnitude``."""
    tables = [
        pd.DataFrame(
            {
                "learning_rate": rate,
                "step": np.arange(len(run.values)),
                "x": run.points[:, 0],
                "loss": run.values,
                "gradient_magnitude": run.gradient_norms,
            }
        )
        for rate, run in runs.items()
    ]
    names = ["learning_rate", "step", "x", "loss", "gradient_magnitude"]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=names)


def factors_table(runs: Mapping[float, Descent]) -> pd.DataFrame:
    """Return one row a rate: the factor, what the rate does, where the path is at its end."""
    return pd.DataFrame(
        {
            "learning_rate": list(runs),
            "factor": [factor_per_step(rate) for rate in runs],
            "behavior": [BEHAVIORS[behavior(rate)] for rate in runs],
            "steps": [run.steps for run in runs.values()],
            "last_x": [float(run.points[-1, 0]) for run in runs.values()],
            "last_loss": [float(run.values[-1]) for run in runs.values()],
        }
    )
