"""The whole network in one picture: every unit with its map over the plane, every weight a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

import nnlib
from nnlib.input_features import map_of, plane_of
from nnlib.unit_surfaces import grid_points, plane_axes, unit_gradient_norms, unit_values
from pages.shared.charts.playground_png import signed_picture
from pages.shared.charts.theme import CLASS_COLORS, escape, new_figure, plain_number

if TYPE_CHECKING:
    import pandas as pd

EDGES = ("weights", "gradients")
SIDE = 24
"""Points along each side of a unit's small map."""
MOST_UNITS, _MOST_DRAWN = 16, 240  # units of a layer, and of all layers together
_SIGN_COLORS = {-1: CLASS_COLORS[0], 1: CLASS_COLORS[1]}
_FRAME, _CHOSEN = CLASS_COLORS[8], CLASS_COLORS[3]
_WIDTHS = (0.5, 1.2, 2.2, 3.6, 5.5)
_USUAL_WIDTH = 440  # pixels of the plot on a page, for maps that are nearly square
_HEIGHT, _MOST_HEIGHT, _AROUND = 440, 620, 120
_CHARACTER, _LONGEST_NAME = 6.5, 14  # width in pixels, and length of names in the margins
_MOST_HEADINGS = 5  # layers that have room for a whole heading
_REACH = 0.4  # of the distance between two units: how near to a line a click counts

Floats = NDArray[np.floating[Any]]


class Pick(NamedTuple):
    """A unit, or one of its incoming weights; layers count from 1, units and sources from 0."""

    layer: int
    unit: int
    source: int | None = None


@dataclass(frozen=True, eq=False)
class Diagram:
    """What the picture shows of a network; lists go from the inputs to the outputs.

    Attributes
    ----------
    input_names, output_names : of all of them
    maps : small maps of the units that are drawn, (units, side, side) a layer; probabilities p of
        the output as 2p - 1
    units : how many there are in each layer, inputs and outputs included
    weights, biases, gradients, norms : of the layers behind the inputs; a bias may be missing,
        norms are those of the gradients of each unit's incoming weights
    probabilities : whether the outputs are such
    """

    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    maps: list[Floats]
    units: list[int]
    weights: list[Floats]
    biases: list[Floats | None]
    gradients: list[Floats]
    norms: list[Floats]
    step: int
    probabilities: bool

    @property
    def height(self) -> int:
        """Height of the picture in pixels."""
        return int(np.clip(_AROUND + 44 * max(self.shown), _HEIGHT, _MOST_HEIGHT))

    @property
    def shown(self) -> list[int]:
        """How many units of each layer are drawn."""
        return [len(layer) for layer in self.maps]

    def places(self, layer: int) -> Floats:
        """Return the heights of a layer's units, from the first one down."""
        count = self.shown[layer]
        return (count - 1) / 2 - np.arange(count)

    def pick(self, x: float, y: float) -> Pick | None:
        """Return the unit or line at a point of the picture, or None."""
        layer = round(x)
        if 0 <= layer < len(self.maps) and abs(x - layer) <= _half_width(self):
            if layer == 0:
                return None  # an input has no weights
            unit = int(np.abs(self.places(layer) - y).argmin())
            return Pick(layer, unit) if abs(self.places(layer)[unit] - y) < 0.5 else None
        left = int(np.floor(x))
        if not 0 <= left < len(self.maps) - 1:
            return None
        starts, ends = self.places(left)[:, np.newaxis], self.places(left + 1)
        distance = np.abs(starts + (x - left) * (ends - starts) - y)
        source, unit = np.unravel_index(distance.argmin(), distance.shape)
        near = distance[source, unit] <= _REACH
        return Pick(left + 1, int(unit), int(source)) if near else None


