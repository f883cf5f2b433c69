"""Computations that are begun at once where they are quick, and else by a button."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

import streamlit as st

from pages.shared.results import remembered

T = TypeVar("T")
QUICK = 3.0
"""Up to so many seconds are not asked for."""


def costly(
    name: str,
    key: Hashable,
    make: Callable[[Callable[[float], None]], T],
    seconds: float,
    label: str,
) -> T | None:
    """Return the result, or None while a long computation has not been asked for.

    Parameters
    ----------
    name, key : as for `remembered`
    make : computes; it is given a function that takes the share of the work done
    seconds : how long it will take, roughly
    label : of the button that begins a long computation
    """
    kept = key in st.session_state.get(f"{name}_results", {})
    if not kept and seconds > QUICK:
        st.info(f"With these settings this takes about {seconds:,.0f} seconds.")
        if not st.button(label, icon=":material/play_arrow:", key=f"{name}_begin"):
            return None
    bar = None if kept else st.progress(0.0, "Training …")
    show = (
        (lambda share: None) if bar is None else (lambda share: bar.progress(share, "Training …"))
    )
    result = remembered(name, key, lambda: make(show))
    if bar is not None:
        bar.empty()
    return result
