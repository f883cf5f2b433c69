"""The state of a run as named arrays: what its parts keep from one step to the next.

A part says with `kept` what it would need to go on from here, and takes it again with `put_back`.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

Arrays = Mapping[str, npt.NDArray[Any]]


@runtime_checkable
class Keeps(Protocol):
    """A part of a run that can be put back to where it was."""

    def kept(self) -> Arrays:
        """Return the state by name; arrays may be those that the part works on."""

    def put_back(self, kept: Arrays) -> None:
        """Take a state that `kept` gave, of the same names, shapes and types."""


class KeptAttributes:
    """A part whose state is its arrays and numbers of these names."""

    kept_names: ClassVar[tuple[str, ...]] = ()

    def kept(self) -> Arrays:
        """Return the state by name, as the very arrays that are worked on."""
        return {name: np.asarray(getattr(self, name)) for name in self.kept_names}

    def put_back(self, kept: Arrays) -> None:
        """Take a state that `kept` gave."""
        for name in self.kept_names:
            now = getattr(self, name)
            if isinstance(now, np.ndarray):
                np.copyto(now, kept[name])
            else:
                setattr(self, name, type(now)(kept[name]))


def copied(parts: Mapping[str, Keeps]) -> dict[str, npt.NDArray[Any]]:
    """Return copies of the states of all parts, by "part.name"."""
    return {
        f"{part}.{name}": array.copy()
        for part, keeps in parts.items()
        for name, array in keeps.kept().items()
    }


def put_back(parts: Mapping[str, Keeps], arrays: Arrays) -> None:
    """Take what `copied` gave; nothing is changed where it does not fit.

    Raises ValueError if the arrays are those of other parts.
    """
    now = {f"{p}.{name}": x for p, keeps in parts.items() for name, x in keeps.kept().items()}
    if {n: (x.shape, x.dtype) for n, x in now.items()} != {
        n: (x.shape, x.dtype) for n, x in arrays.items()
    }:
        raise ValueError("This state is of another kind of run.")
    for part, keeps in parts.items():
        keeps.put_back({name: arrays[f"{part}.{name}"] for name in keeps.kept()})
