"""What the Learning rate page shows of the range test, and of training with its suggestion."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from nnlib.comparison import Arm
from nnlib.labs.range_test import LEAST_FALL, STOP_FACTOR, RangeTest, range_test
from pages.shared.charts.theme import plain_number
from pages.shared.learning_rate.charts_range import plot_range_gradients, plot_range_test
from pages.shared.learning_rate.controls import RangeSettings, RunSettings
from pages.shared.learning_rate.view import best_of, rate_label, show_arms, trained
from pages.shared.results import computed
from pages.shared.rows import Tile, show_metrics, show_row

_TRAINED = "learning_rate_trained"


def show_range_test(settings: RunSettings, test_settings: RangeSettings) -> None:
    """Run the range test, draw it, and train with what it suggests where that is asked for."""
    key = (settings.experiment, settings.data.fingerprint, test_settings)
    test = computed(
        "learning_rate_range",
        key,
        lambda tell: range_test(
            settings.experiment,
            settings.data,
            low=test_settings.low,
            high=test_settings.high,
            steps=test_settings.steps,
            smoothing=test_settings.smoothing,
            progress=tell,
        ),
        doing="Raising the learning rate …",
    )
    if test is None:
        return
    _range_metrics(test)
    st.markdown(_range_sentence(test))
    show_row("range", range_loss=plot_range_test(test), range_gradients=plot_range_gradients(test))
    if test.suggestion is not None:
        _train_with(settings, test.suggestion, key)


def _range_metrics(test: RangeTest) -> None:
    found = test.suggestion
    tiles = (
        Tile("Suggested rate", "none" if found is None else plain_number(found)),
        Tile("Loss is lowest at", plain_number(float(test.rates[test.lowest]))),
        Tile("Steps", f"{len(test.rates):,} of {test.asked_steps:,}"),
        Tile("Highest rate tried", plain_number(float(test.rates[-1]))),
    )
    show_metrics("range_metrics", tiles)


def _range_sentence(test: RangeTest) -> str:
    if test.suggestion is None:
        return (
            f"The smoothed loss never came {LEAST_FALL:.0%} below its first value, so there is "
            "nothing to suggest: try another range, or more steps."
        )
    how = (
        "The suggestion is **a tenth of the rate at which the smoothed loss is lowest**, because "
        "at the lowest point the rate is already close to where the loss rises. "
    )
    if test.lowest_at_end:
        return how + (
            "Here the loss was still at its lowest at the highest rate: raise the range, or take "
            "the suggestion as a lower bound."
        )
    if test.ended_early:
        return how + (
            f"The test ended when the smoothed loss was more than {STOP_FACTOR:g} times its "
            "lowest value, or no longer finite."
        )
    return how + "The test went through to its highest rate."


def _train_with(settings: RunSettings, suggestion: float, key: object) -> None:
    """Draw the button; once it was pressed for this test, the runs at and around the rate."""
    if st.button(
        f"Train with {plain_number(suggestion)}",
        type="primary",
        icon=":material/play_arrow:",
        key="train_suggested",
        help="Trains at the suggested rate, at a tenth of it and at ten times of it.",
    ):
        st.session_state[_TRAINED] = key
    if st.session_state.get(_TRAINED) != key:
        return
    low, high = 1e-6, 100.0  # what a training config allows
    rates = {f: min(max(f * suggestion, low), high) for f in (0.1, 1.0, 10.0)}
    names = {0.1: "a tenth", 1.0: "suggested", 10.0: "ten times"}
    arms = trained(
        "learning_rate_suggested",
        settings,
        {f"{names[f]}: {rate_label(r)}": {"learning_rate": r} for f, r in rates.items()},
    )
    if arms is not None:
        st.markdown(_verdict(arms))
        show_arms(arms, "Training loss around the suggested rate", "Gradient norms around it")


def _verdict(arms: Sequence[Arm]) -> str:
    finals = ", ".join(
        f"{plain_number(arm.final(), 3) if np.isfinite(arm.final()) else 'diverged'} ({arm.label})"
        for arm in arms
    )
    best = arms[best_of(arms)]
    seeds = f", median of {best.seeds} seeds" if best.seeds > 1 else ""
    return f"Final training loss{seeds}: {finals}. Lowest: {best.label}."
