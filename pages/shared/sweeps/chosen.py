"""The trial that a person has clicked, in a chart or in the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from nnlib.search import Range, Trial
from pages.shared.charts.chart import Chart
from pages.shared.export import show_chart
from pages.shared.plot import Click
from pages.shared.sweeps.charts import Record
from pages.shared.sweeps.runs import LiveSweep
from pages.shared.sweeps.trial import show_trial

_CHOSEN = "chosen_trial_of_sweep"


@dataclass(frozen=True)
class Places:
    """Where the trials lie in a chart, in data coordinates.

    Attributes
    ----------
    numbers : of the trials
    x, y : shape (trials,)
    log : whether the axes are logarithmic
    """

    numbers: Sequence[int]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    log: tuple[bool, bool]

    @classmethod
    def of(cls, record: Record, trials: Sequence[Trial], *names: str) -> Places | None:
        """Return where trials lie over a knob, or two; over their numbers without any.

        None where an axis has no numbers, or no trial lies there.
        """
        knobs = [record.space[name] for name in names]
        if not trials or not all(isinstance(knob, Range) for knob in knobs):
            return None
        along = [[float(trial.settings[name]) for trial in trials] for name in names]
        logs = [isinstance(knob, Range) and bool(knob.log) for knob in knobs]
        if not names:
            along, logs = [[float(trial.number) for trial in trials]], [False]
        if len(along) < 2:
            along.append([t.value for t in trials if t.value is not None])
            logs.append(record.log)
        x, y = map(np.array, along)
        return cls([trial.number for trial in trials], x, y, (logs[0], logs[1]))

    def nearest(self, click: Click) -> int:
        """Return the number of the trial that lies nearest to a click, by shares of the axes."""
        squared = np.zeros(len(self.numbers))
        for own, at, log in zip((self.x, self.y), click, self.log, strict=True):
            places = np.log10([*own, max(at, 1e-300)]) if log else np.array([*own, at])
            squared += ((places[:-1] - places[-1]) / (np.ptp(places[:-1]) or 1.0)) ** 2
        return self.numbers[int(squared.argmin())]


def show_with_trial(
    sweep: LiveSweep, record: Record, chart: Chart, key: str, places: Places | None
) -> None:
    """Draw a chart of trials, and below it the one that was clicked."""
    clicked = show_chart(chart, key, clicks=places is not None)
    if places is None:
        return
    if clicked is not None:
        choose_trial(sweep, places.nearest(clicked))
    st.caption("Click near a trial to see it below.")
    if st.session_state.get(_CHOSEN, (None,))[0] == sweep.key:
        show_chosen(sweep, record)


def choose_trial(sweep: LiveSweep, number: int) -> None:
    """Take a trial for the chosen one, until another one is or another sweep begins."""
    st.session_state[_CHOSEN] = sweep.key, number


def show_chosen(sweep: LiveSweep, record: Record) -> None:
    """Draw the trial that was chosen, or else the best one."""
    key, number = st.session_state.get(_CHOSEN, (None, None))
    number = number if key == sweep.key else record.best
    trial = next((t for t in record.trials if t.number == number), None)
    if trial is None:
        st.caption("Click a row to see its trial.")
    else:
        show_trial(sweep, trial, best=trial.number == record.best)
