"""Marks on charts of a run: settings that were changed while it went on, and where it diverged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from nnlib.config import TrainingConfig, setting_of
from nnlib.history import Event, History
from pages.shared.charts.curves import Curve, last_step
from pages.shared.charts.theme import CLASS_COLORS, escape, faded, plain_number

_MOST_EVENTS = 40
_MOST_LABEL_ROWS = 3
_LABEL_ROW = 14  # pixels
_ROW_SHARE = 0.065  # of the plot's height, given up for a row of labels
_CHARACTER = 1 / 60  # of the width of a narrow chart, roughly, in a label
_EVENT_COLOR = CLASS_COLORS[8]
_DIVERGENCE_COLOR = CLASS_COLORS[3]


def mark_run(figure: go.Figure, history: History, curves: Sequence[Curve]) -> None:
    """Mark settings that were changed during the run, and where it diverged, in place.

    Each has a vertical line and, above the plot, a label in a row where it meets no other; of
    more labels than fit into a few rows, the newest are kept.
    """
    marks = [(event.step, event_label(event), _EVENT_COLOR) for event in _merged(history.events)]
    found = history.divergence
    if found is not None:
        where = f"diverged at step {found.step:,}: {found.what} of {escape(found.layer)}"
        marks.append((found.step, where, _DIVERGENCE_COLOR))
    if not marks:
        return
    marks = marks[-_MOST_EVENTS:]
    lines = {(step, color): _vertical(step, color) for step, _, color in marks}
    end = max(last_step(curves), marks[-1][0], 1)
    labels = _labels([(step, text) for step, text, _ in marks], end)
    # The plot gives up some height for the labels; a larger margin would be lost in exports.
    rows = 1 + max(label["yshift"] for label in labels) // _LABEL_ROW
    top = 1 - _ROW_SHARE * rows
    for mark in (*lines.values(), *labels):
        mark["y1" if "y1" in mark else "y"] = top
    figure.update_layout(shapes=list(lines.values()), annotations=labels, yaxis_domain=(0, top))


def event_label(event: Event) -> str:
    """Return a change in words, such as "learning rate 0.01 → 0.1"."""
    if "[" in event.name:  # a parameter that was set by hand
        return f"{escape(event.name)} {plain_number(event.old)} → {plain_number(event.new)}"
    name = setting_of(TrainingConfig, event.name).label
    name = name if name[:2].isupper() else name[:1].lower() + name[1:]
    return f"{escape(name)} {plain_number(event.old)} → {plain_number(event.new)}"


def _merged(events: Sequence[Event]) -> list[Event]:
    """Join changes of one setting at one step, as a dragged slider makes them."""
    merged: dict[tuple[int, str], Event] = {}
    for event in events:
        key = (event.step, event.name)
        first = merged.get(key, event)
        merged[key] = Event(event.step, event.name, first.old, event.new)
    return [event for event in merged.values() if event.old != event.new]


def _vertical(step: int, color: str) -> dict[str, Any]:
    dash = "solid" if color == _DIVERGENCE_COLOR else "dash"
    return {
        "type": "line",
        "x0": step,
        "x1": step,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": faded(color, 0.8), "width": 1.5, "dash": dash},
    }


def _labels(marks: Sequence[tuple[int, str]], end: int) -> list[dict[str, Any]]:
    """Return annotations above the plot, the newest in the lowest row; `end` is the last step."""
    taken: list[list[tuple[float, float]]] = [[] for _ in range(_MOST_LABEL_ROWS)]
    labels = []
    for step, text in reversed(marks):
        at, width = step / end, _CHARACTER * len(text)
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
        labels.append(_label(step, text, row, to_the_left=at > 0.5))
    return labels


def _label(step: int, text: str, row: int, *, to_the_left: bool) -> dict[str, Any]:
    return {
        "x": step,
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
