"""The Dropout page's sidebar: what is drawn on the matrix, and which networks are trained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

import nnlib
from nnlib import DataReference, NetworkConfig, TrainingConfig
from nnlib.labs.dropout_rates import rate_experiments
from pages.shared import widgets
from pages.shared.controls import choose, choose_equal_layers, plain_value

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
    keep = widgets.slider(
        "keep",
        "Keep probability",
        (0.05, 1.0, 0.8, 0.05),
        help="The probability p that an entry is kept; the dropout rate is 1 − p.",
    )
    count = _stops("Draws", _DRAWS, 10_000, "draws", "How many independent masks are drawn.")
    return Drawing(keep, count, _seed("draw_seed", "Which random masks are drawn."))


def choose_experiments(reference: DataReference) -> list[nnlib.Experiment]:
    """Draw the controls of the networks; none where no rate is chosen."""
    st.subheader("Dropout", anchor=False)
    rates = widgets.multiselect(
        "rates",
        "Dropout rates",
        RATES,
        DEFAULT_RATES,
        format_func=plain_value,
        max_selections=MOST_RATES,
        help="The probabilities with which a hidden unit is switched off; each trains a network.",
    )
    seeds = widgets.slider(
        "seeds",
        "Seeds",
        (1, 10, 5),
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
    help = "How many hidden layers the network has; each is followed by dropout."
    hidden = choose_equal_layers(_WIDTHS, 32, 2, 6, help=help)
    return choose(NetworkConfig, ("activation",), NetworkConfig(hidden=hidden))


def _choose_training() -> TrainingConfig:
    names = ("optimizer", "learning_rate", "batch_size", "epochs")
    return choose(TrainingConfig, names, own={"epochs": {"stops": _EPOCHS}})


def choose_passes(rates: Sequence[float], quantities: Mapping[str, str]) -> Passes:
    """Draw the controls of Monte Carlo dropout.

    Parameters
    ----------
    rates : those above 0 that networks were trained at
    quantities : what can stand for uncertainty, and its label; a single one needs no control
    """
    st.subheader("Passes with dropout on", anchor=False)
    rate = widgets.selectbox(
        "passes_rate",
        "Network trained at rate",
        rates,
        format_func=plain_value,
        help="The network of the first seed at this rate; the passes use the same rate.",
    )
    count = _stops("Passes", _PASSES, 50, "passes", "How many thinned networks are averaged.")
    quantity = next(iter(quantities))
    if len(quantities) > 1:
        quantity = widgets.selectbox(
            "quantity",
            "Uncertainty",
            tuple(quantities),
            format_func=quantities.__getitem__,
            help="Which number stands for uncertainty.",
        )
    margin = widgets.slider(
        "margin",
        "Margin around the data",
        (0.1, 3.0, 0.5, 0.1),
        help="How far the map reaches beyond the data, as a share of their range.",
    )
    return Passes(rate, count, quantity, margin, _seed("passes_seed", "Which masks are drawn."))


def _stops(label: str, stops: Sequence[Any], default: Any, key: str, help: str) -> Any:
    return widgets.select_slider(key, label, stops, default, format_func=plain_value, help=help)


def _seed(key: str, help: str) -> int:
    seed: int = widgets.number_input(key, "Seed", (0, 1_000_000, 0), help=help)
    return seed
