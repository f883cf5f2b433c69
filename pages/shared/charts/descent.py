"""Descents as lines and tables: one variable, values and gradient norms over steps, rates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from nnlib.descent import RACERS, Descent, RateCheck, reached_minimum
from nnlib.surfaces import Objective
from pages.shared.charts.curves import STEP, drawable, log_ticks
from pages.shared.charts.descent_frames import (
    CONTROLS_MARGIN,
    MOST_FRAMES,
    MOST_POINTS,
    player,
    thinned,
)
from pages.shared.charts.theme import CLASS_COLORS, empty_figure, new_figure, plain_number

if TYPE_CHECKING:
    import pandas as pd

RACER_COLORS = dict(zip(RACERS, CLASS_COLORS, strict=False))
_LABELS = {
    "sgd": "gradient descent",
    "momentum": "momentum",
    "nesterov": "Nesterov",
    "adagrad": "Adagrad",
    "rmsprop": "RMSprop",
    "adam": "Adam",
}
_PATH, _CURVE = CLASS_COLORS[1], CLASS_COLORS[8]
_PATH_HEIGHT = 540
_DECADES_ABOVE = 3  # of the start's value, seen of a run that blows up
_CURVE_POINTS = 241
_NO_RACER = "Choose at least one optimizer in the sidebar."


def racer_label(name: str) -> str:
    """Return how an optimizer is called in the race; gradients are exact, so "sgd" is not."""
    return _LABELS[name]


# ------------------------------------------------------------------ one variable


def plot_path(curve: Objective, run: Descent) -> go.Figure:
    """Draw a descent on the function's curve; frames play it in the browser.

    Parameters
    ----------
    curve : nnlib.surfaces.Objective
        Of one variable.
    run : nnlib.descent.Descent
        The way; where it leaves the range of the curve it is cut at the frame.
    """
    ((low, high),) = curve.ranges
    figure = new_figure(f"{curve.label}: the way down", "x", "f(x)", height=_PATH_HEIGHT)
    kept, times = thinned(run.steps, MOST_POINTS), thinned(run.steps, MOST_FRAMES)
    grid = np.linspace(low, high, _CURVE_POINTS)
    heights = curve.values(grid[:, None])
    figure.add_traces([_curve_line(grid, heights), _way(run, kept), _ball(run, run.steps)])
    figure.frames = [
        {
            "name": str(time),
            "traces": [1, 2],
            "data": [_coordinates(run, kept[kept <= time]), _coordinates(run, np.array([time]))],
        }
        for time in times.tolist()
    ]
    margin = 0.06 * float(heights.max() - heights.min())
    return figure.update_layout(
        xaxis={"range": (low, high), "zeroline": False},
        yaxis={"range": (float(heights.min()) - margin, float(heights.max()) + margin)},
        margin_b=CONTROLS_MARGIN,
        uirevision=curve.name,
        **player(times.tolist()),
    )


def _curve_line(grid: NDArray[Any], heights: NDArray[Any]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "f(x)",
        "x": grid.astype(np.float32),
        "y": heights.astype(np.float32),
        "line": {"color": _CURVE, "width": 2.5},
        "hovertemplate": "x %{x:.4g}<br>f(x) = %{y:.6g}<extra></extra>",
    }


def _way(run: Descent, steps: NDArray[np.int64]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "steps",
        **_coordinates(run, steps),
        "customdata": steps.astype(np.int32),
        "line": {"color": _PATH, "width": 1.5},
        "marker": {"color": _PATH, "size": 6},
        "hovertemplate": "step %{customdata:,}<br>x %{x:.6g}<br>f(x) = %{y:.6g}<extra></extra>",
    }


def _ball(run: Descent, step: int) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "now",
        **_coordinates(run, np.array([step])),
        "marker": {"color": CLASS_COLORS[3], "size": 14, "line": {"width": 2, "color": "#ffffff"}},
        "hoverinfo": "skip",
    }


def _coordinates(run: Descent, steps: NDArray[np.int64]) -> dict[str, Any]:
    return {"x": drawable(run.points[steps, 0]), "y": drawable(run.values[steps])}


def plot_progress(curve: Objective, run: Descent, tolerance: float) -> go.Figure:
    """Draw height above the lowest value and slope over steps, with the tolerance."""
    figure = new_figure(
        "Height above the minimum, and slope, over steps",
        STEP,
        "f − lowest value, |slope|",
        log_y=True,
        height=_PATH_HEIGHT,
    )
    steps = thinned(run.steps, MOST_POINTS)
    above = run.values - (curve.lowest or 0.0)
    figure.add_traces(
        [
            _line("f(x) − lowest value", steps, above[steps], CLASS_COLORS[0]),
            _line("|slope|", steps, run.gradient_norms[steps], CLASS_COLORS[2]),
        ]
    )
    return _with_tolerance(figure, tolerance, [above, run.gradient_norms])


def path_data(run: Descent) -> pd.DataFrame:
    """Return one row a step: where it is, the value, the slope's magnitude."""
    import pandas as pd

    return pd.DataFrame(
        {
            "step": np.arange(run.steps + 1),
            "x": run.points[:, 0],
            "f": run.values,
            "|slope|": run.gradient_norms,
        }
    )


