"""The trial of a remedy: twins of a run with and without it, and what came of them."""

from collections.abc import Mapping, Sequence

import streamlit as st

from nnlib.config import Experiment
from nnlib.diagnosis import Remedy, Trial, describe, try_remedies
from pages.shared.charts.comparison import plot_loss_curves
from pages.shared.export import show_chart
from pages.shared.finding_view import offer_to_keep
from pages.shared.plain_text import plain
from pages.shared.results import about, computed
from pages.shared.runs import LiveRun

LEVELS = "levels_of_seeds"
_ICONS = {
    "healed": ":material/check_circle:",
    "better": ":material/trending_up:",
    "no difference": ":material/drag_handle:",
    "worse": ":material/trending_down:",
}


def begin_trial(run: LiveRun, remedies: Sequence[Remedy]) -> None:
    """Ask for the trial of these remedies; `show_trial` draws it in the next run of the page."""
    run.pause()
    st.session_state["trial_asked"] = (run.trainer.experiment, list(remedies))
    st.rerun()


def show_trial(key: str) -> None:
    """Draw the twins that were asked for beside the run, and whether the remedy healed it.

    Call it ahead of the run's live part: it comes above.
    """
    run: LiveRun | None = st.session_state.get(f"{key}_run")
    experiment, remedies = st.session_state.get("trial_asked", (None, []))
    if run is None or experiment != run.trainer.experiment:
        return  # the settings have changed: the trial is of another run
    trainer = run.trainer
    with st.container(horizontal=True, vertical_alignment="center", key="trial_head"):
        st.subheader("The remedy tried", anchor=False)
        if st.button("Close", key="trial_close", icon=":material/close:", type="tertiary"):
            st.session_state.pop("trial_asked", None)
            st.rerun()
    seconds = 5 * (1 + len(remedies)) * 0.5 * trainer.seconds
    names = tuple(describe(remedy) for remedy in remedies)
    trials = computed(
        "trial",
        (experiment, trainer.data.fingerprint, names),
        lambda tell: try_remedies(trainer, remedies, progress=tell),
        doing="Training twins with and without the remedy, from the same seeds …",
        ask=about(seconds),
        begin="Train the twins",
    )
    if trials is not None:
        st.session_state[LEVELS] = (experiment, trials[0].before.levels)
        show_twins(trials, f"{key}_trial", run)


def levels_of_seeds(experiment: Experiment) -> Mapping[int, float]:
    """Return the final losses of other seeds of a run, as its last trial has measured them."""
    tried, levels = st.session_state.get(LEVELS, (None, {}))
    own = experiment.training.seed
    return {s: level for s, level in levels.items() if s != own} if tried == experiment else {}


def show_twins(trials: Sequence[Trial], key: str, run: LiveRun | None = None) -> None:
    """Draw the loss of a run and of its twins with a remedy each, and what came of each.

    Parameters
    ----------
    key : of the chart
    run : the page's run, whose controls can be set to a remedy
    """
    show_chart(
        plot_loss_curves(
            [trials[0].before, *(t.after for t in trials)],
            "Training loss as it is and with the remedy: median and range of the seeds",
            "remedy",
        ),
        key,
    )
    for index, trial in enumerate(trials):
        with st.container(horizontal=True, vertical_alignment="center", key=f"verdict_{index}"):
            st.markdown(f"{_ICONS[trial.verdict]} {plain(trial.sentence)}")
            if run is not None:
                name = f"{key.removesuffix('_trial')}_run"
                offer_to_keep(trial.remedy, run.trainer.experiment, str(index), name)
