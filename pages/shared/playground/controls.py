"""Sidebar controls of data in the plane: draw anew, input features, and the size of the network."""

import streamlit as st

import nnlib
from nnlib.datasets import DATASETS, Dataset, DatasetError
from nnlib.probes import input_features
from nnlib.probes.unit_surfaces import count_parameters
from pages.shared import widgets
from pages.shared.data_input import ChosenData, built_in
from pages.shared.layout import show_error
from pages.shared.widget_values import set_widget

MOST_ON_PLANE, MOST_PARAMETERS = 100_000, 2_000_000
"""So many parameters a network may have: on a plane, whose maps are drawn live, and elsewhere."""
_MOST_SEED, _MOST_DRAWS = 2**32 - 1, 10_000


def regenerated(chosen: ChosenData | None) -> ChosenData | None:
    """Draw the button that makes artificial data anew, and return the data it asks for."""
    if chosen is None or chosen.reference.name not in DATASETS:
        return chosen
    if DATASETS[chosen.reference.name].kind != "toy":
        return chosen
    with st.sidebar, st.container(horizontal=True, vertical_alignment="bottom"):
        if st.button(
            "Regenerate",
            icon=":material/casino:",
            key="regenerate",
            help="Draws other points from the same distribution.",
        ):
            last = st.session_state.get("draw_number", 0)
            set_widget("draw_number", (last + 1) % (_MOST_DRAWS + 1))
        number = widgets.number_input(
            "draw_number",
            "Draw",
            (0, _MOST_DRAWS),
            help="Is added to the data seed, so that a link gives the same points again.",
        )
    if not number:
        return chosen
    numbers = ((k, v) for k, v in chosen.reference.options if not isinstance(v, str))
    options = dict(numbers)
    options["seed"] = (int(options["seed"]) + number) % (_MOST_SEED + 1)
    return built_in(chosen.reference.name, options)


def with_input_features(chosen: ChosenData | None) -> ChosenData | None:
    """Draw the choice of input features for data in a plane, and return the data with them."""
    if chosen is None or not input_features.has_plane(chosen.data):
        return chosen
    with st.sidebar:
        input_map = _choose_features()
    if input_map is None:
        show_error("No input feature is chosen. Choose at least one in the sidebar.")
        return None
    try:
        data = input_features.expand(chosen.data, input_map)
    except DatasetError as error:
        show_error(error)
        return None
    reference = chosen.reference
    options = (*reference.options, *input_map.options)
    return ChosenData(data, nnlib.DataReference(reference.name, options, data.fingerprint))


def _choose_features() -> input_features.InputMap | None:
    names = widgets.pills(
        "inputs",
        "Input features",
        list(input_features.INPUT_FEATURES),
        list(input_features.PLAIN),
        selection_mode="multi",
        format_func=lambda name: input_features.INPUT_FEATURES[name].label(),
        help="What the network is given of each point: its two coordinates, their powers and "
        "products up to degree four, and sines.",
    )
    if not names:
        return None
    ordered = tuple(name for name in input_features.INPUT_FEATURES if name in names)
    frequency = input_features.SINE_FREQUENCY
    if input_features.InputMap(ordered).has_sines:
        frequency = widgets.slider(
            "sine_frequency",
            "Sine frequency k",
            (0.5, 10.0, input_features.SINE_FREQUENCY, 0.5),
            help="The sines are taken of k times a coordinate; the built-in points reach to "
            "about ±1.",
        )
    return input_features.InputMap(ordered, frequency)


def most_parameters(data: Dataset) -> int:
    """Return how many parameters a network on these data may have."""
    return MOST_ON_PLANE if input_features.has_plane(data) else MOST_PARAMETERS


def too_large(network: nnlib.NetworkConfig, data: Dataset) -> str | None:
    """State how large the network is; return a sentence where it is larger than it may be."""
    count, most = count_parameters(network, data.n_features, data.n_outputs), most_parameters(data)
    st.caption(f"{count:,} parameters, of at most {most:,} on these data.")
    if count <= most:
        return None
    return (
        f"This network has {count:,} parameters, and on these data the page trains at most "
        f"{most:,}. Take fewer layers or fewer units."
    )
