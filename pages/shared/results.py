"""Results of finished computations, kept in the session so that nothing is computed twice.

A page's script runs anew at every change of a widget. What it computed is kept under everything
that determines it, and the last few results of a page are kept, so that going back to a setting is
free. Nothing is shared between sessions.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

import streamlit as st

from pages.shared.runs import COMPUTE

T = TypeVar("T")
KEPT = 4
"""So many results of one name are kept in a session."""


def remembered(name: str, key: Hashable, make: Callable[[], T]) -> T:
    """Return what `make` gave for this key, making it where it is not kept.

    Parameters
    ----------
    name : str
        Unique for the kind of result, for instance ``"dropout_sweep"``.
    key : hashable
        Everything that determines the result, such as experiments and the data's fingerprint.
    make : callable
        Computes the result; one computation at a time runs in the process.
    """
    kept: dict[Hashable, T] = st.session_state.setdefault(f"{name}_results", {})
    if key in kept:
        kept[key] = kept.pop(key)  # the last to be dropped
        return kept[key]
    with COMPUTE:
        result = make()
    kept[key] = result
    while len(kept) > KEPT:
        kept.pop(next(iter(kept)))
    return result
