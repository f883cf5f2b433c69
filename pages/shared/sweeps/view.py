"""The sweep of the page: its buttons, and how it does while it runs."""

import streamlit as st

from nnlib import Experiment
from nnlib.datasets import Dataset
from pages.shared import widgets
from pages.shared.charts.theme import plain_number
from pages.shared.layout import show_error
from pages.shared.live import ask_again
from pages.shared.rows import Tile, show_metrics, show_row
from pages.shared.runs import COMPUTE, leave_if_stopped
from pages.shared.sweeps.charts import Record, plot_curves, plot_history, record_of, settings_line
from pages.shared.sweeps.charts_front import plot_front
from pages.shared.sweeps.controls import SweepSettings
from pages.shared.sweeps.results import show_results
from pages.shared.sweeps.runs import LiveSweep, live_sweep
from pages.shared.widget_values import restore_set_widgets


def show_sweep(settings: SweepSettings, base: Experiment, data: Dataset) -> None:
    """Draw the session's sweep, and what came of it where it rests."""
    try:
        sweep = live_sweep(settings, base, data)
    except ValueError as error:
        show_error(error)
        return
    with widgets.run_place():
        _buttons(sweep)
    st.fragment(_live)(sweep, sweep.running)
    if not sweep.running:  # a fragment: another knob of a chart draws nothing else anew
        st.fragment(show_results)(sweep, settings)


def _buttons(sweep: LiveSweep) -> None:
    """Draw the button that stops the sweep and lets it go on."""
    done = sweep.done
    if sweep.running:
        label, icon, does = "Stop", ":material/stop:", sweep.pause
        help = "Stop here: what has been found is shown, and the sweep can go on."
    else:
        label, icon, does = "Go on", ":material/play_arrow:", sweep.go_on
        help = "Its budget is used up: allow more to go on." if done else "Go on where it was."
    st.button(
        label,
        icon=icon,
        key="sweep_play",
        type="primary",
        help=help,
        on_click=does,
        disabled=done and not sweep.running,
    )


def _live(sweep: LiveSweep, shown_running: bool) -> None:
    """Go on for a slice and draw, as `pages.shared.live` does with a run."""
    restore_set_widgets()
    if sweep.running:
        sweep.play_slice()
    if sweep.running != shown_running:
        st.rerun()
    with sweep.lock, COMPUTE.turn(leave_if_stopped):
        record, share = record_of(sweep.search), sweep.progress
    _metrics(sweep, record)
    if not sweep.done:
        st.progress(share, f"{share:.0%} of the sweep")
    show_row(
        "sweep",
        sweep_time=plot_history(record, in_time=True),
        sweep_curves=plot_curves(record),
        sweep_front=plot_front(record),
    )
    if sweep.running:
        ask_again()


def _metrics(sweep: LiveSweep, record: Record) -> None:
    ended = [trial for trial in record.trials if trial.outcome is not None]
    best = next((trial for trial in ended if trial.number == record.best), None)
    lost = len(ended) - len(record.done)
    label = record.objective.label.replace(" at the end", "")
    tiles = (
        Tile("Trials", _of_budget(sweep, len(ended)), help="How many have ended."),
        Tile(
            f"Best {label[0].lower()}{label[1:]}",
            "–" if best is None or best.value is None else plain_number(best.value),
            help=f"{record.objective.label} of the best trial so far, the median over its seeds.",
        ),
        Tile(
            "Without a value",
            f"{lost}",
            help="Trials that diverged, were pruned, or did not reach what was asked for.",
        ),
        Tile(
            "Runs a second",
            plain_number(len(ended) * sweep.search.plan.seeds / max(sweep.search.seconds, 1e-9), 2),
            help="Ended trials times their seeds, over the seconds of computing.",
        ),
    )
    show_metrics("sweep_metrics", tiles)
    st.caption(
        "No trial has a value yet."
        if best is None
        else f"The best so far is trial {best.number}: {settings_line(best.settings)}."
    )


def _of_budget(sweep: LiveSweep, ended: int) -> str:
    if sweep.limit is None:
        return f"{ended} of {sweep.search.budget}"
    return f"{ended} in {min(sweep.search.seconds, sweep.limit):.0f} of {sweep.limit:.0f} s"
