"""Live runs: a trainer in the session, advanced in time slices, and its past.

A run belongs to one session and one page. It lives in the session state under a name that is no
widget's key, so it survives a page switch, and it ends with the session.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter, time_ns
from typing import Protocol

import streamlit as st

import nnlib
from nnlib.config import live_settings
from pages.shared.charts.look import AS_RECORDED, Look
from pages.shared.films import Films
from pages.shared.links import linked_step
from pages.shared.playback import Playback
from pages.shared.turns import Turns, slice_seconds

MOST_REMEMBERED = 32 * 2**20
"""Bytes of a run's past, from which any of its steps is found again."""
_RATE_MEMORY = 0.8  # weight of the past in the smoothed speed

COMPUTE = Turns()
"""One slice at a time in the whole process, in the order in which sessions ask.

Sessions are threads of one process, and small matrix products from several threads only slow each
other down.
"""
KERNELS = Turns(os.cpu_count() or 1)
"""Slices of compiled runs: one a processor, for the kernels leave the interpreter to the others."""


def leave_if_stopped() -> None:
    """End this run of the script where a newer one took its place, which a wait does not notice."""
    _ = "any key" in st.session_state  # Streamlit ends a script that reads it


class Follower(Protocol):
    """What takes a run onward and looks at it on the way, instead of the trainer itself."""

    def advance(
        self, trainer: nnlib.Trainer, *, steps: int | None = None, seconds: float | None = None
    ) -> int:
        """Train on as `Trainer.advance` does; return how many steps were made."""


@dataclass
class LiveRun:
    """A trainer and whether it is playing.

    Attributes
    ----------
    play_name : of the last Play, by which the browser knows a later one
    elapsed : seconds the person has watched it play, drawing included
    steps_per_second : smoothed speed as seen on the page
    follower : takes the trainer onward, where a page has one
    origin : a run without a past of its own at the step that this one goes on from; None for a run
        from its beginning
    look : how the person wants to see its curves
    playback : of the past, while it is shown step by step
    films : of its charts, while it plays
    lock : held by whoever uses the network, which keeps the arrays of its last pass: a slice, the
        drawing, and a download, which runs beside the script. Also the script itself may overlap
        with its successor, until it notices that it was stopped.
    """

    trainer: nnlib.Trainer
    running: bool
    play_name: str = field(default_factory=lambda: str(time_ns()))
    elapsed: float = 0.0
    steps_per_second: float = 0.0
    origin: nnlib.Trainer | None = None
    follower: Follower | None = None
    look: Look = AS_RECORDED
    playback: Playback | None = None
    films: Films = field(default_factory=Films)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _whole: "LiveRun | None" = None  # of which this is the past; not itself, which none would free
    _past: nnlib.Trainer | None = None  # at the step that is looked at, where it is not the present
    _last_slice: float | None = None
    _stop_at: int | None = None  # the step after which it pauses by itself

    @classmethod
    def brought_back(cls, kept: nnlib.Run, data: nnlib.datasets.Dataset) -> "LiveRun":
        """Return a run that was put away, at its end; Reset goes back to where it began."""
        trainer = kept.end(data)
        trainer.timeline = nnlib.Timeline(MOST_REMEMBERED)
        origin = kept.beginning(data) if trainer.first_step else None
        return cls(trainer, running=False, origin=origin)

    @property
    def whole(self) -> "LiveRun":
        """The run itself, whichever step is looked at."""
        return self._whole or self

    @property
    def can_be_named(self) -> bool:
        """Whether settings and a step say all: nothing was changed on its way, from its start."""
        trainer = self.whole.trainer
        return not trainer.history.events and trainer.first_step == 0

    @property
    def history(self) -> nnlib.History:
        """The records of the whole run, whichever step is looked at."""
        return self.whole.trainer.history

    @property
    def seen(self) -> int:
        """The step that is looked at."""
        return self.trainer.step if self._past is None else self._past.step

    @property
    def cursor(self) -> int | None:
        """The step that is looked at where it is not the present."""
        return None if self._whole is None else self.trainer.step

    def look_at(self, step: int) -> None:
        """Show the run as it was at a step from now on."""
        with self.lock, COMPUTE.turn(ahead=True):
            self._past = None if step == self.trainer.step else self.trainer.at(step)

    def as_seen(self) -> "LiveRun":
        """Return the run as it was at the step that is looked at, to be drawn and left as it is."""
        if self._past is None:
            return self
        return replace(self, trainer=self._past, _whole=self)

    def go_on_from_here(self) -> None:
        """Begin a run at the step that is looked at; the old one stays as it is."""
        with self.lock:
            self.origin = nnlib.fork(self.trainer, self.seen)
            self._begin(self.trainer.experiment)

    def _begin(self, experiment: nnlib.Experiment) -> None:
        """Take a new trainer, which goes on from another one where there is an origin."""
        if self.origin is None:
            self.trainer = make_trainer(experiment, self.trainer.data)
        else:
            self.trainer = nnlib.fork(self.origin, self.origin.step, **experiment.settings)
        self.elapsed, self.steps_per_second, self._past = 0.0, 0.0, None
        self.pause()

    @property
    def remaining(self) -> float | None:
        """Estimated seconds to the end of the run, or None while there is no estimate."""
        left = self.trainer.total_steps - self.trainer.step
        return left / self.steps_per_second if self.steps_per_second else None

    @property
    def _turns(self) -> Turns:
        return KERNELS if self.trainer.history.engine == "compiled" else COMPUTE

    @contextmanager
    def _turn(self, ahead: bool) -> Iterator[None]:
        with self.lock, self._turns.turn(leave_if_stopped, ahead=ahead):
            yield

    def play_slice(self, most_steps: int | None, *, brief: bool = False) -> None:
        """Train for one time slice, a brief one where a person waits, and so many steps at most."""
        now = perf_counter()
        to_stop = None if self._stop_at is None else self._stop_at - self.trainer.step
        most = min((n for n in (most_steps, to_stop) if n is not None), default=None)
        seconds = slice_seconds(self._turns.waiting, filmed=self.films.rolling, brief=brief)
        turn = partial(self._turn, ahead=brief)
        steps = self.films.play(self.trainer, self._advance, turn, seconds, most)
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
        self._past = None
        with self.lock, self._turns.turn(ahead=True):
            self._advance(steps=1)

    def _advance(self, steps: int | None, seconds: float | None = None) -> int:
        leave_if_stopped()
        if self.follower is None:
            return self.trainer.advance(steps=steps, seconds=seconds)
        return self.follower.advance(self.trainer, steps=steps, seconds=seconds)

    def play(self) -> None:
        """Start, go on, or after the end start again from the same initial weights."""
        if self.trainer.done:
            self.rewind()
        self.running, self._last_slice, self._stop_at = True, None, None
        self._past, self.playback, self.play_name = None, None, str(time_ns())

    def play_epoch(self) -> None:
        """Play for as many steps as one epoch has."""
        self.play()
        self._stop_at = self.trainer.step + self.trainer.steps_per_epoch

    def pause(self) -> None:
        """Stop after the current slice, and the playback of the past."""
        self.running, self._last_slice, self._stop_at = False, None, None
        self.playback = None

    def play_until(self, step: int) -> None:
        """Play up to a step, one that is still to come."""
        self.play()
        self._stop_at = step
        if step <= self.trainer.step:
            self.pause()

    def begin_anew_from_origin(
        self, experiment: nnlib.Experiment, data: nnlib.datasets.Dataset
    ) -> bool:
        """Begin again where this run goes on from another one, with other settings.

        Returns whether there is such a place, on the same data.
        """
        if self.origin is None or data.fingerprint != self.trainer.data.fingerprint:
            return False
        with self.lock:
            self._begin(experiment)
        self.play()
        return True

    def rewind(self) -> None:
        """Go back to where it began, to the same weights, paused."""
        with self.lock:
            self._begin(self.trainer.experiment)


