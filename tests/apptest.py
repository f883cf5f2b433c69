"""The pages through Streamlit's AppTest: opening them, and reading what they show.

A module of tests names its page once::

    open_page = partial(apptest.open_page, "learning_rate", quiet=("error", "warning"))
"""

from __future__ import annotations

import json
from collections import UserDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.testing.v1 import AppTest

from pages.shared import export, plot, turns
from pages.shared.charts.chart import Chart
from pages.shared.charts.figure import Figure

FRONT_DOOR = str(Path(__file__).resolve().parents[1] / "dashboard.py")
RUNS = ("front_run", "classification_run", "text_sentiment_run", "batch_size_run", "live_sweep")
TEXTS = ("markdown", "caption", "info", "success", "warning", "error")

turns.BRIEF_SECONDS = 0.8  # every run of an app is one that a person asked for


def open_page(page: str, *, quiet: Sequence[str] = (), **query: str | list[str]) -> AppTest:
    """Open ``pages/{page}.py`` by a link with the given parameters, without the front door."""
    app = AppTest.from_file(FRONT_DOOR, default_timeout=60).switch_page(f"pages/{page}.py")
    for name, value in query.items():
        app.query_params[name] = value
    return checked(app.run(), quiet=quiet)


def checked(app: AppTest, *, quiet: Sequence[str] = ()) -> AppTest:
    """Return the app, of which no run failed and which shows no element of the kinds named."""
    assert not app.exception, app.exception
    for kind in quiet:
        assert not app.get(kind), app.get(kind)
    return app


def finished(app: AppTest, *, most: int = 1000) -> AppTest:
    """Return the app after the redraws that its runs need; on a busy machine they are many."""
    for _ in range(most):
        state = app.session_state
        if not any(key in state and state[key].running for key in RUNS):
            return checked(app)
        app.run()
    raise AssertionError("The run does not end.")


def link_of(app: AppTest) -> dict[str, list[str]]:
    """Return the query parameters that a person would see in the address."""
    return {name: list(values) for name, values in app.query_params.items()}


def metrics(app: AppTest) -> dict[str, str]:
    """Return the tiles by label."""
    return {metric.label: metric.value for metric in app.metric}


def table(app: AppTest, column: str) -> pd.DataFrame:
    """Return the first table that has this column."""
    return next(t.value for t in app.dataframe if column in t.value.columns)


def said(app: AppTest, *kinds: str) -> str:
    """Return the texts of the page, of all kinds or of those named, a line each."""
    drawn: list[Any] = [element for kind in kinds or TEXTS for element in app.get(kind)]
    return "\n".join(element.value for element in drawn)


def valid(chart: Chart | Figure, *, axes: bool = True, hover: bool = True) -> dict[str, Any]:
    """Check what every chart has, and return its figure as the browser gets it.

    `axes` and `hover`: whether the axes have titles, and every trace says its numbers or is
    drawn for the eye alone.
    """
    drawing = chart.drawing if isinstance(chart, Chart) else chart
    figure = drawing.checked()
    if isinstance(chart, Chart):
        assert chart.name and not set(chart.name) & set(' /\\:*?"<>|'), chart.name
        assert chart.table is None or list(chart.table().columns)
    layout = figure.layout
    assert layout.title.text and layout.uirevision and layout.height
    if axes:
        assert layout.xaxis.title.text and layout.yaxis.title.text
    if hover:
        assert all(trace.hovertemplate or trace.hoverinfo == "skip" for trace in figure.data)
    text = drawing.to_json()
    assert "Infinity" not in text
    spec: dict[str, Any] = json.loads(text)
    return spec


class _Figures(UserDict[str, Any]):
    """Figures, as Plotly's own objects, which refuse what Plotly does not know."""

    def __getitem__(self, key: str) -> Any:
        return self.data[key].checked()


class Shown:
    """The charts of the last run of the page, by key, in the order in which they were drawn."""

    def __init__(self) -> None:
        self.figures = _Figures()
        self.charts: dict[str, Chart] = {}
        """Those with an export menu: also their name and table."""
        self._run: object = None

    def begin(self) -> None:
        """Forget what an earlier run drew."""
        run = get_script_run_ctx()
        if run is not self._run:
            self._run = run
            self.figures.clear()
            self.charts.clear()

    def title(self, key: str) -> str:
        """Return what a chart is called."""
        return str(self.figures[key].layout.title.text)

    def names(self, key: str) -> list[str]:
        """Return the names of a chart's traces."""
        return [trace.name for trace in self.figures[key].data]

    def values(self, key: str, name: str, axis: str = "y") -> np.ndarray:
        """Return what the trace of this name draws along an axis."""
        trace = next(trace for trace in self.figures[key].data if trace.name == name)
        return np.asarray(trace[axis])

    def drawn(self, key: str) -> str:
        """Return the whole figure as the browser gets it, to tell whether it changed."""
        drawing: Figure = self.figures.data[key]
        return drawing.to_json()

    def table(self, key: str) -> pd.DataFrame:
        """Return the table that a person downloads from a chart."""
        make = self.charts[key].table
        assert make is not None, f"{key} has no table"
        return make()


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shown]:
    """Record the charts that `show_chart` is given; the conftest of the pages' tests knows it."""
    record = Shown()
    draw, menu = plot.show_figure, export.export_menu

    def show_figure(figure: Figure, *, key: str, **options: Any) -> Any:
        record.begin()
        record.figures[key] = figure
        return draw(figure, key=key, **options)

    def export_menu(chart: Chart, *, key: str) -> None:
        record.charts[key] = chart
        menu(chart, key=key)

    monkeypatch.setattr(export, "show_figure", show_figure)
    monkeypatch.setattr(export, "export_menu", export_menu)
    yield record
