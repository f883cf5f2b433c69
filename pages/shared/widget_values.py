"""Widgets that the page sets by itself, such as the select box of data by an upload.

What a browser asks for carries the widgets' values as it knew them. The timer of a live part may
have asked just before the browser learned of a new value, and would bring back the old one; a live
part therefore restores what was set in the last run of the whole page.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

_SET = "widgets_set_by_the_page"


def forget_set_widgets() -> None:
    """Begin a run of the whole page: from here on, what the browser says counts."""
    st.session_state.pop(_SET, None)


def set_widget(key: str, value: Any) -> None:
    """Set a widget that is not drawn yet."""
    st.session_state.setdefault(_SET, {})[key] = (st.session_state.get(key), value)
    st.session_state[key] = value


def restore_set_widgets() -> None:
    """Set again what a late request of the browser took back."""
    for key, (before, value) in st.session_state.get(_SET, {}).items():
        if before != value and st.session_state.get(key) == before:
            st.session_state[key] = value
