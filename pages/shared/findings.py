"""What is wrong with a run and what to try: the strip under the progress bar."""

from functools import partial

import streamlit as st

import nnlib
from nnlib.diagnosis import Diagnosis, Finding, can_be_tried, describe
from nnlib.diagnosis.about import DataFacts
from nnlib.diagnosis.finding import Place
from nnlib.diagnosis.follower import Follower
from nnlib.instruments import INSTRUMENTS
from pages.shared.charts.chart import Chart
from pages.shared.charts.instruments import plot_instrument
from pages.shared.charts.training import plot_losses
from pages.shared.export import MARKED
from pages.shared.finding_view import (
    advice_text,
    evidence_text,
    finding_text,
    healthy_text,
    offer_to_keep,
    where_text,
)
from pages.shared.report import download_report
from pages.shared.runs import LiveRun
from pages.shared.trials import begin_trial, levels_of_seeds

MOST_SHOWN = 3
_FAULT = "marked_fault"
_REPORTED = ("gradient_norm", "update_ratio", "dead_fraction")


def show_findings(run: LiveRun, key: str) -> None:
    """Draw what was found in a run, worst first; a healthy run has one quiet line.

    While it plays only what costs a moment is looked at, at growing distances; at its end also
    what simple models reach.

    Parameters
    ----------
    run : with its lock held
    key : of the page's run
    """
    run = run.whole
    diagnosis = _diagnosis(run, key)
    marked = next(
        (f.where for f in diagnosis.findings if f.fault == st.session_state.get(_FAULT)), None
    )
    st.session_state[MARKED] = marked
    with st.container(key=f"{key}_findings", gap="xsmall"):
        if not diagnosis.findings:
            _say_healthy(diagnosis)
            return
        for index, finding in enumerate(diagnosis.findings[:MOST_SHOWN]):
            _show_finding(finding, diagnosis, run, f"{key}_{index}", first=index == 0)
        rest = diagnosis.findings[MOST_SHOWN:]
        if rest:
            with st.expander(f"{len(rest)} more"):
                for index, finding in enumerate(rest, MOST_SHOWN):
                    _show_finding(finding, diagnosis, run, f"{key}_{index}", first=False)


def _diagnosis(run: LiveRun, key: str) -> Diagnosis:
    # Nothing is drawn here: one more element would move the charts, which are then drawn anew.
    follower: Follower = st.session_state.setdefault(f"{key}_follower", Follower())
    trainer = run.trainer
    return follower.look(trainer, facts_of(trainer.data), levels_of_seeds(trainer.experiment))


def facts_of(data: nnlib.datasets.Dataset) -> DataFacts:
    """Return what is known of the data, which outlives a run: baselines among it."""
    kept: tuple[str, DataFacts] | None = st.session_state.get("facts_of_data")
    if kept is None or kept[0] != data.fingerprint:
        kept = (data.fingerprint, DataFacts(data))
        st.session_state["facts_of_data"] = kept
    return kept[1]


def _say_healthy(diagnosis: Diagnosis) -> None:
    if diagnosis.doubt:
        st.caption(f":material/help: {diagnosis.doubt}")
    elif diagnosis.ended:
        st.caption(healthy_text(diagnosis))
    else:
        st.caption(":material/monitor_heart: Nothing wrong so far.")


def _show_finding(
    finding: Finding, diagnosis: Diagnosis, run: LiveRun, key: str, *, first: bool
) -> None:
    with st.container(border=True, gap="xsmall", key=f"finding_{key}"):
        st.markdown(finding_text(finding))
        _offer(finding, diagnosis, run, key, first=first)


def _offer(finding: Finding, diagnosis: Diagnosis, run: LiveRun, key: str, *, first: bool) -> None:
    """Draw the remedies, those that can be tried as buttons and the others as advice; evidence."""
    data = run.trainer.data
    tried = [r for r in finding.remedies if can_be_tried(r, data)]
    advice = [r for r in finding.remedies if r not in tried]
    with st.container(horizontal=True, gap="xsmall", key=f"remedies_{key}"):
        for index, remedy in enumerate(tried):
            pressed = st.button(
                f"Try: {describe(remedy)}",
                key=f"try_{key}_{index}",
                icon=":material/science:",
                type="primary" if first and index == 0 else "secondary",
                help=remedy.reason,
            )
            if pressed:
                begin_trial(run, [remedy])
        if len(tried) > 1 and st.button(
            "Race them",
            key=f"race_{key}",
            icon=":material/flag:",
            help="Train a twin with each of these remedies and compare them.",
        ):
            begin_trial(run, tried)
        _choose_mark(finding, key)
        with st.popover("Evidence", icon=":material/query_stats:", type="tertiary"):
            st.markdown(evidence_text(finding))
            if first:
                download_report(diagnosis, partial(_charts, run), key)
    for index, remedy in enumerate(advice):
        st.markdown(advice_text(remedy))
        name = f"{key.rpartition('_')[0]}_run"
        offer_to_keep(remedy, run.trainer.experiment, f"{key}_{index}", name)


def _choose_mark(finding: Finding, key: str) -> None:
    """Draw the button that marks the finding's place in the charts, or clears the mark."""
    if finding.where == Place():
        return
    marked = st.session_state.get(_FAULT) == finding.fault
    st.button(
        "Clear the marks" if marked else "Mark",
        key=f"mark_{key}",
        icon=":material/ink_eraser:" if marked else ":material/ink_highlighter:",
        type="tertiary",
        help=f"Marks {where_text(finding.where)} in every chart over the run: the lines of these "
        "layers stand out.",
        on_click=_mark,
        args=("" if marked else finding.fault,),
    )


def _mark(fault: str) -> None:
    st.session_state[_FAULT] = fault


def _charts(run: LiveRun) -> list[Chart]:
    """Return what a report shows of a run: its losses, and what the rules look at by layer."""
    with run.lock:
        history = run.history
        shown = [name for name in _REPORTED if name in history]
        return [
            plot_losses(history, log_y=True),
            *(plot_instrument(history, INSTRUMENTS[name]) for name in shown),
        ]
