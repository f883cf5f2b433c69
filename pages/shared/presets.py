"""Named settings of a page: one click sets its widgets, and with them its link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.shared.widget_values import (
    ask_for,
    restore_set_widgets,
    set_widget,
    take_asked_for,
)

_LATER = "preset_set_again"
_FIRST_RUN = "preset_first_run"


@dataclass(frozen=True)
class Preset:
    """One button.

    Attributes
    ----------
    name : on the button
    help : one sentence on what it shows
    values : of every widget that the picture depends on, by key, each as the widget returns it;
        what a person chose for other widgets stays
    """

    name: str
    help: str
    values: Mapping[str, Any]


def choose_preset(presets: Sequence[Preset]) -> Preset | None:
    """Draw a button a preset, and set the widgets of the one that was pressed.

    Folded in the sidebar, so that controls and charts come first. Call it ahead of every widget
    that a preset sets: right after `begin_page`. The values are set here and not in a callback,
    since one that is called in a run of a live part changes nothing outside of it.

    Returns
    -------
    Preset or None
        The one that was pressed in this run, for what a page keeps elsewhere than in widgets.
    """
    pressed = None
    menu = st.sidebar.popover(
        "Presets", icon=":material/bookmarks:", width="stretch", key="presets"
    )
    with menu:
        for index, preset in enumerate(presets):
            if st.button(preset.name, key=f"preset_{index}", help=preset.help):
                pressed = preset
        settle()
        if pressed is not None:
            set_values(pressed.values)
    return pressed


def set_values(values: Mapping[str, Any]) -> None:
    """Set widgets by key; call it ahead of them, right after `begin_page`."""
    if not values:
        return
    state = st.session_state
    new = {key for key in values if key not in state}
    # The address that a page was opened with may name a widget that was not drawn so far.
    state[_LATER] = values, any(key in st.query_params for key in new)
    for key, value in values.items():
        set_widget(key, value)
    if new:
        state[_FIRST_RUN] = True
        _run_again()


def ask(values: Mapping[str, Any], run: str = "") -> None:
    """Run the page anew with these values of its widgets, and with a new live run of this name."""
    ask_for(values)
    if run:
        st.session_state.pop(run, None)
    st.rerun()


def take_asked() -> None:
    """Set what was asked for; `begin_page` calls it."""
    settle()
    set_values(take_asked_for())


def settle() -> None:
    """Set once more what stands, and everything if the address took something back.

    From its second run on, a widget's value that is set by the page counts more than the address,
    and Streamlit writes it there.
    """
    state = st.session_state
    values, contested = state.pop(_LATER, ({}, False))
    for key, value in values.items():
        if contested or (key in state and state[key] == value):
            set_widget(key, value)


@st.fragment(run_every=0.1)
def _run_again() -> None:
    if not st.session_state.pop(_FIRST_RUN, False):
        restore_set_widgets()  # its timer may have asked before the browser knew of them
        st.rerun()
