"""Sidebar controls of the Batch normalization page."""

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

import nnlib
from nnlib import NetworkConfig, TrainingConfig
from nnlib.config import setting_of
from nnlib.datasets import Dataset
from nnlib.labs.batch_statistics import POPULATIONS
from nnlib.labs.normalized_networks import NOISE
from pages.shared import widgets
from pages.shared.controls import choose, choose_equal_layers, scale_of
from pages.shared.data_input import choose_data

EPOCHS, DISTANCE = "Same epochs", "Same rate × epochs"
PAPERS_BATCH = 60
"""The minibatch of Ioffe & Szegedy (2015), which no other page has as a stop."""
SIZES = (2, 4, 8, 16, 32, 64, 128, 256)
_WIDTHS = (4, 8, 16, 32, 64, 100, 128)
_DEFAULTS = NetworkConfig(activation="sigmoid", initializer="glorot_normal")
_TRAINING = TrainingConfig(optimizer="sgd", learning_rate=0.1, batch_size=32, epochs=20)
_BATCHES = (*scale_of(setting_of(TrainingConfig, "batch_size"), 32), PAPERS_BATCH)


@dataclass(frozen=True)
class Drawing:
    """What the controls of one unit's batch say."""

    population: str
    size: int
    gamma: float
    beta: float
    seed: int


@dataclass(frozen=True, eq=False)
class Settings:
    """What the controls of the networks say; the experiment is the one without normalization."""

    experiment: nnlib.Experiment
    data: Dataset
    seeds: int
    noise: float

    @property
    def key(self) -> tuple[object, ...]:
        """Everything that determines the networks."""
        return self.experiment, self.noise, self.seeds, self.data.fingerprint


def choose_drawing() -> Drawing:
    """Draw the controls of one unit's batch."""
    with st.sidebar:
        st.subheader("One unit", anchor=False)
        population = widgets.selectbox(
            "population",
            "Values come from",
            tuple(POPULATIONS),
            help="The distribution that the unit's values are drawn from.",
        )
        size = widgets.select_slider(
            "size",
            "Batch size",
            SIZES,
            16,
            help="How many examples are in a batch; mean and variance are estimated from them.",
        )
        gamma = _slider("γ (scale)", 1.0, "gamma", "What the normalized values are multiplied by.")
        beta = _slider("β (shift)", 0.0, "beta", "What is added to the normalized values.")
        seed = widgets.number_input(
            "batch_number", "Batch number", (0, 1_000_000, 0), help="Which random batch is drawn."
        )
    return Drawing(population, size, gamma, beta, seed)


def _slider(label: str, default: float, key: str, help: str) -> float:
    value: float = widgets.slider(key, label, (-3.0, 3.0, default, 0.1), help=help)
    return value


def choose_settings(*, swept: bool = False, arms: bool = True) -> Settings | None:
    """Draw the controls of the networks; None where there is no data yet.

    Parameters
    ----------
    swept : whether learning rates are swept, so that there is no control of one
    arms : whether the arm with noise is trained as well, and all from several seeds
    """
    chosen = choose_data("moons")
    with st.sidebar:
        st.subheader("Network", anchor=False)
        network = _choose_network()
        noise = _choose_noise() if arms else NOISE
        st.subheader("Training", anchor=False)
        training = _choose_training(swept=swept)
        seeds = _choose_seeds() if arms else 1
    if chosen is None:
        return None
    experiment = nnlib.Experiment(network, training, chosen.reference)
    return Settings(experiment, chosen.data, seeds, noise)


def _choose_noise() -> float:
    return widgets.slider(
        "noise",
        "Strength of the noise",
        (0.1, 2.0, NOISE, 0.1),
        help="How far the third arm shifts and scales normalized values at random in each step; "
        "0.5 has the constants of Santurkar et al. (2018).",
    )


def _choose_seeds() -> int:
    return widgets.slider(
        "seeds",
        "Seeds",
        (1, 5, 3),
        help="How many times each arm is trained, from other initial weights.",
    )


def _choose_network() -> NetworkConfig:
    hidden = choose_equal_layers(_WIDTHS, 32, 3, 10)
    names = ("activation", "initializer", "batch_norm_after")
    # The networks with normalization differ in it alone.
    normalized = replace(_DEFAULTS, hidden=hidden, batch_norm=True)
    return replace(choose(NetworkConfig, names, normalized), batch_norm=False)


def _choose_training(*, swept: bool) -> TrainingConfig:
    rate = () if swept else ("learning_rate",)
    names = ("optimizer", *rate, "batch_size", "epochs", "seed")
    return choose(TrainingConfig, names, _TRAINING, {"batch_size": {"stops": _BATCHES}})


def choose_rates() -> tuple[float, ...]:
    """Draw the number of learning rates; return them, from 0.01 to 100."""
    with st.sidebar:
        st.subheader("Learning rates", anchor=False)
        count = widgets.slider(
            "rate_count",
            "How many",
            (5, 17, 9, 2),
            help="The number of learning rates from 0.01 to 100, at even distances on a "
            "logarithmic scale.",
        )
    return tuple(float(f"{rate:.2g}") for rate in np.geomspace(0.01, 100, count))


def choose_reading() -> str:
    """Draw the choice of what all rates have in common; return it."""
    return widgets.segmented_control(
        "given",
        "What every rate is given",
        (EPOCHS, DISTANCE),
        EPOCHS,
        help="Whether every rate trains for the same epochs, or for as many as make rate × epochs "
        "what it is at a rate of 1, so that small rates can go as far as large ones.",
        label_visibility="collapsed",
    )


def choose_unit(width: int) -> int:
    """Draw the choice of a unit of the last hidden layer; return it, from 0."""
    unit: int = widgets.number_input(
        "unit",
        "Unit of the last hidden layer",
        (1, max(_WIDTHS), 1),
        help="Which unit's input is shown; past the last unit it is the last.",
        width=220,
    )
    return min(unit, width) - 1