# ------------------------------------------------------------------ the race


def plot_values(surface: Objective, race: Sequence[Descent]) -> go.Figure:
    """Draw f over steps: above its lowest value and logarithmic where it has one."""
    log = surface.lowest is not None
    title = "Loss over steps"
    y_title = "f − lowest value" if log else "f"
    if not race:
        return empty_figure(title, STEP, y_title, _NO_RACER)
    figure = new_figure(title, STEP, y_title, log_y=log)
    base = surface.lowest or 0.0
    series = [run.values - base for run in race]
    _add_lines(figure, race, series, log=log)
    _cut_divergence(figure, race, series)
    if not log:  # f falls without end; what is on the map fits the axis
        ((_, reach), _) = surface.ranges
        low, high = surface.value(0.0, reach), surface.value(reach, 0.0)
        figure.update_yaxes(range=(1.5 * low, 1.1 * high))
    return figure


def plot_gradient_norms(race: Sequence[Descent], tolerance: float) -> go.Figure:
    """Draw the gradient's norm over steps, with the tolerance."""
    title, y_title = "Gradient norm over steps", "‖∇f‖"
    if not race:
        return empty_figure(title, STEP, y_title, _NO_RACER)
    figure = new_figure(title, STEP, y_title, log_y=True)
    norms = [run.gradient_norms for run in race]
    _add_lines(figure, race, norms, log=True)
    _cut_divergence(figure, race, norms)
    return _with_tolerance(figure, tolerance, norms)


def _add_lines(
    figure: go.Figure, race: Sequence[Descent], series: Sequence[NDArray[Any]], *, log: bool
) -> None:
    for run, values in zip(race, series, strict=True):
        steps = thinned(run.steps, MOST_POINTS)
        name, color = racer_label(run.optimizer), RACER_COLORS[run.optimizer]
        figure.add_trace(_line(name, steps, values[steps], color, log=log))


def _cut_divergence(
    figure: go.Figure, race: Sequence[Descent], series: Sequence[NDArray[Any]]
) -> None:
    """Keep a logarithmic axis to what the others need, where some run blew up."""
    if all(run.outcome != "diverged" for run in race):
        return
    shown = drawable(np.concatenate(series), log=True).astype(np.float64)
    start = float(series[0][0])
    if not np.isfinite(shown).any() or start <= 0:
        return
    low = np.log10(min(float(np.nanmin(shown)), start))
    figure.update_yaxes(range=(float(low) - 0.2, float(np.log10(start)) + _DECADES_ABOVE))


def _line(
    name: str, steps: NDArray[np.int64], values: NDArray[Any], color: str, *, log: bool = True
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines" if len(steps) > 1 else "markers",
        "name": name,
        "x": steps.astype(np.int32),
        "y": drawable(values, log=log),
        "line": {"color": color, "width": 2},
        "marker": {"color": color},
        "hovertemplate": f"<b>{name}</b>: %{{y:.6g}}<br>step %{{x:,}}<extra></extra>",
    }


def _with_tolerance(
    figure: go.Figure, tolerance: float, series: Sequence[NDArray[Any]]
) -> go.Figure:
    figure.add_shape(
        type="line",
        xref="paper",
        x0=0,
        x1=1,
        y0=tolerance,
        y1=tolerance,
        line={"dash": "dot", "width": 1.5, "color": "rgba(128, 136, 150, 0.9)"},
    )
    figure.add_annotation(
        text=f"tolerance {plain_number(tolerance)}",
        xref="paper",
        x=1,
        xanchor="right",
        y=float(np.log10(tolerance)),  # Plotly places annotations by exponent, shapes by value
        yanchor="top",
        showarrow=False,
    )
    return figure.update_layout(
        xaxis={"rangemode": "nonnegative"}, yaxis=_ticks([*series, np.array([tolerance])])
    )