def run_key(name: str) -> str:
    """Return where the session keeps the run of this name."""
    return f"{name}_run"


def live_run(name: str, experiment: nnlib.Experiment, data: nnlib.datasets.Dataset) -> LiveRun:
    """Return the session's run of this name, brought in line with the experiment.

    Settings that can change during a run take effect in it and are recorded; more epochs let a
    finished run go on. Any other change, and any change after the end of a run, starts a new one,
    which plays unless the person had paused the old one.

    Raises ValueError if the experiment and the data do not go together, for instance early
    stopping without a validation split.
    """
    key = run_key(name)
    run: LiveRun | None = st.session_state.get(key)
    if run is not None and _same_run(run.trainer, experiment, data):
        changes = _live_changes(run.trainer, experiment)
        if set(changes) <= {"epochs"} or not run.trainer.done:
            _apply(run, changes)
            return run
    if run is not None and run.begin_anew_from_origin(experiment, data):
        return run
    trainer = make_trainer(experiment, data)
    asked = linked_step(trainer.total_steps) if run is None else None
    run = LiveRun(trainer, running=run is None or run.running or run.trainer.done)
    if asked is not None:
        run.play_until(asked)
    st.session_state[key] = run
    return run


def make_trainer(experiment: nnlib.Experiment, data: nnlib.datasets.Dataset) -> nnlib.Trainer:
    """Return a trainer that remembers its way."""
    return nnlib.Trainer(experiment, data, timeline=nnlib.Timeline(MOST_REMEMBERED))


def _same_run(
    trainer: nnlib.Trainer, experiment: nnlib.Experiment, data: nnlib.datasets.Dataset
) -> bool:
    live = {name: getattr(experiment.training, name) for name in live_settings()}
    same_data = trainer.data is data or trainer.data.fingerprint == data.fingerprint
    return same_data and trainer.experiment.with_training(**live) == experiment


def _live_changes(trainer: nnlib.Trainer, experiment: nnlib.Experiment) -> dict[str, float]:
    new = {name: getattr(experiment.training, name) for name in live_settings()}
    return {name: new[name] for name in new if new[name] != getattr(trainer.config, name)}


def _apply(run: LiveRun, changes: dict[str, float]) -> None:
    if not changes:
        return
    was_done = run.trainer.done
    with run.lock:
        run.trainer.change(**changes)
    if was_done and not run.trainer.done:  # the person asked for more epochs
        run.play()
