"""The sidebar of the Vanishing gradients page: a deep network, its training, and seeds."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

import nnlib
from nnlib import NetworkConfig, TrainingConfig
from nnlib.datasets import Dataset
from pages.shared.controls import setting_choice, setting_integer, setting_number, setting_switch
from pages.shared.data_input import choose_data

_WIDTHS = (4, 8, 16, 32, 64, 128, 256)
_DEFAULTS = NetworkConfig(activation="sigmoid", initializer="glorot_normal")
_TRAINING = TrainingConfig(optimizer="sgd", learning_rate=0.1, batch_size=32, epochs=30)


@dataclass(frozen=True, eq=False)
class Settings:
    """What the sidebar says."""

    experiment: nnlib.Experiment
    data: Dataset
    seeds: int


def choose_settings() -> Settings | None:
    """Draw the sidebar; None where there is no data yet."""
    chosen = choose_data("moons")
    with st.sidebar:
        st.subheader("Network", anchor=False)
        network = _choose_network()
        st.subheader("Training", anchor=False)
        config = _choose_training()
        seeds = st.slider(
            "Seeds",
            1,
            10,
            5,
            help="How many initial networks the views that compare draw; the first has the seed "
            "above.",
            key="seeds",
            bind="query-params",
        )
    if chosen is None:
        return None
    return Settings(nnlib.Experiment(network, config, chosen.reference), chosen.data, seeds)


def _choose_network() -> NetworkConfig:
    depth = st.slider(
        "Hidden layers",
        1,
        50,
        10,
        help="How many hidden layers the signal has to pass.",
        key="depth",
        bind="query-params",
    )
    width = st.select_slider(
        "Units in each",
        _WIDTHS,
        32,
        help="The number of units in every hidden layer.",
        key="width",
        bind="query-params",
    )
    activation = setting_choice(NetworkConfig, "activation", _DEFAULTS.activation)
    initializer = setting_choice(NetworkConfig, "initializer", _DEFAULTS.initializer)
    scale = setting_number(NetworkConfig, "initializer_scale", 1.0)
    return NetworkConfig(
        hidden=(width,) * depth,
        activation=activation,
        initializer=initializer,
        initializer_scale=scale,
        batch_norm=setting_switch(NetworkConfig, "batch_norm", False),
        skip=setting_switch(NetworkConfig, "skip", False),
    )


def _choose_training() -> TrainingConfig:
    values = {"optimizer": setting_choice(TrainingConfig, "optimizer", _TRAINING.optimizer)}
    for name in ("learning_rate", "batch_size", "epochs", "clip_norm"):
        values[name] = setting_number(TrainingConfig, name, getattr(_TRAINING, name))
    values["seed"] = setting_integer(TrainingConfig, "seed", 0)
    return TrainingConfig(**values)
