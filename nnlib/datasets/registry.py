"""What a named data set declares about itself: its words for a page, its options, its builder."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .dataset import Dataset
from .errors import DatasetError, listing


@dataclass(frozen=True)
class Option:
    """One setting of a data set: its default, its bounds and its words on a page.

    `choices`, where given, takes the place of the bounds. Whole numbers have a default of type
    int, others of type float.
    """

    name: str
    default: int | float
    low: int | float
    high: int | float
    label: str
    help: str
    choices: tuple[int, ...] = ()

    def check(self, value: object) -> int | float:
        """Return the value as int or float, like the default.

        Raises DatasetError if the value is not a number, not whole where it must be, or out of
        bounds.
        """
        whole = isinstance(self.default, int)
        if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
            number = float(value)
            allowed = number in self.choices if self.choices else self.low <= number <= self.high
            if allowed and (not whole or number.is_integer()):
                return int(value) if whole else number
        kind = "a whole number" if whole else "a number"
        valid = listing(self.choices) if self.choices else f"{kind} from {self.low} to {self.high}"
        raise DatasetError(f"The option {self.name} cannot be {value!r}.", f"Choose {valid}.")


@dataclass(frozen=True)
class DatasetInfo:
    """What a page needs to offer a data set, and how to build it.

    `kind` is "toy", "table" or "image"; `task` is the one at default options (a spiral of three
    arms is multiclass).
    """

    name: str
    label: str
    group: str
    task: str
    kind: str
    description: str
    options: tuple[Option, ...]
    build: Callable[..., Dataset] = field(repr=False, compare=False)

    def option(self, name: str) -> Option:
        """Return the option of that name.

        Raises DatasetError if this data set has no such option.
        """
        for option in self.options:
            if option.name == name:
                return option
        raise DatasetError(
            f"The data set '{self.name}' has no option '{name}'.",
            f"Its options are {listing((o.name for o in self.options), limit=20)}.",
        )

    def defaults(self) -> dict[str, int | float]:
        """Return the default of every option by name."""
        return {option.name: option.default for option in self.options}

    def load(self, options: dict[str, Any], **services: Any) -> Dataset:
        """Build the data set with these options, checked, and defaults for the others."""
        checked = {name: self.option(name).check(value) for name, value in options.items()}
        return self.build(**{**self.defaults(), **checked}, **services)


SPLIT = (
    Option(
        "train_fraction", 0.8, 0.05, 0.95, "Training share", "Share of the rows that is trained on."
    ),
    Option(
        "test_fraction",
        0.0,
        0.0,
        0.9,
        "Test share",
        "Share of the rows kept for a test; the rows that remain are for validation.",
    ),
    Option(
        "seed", 0, 0, 2**32 - 1, "Data seed", "Decides which rows are drawn and how they split."
    ),
)
"""How every data set's rows are split."""
