"""A descent on one variable: the way down on the curve, and height and slope over its steps."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.labs.descent import Descent
from nnlib.labs.surfaces import Objective
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import drawable
from pages.shared.charts.look import STEP
from pages.shared.charts.theme import CLASS_COLORS, new_figure
from pages.shared.descent import charts_frames
from pages.shared.descent.charts_lines import line_over_steps, with_tolerance

_PATH, _CURVE = CLASS_COLORS[1], CLASS_COLORS[8]
_PROGRESS = (CLASS_COLORS[0], CLASS_COLORS[2], CLASS_COLORS[4])
_PATH_HEIGHT = 540
_CURVE_POINTS = 241
_BEYOND_START = 1.08  # how much wider than the start's distance the window is


def plot_path(curve: Objective, run: Descent) -> Chart:
    """Draw a descent on the function's curve; frames play it in the browser.

    Parameters
    ----------
    curve : of one variable
    run : the way; where it leaves the window it is cut at the frame
    """
    low, high = _window(curve, run)
    figure = new_figure(f"{curve.label}: the way down", "x", "f(x)", height=_PATH_HEIGHT)
    kept, times = (
        charts_frames.thinned(run.steps, charts_frames.MOST_POINTS),
        charts_frames.thinned(run.steps, charts_frames.MOST_FRAMES),
    )
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
    figure.update_layout(
        xaxis={"range": (low, high), "zeroline": False},
        yaxis={"range": (float(heights.min()) - margin, float(heights.max()) + margin)},
        margin_b=charts_frames.CONTROLS_MARGIN,
        uirevision=curve.name,
        **charts_frames.player(times.tolist()),
    )
    return Chart(figure, "gradient-descent-path", partial(_path_table, run))


def _window(curve: Objective, run: Descent) -> tuple[float, float]:
    """Return what is seen of the x axis: the curve's range, widened so that the start is in it."""
    ((low, high),) = curve.ranges
    start = float(run.points[0, 0])
    wider = max(1.0, _BEYOND_START * start / (high if start > 0 else low))
    return low * wider, high * wider


def _curve_line(grid: NDArray[Any], heights: NDArray[Any]) -> dict[str, Any]:
    return {
        "mode": "lines",
        "name": "f(x)",
        "x": grid.astype(np.float32),
        "y": heights.astype(np.float32),
        "line": {"color": _CURVE, "width": 2.5},
        "hovertemplate": "x %{x:.4g}<br>f(x) = %{y:.6g}<extra></extra>",
    }


def _way(run: Descent, steps: NDArray[np.int64]) -> dict[str, Any]:
    return {
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
        "mode": "markers",
        "name": "now",
        **_coordinates(run, np.array([step])),
        "marker": {"color": CLASS_COLORS[3], "size": 14, "line": {"width": 2, "color": "#ffffff"}},
        "hoverinfo": "skip",
    }


def _coordinates(run: Descent, steps: NDArray[np.int64]) -> dict[str, Any]:
    return {"x": drawable(run.points[steps, 0]), "y": drawable(run.values[steps])}


def plot_progress(curve: Objective, run: Descent, tolerance: float) -> Chart:
    """Draw height above the lowest value and slope over steps, with the tolerance.

    The length of the steps is drawn as well where the tolerance is on it.
    """
    by_step = run.measure == "step"
    above = run.values - (curve.lowest or 0.0)
    series = {"f(x) − lowest value": above, "|slope|": run.gradient_norms}
    if by_step:
        series["|step|"] = run.step_lengths
    figure = new_figure(
        f"Height above the minimum, {'slope and step' if by_step else 'and slope'}, over steps",
        STEP,
        "f − lowest value, |slope|" + (", |step|" if by_step else ""),
        log_y=True,
        height=_PATH_HEIGHT,
    )
    steps = charts_frames.thinned(run.steps, charts_frames.MOST_POINTS)
    for (name, values), color in zip(series.items(), _PROGRESS, strict=False):
        figure.add_trace(line_over_steps(name, steps, values[steps], color))
    with_tolerance(figure, tolerance, list(series.values()))
    return Chart(figure, "gradient-descent-progress", partial(_path_table, run))


def _path_table(run: Descent) -> pd.DataFrame:
    """Return one row a step: where it is, the value, the slope, the step that led there."""
    return pd.DataFrame(
        {
            "step": np.arange(run.steps + 1),
            "x": run.points[:, 0],
            "f": run.values,
            "|slope|": run.gradient_norms,
            "|step|": run.step_lengths,
        }
    )
