"""Sidebar controls of the Luck page, and the settings that they give."""

from dataclasses import dataclass

import streamlit as st

import nnlib
from nnlib import NetworkConfig, TrainingConfig
from nnlib.datasets import Dataset
from pages.shared import widgets
from pages.shared.controls import choose, choose_network
from pages.shared.data_input import choose_data

COUNTS = (10, 20, 50, 100, 200, 500)
DEFAULT = 50
_NETWORK = NetworkConfig(hidden=(4, 4), initializer="he_normal")
_TRAINING = TrainingConfig(learning_rate=0.02, epochs=50)
_FIELDS = ("optimizer", "learning_rate", "momentum", "weight_decay", "batch_size", "epochs", "seed")
_OWN = {"seed": {"label": "First seed", "high": 1_000_000}}


@dataclass(frozen=True, eq=False)
class Settings:
    """Data, the experiment with its first seed, and how many seeds it is trained from."""

    data: Dataset
    experiment: nnlib.Experiment
    seeds: int


def choose_settings() -> Settings | None:
    """Draw the controls; None where there is no data yet."""
    chosen = choose_data("spiral")
    with st.sidebar:
        network = choose_network(_NETWORK)
        st.subheader("Training", anchor=False)
        training = choose(TrainingConfig, _FIELDS, _TRAINING, _OWN)
        seeds = widgets.select_slider(
            "luck_seeds",
            "Seeds",
            COUNTS,
            DEFAULT,
            help="The experiment is trained from so many seeds, the first one and those after it: "
            "each has initial weights and an order of minibatches of its own.",
        )
    if chosen is None:
        return None
    experiment = nnlib.Experiment(network, training, chosen.reference)
    return Settings(chosen.data, experiment, seeds)
