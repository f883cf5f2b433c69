"""What every contender of a case offers, and how one is made from its name."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from benchmarks.cases import Case


class Contender:
    """One library's way to do a case; the subclasses live in one file a library.

    Parameters
    ----------
    case : what to do
    threads : how many threads the library may use; the environment already says so
    """

    def __init__(self, case: Case, threads: int) -> None:
        self.case, self.threads = case, threads

    def prepare(self) -> None:
        """Go back to the initial weights; not timed."""

    def run(self) -> None:
        """Make the case's steps, and wait until they are done; timed."""
        raise NotImplementedError

    def loss(self) -> float | None:
        """Return the mean loss on the training examples after the run, or None."""
        raise NotImplementedError


MODULES = {
    "nnlib": "own",
    "floor": "floor",
    "sklearn": "peers_sklearn",
    "torch": "peers_torch",
    "jax": "peers_jax",
    "keras": "peers_keras",
}
"""The file of each library; a contender's name is ``library:variant``."""


def make_contender(name: str, case: Case, threads: int) -> Contender:
    """Return the contender of this name; imports its library.

    Raises
    ------
    ImportError
        if the library is not installed
    """
    library, variant = name.split(":")
    module = import_module(f"benchmarks.{MODULES[library]}")
    make: Callable[[Case, int], Contender] = module.CONTENDERS[variant]
    return make(case, threads)


def version_of(name: str) -> str:
    """Return the version of a contender's library."""
    library = name.split(":")[0]
    package = {"floor": "numpy"}.get(library, library)
    version: str = import_module(package).__version__
    return version
