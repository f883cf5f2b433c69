"""The Dropout page's sidebar: what is drawn on the matrix, and which networks are trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

import nnlib
from nnlib import DataReference, NetworkConfig, TrainingConfig
from nnlib.config import setting_of
from nnlib.monte_carlo_dropout import rate_experiments
from pages.shared.controls import label_of, plain_value, scale_of

RATES = (0.0, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
DEFAULT_RATES = (0.0, 0.25, 0.5)
MOST_RATES = 6
_WIDTHS = (2, 4, 8, 16, 32, 64, 128, 256)
_EPOCHS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_DRAWS = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)
_PASSES = (2, 5, 10, 20, 50, 100, 200, 500)


@dataclass(frozen=True)
class Drawing:
    """What is drawn on the matrix."""

    keep: float
    count: int
    seed: int


@dataclass(frozen=True)
class Passes:
    """How Monte Carlo dropout predicts, and how far around the data."""

    rate: float
    count: int
    quantity: str
    margin: float
    seed: int


def choose_drawing() -> Drawing:
    """Draw the controls of the matrix view."""
    keep = st.slider(
        "Keep probability",
        0.05,
        1.0,
        0.8,
        step=0.05,
        key="keep",
        bind="query-params",
        help="The probability p that an entry is kept; the dropout rate is 1 − p.",
    )
    count = _stops("Draws", _DRAWS, 10_000, "draws", "How many independent masks are drawn.")
    return Drawing(keep, count, _seed("draw_seed", "Which random masks are drawn."))


def choose_experiments(reference: DataReference) -> list[nnlib.Experiment]:
    """Draw the controls of the networks; none where no rate is chosen."""
    st.subheader("Dropout", anchor=False)
    rates = st.multiselect(
        "Dropout rates",
        RATES,
        default=DEFAULT_RATES,
        format_func=plain_value,
        max_selections=MOST_RATES,
        key="rates",
        bind="query-params",
        help="The probabilities with which a hidden unit is switched off; each trains a network.",
    )
    seeds = st.slider(
        "Seeds",
        1,
        10,
        5,
        key="seeds",
        bind="query-params",
        help="How many networks each rate trains, from different initial weights.",
    )
    first = _seed("first_seed", "The first seed; the others follow it.")
    st.subheader("Network", anchor=False)
    network = _choose_network()
    st.subheader("Training", anchor=False)
    training = _choose_training()
    experiment = nnlib.Experiment(network, training, reference)
    return rate_experiments(experiment, sorted(rates), range(first, first + seeds))


def _choose_network() -> NetworkConfig:
    layers = st.number_input(
        "Hidden layers",
        1,
        6,
        2,
        key="layers",
        bind="query-params",
        help="How many hidden layers the network has; each is followed by dropout.",
    )
    width = _stops("Units", _WIDTHS, 32, "width", "The number of units in each hidden layer.")
    activation = _choice(NetworkConfig, "activation", "relu")
    return NetworkConfig(hidden=(width,) * layers, activation=activation)


def _choose_training() -> TrainingConfig:
    defaults = TrainingConfig()
    values: dict[str, Any] = {"optimizer": _choice(TrainingConfig, "optimizer", defaults.optimizer)}
    for name in ("learning_rate", "batch_size"):
        setting = setting_of(TrainingConfig, name)
        default = getattr(defaults, name)
        stops = scale_of(setting, default)
        values[name] = _stops(setting.label, stops, default, name, setting.help)
    epochs = setting_of(TrainingConfig, "epochs")
    values["epochs"] = _stops(epochs.label, _EPOCHS, 100, "epochs", epochs.help)
    return TrainingConfig(**values)


def choose_passes(rates: Sequence[float], quantities: Mapping[str, str]) -> Passes:
    """Draw the controls of Monte Carlo dropout.

    Parameters
    ----------
    rates : sequence of float
        Those above 0 that networks were trained at.
    quantities : mapping of str to str
        What can stand for uncertainty, and its label; a single one needs no control.
    """
    st.subheader("Passes with dropout on", anchor=False)
    rate = st.selectbox(
        "Network trained at rate",
        rates,
        format_func=plain_value,
        key="passes_rate",
        bind="query-params",
        help="The network of the first seed at this rate; the passes use the same rate.",
    )
    count = _stops("Passes", _PASSES, 50, "passes", "How many thinned networks are averaged.")
    quantity = next(iter(quantities))
    if len(quantities) > 1:
        quantity = st.selectbox(
            "Uncertainty",
            tuple(quantities),
            format_func=quantities.__getitem__,
            key="quantity",
            bind="query-params",
            help="Which number stands for uncertainty.",
        )
    margin = st.slider(
        "Margin around the data",
        0.1,
        3.0,
        0.5,
        step=0.1,
        key="margin",
        bind="query-params",
        help="How far the map reaches beyond the data, as a share of their range.",
    )
    return Passes(rate, count, quantity, margin, _seed("passes_seed", "Which masks are drawn."))


def _stops(label: str, stops: Sequence[Any], default: Any, key: str, help: str) -> Any:
    return st.select_slider(
        label,
        stops,
        value=default,
        format_func=plain_value,
        key=key,
        bind="query-params",
        help=help,
    )


def _choice(config: type, name: str, default: str) -> str:
    setting = setting_of(config, name)
    chosen: str = st.selectbox(
        setting.label,
        (default, *(choice for choice in setting.choices if choice != default)),
        format_func=label_of,
        key=name,
        bind="query-params",
        help=setting.help,
    )
    return chosen


def _seed(key: str, help: str) -> int:
    seed: int = st.number_input("Seed", 0, 1_000_000, 0, key=key, bind="query-params", help=help)
    return seed
