"""Drawings of what a network predicts over a plane or along a line, with the data on them."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

import nnlib
from nnlib.datasets import Dataset
from pages.shared.charts import surface_values, theme
from pages.shared.charts.chart import Chart
from pages.shared.charts.figure import Figure
from pages.shared.charts.pictures import heat_picture
from pages.shared.charts.points import (
    class_points,
    curve_points,
    drawn_note,
    feature_title,
    first_target,
    value_points,
)

_OPACITY = 0.55  # so that points stand out from the map of the same colors
_HEIGHT = 440
_BINARY_SCALE = [
    (0.0, theme.faded(theme.CLASS_COLORS[0], _OPACITY)),
    (0.5, "rgba(128, 136, 150, 0.08)"),
    (1.0, theme.faded(theme.CLASS_COLORS[1], _OPACITY)),
]
_FINE = 65_535  # steps of a probability where only a line is drawn from it
SMOOTH = "fast"
"""How maps are smoothed: by the browser, in a tenth of the time that Plotly's own way takes."""
_LINE_COLOR = theme.CLASS_COLORS[4]


def plot_decision_surface(
    trainer: nnlib.Trainer, *, resolution: int = surface_values.RESOLUTION, points: bool = True
) -> Chart:
    """Draw what a trainer's network predicts everywhere, with its data.

    Parameters
    ----------
    trainer : a single run on one or two features
    resolution : grid points along each feature
    points : whether to draw the data too
    """
    data = trainer.data
    surface = surface_values.decision_surface(trainer, data, resolution=resolution)
    figure = draw_surface(surface, data, points=points)
    return Chart(figure, "decision-surface", partial(surface_values.surface_table, surface, data))


def picture_decision_surface(trainer: nnlib.Trainer) -> list[str]:
    """Return the images of what `plot_decision_surface` draws."""
    return picture_surface(surface_values.decision_surface(trainer, trainer.data), trainer.data)


def picture_surface(surface: surface_values.Surface, data: Dataset) -> list[str]:
    """Return the images of what `draw_surface` draws, of two features."""
    if not surface.finite:
        return []
    axis = color_axis(data) if data.task == "regression" else None
    return [heat_picture(surface_map(surface, data), axis)]


def draw_surface(surface: surface_values.Surface, data: Dataset, *, points: bool = True) -> Figure:
    """Draw a surface, or the curve over a single feature, and the data on it."""
    if surface.y is None:
        return _line_figure(surface, data, points)
    title = (
        f"Predicted {theme.escape(data.target_names[0])}"
        if surface.winner is None
        else "Decision surface: predicted class and its probability"
    )
    note = drawn_note(data) if points else ""
    axes = (feature_title(data, 0) + note, feature_title(data, 1))
    if not surface.finite:
        return theme.empty_figure(title, *axes, surface_values.NOT_FINITE, height=_HEIGHT)
    figure = theme.new_figure(title, *axes, height=_HEIGHT)
    traces = [surface_map(surface, data)]
    if surface.winner is not None and len(data.class_names) == 2:
        traces.append(_boundary(traces[0]))
    if points:
        traces += _all_points(data)
    figure.add_traces(traces)
    axis = {"showgrid": False, "zeroline": False}
    settings: dict[str, Any] = {
        "uirevision": "surface",
        "xaxis": {**axis, "range": (surface.x[0], surface.x[-1])},
        "yaxis": {**axis, "range": (surface.y[0], surface.y[-1])},
    }
    if surface.winner is None:
        settings["coloraxis"] = color_axis(data)
    return figure.update_layout(settings)


def surface_map(surface: surface_values.Surface, data: Dataset) -> dict[str, Any]:
    """Return a surface of two features as one trace."""
    first, second = surface.axes
    place = {"x": first.astype(np.float32), "y": second.astype(np.float32)}
    x_name, y_name = map(theme.escape, data.feature_names)
    hover = f"{x_name} %{{x:.3f}}, {y_name} %{{y:.3f}}"
    if surface.winner is None:
        return {
            "type": "heatmap",
            **place,
            "z": surface.value.astype(np.float32),
            "zsmooth": SMOOTH,
            "coloraxis": "coloraxis",
            "hovertemplate": f"{hover}<br>predicted %{{z:.6g}}<extra></extra>",
        }
    if len(data.class_names) == 2:
        return _binary_map(surface, data.class_names, place, hover)
    return _class_map(surface, data.class_names, place, hover)


def _binary_map(
    surface: surface_values.Surface, names: Sequence[str], place: dict[str, Any], hover: str
) -> dict[str, Any]:
    """Return the map of P(class 1)."""
    second = np.where(surface.winner == 1, surface.value, 1 - surface.value)
    return {
        "type": "heatmap",
        **place,
        "z": second.astype(np.float32),
        "zmin": 0,
        "zmax": 1,
        "zsmooth": SMOOTH,
        "colorscale": _BINARY_SCALE,
        "colorbar": {
            "title": {"text": f"P({theme.escape(names[1])})"},
            "tickvals": [0, 0.25, 0.5, 0.75, 1],
            "ticktext": ["0%", "25%", "50%", "75%", "100%"],
            "thickness": 14,
        },
        "hovertemplate": f"{hover}<br>P({theme.escape(names[1])}) = %{{z:.2%}}<extra></extra>",
    }


