"""The knobs of the Sweeps page: what can be varied, and the ranges that a person gives them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from nnlib import Experiment
from nnlib.config import Setting, is_read, setting_of
from nnlib.optimizers import OPTIMIZERS
from nnlib.search import DEPTH, WIDTH, Choice, Range, When
from nnlib.search.space import config_class_of
from pages.shared import widgets
from pages.shared.controls import label_of, plain_value, scale_of

SHAPES = {
    DEPTH: Setting("Depth", "The number of hidden layers, all of one width.", 1, 12),
    WIDTH: Setting("Width", "The units that every hidden layer has.", 1, 256, log=True),
}
KNOBS: Mapping[str, tuple[Any, ...]] = {
    "learning_rate": (1e-4, 1.0),
    "optimizer": ("sgd", "momentum", "adam"),
    "momentum": (0.5, 0.99),
    "batch_size": (8, 128),
    DEPTH: (1, 4),
    WIDTH: (4, 64),
    "activation": ("relu", "tanh"),
    "initializer": ("he_normal", "glorot_normal"),
    "initializer_scale": (0.1, 10.0),
    "batch_norm": (False, True),
    "dropout": (0.0, 0.5),
    "l2": (1e-6, 1e-2),
    "l1": (1e-6, 1e-2),
    "weight_decay": (1e-4, 1.0),
    "schedule": ("constant", "cosine"),
    "clip_norm": (0.1, 10.0),
}
"""What can be varied, in this order, with the range or the options that it starts with."""
_POWERS = ("batch_size", WIDTH)
"""Knobs that have powers of two alone: of few values, more trials can train as one stack."""
DEFAULT_KNOBS = ("learning_rate", WIDTH, "l2")


def setting_of_knob(name: str) -> Setting:
    """Return the declaration of a knob."""
    config_class = config_class_of(name)
    return SHAPES[name] if config_class is None else setting_of(config_class, name)


def label_of_knob(name: str) -> str:
    """Return how a knob is called."""
    return setting_of_knob(name).label


def choose_knobs() -> list[str]:
    """Draw the choice of what is varied and return it."""
    st.subheader("Sweep", anchor=False)
    chosen = widgets.multiselect(
        "knobs",
        "Knobs",
        KNOBS,
        DEFAULT_KNOBS,
        format_func=label_of_knob,
        help="The settings that every trial has other values of; the rest stays as below.",
    )
    return [name for name in KNOBS if name in chosen]


def choose_space(names: Sequence[str], base: Experiment) -> dict[str, Range | Choice]:
    """Draw the ranges and options of the knobs and return those that the base lets be there."""
    space: dict[str, Range | Choice] = {}
    for name in names:
        when = _needs(name, space, base)
        if isinstance(when, str):
            st.caption(when)
            continue
        setting = setting_of_knob(name)
        knob = _choose_options(name, setting) if _has_options(name) else _range(name, setting)
        if knob is not None:
            space[name] = replace(knob, when=when)
    return space


def _has_options(name: str) -> bool:
    return isinstance(KNOBS[name][0], str | bool)


def _needs(name: str, space: Mapping[str, Range | Choice], base: Experiment) -> When | str | None:
    """Return with which optimizers a knob is there, or why it never is."""
    if setting_of_knob(name).read_by != "optimizer":
        return None
    optimizer = space.get("optimizer")
    if isinstance(optimizer, Choice):
        reading = tuple(o for o in optimizer.options if name in OPTIMIZERS[o].reads)
        if reading:
            return None if len(reading) == len(optimizer.options) else When("optimizer", reading)
    elif is_read(base.training, name):
        return None
    return f"{label_of_knob(name)} is left out: no optimizer that is chosen has it."


def _choose_options(name: str, setting: Setting) -> Choice | None:
    options = setting.choices or (False, True)
    chosen = widgets.multiselect(
        f"{name}_options",
        setting.label,
        options,
        KNOBS[name],
        format_func=lambda o: ("off", "on")[o] if isinstance(o, bool) else label_of(o),
        help="Every trial has one of these.",
    )
    return Choice(tuple(option for option in options if option in chosen)) if chosen else None


def _range(name: str, setting: Setting) -> Range | Choice:
    low, high = KNOBS[name]
    powers = ", a power of two" * (name in _POWERS)
    look: Any = {"help": f"Every trial has a value from this range{powers}. {setting.help}"}
    key = f"{name}_range"
    if setting.log:
        stops = sorted({*scale_of(replace(setting, off=None), low), high})
        look["format_func"] = plain_value
        ends: Any = widgets.select_slider(key, setting.label, stops, (low, high), **look)
    else:
        kind = type(low)
        span: Any = (kind(setting.low or 0), kind(setting.high or 0), (low, high))
        ends = widgets.slider(key, setting.label, (*span, setting.step or 1), **look)
    first, last = ends
    if name in _POWERS:
        return Choice(tuple(2**i for i in range(9) if first <= 2**i <= last) or (first,))
    return Range(first, last) if first < last else Choice((first,))
