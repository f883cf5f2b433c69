"""What a card of a published result is: its source, its claim, its measurement and its bands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Progress = Callable[[float], None]
"""Takes the share of the work that is done, from 0 to 1; what it raises ends the measurement."""


class Work(NamedTuple):
    """A paper or book: who, when, what, where, and its address."""

    authors: str
    year: int
    title: str
    place: str
    address: str

    @property
    def markdown(self) -> str:
        """Return the reference as one line of Markdown."""
        return f"{self.authors} ({self.year}). [{self.title}]({self.address}). {self.place}."


@dataclass(frozen=True)
class Band:
    """A number that is measured, and within which bounds it counts as reproduced.

    Attributes
    ----------
    what : the number, as a heading
    low, high : the bounds, both included
    reason : where they come from; they are set before a first rerun
    percent : whether the number is a share
    """

    what: str
    low: float = -inf
    high: float = inf
    reason: str = ""
    percent: bool = False

    def holds(self, value: float) -> bool:
        """Say whether a value lies within; a value that is not a number does not."""
        return self.low <= value <= self.high

    def say(self, value: float) -> str:
        """Return a number as people write it; a share of 0.123 as 12.3 %."""
        if not np.isfinite(value):
            return "none"
        text = f"{100 * value:.3g}\N{NO-BREAK SPACE}%" if self.percent else f"{value:.3g}"
        return text.replace("-", "\N{MINUS SIGN}")

    @property
    def text(self) -> str:
        """The bounds in words."""
        if self.low == -inf:
            return f"at most {self.say(self.high)}"
        if self.high == inf:
            return f"at least {self.say(self.low)}"
        return f"{self.say(self.low)} to {self.say(self.high)}"


@dataclass(frozen=True, eq=False)
class Curve:
    """A line of the picture, with an interval around it where there is one; shapes (points,)."""

    name: str
    x: Floats
    y: Floats
    low: Floats | None = None
    high: Floats | None = None


@dataclass(frozen=True, eq=False)
class Picture:
    """What was measured, to be drawn: curves over one axis, and levels to compare them with."""

    title: str
    x_title: str
    y_title: str
    curves: tuple[Curve, ...]
    levels: Mapping[str, float] = field(default_factory=dict)
    log_x: bool = False
    log_y: bool = False


@dataclass(frozen=True, eq=False)
class Measured:
    """What came of a rerun: one number for each band, in their order, and the picture."""

    values: tuple[float, ...]
    picture: Picture


def _nothing() -> str:
    return ""


@dataclass(frozen=True)
class Paper:
    """One published result that can be rerun.

    Attributes
    ----------
    name : of its file, and of its entry in `PAPERS`
    title : the result in a line
    work : where it was published
    claim : what it says, in our words
    scaled : what is smaller or otherwise than in the paper
    expect : what one will see
    bands : of the numbers that `measure` returns
    measure : called with a generator and a `Progress`; its further arguments are the size
    if_not : why a result of this size can miss its band
    page, values : the page of the dashboard to play on, and its settings by key of the address
    differs : what that page has otherwise than the rerun, in a sentence
    seconds : about so long it takes on a laptop
    lacking : says what the machine has to have first and has not, and how to get it, or ""
    """

    name: str
    title: str
    work: Work
    claim: str
    scaled: str
    expect: str
    bands: tuple[Band, ...]
    measure: Callable[..., Measured]
    if_not: str
    page: str
    values: Mapping[str, Any]
    differs: str
    seconds: float
    lacking: Callable[[], str] = _nothing

    def rerun(self, seed: int, progress: Progress = lambda share: None) -> Measured:
        """Measure at the card's size with everything drawn from a seed."""
        return self.measure(np.random.default_rng(seed), progress)

    def holds(self, measured: Measured) -> bool:
        """Say whether every number lies within its band."""
        pairs = zip(self.bands, measured.values, strict=True)
        return all(band.holds(value) for band, value in pairs)
