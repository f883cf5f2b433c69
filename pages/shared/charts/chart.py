"""A chart as one value: the figure, the numbers in it, and the name of its files."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from pages.shared.charts.figure import Figure
from pages.shared.charts.look import Axis


@dataclass(frozen=True, eq=False)
class Chart:
    """What a chart function returns.

    Figure and table come from one record of numbers that was taken when the chart was made. The
    table is built at a download, beside a training that goes on: so it closes over arrays of its
    own, never over a `History` that still grows.

    Attributes
    ----------
    drawing : what is drawn
    name : file name of the exports, without ending
    table : makes the drawn numbers as a table when they are asked for
    axis : of the curves of a run, over which one crosshair goes through all of its charts
    """

    drawing: Figure
    name: str
    table: Callable[[], pd.DataFrame] | None = None
    axis: Axis | None = None

    @property
    def figure(self) -> go.Figure:
        """What is drawn, as Plotly's own object: for files, and for tests."""
        return self.drawing.checked()
