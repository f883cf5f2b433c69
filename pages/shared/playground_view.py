"""The tab of a network on a plane: the network with its units' maps, its output, one unit."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import nnlib
from nnlib.input_features import plane_of
from pages.shared.charts import playground
from pages.shared.charts.playground import Look
from pages.shared.charts.playground_diagram import (
    EDGES,
    Diagram,
    Pick,
    diagram_data,
    diagram_of,
    layer_name,
    plot_diagram,
    source_name,
)
from pages.shared.export import show_chart
from pages.shared.layout import wrapping_columns
from pages.shared.runs import LiveRun

_LAYER, _UNIT, _SOURCE, _VALUE = "unit_layer", "unit", "unit_source", "new_weight"
_MOST_SOURCES = 200
_MOST_WEIGHT = 1000.0
_BIAS = "bias"


class Parameter(NamedTuple):
    """One weight or bias: the array of the network that it is in, and its place there."""

    name: str
    index: tuple[int, int]


def show_playground(run: LiveRun) -> None:
    """Draw the network, its output, one unit and the gradients of all."""
    edges, look = _choose_look()
    diagram = diagram_of(run.trainer)
    left, right = wrapping_columns(2, key="playground_tab")
    with left:
        _network(run, diagram, edges)
    with right:
        _output(run.trainer, look)
    pick = _choose_and_edit(run, diagram)
    left, right = wrapping_columns(2, key="playground_unit")
    with left:
        _unit(run.trainer, pick)
    with right:
        show_chart(
            playground.plot_unit_gradients(run.trainer),
            key="unit_gradients",
            name="unit-gradients",
            data=lambda: playground.unit_gradients_data(run.trainer),
        )


def _choose_look() -> tuple[str, Look]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        edges = st.segmented_control(
            "Lines and frames show",
            EDGES,
            default=EDGES[0],
            required=True,
            key="lines",
            bind="query-params",
            help="Weights and biases, or the gradients of the last step; blue is negative, orange "
            "positive.",
        )
        unseen = st.toggle(
            "Show validation and test points",
            True,
            key="unseen",
            bind="query-params",
            help="Draws the points that the network does not train on as well.",
        )
        discretize = st.toggle(
            "Discretize output",
            key="discretize",
            bind="query-params",
            help="Shows the most probable class alone; of a quantity, whether it is above the "
            "training mean.",
        )
    return edges or EDGES[0], Look(discretize, unseen)


def _network(run: LiveRun, diagram: Diagram, edges: str) -> None:
    clicked = show_chart(
        plot_diagram(diagram, edges=edges, chosen=_remembered_pick(diagram)),
        key="network",
        name="network",
        data=lambda: diagram_data(run.trainer),
        clicks=True,
    )
    pick = None if clicked is None else diagram.pick(clicked.x, clicked.y)
    if pick is not None:
        _remember(diagram, pick)
        st.rerun()


def _layer_names(diagram: Diagram) -> list[str]:
    count = len(diagram.weights)
    return [layer_name(layer, count) for layer in range(1, count + 1)]


def _sources(diagram: Diagram, layer: int) -> list[str]:
    """Return what leads into a unit of a layer, the bias first where there is one."""
    count = min(diagram.units[layer - 1], _MOST_SOURCES)
    bias = [] if diagram.biases[layer - 1] is None else [_BIAS]
    return bias + [source_name(diagram, layer, source) for source in range(count)]


def _remember(diagram: Diagram, pick: Pick) -> None:
    """Choose a unit or weight ahead of the widgets that show it."""
    st.session_state[_LAYER] = _layer_names(diagram)[pick.layer - 1]
    st.session_state[_UNIT] = pick.unit + 1
    if pick.source is not None:
        st.session_state[_SOURCE] = source_name(diagram, pick.layer, pick.source)


def _remembered_pick(diagram: Diagram) -> Pick:
    """Return what is chosen, also where the network has become smaller since."""
    names = _layer_names(diagram)
    name = st.session_state.get(_LAYER)
    layer = names.index(name) + 1 if name in names else 1
    unit = min(st.session_state.get(_UNIT) or 1, diagram.units[layer])
    sources = [source_name(diagram, layer, i) for i in range(diagram.units[layer - 1])]
    source = st.session_state.get(_SOURCE)
    return Pick(layer, unit - 1, sources.index(source) if source in sources else None)


def _choose_and_edit(run: LiveRun, diagram: Diagram) -> Pick:
    """Draw the choice of a unit and of one of its weights, and the form that sets that one."""
    columns = wrapping_columns(4, key="playground_choice", least="11rem")
    pick = _choose_unit(diagram, columns[0], columns[1])
    with columns[2]:
        parameter = _choose_parameter(run.trainer, diagram, pick)
    with columns[3]:
        _edit(run, parameter)
    return pick


def _choose_unit(diagram: Diagram, left: DeltaGenerator, right: DeltaGenerator) -> Pick:
    names = _layer_names(diagram)
    name = left.selectbox(
        "Layer",
        names,
        key=_LAYER,
        bind="query-params",
        help="The layer of the unit that is shown large; a click on the network chooses it, too.",
    )
    layer = names.index(name) + 1
    if (st.session_state.get(_UNIT) or 1) > diagram.units[layer]:
        st.session_state[_UNIT] = diagram.units[layer]
    unit = right.number_input(
        "Unit",
        1,
        diagram.units[layer],
        key=_UNIT,
        bind="query-params",
        help="Its place in the layer, counted from the top.",
    )
    return Pick(layer, unit - 1)


def _choose_parameter(trainer: nnlib.Trainer, diagram: Diagram, pick: Pick) -> Parameter:
    sources = _sources(diagram, pick.layer)
    if st.session_state.get(_SOURCE) not in (None, *sources):
        st.session_state[_SOURCE] = sources[0]
    source = st.selectbox(
        "Weight from",
        sources,
        key=_SOURCE,
        bind="query-params",
        help="The incoming weight, or the bias, that can be set by hand; a click on a line chooses "
        "it, too.",
    )
    network = trainer.network
    dense = network.dense_layers[pick.layer - 1]
    row = sources.index(source) - (sources[0] == _BIAS)
    kind, row = ("bias", 0) if source == _BIAS else ("weight", row)
    parameter = Parameter(f"{dense.name}.{kind}", (row, pick.unit))
    value, gradient = (
        float(numbers[parameter.name][parameter.index])
        for numbers in (network.parameters(), network.gradients())
    )
    st.caption(f"The {kind} is {value:.4g}, its gradient {gradient:.3g}.")
    return parameter


def _edit(run: LiveRun, parameter: Parameter) -> None:
    """Draw the form that sets a weight or bias."""
    with (
        st.form("edit", border=False, clear_on_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.number_input(
            "New value",
            -_MOST_WEIGHT,
            _MOST_WEIGHT,
            None,
            step=0.1,
            format="%.4f",
            key=_VALUE,
            help="Training goes on from it; the optimizer keeps its memory of past gradients.",
        )
        st.form_submit_button(
            "Set",
            icon=":material/edit:",
            key="set_weight",
            on_click=_set,
            args=(run, parameter),
        )


def _set(run: LiveRun, parameter: Parameter) -> None:
    value = st.session_state[_VALUE]
    if value is not None:
        with run.lock:
            run.trainer.set_parameter(parameter.name, parameter.index, value)


def _output(trainer: nnlib.Trainer, look: Look) -> None:
    surface, plane = playground.output_surface(trainer), plane_of(trainer.data)
    show_chart(
        playground.plot_output(surface, plane, look),
        key="surface",
        name="output-surface",
        data=lambda: playground.output_data(surface, plane),
    )
    if len(plane.X_test):
        measured = trainer.evaluate("test")
        score = measured[trainer.score_name]
        words = f"R² {score:.3f}" if trainer.score_name == "r2" else f"accuracy {score:.1%}"
        st.caption(f"Test points: {words}, loss {measured['loss']:.3g}.")


def _unit(trainer: nnlib.Trainer, pick: Pick) -> None:
    unit, plane = playground.unit_map(trainer, pick), plane_of(trainer.data)
    show_chart(
        playground.plot_unit(unit, plane),
        key="unit_map",
        name="unit",
        data=lambda: playground.unit_data(unit, plane),
    )
