"""Sidebar controls of the Learning rate page, and the settings that they give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st

import nnlib
from nnlib.config import TrainingConfig
from nnlib.datasets import Dataset
from nnlib.labs.range_test import MOST_STEPS
from nnlib.schedules import SCHEDULES
from pages.shared import widgets
from pages.shared.controls import choose, choose_network, label_of, plain_value
from pages.shared.data_input import choose_data

VIEWS = QUADRATIC, MANY_RATES, RANGE_TEST, SCHEDULES_VIEW = (
    "Quadratic",
    "Many rates",
    "Range test",
    "Schedules",
)
QUADRATIC_RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99,
                   1.0, 1.01, 1.02, 1.05, 1.1, 1.2, 1.5, 2.0)  # fmt: skip
DEFAULT_RATES = (0.01, 0.1, 0.5, 1.0, 1.05)
LOW_RATES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
HIGH_RATES = (0.1, 1.0, 10.0, 100.0)
_RULE = ("optimizer", "momentum", "weight_decay", "batch_size", "epochs")
_TRAINING = TrainingConfig(optimizer="sgd", epochs=30)
_PEAK = TrainingConfig(learning_rate=2.0)
_FIRST_SEED = {"label": "First seed", "high": 1_000_000}
MOST_SEEDS = 10


@dataclass(frozen=True)
class QuadraticSettings:
    """What the controls of the quadratic say."""

    rates: tuple[float, ...]
    start: float
    steps: int


@dataclass(frozen=True, eq=False)
class RunSettings:
    """Data, the experiment that is varied, and how many seeds it is trained from."""

    data: Dataset
    experiment: nnlib.Experiment
    seeds: int

    def with_training(self, **changes: Any) -> "RunSettings":
        """Return these with changed fields of the experiment's training."""
        return replace(self, experiment=self.experiment.with_training(**changes))


def choose_quadratic() -> QuadraticSettings:
    """Draw the controls of the quadratic; return what they say, its rates in rising order."""
    st.subheader("Quadratic", anchor=False)
    listed = widgets.multiselect(
        "quadratic_rates",
        "Learning rates",
        QUADRATIC_RATES,
        DEFAULT_RATES,
        format_func=plain_value,
        help="Each rate gets a path of its own.",
    )
    own = widgets.slider(
        "own_rate",
        "One more rate",
        (0.005, 1.5, 0.8, 0.005),
        format="%.3f",
        help="A rate of your own, drawn with the others.",
    )
    start = widgets.slider(
        "quadratic_start",
        "Start",
        (-7.0, 5.0, 3.0, 0.5),
        help="The value of x before the first step.",
    )
    steps = widgets.slider(
        "quadratic_steps",
        "Steps",
        (1, 100, 30),
        help="How many steps each path has, unless it reaches the minimum or passes a million.",
    )
    return QuadraticSettings(tuple(sorted({*listed, own})), start, steps)


def choose_runs() -> RunSettings | None:
    """Draw the controls of data, network and training; None where there is no data yet."""
    chosen = choose_data("moons")
    with st.sidebar:
        network = choose_network()
        training, seeds = _choose_training()
    if chosen is None:
        return None
    return RunSettings(chosen.data, nnlib.Experiment(network, training, chosen.reference), seeds)


def _choose_training() -> tuple[TrainingConfig, int]:
    st.subheader("Training", anchor=False)
    config = choose(TrainingConfig, _RULE, _TRAINING)
    seeds = widgets.slider(
        "seeds",
        "Seeds",
        (1, MOST_SEEDS, 5),
        help="Every setting is trained from so many initial weights and minibatch orders, which "
        "are the same for all settings.",
    )
    return choose(TrainingConfig, ("seed",), config, {"seed": _FIRST_SEED}), seeds


def choose_grid() -> tuple[float, ...]:
    """Draw the controls of the sweep; return its rates, at even distances on a log scale."""
    st.subheader("Learning rates", anchor=False)
    count = widgets.slider(
        "rate_count",
        "How many",
        (5, 41, 25),
        help="The number of learning rates, at even distances on a logarithmic scale.",
    )
    low, high = _bounds("rate", 1e-4, 100.0)
    return tuple(float(f"{rate:.3g}") for rate in np.geomspace(low, high, count))


def _bounds(key: str, low: float, high: float) -> tuple[float, float]:
    lowest = widgets.select_slider(
        f"{key}_low",
        "Lowest rate",
        LOW_RATES,
        low,
        format_func=plain_value,
        help="The smallest learning rate.",
    )
    highest = widgets.select_slider(
        f"{key}_high",
        "Highest rate",
        HIGH_RATES,
        high,
        format_func=plain_value,
        help="The largest learning rate.",
    )
    return float(lowest), float(highest)


@dataclass(frozen=True)
class RangeSettings:
    """What the controls of the range test say."""

    low: float
    high: float
    steps: int
    smoothing: float


def choose_range() -> RangeSettings:
    """Draw the controls of the range test; return what they say."""
    st.subheader("Range test", anchor=False)
    low, high = _bounds("test", 1e-5, 10.0)
    steps = widgets.slider(
        "test_steps",
        "Steps",
        (20, MOST_STEPS, 100, 10),
        help="The number of minibatches over which the rate rises from the lowest to the highest.",
    )
    smoothing = widgets.slider(
        "test_smoothing",
        "Smoothing",
        (0.0, 0.98, 0.9, 0.02),
        help="The weight of the past in the smoothed loss; it also decides where the test ends.",
    )
    return RangeSettings(low, high, steps, smoothing)


def choose_schedules() -> tuple[tuple[str, ...], Mapping[str, Any]]:
    """Draw the controls of the schedules; return their names, and the rate and what they read."""
    st.subheader("Schedules", anchor=False)
    names: Sequence[str] = widgets.multiselect(
        "schedules",
        "Schedules",
        tuple(SCHEDULES),
        tuple(SCHEDULES),
        format_func=label_of,
        help="Each one is drawn, and trained with.",
    )
    chosen = tuple(name for name in SCHEDULES if name in names)
    config, drawn = choose(TrainingConfig, ("learning_rate",), _PEAK), ["learning_rate"]
    for name in chosen:
        fields = tuple(field for field in SCHEDULES[name].reads if field not in drawn)
        if fields:
            config = choose(TrainingConfig, fields, replace(config, schedule=name))
            drawn += fields
    return chosen, {field: getattr(config, field) for field in drawn}
