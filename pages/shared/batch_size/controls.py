"""Sidebar controls of the Batch size page, and the settings that they give."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st

import nnlib
from nnlib import NetworkConfig, TrainingConfig
from nnlib.datasets import Dataset
from nnlib.noise import epochs_for
from pages.shared import widgets
from pages.shared.controls import choose, plain_value
from pages.shared.data_input import choose_data

VIEWS = LIVE, MAP, ADVICE = "Live run", "Steps and examples", "Advice"
_NETWORK = ("hidden", "activation", "initializer", "initializer_scale")
_DEFAULTS = NetworkConfig(hidden=(32,))
_RUN = TrainingConfig(optimizer="sgd", learning_rate=0.2, batch_size=16, epochs=20)
_FIELDS: Mapping[str, tuple[str, ...]] = {
    LIVE: ("optimizer", "momentum", "learning_rate", "batch_size", "epochs", "seed"),
    MAP: ("optimizer", "momentum", "epochs", "seed"),
    ADVICE: ("optimizer", "momentum", "learning_rate", "batch_size", "epochs", "seed"),
}
_OWN: dict[str, dict[str, Any]] = {
    "optimizer": {"choices": ("sgd", "momentum")},
    "seed": {"label": "First seed", "high": 1_000_000},
    "target_loss": {"label": "Loss to reach", "off": None, "low": 1e-3, "high": 5.0,
                    "help": "Steps and examples are counted until the training loss is at this."},
}  # fmt: skip
_LONG = (
    "Each run has so many epochs, and so many steps as said above, whichever is more, unless it "
    "reaches the loss."
)
_OF_MAP = _OWN | {"epochs": {"key": "map_epochs", "label": "Epochs at least", "help": _LONG}}
_TRAINING = {LIVE: (_RUN, _OWN), ADVICE: (_RUN, _OWN), MAP: (replace(_RUN, epochs=10), _OF_MAP)}
_TARGET = TrainingConfig(target_loss=0.2)
_STEP, _PRODUCT = 1.5e-4, 2e-10
"""Seconds of a step, and of each weight of it an example and replica, roughly."""
SIZES = tuple(2**k for k in range(13))
LOW_RATES, HIGH_RATES = (0.001, 0.003, 0.01, 0.03, 0.1), (0.3, 1.0, 3.0, 10.0, 30.0)


@dataclass(frozen=True, eq=False)
class Settings:
    """What the sidebar says of data, network and training."""

    data: Dataset
    experiment: nnlib.Experiment
    seeds: int = 1
    target: float = 0.2

    @property
    def key(self) -> tuple[object, ...]:
        """Everything that determines what is trained."""
        return self.experiment, self.seeds, self.target, self.data.fingerprint


@dataclass(frozen=True)
class Grid:
    """Batch sizes and rates of the map, and how long its runs are at least."""

    sizes: tuple[int, ...]
    rates: tuple[float, ...]
    most_steps: int

    def seconds(self, settings: Settings) -> float:
        """Return roughly how long the map takes."""
        rows = len(settings.data.features("train"))
        widths = (settings.data.n_features, *settings.experiment.network.hidden, 10)
        weights = sum(a * b for a, b in zip(widths, widths[1:], strict=False))
        replicas, total = len(self.rates) * settings.seeds, 0.0
        for size in {min(size, rows) for size in self.sizes}:
            epochs = epochs_for(size, rows, settings.experiment.training.epochs, self.most_steps)
            total += epochs * -(-rows // size) * (_STEP + replicas * size * weights * _PRODUCT)
        return total


def choose_settings(view: str) -> Settings | None:
    """Draw the controls of data, network and training; None where there is no data yet."""
    chosen = choose_data("digits")
    seeds, target = 1, 0.0
    with st.sidebar:
        st.subheader("Network", anchor=False)
        network = choose(NetworkConfig, _NETWORK, _DEFAULTS)
        st.subheader("Training", anchor=False)
        training = choose(TrainingConfig, _FIELDS[view], *_TRAINING[view])
        if view != LIVE:
            target = choose(TrainingConfig, ("target_loss",), _TARGET, _OWN).target_loss
            seeds = _choose_seeds(3 if view == MAP else 5)
    if chosen is None:
        return None
    experiment = nnlib.Experiment(network, training, chosen.reference)
    return Settings(chosen.data, experiment, seeds, target)


def _choose_seeds(default: int) -> int:
    return widgets.slider(
        "seeds" if default == 5 else "map_seeds",
        "Seeds",
        (1, 10, default),
        help="Every setting is trained from so many initial weights and minibatch orders, which "
        "are the same for all settings.",
    )


def choose_grid() -> Grid:
    """Draw the controls of the map."""
    st.subheader("Map", anchor=False)
    smallest = _stop("smallest", "Smallest batch", SIZES[:5], 4, "The smallest batch size.")
    largest = _stop("largest", "Largest batch", SIZES[5:], 256, "The largest batch size.")
    low = _stop("rate_low", "Lowest rate", LOW_RATES, 0.03, "The smallest learning rate.")
    high = _stop("rate_high", "Highest rate", HIGH_RATES, 3.0, "The largest learning rate.")
    count = widgets.slider(
        "rate_count",
        "Rates",
        (2, 15, 7),
        help="The number of learning rates, at even distances on a logarithmic scale.",
    )
    steps = widgets.select_slider(
        "most_steps",
        "Steps at least",
        (50, 100, 200, 500, 1000, 2000),
        200,
        help="Each run has so many steps, and so many epochs as said below, whichever is more, "
        "unless it reaches the loss.",
    )
    sizes = tuple(size for size in SIZES if smallest <= size <= largest)
    rates = tuple(float(f"{rate:.3g}") for rate in np.geomspace(low, high, count))
    return Grid(sizes, rates, steps)


def _stop(key: str, label: str, stops: tuple[Any, ...], default: Any, help: str) -> Any:
    return widgets.select_slider(key, label, stops, default, format_func=plain_value, help=help)
