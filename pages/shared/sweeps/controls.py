"""Sidebar controls of the Sweeps page: knobs and their ranges, and how they are searched."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from nnlib import Experiment
from nnlib.config import NetworkConfig, TrainingConfig, setting_of
from nnlib.datasets import Dataset
from nnlib.search import DEPTH, OBJECTIVES, PRUNERS, SAMPLERS, WIDTH, Choice, Range, Search
from pages.shared import widgets
from pages.shared.controls import (
    FURTHER_FIELDS,
    NETWORK_DEFAULTS,
    NETWORK_FIELDS,
    TRAINING_FIELDS,
    choose,
    plain_value,
    scale_of,
)
from pages.shared.sweeps.knobs import SHAPES, choose_space

BUDGETS = (20, 40, 60, 100, 200, 400, 1000)
SECONDS = (10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
MOST_IN_TIME = 2000
"""So many trials end a sweep whose budget is in seconds."""
BATCH = 20
"""Trials that are proposed at once; every budget is so many batches."""
MOST_SEEDS = 10
MOST_SEED = 1000


@dataclass(frozen=True)
class SweepSettings:
    """What the controls say of the search."""

    space: tuple[tuple[str, Range | Choice], ...]
    budget: int
    seconds: float | None
    objective: str
    target: float
    seeds: int
    sampler: str
    pruner: str
    sick: bool
    seed: int

    def search(self, base: Experiment, data: Dataset) -> Search:
        """Return the search, of which nothing is trained yet.

        Raises ValueError if the space has no knob, or its grid has more trials than the budget.
        """
        options = {n: getattr(self, n) for n in ("target", "seeds", "sampler", "pruner", "sick")}
        return Search(
            dict(self.space),
            data,
            self.budget,
            base=base,
            objective=self.objective,
            batch=BATCH,
            seed=self.seed,
            **options,
        )


def choose_base(knobs: Sequence[str]) -> tuple[NetworkConfig, TrainingConfig]:
    """Draw the controls of what stays as it is in all trials and return what they say."""
    st.subheader("Network", anchor=False)
    shaped = [knob for knob in (DEPTH, WIDTH) if knob in knobs]
    network = replace(NETWORK_DEFAULTS, hidden=_choose_shape(knobs)) if shaped else NETWORK_DEFAULTS
    left = [n for n in NETWORK_FIELDS if n not in knobs and not (shaped and n == "hidden")]
    network = choose(NetworkConfig, left, network)
    st.subheader("Training", anchor=False)
    training = choose(
        TrainingConfig, [n for n in TRAINING_FIELDS if n not in knobs], TrainingConfig(epochs=30)
    )
    with st.expander("Regularization and clipping", icon=":material/tune:"):
        further = [n for n in FURTHER_FIELDS if n not in knobs]
        return network, choose(TrainingConfig, further, training)


def _choose_shape(knobs: Sequence[str]) -> tuple[int, ...]:
    """Return equal layers, of which depth or width is varied, or both."""
    depth, width = len(NETWORK_DEFAULTS.hidden), NETWORK_DEFAULTS.hidden[0]
    if DEPTH not in knobs:
        help = "How many hidden layers, all of the width that is varied."
        depth = widgets.slider("equal_layers", "Hidden layers", (1, 12, depth), help=help)
    if WIDTH not in knobs:
        help = "The number of units in every hidden layer."
        stops = scale_of(SHAPES[WIDTH], width)
        width = int(widgets.select_slider("width", "Units in each", stops, width, help=help))
    return (width,) * depth


def choose_sweep(knobs: Sequence[str], base: Experiment) -> SweepSettings:
    """Draw the ranges of the knobs and how they are searched; return what that says."""
    space = choose_space(knobs, base)
    place = st.container()
    objective, target = _choose_objective()
    seeds = widgets.slider(
        "sweep_seeds",
        "Seeds of each trial",
        (1, MOST_SEEDS, 3),
        help="Every trial is trained from so many seeds and ranked by their median; with more "
        "than one, the page says what is noise.",
    )
    how = _choose_how()
    with place:
        budget, seconds = _choose_budget(how[0])
    return SweepSettings(tuple(space.items()), budget, seconds, objective, target, seeds, *how)


def _choose_budget(sampler: str) -> tuple[int, float | None]:
    """Return the most trials, and the seconds of computing; a grid is of so many trials."""
    unit = widgets.segmented_control(
        "budget_in",
        "Budget in",
        ("Trials", "Seconds"),
        help="A number of trials, or the seconds that this sweep may compute; a grid is always "
        "made for a number of trials.",
    )
    budget, seconds = MOST_IN_TIME, None
    if unit == "Trials" or sampler == "grid":
        budget = widgets.select_slider(
            "budget",
            "Trials",
            BUDGETS,
            60,
            help="How many settings are tried; with more, a sweep that has ended goes on.",
        )
    if unit == "Seconds":
        seconds = widgets.select_slider(
            "budget_seconds",
            "Seconds",
            SECONDS,
            30.0,
            format_func=plain_value,
            help="So long it computes, without the wait for other sessions, or until it has made "
            f"{MOST_IN_TIME:,} trials; trials that are under way then have no value.",
        )
    return budget, seconds


def _choose_objective() -> tuple[str, float]:
    objective = widgets.selectbox(
        "objective",
        "Objective",
        OBJECTIVES,
        format_func=lambda name: OBJECTIVES[name].label,
        help="What the trials are ranked by. Seconds are those in which all seeds of a trial train "
        "together, one trial after another; they depend on what else the machine does.",
    )
    if not OBJECTIVES[objective].has_target:
        return objective, 0.0
    setting = replace(setting_of(TrainingConfig, "target_loss"), off=None, low=1e-4, high=10.0)
    target = widgets.select_slider(
        "sweep_target",
        "Loss to be reached",
        scale_of(setting, 0.1),
        0.1,
        format_func=plain_value,
        help="The training loss whose first record at or below it is waited for.",
    )
    return objective, float(target)


def _choose_how() -> tuple[str, str, bool, int]:
    with st.expander("How it searches", icon=":material/travel_explore:"):
        sampler = widgets.selectbox(
            "sampler",
            "Proposals",
            ("qmc", "tpe", "grid"),
            format_func=SAMPLERS.__getitem__,
            help="Quasi-random trials cover the ranges evenly; TPE proposes what resembles the "
            "best trials so far; a grid has every combination of as many values as the budget "
            "allows.",
        )
        pruner = widgets.selectbox(
            "pruner",
            "Pruning",
            PRUNERS,
            format_func=PRUNERS.__getitem__,
            help="Ends trials on the way: those worse than the median of the finished ones at the "
            "same point, or all but the best third at a tenth, three tenths and nine tenths.",
        )
        sick = widgets.toggle(
            "sick",
            "End sick trials",
            help="Diagnoses each trial that is no better than a guess after a quarter of its run, "
            "and ends it where it will not train.",
        )
        seed = widgets.number_input(
            "sweep_seed",
            "Seed of the proposals",
            (0, MOST_SEED, 0),
            help="The same settings with the same seed propose the same trials.",
        )
    return sampler, pruner, sick, seed
