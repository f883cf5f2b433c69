"""What determines a run: frozen, validated, hashable, and written to JSON and back.

Every field is declared once with its bounds, choices, label and help; validation, the sidebar and
the documentation all read that declaration.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from numbers import Integral, Real
from typing import Any

import numpy as np

from nnlib.activations import ACTIVATIONS
from nnlib.initializers import INITIALIZERS
from nnlib.optimizers import OPTIMIZERS
from nnlib.schedules import SCHEDULES

MAX_HIDDEN_LAYERS = 64
MAX_WIDTH = 4096

OptionValue = str | int | float | bool


@dataclass(frozen=True)
class Setting:
    """The declaration of one config field.

    `low` and `high` are inclusive; `log` says that the useful scale is logarithmic; `off` names
    the value that switches the feature off.
    """

    label: str
    help: str
    low: float | None = None
    high: float | None = None
    log: bool = False
    off: float | None = None
    choices: tuple[str, ...] = ()


def setting_of(config_class: type, name: str) -> Setting:
    """Return the declaration of a field, for instance ``setting_of(TrainingConfig, "epochs")``."""
    declared = next(f for f in fields(config_class) if f.name == name)
    setting: Setting = declared.metadata["setting"]
    return setting


def _setting(
    default: Any,
    label: str,
    help: str,
    low: float | None = None,
    high: float | None = None,
    log: bool = False,
    off: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    declaration = Setting(label, help, low, high, log, off, choices)
    return field(default=default, metadata={"setting": declaration})


class _Validated:
    """Checks every field against its declaration when the object is made."""

    def __post_init__(self) -> None:
        for f in fields(self):  # type: ignore[arg-type]
            value = _checked(f.name, getattr(self, f.name), str(f.type), f.metadata["setting"])
            object.__setattr__(self, f.name, value)


def _checked(name: str, value: Any, kind: str, setting: Setting) -> Any:
    if kind == "float":
        return _checked_number(name, value, setting, Real, float)
    if kind == "int":
        return _checked_number(name, value, setting, Integral, int)
    if kind == "bool" and not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} must be true or false, not {value!r}.")
    if kind == "str" and setting.choices and value not in setting.choices:
        raise ValueError(f"{name} must be one of {', '.join(setting.choices)}, not {value!r}.")
    return bool(value) if kind == "bool" else value


def _checked_number(name: str, value: Any, setting: Setting, kind: type, cast: type) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool | np.bool_):
        noun = "a whole number" if cast is int else "a number"
        raise ValueError(f"{name} must be {noun}, not {value!r}.")
    try:
        value = cast(value)
    except OverflowError:
        raise ValueError(f"{name} is too large a number.") from None
    low = -np.inf if setting.low is None else setting.low
    high = np.inf if setting.high is None else setting.high
    if value != setting.off and not low <= value <= high:
        off = "" if setting.off is None else f"{_plain(setting.off)} (off) or "
        raise ValueError(
            f"{name} must be {off}between {_plain(low)} and {_plain(high)}, not {_plain(value)}."
        )
    return value


def _plain(value: float) -> str:
    if isinstance(value, int):
        return f"{value:,}" if abs(value) < 10**15 else "so large a number"
    return f"{value:g}"


@dataclass(frozen=True)
class NetworkConfig(_Validated):
    """The architecture and its initial weights."""

    hidden: tuple[int, ...] = _setting(
        (16, 16), "Hidden layers", "The number of units in each hidden layer, from input to output."
    )
    activation: str = _setting(
        "relu",
        "Activation",
        "The function that every hidden unit applies to its weighted sum.",
        choices=tuple(ACTIVATIONS),
    )
    initializer: str = _setting(
        "he_normal",
        "Initializer",
        "The distribution that the initial weights are drawn from.",
        choices=tuple(INITIALIZERS),
    )
    initializer_scale: float = _setting(
        1.0,
        "Initial scale",
        "Multiplies the standard deviation of the initial weights.",
        low=0.01,
        high=100.0,
        log=True,
    )
    batch_norm: bool = _setting(
        False,
        "Batch normalization",
        "Normalizes the values of every hidden unit over the minibatch.",
    )
    batch_norm_after: bool = _setting(
        False,
        "Normalize after the activation",
        "Places batch normalization behind the activation instead of ahead of it.",
    )
    batch_norm_noise: float = _setting(
        0.0,
        "Noise after normalization",
        "Shifts and scales what batch normalization gives at random, anew in every training step.",
        low=0.0,
        high=5.0,
    )
    skip: bool = _setting(
        False,
        "Skip connections",
        "Adds the input of each hidden layer to its output where the two have the same width.",
    )
    dropout: float = _setting(
        0.0,
        "Dropout rate",
        "The probability with which each hidden unit is switched off in a training step.",
        low=0.0,
        high=0.9,
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden", _checked_hidden(self.hidden))
        super().__post_init__()

    @property
    def architecture(self) -> tuple[object, ...]:
        """What networks must have in common to be stacked."""
        normalization = (self.batch_norm_after, self.batch_norm_noise) if self.batch_norm else ()
        return (self.hidden, self.activation, self.batch_norm, *normalization, self.skip)


def _checked_hidden(hidden: Any) -> tuple[int, ...]:
    if isinstance(hidden, str) or not hasattr(hidden, "__iter__"):
        raise ValueError(f"hidden must be a list of layer widths, not {hidden!r}.")
    widths = tuple(hidden)
    if len(widths) > MAX_HIDDEN_LAYERS:
        raise ValueError(f"hidden can have at most {MAX_HIDDEN_LAYERS} layers, not {len(widths)}.")
    for width in widths:
        if not isinstance(width, Integral) or isinstance(width, bool):
            raise ValueError(f"hidden must hold whole numbers, not {width!r}.")
        if not 1 <= int(width) <= MAX_WIDTH:
            raise ValueError(f"hidden layers have between 1 and {MAX_WIDTH} units, not {width}.")
    return tuple(int(width) for width in widths)


@dataclass(frozen=True)
class TrainingConfig(_Validated):
    """How the network is trained."""

    optimizer: str = _setting(
        "adam",
        "Optimizer",
        "The rule that turns a gradient into a change of the weights.",
        choices=tuple(OPTIMIZERS),
    )
    learning_rate: float = _setting(
        0.01,
        "Learning rate",
        "The size of a step; it can be changed while the network trains.",
        low=1e-6,
        high=100.0,
        log=True,
    )
    momentum: float = _setting(
        0.9,
        "Momentum",
        "The share of the last velocity that is kept in the next step.",
        low=0.0,
        high=0.999,
    )
    weight_decay: float = _setting(
        0.01,
        "Weight decay",
        "AdamW shrinks each weight by this times the learning rate in every step.",
        low=1e-6,
        high=1.0,
        log=True,
        off=0.0,
    )
    schedule: str = _setting(
        "constant",
        "Schedule",
        "How the learning rate changes over the run.",
        choices=tuple(SCHEDULES),
    )
    decay_factor: float = _setting(
        0.1,
        "Decay factor",
        "The step and exponential schedules multiply the rate by this once a decay period.",
        low=0.001,
        high=1.0,
        log=True,
    )
    decay_epochs: int = _setting(
        10,
        "Decay period (epochs)",
        "The number of epochs over which the decay factor applies once.",
        low=1,
        high=10_000,
        log=True,
    )
    warmup_fraction: float = _setting(
        0.1,
        "Warm-up",
        "The share of the run in which the rate rises linearly.",
        low=0.0,
        high=0.9,
    )
    batch_size: int = _setting(
        32,
        "Batch size",
        "The number of examples whose mean gradient makes one step.",
        low=1,
        high=65_536,
        log=True,
    )
    epochs: int = _setting(
        100,
        "Epochs",
        "How many times the run passes over the training split.",
        low=1,
        high=100_000,
        log=True,
    )
    l1: float = _setting(
        0.0,
        "L1 strength",
        "Adds this times the sum of absolute weights to the loss that is minimized.",
        low=1e-7,
        high=10.0,
        log=True,
        off=0.0,
    )
    l2: float = _setting(
        0.0,
        "L2 strength",
        "Adds this times the sum of squared weights to the loss that is minimized.",
        low=1e-7,
        high=10.0,
        log=True,
        off=0.0,
    )
    clip_norm: float = _setting(
        0.0,
        "Clip gradient norm",
        "Scales the whole gradient down when its norm passes this.",
        low=1e-4,
        high=1e4,
        log=True,
        off=0.0,
    )
    clip_value: float = _setting(
        0.0,
        "Clip gradient values",
        "Limits every component of the gradient to plus or minus this.",
        low=1e-6,
        high=1e4,
        log=True,
        off=0.0,
    )
    max_norm: float = _setting(
        0.0,
        "Max norm",
        "Scales a unit's incoming weights down when their norm passes this.",
        low=1e-2,
        high=1e3,
        log=True,
        off=0.0,
    )
    patience: int = _setting(
        0,
        "Early stopping patience",
        "Stops after this many epochs without a better validation loss and restores the best"
        " weights; 0 never stops early.",
        low=0,
        high=10_000,
    )
    target_loss: float = _setting(
        0.0,
        "Stop at training loss",
        "Ends the run after the epoch in which the training loss has fallen to this.",
        low=1e-8,
        high=100.0,
        log=True,
        off=0.0,
    )
    seed: int = _setting(
        0,
        "Seed",
        "Determines the initial weights, the order of the examples and the dropout masks.",
        low=0,
        high=2**31 - 1,
    )


@dataclass(frozen=True)
class DataReference:
    """Which data set a run used: its name, its options, and a fingerprint of its content."""

    name: str = ""
    options: tuple[tuple[str, OptionValue], ...] = ()
    fingerprint: str = ""

    def __post_init__(self) -> None:
        pairs = self.options.items() if isinstance(self.options, Mapping) else self.options
        object.__setattr__(self, "options", _checked_options(pairs))


def _checked_options(pairs: Any) -> tuple[tuple[str, OptionValue], ...]:
    try:
        options = tuple((str(name), value) for name, value in pairs)
    except (TypeError, ValueError):
        raise ValueError(f"options must be pairs of a name and a value, not {pairs!r}.") from None
    for name, value in options:
        if not isinstance(value, str | int | float | bool):
            raise ValueError(f"The option {name} must be a text or a number, not {value!r}.")
    return options


@dataclass(frozen=True)
class Experiment:
    """Everything that determines a run; the same Experiment and data give the same numbers."""

    network: NetworkConfig = field(default_factory=NetworkConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    data: DataReference = field(default_factory=DataReference)

    def with_training(self, **changes: Any) -> Experiment:
        """Return a copy with changed fields of `training`; unknown names raise TypeError."""
        return replace(self, training=replace(self.training, **changes))

    def with_network(self, **changes: Any) -> Experiment:
        """Return a copy with changed fields of `network`; unknown names raise TypeError."""
        return replace(self, network=replace(self.network, **changes))

    def to_json(self) -> str:
        """Return the experiment as indented JSON."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> Experiment:
        """Read what `to_json` wrote; fields left out take their defaults.

        Raises
        ------
        ValueError
            if the text is not JSON, names an unknown field, or holds a value out of bounds
        """
        try:
            document = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"This is not JSON: {error}.") from error
        parts = {"network": NetworkConfig, "training": TrainingConfig, "data": DataReference}
        known = _known_fields("experiment", document, parts)
        return cls(**{name: _from_mapping(name, parts[name], v) for name, v in known.items()})


def _from_mapping(name: str, config_class: type[Any], document: Any) -> Any:
    declared = {f.name: f for f in fields(config_class)}
    return config_class(**_known_fields(name, document, declared))


def _known_fields(name: str, document: Any, known: Mapping[str, object]) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise ValueError(f"{name} must be an object with named fields, not {document!r}.")
    unknown = sorted(set(document) - set(known))
    if unknown:
        raise ValueError(f"{name} has no field {', '.join(unknown)}.")
    return document
