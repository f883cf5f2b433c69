"""Charts of images: a mosaic of the worst mistakes, and first-layer weights seen as images.

A mosaic is one heat map of all tiles, with gaps of missing values between them, and one trace of
labels; so it costs the same to draw whatever the number of tiles.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pages.shared.charts.chart import Chart
from pages.shared.charts.figure import Figure
from pages.shared.charts.theme import DIVERGING, empty_figure, new_figure

COLUMNS = 6
_NOT_FINITE = "The weights are not finite numbers: the run diverged."
_INK = [(0.0, "#111827"), (1.0, "#ffffff")]
_ROW_HEIGHT = 125  # pixels
_LABEL_LINE = 0.3  # of a tile's height, enough for a line of text where the chart is narrow


@dataclass(frozen=True, eq=False)
class Mistakes:
    """Wrongly classified examples, the most confident first; all of shape (m,).

    `index` is the row, `actual` and `predicted` are class codes, `probability` is that of the
    predicted class.
    """

    index: NDArray[np.intp]
    actual: NDArray[np.int64]
    predicted: NDArray[np.int64]
    probability: NDArray[np.float64]


def draw_images(
    images: ArrayLike,
    labels: Sequence[str],
    image_shape: tuple[int, int],
    title: str,
    *,
    hovers: Sequence[str] | None = None,
) -> Figure:
    """Draw images as a mosaic with a label below each.

    Parameters
    ----------
    images : shape (m, height * width); the smallest value is drawn black and the largest white
    labels, hovers : escaped where they hold a person's text
    """
    tiles = _Tiles(
        np.asarray(images, np.float32),
        image_shape,
        COLUMNS,
        label_lines=1 + max(label.count("<br>") for label in labels),
    )
    figure = _mosaic_figure(title, tiles)
    canvas = {**tiles.heatmap(), "colorscale": _INK, "showscale": False, "hoverinfo": "skip"}
    figure.add_traces([canvas, tiles.texts(labels, hovers)])
    # The nearest label is shown wherever in its tile the mouse is.
    return figure.update_layout(hoverdistance=-1)


def plot_first_layer_weights(
    weights: ArrayLike, image_shape: tuple[int, int], count: int = 24
) -> Chart:
    """Draw the incoming weights of the first units as images; zero has the neutral color.

    Parameters
    ----------
    weights : shape (height * width, units); of the first layer
    count : at most so many units, the first ones
    """
    weights = np.array(weights, np.float32)
    figure = _weights_figure(weights, image_shape, count)
    return Chart(figure, "first-layer-weights", partial(weights_table, weights))


def _weights_figure(
    weights: NDArray[np.float32], image_shape: tuple[int, int], count: int
) -> Figure:
    units = weights.shape[1]
    shown = min(count, units)
    part = f"{shown} units" if shown == units else f"the first {shown} of {units} units"
    title = f"First-layer weights of {part}"
    if not np.isfinite(weights).all():
        return empty_figure(title, "", "", _NOT_FINITE)
    tiles = _Tiles(weights[:, :shown].T, image_shape, COLUMNS, label_lines=1)
    figure = _mosaic_figure(title, tiles)
    largest = float(np.abs(weights[:, :shown]).max(initial=0)) or 1.0
    canvas = tiles.heatmap() | {
        "colorscale": DIVERGING,
        "zmin": -largest,
        "zmax": largest,
        "colorbar": {"title": {"text": "weight"}, "thickness": 14},
        "hovertemplate": "weight %{z:.4g}<extra></extra>",
    }
    figure.add_traces([canvas, tiles.texts([str(i + 1) for i in range(shown)], None)])
    return figure


def weights_table(weights: NDArray[Any]) -> pd.DataFrame:
    """Return rows ``unit, input, weight`` of all units; units and inputs count from 1."""
    by_unit = weights.T
    unit, pixel = (index.ravel() + 1 for index in np.indices(by_unit.shape))
    return pd.DataFrame({"unit": unit, "input": pixel, "weight": by_unit.ravel()})


class _Tiles:
    """Images on a grid, `columns` a row, with room below each for a label.

    Coordinates count pixels from the left and from the top.
    """

    def __init__(
        self,
        images: NDArray[np.float32],
        image_shape: tuple[int, int],
        columns: int,
        *,
        label_lines: int,
    ) -> None:
        height, width = image_shape
        self.count, self.columns = len(images), columns
        self.rows = -(-self.count // columns)
        room = max(round(_LABEL_LINE * label_lines * height), 2)
        self.step_y, self.step_x = height + room, width + max(round(0.12 * width), 1)
        self.height, self.width = height, width
        self.canvas = np.full((self.rows * self.step_y, columns * self.step_x), np.nan, np.float32)
        for i, image in enumerate(images.reshape(-1, height, width)):
            top, left = self.corner(i)
            self.canvas[top : top + height, left : left + width] = image

    def corner(self, i: int) -> tuple[int, int]:
        """Return the top row and left column of tile i."""
        return i // self.columns * self.step_y, i % self.columns * self.step_x

    def heatmap(self) -> dict[str, Any]:
        """Return the trace of all tiles."""
        return {"type": "heatmap", "z": self.canvas, "hoverongaps": False}

    def texts(self, labels: Sequence[str], hovers: Sequence[str] | None) -> dict[str, Any]:
        """Return the trace of the labels."""
        corners = np.array([self.corner(i) for i in range(self.count)], np.float32)
        trace = {
            "mode": "text",
            "x": corners[:, 1] + (self.width - 1) / 2,
            "y": corners[:, 0] + 1.04 * self.height - 0.5,
            "text": list(labels),
            "textposition": "bottom center",
            "textfont": {"size": 11},
            "showlegend": False,
            "cliponaxis": False,
        }
        if hovers is None:
            return trace | {"hoverinfo": "skip"}
        return trace | {"hovertext": list(hovers), "hovertemplate": "%{hovertext}<extra></extra>"}


def _mosaic_figure(title: str, tiles: _Tiles) -> Figure:
    """Return a figure without axis lines, in which pixels are square."""
    figure = new_figure(title, "", "", height=tiles.rows * _ROW_HEIGHT + 70)
    bare = {"visible": False, "constrain": "domain"}
    rows, columns = tiles.canvas.shape
    return figure.update_layout(
        xaxis={**bare, "range": (-0.5, columns - 0.5)},
        yaxis={**bare, "range": (rows - 0.5, -0.5), "scaleanchor": "x", "constraintoward": "top"},
    )
