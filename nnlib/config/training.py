"""The settings of training, and which of them may change or differ."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

from nnlib.class_weights import CLASS_WEIGHTS
from nnlib.config.settings import Validated, setting, setting_of
from nnlib.optimizers import OPTIMIZERS
from nnlib.schedules import SCHEDULES

_STRENGTH = {"log": True, "off": 0.0, "live": True, "stacked": True}
"""Of what is switched off by 0 and may differ at any time."""


@dataclass(frozen=True)
class TrainingConfig(Validated):
    """How the network is trained."""

    optimizer: str = setting(
        "adam",
        "Optimizer",
        "The rule that turns a gradient into a change of the weights.",
        choices=tuple(OPTIMIZERS),
    )
    learning_rate: float = setting(
        0.01,
        "Learning rate",
        "The size of a step; it can be changed while the network trains.",
        low=1e-6,
        high=100.0,
        log=True,
        live=True,
        stacked=True,
    )
    momentum: float = setting(
        0.9,
        "Momentum",
        "The share of the last velocity that is kept in the next step.",
        low=0.0,
        high=0.999,
        read_by="optimizer",
        step=0.001,
    )
    weight_decay: float = setting(
        0.01,
        "Weight decay",
        "AdamW shrinks each weight by this times the learning rate in every step.",
        low=1e-6,
        high=100.0,
        log=True,
        off=0.0,
        read_by="optimizer",
    )
    schedule: str = setting(
        "constant",
        "Schedule",
        "How the learning rate changes over the run.",
        choices=tuple(SCHEDULES),
    )
    decay_factor: float = setting(
        0.1,
        "Decay factor",
        "The step and exponential schedules multiply the rate by this once a decay period.",
        low=0.001,
        high=1.0,
        log=True,
        read_by="schedule",
    )
    decay_epochs: int = setting(
        10,
        "Decay period (epochs)",
        "The number of epochs over which the decay factor applies once.",
        low=1,
        high=10_000,
        log=True,
        read_by="schedule",
    )
    warmup_fraction: float = setting(
        0.1,
        "Warm-up",
        "The share of the run in which the rate rises linearly.",
        low=0.0,
        high=0.9,
        read_by="schedule",
        step=0.05,
    )
    batch_size: int = setting(
        32,
        "Batch size",
        "The number of examples whose mean gradient makes one step.",
        low=1,
        high=65_536,
        log=True,
    )
    epochs: int = setting(
        100,
        "Epochs",
        "How many times the run passes over the training split.",
        low=1,
        high=100_000,
        log=True,
        live=True,
    )
    l1: float = setting(
        0.0,
        "L1 strength",
        "Adds this times the sum of absolute weights to the loss that is minimized.",
        low=1e-7,
        high=10.0,
        **_STRENGTH,
    )
    l2: float = setting(
        0.0,
        "L2 strength",
        "Adds this times the sum of squared weights to the loss that is minimized.",
        low=1e-7,
        high=10.0,
        **_STRENGTH,
    )
    clip_norm: float = setting(
        0.0,
        "Clip gradient norm",
        "Scales the whole gradient down when its norm passes this, which limits the step of SGD and"
        " momentum, not that of Adam, RMSprop and AdaGrad.",
        low=1e-4,
        high=1e4,
        **_STRENGTH,
    )
    clip_value: float = setting(
        0.0,
        "Clip gradient values",
        "Limits every component of the gradient to plus or minus this, which limits the step of SGD"
        " and momentum, not that of Adam, RMSprop and AdaGrad.",
        low=1e-6,
        high=1e4,
        **_STRENGTH,
    )
    max_norm: float = setting(
        0.0,
        "Max norm",
        "Scales a unit's incoming weights down when their norm passes this.",
        low=1e-2,
        high=1e3,
        **_STRENGTH,
    )
    patience: int = setting(
        0,
        "Early stopping patience",
        "Stops after this many epochs without a better validation loss and restores the best"
        " weights; 0 never stops early.",
        low=0,
        high=10_000,
    )
    target_loss: float = setting(
        0.0,
        "Stop at training loss",
        "Ends the run after the epoch in which the training loss has fallen to this.",
        low=1e-8,
        high=100.0,
        log=True,
        off=0.0,
    )
    seed: int = setting(
        0,
        "Seed",
        "Determines the initial weights, the order of the examples and the dropout masks.",
        low=0,
        high=2**31 - 1,
        stacked=True,
    )
    class_weight: str = setting(
        "none",
        "Class weights",
        "Balanced: a rare class counts as much as a frequent one in the loss of a minibatch, which"
        " is minimized; training and validation loss are measured without weights.",
        choices=CLASS_WEIGHTS,
    )


def is_read(config: Any, name: str) -> bool:
    """Whether the config's other choices let this field have an effect."""
    owner = setting_of(type(config), name).read_by
    if not owner:
        return True
    chosen = getattr(config, owner)
    if isinstance(chosen, bool):
        return chosen
    rule = OPTIMIZERS[chosen] if owner == "optimizer" else SCHEDULES[chosen]
    return name in rule.reads


def live_settings() -> tuple[str, ...]:
    """Name the training settings that can be changed during a run; others need a new run."""
    return tuple(f.name for f in fields(TrainingConfig) if f.metadata["setting"].live)


def stacked_settings() -> tuple[str, ...]:
    """Name the training settings in which the replicas of a stack may differ."""
    return tuple(f.name for f in fields(TrainingConfig) if f.metadata["setting"].stacked)


def of_training(name: str, default: Any, **changes: Any) -> Any:
    """Declare a field as `TrainingConfig` does, with another default and other bounds."""
    declared = replace(setting_of(TrainingConfig, name), **changes)
    return field(default=default, metadata={"setting": declared})