def diagram_of(trainer: nnlib.Trainer) -> Diagram:
    """Return the picture's content for a run on a plane."""
    data, network = trainer.data, trainer.network
    dense = network.dense_layers
    most = max(2, min(MOST_UNITS, _MOST_DRAWN // (len(dense) + 1)))
    points = grid_points(*plane_axes(plane_of(data), SIDE)).astype(np.float32)
    values = unit_values(network, trainer.loss, map_of(data)(points), most)
    outputs = values.outputs if data.task == "regression" else 2 * values.outputs - 1
    layers = (values.inputs, *values.hidden, outputs)
    return Diagram(
        data.feature_names,
        output_names(data),
        [layer.reshape(-1, SIDE, SIDE) for layer in layers],
        [dense[0].fan_in, *(layer.fan_out for layer in dense)],
        [layer.weight for layer in dense],
        [layer.bias[0] if layer.has_bias else None for layer in dense],
        [layer.weight_gradient for layer in dense],
        list(unit_gradient_norms(network)),
        trainer.step,
        data.task != "regression",
    )


def output_names(data: nnlib.datasets.Dataset) -> tuple[str, ...]:
    """Return what each output of the network gives."""
    if data.task == "regression":
        return data.target_names
    names = data.class_names[1:] if data.task == "binary" else data.class_names
    return tuple(f"P({name})" for name in names)


def layer_name(layer: int, count: int) -> str:
    """Return the name of a layer behind the inputs, of so many; the last one gives the output."""
    return "output" if layer == count else f"hidden {layer}"


def plot_diagram(
    diagram: Diagram, *, edges: str = "weights", chosen: Pick | None = None
) -> go.Figure:
    """Draw the network.

    Parameters
    ----------
    edges : str
        Of `EDGES`: what colors and thickens lines and frames. Frames show biases, or the norm of
        the gradient of a unit's incoming weights.
    chosen : Pick, optional
        The unit that is marked; its incoming weights can be pointed at.
    """
    rows = max(diagram.shown)
    title = f"The network at step {diagram.step:,}: lines are {edges}"
    figure = new_figure(title, "layer", "unit", height=diagram.height)
    figure.add_traces([*_lines(diagram, edges), *_frames(diagram, edges)])
    figure.add_traces(_chosen(diagram, chosen))
    figure.add_traces([_hovers(diagram), *_texts(diagram)])
    axis = {"showticklabels": False, "showgrid": False, "ticks": "", "fixedrange": True}
    left, right = _room(diagram)
    figure.update_layout(
        images=_images(diagram),
        showlegend=False,
        dragmode=False,
        uirevision="diagram",
        xaxis={**axis, "range": (-left, len(diagram.maps) - 1 + right)},
        yaxis={**axis, "range": (-rows / 2 - 0.5, rows / 2 + 0.9)},
    )
    return figure


def _half_width(diagram: Diagram) -> float:
    """Return half the width of a unit in the picture, in distances of two layers."""
    pixels = _USUAL_WIDTH / (len(diagram.maps) - 1 + sum(_room(diagram)))
    return 0.5 * min(0.6, _unit_pixels(diagram) / pixels)


def _room(diagram: Diagram) -> tuple[float, float]:
    """Return the room for the names left and right, in distances of two layers."""
    last = len(diagram.maps) - 1
    names = (diagram.input_names, diagram.output_names)
    pixels = [24 + _CHARACTER * max(len(_short(name)) for name in group) for group in names]
    share = last / (_USUAL_WIDTH - sum(pixels))
    left, right = (max(0.4, share * each) for each in pixels)
    return left, right


def _short(name: str) -> str:
    """Return a name for the picture's margin; the hover has the whole one."""
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def _unit_pixels(diagram: Diagram) -> float:
    pitch = (diagram.height - _AROUND) / (max(diagram.shown) + 1.4)
    return min(0.86 * pitch, 56)


def _half_height(diagram: Diagram) -> float:
    pitch = (diagram.height - _AROUND) / (max(diagram.shown) + 1.4)
    return 0.5 * _unit_pixels(diagram) / pitch


def _images(diagram: Diagram) -> list[dict[str, Any]]:
    half_x, half_y = _half_width(diagram), _half_height(diagram)
    found = []
    for layer, maps in enumerate(diagram.maps):
        for values, y in zip(maps, diagram.places(layer), strict=True):
            last = layer == len(diagram.maps) - 1
            largest = 1.0 if last and len(diagram.maps) > 1 else _largest(values)
            found.append(
                {
                    "source": signed_picture(values, largest),
                    "xref": "x",
                    "yref": "y",
                    "x": layer - half_x,
                    "y": y + half_y,
                    "sizex": 2 * half_x,
                    "sizey": 2 * half_y,
                    "sizing": "stretch",
                    "layer": "above",
                }
            )
    return found


def _largest(values: Floats) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if len(finite) else 0.0


def _levels(sizes: Floats) -> NDArray[np.int64]:
    """Return for each size, relative to the largest, which of the line widths it has."""
    finite = sizes[np.isfinite(sizes)]
    largest = float(finite.max()) if len(finite) and finite.max() > 0 else 1.0
    share = np.where(np.isfinite(sizes), np.minimum(sizes / largest, 1), 1)
    return np.rint(share * (len(_WIDTHS) - 1)).astype(np.int64)


def _lines(diagram: Diagram, edges: str) -> list[dict[str, Any]]:
    """Return one trace a color and thickness, with all lines of it."""
    values = diagram.gradients if edges == "gradients" else diagram.weights
    parts, numbers = [], []
    for layer, matrix in enumerate(values):
        starts, ends = diagram.places(layer), diagram.places(layer + 1)
        i, j = (index.ravel() for index in np.indices((len(starts), len(ends))))
        gap = np.full(len(i), np.nan)
        x = np.stack([np.full(len(i), layer), np.full(len(i), layer + 1), gap], axis=1)
        parts.append((x, np.stack([starts[i], ends[j], gap], axis=1)))
        numbers.append(matrix[i, j])
    x, y = (np.concatenate(axis) for axis in zip(*parts, strict=True))
    number = np.concatenate(numbers)
    level = _levels(np.abs(number))
    return [
        _line(x[kept], y[kept], color, width, 0.35 + 0.6 * step / (len(_WIDTHS) - 1))
        for sign, color in _SIGN_COLORS.items()
        for step, width in enumerate(_WIDTHS)
        for kept in [(level == step) & (number < 0 if sign < 0 else ~(number < 0))]
    ]


def _line(x: Floats, y: Floats, color: str, width: float, opacity: float = 1.0) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x.ravel().astype(np.float32),
        "y": y.ravel().astype(np.float32),
        "line": {"color": color, "width": width},
        "opacity": opacity,
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _frames(diagram: Diagram, edges: str) -> list[dict[str, Any]]:
    """Return the units' frames: by bias, or by the norm of the unit's gradient."""
    boxes, values = [], []
    for layer, count in enumerate(diagram.shown):
        boxes += [_box(diagram, layer, unit) for unit in range(count)]
        if layer == 0:
            values.append(np.zeros(count))
        elif edges == "gradients":
            values.append(diagram.norms[layer - 1][:count])
        else:
            bias = diagram.biases[layer - 1]
            values.append(np.zeros(count) if bias is None else bias[:count])
    number = np.concatenate(values)
    level = _levels(np.abs(number))
    sign = np.sign(np.nan_to_num(number)) if edges == "weights" else np.zeros(len(number))
    array = np.array(boxes)  # (units, 6, 2)
    return [
        _line(array[kept][..., 0], array[kept][..., 1], color, max(width, 1.0))
        for color, which in (
            (_FRAME, sign == 0),
            *((c, sign == s) for s, c in _SIGN_COLORS.items()),
        )
        for step, width in enumerate(_WIDTHS)
        for kept in [which & (level == step)]
    ]


def _box(diagram: Diagram, layer: int, unit: int, grow: float = 1.0) -> Floats:
    """Return the corners of a unit's frame and a gap, shape (6, 2)."""
    x, y = layer, diagram.places(layer)[unit]
    a, b = grow * _half_width(diagram), grow * _half_height(diagram)
    corners = ((x - a, y - b), (x + a, y - b), (x + a, y + b), (x - a, y + b), (x - a, y - b))
    return np.array([*corners, (np.nan, np.nan)])


def _chosen(diagram: Diagram, chosen: Pick | None) -> list[dict[str, Any]]:
    """Return the mark of the chosen unit, and dots on its incoming lines that tell the weights."""
    frame, mark = np.empty((0, 2)), np.empty((0, 2))
    dots: dict[str, Any] = {"x": [], "y": [], "customdata": []}
    if chosen is not None and chosen.unit < diagram.shown[chosen.layer]:
        frame = _box(diagram, chosen.layer, chosen.unit, grow=1.15)
        starts = diagram.places(chosen.layer - 1)
        end = diagram.places(chosen.layer)[chosen.unit]
        dots = {
            "x": np.full(len(starts), chosen.layer - 0.75, np.float32),
            "y": (0.75 * starts + 0.25 * end).astype(np.float32),
            "customdata": [_edge_text(diagram, chosen, source) for source in range(len(starts))],
        }
        if chosen.source is not None and chosen.source < len(starts):
            mark = np.array([(chosen.layer - 1, starts[chosen.source]), (chosen.layer, end)])
    return [
        _line(mark[:, 0], mark[:, 1], _CHOSEN, 2) | {"line": {"color": _CHOSEN, "dash": "dot"}},
        _line(frame[:, 0], frame[:, 1], _CHOSEN, 2.5),
        {
            "type": "scatter",
            "mode": "markers",
            **dots,
            "marker": {"size": 6, "color": _CHOSEN},
            "hovertemplate": "%{customdata}<extra></extra>",
        },
    ]


def source_name(diagram: Diagram, layer: int, source: int) -> str:
    """Return the name of what a weight into a layer comes from."""
    return diagram.input_names[source] if layer == 1 else f"unit {source + 1}"


def _edge_text(diagram: Diagram, chosen: Pick, source: int) -> str:
    weight = diagram.weights[chosen.layer - 1][source, chosen.unit]
    gradient = diagram.gradients[chosen.layer - 1][source, chosen.unit]
    name = escape(source_name(diagram, chosen.layer, source))
    return f"<b>from {name}</b><br>weight {weight:.6g}<br>gradient {gradient:.6g}"


def _hovers(diagram: Diagram) -> dict[str, Any]:
    """Return an invisible mark on each unit that tells its numbers."""
    x, y, texts = [], [], []
    for layer, maps in enumerate(diagram.maps):
        x += [layer] * len(maps)
        y += list(diagram.places(layer))
        texts += [_unit_text(diagram, layer, unit) for unit in range(len(maps))]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": x,
        "y": y,
        "marker": {"size": 24, "opacity": 0, "symbol": "square"},
        "customdata": texts,
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _unit_text(diagram: Diagram, layer: int, unit: int) -> str:
    values = diagram.maps[layer][unit]
    last = len(diagram.maps) - 1
    if layer == 0:
        name, what = escape(diagram.input_names[unit]), "value"
    elif layer == last:
        name, what = escape(diagram.output_names[unit]), "output"
        if diagram.probabilities:
            values = (values + 1) / 2
    else:
        name, what = f"Hidden layer {layer}, unit {unit + 1}", "activation"
    lines = [f"<b>{name}</b>", f"{what} from {values.min():.4g} to {values.max():.4g}"]
    if layer:
        bias = diagram.biases[layer - 1]
        lines += [] if bias is None else [f"bias {bias[unit]:.6g}"]
        lines += [f"gradient norm of its weights {diagram.norms[layer - 1][unit]:.4g}"]
    return "<br>".join(lines)


def _texts(diagram: Diagram) -> list[dict[str, Any]]:
    """Return headings with each layer's gradient norm, names, and how many are not drawn."""
    last, top = len(diagram.maps) - 1, max(diagram.shown) / 2 + 0.15
    half = _half_width(diagram)
    more = [(i, n - s) for i, (n, s) in enumerate(zip(diagram.units, diagram.shown, strict=True))]
    more = [(layer, rest) for layer, rest in more if rest]
    bottoms = [-diagram.shown[layer] / 2 - 0.05 for layer, _ in more]
    outputs = diagram.output_names[: diagram.shown[last]]
    inputs = diagram.input_names[: diagram.shown[0]]
    return [
        _text(range(last + 1), [top] * (last + 1), _headings(diagram), "top center"),
        _text(
            [-half - 0.03] * len(inputs),
            diagram.places(0),
            [escape(_short(n)) for n in inputs],
            "middle left",
        ),
        _text(
            [last + half + 0.03] * len(outputs),
            diagram.places(last),
            [escape(_short(n)) for n in outputs],
            "middle right",
        ),
        _text(
            [layer for layer, _ in more],
            bottoms,
            [f"and {rest:,} more" for _, rest in more],
            "bottom center",
        ),
    ]


def _headings(diagram: Diagram) -> list[str]:
    """Return each layer's name and the norm of its gradient, briefly where there are many."""
    last = len(diagram.maps) - 1
    norms = [float(np.sqrt(np.square(norms).sum())) for norms in diagram.norms]
    if last <= _MOST_HEADINGS:
        named = [
            f"{layer_name(layer, last)}<br>‖∇W‖ {plain_number(norm)}"
            for layer, norm in enumerate(norms, 1)
        ]
        return ["inputs", *named]
    if last <= 2 * _MOST_HEADINGS:
        return ["‖∇W‖", *(f"{norm:.1g}" for norm in norms)]
    return [""] * (last + 1)


def _text(x: Any, y: Any, texts: Any, position: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "text",
        "x": list(x),
        "y": list(y),
        "text": list(texts),
        "textposition": position,
        "textfont": {"size": 12},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def diagram_data(trainer: nnlib.Trainer) -> pd.DataFrame:
    """Return one row a weight or bias of the whole network: its place, value and gradient."""
    import pandas as pd

    parameters, gradients = trainer.network.parameters(), trainer.network.gradients()
    parts = []
    for name, array in parameters.items():
        row, column = np.indices(array.shape).reshape(2, -1)
        parts.append(
            pd.DataFrame(
                {
                    "parameter": name,
                    "row": row,
                    "column": column,
                    "value": array.ravel(),
                    "gradient": gradients[name].ravel(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
