"""The chart of any instrument of a run, drawn by what the instrument says of itself."""

from dataclasses import replace
from typing import Any

from nnlib.history import History
from nnlib.instruments import Instrument
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import layer_lines, level, lines
from pages.shared.charts.look import AS_RECORDED, TITLES, Look
from pages.shared.charts.recorded import Curve, layer_curves, run_curves
from pages.shared.charts.run_chart import Traces, run_chart
from pages.shared.charts.theme import CLASS_COLORS, empty_figure, escape

NO_HIDDEN_LAYER = "This network has no hidden layer."
_RUN_COLOR = CLASS_COLORS[4]


def plot_instrument(history: History, instrument: Instrument, look: Look = AS_RECORDED) -> Chart:
    """Draw what an instrument recorded in a single run, one line a layer where it has as many.

    On a logarithmic axis zeros are gaps; a share lies between 0 and 1.
    """
    name, suits_log = instrument.name, instrument.scale == "log"
    titles = escape(instrument.title or name), escape(instrument.unit or name)
    kind = "series" if instrument.per == "run" else "layer"
    curves = _curves(history, instrument)
    chart = run_chart(
        history,
        curves,
        look,
        titles,
        name.replace("_", "-"),
        (kind, name),
        lambda log: _traces(instrument, curves, look, log),
        log_y=suits_log,
        what=f"{kind}s",
    )
    if instrument.per == "hidden" and name not in history:
        figure = empty_figure(titles[0], TITLES[look.over], titles[1], NO_HIDDEN_LAYER)
        return replace(chart, drawing=figure)
    if instrument.scale == "share" and chart.drawing.traces:
        chart.drawing.update_yaxes(
            tickformat=".0%", range=None if look.log_y(suits_log) else (-0.02, 1.02)
        )
    return chart


def _traces(instrument: Instrument, curves: list[Curve], look: Look, log: bool) -> Traces:
    how: dict[str, Any] = {
        "log_y": log,
        "value_format": ".2%" if instrument.scale == "share" else ".6g",
    }
    if instrument.per == "run":
        drawn = [trace for c in curves for trace in lines(c, _RUN_COLOR, look, **how)]
    else:
        drawn = layer_lines(curves, look, **how)
    if instrument.guide is not None:
        value, what = instrument.guide
        drawn.append(level(curves, value, escape(what), over=look.over))
    return drawn


def _curves(history: History, instrument: Instrument) -> list[Curve]:
    if instrument.per != "run":
        return layer_curves(history, instrument.name)
    return run_curves(history, {instrument.name: instrument.title or instrument.name})
