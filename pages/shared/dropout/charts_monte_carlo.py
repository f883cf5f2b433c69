"""Charts of Monte Carlo dropout: mean and spread of many passes, over a plane and over examples."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.datasets import Dataset
from nnlib.labs.monte_carlo_dropout import MonteCarloPrediction
from pages.shared.charts import theme
from pages.shared.charts.bands import fill_between
from pages.shared.charts.chart import Chart
from pages.shared.charts.figure import Figure
from pages.shared.charts.points import class_points, curve_points, feature_title, value_points
from pages.shared.charts.surface_values import NOT_FINITE, Surface
from pages.shared.charts.surfaces import draw_surface

Axes = Sequence[NDArray[np.float64]]

LABELS = {
    "mutual_information": "mutual information",
    "predictive_entropy": "predictive entropy",
    "deviation": "standard deviation",
}
"""What can stand for uncertainty."""

QUANTITIES = {
    name: label if name == "deviation" else f"{label} (nats)" for name, label in LABELS.items()
}
"""The same as axes name it, with its unit."""

HEIGHT = 440
COLOR = theme.CLASS_COLORS[4]
_SPREAD_SCALE = [(0.0, theme.faded(COLOR, 0.03)), (1.0, theme.faded(COLOR, 0.95))]


def uncertainty_of(prediction: MonteCarloPrediction, quantity: str) -> NDArray[np.float64]:
    """Return one number an example, shape (n,).

    The standard deviation is that of the most probable class' probability, or of the first target.
    """
    if quantity == "deviation" or prediction.predictive_entropy is None:
        if prediction.predictive_entropy is None:
            return prediction.deviation[:, 0]
        rows = np.arange(len(prediction.mean))
        return np.asarray(prediction.deviation[rows, prediction.mean.argmax(axis=1)])
    values: NDArray[np.float64] = getattr(prediction, quantity)
    return values


def plot_mean(data: Dataset, axes: Axes, prediction: MonteCarloPrediction) -> Chart:
    """Draw the mean over the passes: predicted class and probability, or the predicted value.

    Over a single feature of a regression, with a band of two standard deviations.
    """
    line = data.task == "regression" and len(axes) == 1
    figure = (
        _mean_line(data, axes[0], prediction) if line else _mean_surface(data, axes, prediction)
    )
    return Chart(figure, "monte-carlo-mean", lambda: _plane_table(data, axes, prediction))


def _mean_surface(data: Dataset, axes: Axes, prediction: MonteCarloPrediction) -> Figure:
    regression = data.task == "regression"
    shape = (len(axes[0]),) * len(axes)
    y = axes[1] if len(axes) == 2 else None
    if regression:
        surface = Surface(axes[0], y, prediction.mean[:, 0].reshape(shape), None)
    else:
        winner = prediction.mean.argmax(axis=1).reshape(shape)
        surface = Surface(axes[0], y, prediction.mean.max(axis=1).reshape(shape), winner)
    what = "prediction" if regression else "probability"
    title = f"Mean {what} over {prediction.passes:,} passes"
    return draw_surface(surface, data).update_layout(title_text=title, uirevision=title)


def _mean_line(data: Dataset, x: NDArray[np.float64], prediction: MonteCarloPrediction) -> Figure:
    target = theme.escape(data.target_names[0])
    title = f"Mean prediction ± 2 standard deviations over {prediction.passes:,} passes"
    mean, spread = prediction.mean[:, 0], prediction.deviation[:, 0]
    if not np.isfinite(mean).all():
        return theme.empty_figure(title, feature_title(data, 0), target, NOT_FINITE, height=HEIGHT)
    figure = theme.new_figure(title, feature_title(data, 0), target, height=HEIGHT)
    name = "± 2 standard deviations"
    band = fill_between(x, mean - 2 * spread, mean + 2 * spread, COLOR, name=name)
    line = {
        "mode": "lines",
        "name": "mean",
        "x": x.astype(np.float32),
        "y": mean.astype(np.float32),
        "customdata": spread,
        "line": {"color": COLOR, "width": 3},
        "hovertemplate": "%{x:.4f}<br>mean %{y:.5g}<br>standard deviation %{customdata:.4g}"
        "<extra></extra>",
    }
    figure.add_traces([*band, *curve_points(data), line])
    return figure


def plot_spread(
    data: Dataset, axes: Axes, prediction: MonteCarloPrediction, quantity: str
) -> Chart:
    """Draw how much the passes differ, over the plane or along the line."""
    figure = _spread_figure(data, axes, prediction, quantity)
    name = f"monte-carlo-{quantity.replace('_', '-')}"
    return Chart(figure, name, lambda: _plane_table(data, axes, prediction))


def _spread_figure(
    data: Dataset, axes: Axes, prediction: MonteCarloPrediction, quantity: str
) -> Figure:
    name = QUANTITIES[quantity]
    title = f"Uncertainty: {LABELS[quantity]} over {prediction.passes:,} passes"
    values = uncertainty_of(prediction, quantity)
    two = len(axes) == 2
    names = (feature_title(data, 0), feature_title(data, 1) if two else name)
    if not np.isfinite(values).all():
        return theme.empty_figure(title, *names, NOT_FINITE, height=HEIGHT)
    figure = theme.new_figure(title, *names, height=HEIGHT)
    if not two:
        figure.add_trace(_spread_line(axes[0], values, name))
        return figure.update_yaxes(rangemode="tozero")
    traces = [_spread_map(data, axes, values, name)]
    traces += class_points(data) if data.task != "regression" else _plain_points(data)
    figure.add_traces(traces)
    return figure.update_layout(
        xaxis_range=(axes[0][0], axes[0][-1]),
        yaxis_range=(axes[1][0], axes[1][-1]),
        yaxis_showgrid=False,
    )


def _spread_map(
    data: Dataset, axes: Axes, values: NDArray[np.float64], name: str
) -> dict[str, Any]:
    first, second = (theme.escape(feature) for feature in data.feature_names)
    return {
        "type": "heatmap",
        "x": axes[0].astype(np.float32),
        "y": axes[1].astype(np.float32),
        "z": values.reshape(len(axes[1]), len(axes[0])).astype(np.float32),
        "zmin": 0,
        "zmax": float(values.max()) or 1.0,
        "zsmooth": "best",
        "colorscale": _SPREAD_SCALE,
        "colorbar": {"title": {"text": name.replace(" ", "<br>", 1)}, "thickness": 14},
        "hovertemplate": f"{first} %{{x:.3f}}, {second} %{{y:.3f}}<br>{name} %{{z:.4g}}"
        "<extra></extra>",
    }


def _spread_line(x: NDArray[np.float64], values: NDArray[np.float64], name: str) -> dict[str, Any]:
    return {
        "mode": "lines",
        "name": name,
        "x": x.astype(np.float32),
        "y": values.astype(np.float32),
        "line": {"color": COLOR, "width": 3},
        "hovertemplate": f"%{{x:.4f}}<br>{name} %{{y:.4g}}<extra></extra>",
    }


def _plain_points(data: Dataset) -> list[dict[str, Any]]:
    """Return points of a regression in gray: the map's color is not their value."""
    traces = value_points(data)
    for trace in traces:
        kept = {k: v for k, v in trace["marker"].items() if k not in ("color", "coloraxis")}
        trace["marker"] = kept | {"color": theme.CLASS_COLORS[8], "size": 5}
    return traces


