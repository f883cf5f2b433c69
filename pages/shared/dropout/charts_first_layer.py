"""First-layer weights of networks trained with dropout: lines over the data, images, a matrix."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.datasets import Dataset
from nnlib.labs.dropout_rates import rate_label
from pages.shared.charts import theme
from pages.shared.charts.chart import Chart
from pages.shared.charts.figure import Figure
from pages.shared.charts.images import plot_first_layer_weights, weights_table
from pages.shared.charts.points import class_points, feature_title, value_points

_DIVERGED = "The weights are not finite numbers: the run diverged."
_MOST_LINES = 128
_SQUARE_HEIGHT = 440


def plot_first_layer(data: Dataset, weight: NDArray[Any], bias: NDArray[Any], rate: float) -> Chart:
    """Draw first-layer weights: as lines over 2-D data, as images, or as a matrix.

    Parameters
    ----------
    weight : ndarray of shape (inputs, units)
    bias : ndarray of shape (units,)
    rate : the dropout rate the weights were trained with, for the title
    """
    figure = _first_layer(data, weight, bias, f"First layer, {rate_label(rate)}")
    return Chart(figure, f"dropout-first-layer-{rate:g}", lambda: _table(weight, bias))


def _first_layer(data: Dataset, weight: NDArray[Any], bias: NDArray[Any], title: str) -> Figure:
    if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
        return theme.empty_figure(title, "", "", _DIVERGED, height=_SQUARE_HEIGHT)
    if data.image_shape is not None:
        figure = plot_first_layer_weights(weight, data.image_shape).drawing
        name = f"{title}: {figure.title.removeprefix('First-layer weights of ')}"
        return figure.update_layout(title_text=name, uirevision=name)
    if data.n_features == 2:
        return _unit_lines(data, weight, bias, title)
    return _weight_matrix(data, weight, title)


def _unit_lines(data: Dataset, weight: NDArray[Any], bias: NDArray[Any], title: str) -> Figure:
    """Draw, for every unit, the line where its pre-activation w·x + b is 0."""
    points = np.concatenate([data.X_train, data.X_val]).astype(float)
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.1 * np.maximum(high - low, 1e-9)
    low, high = low - margin, high + margin
    figure = theme.new_figure(
        f"{title}: where each unit's w·x + b is 0",
        feature_title(data, 0),
        feature_title(data, 1),
        height=_SQUARE_HEIGHT,
    )
    regression = data.task == "regression"
    traces = value_points(data) if regression else class_points(data)
    for trace in traces:
        trace["opacity"] = 0.45
    norms = np.linalg.norm(weight, axis=0)
    shown = np.argsort(-norms)[:_MOST_LINES]
    reach = float(np.linalg.norm(high - low))
    center = (low + high) / 2
    for unit in shown:
        traces.append(_unit_line(unit, weight[:, unit], bias[unit], norms, center, reach))
    figure.add_traces([t for t in traces if t])
    settings: dict[str, Any] = {
        "xaxis_range": (low[0], high[0]),
        "yaxis_range": (low[1], high[1]),
        "yaxis_showgrid": False,
    }
    if regression:
        settings["coloraxis"] = {"colorscale": [(i / 9, c) for i, c in enumerate(theme.SEQUENTIAL)]}
    return figure.update_layout(settings)


def _unit_line(
    unit: int,
    w: NDArray[Any],
    b: float,
    norms: NDArray[Any],
    center: NDArray[np.float64],
    reach: float,
) -> dict[str, Any]:
    """Return the part of the line near the data; nothing for a unit that has no line."""
    norm = float(norms[unit])
    if norm == 0:
        return {}
    normal = w / norm
    foot = center - (float(center @ w) + float(b)) / norm * normal
    along = np.array([-normal[1], normal[0]])
    ends = foot + np.outer([-reach, reach], along)
    share = norm / float(norms.max())
    return {
        "mode": "lines",
        "name": "unit",
        "x": ends[:, 0].astype(np.float32),
        "y": ends[:, 1].astype(np.float32),
        "line": {
            "color": theme.faded(theme.CLASS_COLORS[4], round(0.15 + 0.75 * share, 3)),
            "width": 1.5,
        },
        "showlegend": False,
        "hovertemplate": f"unit {unit + 1}: ‖w‖ = {theme.plain_number(norm)}, b = "
        f"{theme.plain_number(float(b))}<extra></extra>",
    }


def _weight_matrix(data: Dataset, weight: NDArray[Any], title: str) -> Figure:
    figure = theme.new_figure(f"{title}: weights", "unit", "input", height=_SQUARE_HEIGHT)
    largest = float(np.abs(weight).max()) or 1.0
    names = [theme.escape(name) for name in data.feature_names]
    figure.add_trace(
        {
            "type": "heatmap",
            "z": weight.astype(np.float32),
            "x0": 1,
            "y": np.arange(len(names)),
            "customdata": np.repeat(np.array(names, object)[:, np.newaxis], weight.shape[1], 1),
            "colorscale": theme.DIVERGING,
            "zmin": -largest,
            "zmax": largest,
            "colorbar": {"title": {"text": "weight"}, "thickness": 14},
            "hovertemplate": "unit %{x}, %{customdata}: %{z:.4g}<extra></extra>",
        }
    )
    few = len(names) <= 30
    ticks: dict[str, Any] = {"tickvals": list(range(len(names))), "ticktext": names} if few else {}
    return figure.update_yaxes(autorange="reversed", showgrid=False, **ticks)


def _table(weight: NDArray[Any], bias: NDArray[Any]) -> pd.DataFrame:
    """Return rows ``unit, input, weight, bias`` of all units."""
    table = weights_table(weight)
    return table.assign(bias=np.repeat(bias, weight.shape[0]))
