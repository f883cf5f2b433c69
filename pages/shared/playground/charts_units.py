"""Single units of a network on a plane: one unit's map, and the gradients of all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import nnlib
from nnlib.datasets import Dataset
from nnlib.network import layer_names
from nnlib.probes.input_features import map_of, plane_of
from nnlib.probes.unit_surfaces import grid_points, plane_axes, unit_gradient_norms, unit_values
from pages.shared.charts import theme
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import log_ticks
from pages.shared.charts.figure import Figure
from pages.shared.charts.points import feature_title
from pages.shared.charts.surface_values import NOT_FINITE
from pages.shared.playground.charts_diagram import Pick

RESOLUTION = 100
"""Points along each side of an enlarged unit."""
_HEIGHT = 440
_MOST_DOTS = 200
_MOST_NAMES = 5  # layers whose whole names fit below an axis


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
    name = f"{trainer.network.layer_names[pick.layer - 1]}, unit {pick.unit + 1}"
    return UnitMap(x, y, layer[pick.unit].reshape(resolution, resolution), name)


def plot_unit(unit: UnitMap, data: Dataset) -> Chart:
    """Draw one unit's map over the plane; `data` is that of the plane."""
    title = f"{unit.name[:1].upper()}{unit.name[1:]}: what it gives over the plane"
    axes = (feature_title(data, 0), feature_title(data, 1))
    table = partial(_unit_table, unit, data.feature_names)
    if not np.isfinite(unit.values).all():
        return Chart(theme.empty_figure(title, *axes, NOT_FINITE, height=_HEIGHT), "unit", table)
    figure = theme.new_figure(title, *axes, height=_HEIGHT)
    first, second = (theme.escape(name) for name in data.feature_names)
    largest = float(np.abs(unit.values).max()) or 1.0
    figure.add_trace(
        {
            "type": "heatmap",
            "x": unit.x.astype(np.float32),
            "y": unit.y.astype(np.float32),
            "z": unit.values.astype(np.float32),
            "zmin": -largest,
            "zmax": largest,
            "colorscale": theme.DIVERGING,
            "colorbar": {"title": {"text": "value"}, "thickness": 14},
            "hovertemplate": f"{first} %{{x:.3f}}, {second} %{{y:.3f}}<br>"
            "value %{z:.5g}<extra></extra>",
        }
    )
    figure.update_layout(uirevision="unit", xaxis_showgrid=False, yaxis_showgrid=False)
    return Chart(figure, "unit", table)


def _unit_table(unit: UnitMap, names: tuple[str, ...]) -> pd.DataFrame:
    """Return one row a grid point: the two features, and ``value``."""
    table = pd.DataFrame(grid_points(unit.x, unit.y), columns=list(names))
    return pd.concat([table, pd.Series(unit.values.ravel(), name="value")], axis=1)


def plot_unit_gradients(trainer: nnlib.Trainer) -> Chart:
    """Draw the gradient norm of each unit's incoming weights, layer by layer, on a log axis."""
    norms = unit_gradient_norms(trainer.network)
    figure = _gradients_figure(norms, trainer.step)
    return Chart(figure, "unit-gradients", partial(_gradients_table, norms))


def _gradients_figure(norms: Sequence[NDArray[Any]], step: int) -> Figure:
    title = f"Gradient of each unit at step {step:,}"
    axes = ("layer", "gradient norm of a unit's weights")
    if not any((layer > 0).any() for layer in norms):
        message = "There is no gradient yet: play, or make a step."
        if step:
            message = "Every gradient is zero or not finite."
        return theme.empty_figure(title, *axes, message, height=_HEIGHT)
    figure = theme.new_figure(title, *axes, log_y=True, height=_HEIGHT)
    colors = theme.layer_colors(len(norms))
    figure.add_traces([_dots(i, layer, colors[i]) for i, layer in enumerate(norms)])
    totals = [float(np.sqrt(np.square(layer).sum())) for layer in norms]
    figure.add_trace(
        {
            "mode": "lines+markers",
            "name": "whole layer",
            "x": list(range(len(norms))),
            "y": [total if total > 0 else None for total in totals],
            "line": {"color": theme.BATCH, "width": 2},
            "hovertemplate": "whole layer: %{y:.5g}<extra></extra>",
        }
    )
    names = layer_names(len(norms))
    brief = len(norms) > _MOST_NAMES
    figure.update_xaxes(
        tickvals=list(range(len(norms))),
        ticktext=[_tick(n, layer, brief) for n, layer in zip(names, norms, strict=True)],
        tickangle=0,
    )
    if brief:
        figure.update_xaxes(title_text="layer, and how many of its units have a zero gradient")
    figure.update_yaxes(log_ticks(np.concatenate([*norms, totals])))
    return figure.update_layout(uirevision="unit gradients")


def _dots(index: int, norms: NDArray[Any], color: str) -> dict[str, Any]:
    rows = np.linspace(0, len(norms) - 1, min(len(norms), _MOST_DOTS)).round().astype(int)
    rows = rows[norms[rows] > 0]
    spread = np.zeros(len(rows)) if len(norms) == 1 else rows / (len(norms) - 1) - 0.5
    return {
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


def _tick(name: str, norms: NDArray[Any], brief: bool) -> str:
    silent = int((norms == 0).sum())
    words = "" if brief else f" of {len(norms):,} zero"
    name = name.replace("hidden ", "h").replace("output", "out") if brief else name
    return f"{name}<br>{silent:,}{words}" if silent else name


def _gradients_table(norms: Sequence[NDArray[Any]]) -> pd.DataFrame:
    """Return one row a unit: ``layer, unit, gradient_norm``."""
    rows = [
        (name, unit + 1, float(value))
        for name, layer in zip(layer_names(len(norms)), norms, strict=True)
        for unit, value in enumerate(layer)
    ]
    return pd.DataFrame(rows, columns=["layer", "unit", "gradient_norm"])
