"""The whole network in one picture: every unit with its map over the plane, every weight a line."""

from functools import partial
from typing import Any

import numpy as np

from pages.shared.charts.chart import Chart
from pages.shared.charts.pictures import CLEAR, signed_picture, signed_shades
from pages.shared.charts.theme import CLASS_COLORS, escape, new_figure, plain_number
from pages.shared.playground.charts_diagram import SIDE, Diagram, Floats, Pick, diagram_table, short
from pages.shared.playground.charts_strokes import as_image, box, strokes_of

EDGES = ("weights", "gradients")
_CHOSEN = CLASS_COLORS[3]
_DOTS_AT = 0.75  # of the way along the lines into the chosen unit
_MOST_HEADINGS = 5  # layers that have room for a whole heading


def plot_diagram(diagram: Diagram, *, edges: str = "weights", chosen: Pick | None = None) -> Chart:
    """Draw the network.

    Parameters
    ----------
    edges : of `EDGES`: what colors and thickens lines and frames. Frames show biases, or the norm
        of the gradient of a unit's incoming weights.
    chosen : the unit that is marked; its incoming weights can be pointed at
    """
    title = f"The network at step {diagram.step:,}: lines are {edges}"
    axis = {"showticklabels": False, "showgrid": False, "ticks": "", "fixedrange": True}
    x, y = _ranges(diagram)
    places = [_place(x[0], y[1], x[1] - x[0], y[1] - y[0], "below"), _place_of_units(diagram)]
    sources = pictures(diagram, edges)
    more = {
        "images": [{"source": s, **place} for s, place in zip(sources, places, strict=True)],
        "dragmode": False,
        "uirevision": "diagram",
        "xaxis": {**axis, "range": x},
        "yaxis": {**axis, "range": y},
    }
    figure = new_figure(title, "layer", "unit", height=diagram.height, more=more)
    figure.add_traces([*_chosen(diagram, chosen), _hovers(diagram), *_texts(diagram)])
    return Chart(figure, "network", partial(diagram_table, diagram))


def pictures(diagram: Diagram, edges: str) -> list[str]:
    """Return the images of the picture: that of all lines, and that of all units' maps."""
    return [as_image(strokes_of(diagram, edges), *_ranges(diagram)), _units(diagram)]


def _units(diagram: Diagram) -> str:
    """Return an image of the units' maps, each in its place."""
    across, down = diagram.distances
    last, rows = len(diagram.maps) - 1, max(diagram.shown)
    shades = np.full(((rows - 1) * down + SIDE, last * across + SIDE), CLEAR, np.uint8)
    for layer, maps in enumerate(diagram.maps):
        largest = np.ones(len(maps)) if 0 < layer == last else _largest(maps)
        left, top = layer * across, (rows - len(maps)) * down // 2
        for unit, tile in enumerate(signed_shades(maps, largest)):
            above = top + unit * down
            shades[above : above + SIDE, left : left + SIDE] = tile
    return signed_picture(shades)


