"""Lines over training steps: what every chart of a run's history is made of.

A `Curve` is one recorded number over steps; the functions here turn curves into traces, events
into marks, and both into tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from nnlib.config import TrainingConfig, setting_of
from nnlib.history import Event, History
from pages.shared.charts.theme import (
    CLASS_COLORS,
    escape,
    faded,
    layer_colors,
    new_figure,
    plain_number,
)

if TYPE_CHECKING:
    import pandas as pd

NOTHING_YET = "Nothing has been recorded yet."
STEP = "step"
MOST_LEGEND_ENTRIES = 8
_FEW_RECORDS = 15  # so few are drawn with markers too; a line of one record would not be seen
_MOST_EVENTS = 40
_MOST_LABEL_ROWS = 3
_LABEL_ROW = 14  # pixels
_ROW_SHARE = 0.065  # of the plot's height, given up for a row of labels
_CHARACTER = 1 / 60  # of the width of a narrow chart, roughly, in a label
_LARGEST = float(np.finfo(np.float32).max)
_SMALLEST = float(np.finfo(np.float32).tiny)
_EVENT_COLOR = CLASS_COLORS[8]
_DIVERGENCE_COLOR = CLASS_COLORS[3]


@dataclass(frozen=True, eq=False)
class Curve:
    """One recorded number over a run: a name, and arrays of shape (records,)."""

    name: str
    steps: NDArray[np.int64]
    epochs: NDArray[np.float64]
    values: NDArray[np.float64]


def run_curves(history: History, names: Mapping[str, str]) -> list[Curve]:
    """Return the series that hold one number a record and were recorded at all.

    Parameters
    ----------
    history : nnlib.History
        Of a single run.
    names : mapping of str to str
        Series to the name in the legend, in the order to be drawn.
    """
    present = [name for name in names if name in history and len(history[name])]
    return [_curve(history, name, history[name], names[name]) for name in present]


def layer_curves(history: History, series: str) -> list[Curve]:
    """Return one curve a layer, from input to output; none where nothing was recorded."""
    if series not in history or not len(history[series]):
        return []
    columns = zip(history.labels(series), history[series].T, strict=True)
    return [_curve(history, series, values, name) for name, values in columns]


def _curve(history: History, series: str, values: NDArray[np.float64], name: str) -> Curve:
    steps = history.steps(series)
    return Curve(name, steps, steps / history.steps_per_epoch, values)


def curves_table(curves: Sequence[Curve], kind: str) -> pd.DataFrame:
    """Return tidy rows ``step, epoch, <kind>, value``; `kind` is what the curves' names name."""
    import pandas as pd

    empty = np.empty(0)
    return pd.DataFrame(
        {
            "step": np.concatenate([empty.astype(np.int64), *(c.steps for c in curves)]),
            "epoch": np.concatenate([empty, *(c.epochs for c in curves)]),
            kind: [c.name for c in curves for _ in c.steps],
            "value": np.concatenate([empty, *(c.values for c in curves)]),
        }
    )


def smooth(values: NDArray[np.float64], weight: float) -> NDArray[np.float64]:
    """Return the bias-corrected exponential moving average.

    ``average = weight * average + (1 - weight) * value``, divided by ``1 - weight**count``, so
    that the first values are not drawn to zero (Kingma & Ba 2015, section 3). Values that are
    not finite stay as they are and do not enter the average.

    Parameters
    ----------
    values : ndarray of shape (records,)
    weight : float
        From 0 (no smoothing) to below 1.

    Returns
    -------
    ndarray of shape (records,)
    """
    averages, average, share = values.copy(), 0.0, 1.0
    for i in np.flatnonzero(np.isfinite(values)):
        average = weight * average + (1 - weight) * float(values[i])
        share *= weight
        averages[i] = average / (1 - share)
    return averages


def drawable(values: NDArray[Any], *, log: bool = False) -> NDArray[np.float32]:
    """Return values for an axis as float32; what it cannot show becomes a gap (NaN).

    That is whatever is not finite or beyond float32, and on a logarithmic axis zeros and below.
    """
    shown = np.abs(values) <= _LARGEST
    if log:
        shown &= values >= _SMALLEST
    return np.where(shown, values, np.nan).astype(np.float32)


