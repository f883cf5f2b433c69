"""Random streams of a run: one generator a purpose, derived from the seed.

Replicas that have the same seed share one stream, so that they see the same initial weights, the
same minibatches and the same dropout draws, and one changed hyperparameter explains a difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlib.kept import Arrays

INITIALIZATION, SHUFFLING, DROPOUT, SAMPLING = range(4)


def generator(seed: int, purpose: int) -> np.random.Generator:
    """Return the generator that `seed` gives for one purpose; purposes do not overlap."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(purpose,)))


@dataclass
class Streams:
    """Generators for a stack of replicas.

    Parameters
    ----------
    generators : one for each distinct stream
    index : which generator each replica uses, shape (R,); None where all share the first
    """

    generators: list[np.random.Generator]
    index: npt.NDArray[np.intp] | None = None

    @classmethod
    def from_seeds(cls, seeds: Sequence[int], purpose: int) -> Streams:
        """Make one stream for each distinct seed."""
        distinct = sorted(set(seeds))
        generators = [generator(seed, purpose) for seed in distinct]
        if len(distinct) == 1:
            return cls(generators)
        return cls(generators, np.array([distinct.index(seed) for seed in seeds]))

    def spawn(self, count: int) -> list[Streams]:
        """Return `count` independent children, one for each consumer."""
        children = zip(*(g.spawn(count) for g in self.generators), strict=True)
        return [Streams(list(child), self.index) for child in children]

    def states(self) -> list[Any]:
        """Return what each generator would need to draw the same again; see `state_words`."""
        return [g.bit_generator.state for g in self.generators]

    def kept(self) -> Arrays:
        """Return the state of every generator, shape (generators, 6)."""
        return {"generators": state_words(self.states())}

    def put_back(self, kept: Arrays) -> None:
        """Take a state that `kept` gave."""
        for g, words in zip(self.generators, kept["generators"].tolist(), strict=True):
            state, inc = words[0] << 64 | words[1], words[2] << 64 | words[3]
            g.bit_generator.state = {
                "bit_generator": "PCG64",
                "state": {"state": state, "inc": inc},
                "has_uint32": words[4],
                "uinteger": words[5],
            }

    def uniform(self, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
        """Draw U[0, 1): of `shape` where all replicas share it, else of (R, *shape)."""
        if self.index is None:
            return self.generators[0].random(shape, dtype=np.float32)
        draws = [g.random(shape, dtype=np.float32) for g in self.generators]
        return np.stack(draws)[self.index]

    def normal(self, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
        """Draw N(0, 1): of `shape` where all replicas share it, else of (R, *shape)."""
        if self.index is None:
            return self.generators[0].standard_normal(shape, dtype=np.float32)
        draws = [g.standard_normal(shape, dtype=np.float32) for g in self.generators]
        return np.stack(draws)[self.index]

    def permutation(self, n: int) -> npt.NDArray[np.intp]:
        """Draw an order of n examples, shape (n,) where all replicas share it, else (R, n)."""
        if self.index is None:
            return self.generators[0].permutation(n)
        return np.stack([g.permutation(n) for g in self.generators])[self.index]


def state_words(states: Sequence[Any]) -> npt.NDArray[np.uint64]:
    """Return the states of PCG64 generators as numbers, shape (generators, 6).

    The state and the increment, of 128 bits each, in two words; then the half of a draw that is
    left over from one of 32 bits: whether there is one, and which.
    """
    rows = []
    for state in states:
        numbers = state["state"]
        wide = [half for n in ("state", "inc") for half in divmod(numbers[n], 1 << 64)]
        rows.append([*wide, state["has_uint32"], state["uinteger"]])
    return np.array(rows, np.uint64)
