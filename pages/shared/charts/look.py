"""How the curves of a run are drawn: over what, on which scale, and how smooth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from nnlib.history import History

Over = Literal["step", "epoch", "seconds"]
Scale = Literal["automatic", "linear", "logarithmic"]
Places = npt.NDArray[Any]
STEP = "step"
TITLES: dict[Over, str] = {"step": STEP, "epoch": "epoch", "seconds": "seconds of computing"}
HOVERS: dict[Over, str] = {
    "step": "step %{x:,}",
    "epoch": "epoch %{x:.2f}",
    "seconds": "%{x:,.4~r} s",
}
"""Where one is on the axis, for a hover template."""


@dataclass(frozen=True)
class Look:
    """What a person has chosen for all curves of a run.

    Attributes
    ----------
    over : what they lie over; seconds are those of computing, drawing left out
    scale : of the values; "automatic" is the one that suits each
    smoothing : weight of the past in a moving average, from 0 (off) to 0.99; what was recorded
        stays visible behind it
    """

    over: Over = "step"
    scale: Scale = "automatic"
    smoothing: float = 0.0

    def log_y(self, suits: bool) -> bool:
        """Return whether values are drawn on a logarithmic scale; `suits` says what is usual."""
        return suits if self.scale == "automatic" else self.scale == "logarithmic"


AS_RECORDED = Look()


@dataclass(frozen=True, eq=False)
class Axis:
    """The horizontal axis of a run's curves: what it counts, and where steps are on it."""

    over: Over
    place: Callable[[npt.ArrayLike], Places]


STEPS = Axis("step", np.asarray)


def axis_of(history: History, over: Over) -> Axis:
    """Return the axis of a run as it stands; of seconds that are not known, the places are NaN."""
    if over == "step":
        return STEPS
    if over == "epoch":
        per_epoch = history.steps_per_epoch
        return Axis(over, lambda steps: np.asarray(steps) / per_epoch)
    return Axis(over, history.clock.copy().at)
