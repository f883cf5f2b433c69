"""Computed: what a page has worked out, kept in the session so that nothing is computed twice.

A page's script runs anew at every change of a widget. What it computed is kept under everything
that determines it, and the last few results of a page are kept, so that going back to a setting is
free. There are two kinds of state: what is the same for everybody is in Streamlit's own caches,
and what is computed for this session is here.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared.layout import show_error
from pages.shared.runs import leave_if_stopped
from pages.shared.turns import Turns

T = TypeVar("T")
Tell = Callable[[float], None]
"""Takes the share of the work that is done, from 0 to 1."""
KEPT = 4
"""So many results of one name are kept in a session."""
AT_ONCE = 2
"""So many whole computations run at once in the process; further ones wait in line.

They do not take the turns of live runs: a slice of one would wait for a whole sweep. Beside a
computation it makes fewer steps in the same time, and the page stays prompt.
"""
COMPUTATIONS = Turns(AT_ONCE)
QUICK = 3.0
"""Up to so many seconds are not asked for."""
PATIENCE = 0.4
"""Seconds without a progress bar."""
_WAITING = "Waiting for other sessions to finish computing …"


def about(seconds: float) -> str | None:
    """Return the sentence that asks before long work; None where the work is quick."""
    if seconds <= QUICK:
        return None
    return f"With these settings this takes about {seconds:,.0f} seconds."


def part(tell: Tell, index: int, parts: int) -> Tell:
    """Return what tells the share of one of several equal parts of the work, counted from 0."""
    return lambda share: tell((index + share) / parts)


def is_computed(name: str, key: Hashable) -> bool:
    """Return whether the session has this result."""
    return key in st.session_state.get(f"{name}_results", {})


def forget(name: str) -> None:
    """Let go the results of this name."""
    st.session_state.pop(f"{name}_results", None)


def computed(
    name: str,
    key: Hashable,
    make: Callable[[Tell], T],
    *,
    doing: str = "Training …",
    ask: str | None = None,
    begin: str = "Begin",
) -> T | None:
    """Return what `make` gives for this key, from the session where it is kept.

    Where it is not, it waits for its turn among the sessions and is made, behind a progress bar
    with a button that stops it.

    Parameters
    ----------
    name : unique for the kind of result, for instance ``"dropout_sweep"``
    key : hashable
        Everything that determines the result, such as experiments and the data's fingerprint.
    make : computes the result; it is given a function that takes the share of the work done
    doing : what is seen meanwhile
    ask : a sentence on how long it takes; the work then waits for a button. See `about`.
    begin : the label of that button

    Returns
    -------
    result, or None where it cannot be had, which the page then says: a ValueError of `make` as
    its sentence, and work that waits or was stopped by its button.
    """
    kept: dict[Hashable, T] = st.session_state.setdefault(f"{name}_results", {})
    with st.container():  # keeps its place on the page, whatever is in it
        if key not in kept:
            if not _may_begin(name, key, ask, begin):
                return None
            place = st.empty()
            try:
                result = _made(name, key, kept, make, doing, place)
            except ValueError as error:
                with place:
                    show_error(error)
                return None
            place.empty()
        else:
            result = kept[key]
    kept.pop(key, None)
    kept[key] = result  # the last to be dropped
    while len(kept) > KEPT:
        kept.pop(next(iter(kept)))
    return result


def _may_begin(name: str, key: Hashable, ask: str | None, begin: str) -> bool:
    """Draw the button that long or stopped work waits for; return whether to begin."""
    said, answer = st.session_state.get(f"{name}_answer", (None, None))
    if said == key:
        ask = None if answer else "Stopped."
    if ask is not None:
        st.info(ask, icon=":material/hourglass:")
        st.button(
            begin,
            icon=":material/play_arrow:",
            key=f"{name}_begin",
            on_click=_answer,
            args=(name, key, True),
        )
    return ask is None


def _answer(name: str, key: Hashable, begin: bool) -> None:
    st.session_state[f"{name}_answer"] = (key, begin)


def _made(
    name: str,
    key: Hashable,
    kept: dict[Hashable, T],
    make: Callable[[Tell], T],
    doing: str,
    place: DeltaGenerator,
) -> T:
    start = perf_counter()
    shown: list[DeltaGenerator] = []

    def tell(share: float) -> None:
        leave_if_stopped()
        if perf_counter() - start < PATIENCE:
            return
        if not shown:
            shown.append(_stoppable_bar(place, name, key))
        shown[0].progress(min(share, 1.0), doing)

    with _turn(), st.spinner(doing):
        # A run of the script that this one has replaced may have made it meanwhile.
        return kept[key] if key in kept else make(tell)


def _stoppable_bar(place: DeltaGenerator, name: str, key: Hashable) -> DeltaGenerator:
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.empty()
        st.button(
            "Stop",
            icon=":material/stop:",
            key=f"{name}_stop",
            on_click=_answer,
            args=(name, key, False),
        )
    return bar


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
