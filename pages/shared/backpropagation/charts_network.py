"""A small network drawn whole: units with their numbers, edges by weight or by gradient."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from nnlib.activations import ACTIVATIONS
from nnlib.labs.step_trace import StepTrace
from nnlib.labs.walkthrough import Position
from nnlib.network import layer_names
from pages.shared.charts.chart import Chart
from pages.shared.charts.theme import CLASS_COLORS, empty_figure, new_figure, plain_number

STAGES = ("forward", "loss", "backward", "update")
EDGES = ("weight", "gradient")
_SIGN_COLORS = {-1: CLASS_COLORS[0], 0: CLASS_COLORS[8], 1: CLASS_COLORS[1]}
_CHOSEN = CLASS_COLORS[3]
_INPUT, _HIDDEN, _OUTPUT = "#55637b", "#375a9e", "#8a4b12"  # white text is readable on each
_WIDTHS = (0.6, 1.5, 2.5, 4.0, 6.0, 8.0)
_PITCH = 104  # pixels from unit to unit
_UNIT = 80


@dataclass(frozen=True)
class _Edge:
    """A weight as a line, and the number that colors it."""

    position: Position
    start: tuple[float, float]
    end: tuple[float, float]
    value: float

    @property
    def sign(self) -> int:
        return (self.value > 0) - (self.value < 0)


def plot_network(
    trace: StepTrace,
    *,
    stage: str = "backward",
    edges: str = "weight",
    example: int = 0,
    chosen: Position | None = None,
    output: str = "linear",
) -> Chart:
    """Draw the network with the numbers of one example, as far as the step has been shown.

    Parameters
    ----------
    trace : one step
    stage : of `STAGES`: forward shows z and a, loss the target and the loss, backward each delta,
        update the new weights
    edges : of `EDGES`: what colors and thickens the lines. Gradients are those of the whole batch.
    example : row of the batch
    chosen : the weight to mark
    output : name of the function that gives the prediction, for the heading of the output layer
    """
    reached, title = STAGES.index(stage), _title(trace, edges, stage)
    name, table = "network", partial(_network_table, trace, reached)
    if edges == "gradient" and reached < 2:
        nothing = empty_figure(title, "layer", "unit", "Gradients come with Backward.")
        return Chart(nothing, name, table)
    widths = trace.problem.widths
    figure = new_figure(title, "layer", "unit", height=_PITCH * max(widths) + 120)
    lines = _edges(trace, edges, new=reached == 3)
    figure.add_traces(_lines(lines))
    figure.add_traces(_mark(lines, chosen))
    figure.add_trace(_edge_hovers(trace, lines, reached))
    for layer in range(len(widths)):
        figure.add_trace(_units(trace, layer, reached, example))
    figure.add_traces(_headings(trace, reached, example, output))
    figure.update_layout(showlegend=False, dragmode=False)
    figure.update_xaxes(
        range=(-0.4, len(widths) - 0.25), showticklabels=False, ticks="", fixedrange=True
    )
    top = max(widths) / 2
    figure.update_yaxes(
        range=(-top - 0.1, top + 0.45), showticklabels=False, showgrid=False, fixedrange=True
    )
    return Chart(figure, name, table)


def _title(trace: StepTrace, edges: str, stage: str) -> str:
    number = "dL/dw" if edges == "gradient" else "weight"
    when = " after the update" if stage == "update" and edges == "weight" else ""
    return f"The network at step {trace.step:,}: lines by {number}{when}"


def _places(width: int) -> list[float]:
    return [(width - 1) / 2 - unit for unit in range(width)]


def _edges(trace: StepTrace, kind: str, *, new: bool) -> list[_Edge]:
    found = []
    for index, layer in enumerate(trace.layers):
        weight = layer.new_weight if new else layer.weight
        values = layer.weight_gradient if kind == "gradient" else weight
        starts, ends = _places(values.shape[0]), _places(values.shape[1])
        found += [
            _Edge(
                Position(index + 1, i + 1, j + 1),
                (index, starts[i]),
                (index + 1, ends[j]),
                float(values[i, j]),
            )
            for i, j in np.ndindex(values.shape)
        ]
    return found


def _lines(edges: list[_Edge]) -> list[dict[str, Any]]:
    """Return one trace a color and thickness: a trace an edge would be slow to draw."""
    sizes = np.abs([edge.value for edge in edges])
    finite = sizes[np.isfinite(sizes)]
    largest = float(finite.max()) if len(finite) and finite.max() > 0 else 1.0
    traces = []
    for sign, color in _SIGN_COLORS.items():
        for level, width in enumerate(_WIDTHS):
            x: list[float | None] = []
            y: list[float | None] = []
            for edge, size in zip(edges, sizes, strict=True):
                share = min(size / largest, 1.0) if np.isfinite(size) else 1.0
                if edge.sign == sign and round(share * (len(_WIDTHS) - 1)) == level:
                    x += [edge.start[0], edge.end[0], None]
                    y += [edge.start[1], edge.end[1], None]
            traces.append(
                {
                    "mode": "lines",
                    "x": x,
                    "y": y,
                    "line": {"color": color, "width": width},
                    "opacity": 0.45 + 0.5 * level / (len(_WIDTHS) - 1),
                    "hoverinfo": "skip",
                }
            )
    return traces


def _mark(edges: list[_Edge], chosen: Position | None) -> list[dict[str, Any]]:
    """Return a dashed line over the chosen weight, with its number; a bias has no line."""
    edge = next((edge for edge in edges if edge.position == chosen), None)
    line: dict[str, Any] = {"x": [], "y": [], "hoverinfo": "skip"}
    if edge is not None:
        line |= {"x": [edge.start[0], edge.end[0]], "y": [edge.start[1], edge.end[1]]}
    return [line | {"mode": "lines", "line": {"color": _CHOSEN, "width": 3, "dash": "dot"}}]


def _edge_hovers(trace: StepTrace, edges: list[_Edge], reached: int) -> dict[str, Any]:
    """Return a dot on every line, nearer to its start, where no two lines meet."""
    texts = []
    for edge in edges:
        lines = [f"<b>{edge.position.name}</b> = {plain_number(trace.value(edge.position), 6)}"]
        if reached >= 2:
            lines.append(f"gradient {plain_number(trace.gradient(edge.position), 6)}")
        if reached == 3:
            lines.append(f"after the update {plain_number(trace.new_value(edge.position), 6)}")
        texts.append("<br>".join(lines))
    return {
        "mode": "markers",
        "x": [0.7 * edge.start[0] + 0.3 * edge.end[0] for edge in edges],
        "y": [0.7 * edge.start[1] + 0.3 * edge.end[1] for edge in edges],
        "marker": {"size": 6, "color": [_SIGN_COLORS[edge.sign] for edge in edges]},
        "customdata": texts,
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _units(trace: StepTrace, layer: int, reached: int, example: int) -> dict[str, Any]:
    width, last = trace.problem.widths[layer], layer == len(trace.layers)
    texts, hovers = [], []
    name_of = "inputs" if layer == 0 else layer_names(len(trace.layers))[layer - 1]
    for unit in range(width):
        rows = _numbers(trace, layer, unit, reached, example)
        texts.append("<br>".join(f"{name} {_short(value)}" for name, value in rows))
        exact = "<br>".join(f"{name} = {plain_number(value, 8)}" for name, value in rows)
        hovers.append(f"<b>{name_of}, unit {unit + 1}</b><br>{exact}")
    color = _INPUT if layer == 0 else _OUTPUT if last else _HIDDEN
    return {
        "mode": "markers+text",
        "x": [layer] * width,
        "y": _places(width),
        "text": texts,
        "textfont": {"color": "#ffffff", "size": 14},
        "marker": {"size": _UNIT, "color": color, "line": {"width": 0}, "opacity": 1},
        "customdata": hovers,
        "hovertemplate": "%{customdata}<extra></extra>",
        "cliponaxis": False,
    }


def _short(value: float) -> str:
    return plain_number(value).replace("-", "\N{MINUS SIGN}")


def _numbers(
    trace: StepTrace, layer: int, unit: int, reached: int, example: int
) -> list[tuple[str, float]]:
    """Return what a unit shows: x; z and a (an output: z and p); from Backward on delta."""
    if layer == 0:
        return [("x", float(trace.x[example, unit]))]
    numbers = trace.layers[layer - 1]
    name = "p" if layer == len(trace.layers) else "a"
    rows = [("z", float(numbers.z[example, unit])), (name, float(numbers.a[example, unit]))]
    return rows + ([("δ", float(numbers.delta[example, unit]))] if reached >= 2 else [])


def _headings(trace: StepTrace, reached: int, example: int, output: str) -> list[dict[str, Any]]:
    """Return the names above the layers, and from Loss on the targets beside the outputs."""
    widths = trace.problem.widths
    *hidden, last = layer_names(len(widths) - 1)
    activation = ACTIVATIONS[trace.problem.activation].label
    names = ["inputs", *(f"{name} · {activation}" for name in hidden), f"{last} · {output}"]
    traces: list[dict[str, Any]] = [
        {
            "mode": "text",
            "x": list(range(len(widths))),
            "y": [max(widths) / 2 + 0.2] * len(widths),
            "text": names,
            "textfont": {"size": 14},
            "hoverinfo": "skip",
        }
    ]
    if reached >= 1:
        targets = trace.targets[example]
        traces.append(
            {
                "mode": "text",
                "x": [len(widths) - 1 + 0.3] * len(targets),
                "y": _places(len(targets)),
                "text": [f"target {_short(float(y))}" for y in targets],
                "textposition": "middle right",
                "textfont": {"size": 14},
                "hoverinfo": "skip",
                "cliponaxis": False,
            }
        )
    return traces


def _network_table(trace: StepTrace, reached: int) -> pd.DataFrame:
    """Return one row a weight or bias: ``name, before, gradient, after``, as far as is shown."""
    positions = trace.problem.positions()
    columns = {
        "name": [position.name for position in positions],
        "before": [trace.value(position) for position in positions],
    }
    if reached >= STAGES.index("backward"):
        columns["gradient"] = [trace.gradient(position) for position in positions]
    if reached >= STAGES.index("update"):
        columns["after"] = [trace.new_value(position) for position in positions]
    return pd.DataFrame(columns)