def _plane_table(data: Dataset, axes: Axes, prediction: MonteCarloPrediction) -> pd.DataFrame:
    """Return one row a grid point: the features, and mean, deviation, entropies of the passes."""
    points = _grid(axes)
    columns: dict[str, Any] = {name: points[:, i] for i, name in enumerate(data.feature_names)}
    outputs = data.target_names if data.task == "regression" else data.class_names
    for k, name in enumerate(outputs):
        columns[f"mean {name}"] = prediction.mean[:, k]
        columns[f"deviation {name}"] = prediction.deviation[:, k]
    if prediction.predictive_entropy is not None:
        columns["predictive entropy"] = prediction.predictive_entropy
        columns["mutual information"] = prediction.mutual_information
    return pd.DataFrame(columns)


def _grid(axes: Axes) -> NDArray[np.float64]:
    """Return the points of the grid over one or two features, shape (n, features)."""
    return np.stack([a.ravel() for a in np.meshgrid(*axes)], axis=1)


def plot_thinned(data: Dataset, axes: Axes, prediction: MonteCarloPrediction) -> Chart:
    """Draw where each of the first passes, each a thinned network, changes its prediction."""
    figure = _thinned_figure(data, axes, prediction)
    return Chart(figure, "monte-carlo-thinned", lambda: _thinned_table(data, axes, prediction))


def _thinned_figure(data: Dataset, axes: Axes, prediction: MonteCarloPrediction) -> Figure:
    count = len(prediction.samples)
    title = f"Decision lines of {count} single passes"
    names = (feature_title(data, 0), feature_title(data, 1))
    if not np.isfinite(prediction.samples).all():
        return theme.empty_figure(title, *names, NOT_FINITE, height=HEIGHT)
    figure = theme.new_figure(title, *names, height=HEIGHT)
    shape = (len(axes[1]), len(axes[0]))
    lines = [
        {
            "type": "contour",
            "name": f"pass {i + 1}",
            "x": axes[0].astype(np.float32),
            "y": axes[1].astype(np.float32),
            "z": sample[:, 1].reshape(shape).astype(np.float32),
            "autocontour": False,
            "contours": {"coloring": "none", "start": 0.5, "end": 0.5, "size": 1},
            "line": {"color": theme.faded(COLOR, 0.75), "width": 1.5},
            "showscale": False,
            "showlegend": False,
            "hoverinfo": "skip",
        }
        for i, sample in enumerate(prediction.samples)
    ]
    figure.add_traces([*lines, *class_points(data)])
    return figure.update_layout(
        xaxis_range=(axes[0][0], axes[0][-1]),
        yaxis_range=(axes[1][0], axes[1][-1]),
        yaxis_showgrid=False,
    )


def _thinned_table(data: Dataset, axes: Axes, prediction: MonteCarloPrediction) -> pd.DataFrame:
    """Return one row a pass and grid point: the features, and the second class' probability."""
    points = _grid(axes)
    count = len(prediction.samples)
    columns: dict[str, Any] = {"pass": np.repeat(np.arange(1, count + 1), len(points))}
    for i, name in enumerate(data.feature_names):
        columns[name] = np.tile(points[:, i], count)
    columns[f"P({data.class_names[1]})"] = prediction.samples[:, :, 1].ravel()
    return pd.DataFrame(columns)
