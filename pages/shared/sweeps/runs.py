"""The session's sweep: a search that is advanced in time slices, in turn with all sessions."""

import threading
from collections.abc import Hashable
from dataclasses import dataclass, field, replace

import streamlit as st

from nnlib import Experiment
from nnlib.datasets import Dataset
from nnlib.search import Search
from pages.shared.runs import COMPUTE, leave_if_stopped
from pages.shared.sweeps.controls import SweepSettings
from pages.shared.turns import slice_seconds

KEY = "live_sweep"


@dataclass
class LiveSweep:
    """A search and whether it goes on.

    Attributes
    ----------
    key : everything that determines it, its budget left out
    limit : seconds of computing after which it ends, or None
    lock : held while it is advanced or read
    """

    search: Search
    key: Hashable
    running: bool = True
    limit: float | None = None
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def left(self) -> float:
        """Seconds that it may still compute."""
        return float("inf") if self.limit is None else self.limit - self.search.seconds

    @property
    def done(self) -> bool:
        """Whether its trials or its seconds are used up."""
        return self.search.done or self.left <= 0

    @property
    def progress(self) -> float:
        """The share of its trials, or of its seconds, from 0 to 1."""
        in_time = 0.0 if self.limit is None else self.search.seconds / self.limit
        return min(1.0, max(self.search.progress, in_time))

    def play_slice(self) -> None:
        """Go on for one time slice."""
        with self.lock, COMPUTE.turn(leave_if_stopped):
            self.search.advance(seconds=min(slice_seconds(COMPUTE.waiting), self.left))
        if self.done:
            self.running = False

    def allow(self, settings: SweepSettings) -> bool:
        """Take another budget; return whether it can be that of the same search.

        A grid is made for its number of trials, and no search unmakes any.
        """
        search, was_done = self.search, self.done
        if settings.budget != search.budget:
            if settings.sampler == "grid" or settings.budget < len(search.trials):
                return False
            with self.lock:
                search.extend(settings.budget)
        self.limit = settings.seconds
        self.running = (self.running or was_done) and not self.done
        return True

    def pause(self) -> None:
        """Stop after the slice that is under way."""
        self.running = False

    def go_on(self) -> None:
        """Go on where it was."""
        self.running = not self.done


def live_sweep(settings: SweepSettings, base: Experiment, data: Dataset) -> LiveSweep:
    """Return the session's sweep, brought in line with the controls.

    With another budget it goes on; anything else that changes begins another one, which plays
    unless the person had paused the old one.

    Raises ValueError if the space cannot be searched.
    """
    key = (replace(settings, budget=0, seconds=None), base, data.fingerprint)
    sweep: LiveSweep | None = st.session_state.get(KEY)
    if sweep is not None and sweep.key == key and sweep.allow(settings):
        return sweep
    plays = sweep is None or sweep.running or sweep.done
    sweep = LiveSweep(settings.search(base, data), key, running=plays, limit=settings.seconds)
    st.session_state[KEY] = sweep
    return sweep
