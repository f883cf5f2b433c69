"""Taking back the last change of a page's settings, its last Reset, or what replaced its run.

At the end of each run of a page its settings and its live run are compared with those before; what
has changed can be taken back, so that it does not matter who changed it: a person, a preset or a
link. The replaced run itself comes back where it is the last one that was replaced; of older
changes the settings come back, and the run is trained again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

import nnlib
from pages.shared import widgets
from pages.shared.links import start_from_address
from pages.shared.runs import MOST_REMEMBERED, LiveRun, run_key
from pages.shared.widget_values import ask_for

_MOST = 30
"""So many changes of a page can be taken back."""
_MOST_REMEMBERED = 4 * 2**20
"""Bytes of the past of a replaced run; what is between its snapshots is found again by training."""
_STATES, _PLACE, _PAGE = "undo_states", "undo_place", "undo_page"
_NO_SETTINGS = ("lecture", "hide")


@dataclass(frozen=True)
class _State:
    """A page's settings by their names in the address, its live run, and what that goes on from."""

    values: dict[str, Any]
    trainer: nnlib.Trainer | None = None
    origin: nnlib.Trainer | None = None


@dataclass
class _Past:
    """A page's present state and address, and the states before it, the oldest first."""

    now: _State = field(default_factory=lambda: _State({}))
    query: dict[str, list[str]] = field(default_factory=dict)
    before: list[_State] = field(default_factory=list)

    def note(self, state: _State) -> None:
        """Take a new present state; the one so far can be returned to if it is another."""
        old, new = self.now, state.values
        changed = any(name in new and new[name] != value for name, value in old.values.items())
        replaced = old.trainer is not None and old.trainer is not state.trainer
        if changed or replaced:
            older = [_State(each.values) for each in self.before]
            while older and older[-1].values == old.values:
                older.pop()  # only its run was replaced
            self.before = [*older, old][-_MOST:]
        if replaced and old.trainer is not None:
            _remember(old.trainer, _MOST_REMEMBERED)
        self.now = replace(state, values=old.values | new)


def _remember(trainer: nnlib.Trainer, most_bytes: int) -> None:
    if trainer.timeline is not None:
        trainer.timeline.thin(most_bytes)


def begin(path: str) -> None:
    """Make the place of the button, which `offer` fills once the page is drawn.

    The browser's Back button opens a page without what its address said; it is then said again, so
    that one comes back to the settings that one left.
    """
    st.session_state[_PLACE] = st.container()
    past: _Past | None = st.session_state.get(_STATES, {}).get(path)
    arrived = st.session_state.get(_PAGE) != path
    st.session_state[_PAGE] = path
    if arrived and past is not None and not set(st.query_params) - set(_NO_SETTINGS):
        start_from_address(past.query)


def go_to(path: str, query: dict[str, list[str]]) -> None:
    """Let a page begin with this address when one comes to it without any."""
    past: _Past = st.session_state.setdefault(_STATES, {}).setdefault(path, _Past())
    past.query = query


def offer(path: str) -> None:
    """Draw the button that takes back the last change; call it at the end of the page."""
    past: _Past = st.session_state.setdefault(_STATES, {}).setdefault(path, _Past())
    run: LiveRun | None = st.session_state.get(run_key(path))
    shown = widgets.values_shown().items()
    values = {name: value for name, value in shown if name not in _NO_SETTINGS}
    past.query = {name: st.query_params.get_all(name) for name in st.query_params}
    past.note(_State(values) if run is None else _State(values, run.trainer, run.origin))
    st.session_state[_PLACE].button(
        "Undo",
        icon=":material/undo:",
        key="undo_change",
        disabled=not past.before,
        width="stretch",
        help="Takes back the last change of a setting on this page, or the last Reset.",
        on_click=_return_to,
        args=(past, path),
    )


def _return_to(past: _Past, path: str) -> None:
    """Go to the state before; as a callback, since a playing run may end this script early."""
    if not past.before:
        return
    left, target = past.now, past.before.pop()
    if target.trainer is not None and target.trainer is not left.trainer:
        _remember(target.trainer, MOST_REMEMBERED)
        back = LiveRun(target.trainer, running=False, origin=target.origin)
        st.session_state[run_key(path)] = back
    else:
        target = _State(target.values)  # it goes on with the settings, or a new one is trained
    # What was drawn since then keeps its value.
    past.now = replace(target, values=left.values | target.values)
    ask_for({k: v for k, v in target.values.items() if left.values[k] != v})
