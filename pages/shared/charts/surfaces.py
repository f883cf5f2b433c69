"""What a network says everywhere in a plane or along a line: decision surfaces, fitted curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

import nnlib
from nnlib.datasets import Dataset
from pages.shared.charts.points import (
    class_points,
    curve_points,
    drawn_note,
    feature_title,
    first_target,
    value_points,
)
from pages.shared.charts.theme import (
    CLASS_COLORS,
    SEQUENTIAL,
    empty_figure,
    escape,
    faded,
    new_figure,
)

if TYPE_CHECKING:
    import pandas as pd

RESOLUTION = 80
_MARGIN = 0.1  # of the points' range, on each side
_OPACITY = 0.55  # so that points stand out from the map of the same colors
_HEIGHT = 440
_BINARY_SCALE = [
    (0.0, faded(CLASS_COLORS[0], _OPACITY)),
    (0.5, "rgba(128, 136, 150, 0.08)"),
    (1.0, faded(CLASS_COLORS[1], _OPACITY)),
]
_LINE_COLOR = CLASS_COLORS[4]
NOT_FINITE = "The predictions are not finite numbers: the run diverged."


@dataclass(frozen=True, eq=False)
class Surface:
    """Predictions on a grid over one or two features, in the coordinates the network sees.

    Attributes
    ----------
    x, y : ndarray of shape (g,)
        The grid; `y` is None for a single feature.
    value : ndarray of shape (g, g) or (g,)
        Probability of the winning class, or the predicted value; row i belongs to ``y[i]``.
    winner : ndarray of int, same shape
        Index of the most probable class; None for a regression.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64] | None
    value: NDArray[np.float64]
    winner: NDArray[np.int64] | None

    @property
    def finite(self) -> bool:
        """Whether every prediction is a finite number."""
        return bool(np.isfinite(self.value).all())


def decision_surface(
    model: nnlib.Trainer | nnlib.Model, data: Dataset, *, resolution: int = RESOLUTION
) -> Surface:
    """Return a model's predictions on a grid around the training and validation points.

    Parameters
    ----------
    model : nnlib.Trainer or nnlib.Model
        A single run, of one or two features.
    data : nnlib.datasets.Dataset
        Sets the range of the grid; of several regression targets, the first is taken.
    resolution : int
        Grid points along each feature.

    Raises
    ------
    ValueError
        If there are more than two features.
    """
    if data.n_features > 2:
        raise ValueError(f"A surface needs one or two features, not {data.n_features}.")
    axes = _axes(data, resolution)
    shape = (resolution,) * len(axes)
    grid = np.stack([a.ravel() for a in np.meshgrid(*axes)], axis=1).astype(np.float32)
    y = axes[1] if len(axes) == 2 else None
    if data.task == "regression":
        value = first_target(np.asarray(model.predict(grid), np.float64))
        return Surface(axes[0], y, value.reshape(shape), None)
    probabilities = np.asarray(model.predict_proba(grid), np.float64)
    winner = probabilities.argmax(axis=1)
    return Surface(axes[0], y, probabilities.max(axis=1).reshape(shape), winner.reshape(shape))


def _axes(data: Dataset, resolution: int) -> list[NDArray[np.float64]]:
    points = np.concatenate([data.X_train, data.X_val])
    low, high = points.min(axis=0).astype(float), points.max(axis=0).astype(float)
    margin = np.where(high > low, _MARGIN * (high - low), 1.0)
    return [
        np.linspace(start, end, resolution)
        for start, end in zip(low - margin, high + margin, strict=True)
    ]


def plot_decision_surface(
    trainer: nnlib.Trainer, *, resolution: int = RESOLUTION, points: bool = True
) -> go.Figure:
    """Draw what a trainer's network predicts everywhere, with its data.

    Parameters
    ----------
    trainer : nnlib.Trainer
        A single run on one or two features.
    resolution : int
        Grid points along each feature.
    points : bool
        Whether to draw the data too.
    """
    surface = decision_surface(trainer, trainer.data, resolution=resolution)
    return draw_surface(surface, trainer.data, points=points)


def decision_surface_data(trainer: nnlib.Trainer, *, resolution: int = RESOLUTION) -> pd.DataFrame:
    """Return one row a grid point: the features, and the prediction.

    For classes that is ``predicted class`` and its ``probability``, for a regression
    ``predicted``.
    """
    import pandas as pd

    data = trainer.data
    surface = decision_surface(trainer, data, resolution=resolution)
    axes = [surface.x] if surface.y is None else [surface.x, surface.y]
    grid = np.stack([a.ravel() for a in np.meshgrid(*axes)], axis=1)
    table = pd.DataFrame(grid, columns=list(data.feature_names))
    values = {"predicted": surface.value.ravel()}
    if surface.winner is not None:
        names = np.array(data.class_names, object)[surface.winner.ravel()]
        values = {"predicted class": names, "probability": surface.value.ravel()}
    return pd.concat([table, pd.DataFrame(values)], axis=1)  # a feature may have such a name too


def draw_surface(surface: Surface, data: Dataset, *, points: bool = True) -> go.Figure:
    """Draw a surface, or the curve over a single feature, and the data on it."""
    if surface.y is None:
        return _line_figure(surface, data, points)
    title = (
        f"Predicted {escape(data.target_names[0])}"
        if surface.winner is None
        else "Decision surface: predicted class and its probability"
    )
    note = drawn_note(data) if points else ""
    axes = (feature_title(data, 0) + note, feature_title(data, 1))
    if not surface.finite:
        return empty_figure(title, *axes, NOT_FINITE, height=_HEIGHT)
    figure = new_figure(title, *axes, height=_HEIGHT)
    traces = [_map(surface, data)]
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
        settings["coloraxis"] = _color_axis(data, surface)
    return figure.update_layout(settings)