def _ranges(diagram: Diagram) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return what the axes of the picture show."""
    left, right = diagram.room
    rows = max(diagram.shown)
    return (-left, len(diagram.maps) - 1 + right), (-rows / 2 - 0.5, rows / 2 + 0.9)


def _place_of_units(diagram: Diagram) -> dict[str, Any]:
    """Return where the image of all units lies: around the middles of the outermost."""
    a, b = diagram.half_width, diagram.half_height
    layers, rows = len(diagram.maps) - 1, max(diagram.shown) - 1
    return _place(-a, rows / 2 + b, layers + 2 * a, rows + 2 * b, "above")


def _place(x: float, y: float, width: float, height: float, layer: str) -> dict[str, Any]:
    """Return where an image is, its upper left corner first, and whether it covers the traces."""
    size = {"sizex": width, "sizey": height, "sizing": "stretch"}
    return {"xref": "x", "yref": "y", "x": x, "y": y, **size, "layer": layer}


def _largest(maps: Floats) -> Floats:
    """Return the size of the largest finite value of each map, 0 where none is."""
    sizes = np.where(np.isfinite(maps), np.abs(maps), 0.0)
    return np.asarray(sizes.max(axis=(1, 2), initial=0.0))


def _line(points: Floats, color: str, width: float) -> dict[str, Any]:
    return {
        "mode": "lines",
        "x": points[:, 0].astype(np.float32),
        "y": points[:, 1].astype(np.float32),
        "line": {"color": color, "width": width},
        "hoverinfo": "skip",
        "cliponaxis": False,
        "showlegend": False,
    }


def _chosen(diagram: Diagram, chosen: Pick | None) -> list[dict[str, Any]]:
    """Return the mark of the chosen unit, and dots on its incoming lines that tell the weights."""
    frame: Floats = np.empty((0, 2))
    mark: Floats = np.empty((0, 2))
    dots: dict[str, Any] = {"x": [], "y": [], "customdata": []}
    if chosen is not None and chosen.unit < diagram.shown[chosen.layer]:
        frame = box(diagram, chosen.layer, chosen.unit, grow=1.15)
        sources = diagram.shown[chosen.layer - 1]
        x, y = diagram.along(chosen.layer - 1, _DOTS_AT)
        dots = {
            "x": np.full(sources, x, np.float32),
            "y": y[:, chosen.unit].astype(np.float32),
            "customdata": [_edge_text(diagram, chosen, source) for source in range(sources)],
        }
        if chosen.source is not None and chosen.source < sources:
            ends = (diagram.along(chosen.layer - 1, share) for share in (0, 1))
            mark = np.array([(x, y[chosen.source, chosen.unit]) for x, y in ends])
    return [
        _line(mark, _CHOSEN, 2) | {"line": {"color": _CHOSEN, "dash": "dot"}},
        _line(frame, _CHOSEN, 2.5) | {"name": "the unit shown large", "showlegend": True},
        {
            "mode": "markers",
            "name": "its incoming weights: point at a dot",
            **dots,
            "marker": {"size": 6, "color": _CHOSEN},
            "hovertemplate": "%{customdata}<extra></extra>",
        },
    ]


def _edge_text(diagram: Diagram, chosen: Pick, source: int) -> str:
    weight = diagram.weights[chosen.layer - 1][source, chosen.unit]
    gradient = diagram.gradients[chosen.layer - 1][source, chosen.unit]
    name = escape(diagram.source_names(chosen.layer)[source])
    numbers = f"weight {plain_number(weight, 6)}<br>gradient {plain_number(gradient, 6)}"
    return f"<b>from {name}</b><br>{numbers}"


def _hovers(diagram: Diagram) -> dict[str, Any]:
    """Return an invisible mark on each unit that tells its numbers."""
    x, y, texts = [], [], []
    for layer, maps in enumerate(diagram.maps):
        x += [layer] * len(maps)
        y += list(diagram.places(layer))
        texts += [_unit_text(diagram, layer, unit) for unit in range(len(maps))]
    return {
        "mode": "markers",
        "x": x,
        "y": y,
        "marker": {"size": 24, "opacity": 0, "symbol": "square"},
        "showlegend": False,
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
        name, what = f"{diagram.layer_names[layer - 1]}, unit {unit + 1}", "activation"
    lines = [
        f"<b>{name}</b>",
        f"{what} from {plain_number(values.min(), 4)} to {plain_number(values.max(), 4)}",
    ]
    if layer:
        bias = diagram.biases[layer - 1]
        lines += [] if bias is None else [f"bias {plain_number(bias[unit], 6)}"]
        lines += [f"gradient norm of its weights {plain_number(diagram.norms[layer - 1][unit], 4)}"]
    return "<br>".join(lines)


def _texts(diagram: Diagram) -> list[dict[str, Any]]:
    """Return headings with each layer's gradient norm, names, and how many are not drawn."""
    last, top = len(diagram.maps) - 1, max(diagram.shown) / 2 + 0.15
    half = diagram.half_width
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
            [escape(short(n)) for n in inputs],
            "middle left",
        ),
        _text(
            [last + half + 0.03] * len(outputs),
            diagram.places(last),
            [escape(short(n)) for n in outputs],
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
            f"{name}<br>‖∇W‖ {plain_number(norm)}"
            for name, norm in zip(diagram.layer_names, norms, strict=True)
        ]
        return ["inputs", *named]
    if last <= 2 * _MOST_HEADINGS:
        return ["‖∇W‖", *(plain_number(norm, 1) for norm in norms)]
    return [""] * (last + 1)


def _text(x: Any, y: Any, texts: Any, position: str) -> dict[str, Any]:
    return {
        "mode": "text",
        "x": list(x),
        "y": list(y),
        "text": list(texts),
        "textposition": position,
        "textfont": {"size": 12},
        "showlegend": False,
        "hoverinfo": "skip",
        "cliponaxis": False,
    }
