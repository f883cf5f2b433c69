"""What a page shows of its live run: Play, Pause, Step, Epoch and Reset, the pace, the progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

import nnlib
from pages.shared import widgets
from pages.shared.export_settings import describe
from pages.shared.layout import show_error
from pages.shared.links import STEP
from pages.shared.live import live
from pages.shared.opened import bring_run_back, compare_with_figure
from pages.shared.playback import Playback
from pages.shared.run_look import choose_look
from pages.shared.runs import Follower, LiveRun, live_run
from pages.shared.shelf import keep, why_full
from pages.shared.shelf_view import offer_to_keep_run, show_shelf
from pages.shared.widget_values import restore_set_widgets, run_whole_page

_LEAST_REDRAWS = 12
_SEEN = "step_shown"
_SPEEDS, _SPEED = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000), 50


def show_run(
    key: str,
    experiment: nnlib.Experiment,
    data: nnlib.datasets.Dataset,
    draw: Callable[..., None],
    *arguments: object,
    beside: Callable[[], Sequence[object]] = tuple,
    follower: Follower | None = None,
) -> None:
    """Draw the buttons and the live part of the session's run, or say why there is none.

    Parameters
    ----------
    key, experiment, data : as in `live_run`
    draw, arguments : as in `live`
    beside : draws more controls beside the buttons, and returns more arguments
    follower : takes the run onward and looks at it on the way
    """
    bring_run_back(key, experiment, data)
    try:
        run = live_run(key, experiment, data)
    except ValueError as error:
        show_error(error)
        return
    run.follower = follower
    describe(experiment)
    compare_with_figure(run.trainer)
    with widgets.run_place():
        transport(run, key)
        run.look = choose_look()
        arguments += tuple(beside())
    most_steps = _choose_pace(run, key)
    live(draw, run, *arguments, most_steps=most_steps)
    show_shelf(run, key)


def transport(run: LiveRun, key: str) -> None:
    """Draw Play, Step, Epoch and Reset."""
    with st.container(horizontal=True, width="content", key=f"{key}_transport"):
        st.fragment(_buttons)(run, key)


def _buttons(run: LiveRun, key: str) -> None:
    """Draw the buttons, as a fragment: Pause is answered without a run of the whole page.

    The live part sees at its next redraw that the run has paused.
    """
    restore_set_widgets()
    done = run.trainer.done
    label, icon, does = _play_button(run)
    ended = "The run has ended: Play again, or ask for more epochs." if done else None
    with st.container(horizontal=True, width="content"):
        # One element whatever it says, so that the keyboard's focus stays on it.
        played = st.button(
            label,
            icon=icon,
            key=f"{key}_play",
            type="primary",
            help=does,
            on_click=run.pause if run.running else run.play,
        )
        st.button(
            "Step",
            icon=":material/skip_next:",
            key=f"{key}_step",
            help=ended or "Make one update from one minibatch.",
            on_click=_step,
            args=(run,),
            disabled=done,
        )
        went_on = st.button(
            "Epoch",
            icon=":material/fast_forward:",
            key=f"{key}_epoch",
            help=ended or "Make one pass over the training split.",
            on_click=run.play_epoch,
            disabled=done,
        )
        reset = st.button(
            "Reset",
            icon=":material/replay:",
            key=f"{key}_reset",
            help="Go back to where the run began, to the same weights.",
            on_click=run.rewind,
        )
    if (played and run.running) or went_on or reset:
        st.rerun()


def _step(run: LiveRun) -> None:
    run.make_step()
    run_whole_page()


def _play_button(run: LiveRun) -> tuple[str, str, str]:
    """Return what the first button says, its icon and its help."""
    if run.running:
        return (
            "Pause",
            ":material/pause:",
            "Stop after the current slice of steps; Play goes on from there.",
        )
    if run.trainer.done:
        return (
            "Play again",
            ":material/play_arrow:",
            "The run has ended; train once more from the same initial weights. More epochs let "
            "a finished run go on instead.",
        )
    return (
        "Play",
        ":material/play_arrow:",
        "Train until the last epoch, redrawing the charts on the way.",
    )


def _choose_pace(run: LiveRun, key: str) -> int | None:
    """Return the most steps that are made between two redraws."""
    paces = {
        "automatic": -(-run.trainer.total_steps // _LEAST_REDRAWS),
        "1 step": 1,
        "10 steps": 10,
        "100 steps": 100,
        "full speed": None,
    }
    chosen = widgets.selectbox(
        f"{key}_pace",
        "Pace",
        paces,
        help="How many steps to make between two redraws; automatic is full speed, but slow enough"
        f" for {_LEAST_REDRAWS} redraws in a run.",
        place=widgets.strip(),
        width=130,
    )
    return paces[chosen]


def progress(run: LiveRun) -> None:
    """Draw how far the run is, with elapsed and remaining time; of one that rests, its steps."""
    trainer = run.trainer
    text = f"Epoch {trainer.epoch:,.1f} of {trainer.config.epochs:,}"
    if run.elapsed:
        text += f" · {clock(run.elapsed)} elapsed"
    if run.running and run.remaining is not None:
        text += f" · about {clock(run.remaining)} remaining"
    name_step(run.whole)
    if run.running or run.whole.trainer.step == trainer.first_step:
        st.progress(min(trainer.step / trainer.total_steps, 1.0), text)
    else:
        _steps(run.whole, text)


def _steps(run: LiveRun, text: str) -> None:
    """Draw the slider over the steps of a run that rests, and what can be done at one of them."""
    trainer, full = run.trainer, why_full()
    unnamed = "" if run.can_be_named else " A link cannot name it: this run was changed on its way."
    if run.playback is not None:
        run.playback.told = st.session_state.get(_SEEN)
    st.session_state[_SEEN] = run.seen
    with st.container(horizontal=True, vertical_alignment="center", key="past"):
        st.markdown(text, width="content")
        st.slider(
            "Step shown",
            trainer.first_step,
            trainer.step,
            key=_SEEN,
            on_change=_look,
            args=(run,),
            label_visibility="collapsed",
            help="The network as it was at this step, in all that shows it; the arrow keys move by "
            f"one step. Play goes on from the last one.{unnamed}",
        )
        _playback(run)
        st.button(
            "Go on from here",
            icon=":material/call_split:",
            key="go_on",
            disabled=run.seen == trainer.step or full is not None,
            help=full
            or "Begin a run at the step shown. Settings that you then change, also of the "
            "network, count from this step on. The old run is kept.",
            on_click=_go_on,
            args=(run,),
        )
        offer_to_keep_run(run)


def _look(run: LiveRun) -> None:
    """Show the step of the slider, unless the browser tells one that it was only just shown."""
    step = st.session_state[_SEEN]
    if run.playback is None or not run.playback.is_echo(step):
        run.pause()
        run.look_at(step)


def _playback(run: LiveRun) -> None:
    """Draw what shows the past step by step, and its speed."""
    speed = widgets.selectbox(
        "replay_speed",
        "Replay speed",
        _SPEEDS,
        _SPEED,
        format_func=lambda steps: f"{steps:,} steps/s",
        help="How many steps a second Replay shows; faster ones skip some.",
        label_visibility="collapsed",
        width=140,
    )
    plays = run.playback is not None
    st.button(
        "Pause" if plays else "Replay",
        icon=":material/pause:" if plays else ":material/slow_motion_video:",
        key="replay",
        help="Stop at the step shown."
        if plays
        else "Show the steps one after another from the one shown, at the last from the first. "
        "Nothing new is trained.",
        on_click=run.pause if plays else partial(_replay, run, speed),
    )
    if run.playback is not None:
        run.playback.speed = speed


def _replay(run: LiveRun, speed: float) -> None:
    """Show step after step from now on; at the last one, from the first."""
    run.pause()
    at_end = run.seen == run.trainer.step
    run.playback = Playback(speed, run.trainer.first_step if at_end else run.seen)


def _go_on(run: LiveRun) -> None:
    """Begin a run at the step shown; the old one is on the shelf then."""
    keep(run)
    run.go_on_from_here()
    run_whole_page()


def name_step(run: LiveRun) -> None:
    """Let the page's link name the step of a run that rests, where it is not the last one."""
    moves = run.running or run.playback is not None
    if moves or run.seen == run.trainer.total_steps or not run.can_be_named:
        st.query_params.pop(STEP, None)
    elif st.query_params.get(STEP) != str(run.seen):
        st.query_params[STEP] = str(run.seen)


def clock(seconds: float) -> str:
    """Return a duration as ``m:ss`` or ``h:mm:ss``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