def _ticks(series: Sequence[NDArray[Any]]) -> dict[str, str]:
    """Return the ticks of a logarithmic axis for what of the series can be drawn on it."""
    return log_ticks(drawable(np.concatenate(series), log=True).astype(np.float64))


def race_data(surface: Objective, race: Sequence[Descent]) -> pd.DataFrame:
    """Return one row an optimizer: how it ended, steps to tolerance, where it was at the end."""
    import pandas as pd

    return pd.DataFrame(
        {
            "optimizer": [racer_label(run.optimizer) for run in race],
            "outcome": [_outcome(run) for run in race],
            "steps to tolerance": pd.array([run.steps_to_tolerance for run in race], "Int64"),
            "where it ended": [_place(surface, run) for run in race],
            "final f": [_final(run, run.values) for run in race],
            "final ‖∇f‖": [_final(run, run.gradient_norms) for run in race],
            "final x": [_final(run, run.points[:, 0]) for run in race],
            "final y": [_final(run, run.points[:, 1]) for run in race],
        }
    )


def _final(run: Descent, values: NDArray[Any]) -> float:
    """Return the last value; none of a run that left the map, where it only says how it ended."""
    return float("nan") if run.outcome in ("diverged", "escaped") else float(values[-1])


def _outcome(run: Descent) -> str:
    if run.outcome == "step limit":
        return f"still moving after {run.steps:,} steps"
    return f"{run.outcome} at step {run.steps:,}"


def _place(surface: Objective, run: Descent) -> str:
    if run.outcome in ("diverged", "escaped"):
        return "off the map"
    reached = reached_minimum(surface, run)
    if reached is not None:
        point = ", ".join(plain_number(value, 4) for value in surface.minima[reached])
        return f"lowest point ({point})"
    if run.outcome == "step limit":
        return "on the way"
    return "saddle point" if surface.lowest is None else "small gradient, not a lowest point"


def race_steps_data(race: Sequence[Descent]) -> pd.DataFrame:
    """Return one row an optimizer and step: ``optimizer, step, x, y, f, gradient norm``."""
    import pandas as pd

    columns = ["optimizer", "step", "x", "y", "f", "gradient norm"]
    tables = [
        pd.DataFrame(
            {
                "optimizer": racer_label(run.optimizer),
                "step": np.arange(run.steps + 1),
                "x": run.points[:, 0],
                "y": run.points[:, 1],
                "f": run.values,
                "gradient norm": run.gradient_norms,
            }
        )
        for run in race
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


# ------------------------------------------------------------------ the theory of the bowl


def plot_rates(checks: Sequence[RateCheck]) -> go.Figure:
    """Draw the distance to the minimum over steps, and the predicted slope dashed.

    The dashed line starts at the same distance and shrinks by the predicted factor each step.
    """
    title, y_title = "Distance to the minimum: run and prediction", "‖x − x*‖"
    if not checks:
        return empty_figure(title, STEP, y_title, _NO_RACER)
    figure = new_figure(title, STEP, y_title, log_y=True)
    for check in checks:
        name, color = racer_label(check.optimizer), RACER_COLORS[check.optimizer]
        steps = thinned(len(check.distances) - 1, MOST_POINTS)
        figure.add_trace(_line(name, steps, check.distances[steps], color))
        with np.errstate(over="ignore", under="ignore"):
            slope = check.distances[0] * check.predicted ** steps.astype(float)
        dashed = _line(f"{name}, predicted", steps, slope, color)
        dashed["line"] = {"color": color, "width": 1.5, "dash": "dash"}
        figure.add_trace(dashed | {"showlegend": False})
    return figure.update_layout(
        xaxis={"rangemode": "nonnegative"},
        yaxis=_ticks([check.distances for check in checks]),
    )


def rates_data(checks: Sequence[RateCheck]) -> pd.DataFrame:
    """Return one row a method: its limit of stability, predicted and measured factor per step."""
    import pandas as pd

    return pd.DataFrame(
        {
            "optimizer": [racer_label(check.optimizer) for check in checks],
            "stable below η": [check.stable_below for check in checks],
            "predicted rate": [check.predicted for check in checks],
            "measured rate": [
                np.nan if check.measured is None else check.measured for check in checks
            ],
        }
    )
