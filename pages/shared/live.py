"""The live part of a page: a fragment that trains for a slice and draws, again and again."""

import functools
import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter, time_ns

import streamlit as st

from pages.shared.export_settings import show_state
from pages.shared.runs import COMPUTE, LiveRun, leave_if_stopped
from pages.shared.scripts import script
from pages.shared.widget_values import restore_set_widgets

REDRAW_SECONDS = 0.4
"""Least time between redraws of a live page."""

_TICK, _LEAVES = "tick", "leaves_for"
_tick = st.components.v2.component(
    _TICK,
    js=script("tick", Path(__file__).with_name("tick.js").read_text("utf-8")),
    css=".st-key-tick {display: none}",
    isolate_styles=False,
)


def live(
    draw: Callable[..., None], run: LiveRun, *arguments: object, most_steps: int | None = None
) -> None:
    """Train for a slice and draw, again and again while the run plays, or show its past so.

    It is a fragment: the browser asks for its next run by itself while it draws this one, once the
    one before it is on the screen.

    Parameters
    ----------
    draw : called with the run and the arguments, and with the run's lock held. Drawing is Python as
        training is: at a time, one session does either.
    most_steps : most steps between two redraws
    """
    asked_by_person = iter([True])  # then by the timer, or by a person who clicks on a chart
    st.fragment(_live)(draw, run, arguments, run.running, most_steps, asked_by_person)


def _live(
    draw: Callable[..., None],
    run: LiveRun,
    arguments: tuple[object, ...],
    shown_running: bool,
    most_steps: int | None,
    asked_by_person: Iterator[bool],
) -> None:
    restore_set_widgets()
    told = (st.session_state.get(_TICK) or {}).get("due")
    answers = next(asked_by_person, False) or told is None
    if run.running:
        run.films.unseen = _unseen(told)
        run.play_slice(most_steps, brief=answers)
    elif run.playback is not None:
        _show_due_step(run)
    if run.running != shown_running:
        st.rerun()  # the whole page: the buttons change
    with run.lock, COMPUTE.turn(leave_if_stopped, ahead=answers):
        run.films.crowded = COMPUTE.waiting > 0
        shown = run.as_seen()
        lineage = run.trainer.lineage(shown.trainer.step)
        show_state(shown.trainer, lineage, shown.cursor, run.running)
        run.films.put_away()
        draw(shown, *arguments)
    _keep_what_is_loaded()
    if run.running or run.playback is not None:
        ask_again(run.play_name if run.running else "")


@functools.cache
def _keep_what_is_loaded() -> None:
    """Take all modules out of the garbage collector's sight, once a process.

    They stay for good, and looking through them stopped the whole server for 0.2 s every few
    seconds of a run.
    """
    gc.collect()
    gc.freeze()


def _unseen(told: object) -> frozenset[str]:
    """Return the charts that were out of view when the browser asked for this redraw."""
    unseen = told.get("unseen") if isinstance(told, dict) else None
    return frozenset(map(str, unseen)) if isinstance(unseen, list) else frozenset()


def ask_again(play_name: str = "") -> None:
    """Let the browser ask for the next run of the live part that is being drawn.

    Parameters
    ----------
    play_name : of the Play that set the run going, if one plays, so that the button says Pause
    """
    # A frame's name is its own, also after a restart of the server: the same would ask nothing.
    data = {"frame": str(time_ns()), "seconds": REDRAW_SECONDS, "play": play_name}
    _tick(key=_TICK, data=data, on_due_change=lambda: None)


def leave_for(path: str, run: LiveRun) -> None:
    """Go to another page once all is answered that the browser has asked for here.

    An answer that came into the next page would leave that blank. So the run rests, and the browser
    asks for this script, last of all.
    """
    asked = st.session_state.pop(_LEAVES, None)
    if run.running:
        run.pause()
        st.rerun()
    if asked == path:
        st.switch_page(path)
    st.session_state[_LEAVES] = path
    ask_again()


def _show_due_step(run: LiveRun) -> None:
    """Look at the step that the playback has come to; it ends at the last one."""
    assert run.playback is not None
    step = min(run.playback.due(perf_counter()), run.trainer.step)
    if step != run.seen:
        run.look_at(step)
    if step == run.trainer.step:
        run.playback = None