def line(
    curve: Curve,
    color: str,
    *,
    log_y: bool = False,
    style: Mapping[str, Any] | None = None,
    value_format: str = ".6g",
    **settings: Any,
) -> dict[str, Any]:
    """Return a curve as a trace, with step, epoch and value on hover.

    Parameters
    ----------
    curve : Curve
    color : str
    log_y : bool
        Whether the y axis is logarithmic.
    style : mapping, optional
        Further settings of the line, such as its width.
    value_format : str
        d3 format of the value on hover.
    **settings
        Further settings of the trace; Plotly refuses those it does not know.
    """
    name = escape(curve.name)
    trace = {
        "type": "scatter",
        "mode": "lines" if len(curve.steps) > _FEW_RECORDS else "lines+markers",
        "name": name,
        "x": curve.steps.astype(np.int32),
        "y": drawable(curve.values, log=log_y),
        "customdata": curve.epochs.astype(np.float32),
        "line": {"color": color, "width": 2, **(style or {})},
        "marker": {"color": color, "size": 5},
        "cliponaxis": len(curve.steps) > _FEW_RECORDS,  # a marker at step 0 is seen whole
        "hovertemplate": f"<b>{name}</b>: %{{y:{value_format}}}<br>"
        "step %{x:,} · epoch %{customdata:.2f}<extra></extra>",
    }
    return trace | settings


def layer_lines(curves: Sequence[Curve], **settings: Any) -> list[dict[str, Any]]:
    """Return one trace a layer in the colors from input to output; settings as for `line`.

    With many layers the legend names some of them at even distances, the first and the last
    among them; hovering names each.
    """
    count = len(curves)
    named = set(np.linspace(0, count - 1, min(count, MOST_LEGEND_ENTRIES)).round().astype(int))
    return [
        line(curve, color, showlegend=i in named, **settings)
        for i, (curve, color) in enumerate(zip(curves, layer_colors(count), strict=True))
    ]


def run_figure(
    title: str, y_title: str, curves: Sequence[Curve], *, log_y: bool = False
) -> go.Figure:
    """Return an empty figure with the axes for curves over steps; parameters as `new_figure`."""
    figure = new_figure(title, STEP, y_title, log_y=log_y)
    x_axis: dict[str, Any] = {"rangemode": "nonnegative", "tickformat": ","}
    if _end(curves) <= 5:
        x_axis["dtick"] = 1  # there are no half steps
    y_axis = log_ticks(np.concatenate([c.values for c in curves])) if log_y else {}
    return figure.update_layout(xaxis=x_axis, yaxis=y_axis)


def log_ticks(values: NDArray[Any]) -> dict[str, str]:
    """Return the settings that keep tick labels of a short logarithmic axis from overlapping.

    Over one or two decades Plotly may label 1, 2, 3, 4, …; here it is 1, 2, 5.
    """
    shown = values[np.isfinite(values) & (values > 0)]
    decades = np.log10(shown.max() / shown.min()) if len(shown) else 0.0
    return {"dtick": "D2"} if 0.7 < decades < 2.5 else {}


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
    end = max(_end(curves), marks[-1][0], 1)
    labels = _labels([(step, text) for step, text, _ in marks], end)
    # The plot gives up some height for the labels; a larger margin would be lost in exports.
    rows = 1 + max(label["yshift"] for label in labels) // _LABEL_ROW
    top = 1 - _ROW_SHARE * rows
    for mark in (*lines.values(), *labels):
        mark["y1" if "y1" in mark else "y"] = top
    figure.update_layout(shapes=list(lines.values()), annotations=labels, yaxis_domain=(0, top))


def _end(curves: Sequence[Curve]) -> int:
    return max((int(curve.steps[-1]) for curve in curves), default=0)


def event_label(event: Event) -> str:
    """Return a change in words, such as "learning rate 0.01 → 0.1"."""
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
