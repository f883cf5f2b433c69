"""Sidebar controls of the Batch normalization page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

import nnlib
from nnlib import NetworkConfig, TrainingConfig
from nnlib.batch_statistics import NOISE, POPULATIONS
from nnlib.datasets import Dataset
from pages.shared.controls import (
    setting_choice,
    setting_integer,
    setting_number,
    setting_switch,
)
from pages.shared.data_input import choose_data

SIZES = (2, 4, 8, 16, 32, 64, 128, 256)
_WIDTHS = (4, 8, 16, 32, 64, 100, 128)
_DEFAULTS = NetworkConfig(activation="sigmoid", initializer="glorot_normal")


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


def choose_drawing() -> Drawing:
    """Draw the controls of one unit's batch."""
    with st.sidebar:
        st.subheader("One unit", anchor=False)
        population = st.selectbox(
            "Values come from",
            tuple(POPULATIONS),
            help="The distribution that the unit's values are drawn from.",
            key="population",
            bind="query-params",
        )
        size = st.select_slider(
            "Batch size",
            SIZES,
            16,
            help="How many examples are in a batch; mean and variance are estimated from them.",
            key="size",
            bind="query-params",
        )
        gamma = _slider("γ (scale)", 1.0, "gamma", "What the normalized values are multiplied by.")
        beta = _slider("β (shift)", 0.0, "beta", "What is added to the normalized values.")
        seed = st.number_input(
            "Batch number",
            0,
            1_000_000,
            0,
            help="Which random batch is drawn.",
            key="batch_number",
            bind="query-params",
        )
    return Drawing(population, size, gamma, beta, seed)


def _slider(label: str, default: float, key: str, help: str) -> float:
    value: float = st.slider(
        label, -3.0, 3.0, default, step=0.1, help=help, key=key, bind="query-params"
    )
    return value


def choose_settings(*, swept: bool) -> Settings | None:
    """Draw the controls of the networks; None where there is no data yet.

    Parameters
    ----------
    swept : bool
        Whether learning rates are swept, so that there is no control of one.
    """
    chosen = choose_data("moons")
    with st.sidebar:
        st.subheader("Network", anchor=False)
        network = _choose_network()
        noise = st.slider(
            "Strength of the noise",
            0.1,
            2.0,
            NOISE,
            step=0.1,
            help="How far the third arm shifts and scales normalized values at random in each "
            "step; 0.5 has the constants of Santurkar et al. (2018).",
            key="noise",
            bind="query-params",
        )
        st.subheader("Training", anchor=False)
        training = _choose_training(swept=swept)
        seeds = st.slider(
            "Seeds",
            1,
            5,
            3,
            help="How many times each arm is trained, from other initial weights.",
            key="seeds",
            bind="query-params",
        )
    if chosen is None:
        return None
    experiment = nnlib.Experiment(network, training, chosen.reference)
    return Settings(experiment, chosen.data, seeds, noise)


def _choose_network() -> NetworkConfig:
    layers = st.slider(
        "Hidden layers", 1, 10, 3, help="How many hidden layers.", key="layers", bind="query-params"
    )
    width = st.select_slider(
        "Units in each",
        _WIDTHS,
        32,
        help="The number of units in every hidden layer.",
        key="width",
        bind="query-params",
    )
    return NetworkConfig(
        hidden=(width,) * layers,
        activation=setting_choice(NetworkConfig, "activation", _DEFAULTS.activation),
        initializer=setting_choice(NetworkConfig, "initializer", _DEFAULTS.initializer),
        batch_norm_after=setting_switch(NetworkConfig, "batch_norm_after", False),
    )


def _choose_training(*, swept: bool) -> TrainingConfig:
    values: dict[str, Any] = {"optimizer": setting_choice(TrainingConfig, "optimizer", "sgd")}
    if not swept:
        values["learning_rate"] = setting_number(TrainingConfig, "learning_rate", 0.1)
    values["batch_size"] = setting_number(TrainingConfig, "batch_size", 32)
    values["epochs"] = setting_number(TrainingConfig, "epochs", 20)
    values["seed"] = setting_integer(TrainingConfig, "seed", 0)
    return TrainingConfig(**values)


def choose_rates() -> tuple[float, ...]:
    """Draw the number of learning rates; return them, from 0.01 to 100."""
    with st.sidebar:
        st.subheader("Learning rates", anchor=False)
        count = st.slider(
            "How many",
            5,
            17,
            9,
            step=2,
            help="The number of learning rates from 0.01 to 100, at even distances on a "
            "logarithmic scale.",
            key="rate_count",
            bind="query-params",
        )
    return tuple(float(f"{rate:.2g}") for rate in np.geomspace(0.01, 100, count))


def choose_unit(width: int) -> int:
    """Draw the choice of a unit of the last hidden layer; return it, from 0."""
    unit: int = st.number_input(
        "Unit of the last hidden layer",
        1,
        max(_WIDTHS),
        1,
        help="Which unit's input is shown; past the last unit it is the last.",
        key="unit",
        bind="query-params",
        width=220,
    )
    return min(unit, width) - 1
