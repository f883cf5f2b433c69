"""Curves of runs that were kept, laid under those of the run on the page."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import lines
from pages.shared.charts.look import AS_RECORDED, Look
from pages.shared.charts.recorded import Curve, curves_table
from pages.shared.charts.theme import CLASS_COLORS

_COLORS = [CLASS_COLORS[i] for i in (2, 4, 6, 7, 9, 5, 3)]
"""Those of classes that no curve of a run has."""


class KeptCurve(NamedTuple):
    """A curve, and the place of its run on the shelf, which gives it its color."""

    place: int
    curve: Curve


def color_of(place: int) -> str:
    """Return the color of the run at a place on the shelf."""
    return _COLORS[place % len(_COLORS)]


def lay_under(
    chart: Chart, kept: Sequence[KeptCurve], kind: str, what: str, look: Look = AS_RECORDED
) -> Chart:
    """Return a chart with these curves under its own; its table has their numbers, too.

    A chart that says why it has no curves stays as it is.

    `kind` and `what` are the columns of the table that hold a curve's name and its values.
    """
    kept = [each for each in kept if np.isfinite(each.curve.places(look.over)).any()]
    figure, own = chart.drawing, list(chart.drawing.traces)
    if not kept or not own:
        return chart
    log = figure.layout["yaxis"].get("type") == "log"
    figure.traces = [trace for each in kept for trace in _lines(each, look, log)] + own
    return replace(chart, table=lambda: _table(chart, kept, kind, what, look))


def _lines(kept: KeptCurve, look: Look, log: bool) -> list[dict[str, object]]:
    color = color_of(kept.place)
    style = {"width": 1.5, "dash": "solid" if kept.place < len(_COLORS) else "dot"}
    return lines(kept.curve, color, look, log_y=log, style=style)


def _table(
    chart: Chart, kept: Sequence[KeptCurve], kind: str, what: str, look: Look
) -> pd.DataFrame:
    assert chart.table is not None
    rows = curves_table([each.curve for each in kept], kind, what, look)
    return pd.concat([chart.table(), rows], ignore_index=True)
