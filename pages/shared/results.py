"""Results of finished computations, kept in the session so that nothing is computed twice.

A page's script runs anew at every change of a widget. What it computed is kept under everything
that determines it, and the last few results of a page are kept, so that going back to a setting is
free. Nothing is shared between sessions.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared.runs import leave_if_stopped
from pages.shared.turns import Turns

T = TypeVar("T")
KEPT = 4
"""So many results of one name are kept in a session."""
AT_ONCE = 2
"""So many whole computations run at once in the process; further ones wait in line.

They do not take the turns of live runs: a slice of one would wait for a whole sweep. Beside a
computation it makes fewer steps in the same time, and the page stays prompt.
"""
COMPUTATIONS = Turns(AT_ONCE)
_WAITING = "Waiting for other sessions to finish computing …"


def remembered(name: str, key: Hashable, make: Callable[[], T]) -> T:
    """Return what `make` gave for this key, making it where it is not kept.

    Parameters
    ----------
    name : str
        Unique for the kind of result, for instance ``"dropout_sweep"``.
    key : hashable
        Everything that determines the result, such as experiments and the data's fingerprint.
    make : callable
        Computes the result.
    """
    kept: dict[Hashable, T] = st.session_state.setdefault(f"{name}_results", {})
    if key not in kept:
        with _turn():
            # A run of the script that this one has replaced may have made it meanwhile.
            result = kept[key] if key in kept else make()
    else:
        result = kept[key]
    kept.pop(key, None)
    kept[key] = result  # the last to be dropped
    while len(kept) > KEPT:
        kept.pop(next(iter(kept)))
    return result


@contextmanager
def _turn() -> Iterator[None]:
    """Wait for one's turn, and say so on the page where it takes a moment."""
    notice: list[DeltaGenerator] = []

    def look() -> None:
        leave_if_stopped()
        if not notice:
            notice.append(st.empty())
            notice[0].caption(_WAITING)

    with COMPUTATIONS.turn(look):
        if notice:
            notice[0].empty()
        yield
