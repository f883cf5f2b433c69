"""Lines over training steps: what every chart of a run's history is made of.

A `Curve` is one recorded number over steps; the functions here turn curves into traces and tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from nnlib.history import History
from pages.shared.charts.theme import (
    escape,
    layer_colors,
    new_figure,
)

if TYPE_CHECKING:
    import pandas as pd

NOTHING_YET = "Nothing has been recorded yet."
STEP = "step"
MOST_LEGEND_ENTRIES = 8
_FEW_RECORDS = 15  # so few are drawn with markers too; a line of one record would not be seen
_LARGEST = float(np.finfo(np.float32).max)
_SMALLEST = float(np.finfo(np.float32).tiny)


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
    if last_step(curves) <= 5:
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


def last_step(curves: Sequence[Curve]) -> int:
    """Return the last step of any curve, 0 where there is none."""
    return max((int(curve.steps[-1]) for curve in curves), default=0)
