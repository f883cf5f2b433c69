"""One trial of a sweep, what can be done with it, and the sweep as a program."""

from typing import Any

import streamlit as st

import nnlib
from nnlib import Experiment
from nnlib.config import setting_of
from nnlib.datasets import DATASETS, Dataset
from nnlib.search import Search, Trial
from pages.shared.charts.theme import plain_number
from pages.shared.controls import FURTHER_FIELDS, NETWORK_FIELDS, TRAINING_FIELDS
from pages.shared.export import download
from pages.shared.export_settings import settings_line
from pages.shared.plain_text import plain
from pages.shared.results import computed, forget
from pages.shared.shelf import put_away, shelf, why_full
from pages.shared.sweeps.controls import BATCH, SweepSettings
from pages.shared.sweeps.runs import LiveSweep

_ELSEWHERE = """
--workers 4 trains in so many processes, --scheduler tcp://… on a cluster of Dask distributed.
"""


def show_trial(sweep: LiveSweep, trial: Trial, *, best: bool) -> None:
    """Draw what a trial was and came to, and the ways to take it along."""
    experiment, outcome = sweep.search.experiment(trial), trial.outcome
    with st.container(border=True, key="chosen_trial"):
        st.markdown(f"**Trial {trial.number}{', the best' if best else ''}.** {_came_to(trial)}")
        if outcome is not None and outcome.reason:
            st.markdown(plain(outcome.reason))
        st.caption(plain(settings_line(experiment)))
        with st.container(horizontal=True, vertical_alignment="center", key="trial_actions"):
            if experiment.data.name in DATASETS:
                st.page_link(
                    "pages/classification.py",
                    label="Train it on the Classification page",
                    icon=":material/open_in_new:",
                    query_params=query_of(experiment),
                    help="With these settings in its controls; a slider takes its stop nearest to "
                    "the value, and the page says which.",
                )
            keeps = _offer_to_keep(experiment)
            with st.popover("Copy its settings", icon=":material/content_copy:", key="trial_copy"):
                st.code(experiment.to_json(), language="json", height=320)
            download(
                "Its settings, JSON",
                f"trial-{trial.number}.json",
                experiment.to_json,
                key="trial_json",
                mime="application/json",
                help="Exact: nnlib.Experiment.from_json reads it.",
            )
        if keeps:
            _keep(experiment, sweep.search.data)


def _offer_to_keep(experiment: Experiment) -> bool:
    """Draw the button that puts a trial on the shelf; return whether it was pressed."""
    there = any(kept.experiment == experiment for kept in shelf())
    reason = "This run is on the shelf already." if there else why_full()
    return st.button(
        "Keep it on the shelf",
        icon=":material/bookmark_add:",
        key="trial_keep",
        disabled=reason is not None,
        help=reason
        or "Trains it once more from the first of its seeds, and keeps that run: pages with a live "
        "run on these data show it under *Kept runs*.",
    )


def _keep(experiment: Experiment, data: Dataset | None) -> None:
    assert data is not None
    trainer = computed(
        "kept_trial",
        (experiment, data.fingerprint),
        lambda tell: nnlib.train(experiment, data, tell),
        doing="Training the trial to keep it …",
    )
    if trainer is not None:
        forget("kept_trial")
        put_away(trainer, can_be_named=True)
        st.rerun()


def _came_to(trial: Trial) -> str:
    outcome = trial.outcome
    if outcome is None:
        return "It is under way."
    if trial.value is None:
        return f"It has no value: {outcome.end}."
    said = f"It reached {plain_number(trial.value)}"
    if len(outcome.scores) < 2:
        return f"{said}."
    each = ", ".join(plain_number(score) for score in outcome.scores)
    return f"{said}, the median of {each}."


def query_of(experiment: Experiment) -> dict[str, str]:
    """Return the address in which the Classification page has this experiment's settings."""
    data = experiment.data
    query = {"data": data.name} | {f"{data.name}_{n}": str(v) for n, v in data.options}
    parts: tuple[tuple[Any, tuple[str, ...]], ...] = (
        (experiment.network, NETWORK_FIELDS),
        (experiment.training, (*TRAINING_FIELDS, *FURTHER_FIELDS)),
    )
    for config, names in parts:
        for name in names:
            value = getattr(config, name)
            if name == "hidden":
                query |= {"layers": str(len(value))}
                query |= {f"units_{i}": str(width) for i, width in enumerate(value, 1)}
            else:
                query[setting_of(type(config), name).key or name] = str(value)
    return query


def script_of(search: Search, settings: SweepSettings) -> str:
    """Return a program that runs the same search."""
    reference = search.base.data
    if reference.name in DATASETS:
        options = "".join(f", {name}={value!r}" for name, value in reference.options)
        data = f"data = nnlib.datasets.load({reference.name!r}{options})"
    else:
        data = 'data = nnlib.datasets.from_csv("your file.csv", target="its column")'
    space = "\n".join(f"    {name!r}: {knob!r}," for name, knob in search.space.items())
    names = ("objective", "target", "seeds", "sampler", "pruner", "sick", "seed")
    options = "\n".join(f"        {name}={getattr(settings, name)!r}," for name in names)
    elsewhere = settings.pruner == "none"  # others are pruned by what is known here
    said, more = _ELSEWHERE * elsewhere, ", executors" * elsewhere
    first = "import sys\n\n" * elsewhere
    executor = "        executor=executors.from_command_line(sys.argv[1:]),\n" * elsewhere
    return f'''"""A search for settings; with `storage="sweep.journal"` it is kept and can go on.
{said}"""

{first}import nnlib
from nnlib.search import Choice, Range, When{more}

{data}
base = nnlib.Experiment.from_json(r"""
{search.base.to_json()}
""")
space = {{
{space}
}}
if __name__ == "__main__":
    found = nnlib.search(
        space,
        data,
        {search.budget},
        seconds={settings.seconds!r},
        base=base,
        batch={BATCH},
{options}
{executor}    )
    for trial in found.ranked[:10]:
        print(trial.value, trial.settings)
'''
