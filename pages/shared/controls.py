"""Sidebar widgets that give frozen configs; labels, help and bounds come from their declarations.

Every widget is bound to the URL, so a link reproduces what one sees.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np
import streamlit as st

from nnlib.activations import ACTIVATIONS
from nnlib.config import (
    MAX_HIDDEN_LAYERS,
    MAX_WIDTH,
    NetworkConfig,
    Setting,
    TrainingConfig,
    is_read,
    setting_of,
)
from nnlib.initializers import INITIALIZERS
from nnlib.optimizers import OPTIMIZERS
from nnlib.schedules import SCHEDULES
from pages.shared import widgets
from pages.shared.charts.numbers import plain_number

C = TypeVar("C")
NETWORK_DEFAULTS = NetworkConfig()
TRAINING_DEFAULTS = TrainingConfig()
NETWORK_FIELDS = (
    "hidden", "activation", "initializer", "initializer_scale", "batch_norm", "batch_norm_after",
    "skip", "skip_scaled", "dropout",
)  # fmt: skip
TRAINING_FIELDS = (
    "optimizer", "learning_rate", "momentum", "weight_decay", "schedule", "decay_factor",
    "decay_epochs", "warmup_fraction", "batch_size", "epochs", "seed",
)  # fmt: skip
FURTHER_FIELDS = ("l1", "l2", "max_norm", "clip_norm", "clip_value", "patience", "target_loss")
_MOST_ON_A_SLIDER = 100  # a whole number that may be larger is typed
_IN_STRIP = {"layers": 130, "depth": 160, "activation": 150, "learning_rate": 190}
"""What stays in sight above the charts, and how wide it is there, in pixels."""


def label_of(name: str) -> str:
    """Return how a name of the library is written for people."""
    for registry in (ACTIVATIONS, INITIALIZERS, OPTIMIZERS, SCHEDULES):
        if name in registry:
            return str(registry[name].label)
    return {"r2": "R²"}.get(name, name.replace("_", " "))


def choose_network(defaults: NetworkConfig = NETWORK_DEFAULTS) -> NetworkConfig:
    """Draw the controls of the architecture and return what they say."""
    st.subheader("Network", anchor=False)
    return choose(NetworkConfig, NETWORK_FIELDS, defaults)


def choose_training(
    defaults: TrainingConfig = TRAINING_DEFAULTS, *, of_classes: bool = False
) -> TrainingConfig:
    """Draw the controls of the training and return what they say.

    Class weights are among them where there are classes to weigh.
    """
    st.subheader("Training", anchor=False)
    config = choose(TrainingConfig, TRAINING_FIELDS, defaults)
    if of_classes:
        config = choose(TrainingConfig, ("class_weight",), config)
    with st.expander("Regularization and clipping", icon=":material/tune:"):
        return choose(TrainingConfig, FURTHER_FIELDS, config)


def choose(
    config_class: type[C],
    names: Sequence[str] = (),
    defaults: C | None = None,
    own: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    in_strip: bool = True,
) -> C:
    """Draw a widget for each field of a frozen config, and return the config that they give.

    Parameters
    ----------
    config_class : type
        A dataclass whose fields are declared by `nnlib.config.setting`.
    names : the fields to draw, in this order; by default all. A field that the choices above it
        leave without effect is not drawn and keeps its default, and so does one that is not named.
    defaults : optional
        Where the widgets start.
    own : what a page declares otherwise of a field: the attributes of `Setting` to change
    in_strip : whether activation and learning rate are drawn in the page's strip
    """
    config: Any = config_class() if defaults is None else defaults
    for name in names or [field.name for field in fields(config)]:
        if is_read(config, name):
            setting = replace(setting_of(config_class, name), **(own or {}).get(name, {}))
            look = {"help": setting.help, **(in_place(setting.key or name) if in_strip else {})}
            value = _choose_field(setting, name, getattr(config, name), look)
            config = replace(config, **{name: value})
    chosen: C = config
    return chosen


def in_place(key: str) -> dict[str, Any]:
    """Return the place and width of a widget that belongs into the strip, nothing for others."""
    return {"place": widgets.strip(), "width": _IN_STRIP[key]} if key in _IN_STRIP else {}


def _choose_field(setting: Setting, name: str, default: Any, look: dict[str, Any]) -> Any:
    """Draw the widget that suits the declaration."""
    if name == "hidden":
        return _choose_hidden(default)
    key, label = setting.key or name, setting.label
    if isinstance(default, bool):
        return widgets.toggle(key, label, default, **look)
    if setting.choices:
        return widgets.selectbox(key, label, setting.choices, default, format_func=label_of, **look)
    if setting.log or setting.stops:
        return widgets.select_slider(
            key,
            label,
            scale_of(setting, default),
            default,
            format_func=lambda value: "off" if value == setting.off else plain_value(value),
            **look,
        )
    kind: Any = type(default)
    low, high = kind(setting.low or 0), kind(setting.high or 0)
    if kind is int and not setting.step and high > _MOST_ON_A_SLIDER:
        return widgets.number_input(key, label, (low, high, default), **look)
    return widgets.slider(key, label, (low, high, default, kind(setting.step or 1)), **look)


def _choose_hidden(defaults: Sequence[int]) -> tuple[int, ...]:
    count = widgets.number_input(
        "layers",
        "Hidden layers",
        (0, MAX_HIDDEN_LAYERS, len(defaults)),
        help="How many layers lie between the inputs and the output layer.",
        **in_place("layers"),
    )
    widths = []
    with st.container(key="units"):
        columns = st.columns(3, gap="small")
    for index in range(count):
        default = defaults[min(index, len(defaults) - 1)] if defaults else 16
        width = widgets.number_input(
            f"units_{index + 1}",
            f"Units {index + 1}",
            (1, MAX_WIDTH, default),
            help=f"The number of units in hidden layer {index + 1}.",
            place=columns[index % 3],
        )
        widths.append(width)
    return tuple(widths)


def choose_equal_layers(
    widths: Sequence[int],
    width: int,
    layers: int,
    most: int,
    *,
    key: str = "layers",
    help: str = "How many hidden layers.",
) -> tuple[int, ...]:
    """Draw the number of hidden layers and the width that all of them have."""
    count = widgets.slider(key, "Hidden layers", (1, most, layers), help=help, **in_place(key))
    of_each: int = widgets.select_slider(
        "width", "Units in each", widths, width, help="The number of units in every hidden layer."
    )
    return (of_each,) * int(count)


def scale_of(setting: Setting, default: float) -> list[float]:
    """Return the stops of a slider: those declared, or 1, 2, 5 times powers of ten in the bounds.

    The default is a stop, and so is the value that switches the setting off. Whole-number
    settings get powers of two as well, as is usual for batch sizes.
    """
    kind = int if isinstance(default, int) else float
    if setting.stops:
        return sorted({kind(stop) for stop in (*setting.stops, default)})
    low, high = float(setting.low or 0), float(setting.high or 0)
    stops = {float(f"{digit}e{power}") for digit in (1, 2, 5) for power in range(-9, 7)}
    if isinstance(default, int):
        stops |= {float(2**power) for power in range(17)}
    inside = {stop for stop in stops if low <= stop <= high} | {low, high, float(default)}
    if setting.off is not None:
        inside.add(setting.off)
    return sorted(kind(stop) for stop in inside)


def plain_value(value: float) -> str:
    """Return a stop of a slider as people write it; the URL holds it in this form."""
    if isinstance(value, int):
        return str(value)
    small = 0 < abs(value) < 1e-6  # zeros that nobody counts
    return plain_number(value) if small else np.format_float_positional(value, trim="-")
