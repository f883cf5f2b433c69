"""Figures as plain data: what plotly.js gets of them is what Plotly's own objects would send."""

import json
from functools import partial

import apptest
import numpy as np
import plotly.graph_objects as go
import pytest
from chart_checks import checks_shapes

from pages.shared.charts.figure import Figure


def sent(figure):
    return json.loads(figure.to_json())


def same_as_plotly(figure, plotly):
    theirs = json.loads(plotly.to_json())
    theirs["layout"].pop("template", None)
    return sent(figure) == theirs


ARRAYS = [
    np.arange(3),
    np.array([1, 2**40]),
    np.array([-1, 5], np.int8),
    np.array([0, 2**32 - 1], np.uint64),
    np.linspace(0, 1, 4),
    np.array([1.5, np.nan, np.inf], np.float32),
    np.arange(6, dtype=np.float32).reshape(2, 3).T,
    np.array([True, False]),
    np.array(["a", None], object),
    [1.0, float("nan"), None],
    np.array([]),
]


@pytest.mark.parametrize("values", ARRAYS, ids=repr)
def test_values_travel_as_plotly_sends_them(values):
    trace = {"type": "scatter", "y": values}
    assert same_as_plotly(Figure({}).add_trace(trace), go.Figure(data=[dict(trace)]))


def test_a_number_without_a_dimension_is_a_number():
    marks = {"tickvals": [np.array(3), np.float32(2)]}
    assert sent(Figure({"xaxis": marks}))["layout"]["xaxis"] == {"tickvals": [3, 2.0]}


def test_keywords_name_parts_of_parts_and_the_rest_stays():
    axis = {"title": {"text": "x", "standoff": 3}}
    figure = Figure({"xaxis": axis}).update_layout(xaxis_title_text="y", paper_bgcolor="#ffffff")
    assert figure.layout == {
        "xaxis": {"title": {"text": "y", "standoff": 3}},
        "paper_bgcolor": "#ffffff",
    }
    assert axis == {"title": {"text": "x", "standoff": 3}}  # what was handed in is not changed
    trace = {"line": {"color": "red"}}
    figure.add_trace(trace).update_trace(0, line_width=2, opacity=0.5)
    assert figure.traces == [{"line": {"color": "red", "width": 2}, "opacity": 0.5}]
    assert trace == {"line": {"color": "red"}}


def test_lines_and_areas_span_the_plot_as_plotly_draws_them():
    ours = Figure({}).add_trace({"type": "scatter", "y": [1, 2]})
    theirs = go.Figure(data=[{"type": "scatter", "y": [1, 2]}])
    for figure in (ours, theirs):
        figure.add_hline(y=1, line={"width": 2})
        figure.add_vline(0.5, line={"dash": "dot"})
        figure.add_vrect(0, 1, fillcolor="red", line_width=0)
    assert same_as_plotly(ours, theirs)


def test_panels_lie_as_plotly_lays_them():
    settings = {"rows": 2, "cols": 2, "shared_yaxes": "all", "vertical_spacing": 0.2}
    ours = Figure({}).set_subplots(titles=["a", "b", "c", "d"], **settings)
    theirs = go.Figure().set_subplots(subplot_titles=["a", "b", "c", "d"], **settings)
    for figure in (ours, theirs):
        figure.add_trace({"type": "bar", "y": [1]}, row=2, col=1)
        figure.update_xaxes(title_text="x", row=2)
        figure.update_yaxes(title_text="y", col=1)
        figure.update_yaxes(tickformat=",")
    assert same_as_plotly(ours, theirs)
    ours.update_xaxes(dtick=7)  # what is kept for the next figure is not changed
    again = Figure({}).set_subplots(titles=["a", "b", "c", "d"], **settings)
    assert "dtick" not in again.layout["xaxis"]


@pytest.mark.parametrize(
    "figure",
    [
        Figure({"hight": 3}),
        Figure({"title": {"txt": "a"}}),
        Figure({"xaxis": {"title_text": "a"}}),
        Figure({"xaxis": {"title_standoff": 10}}),
        Figure({}).add_trace({"type": "scatter", "marker": {"colorbar_title": "a"}}),
        Figure({}).add_trace({"type": "scatter", "z": [1]}),
        Figure({}).add_trace({"type": "scatter", "marker": {"colour": "red"}}),
    ],
    ids=lambda figure: figure.to_json(),
)
def test_a_property_that_the_browser_would_leave_out_is_refused_in_tests(figure):
    with pytest.raises((ValueError, AssertionError)):
        checks_shapes()(figure)


def test_a_check_leaves_the_figure_as_it_is():
    figure = Figure({"title": {"text": "a"}}).add_bar(y=[1])
    figure.frames = [{"name": "1", "data": [{"type": "bar", "y": [2]}]}]
    before = sent(figure)
    figure.checked()
    assert sent(figure) == before


def test_what_is_drawn_does_not_change_with_the_run(shown):
    """A file is made at its click, when the run has gone on."""
    open_page = partial(apptest.open_page, "classification")
    for tab in ("Playground", "Layers", "Activations", "Weights", "Predictions"):
        app = open_page(details=tab, epochs="2")
        trainer = app.session_state["classification_run"].trainer
        live = [*_arrays(trainer.network), *_arrays(trainer.history), *_arrays(trainer._optimizer)]
        assert live and shown.figures
        for key, figure in shown.figures.data.items():
            drawn = [array for trace in figure.traces for array in _arrays(trace)]
            shared = any(np.shares_memory(a, b) for a in drawn for b in live)
            assert not shared, (tab, key)


def _arrays(value, depth=6):
    """Return all arrays that a value holds."""
    if isinstance(value, np.ndarray):
        return [value] if value.dtype != object else []
    if depth == 0 or isinstance(value, str | bytes | int | float | type):
        return []
    if isinstance(value, dict):
        parts = list(value.values())
    elif isinstance(value, list | tuple):
        parts = list(value)
    elif type(value).__module__.startswith("nnlib"):
        slots = [getattr(value, name, None) for name in getattr(type(value), "__slots__", ())]
        parts = [*getattr(value, "__dict__", {}).values(), *slots]
    else:
        return []
    return [array for part in parts for array in _arrays(part, depth - 1)]
