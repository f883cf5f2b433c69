"""Lines over the course of a run: what every chart of its history is made of."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pages.shared.charts import theme
from pages.shared.charts.figure import Figure
from pages.shared.charts.look import HOVERS, STEP, TITLES, Look, Over
from pages.shared.charts.recorded import Curve

NOTHING_YET = "Nothing has been recorded yet."
NO_SECONDS = "Nothing has been recorded with its seconds yet."
ALL_ZERO = "All of them are exactly 0."
NOT_ABOVE_ZERO = "None of them is above 0, so a logarithmic axis shows nothing."
GAPS = "what is 0 or below is a gap"
SMOOTHED = "smoothed; the faint lines are as recorded"
MOST_LEGEND_ENTRIES = 8
_FEW_RECORDS = 15  # so few are drawn with markers too; a line of one record would not be seen
_LARGEST = float(np.finfo(np.float32).max)
_SMALLEST = float(np.finfo(np.float32).tiny)
_BESIDE: dict[Over, str] = {
    "step": "epoch %{customdata:.2f}",
    "epoch": "step %{customdata:,}",
    "seconds": "step %{customdata[0]:,} · epoch %{customdata[1]:.2f}",
}


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
    over: Over = "step",
    log_y: bool = False,
    style: Mapping[str, Any] | None = None,
    value_format: str = ".6g",
    said: str = "",
    **settings: Any,
) -> dict[str, Any]:
    """Return a curve as a trace, with its value, step and epoch on hover, and seconds over these.

    Parameters
    ----------
    over : what the horizontal axis counts
    log_y : whether the y axis is logarithmic
    style : further settings of the line, such as its width
    value_format : d3 format of the value on hover
    said : what follows its name on hover
    **settings : further settings of the trace; Plotly refuses those it does not know
    """
    name, few = theme.escape(curve.name), len(curve.steps) <= _FEW_RECORDS
    steps, epochs = curve.steps.astype(np.int32), curve.epochs.astype(np.float32)
    places, beside = {
        "step": (steps, epochs),
        "epoch": (epochs, steps),
        "seconds": (
            curve.places(over).astype(np.float32),
            np.stack([steps, epochs], axis=1),
        ),
    }[over]
    trace = {
        "type": "scatter",
        "mode": "lines+markers" if few else "lines",
        "name": name,
        "x": places,
        "y": drawable(curve.values, log=log_y),
        "customdata": beside,
        "line": {"color": color, "width": 2, **(style or {})},
        "marker": {"color": color, "size": 5},
        "cliponaxis": not few,  # a marker at step 0 is seen whole
        "hovertemplate": f"<b>{name}</b>{said}: %{{y:{value_format}}}<br>"
        f"{HOVERS[over]} · {_BESIDE[over]}<extra></extra>",
    }
    return trace | settings


def lines(curve: Curve, color: str, look: Look, **settings: Any) -> list[dict[str, Any]]:
    """Return a curve as it is looked at: smoothed, above what was recorded in a faint line.

    Of both one entry stands in the legend, and hides both. Settings as for `line`.
    """
    if not look.smoothing:
        return [line(curve, color, over=look.over, **settings)]
    both = settings | {"over": look.over, "legendgroup": curve.name}
    raw = line(
        curve,
        color,
        **both
        | {"style": {**(settings.get("style") or {}), "width": 1}}
        | {"opacity": 0.4, "hoverinfo": "skip", "showlegend": False},
    )
    del raw["hovertemplate"]  # it would win over hoverinfo
    return [raw, line(curve.smoothed(look.smoothing), color, said=", smoothed", **both)]


def layer_lines(curves: Sequence[Curve], look: Look, **settings: Any) -> list[dict[str, Any]]:
    """Return the lines of layers in the colors from input to output; settings as for `line`.

    With many layers the legend names some of them at even distances, the first and the last
    among them; hovering names each, and the legend of `run_figure` says so.
    """
    count = len(curves)
    named = set(np.linspace(0, count - 1, min(count, MOST_LEGEND_ENTRIES)).round().astype(int))
    return [
        trace
        for i, (curve, color) in enumerate(zip(curves, theme.layer_colors(count), strict=True))
        for trace in lines(curve, color, look, showlegend=i in named, **settings)
    ]


def legend_note(count: int, what: str, most: int = MOST_LEGEND_ENTRIES) -> dict[str, Any]:
    """Return the setting of a legend that names `most` of `count`: it says so in its title."""
    return _notes([_named(count, what, most)])


def _legend_notes(curves: Sequence[Curve], look: Look, log_y: bool, what: str) -> dict[str, Any]:
    """Return the setting of a legend that says what is not seen as recorded: smoothed, or a gap.

    `what` is the plural of what the curves are, of which it may name some only.
    """
    gaps = log_y and any((curve.values <= 0).any() for curve in curves)
    named = _named(len(curves), what, MOST_LEGEND_ENTRIES)
    return _notes([named, SMOOTHED if look.smoothing else "", GAPS if gaps else ""])


def _named(count: int, what: str, most: int) -> str:
    return f"{most} of {count:,} {what} are named here, all on hover" if count > most else ""


def _notes(notes: Sequence[str]) -> dict[str, Any]:
    said = "; ".join(filter(None, notes))
    return {"title": {"text": said, "side": "top", "font": {"size": 12}}} if said else {}


def level(
    curves: Sequence[Curve], value: float, name: str, meaning: str = "", over: Over = "step"
) -> dict[str, Any]:
    """Return a dashed horizontal line along the curves, with its meaning on hover."""
    hover = "<br>".join([f"<b>{name}</b>: %{{y:.6g}}", *([meaning] if meaning else [])])
    start, end = span_of(curves, over)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": np.array([start, max(end, start + (over == STEP))]),
        "y": np.full(2, value),
        "line": {"color": theme.BATCH, "width": 1.5, "dash": "dash"},
        "hovertemplate": f"{hover}<extra></extra>",
    }


def why_empty(curves: Sequence[Curve], look: Look, log_y: bool) -> str | None:
    """Return why nothing of the curves can be drawn, or None."""
    if not curves:
        return NOTHING_YET
    if look.over == "seconds" and not any(np.isfinite(c.seconds).any() for c in curves):
        return NO_SECONDS
    if not log_y or any((curve.values > 0).any() for curve in curves):
        return None
    return ALL_ZERO if all((curve.values == 0).all() for curve in curves) else NOT_ABOVE_ZERO


def run_figure(
    title: str,
    y_title: str,
    curves: Sequence[Curve],
    look: Look,
    *,
    log_y: bool = False,
    what: str = "curves",
) -> Figure:
    """Return a figure with axes and legend for curves of a run; parameters as `new_figure`.

    Where nothing can be drawn, it says why. `what` is the plural of what the curves are.
    """
    reason = why_empty(curves, look, log_y)
    if reason is not None:
        return theme.empty_figure(title, TITLES[look.over], y_title, reason)
    # Where one has zoomed is of no use on another axis.
    x_axis: dict[str, Any] = {
        "rangemode": "nonnegative",
        "tickformat": ",",
        "uirevision": look.over,
    }
    if look.over == STEP and span_of(curves, look.over)[1] <= 5:
        x_axis["dtick"] = 1  # there are no half steps
    y_axis = log_ticks(np.concatenate([c.values for c in curves])) if log_y else {}
    return theme.new_figure(
        title,
        TITLES[look.over],
        y_title,
        log_y=log_y,
        more={
            "xaxis": x_axis,
            "yaxis": y_axis | {"uirevision": f"log {log_y}"},
            "legend": _legend_notes(curves, look, log_y, what),
        },
    )


def log_ticks(values: NDArray[Any]) -> dict[str, Any]:
    """Return the settings that keep tick labels of a short logarithmic axis from overlapping.

    Over one or two decades Plotly may label 1, 2, 3, 4, …; here it is 1, 2, 5.
    """
    shown = values[np.isfinite(values) & (values > 0)]
    decades = np.log10(shown.max() / shown.min()) if len(shown) else 0.0
    return {"dtick": "D2"} if 0.7 < decades < 2.5 else {}


def span_of(curves: Sequence[Curve], over: Over) -> tuple[float, float]:
    """Return where on the axis the first and the last record of any curve is, 0 where none is."""
    places = np.concatenate([np.empty(0), *(curve.places(over) for curve in curves)])
    places = places[np.isfinite(places)]
    return (float(places.min()), float(places.max())) if len(places) else (0.0, 0.0)
