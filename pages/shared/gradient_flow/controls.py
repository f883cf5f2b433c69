"""The sidebar of the Vanishing gradients page: a deep network, its training, and seeds."""

from dataclasses import dataclass, replace

import streamlit as st

import nnlib
from nnlib import NetworkConfig, TrainingConfig
from nnlib.datasets import Dataset
from pages.shared import widgets
from pages.shared.controls import choose, choose_equal_layers
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
        seeds = widgets.slider(
            "seeds",
            "Seeds",
            (1, 10, 5),
            help="How many initial networks the views that compare draw; the first has the seed "
            "above.",
        )
    if chosen is None:
        return None
    return Settings(nnlib.Experiment(network, config, chosen.reference), chosen.data, seeds)


def _choose_network() -> NetworkConfig:
    hidden = choose_equal_layers(
        _WIDTHS, 32, 10, 50, key="depth", help="How many hidden layers the signal has to pass."
    )
    names = ("activation", "initializer", "initializer_scale", "batch_norm", "skip", "skip_scaled")
    return choose(NetworkConfig, names, replace(_DEFAULTS, hidden=hidden))


def _choose_training() -> TrainingConfig:
    names = ("optimizer", "learning_rate", "batch_size", "epochs", "clip_norm", "seed")
    return choose(TrainingConfig, names, _TRAINING)
