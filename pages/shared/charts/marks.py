"""Marks on charts of a run: settings that were changed while it went on, and where it diverged."""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from typing import Any

import numpy as np

from nnlib.config import TrainingConfig, setting_of
from nnlib.diagnosis.finding import Place
from nnlib.history import Event, History
from nnlib.network import place_of
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import span_of
from pages.shared.charts.figure import Figure
from pages.shared.charts.look import STEP, STEPS, Axis
from pages.shared.charts.recorded import Curve
from pages.shared.charts.theme import CLASS_COLORS, escape, faded, plain_number

_MOST_EVENTS = 40
_MOST_LABEL_ROWS = 3
_LABEL_ROW = 14  # pixels
_ROW_SHARE = 0.065  # of the plot's height, given up for a row of labels
_CHARACTER = 1 / 60  # of the width of a narrow chart, roughly, in a label
_EVENT_COLOR = CLASS_COLORS[8]
_DIVERGENCE_COLOR = CLASS_COLORS[3]
PLACE_COLOR = CLASS_COLORS[1]


def mark_run(figure: Figure, history: History, curves: Sequence[Curve], axis: Axis) -> None:
    """Mark settings that were changed during the run, and where it diverged, in place.

    Each has a vertical line and, above the plot, a label in a row where it meets no other; of
    more labels than fit into a few rows, the newest are kept.
    """
    marks = [
        (float(axis.place(event.step)), event_label(event, history.layer_names), _EVENT_COLOR)
        for event in _merged(history.events)
    ]
    found = history.divergence
    if found is not None:
        where = f"diverged at step {found.step:,}: {found.what} of {escape(found.layer)}"
        marks.append((float(axis.place(found.step)), where, _DIVERGENCE_COLOR))
    marks = [mark for mark in marks if isfinite(mark[0])][-_MOST_EVENTS:]
    if not marks:
        return
    lines = {(at, color): _vertical(at, color) for at, _, color in marks}
    end = max(span_of(curves, axis.over)[1], marks[-1][0]) or 1
    labels = _labels([(at, text) for at, text, _ in marks], end)
    # The plot gives up some height for the labels; a larger margin would be lost in exports.
    rows = 1 + max(label["yshift"] for label in labels) // _LABEL_ROW
    top = 1 - _ROW_SHARE * rows
    for mark in (*lines.values(), *labels):
        mark["y1" if "y1" in mark else "y"] = top
    figure.update_layout(shapes=list(lines.values()), annotations=labels, yaxis_domain=(0, top))


def mark_place(chart: Chart, place: Place) -> Chart:
    """Mark where a finding is, in place: a chart of a run or over steps gets its steps.

    Lines of layers stand out. Other charts, and those without a record, stay as they are.
    """
    figure, axis = chart.drawing, chart.axis
    if axis is None and figure.layout["xaxis"]["title"]["text"] == STEP:
        axis = STEPS
    if axis is None or not figure.traces:
        return chart
    if place.steps is not None and np.isfinite(axis.place(place.steps)).all():
        start, end = axis.place(place.steps).tolist()
        look = {"yref": "y domain", "y0": 0, "y1": 1, "x0": start, "x1": end}
        line = {"color": PLACE_COLOR, "width": 2, "dash": "dot"}
        shape = look | {"type": "rect", "line": line, "fillcolor": faded(PLACE_COLOR, 0.1)}
        figure.add_shape(**shape)
    named = {escape(layer) for layer in place.layers}
    if named & {trace.get("name") for trace in figure.traces}:
        for i, trace in enumerate(figure.traces):
            found, opacity = trace.get("name") in named, trace.get("opacity", 1.0)
            # Not the faint one behind a smoothed line.
            wide = found and trace.get("hoverinfo") != "skip"
            opacity = opacity if found else opacity / 2
            figure.update_trace(i, opacity=opacity, line_width=4 if wide else 1)
    return chart


def event_label(event: Event, layers: Sequence[str]) -> str:
    """Return a change in words, such as "learning rate 0.01 → 0.1"; `layers` are their names."""
    if event.kind == "parameter":
        place = parameter_label(event.name, layers)
        return f"{escape(place)}: {plain_number(event.old)} → {plain_number(event.new)}"
    name = setting_of(TrainingConfig, event.name).label
    name = name if name[:2].isupper() else name[:1].lower() + name[1:]
    return f"{escape(name)} {plain_number(event.old)} → {plain_number(event.new)}"


def parameter_label(name: str, layers: Sequence[str]) -> str:
    """Return "output, weight from 3 to 1" for ``dense_2.weight[2, 0]``; units count from 1."""
    array, _, index = name.rstrip("]").partition("[")
    layer, kind = place_of(array)
    source, unit = (int(i) + 1 for i in index.split(","))
    where = f"from {source} to {unit}" if kind == "weight" else f"of {unit}"
    return f"{layers[layer - 1]}, {kind} {where}"


def _merged(events: Sequence[Event]) -> list[Event]:
    """Join changes of one setting at one step, as a dragged slider makes them."""
    merged: dict[tuple[int, str], Event] = {}
    for event in events:
        key = (event.step, event.name)
        first = merged.get(key, event)
        merged[key] = replace(event, old=first.old)
    return [event for event in merged.values() if event.old != event.new]


def _vertical(at: float, color: str) -> dict[str, Any]:
    dash = "solid" if color == _DIVERGENCE_COLOR else "dash"
    return {
        "type": "line",
        "x0": at,
        "x1": at,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": faded(color, 0.8), "width": 1.5, "dash": dash},
    }


def _labels(marks: Sequence[tuple[float, str]], end: float) -> list[dict[str, Any]]:
    """Return annotations above the plot, the newest in the lowest row; `end` is the axis'."""
    taken: list[list[tuple[float, float]]] = [[] for _ in range(_MOST_LABEL_ROWS)]
    labels = []
    for place, text in reversed(marks):
        at, width = place / end, _CHARACTER * len(text)
        left = at - width if at > 0.5 else at
        free = (
            row
            for row, spans in enumerate(taken)
            if all(left + width < start or left > stop for start, stop in spans)
        )
        row = next(free, None)
        if row is None:
            break
        taken[row].append((left, left + width))
        labels.append(_label(place, text, row, to_the_left=at > 0.5))
    return labels


def _label(place: float, text: str, row: int, *, to_the_left: bool) -> dict[str, Any]:
    return {
        "x": place,
        "y": 1,
        "yref": "paper",
        "text": text,
        "showarrow": False,
        "xanchor": "right" if to_the_left else "left",
        "yanchor": "bottom",
        "xshift": 2 if to_the_left else -2,
        "yshift": _LABEL_ROW * row,
        "font": {"size": 11},
        "borderpad": 0,
    }
