"""The decision surfaces of compared networks side by side, with the training points."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.datasets import Dataset
from pages.shared.charts.chart import Chart
from pages.shared.charts.figure import Figure
from pages.shared.charts.points import class_codes, feature_title, first_target
from pages.shared.charts.surface_values import Surface
from pages.shared.charts.surfaces import color_axis, surface_map
from pages.shared.charts.theme import CLASS_COLORS, empty_figure, escape, new_figure
from pages.shared.regularization.charts_networks import NOTHING

_COLUMNS = 4
_GAP = 0.03
_OUTLINE = {"color": "rgba(255, 255, 255, 0.8)", "width": 1}


def plot_surfaces(
    surfaces: Mapping[str, Surface], data: Dataset, flipped: NDArray[np.intp]
) -> Chart:
    """Draw the decision surface of each network, with the training points.

    Parameters
    ----------
    surfaces : of two features, by the network's name
    data : what the points are taken from
    flipped : rows of the training split that have a wrong label
    """
    title = "Decision surfaces of the first seed"
    axes = (feature_title(data, 0), feature_title(data, 1))
    if not surfaces:
        return Chart(empty_figure(title, *axes, NOTHING), "decision-surfaces")
    columns = min(_COLUMNS, len(surfaces))
    rows = -(-len(surfaces) // columns)
    figure = new_figure(title, "", "", height=110 + 240 * rows)
    traces: list[dict[str, Any]] = []
    for index, (name, surface) in enumerate(surfaces.items()):
        number = "" if index == 0 else str(index + 1)
        place = {"xaxis": f"x{number}", "yaxis": f"y{number}"}
        if surface.finite:
            bar = {} if surface.winner is None else {"showscale": False}
            traces.append(surface_map(surface, data) | place | bar)
        traces += [t | place for t in _points(data, flipped, named=index == 0)]
        last = index + columns >= len(surfaces)
        _place_axes(figure, number, divmod(index, columns), (rows, columns), last, axes)
        assert surface.y is not None
        ends = {"x": surface.x[[0, -1]].tolist(), "y": surface.y[[0, -1]].tolist()}
        figure.update_layout({f"{axis}axis{number}": {"range": of} for axis, of in ends.items()})
        _name_panel(figure, number, name if surface.finite else f"{name}: diverged")
    figure.add_traces(traces)
    if data.task == "regression":
        figure.update_layout(coloraxis=color_axis(data))
    return Chart(figure, "decision-surfaces", lambda: _surfaces_table(surfaces, data))


def _place_axes(
    figure: Figure,
    number: str,
    place: tuple[int, int],
    shape: tuple[int, int],
    last: bool,
    titles: tuple[str, str],
) -> None:
    """Set the axes of the panel in a row and column; the outer ones are labeled."""
    (row, column), (rows, columns) = place, shape
    width = (1 - _GAP * (columns - 1)) / columns
    left, top = column * (width + _GAP), 1 - row / rows - 0.06
    bottom = max(top - 1 / rows + 0.12, 0) if rows > 1 else 0.0
    bare = {"showgrid": False, "zeroline": False, "nticks": 4}
    figure.update_layout(
        {
            f"xaxis{number}": bare
            | {
                "domain": (left, left + width),
                "anchor": f"y{number}",
                "showticklabels": last,
                "title": {"text": titles[0] if last else ""},
            },
            f"yaxis{number}": bare
            | {
                "domain": (bottom, top),
                "anchor": f"x{number}",
                "showticklabels": column == 0,
                "title": {"text": titles[1] if column == 0 else ""},
            },
        }
    )


def _name_panel(figure: Figure, number: str, name: str) -> None:
    figure.add_annotation(
        text=f"<b>{name}</b>",
        x=figure.layout[f"xaxis{number}"]["domain"][0],
        y=figure.layout[f"yaxis{number}"]["domain"][1],
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="bottom",
        showarrow=False,
        font={"size": 12},
    )


def _points(data: Dataset, flipped: NDArray[np.intp], *, named: bool) -> list[dict[str, Any]]:
    x = data.X_train.astype(np.float32)
    base = {"mode": "markers", "hoverinfo": "skip"}
    if data.task == "regression":
        color = first_target(data.y_train).astype(np.float32)
        marker = {"color": color, "coloraxis": "coloraxis", "size": 6, "line": _OUTLINE}
        return [base | {"x": x[:, 0], "y": x[:, 1], "marker": marker, "showlegend": False}]
    codes, wrong = class_codes(data.y_train), np.isin(np.arange(len(x)), flipped)
    traces = []
    for k, name in enumerate(data.class_names):
        for rows, symbol, size in (
            ((codes == k) & ~wrong, "circle", 6),
            ((codes == k) & wrong, "x", 9),
        ):
            marker = {"color": CLASS_COLORS[k % len(CLASS_COLORS)], "size": size, "line": _OUTLINE}
            trace = {
                "x": x[rows, 0],
                "y": x[rows, 1],
                "name": escape(name) + (", label flipped" if symbol == "x" else ""),
                "showlegend": named,
                "legendgroup": f"{k}{symbol}",
                "marker": marker | {"symbol": symbol},
            }
            traces += [base | trace] if rows.any() else []
    return traces


def _surfaces_table(surfaces: Mapping[str, Surface], data: Dataset) -> pd.DataFrame:
    """Return one row a grid point and network, with the prediction."""
    parts = []
    for name, surface in surfaces.items():
        assert surface.y is not None
        first, second = np.meshgrid(surface.x, surface.y)
        table = {"network": name, "x": first.ravel(), "y": second.ravel()}
        if surface.winner is None:
            table["predicted"] = surface.value.ravel()
        else:
            table["predicted"] = np.array(data.class_names, object)[surface.winner.ravel()]
            table["probability"] = surface.value.ravel()
        parts.append(pd.DataFrame(table))
    return pd.concat(parts, ignore_index=True)