def _map(surface: Surface, data: Dataset) -> dict[str, Any]:
    place = {"x": surface.x.astype(np.float32), "y": surface.y.astype(np.float32)}
    hover = (
        f"{escape(data.feature_names[0])} %{{x:.3f}}, {escape(data.feature_names[1])} %{{y:.3f}}"
    )
    if surface.winner is None:
        return {
            "type": "heatmap",
            **place,
            "z": surface.value.astype(np.float32),
            "zsmooth": "best",
            "coloraxis": "coloraxis",
            "hovertemplate": f"{hover}<br>predicted %{{z:.6g}}<extra></extra>",
        }
    if len(data.class_names) == 2:
        return _binary_map(surface, data.class_names, place, hover)
    return _class_map(surface, data.class_names, place, hover)


def _binary_map(
    surface: Surface, names: Sequence[str], place: dict[str, Any], hover: str
) -> dict[str, Any]:
    """Return one trace with the map of P(class 1) and the line where it is 1/2."""
    second = np.where(surface.winner == 1, surface.value, 1 - surface.value)
    return {
        "type": "contour",
        **place,
        "z": second.astype(np.float32),
        "zmin": 0,
        "zmax": 1,
        "zauto": False,
        "autocontour": False,
        "contours": {"coloring": "heatmap", "start": 0.5, "end": 0.5, "size": 1},
        "line": {"width": 2, "color": "rgba(128, 136, 150, 0.9)", "smoothing": 1},
        "colorscale": _BINARY_SCALE,
        "colorbar": {
            "title": {"text": f"P({escape(names[1])})"},
            "tickvals": [0, 0.25, 0.5, 0.75, 1],
            "ticktext": ["0%", "25%", "50%", "75%", "100%"],
            "thickness": 14,
        },
        "hovertemplate": f"{hover}<br>P({escape(names[1])}) = %{{z:.2%}}<extra></extra>",
    }


def _class_map(
    surface: Surface, names: Sequence[str], place: dict[str, Any], hover: str
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
        color = CLASS_COLORS[k % len(CLASS_COLORS)]
        scale += [(k / count, faded(color, 0.05)), ((k + 0.98) / count, faded(color, _OPACITY))]
    scale.append((1.0, scale[-1][1]))
    labels = np.array([escape(name) for name in names], object)
    return {
        "type": "heatmap",
        **place,
        "z": (winner + 0.98 * confidence).astype(np.float32),
        "zmin": 0,
        "zmax": count,
        "colorscale": scale,
        "showscale": False,
        "text": labels[winner],
        "customdata": np.round(100 * surface.value).astype(np.uint8),
        "hovertemplate": f"{hover}<br>%{{text}}, probability %{{customdata}} %<extra></extra>",
    }


def _color_axis(data: Dataset, surface: Surface) -> dict[str, Any]:
    """Return one color axis for map and points, over the range of the training targets."""
    y = first_target(data.y_train)
    return {
        "cmin": float(y.min()),
        "cmax": float(y.max()) if y.max() > y.min() else float(y.min()) + 1,
        "colorscale": [(i / 9, color) for i, color in enumerate(SEQUENTIAL)],
        "colorbar": {"title": {"text": escape(data.target_names[0])}, "thickness": 14},
    }


def _all_points(data: Dataset) -> list[dict[str, Any]]:
    if data.task == "regression":
        return value_points(data)
    return class_points(data)


def _line_figure(surface: Surface, data: Dataset, points: bool) -> go.Figure:
    """Draw the prediction over a single feature: a value, or the probability of each class."""
    regression = surface.winner is None
    target = escape(data.target_names[0])
    title = f"Predicted {target}" if regression else "Predicted class and its probability"
    axes = (feature_title(data, 0), target if regression else "probability of the predicted class")
    if not surface.finite:
        return empty_figure(title, *axes, NOT_FINITE, height=_HEIGHT)
    figure = new_figure(title, *axes, height=_HEIGHT)
    traces = _value_line(surface) if regression else _class_lines(surface, data.class_names)
    if points and regression:
        traces = curve_points(data) + traces
    figure.add_traces(traces)
    if not regression:
        figure.update_yaxes(range=(0, 1.02), tickformat=".0%")
    return figure.update_layout(uirevision="surface")


def _value_line(surface: Surface) -> list[dict[str, Any]]:
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "prediction",
            "x": surface.x.astype(np.float32),
            "y": surface.value.astype(np.float32),
            "line": {"color": _LINE_COLOR, "width": 3},
            "hovertemplate": "%{x:.4f}<br>predicted %{y:.6g}<extra></extra>",
        }
    ]


def _class_lines(surface: Surface, names: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": escape(name),
            "x": surface.x.astype(np.float32),
            "y": np.where(surface.winner == k, surface.value, np.nan).astype(np.float32),
            "line": {"color": CLASS_COLORS[k % len(CLASS_COLORS)], "width": 3},
            "hovertemplate": f"%{{x:.4f}}<br>{escape(name)} %{{y:.2%}}<extra></extra>",
        }
        for k, name in enumerate(names)
    ]
