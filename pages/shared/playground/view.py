"""The tab of a network on a plane: the network with its units' maps, its output, one unit."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import nnlib
from nnlib.interventions import set_parameter
from nnlib.probes.input_features import plane_of
from pages.shared import presets, widgets
from pages.shared.charts.numbers import plain_number
from pages.shared.export import show_chart
from pages.shared.films import Picture
from pages.shared.layout import wrapping_columns
from pages.shared.playground.charts import Look, output_surface, picture_output, plot_output
from pages.shared.playground.charts_diagram import Diagram, Pick, diagram_of
from pages.shared.playground.charts_network import EDGES, pictures, plot_diagram
from pages.shared.playground.charts_units import plot_unit, plot_unit_gradients, unit_map
from pages.shared.runs import LiveRun

_LAYER, _UNIT, _SOURCE, _VALUE = "unit_layer", "unit", "unit_source", "new_weight"
_MOST_SOURCES = 200
_MOST_WEIGHT = 1000.0
_BIAS = "bias"


class Parameter(NamedTuple):
    """One weight or bias: the array of the network that it is in, and its place there."""

    name: str
    place: tuple[int, int]


def show_playground(run: LiveRun) -> None:
    """Draw the network, its output, one unit and the gradients of all."""
    edges, look = _choose_look()
    diagram = diagram_of(run.trainer)
    left, right = wrapping_columns(2, key="playground_tab")
    with left:
        _network(run, diagram, edges)
    with right:
        _output(run, look)
    pick = _choose_and_edit(run, diagram)
    left, right = wrapping_columns(2, key="playground_unit")
    with left:
        _unit(run.trainer, pick)
    with right:
        show_chart(plot_unit_gradients(run.trainer), key="unit_gradients")


def _choose_look() -> tuple[str, Look]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        edges = widgets.segmented_control(
            "lines",
            "Lines and frames show",
            EDGES,
            EDGES[0],
            help="Weights and biases, or the gradients of the last step; blue is negative, orange "
            "positive.",
        )
        unseen = widgets.toggle(
            "unseen",
            "Show validation and test points",
            True,
            help="Draws the points that the network does not train on as well.",
        )
        discretize = widgets.toggle(
            "discretize",
            "Discretize output",
            help="Shows the most probable class alone; of a quantity, whether it is above the "
            "training mean.",
        )
    return edges or EDGES[0], Look(discretize, unseen)


def _network(run: LiveRun, diagram: Diagram, edges: str) -> None:
    chart = plot_diagram(diagram, edges=edges, chosen=_remembered_pick(diagram))
    drawn = [image["source"] for image in chart.drawing.layout["images"]]
    film = run.films.develop(
        "network",
        lambda trainer: pictures(diagram_of(trainer), edges),
        lambda: Picture(diagram.step, drawn),
    )
    clicked = show_chart(chart, key="network", clicks=True, film=film)
    pick = None if clicked is None else diagram.pick(clicked.x, clicked.y)
    if pick is not None:
        # A redraw that was asked for before the click would bring back what was chosen until then.
        presets.ask(_choice(diagram, pick))


def _sources(diagram: Diagram, layer: int) -> list[str]:
    """Return what leads into a unit of a layer, the bias first where there is one."""
    bias = [] if diagram.biases[layer - 1] is None else [_BIAS]
    return bias + diagram.source_names(layer)[:_MOST_SOURCES]


def _choice(diagram: Diagram, pick: Pick) -> dict[str, str | int]:
    """Return the values of the widgets that choose a unit or weight."""
    choice: dict[str, str | int] = {_LAYER: diagram.layer_names[pick.layer - 1]}
    choice[_UNIT] = pick.unit + 1
    if pick.source is not None:
        choice[_SOURCE] = diagram.source_names(pick.layer)[pick.source]
    return choice


def _remembered_pick(diagram: Diagram) -> Pick:
    """Return what is chosen, also where the network has become smaller since."""
    names = diagram.layer_names
    name = st.session_state.get(_LAYER)
    layer = names.index(name) + 1 if name in names else 1
    unit = min(st.session_state.get(_UNIT) or 1, diagram.units[layer])
    sources = diagram.source_names(layer)
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
    names = diagram.layer_names
    name = widgets.selectbox(
        _LAYER,
        "Layer",
        names,
        help="The layer of the unit that is shown large; a click on the network chooses it, too.",
        place=left,
    )
    layer = names.index(name) + 1
    if (st.session_state.get(_UNIT) or 1) > diagram.units[layer]:
        st.session_state[_UNIT] = diagram.units[layer]
    unit = widgets.number_input(
        _UNIT,
        "Unit",
        (1, diagram.units[layer]),
        help="Its place in the layer, counted from the top.",
        place=right,
    )
    return Pick(layer, unit - 1)


def _choose_parameter(trainer: nnlib.Trainer, diagram: Diagram, pick: Pick) -> Parameter:
    sources = _sources(diagram, pick.layer)
    if st.session_state.get(_SOURCE) not in (None, *sources):
        st.session_state[_SOURCE] = sources[0]
    source = widgets.selectbox(
        _SOURCE,
        "Weight from",
        sources,
        help="The incoming weight, or the bias, that can be set by hand; a click on a line chooses "
        "it, too.",
    )
    network = trainer.network
    dense = network.dense_layers[pick.layer - 1]
    row = sources.index(source) - (sources[0] == _BIAS)
    kind, row = ("bias", 0) if source == _BIAS else ("weight", row)
    parameter = Parameter(f"{dense.name}.{kind}", (row, pick.unit))
    value, gradient = (
        float(numbers[parameter.name][parameter.place])
        for numbers in (network.parameters(), network.gradients())
    )
    st.caption(f"The {kind} is {plain_number(value, 4)}, its gradient {plain_number(gradient)}.")
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
            disabled=run is not run.whole,
            help="Sets it in the network as it is now; in an earlier one, go on from there first.",
        )


def _set(run: LiveRun, parameter: Parameter) -> None:
    value = st.session_state[_VALUE]
    if value is not None:
        with run.lock:
            set_parameter(run.trainer, parameter.name, parameter.place, value)


def _output(run: LiveRun, look: Look) -> None:
    trainer = run.trainer
    plane = plane_of(trainer.data)
    surface = output_surface(trainer)
    film = run.films.develop(
        "surface",
        lambda trainer: picture_output(output_surface(trainer), plane, look),
        lambda: Picture(trainer.step, picture_output(surface, plane, look)),
    )
    show_chart(plot_output(surface, plane, look), key="surface", film=film)
    if len(plane.X_test):
        measured = {name: float(value) for name, value in trainer.evaluate("test").items()}
        score = measured[trainer.score_name]
        words = (
            f"R² {plain_number(score)}" if trainer.score_name == "r2" else f"accuracy {score:.1%}"
        )
        st.caption(f"Test points: {words}, loss {plain_number(measured['loss'])}.")


def _unit(trainer: nnlib.Trainer, pick: Pick) -> None:
    show_chart(plot_unit(unit_map(trainer, pick), plane_of(trainer.data)), key="unit_map")
