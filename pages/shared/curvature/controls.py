"""The sidebar of the Curvature page: data, a network, full or minibatches, and what is measured."""

from dataclasses import dataclass, replace

import streamlit as st

import nnlib
from nnlib import NetworkConfig, TrainingConfig
from nnlib.curvature import Quantities
from nnlib.curvature.meter import MOST_EIGENVALUES
from nnlib.datasets import Dataset
from nnlib.probes.unit_surfaces import count_parameters
from pages.shared import widgets
from pages.shared.controls import choose
from pages.shared.data_input import choose_data
from pages.shared.layout import show_error

FULL_BATCH = 65_536
"""As a batch size: what no training split is larger than, but for a few own files."""
MOST_PARAMETERS = 500_000
EVERY_STEP = 1.0
SHARES = (0.05, 0.1, 0.2, 0.3, 0.5, 0.8, EVERY_STEP)
MEASURED = SPECTRUM, ALPHA, GAUSS_NEWTON, LAYERS, TRACE, TAKEUCHI = (
    "5 eigenvalues", "α of the steps", "Gauss-Newton part", "Each layer", "Trace",
    "Takeuchi's criterion",
)  # fmt: skip
PROBES = 8
_NETWORK = ("hidden", "activation", "initializer", "initializer_scale", "batch_norm", "skip")
_RULE = ("optimizer", "learning_rate", "momentum", "weight_decay")
_DEFAULTS = NetworkConfig(hidden=(16, 16), activation="tanh")
_TRAINING = TrainingConfig(optimizer="sgd", learning_rate=0.1, epochs=6000)
_RATES = tuple(
    float(f"{digits}e{power}") for power in range(-5, 1) for digits in (1, 1.5, 2, 3, 5, 7)
)
_BATCHES = (*(2**power for power in range(11)), FULL_BATCH)


@dataclass(frozen=True, eq=False)
class Settings:
    """What the sidebar says."""

    experiment: nnlib.Experiment
    data: Dataset
    quantities: Quantities
    share: float


def choose_settings() -> Settings | None:
    """Draw the sidebar; None where there is no data yet, or the network is too large."""
    chosen = choose_data("multi_gaussian")
    with st.sidebar:
        st.subheader("Network", anchor=False)
        network = choose(NetworkConfig, _NETWORK, _DEFAULTS)
        st.subheader("Training", anchor=False)
        training = _choose_training()
        st.subheader("Curvature", anchor=False)
        quantities, share = _choose_quantities(), _choose_share()
    if chosen is None or _is_too_large(network, chosen.data):
        return None
    experiment = nnlib.Experiment(network, training, chosen.reference)
    return Settings(experiment, chosen.data, quantities, share)


def _is_too_large(network: NetworkConfig, data: Dataset) -> bool:
    """Say where a network is larger than it may be: a measurement keeps up to 40 such vectors."""
    count = count_parameters(network, data.n_features, data.n_outputs)
    if count > MOST_PARAMETERS:
        show_error(
            f"This network has {count:,} parameters, and this page measures at most "
            f"{MOST_PARAMETERS:,}. Take fewer layers or fewer units."
        )
    return count > MOST_PARAMETERS


def _choose_training() -> TrainingConfig:
    own = {"learning_rate": {"stops": _RATES}}
    config = choose(TrainingConfig, _RULE, _TRAINING, own)
    batch = widgets.select_slider(
        "batch_size",
        "Batch size",
        _BATCHES,
        FULL_BATCH,
        format_func=batch_label,
        help="The number of examples whose mean gradient makes one step. The full batch is the "
        "whole training split: an epoch is one step then.",
    )
    return choose(TrainingConfig, ("epochs", "l2", "seed"), replace(config, batch_size=batch))


def batch_label(size: int) -> str:
    """Return how a batch size is written, also in the address."""
    return "full batch" if size == FULL_BATCH else str(size)


def _choose_quantities() -> Quantities:
    chosen = widgets.multiselect(
        "measured",
        "Beside the sharpness",
        MEASURED,
        [SPECTRUM, ALPHA],
        placeholder="Only the sharpness",
        help="What else is measured; each costs more products with the Hessian, so that "
        "measurements are rarer.",
    )
    return Quantities(
        eigenvalues=MOST_EIGENVALUES if SPECTRUM in chosen else 1,
        gauss_newton=GAUSS_NEWTON in chosen,
        layers=LAYERS in chosen,
        probes=PROBES if TRACE in chosen else 0,
        information=TAKEUCHI in chosen,
        alpha=ALPHA in chosen,
    )


def _choose_share() -> float:
    return widgets.select_slider(
        "share",
        "Share of the time",
        SHARES,
        0.5,
        format_func=lambda share: "every step" if share == EVERY_STEP else f"{share:.0%}",
        help="How much of the time may go into measuring. It is counted in products and not "
        "timed, so that the same settings are measured at the same steps.",
    )
