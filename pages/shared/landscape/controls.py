"""Sidebar controls of the Loss landscape page, and the settings that they give."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

import nnlib
from nnlib import NetworkConfig, TrainingConfig
from nnlib.datasets import Dataset
from pages.shared import widgets
from pages.shared.along_gradient import VIEW
from pages.shared.controls import choose
from pages.shared.data_input import choose_data

VIEWS = PLANE, LINE, PARTING, GRADIENT = (
    "Plane",
    "Between two runs",
    "Runs that part",
    VIEW,
)
PAIRS = SEEDS, KEPT = "Two seeds", "Kept runs"
PCA, RANDOM = "Path's own", "Random"
TRAIN, VALIDATION = "Training", "Validation"
SPLITS: Mapping[str, Literal["train", "val"]] = {TRAIN: "train", VALIDATION: "val"}
_NETWORK = ("hidden", "activation", "initializer", "initializer_scale", "batch_norm", "skip")
_TRAINING = ("optimizer", "momentum", "learning_rate", "batch_size", "epochs", "l2", "seed")
_DEFAULT_NETWORK = NetworkConfig(hidden=(32, 32))
_DEFAULT_RUN = TrainingConfig(optimizer="sgd", learning_rate=0.1, batch_size=32, epochs=20)
_OWN: dict[str, dict[str, Any]] = {"seed": {"high": 1_000_000}}
_RESOLUTIONS = (21, 31, 41, 51, 61)


@dataclass(frozen=True, eq=False)
class Settings:
    """What the sidebar says of data, network and training."""

    data: Dataset
    experiment: nnlib.Experiment

    @property
    def key(self) -> tuple[object, ...]:
        """Everything that determines the run."""
        return self.experiment, self.data.fingerprint


@dataclass(frozen=True)
class PlaneChoice:
    """Which plane, how much of it, and what is drawn.

    Attributes
    ----------
    directions : `PCA` or `RANDOM`
    draw : seed of random directions
    half_width : of the window around the end, in the directions' lengths, for random ones
    resolution : grid points along each direction
    split : which examples
    log_height : whether heights are logarithms of the loss
    """

    directions: str
    draw: int
    half_width: float
    resolution: int
    split: Literal["train", "val"]
    log_height: bool

    @property
    def key(self) -> tuple[object, ...]:
        """Everything that determines the numbers."""
        own = () if self.directions == PCA else (self.draw, self.half_width)
        return self.directions, own, self.resolution, self.split


def choose_settings(view: str) -> Settings | None:
    """Draw the controls of data, network and training; None where there is no data yet."""
    both = view == GRADIENT  # which trains with and without batch normalization
    fields = tuple(name for name in _NETWORK if not (both and name == "batch_norm"))
    chosen = choose_data("digits")
    with st.sidebar:
        st.subheader("Network", anchor=False)
        network = choose(NetworkConfig, fields, _DEFAULT_NETWORK)
        st.subheader("Training", anchor=False)
        training = choose(TrainingConfig, _TRAINING, _DEFAULT_RUN, _OWN)
    if chosen is None:
        return None
    return Settings(chosen.data, nnlib.Experiment(network, training, chosen.reference))


def choose_plane() -> PlaneChoice:
    """Draw the controls of the plane."""
    st.subheader("Plane", anchor=False)
    directions = widgets.segmented_control(
        "directions",
        "Directions",
        (PCA, RANDOM),
        help="The plane's axes: the first two principal components of the run's path, or two "
        "random directions with each unit's part as long as the unit's weights.",
    )
    draw, half_width = 0, 1.0
    if directions == RANDOM:
        draw = widgets.number_input(
            "draw", "Draw", (0, 1_000_000, 0), help="Another number draws other directions."
        )
        half_width = widgets.select_slider(
            "half_width",
            "Half width",
            (0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0),
            1.0,
            help="How far the window reaches from the end; at 1 a unit's weights are changed by "
            "as much as they are long.",
        )
    return PlaneChoice(directions, draw, half_width, *_choose_heights())


def _choose_heights() -> tuple[int, Literal["train", "val"], bool]:
    resolution = widgets.select_slider(
        "resolution",
        "Resolution",
        _RESOLUTIONS,
        31,
        help="The loss is computed at so many points along each direction.",
    )
    log_height = widgets.toggle(
        "log_height",
        "Logarithmic height",
        True,
        help="Draws the logarithm of the loss, which shows a valley beside a steep wall; without "
        "it, the loss itself.",
    )
    return resolution, choose_split(), log_height


def choose_split() -> Literal["train", "val"]:
    """Draw the choice of examples."""
    name = widgets.segmented_control(
        "split",
        "Examples",
        (TRAIN, VALIDATION),
        help="The loss is that of these examples; of more than 1,000 training examples a sample.",
    )
    return SPLITS[name]


@dataclass(frozen=True)
class LineChoice:
    """Between which runs the line lies: `SEEDS` or `KEPT`, and the seed of the second run."""

    pair: str
    other_seed: int


def choose_line() -> LineChoice:
    """Draw the controls of the line."""
    st.subheader("Line", anchor=False)
    pair = widgets.segmented_control(
        "pair",
        "Runs",
        PAIRS,
        help="Two runs with these settings and other seeds, or two runs that you kept on a page.",
    )
    other = 1
    if pair == SEEDS:
        other = widgets.number_input(
            "other_seed",
            "Second seed",
            (0, 1_000_000, 1),
            help="The seed of the second run: its initial weights and its order of the examples.",
        )
    return LineChoice(pair, other)


def choose_pairs() -> int:
    """Draw the control of the runs that part."""
    st.subheader("Pairs", anchor=False)
    return widgets.slider(
        "pairs",
        "Pairs of runs",
        (1, 5, 2),
        help="For each number of shared steps so many pairs are trained, each from another seed.",
    )
