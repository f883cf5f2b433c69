"""Choosing data: the built-in sets with their options, or a person's own CSV file."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import streamlit as st

from nnlib import DataReference
from nnlib.datasets import DATASETS, Dataset, DatasetError, DatasetInfo, Option, load
from pages.shared import widgets
from pages.shared.layout import show_error
from pages.shared.own_file.view import own_data, take_upload
from pages.shared.widget_values import set_widget

OWN_FILE = "csv"
_OWN_FILE_LABEL = "Your own CSV file"


class ChosenData(NamedTuple):
    """A data set and the reference that an experiment keeps of it."""

    data: Dataset
    reference: DataReference


def choose_data(default: str = "spiral") -> ChosenData | None:
    """Draw the data controls: in the sidebar, and for an own file also on the page.

    Returns None where there is no data yet, or none can be made of what was given; the page then
    says so in a sentence. (`st.stop` here would leave the live part of the last run ticking.)
    """
    with st.sidebar:
        st.subheader("Data", anchor=False)
        place = st.container()  # the upload may set the select box, so it is drawn first
        if take_upload():
            set_widget("data", OWN_FILE)
        with place:
            name = _choose_name(default)
        options = {} if name == OWN_FILE else _choose_options(DATASETS[name])
    try:
        if name != OWN_FILE:
            return built_in(name, options)
    except DatasetError as error:
        show_error(error)
        return None
    own = own_data()
    return None if own is None else ChosenData(*own)


def link_to_own_file(label: str) -> None:
    """Draw the link to where a person's own file is trained on."""
    st.page_link(
        "pages/classification.py",
        label=label,
        icon=":material/upload_file:",
        query_params={"data": _OWN_FILE_LABEL},
    )


def _choose_name(default: str) -> str:
    # The default comes first, which is what a select box shows by itself: Streamlit warns of an
    # `index` for a widget that an upload also sets.
    names = (default, *(name for name in DATASETS if name != default), OWN_FILE)
    chosen: str = widgets.selectbox(
        "data",
        "Data set",
        names,
        format_func=lambda name: _OWN_FILE_LABEL if name == OWN_FILE else DATASETS[name].label,
        help="What the network learns from; uploading a file chooses it.",
    )
    if chosen != OWN_FILE:
        info = DATASETS[chosen]
        task = "Regression" if info.task == "regression" else "Classification"
        st.caption(f"{task}. {info.description}")
    return chosen


def _choose_options(info: DatasetInfo) -> dict[str, int | float]:
    with st.expander("Points, noise and split", icon=":material/settings:"):
        return {
            option.name: _option(option, f"{info.name}_{option.name}") for option in info.options
        }


def _option(option: Option, key: str) -> Any:
    if option.choices:
        return widgets.selectbox(
            key, option.label, option.choices, int(option.default), help=option.help
        )
    if isinstance(option.default, int):
        return widgets.number_input(
            key, option.label, (int(option.low), int(option.high), option.default), help=option.help
        )
    return widgets.slider(
        key,
        option.label,
        (float(option.low), float(option.high), option.default, 0.01),
        help=option.help,
    )


def built_in(name: str, options: Mapping[str, int | float] | None = None) -> ChosenData:
    """Return a built-in data set; options that are not given have their defaults."""
    defaults = {option.name: option.default for option in DATASETS[name].options}
    pairs = tuple((defaults | dict(options or {})).items())
    data = _load(name, pairs)
    return ChosenData(data, DataReference(name, pairs, data.fingerprint))


# The built-in sets are the same for everybody and immutable, so all sessions share them.
@st.cache_resource(max_entries=16, show_spinner="Loading the data …")
def _load(name: str, options: tuple[tuple[str, int | float], ...]) -> Dataset:
    chosen: dict[str, Any] = dict(options)
    return load(name, **chosen)
