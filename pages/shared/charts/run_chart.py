"""A chart of curves of a run: its axes, its curves as they are looked at, its marks, its table."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from nnlib.history import History
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import run_figure, why_empty
from pages.shared.charts.look import Look, axis_of
from pages.shared.charts.marks import mark_run
from pages.shared.charts.recorded import Curve, curves_table

Traces = list[dict[str, Any]]


def run_chart(
    history: History,
    curves: Sequence[Curve],
    look: Look,
    titles: tuple[str, str],
    name: str,
    columns: tuple[str, str],
    draw: Callable[[bool], Traces],
    *,
    log_y: bool = False,
    what: str = "curves",
) -> Chart:
    """Return a chart of curves of a run, or one that says why there is nothing to be drawn.

    Parameters
    ----------
    look : how the person wants to see the curves
    titles : of the chart, and of its y axis
    name : file name of the exports
    columns : of its table, what names the curves and what their values are
    draw : makes the traces, told whether the y axis is logarithmic
    log_y : whether it is where the look does not say
    what : the plural of what the curves are
    """
    axis, log = axis_of(history, look.over), look.log_y(log_y)
    figure = run_figure(*titles, curves, look, log_y=log, what=what)
    if why_empty(curves, look, log) is None:
        figure.add_traces(draw(log))
        mark_run(figure, history, curves, axis)
    return Chart(figure, name, partial(curves_table, curves, *columns, look), axis)
