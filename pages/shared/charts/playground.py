"""What a network on a plane says: its output over the plane, one unit's map, units' gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

import nnlib
from nnlib.datasets import Dataset
from nnlib.input_features import OnPlane, map_of, plane_of
from nnlib.unit_surfaces import grid_points, plane_axes, unit_gradient_norms, unit_values
from pages.shared.charts.playground_diagram import Pick, layer_name
from pages.shared.charts.points import (
    class_codes,
    class_points,
    feature_title,
    first_target,
    value_points,
)
from pages.shared.charts.surfaces import NOT_FINITE, Surface, decision_surface, draw_surface
from pages.shared.charts.theme import (
    BATCH,
    CLASS_COLORS,
    DIVERGING,
    empty_figure,
    escape,
    faded,
    layer_colors,
    new_figure,
)

if TYPE_CHECKING:
    import pandas as pd

RESOLUTION = 100
"""Points along each side of the output surface and of an enlarged unit."""
_HEIGHT = 440
_MOST_TEST, _MOST_DOTS = 500, 200
_MOST_NAMES = 5  # layers whose whole names fit below an axis
_OPACITY = 0.55


@dataclass(frozen=True)
class Look:
    """How the output is drawn: as its class alone, and with the points that are not trained on."""

    discretize: bool = False
    unseen: bool = True


def output_surface(trainer: nnlib.Trainer, resolution: int = RESOLUTION) -> Surface:
    """Return the network's output over the plane of its data."""
    data = trainer.data
    over = OnPlane(trainer, map_of(data))
    return decision_surface(over, plane_of(data), resolution=resolution)  # type: ignore[arg-type]


def plot_output(surface: Surface, data: Dataset, look: Look = Look()) -> go.Figure:
    """Draw an output surface with the points of its plane.

    Parameters
    ----------
    data : nnlib.datasets.Dataset
        The data over the plane, with two features.
    """
    figure = draw_surface(surface, data, points=False)
    if not surface.finite:
        return figure
    if look.discretize:
        middle = float(first_target(data.y_train).mean()) if data.task == "regression" else 0.0
        figure.data = []
        figure.add_trace(_steps(surface, data, middle))
        figure.update_layout(title_text=_step_title(data, middle))
    figure.add_traces(_points(data, look.unseen))
    return figure.update_layout(uirevision="surface")


def _step_title(data: Dataset, middle: float) -> str:
    if data.task == "regression":
        name = escape(data.target_names[0])
        return f"Predicted {name}: blue below, orange above its mean of {middle:.3g}"
    return "Decision regions: the most probable class"


def _steps(surface: Surface, data: Dataset, middle: float) -> dict[str, Any]:
    """Return a map of flat colors, one a class; of a regression, below and above its mean."""
    if surface.winner is None:
        codes: NDArray[Any] = (surface.value >= middle).astype(np.uint8)
        count = 2
    else:
        codes, count = surface.winner.astype(np.uint8), len(data.class_names)
    scale: list[tuple[float, str]] = []
    for k in range(count):
        color = faded(CLASS_COLORS[k % len(CLASS_COLORS)], _OPACITY)
        scale += [(k / count, color), ((k + 1) / count, color)]
    first, second = (escape(name) for name in data.feature_names)
    return {
        "type": "heatmap",
        "x": surface.x.astype(np.float32),
        "y": surface.y.astype(np.float32) if surface.y is not None else None,
        "z": codes,
        "zmin": -0.5,
        "zmax": count - 0.5,
        "colorscale": scale,
        "showscale": False,
        "hovertemplate": f"{first} %{{x:.3f}}, {second} %{{y:.3f}}<extra></extra>",
    }


def _points(data: Dataset, unseen: bool) -> list[dict[str, Any]]:
    """Return training points, and validation and test points where these are asked for."""
    if data.task == "regression":
        traces = value_points(data)
        return [*traces, *_test_values(data)] if unseen else traces[:1]
    traces = class_points(data)
    if unseen:
        return [*traces, *_test_classes(data)]
    return [t for t in traces if t.get("legendgroup") and t.get("showlegend", True)]


def _test_rows(data: Dataset) -> NDArray[np.intp]:
    count = len(data.X_test)
    return np.linspace(0, count - 1, min(count, _MOST_TEST)).round().astype(np.intp)


