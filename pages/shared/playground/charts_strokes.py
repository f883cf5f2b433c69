"""The lines and frames of a network's picture, as one image: Plotly is slow with a trace each."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pages.shared.charts.theme import CLASS_COLORS
from pages.shared.playground.charts_diagram import Diagram, Floats

_SIGN_COLORS = {-1: CLASS_COLORS[0], 1: CLASS_COLORS[1]}
_FRAME = CLASS_COLORS[8]
_WIDTHS = (0.5, 1.2, 2.2, 3.6, 5.5)
_FINE = np.array([400, 100])  # parts of a distance of layers and of units: 1/4 pixel
_IN_ADDRESS = str.maketrans({"%": "%25", "#": "%23", "<": "%3C", ">": "%3E"})


class Strokes(NamedTuple):
    """Open lines of one look: `points` of shape (lines, corners, 2), the width in pixels."""

    points: Floats
    color: str
    width: float
    opacity: float = 1.0


def strokes_of(diagram: Diagram, edges: str) -> list[Strokes]:
    """Return a line for each weight and a frame for each unit.

    Parameters
    ----------
    edges : "weights" or "gradients": what colors and thickens them. Frames show biases, or the norm
        of the gradient of a unit's incoming weights.
    """
    return [*_lines(diagram, edges), *_frames(diagram, edges)]


def as_image(strokes: list[Strokes], x: tuple[float, float], y: tuple[float, float]) -> str:
    """Return an image of these ranges as a ``data:`` address; widths are the same at any size."""
    width, height = np.rint(_FINE * np.ptp([x, y], axis=1)).astype(int)
    paths = (_path(each, x[0], y[1]) for each in strokes if len(each.points))
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' "
        f"preserveAspectRatio='none' fill='none'>{''.join(paths)}</svg>"
    )
    return "data:image/svg+xml," + svg.translate(_IN_ADDRESS)


def _path(strokes: Strokes, left: float, top: float) -> str:
    places = np.rint(_FINE * (strokes.points - (left, top)) * (1, -1)).astype(int)
    moves = np.diff(places, axis=1).reshape(len(places), -1)
    starts = (f"M{x} {y}l" for x, y in places[:, 0].tolist())
    lines = (" ".join(map(str, line)) for line in moves.tolist())
    d = "".join(start + line for start, line in zip(starts, lines, strict=True))
    return (
        f"<path d='{d}' stroke='{strokes.color}' stroke-width='{strokes.width}' "
        f"opacity='{strokes.opacity:.3g}' vector-effect='non-scaling-stroke'/>"
    )


def box(diagram: Diagram, layer: int, unit: int, grow: float = 1.0) -> Floats:
    """Return the corners of a unit's frame, closed, shape (5, 2)."""
    x, y = layer, diagram.places(layer)[unit]
    a, b = grow * diagram.half_width, grow * diagram.half_height
    return np.array(
        ((x - a, y - b), (x + a, y - b), (x + a, y + b), (x - a, y + b), (x - a, y - b))
    )


def _levels(sizes: Floats) -> NDArray[np.int64]:
    """Return for each size, relative to the largest, which of the line widths it has."""
    finite = sizes[np.isfinite(sizes)]
    largest = float(finite.max()) if len(finite) and finite.max() > 0 else 1.0
    share = np.where(np.isfinite(sizes), np.minimum(sizes / largest, 1), 1)
    return np.asarray(np.rint(share * (len(_WIDTHS) - 1)), np.int64)


def _lines(diagram: Diagram, edges: str) -> list[Strokes]:
    values = diagram.gradients if edges == "gradients" else diagram.weights
    parts, numbers = [], []
    for layer, matrix in enumerate(values):
        (left, starts), (right, ends) = diagram.along(layer, 0), diagram.along(layer, 1)
        sources, units = ends.shape
        x = np.broadcast_to([left, right], (sources * units, 2))
        y = np.stack(np.broadcast_arrays(starts, ends), axis=-1).reshape(-1, 2)
        parts.append(np.stack([x, y], axis=-1))
        numbers.append(matrix[:sources, :units].ravel())
    points, number = np.concatenate(parts), np.concatenate(numbers)
    level = _levels(np.abs(number))
    return [
        Strokes(points[kept], color, width, 0.35 + 0.6 * step / (len(_WIDTHS) - 1))
        for sign, color in _SIGN_COLORS.items()
        for step, width in enumerate(_WIDTHS)
        for kept in [(level == step) & (number < 0 if sign < 0 else ~(number < 0))]
    ]


def _frames(diagram: Diagram, edges: str) -> list[Strokes]:
    units = [(layer, unit) for layer, n in enumerate(diagram.shown) for unit in range(n)]
    points = np.array([box(diagram, *place) for place in units])
    number = np.concatenate([_of_frames(diagram, edges, i) for i in range(len(diagram.shown))])
    level = _levels(np.abs(number))
    sign = np.sign(np.nan_to_num(number)) if edges == "weights" else np.zeros(len(number))
    colors: dict[Any, str] = {0: _FRAME, **_SIGN_COLORS}
    return [
        Strokes(points[kept], color, max(width, 1.0))
        for which, color in colors.items()
        for step, width in enumerate(_WIDTHS)
        for kept in [(sign == which) & (level == step)]
    ]


def _of_frames(diagram: Diagram, edges: str, layer: int) -> Floats:
    """Return what the frames of a layer show; inputs have nothing."""
    count = diagram.shown[layer]
    found = None
    if layer:
        found = (diagram.norms if edges == "gradients" else diagram.biases)[layer - 1]
    return np.zeros(count) if found is None else found[:count]
