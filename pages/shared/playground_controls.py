"""Sidebar controls of data in the plane: draw anew, input features, and the size of the network."""

from __future__ import annotations

import streamlit as st

import nnlib
from nnlib.datasets import DATASETS, Dataset, DatasetError
from nnlib.input_features import (
    INPUT_FEATURES,
    PLAIN,
    SINE_FREQUENCY,
    InputMap,
    expand,
    has_plane,
)
from nnlib.unit_surfaces import count_parameters
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
        number = st.number_input(
            "Draw",
            0,
            _MOST_DRAWS,
            key="draw_number",
            bind="query-params",
            help="Is added to the data seed, so that a link gives the same points again.",
        )
    if not number:
        return chosen
    options = dict(chosen.reference.options)
    options["seed"] = (int(options["seed"]) + number) % (_MOST_SEED + 1)
    return built_in(chosen.reference.name, options)


def with_input_features(chosen: ChosenData | None) -> ChosenData | None:
    """Draw the choice of input features for data in a plane, and return the data with them."""
    if chosen is None or not has_plane(chosen.data):
        return chosen
    with st.sidebar:
        input_map = _choose_features()
    if input_map is None:
        show_error("No input feature is chosen. Choose at least one in the sidebar.")
        return None
    try:
        data = expand(chosen.data, input_map)
    except DatasetError as error:
        show_error(error)
        return None
    reference = chosen.reference
    options = (*reference.options, *input_map.options)
    return ChosenData(data, nnlib.DataReference(reference.name, options, data.fingerprint))


def _choose_features() -> InputMap | None:
    names = st.pills(
        "Input features",
        list(INPUT_FEATURES),
        selection_mode="multi",
        default=list(PLAIN),
        format_func=lambda name: INPUT_FEATURES[name].label(),
        key="inputs",
        bind="query-params",
        help="What the network is given of each point: its two coordinates, their powers and "
        "products up to degree four, and sines.",
    )
    if not names:
        return None
    ordered = tuple(name for name in INPUT_FEATURES if name in names)
    frequency = SINE_FREQUENCY
    if InputMap(ordered).has_sines:
        frequency = st.slider(
            "Sine frequency k",
            0.5,
            10.0,
            SINE_FREQUENCY,
            step=0.5,
            key="sine_frequency",
            bind="query-params",
            help="The sines are taken of k times a coordinate; the built-in points reach to "
            "about ±1.",
        )
    return InputMap(ordered, frequency)


def most_parameters(data: Dataset) -> int:
    """Return how many parameters a network on these data may have."""
    return MOST_ON_PLANE if has_plane(data) else MOST_PARAMETERS


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
