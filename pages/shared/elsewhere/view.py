"""The charts of a log, what its diagnosis says, and the snippets that record one."""

from functools import partial
from pathlib import Path

import streamlit as st

from nnlib.diagnosis import Diagnosis, diagnose_log
from nnlib.instruments import INSTRUMENTS
from nnlib.logs import Log
from pages.shared.charts.chart import Chart
from pages.shared.charts.instruments import plot_instrument
from pages.shared.charts.training import plot_losses, plot_scores
from pages.shared.export import download
from pages.shared.finding_view import advice_text, evidence_text, finding_text, healthy_text
from pages.shared.plain_text import plain
from pages.shared.report import download_report
from pages.shared.rows import show_grid

_SNIPPETS = Path(__file__).resolve().parents[3] / "snippets"
SNIPPETS = {"PyTorch": "nnlib_log_torch.py", "Keras": "nnlib_log_keras.py"}
_SCORES = {"train_accuracy", "val_accuracy", "train_r2", "val_r2"}


def show_log(log: Log) -> None:
    """Draw the charts of what the log holds, and its diagnosis ahead of them."""
    diagnosis, charts = diagnose_log(log), charts_of(log)
    with st.container(key="log_findings", gap="xsmall"):
        _show_findings(diagnosis, list(charts.values()))
    if log.by_epoch:
        st.caption("This log counts no steps: one step on the axes is an epoch.")
    show_grid("log_charts", charts)


def charts_of(log: Log) -> dict[str, Chart]:
    """Return a chart of each kind of numbers that the log holds, by key."""
    history = log.history
    charts = {"losses": plot_losses(history, log_y=True)}
    if _SCORES & set(history.names):
        charts["scores"] = plot_scores(history)
    for name, instrument in INSTRUMENTS.items():
        if name in history and instrument.per != "run":
            charts[name] = plot_instrument(history, instrument)
    return charts


def _show_findings(diagnosis: Diagnosis, charts: list[Chart]) -> None:
    if not diagnosis.findings:
        st.caption(healthy_text(diagnosis, "Nothing wrong is seen in this log"))
    for index, finding in enumerate(diagnosis.findings[:3]):
        with st.container(border=True, gap="xsmall", key=f"log_finding_{index}"):
            st.markdown(finding_text(finding))
            with st.popover("Evidence and what to change", type="tertiary"):
                st.markdown(evidence_text(finding))
                for remedy in finding.remedies:
                    st.markdown(advice_text(remedy))
    with st.container(horizontal=True, gap="small", key="log_more"):
        _show_silent(diagnosis)
        download_report(diagnosis, lambda: charts, "log")


def _show_silent(diagnosis: Diagnosis) -> None:
    """Say which rules could not look, and what would let them."""
    if diagnosis.silent:
        with st.popover(f"{len(diagnosis.silent)} rules could not look", type="tertiary"):
            st.markdown(
                "\n".join(
                    f"- {plain(s.purpose)} It misses {plain(s.missing)}." for s in diagnosis.silent
                )
            )


def show_snippets() -> None:
    """Draw the snippets that record in one's own program what the rules need."""
    with st.expander("Record such a log in your own program", icon=":material/code:"):
        for tab, (name, file) in zip(st.tabs(list(SNIPPETS)), SNIPPETS.items(), strict=True):
            text = (_SNIPPETS / file).read_text("utf-8")
            with tab:
                download(
                    f"Snippet for {name}",
                    file,
                    partial(str, text),
                    key=f"snippet_{name}",
                    mime="text/x-python",
                    help="One file without dependencies of its own, to lie beside your program.",
                )
                st.code(text, language="python", height=320)