def _test_classes(data: Dataset) -> list[dict[str, Any]]:
    """Return the test points as diamonds in the colors of their classes, one trace."""
    rows = _test_rows(data)
    if not len(rows):
        return []
    codes = class_codes(data.y_test)[rows]
    colors = [CLASS_COLORS[k % len(CLASS_COLORS)] for k in codes]
    names = [escape(data.class_names[k]) for k in codes]
    marker = {"symbol": "diamond-open", "size": 8, "color": colors, "line": {"width": 2}}
    sign = {
        "type": "scatter",
        "x": [None],
        "y": [None],
        "mode": "markers",
        "marker": {**marker, "color": BATCH},
        "name": "diamond: test",
    }
    return [_test(data, rows, marker, names) | {"showlegend": False}, sign]


def _test_values(data: Dataset) -> list[dict[str, Any]]:
    rows = _test_rows(data)
    if not len(rows):
        return []
    y = first_target(data.y_test)[rows]
    marker = {"symbol": "square", "size": 8, "color": y, "coloraxis": "coloraxis"}
    outline = {"line": {"color": "rgba(255, 255, 255, 0.9)", "width": 1}}
    return [_test(data, rows, marker | outline, [f"{v:.6g}" for v in y]) | {"name": "test"}]


def _test(
    data: Dataset, rows: NDArray[np.intp], marker: dict[str, Any], texts: list[str]
) -> dict[str, Any]:
    x = data.X_test[rows].astype(np.float32)
    first, second = (escape(name) for name in data.feature_names)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": x[:, 0],
        "y": x[:, 1],
        "marker": marker,
        "customdata": texts,
        "hovertemplate": f"<b>%{{customdata}}</b>, test<br>{first} %{{x:.4f}}<br>"
        f"{second} %{{y:.4f}}<extra></extra>",
    }


def output_data(surface: Surface, data: Dataset) -> pd.DataFrame:
    """Return one row a grid point: the two features, and the prediction."""
    import pandas as pd

    grid = grid_points(surface.x, surface.y)
    table = pd.DataFrame(grid, columns=list(data.feature_names))
    if surface.winner is None:
        return table.assign(predicted=surface.value.ravel())
    names = np.array(data.class_names, object)[surface.winner.ravel()]
    return table.assign(**{"predicted class": names, "probability": surface.value.ravel()})


@dataclass(frozen=True, eq=False)
class UnitMap:
    """One unit over the plane: grid coordinates (side,), values (side, side), and its name."""

    x: NDArray[Any]
    y: NDArray[Any]
    values: NDArray[Any]
    name: str


def unit_map(trainer: nnlib.Trainer, pick: Pick, resolution: int = RESOLUTION) -> UnitMap:
    """Return what one unit gives over the plane.

    A hidden unit gives its activation; an output the probability of its class, or the predicted
    value in the network's own units.
    """
    data = trainer.data
    x, y = plane_axes(plane_of(data), resolution)
    inputs = map_of(data)(grid_points(x, y).astype(np.float32))
    layer = unit_values(trainer.network, trainer.loss, inputs).layers[pick.layer]
    last = len(trainer.network.dense_layers)
    name = f"{layer_name(pick.layer, last)}, unit {pick.unit + 1}"
    return UnitMap(x, y, layer[pick.unit].reshape(resolution, resolution), name)


def plot_unit(unit: UnitMap, data: Dataset) -> go.Figure:
    """Draw one unit's map over the plane; `data` is that of the plane."""
    title = f"{unit.name[:1].upper()}{unit.name[1:]}: what it gives over the plane"
    axes = (feature_title(data, 0), feature_title(data, 1))
    if not np.isfinite(unit.values).all():
        return empty_figure(title, *axes, NOT_FINITE, height=_HEIGHT)
    figure = new_figure(title, *axes, height=_HEIGHT)
    first, second = (escape(name) for name in data.feature_names)
    largest = float(np.abs(unit.values).max()) or 1.0
    figure.add_trace(
        {
            "type": "heatmap",
            "x": unit.x.astype(np.float32),
            "y": unit.y.astype(np.float32),
            "z": unit.values.astype(np.float32),
            "zmin": -largest,
            "zmax": largest,
            "colorscale": DIVERGING,
            "colorbar": {"title": {"text": "value"}, "thickness": 14},
            "hovertemplate": f"{first} %{{x:.3f}}, {second} %{{y:.3f}}<br>"
            "value %{z:.5g}<extra></extra>",
        }
    )
    return figure.update_layout(uirevision="unit", xaxis_showgrid=False, yaxis_showgrid=False)


