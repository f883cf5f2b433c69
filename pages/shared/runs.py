"""Live runs: a trainer in the session, advanced in time slices by a fragment, and its buttons.

A run belongs to one session and one page. It lives in the session state under a name that is no
widget's key, so it survives a page switch, and it ends with the session.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter, sleep

import streamlit as st

import nnlib
from nnlib.training import LIVE_SETTINGS
from pages.shared.turns import Turns
from pages.shared.widget_values import restore_set_widgets

REDRAW_SECONDS = 0.4
"""Time between redraws of a live page."""
_SLICE_SECONDS, _SHORTEST_SLICE = 0.15, 0.03
_SENDING_SECONDS = 0.05
_LEAST_REDRAWS = 12
_RATE_MEMORY = 0.8  # weight of the past in the smoothed speed

COMPUTE = Turns()
"""One slice at a time in the whole process, in the order in which sessions ask.

Sessions are threads of one process, and small matrix products from several threads only slow each
other down.
"""


def slice_seconds(waiting: int) -> float:
    """Return how long a slice may take while so many others wait for theirs."""
    return max(_SLICE_SECONDS / (1 + waiting), _SHORTEST_SLICE)


def leave_if_stopped() -> None:
    """End this run of the script where a newer one has taken its place.

    A script that waits is not interrupted; one that reads the session state is.
    """
    _ = "any key" in st.session_state


@dataclass
class LiveRun:
    """A trainer and whether it is playing.

    Attributes
    ----------
    elapsed : seconds the person has watched it play, drawing included
    steps_per_second : smoothed speed as seen on the page
    lock : held by whoever uses the network, which keeps the arrays of its last pass: a slice, the
        drawing, and a download, which runs beside the script. Also the script itself may overlap
        with its successor, until it notices that it was stopped.
    """

    trainer: nnlib.Trainer
    running: bool
    elapsed: float = 0.0
    steps_per_second: float = 0.0
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _last_slice: float | None = None
    _stop_at: int | None = None  # the step after which it pauses by itself

    @property
    def remaining(self) -> float | None:
        """Estimated seconds to the end of the run, or None while there is no estimate."""
        left = self.trainer.total_steps - self.trainer.step
        return left / self.steps_per_second if self.steps_per_second else None

    def play_slice(self, most_steps: int | None) -> None:
        """Train for one time slice, or fewer steps where `most_steps` says so."""
        now = perf_counter()
        to_stop = None if self._stop_at is None else self._stop_at - self.trainer.step
        most = min((n for n in (most_steps, to_stop) if n is not None), default=None)
        with self.lock, COMPUTE.turn(leave_if_stopped):
            steps = self.trainer.advance(seconds=slice_seconds(COMPUTE.waiting), steps=most)
        if self._last_slice is not None:
            passed = now - self._last_slice
            self.elapsed += passed
            rate = steps / max(passed, 1e-9)
            past = _RATE_MEMORY if self.steps_per_second else 0.0
            self.steps_per_second = past * self.steps_per_second + (1 - past) * rate
        self._last_slice = now
        if self.trainer.done or self.trainer.step == self._stop_at:
            self.pause()

    def make_step(self) -> None:
        """Pause, and make one update."""
        self.pause()
        with self.lock, COMPUTE.turn():
            self.trainer.advance(steps=1)

    def play(self) -> None:
        """Start or go on."""
        self.running, self._last_slice, self._stop_at = True, None, None

    def play_epoch(self) -> None:
        """Play for as many steps as one epoch has."""
        self.play()
        self._stop_at = self.trainer.step + self.trainer.steps_per_epoch

    def pause(self) -> None:
        """Stop after the current slice."""
        self.running, self._last_slice, self._stop_at = False, None, None

    def rewind(self) -> None:
        """Go back to the same initial weights, paused."""
        with self.lock:
            fresh = nnlib.Trainer(self.trainer.experiment, self.trainer.data)
            self.trainer, self.elapsed, self.steps_per_second = fresh, 0.0, 0.0
            self.pause()


def live_run(name: str, experiment: nnlib.Experiment, data: nnlib.datasets.Dataset) -> LiveRun:
    """Return the session's run of this name, brought in line with the experiment.

    Settings that can change during a run take effect in it and are recorded; more epochs let a
    finished run go on. Any other change, and any change after the end of a run, starts a new one,
    which plays unless the person had paused the old one.

    Raises
    ------
    ValueError
        if the experiment and the data do not go together, for instance early stopping without a
        validation split
    """
    key = f"{name}_run"
    run: LiveRun | None = st.session_state.get(key)
    if run is not None and _same_run(run.trainer, experiment, data):
        changes = _live_changes(run.trainer, experiment)
        if set(changes) <= {"epochs"} or not run.trainer.done:
            _apply(run, changes)
            return run
    plays = run is None or run.running or run.trainer.done
    run = LiveRun(nnlib.Trainer(experiment, data), running=plays)
    st.session_state[key] = run
    return run


def _same_run(
    trainer: nnlib.Trainer, experiment: nnlib.Experiment, data: nnlib.datasets.Dataset
) -> bool:
    live = {name: getattr(experiment.training, name) for name in LIVE_SETTINGS}
    same_data = trainer.data is data or trainer.data.fingerprint == data.fingerprint
    return same_data and trainer.experiment.with_training(**live) == experiment


def _live_changes(trainer: nnlib.Trainer, experiment: nnlib.Experiment) -> dict[str, float]:
    new = {name: getattr(experiment.training, name) for name in LIVE_SETTINGS}
    return {name: new[name] for name in new if new[name] != getattr(trainer.config, name)}


def _apply(run: LiveRun, changes: dict[str, float]) -> None:
    if not changes:
        return
    was_done = run.trainer.done
    with run.lock:
        run.trainer.change(**changes)
    if was_done and not run.trainer.done:  # the person asked for more epochs
        run.play()


def live(draw: Callable[..., None], run: LiveRun, *arguments: object) -> None:
    """Draw what belongs to a run, as a fragment that draws itself again while the run plays.

    Parameters
    ----------
    draw : callable
        Called with the run and the arguments, and with the run's lock held. Drawing is Python as
        training is: at a time, one session does either.
    """
    every = REDRAW_SECONDS if run.running else None
    st.fragment(_draw, run_every=every)(draw, run, *arguments)


def _draw(draw: Callable[..., None], run: LiveRun, *arguments: object) -> None:
    start = perf_counter()
    restore_set_widgets()
    with run.lock, COMPUTE.turn(leave_if_stopped):
        draw(run, *arguments)
    if run.running and perf_counter() - start > REDRAW_SECONDS:
        # The timer has asked for the next redraw already, and when that one starts, Streamlit
        # drops what it has not sent of this one: a busy server would show hardly any.
        sleep(_SENDING_SECONDS)


def transport(run: LiveRun, key: str) -> int | None:
    """Draw Play, Pause, Step, Epoch and Reset; return the most steps a redraw may make."""
    done = run.trainer.done
    with st.container(
        horizontal=True, vertical_alignment="center", width="content", key=f"{key}_transport"
    ):
        if run.running:
            st.button(
                "Pause",
                icon=":material/pause:",
                key=f"{key}_pause",
                help="Stop after the current slice of steps; Play goes on from there.",
                on_click=run.pause,
            )
        else:
            st.button(
                "Play",
                icon=":material/play_arrow:",
                key=f"{key}_play",
                type="primary",
                help="Train until the last epoch, redrawing the charts on the way.",
                on_click=run.play,
                disabled=done,
            )
        st.button(
            "Step",
            icon=":material/skip_next:",
            key=f"{key}_step",
            help="Make one update from one minibatch.",
            on_click=run.make_step,
            disabled=done,
        )
        st.button(
            "Epoch",
            icon=":material/fast_forward:",
            key=f"{key}_epoch",
            help="Make one pass over the training split.",
            on_click=run.play_epoch,
            disabled=done,
        )
        st.button(
            "Reset",
            icon=":material/replay:",
            key=f"{key}_reset",
            help="Go back to the same initial weights.",
            on_click=run.rewind,
        )
        return _choose_pace(run, key)


def _choose_pace(run: LiveRun, key: str) -> int | None:
    paces = {
        "automatic": -(-run.trainer.total_steps // _LEAST_REDRAWS),
        "1 step": 1,
        "10 steps": 10,
        "100 steps": 100,
        "full speed": None,
    }
    chosen = st.selectbox(
        "Pace",
        paces,
        help="How many steps to make between two redraws; automatic is full speed, but slow enough"
        f" for {_LEAST_REDRAWS} redraws in a run.",
        key=f"{key}_pace",
        bind="query-params",
        label_visibility="collapsed",
        width=140,
    )
    return paces[chosen]


def progress(run: LiveRun) -> None:
    """Draw how far the run is, with elapsed and remaining time."""
    trainer = run.trainer
    share = min(trainer.step / trainer.total_steps, 1.0)
    text = f"Epoch {trainer.epoch:,.1f} of {trainer.config.epochs:,}"
    if run.elapsed:
        text += f" · {clock(run.elapsed)} elapsed"
    if run.running and run.remaining is not None:
        text += f" · about {clock(run.remaining)} remaining"
    st.progress(share, text)


def clock(seconds: float) -> str:
    """Return a duration as ``m:ss`` or ``h:mm:ss``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
