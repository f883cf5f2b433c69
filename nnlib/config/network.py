"""The settings of a network: its architecture and its initial weights."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any

from nnlib.activations import ACTIVATIONS
from nnlib.config.settings import Validated, setting
from nnlib.initializers import INITIALIZERS

MAX_HIDDEN_LAYERS = 64
MAX_WIDTH = 4096


@dataclass(frozen=True)
class NetworkConfig(Validated):
    """The architecture and its initial weights."""

    hidden: tuple[int, ...] = setting(
        (16, 16), "Hidden layers", "The number of units in each hidden layer, from input to output."
    )
    activation: str = setting(
        "relu",
        "Activation",
        "The function that every hidden unit applies to its weighted sum.",
        choices=tuple(ACTIVATIONS),
    )
    initializer: str = setting(
        "he_normal",
        "Initializer",
        "The distribution that the initial weights are drawn from.",
        choices=tuple(INITIALIZERS),
    )
    initializer_scale: float = setting(
        1.0,
        "Initial scale",
        "Multiplies the standard deviation of the initial weights.",
        low=0.01,
        high=100.0,
        log=True,
    )
    batch_norm: bool = setting(
        False,
        "Batch normalization",
        "Normalizes the values of every hidden unit over the minibatch.",
    )
    batch_norm_after: bool = setting(
        False,
        "Normalize after the activation",
        "Places batch normalization behind the activation instead of ahead of it.",
        read_by="batch_norm",
    )
    batch_norm_noise: float = setting(
        0.0,
        "Noise after normalization",
        "Shifts and scales what batch normalization gives at random, anew in every training step.",
        low=0.0,
        high=5.0,
        read_by="batch_norm",
        step=0.1,
    )
    skip: bool = setting(
        False,
        "Skip connections",
        "Adds the input of each hidden layer to its output where the two have the same width.",
    )
    skip_scaled: bool = setting(
        False,
        "Scale the branches",
        "Divides what each hidden layer gives by the root of their number, ahead of the sum.",
        read_by="skip",
    )
    dropout: float = setting(
        0.0,
        "Dropout rate",
        "The probability with which each hidden unit is switched off in a training step.",
        low=0.0,
        high=0.9,
        step=0.05,
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden", _checked_hidden(self.hidden))
        super().__post_init__()

    @property
    def architecture(self) -> tuple[object, ...]:
        """What networks must have in common to be stacked."""
        normalization = (self.batch_norm_after, self.batch_norm_noise) if self.batch_norm else ()
        scaled = self.skip and self.skip_scaled
        return (self.hidden, self.activation, self.batch_norm, *normalization, self.skip, scaled)


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
