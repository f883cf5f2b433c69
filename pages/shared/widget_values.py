"""Widgets that the page sets by itself, such as the select box of data by an upload.

What a browser asks for carries the widgets' values as it knew them. The timer of a live part may
have asked just before the browser learned of a new value, and would bring back the old one; a live
part therefore restores what was set in the last run of the whole page.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

_SET, _ASKED = "widgets_set_by_the_page", "values_asked_for"


def forget_set_widgets() -> None:
    """Begin a run of the whole page: from here on, what the browser says counts."""
    st.session_state.pop(_SET, None)


def set_widget(key: str, value: Any) -> None:
    """Set a widget that is not drawn yet."""
    st.session_state.setdefault(_SET, {})[key] = (st.session_state.get(key), value)
    st.session_state[key] = value


def ask_for(values: Mapping[str, Any]) -> None:
    """Let the next run of the whole page begin with these values of its widgets."""
    st.session_state[_ASKED] = values


def run_whole_page() -> None:
    """Let the run that a button's callback is called for be one of the whole page.

    A click on a button that its own callback disables counts as none: it cannot say so itself.
    """
    st.session_state.setdefault(_ASKED, {})


def take_asked_for() -> Mapping[str, Any]:
    """Return what was asked for, once."""
    values: Mapping[str, Any] = st.session_state.pop(_ASKED, {})
    return values


def restore_set_widgets() -> None:
    """Set again what a late request of the browser took back; a live part calls it first.

    Where a callback that asks for values was called in a run of that part, it runs the whole page.
    """
    if _ASKED in st.session_state:
        st.rerun()
    for key, (before, value) in st.session_state.get(_SET, {}).items():
        if before != value and st.session_state.get(key) == before:
            st.session_state[key] = value
