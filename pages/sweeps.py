"""Sweeps: many runs over ranges of settings, which of these matter, and what to set."""

import streamlit as st

import nnlib
from pages.shared.data_input import choose_data
from pages.shared.layout import Next, begin_page, three_texts
from pages.shared.presets import choose_preset
from pages.shared.sweeps.controls import choose_base, choose_sweep
from pages.shared.sweeps.knobs import choose_knobs
from pages.shared.sweeps.presets import PRESETS
from pages.shared.sweeps.view import show_sweep

WHAT = """
A **sweep** trains a network with many settings and ranks them. What is varied are the *knobs*; a
*trial* is one setting of all knobs, trained from several seeds, and its value is their median.
Trials that can train as one stack do so, which costs a fraction of training them one by one.

Three ways to propose trials. A **grid** has every combination of a few values of each knob.
Random trials have another value of every knob in each trial, which is why they do better than a
grid where few of the knobs matter (Bergstra & Bengio 2012); **quasi-random** ones, of a scrambled
Sobol' sequence, cover the ranges more evenly. **TPE** (Bergstra et al. 2011) models where the best
trials so far lie and proposes more from there. Proposals, pruning and importances are those of
Optuna (Akiba et al. 2019).

**Pruning** ends trials early that do worse than others at the same point; successive halving lets
the best third go on each time (Jamieson & Talwalkar 2016).
"""
LOOK_FOR = """
- **Importance is of these ranges.** A knob whose range is narrow carries little, however sensitive
  the network is to it elsewhere.
- **Seeds make noise.** Where the differences between trials are no larger than those between the
  seeds of one trial, the best trial is a lucky one: use more seeds, or call it a tie.
- **The best of many is flattered.** The validation rows chose it among all trials, so its score
  there is too good by chance; a test split that chose nothing says what it is worth.
- **The front** has the trials that no cheaper one equals. A run is taken to cost six operations for
  each weight and example, two forward and four backward (Kaplan et al. 2020).
- **A best at the end of a range** means that the range was in the way: move it.
- **Diverged and pruned trials** have no value. They are missing from the importances, which then
  say nothing of that part of the ranges.
"""
TRY_NEXT = (
    Next(
        "Search the same space by a grid, then quasi-random. How many values of the learning rate "
        "does each of them see?",
        {"sampler": "grid"},
    ),
    Next(
        "Take 40 trials of learning rate and batch size as a grid, and count the steps to a loss "
        "of 0.1: how does the best rate move with the batch size?",
        {
            "knobs": ["learning_rate", "batch_size"],
            "sampler": "grid",
            "objective": "steps",
            "sweep_target": 0.1,
            "budget": 40,
        },
    ),
    Next(
        "Prune by successive halving: how many trials come to their end, and is the best as good?",
        {"pruner": "halving"},
    ),
    Next(
        "Use one seed a trial, then change *Seed* of the training. Is the best trial the same?",
        {"sweep_seeds": 1},
    ),
)


def main() -> None:
    """Draw the page."""
    begin_page(
        "Sweeps",
        "🧭",
        subtitle="Many settings at once: which of them matter, what to set, and what is noise.",
    )
    choose_preset(PRESETS)
    sweep = st.sidebar.container()  # what the page is about comes first
    with sweep:
        knobs = choose_knobs()
    chosen = choose_data("moons")
    with st.sidebar:
        network, training = choose_base(knobs)
    if chosen is not None:
        base = nnlib.Experiment(network, training, chosen.reference)
        with sweep:
            settings = choose_sweep(knobs, base)
        show_sweep(settings, base, chosen.data)
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


main()
