"""Sidebar widgets that give frozen configs; labels, help and bounds come from their declarations.

Every widget is bound to the URL, so a link reproduces what one sees.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from nnlib.config import (
    MAX_HIDDEN_LAYERS,
    MAX_WIDTH,
    NetworkConfig,
    Setting,
    TrainingConfig,
    setting_of,
)

LABELS = {
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "elu": "ELU",
    "selu": "SELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "sgd": "SGD",
    "rmsprop": "RMSprop",
    "adam": "Adam",
    "adamw": "AdamW",
    "adagrad": "Adagrad",
    "nesterov": "Nesterov momentum",
    "lecun_normal": "LeCun normal",
    "lecun_uniform": "LeCun uniform",
    "glorot_normal": "Glorot normal",
    "glorot_uniform": "Glorot uniform",
    "he_normal": "He normal",
    "he_uniform": "He uniform",
    "warmup_cosine": "warm-up, then cosine",
    "one_cycle": "one-cycle",
    "l1": "L1",
    "l2": "L2",
    "r2": "R²",
}
"""How names of the library are written for people, where replacing underscores is not enough."""

NETWORK_DEFAULTS = NetworkConfig()
TRAINING_DEFAULTS = TrainingConfig()


def label_of(name: str) -> str:
    """Return how a name of the library is written for people."""
    return LABELS.get(name, name.replace("_", " "))


def choose_network(defaults: NetworkConfig = NETWORK_DEFAULTS) -> NetworkConfig:
    """Draw the controls of the architecture and return what they say."""
    st.subheader("Network", anchor=False)
    hidden = _choose_hidden(defaults.hidden)
    values = {
        "activation": setting_choice(NetworkConfig, "activation", defaults.activation),
        "initializer": setting_choice(NetworkConfig, "initializer", defaults.initializer),
        "initializer_scale": setting_number(
            NetworkConfig, "initializer_scale", defaults.initializer_scale
        ),
        **_choose_normalization(defaults),
        "skip": setting_switch(NetworkConfig, "skip", defaults.skip),
        "dropout": setting_number(NetworkConfig, "dropout", defaults.dropout),
    }
    return NetworkConfig(hidden=hidden, **values)


def _choose_normalization(defaults: NetworkConfig) -> dict[str, bool]:
    values = {"batch_norm": setting_switch(NetworkConfig, "batch_norm", defaults.batch_norm)}
    if values["batch_norm"]:
        name = "batch_norm_after"
        values[name] = setting_switch(NetworkConfig, name, defaults.batch_norm_after)
    return values


def choose_training(defaults: TrainingConfig = TRAINING_DEFAULTS) -> TrainingConfig:
    """Draw the controls of the training and return what they say.

    Settings that the chosen optimizer or schedule does not read are not shown and keep their
    default.
    """
    st.subheader("Training", anchor=False)
    optimizer = setting_choice(TrainingConfig, "optimizer", defaults.optimizer)
    schedules_own = {
        "step": ("decay_factor", "decay_epochs"),
        "exponential": ("decay_factor", "decay_epochs"),
        "warmup_cosine": ("warmup_fraction",),
    }
    optimizers_own = {
        "momentum": ("momentum",),
        "nesterov": ("momentum",),
        "adamw": ("weight_decay",),
    }
    values: dict[str, Any] = {"optimizer": optimizer}
    for name in ("learning_rate", *optimizers_own.get(optimizer, ())):
        values[name] = setting_number(TrainingConfig, name, getattr(defaults, name))
    values["schedule"] = setting_choice(TrainingConfig, "schedule", defaults.schedule)
    for name in (*schedules_own.get(values["schedule"], ()), "batch_size", "epochs"):
        values[name] = setting_number(TrainingConfig, name, getattr(defaults, name))
    values["seed"] = setting_integer(TrainingConfig, "seed", defaults.seed)
    with st.expander("Regularization and clipping", icon=":material/tune:"):
        for name in ("l1", "l2", "max_norm", "clip_norm", "clip_value"):
            values[name] = setting_number(TrainingConfig, name, getattr(defaults, name))
        values["patience"] = setting_integer(TrainingConfig, "patience", defaults.patience)
        values["target_loss"] = setting_number(TrainingConfig, "target_loss", defaults.target_loss)
    return TrainingConfig(**values)


def _choose_hidden(defaults: Sequence[int]) -> tuple[int, ...]:
    count = st.number_input(
        "Hidden layers",
        0,
        MAX_HIDDEN_LAYERS,
        len(defaults),
        help="How many layers lie between the inputs and the output layer.",
        key="layers",
        bind="query-params",
    )
    widths = []
    columns = st.columns(3, gap="small")
    for index in range(count):
        default = defaults[min(index, len(defaults) - 1)] if defaults else 16
        with columns[index % 3]:
            width = st.number_input(
                f"Units {index + 1}",
                1,
                MAX_WIDTH,
                default,
                help=f"The number of units in hidden layer {index + 1}.",
                key=f"units_{index + 1}",
                bind="query-params",
            )
        widths.append(width)
    return tuple(widths)


def setting_choice(config: type, name: str, default: str) -> str:
    """Draw a select box for a setting that has choices."""
    setting = setting_of(config, name)
    chosen: str = st.selectbox(
        setting.label,
        setting.choices,
        index=setting.choices.index(default),
        format_func=label_of,
        help=setting.help,
        key=name,
        bind="query-params",
    )
    return chosen


def setting_switch(config: type, name: str, default: bool) -> bool:
    """Draw a switch for a setting that is on or off."""
    setting = setting_of(config, name)
    on: bool = st.toggle(setting.label, default, help=setting.help, key=name, bind="query-params")
    return on


def setting_integer(config: type, name: str, default: int) -> int:
    """Draw a field for a whole number."""
    setting = setting_of(config, name)
    value: int = st.number_input(
        setting.label,
        int(setting.low or 0),
        int(setting.high or 0),
        default,
        help=setting.help,
        key=name,
        bind="query-params",
    )
    return value


def setting_number(config: type, name: str, default: float) -> Any:
    """Draw a slider: even steps on a linear scale, round numbers on a logarithmic one."""
    setting = setting_of(config, name)
    if not setting.log:
        return st.slider(
            setting.label,
            setting.low,
            setting.high,
            default,
            step=0.05 if (setting.high or 0) <= 0.95 else 0.001,
            help=setting.help,
            key=name,
            bind="query-params",
        )
    return st.select_slider(
        setting.label,
        scale_of(setting, default),
        value=default,
        format_func=lambda value: "off" if value == setting.off else plain_value(value),
        help=setting.help,
        key=name,
        bind="query-params",
    )


def scale_of(setting: Setting, default: float) -> list[float]:
    """Return the stops of a logarithmic slider: 1, 2, 5 times powers of ten within the bounds.

    The default is a stop, and so is the value that switches the setting off. Whole-number
    settings get powers of two as well, as is usual for batch sizes.
    """
    low, high = float(setting.low or 0), float(setting.high or 0)
    stops = {float(f"{digit}e{power}") for digit in (1, 2, 5) for power in range(-9, 7)}
    if isinstance(default, int):
        stops |= {float(2**power) for power in range(17)}
    inside = {stop for stop in stops if low <= stop <= high} | {low, high, float(default)}
    if setting.off is not None:
        inside.add(setting.off)
    kind = int if isinstance(default, int) else float
    return sorted(kind(stop) for stop in inside)


def plain_value(value: float) -> str:
    """Return a stop of a slider as people write it; the URL holds it in this form."""
    return str(value) if isinstance(value, int) else f"{value:.10g}"
