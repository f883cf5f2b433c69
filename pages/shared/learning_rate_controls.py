"""Sidebar controls of the Learning rate page, and the settings that they give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

import nnlib
from nnlib.config import TrainingConfig, setting_of
from nnlib.datasets import Dataset
from nnlib.range_test import MOST_STEPS
from nnlib.schedules import SCHEDULES
from pages.shared.charts.theme import plain_number
from pages.shared.controls import choose_network, label_of, plain_value, scale_of
from pages.shared.data_input import choose_data

QUADRATIC_RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99,
                   1.0, 1.01, 1.02, 1.05, 1.1, 1.2, 1.5, 2.0)  # fmt: skip
DEFAULT_RATES = (0.01, 0.1, 0.5, 1.0, 1.05)
LOW_RATES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
HIGH_RATES = (0.1, 1.0, 10.0, 100.0)
_OPTIMIZERS = ("sgd", *(name for name in nnlib.OPTIMIZERS if name != "sgd"))
_OWN_SETTINGS = {"momentum": "momentum", "nesterov": "momentum", "adamw": "weight_decay"}
_EPOCHS = 30
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


def choose_quadratic() -> QuadraticSettings:
    """Draw the controls of the quadratic; return what they say, its rates in rising order."""
    st.subheader("Quadratic", anchor=False)
    listed = st.multiselect(
        "Learning rates",
        QUADRATIC_RATES,
        DEFAULT_RATES,
        format_func=plain_value,
        help="Each rate gets a path of its own.",
        key="quadratic_rates",
        bind="query-params",
    )
    own = st.slider(
        "One more rate",
        0.005,
        1.5,
        0.8,
        step=0.005,
        format="%.3f",
        help="A rate of your own, drawn with the others.",
        key="own_rate",
        bind="query-params",
    )
    start = st.slider(
        "Start",
        -7.0,
        5.0,
        3.0,
        step=0.5,
        help="The value of x before the first step.",
        key="quadratic_start",
        bind="query-params",
    )
    steps = st.slider(
        "Steps",
        1,
        100,
        30,
        help="How many steps each path has, unless it reaches the minimum or passes a million.",
        key="quadratic_steps",
        bind="query-params",
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
    setting = setting_of(TrainingConfig, "optimizer")
    optimizer = st.selectbox(
        setting.label,
        _OPTIMIZERS,
        format_func=label_of,
        help=setting.help,
        key="optimizer",
        bind="query-params",
    )
    values: dict[str, Any] = {"optimizer": optimizer}
    if optimizer in _OWN_SETTINGS:
        name = _OWN_SETTINGS[optimizer]
        values[name] = training_number(name)
    values["batch_size"] = training_number("batch_size")
    values["epochs"] = training_number("epochs", _EPOCHS)
    seeds = st.slider(
        "Seeds",
        1,
        MOST_SEEDS,
        5,
        help="Every setting is trained from so many initial weights and minibatch orders, which "
        "are the same for all settings.",
        key="seeds",
        bind="query-params",
    )
    setting = setting_of(TrainingConfig, "seed")
    values["seed"] = st.number_input(
        "First seed", 0, 1_000_000, 0, help=setting.help, key="seed", bind="query-params"
    )
    return TrainingConfig(**values), seeds


def training_number(name: str, default: float | None = None, key: str | None = None) -> Any:
    """Draw a slider for a training setting, with the label, help and bounds of its declaration."""
    setting = setting_of(TrainingConfig, name)
    default = getattr(TrainingConfig(), name) if default is None else default
    common: dict[str, Any] = {"help": setting.help, "key": key or name, "bind": "query-params"}
    if not setting.log:
        step = 0.05 if (setting.high or 0) <= 0.95 else 0.001
        return st.slider(setting.label, setting.low, setting.high, default, step=step, **common)
    return st.select_slider(
        setting.label,
        scale_of(setting, default),
        value=default,
        format_func=lambda value: "off" if value == setting.off else plain_value(value),
        **common,
    )


def choose_grid() -> tuple[float, ...]:
    """Draw the controls of the sweep; return its rates, at even distances on a log scale."""
    st.subheader("Learning rates", anchor=False)
    count = st.slider(
        "How many",
        5,
        41,
        25,
        help="The number of learning rates, at even distances on a logarithmic scale.",
        key="rate_count",
        bind="query-params",
    )
    low, high = _bounds("rate", 1e-4, 100.0)
    return tuple(float(f"{rate:.3g}") for rate in np.geomspace(low, high, count))


def _bounds(key: str, low: float, high: float) -> tuple[float, float]:
    lowest = st.select_slider(
        "Lowest rate",
        LOW_RATES,
        value=low,
        format_func=plain_number,
        help="The smallest learning rate.",
        key=f"{key}_low",
        bind="query-params",
    )
    highest = st.select_slider(
        "Highest rate",
        HIGH_RATES,
        value=high,
        format_func=plain_number,
        help="The largest learning rate.",
        key=f"{key}_high",
        bind="query-params",
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
    steps = st.slider(
        "Steps",
        20,
        MOST_STEPS,
        100,
        step=10,
        help="The number of minibatches over which the rate rises from the lowest to the highest.",
        key="test_steps",
        bind="query-params",
    )
    smoothing = st.slider(
        "Smoothing",
        0.0,
        0.98,
        0.9,
        step=0.02,
        help="The weight of the past in the smoothed loss; it also decides where the test ends.",
        key="test_smoothing",
        bind="query-params",
    )
    return RangeSettings(low, high, steps, smoothing)


def choose_schedules() -> tuple[tuple[str, ...], float, Mapping[str, Any]]:
    """Draw the controls of the schedules; return their names, the peak rate and their settings."""
    st.subheader("Schedules", anchor=False)
    names: Sequence[str] = st.multiselect(
        "Schedules",
        tuple(SCHEDULES),
        tuple(SCHEDULES),
        format_func=label_of,
        help="Each one is drawn, and trained with.",
        key="schedules",
        bind="query-params",
    )
    rate = training_number("learning_rate", 2.0)
    values = {
        name: training_number(name) for name in ("decay_factor", "decay_epochs", "warmup_fraction")
    }
    return tuple(name for name in SCHEDULES if name in names), rate, values