def unit_data(unit: UnitMap, data: Dataset) -> pd.DataFrame:
    """Return one row a grid point: the two features, and ``value``."""
    import pandas as pd

    table = pd.DataFrame(grid_points(unit.x, unit.y), columns=list(data.feature_names))
    return table.assign(value=unit.values.ravel())


def plot_unit_gradients(trainer: nnlib.Trainer) -> go.Figure:
    """Draw the gradient norm of each unit's incoming weights, layer by layer, on a log axis."""
    title = f"Gradient of each unit at step {trainer.step:,}"
    axes = ("layer", "gradient norm of a unit's weights")
    norms = unit_gradient_norms(trainer.network)
    if not any((layer > 0).any() for layer in norms):
        message = "There is no gradient yet: play, or make a step."
        if trainer.step:
            message = "Every gradient is zero or not finite."
        return empty_figure(title, *axes, message, height=_HEIGHT)
    figure = new_figure(title, *axes, log_y=True, height=_HEIGHT)
    colors = layer_colors(len(norms))
    figure.add_traces([_dots(i, layer, colors[i]) for i, layer in enumerate(norms)])
    totals = [float(np.sqrt(np.square(layer).sum())) for layer in norms]
    figure.add_trace(
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": "whole layer",
            "x": list(range(len(norms))),
            "y": [total if total > 0 else None for total in totals],
            "line": {"color": BATCH, "width": 2},
            "hovertemplate": "whole layer: %{y:.5g}<extra></extra>",
        }
    )
    figure.update_xaxes(
        tickvals=list(range(len(norms))),
        ticktext=[_tick(i, layer, len(norms)) for i, layer in enumerate(norms)],
        tickangle=0,
    )
    if len(norms) > _MOST_NAMES:
        figure.update_xaxes(title_text="layer, and how many of its units have a zero gradient")
    positive = [float(x) for layer in norms for x in layer if 0 < x < np.inf] + totals
    if max(positive) < 1e3 * min(filter(None, positive)):
        figure.update_yaxes(dtick="D2")  # 1, 2, 5; every digit would be too close
    return figure.update_layout(uirevision="unit gradients")


def _dots(index: int, norms: NDArray[Any], color: str) -> dict[str, Any]:
    rows = np.linspace(0, len(norms) - 1, min(len(norms), _MOST_DOTS)).round().astype(int)
    rows = rows[norms[rows] > 0]
    spread = np.zeros(len(rows)) if len(norms) == 1 else rows / (len(norms) - 1) - 0.5
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "one unit",
        "legendgroup": "unit",
        "showlegend": index == 0,
        "x": (index + 0.6 * spread).astype(np.float32),
        "y": norms[rows].astype(np.float32),
        "marker": {"color": color, "size": 6},
        "customdata": rows + 1,
        "hovertemplate": "unit %{customdata}: %{y:.5g}<extra></extra>",
    }


def _tick(index: int, norms: NDArray[Any], count: int) -> str:
    silent = int((norms == 0).sum())
    if count > _MOST_NAMES:
        name, words = (
            layer_name(index + 1, count).replace("hidden ", "h").replace("output", "out"),
            "",
        )
    else:
        name, words = layer_name(index + 1, count), f" of {len(norms):,} zero"
    return f"{name}<br>{silent:,}{words}" if silent else name


def unit_gradients_data(trainer: nnlib.Trainer) -> pd.DataFrame:
    """Return one row a unit: ``layer, unit, gradient_norm``."""
    import pandas as pd

    norms = unit_gradient_norms(trainer.network)
    rows = [
        (layer_name(i + 1, len(norms)), unit + 1, float(value))
        for i, layer in enumerate(norms)
        for unit, value in enumerate(layer)
    ]
    return pd.DataFrame(rows, columns=["layer", "unit", "gradient_norm"])