def _boundary(drawn: dict[str, Any]) -> dict[str, Any]:
    """Return the line of a binary map where both classes are as probable."""
    half = _FINE / 2
    return {
        "type": "contour",
        "x": drawn["x"],
        "y": drawn["y"],
        "z": np.rint(_FINE * drawn["z"]).astype(np.uint16),  # half as many bytes
        "autocontour": False,
        "contours": {"coloring": "none", "start": half, "end": half, "size": 1},
        "line": {"width": 2, "color": "rgba(128, 136, 150, 0.9)", "smoothing": 1},
        "hoverinfo": "skip",
        "showscale": False,
        "showlegend": False,
    }


def _class_map(
    surface: surface_values.Surface, names: Sequence[str], place: dict[str, Any], hover: str
) -> dict[str, Any]:
    """Return one trace in which the hue is the class and the intensity its probability.

    The color axis is cut into one interval [k, k + 1) a class; within it, color grows from the
    least a winning class can have, 1 / classes, to 1.
    """
    count = len(names)
    winner = surface.winner
    assert winner is not None
    confidence = np.clip((surface.value * count - 1) / (count - 1), 0, 1)
    scale: list[tuple[float, str]] = []
    for k in range(count):
        color = theme.CLASS_COLORS[k % len(theme.CLASS_COLORS)]
        scale += [
            (k / count, theme.faded(color, 0.05)),
            ((k + 0.98) / count, theme.faded(color, _OPACITY)),
        ]
    scale.append((1.0, scale[-1][1]))
    labels = np.array([theme.escape(name) for name in names], object)
    return {
        "type": "heatmap",
        **place,
        "z": (winner + 0.98 * confidence).astype(np.float32),
        "zmin": 0,
        "zmax": count,
        "zsmooth": SMOOTH,
        "colorscale": scale,
        "showscale": False,
        "text": labels[winner],
        "customdata": np.round(100 * surface.value).astype(np.uint8),
        "hovertemplate": f"{hover}<br>%{{text}}, probability %{{customdata}} %<extra></extra>",
    }


def color_axis(data: Dataset) -> dict[str, Any]:
    """Return one color axis for map and points, over the range of the training targets."""
    y = first_target(data.y_train)
    return {
        "cmin": float(y.min()),
        "cmax": float(y.max()) if y.max() > y.min() else float(y.min()) + 1,
        "colorscale": [(i / 9, color) for i, color in enumerate(theme.SEQUENTIAL)],
        "colorbar": {"title": {"text": theme.escape(data.target_names[0])}, "thickness": 14},
    }


def _all_points(data: Dataset) -> list[dict[str, Any]]:
    if data.task == "regression":
        return value_points(data)
    return class_points(data)


def _line_figure(surface: surface_values.Surface, data: Dataset, points: bool) -> Figure:
    """Draw the prediction over a single feature: a value, or the probability of each class."""
    regression = surface.winner is None
    target = theme.escape(data.target_names[0])
    title = f"Predicted {target}" if regression else "Predicted class and its probability"
    axes = (feature_title(data, 0), target if regression else "probability of the predicted class")
    if not surface.finite:
        return theme.empty_figure(title, *axes, surface_values.NOT_FINITE, height=_HEIGHT)
    figure = theme.new_figure(title, *axes, height=_HEIGHT)
    traces = _value_line(surface) if regression else _class_lines(surface, data.class_names)
    if points and regression:
        traces = curve_points(data) + traces
    figure.add_traces(traces)
    if not regression:
        figure.update_yaxes(range=(0, 1.02), tickformat=".0%")
    return figure.update_layout(uirevision="surface")


def _value_line(surface: surface_values.Surface) -> list[dict[str, Any]]:
    return [
        {
            "mode": "lines",
            "name": "prediction",
            "x": surface.x.astype(np.float32),
            "y": surface.value.astype(np.float32),
            "line": {"color": _LINE_COLOR, "width": 3},
            "hovertemplate": "%{x:.4f}<br>predicted %{y:.6g}<extra></extra>",
        }
    ]


def _class_lines(surface: surface_values.Surface, names: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "mode": "lines",
            "name": theme.escape(name),
            "x": surface.x.astype(np.float32),
            "y": np.where(surface.winner == k, surface.value, np.nan).astype(np.float32),
            "line": {"color": theme.CLASS_COLORS[k % len(theme.CLASS_COLORS)], "width": 3},
            "hovertemplate": f"%{{x:.4f}}<br>{theme.escape(name)} %{{y:.2%}}<extra></extra>",
        }
        for k, name in enumerate(names)
    ]
