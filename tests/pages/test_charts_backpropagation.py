"""Figures of the backpropagation page: titles, what is drawn at each stage, data tables."""

from dataclasses import replace

import numpy as np
import pytest
from apptest import valid

from nnlib.labs.output_errors import output_errors
from nnlib.labs.step_trace import StepSizes, step_sizes, trace_step
from nnlib.labs.walkthrough import ONE_EXAMPLE, XOR, Position, walk
from pages.shared.backpropagation import charts
from pages.shared.backpropagation.charts_network import EDGES, STAGES, plot_network
from pages.shared.charts.numbers import plain_number


def trace_of(problem, steps=0):
    return trace_step(problem, walk(problem, steps).parameters[-1], steps)


@pytest.fixture(scope="module")
def trace():
    return trace_of(ONE_EXAMPLE)


def unit_texts(figure):
    return [t.text for t in figure.data if t.mode == "markers+text"]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("edges", EDGES)
def test_diagram_at_every_stage(trace, stage, edges):
    chart = plot_network(trace, stage=stage, edges=edges, output="sigmoid")
    valid(chart, hover=False)  # the headings are text
    figure = chart.figure
    if edges == "gradient" and stage in ("forward", "loss"):
        assert "Backward" in figure.layout.annotations[0].text and not figure.data
        return
    texts = unit_texts(figure)
    assert [len(t) for t in texts] == [3, 4, 4, 1]
    assert ("δ" in texts[-1][0]) == (stage in ("backward", "update"))
    headings = [word for t in figure.data if t.mode == "text" for word in t.text]
    assert headings[:4] == ["inputs", "hidden 1 · ReLU", "hidden 2 · ReLU", "output · sigmoid"]
    assert ("target 1" in headings) == (stage != "forward")


def test_units_show_the_numbers_of_the_example(trace):
    texts = unit_texts(plot_network(trace).figure)
    assert texts[0] == ("x 0.5", "x 0.1", "x 0.2")
    assert texts[3] == ("z 0.0967<br>p 0.524<br>δ −0.476",)
    xor = trace_of(XOR)
    assert unit_texts(plot_network(xor, example=2).figure)[0] == ("x 1", "x 0")


def lines_of(figure):
    """Return {color: [(width, number of lines)]} of what is drawn."""
    return {
        (t.line.color, t.line.width): sum(x is None for x in t.x)
        for t in figure.data
        if t.mode == "lines" and t.line.dash is None and t.x
    }


def test_lines_are_colored_by_sign_and_thickened_by_size():
    edits = "w1[1,1]=-1; w1[2,1]=0; w2[1,1]=0.2"
    from nnlib.labs.walkthrough_text import parse_edits

    problem = replace(XOR, hidden=(1,), edits=parse_edits(edits))
    drawn = lines_of(plot_network(trace_of(problem), stage="forward").figure)
    blue, orange, gray = charts.CLASS_COLORS[0], charts.CLASS_COLORS[1], charts.CLASS_COLORS[8]
    assert drawn == {(blue, 8.0): 1, (gray, 0.6): 1, (orange, 1.5): 1}


def test_hovers_carry_gradient_and_new_weight(trace):
    position = Position(2, 1, 3)
    for stage, wanted in (
        ("forward", [trace.value(position)]),
        ("backward", [trace.value(position), trace.gradient(position)]),
        (
            "update",
            [trace.value(position), trace.gradient(position), trace.new_value(position)],
        ),
    ):
        figure = plot_network(trace, stage=stage).figure
        hovers = next(t.customdata for t in figure.data if t.mode == "markers")
        (text,) = [text for text in hovers if "w2[1,3]" in text]
        assert text.count("<br>") == len(wanted) - 1
        assert all(plain_number(value, 6) in text for value in wanted)


def test_the_chosen_weight_is_marked(trace):
    marked = [
        next(t for t in plot_network(trace, chosen=p).figure.data if t.line.dash == "dot")
        for p in (Position(1, 2, 4), Position(1, 0, 4))
    ]
    assert list(marked[0].x) == [0, 1] and list(marked[0].y) == [0, -1.5]
    assert not marked[1].x  # a bias has no line


def test_network_data(trace):
    table = plot_network(trace, stage="update").table()
    assert table.columns.tolist() == ["name", "before", "gradient", "after"]
    assert len(table) == 3 * 4 + 4 + 4 * 4 + 4 + 4 + 1
    moved = table.before - ONE_EXAMPLE.learning_rate * table.gradient
    assert table.after.to_numpy() == pytest.approx(moved.to_numpy())

    assert plot_network(trace, stage="loss").table().columns.tolist() == ["name", "before"]


def test_loss_curve():
    walked = walk(XOR, 20)
    chart = charts.plot_loss_curve(walked, 20)
    valid(chart)
    figure = chart.figure
    assert len(figure.data[0].x) == 21 and figure.data[1].x[0] == 20
    assert figure.data[0].y[3] == pytest.approx(walked.losses[3], rel=1e-6)
    assert chart.table().loss.tolist() == walked.losses.tolist()
    empty = charts.plot_loss_curve(walked.until(0), 0)
    assert valid(empty)["data"] == []


def test_step_sizes(trace):
    sizes = step_sizes(trace, np.linspace(0, 1, 11))
    chart = charts.plot_step_sizes(sizes, 0.1, trace.actual_change)
    valid(chart)
    figure = chart.figure
    assert figure.data[1].y[1] == pytest.approx(figure.data[2].y[0], rel=1e-6)
    assert figure.data[0].y[1] == pytest.approx(trace.predicted_change, rel=1e-6)
    assert len(chart.table()) == 11
    none = StepSizes(np.empty(0), np.empty(0), np.empty(0))
    assert valid(charts.plot_step_sizes(none, 0.1, 0.0))["data"] == []


@pytest.mark.parametrize("part", charts.PARTS)
@pytest.mark.parametrize("target", [0.0, 1.0])
def test_loss_of_one_prediction(part, target):
    curves, now = output_errors(np.linspace(0.01, 0.99, 99), target), output_errors([0.001], target)
    chart = charts.plot_output_errors(curves, now, part)
    valid(chart)
    figure = chart.figure
    assert f"target {target:.0f}" in figure.layout.title.text
    assert figure.data[0].y[19] == pytest.approx(getattr(curves, f"squared{part}")[19])
    marks = [t.y[0] for t in figure.data if t.mode == "markers"]
    assert marks[1] == pytest.approx(getattr(now, f"crossentropy{part}")[0], rel=1e-6)
    if figure.layout.yaxis.range:
        low, high = figure.layout.yaxis.range
        assert all(low <= mark <= high for mark in marks)
    empty = charts.plot_output_errors(output_errors([], target), now, part)
    assert valid(empty)["data"] == []
    assert len(chart.table()) == 99
