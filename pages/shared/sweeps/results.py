"""What came of a sweep: in words, over the knobs, trial by trial, and as files."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from nnlib.datasets.tables.writing import frame_to_csv
from nnlib.search import METHODS, Importance, findings, importance
from nnlib.search.importance import LEAST_TRIALS, MOST_TRIALS, SHUFFLES
from pages.shared import widgets
from pages.shared.export import download, show_chart
from pages.shared.plain_text import plain
from pages.shared.results import about, computed
from pages.shared.sweeps.charts import Record, plot_history, record_of, trials_table
from pages.shared.sweeps.charts_knobs import plot_importance, plot_slice, plot_two
from pages.shared.sweeps.charts_parallel import plot_parallel
from pages.shared.sweeps.chosen import Places, choose_trial, show_chosen, show_with_trial
from pages.shared.sweeps.controls import SweepSettings
from pages.shared.sweeps.knobs import label_of_knob
from pages.shared.sweeps.runs import LiveSweep
from pages.shared.sweeps.trial import script_of

TABS = PARALLEL, IMPORTANCE, ONE, TWO, HISTORY, TRIALS = (
    "Parallel coordinates",
    "Importance",
    "One knob",
    "Two knobs",
    "History",
    "Trials",
)
_SECONDS = 0.5 / MOST_TRIALS  # of one fit of fANOVA, for each trial


def show_results(sweep: LiveSweep, settings: SweepSettings) -> None:
    """Draw what matters in words, the charts of the knobs, the trials and the downloads."""
    with sweep.lock:
        _show(sweep, settings)


def _show(sweep: LiveSweep, settings: SweepSettings) -> None:
    record = record_of(sweep.search)
    found = _importance(sweep, record)
    said = findings(sweep.search, found)
    st.subheader("What matters", anchor=False)
    if said:
        st.markdown("\n".join(f"- {plain(sentence)}" for sentence in said))
    if len(record.done) < LEAST_TRIALS:
        st.caption(f"Importance takes {LEAST_TRIALS} trials that came to their end.")
    tabs = widgets.tabs("analysis", TABS)
    draw: dict[str, Callable[[], None]] = {
        PARALLEL: lambda: _show_parallel(record),
        IMPORTANCE: lambda: _show_importance(found),
        ONE: lambda: _show_slices(sweep, record),
        TWO: lambda: _show_two(sweep, record),
        HISTORY: lambda: _show_history(sweep, record),
        TRIALS: lambda: _show_trials(sweep, record, settings),
    }
    for tab, name in zip(tabs, TABS, strict=True):
        if tab.open:
            with tab:
                draw[name]()


def _importance(sweep: LiveSweep, record: Record) -> Importance | None:
    """Return the importances, or None where there are too few trials or one waits for a click."""
    if len(record.done) < LEAST_TRIALS:
        return None
    method = st.session_state.get("importance", next(iter(METHODS)))
    seeds = sweep.search.plan.seeds
    fits = (SHUFFLES + seeds * (seeds > 1)) * min(len(record.done), MOST_TRIALS)
    return computed(
        "sweep_importance",
        (sweep.key, len(record.trials), len(record.done), method),
        lambda tell: importance(sweep.search, method, shuffles=SHUFFLES, progress=tell),
        doing="Measuring which knobs matter …",
        ask=about(fits * _SECONDS) if method == "fanova" else None,
        begin="Measure which knobs matter",
    )


def _show_parallel(record: Record) -> None:
    show_chart(plot_parallel(record), "parallel")
    left_out = sum(trial.outcome is not None and trial.value is None for trial in record.trials)
    if left_out:
        st.caption(f"Left out: {left_out} trials that have no value.")


def _show_importance(found: Importance | None) -> None:
    widgets.selectbox(
        "importance",
        "Measured by",
        METHODS,
        format_func=METHODS.__getitem__,
        help="fANOVA: how much of the variance of the score a knob accounts for alone. PED-ANOVA: "
        "how much a knob sets the best tenth of the trials apart from all.",
        width=320,
    )
    if found is None:
        st.info("There are no importances for this sweep yet.", icon=":material/hourglass:")
        return
    show_chart(plot_importance(found), "importance_chart")
    st.caption(
        f"Of {found.trials} trials that came to their end, the mean of {SHUFFLES} fits. In each, "
        "every knob has a copy whose values were dealt out at random among the trials; the dashed "
        "line is the most that a copy got, and what does not pass it cannot be told from chance "
        "(Kursa & Rudnicki 2010)."
        + " The line across goes from the least to the most that it has where every trial is "
        "ranked by one of its seeds alone: so much the seeds move it."
        * bool(found.by_seed)
        + " fANOVA: Hutter, Hoos & Leyton-Brown (2014), "
        "of losses and steps by their logarithm, without knobs that only some trials have; what "
        "knobs do only together belongs to none, so the bars need not sum to 100 %. TPE looks "
        "where the score is good, and the forest knows little of elsewhere: quasi-random trials "
        "give the fairer shares. PED-ANOVA: Watanabe, Bansal & Hutter (2023)."
    )


def _show_slices(sweep: LiveSweep, record: Record) -> None:
    name = _choose_knob("slice_knob", "Knob", list(record.space))
    done = [trial for trial in record.done if name in trial.settings]
    places = Places.of(record, done, name)
    show_with_trial(sweep, record, plot_slice(record, name), "slice", places)
    st.caption("Each trial has its own values of the other knobs as well.")


def _show_two(sweep: LiveSweep, record: Record) -> None:
    names = list(record.space)
    if len(names) < 2:
        st.info("Vary at least two knobs to see them together.", icon=":material/grid_on:")
        return
    left, right = st.columns(2)
    with left:
        x = _choose_knob("knob_x", "Across", names)
    with right:
        alike = type(record.space[x])  # two of a kind have a surface, or cells
        others = [name for name in names if name != x]
        others.sort(key=lambda name: not isinstance(record.space[name], alike))
        y = _choose_knob("knob_y", "Up", others)
    done = [trial for trial in record.done if x in trial.settings and y in trial.settings]
    places = Places.of(record, done, x, y)
    show_with_trial(sweep, record, plot_two(record, x, y), "two_knobs", places)
    st.caption(
        "Knobs of few values have cells, with the median of their trials, blank where none has a "
        "value; two ranges have a smooth surface, a mean of the trials around weighted by their "
        "distance, left blank where there are none; the other knobs are as they happen to be."
    )


def _show_history(sweep: LiveSweep, record: Record) -> None:
    places = Places.of(record, record.done)
    show_with_trial(sweep, record, plot_history(record), "history", places)
    st.caption("In the order in which the trials were proposed.")


def _choose_knob(key: str, label: str, names: list[str]) -> str:
    return widgets.selectbox(
        key, label, names, format_func=label_of_knob, help="The knob along this axis."
    )


def _show_trials(sweep: LiveSweep, record: Record, settings: SweepSettings) -> None:
    table = trials_table(record)
    chosen = st.dataframe(
        table,
        hide_index=True,
        key="trials_table",
        on_select="rerun",
        selection_mode="single-row",
        height=320,
        column_config={name: label_of_knob(name) for name in record.space}
        | {
            "value": st.column_config.NumberColumn(record.objective.label, format="%.4g"),
            "lowest_seed": st.column_config.NumberColumn("Lowest seed", format="%.4g"),
            "highest_seed": st.column_config.NumberColumn("Highest seed", format="%.4g"),
            "operations": st.column_config.NumberColumn("operations", format="scientific"),
            "after_seconds": st.column_config.NumberColumn("after, s", format="%.2f"),
        },
    )
    rows: list[int] = chosen.selection.rows
    if rows:
        choose_trial(sweep, int(table["trial"][rows[0]]))
    show_chosen(sweep, record)
    _downloads(sweep, table, settings)


def _downloads(sweep: LiveSweep, table: Any, settings: SweepSettings) -> None:
    """Draw the buttons that save the trials, the study and the program of the sweep."""
    script = script_of(sweep.search, settings)
    with st.container(horizontal=True, key="sweep_files"):
        download(
            "Trials, CSV",
            "trials.csv",
            lambda: frame_to_csv(table),
            key="trials_csv",
            mime="text/csv",
            help="One row a trial.",
        )
        download(
            "Optuna study",
            "sweep.journal",
            sweep.search.study.to_journal,
            key="study_file",
            help="A journal file: JournalStorage(JournalFileBackend(…)) opens it in Optuna.",
        )
        download(
            "Python program",
            "sweep.py",
            lambda: script,
            key="sweep_script",
            mime="text/x-python",
            help="Runs the same search with nnlib.",
        )
