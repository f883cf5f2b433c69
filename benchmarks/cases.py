"""The cases: what is trained, for how many steps, on which examples, from which weights.

Every contender of a case makes the same computation: float32, this network, optimizer, learning
rate, batch size and number of steps, a fresh shuffle of all examples each epoch, and, scikit-learn
aside, these initial weights.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Case:
    """One training task; `replicas` networks at different learning rates where it is above 1."""

    letter: str
    title: str
    inputs: int
    hidden: tuple[int, ...]
    outputs: int
    batch: int
    optimizer: str
    learning_rate: float
    examples: int
    validation: int
    steps: int
    batch_norm: bool = False
    replicas: int = 1
    threads: tuple[int, ...] = (1, 2)
    note: str = ""

    @classmethod
    def from_json(cls, text: str) -> Case:
        """Read a case that another process wrote."""
        fields: dict[str, Any] = json.loads(text)
        return cls(**fields | {name: tuple(fields[name]) for name in ("hidden", "threads")})

    @property
    def epochs(self) -> int:
        """Whole passes over the examples."""
        return self.steps * self.batch // self.examples

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """(fan_in, fan_out) of every layer."""
        return list(pairwise((self.inputs, *self.hidden, self.outputs)))

    @property
    def learning_rates(self) -> Floats:
        """One a replica, shape (replicas,)."""
        if self.replicas == 1:
            return np.array([self.learning_rate], np.float32)
        spread = np.geomspace(self.learning_rate / 10, self.learning_rate * 3, self.replicas)
        return spread.astype(np.float32)

    def quick(self) -> Case:
        """Return a version that takes a moment, to see that everything runs."""
        steps = 2 * max(1, 256 // self.batch)
        return replace(
            self,
            examples=steps * self.batch // 2,
            validation=64,
            steps=steps,
            replicas=min(self.replicas, 3),
            threads=self.threads[:1],
        )


CASES = {
    case.letter: case
    for case in (
        Case(
            "A",
            "784-128-64-10, batch 128, Adam: one epoch of 48,000 images",
            784, (128, 64), 10, 128, "adam", 1e-3, 48_000, 12_000, 375, threads=(2,),
        ),
        Case(
            "B",
            "2-16-16-2, batch 32, SGD: 2,000 steps",
            2, (16, 16), 2, 32, "sgd", 0.1, 800, 200, 2000,
        ),
        Case(
            "C",
            "the network of B at 32 learning rates: 2,000 steps each",
            2, (16, 16), 2, 32, "sgd", 0.1, 800, 200, 2000, replicas=32,
        ),
        Case(
            "D",
            "30 hidden layers of 64, batch normalization, batch 64, Adam: 300 steps",
            64, (64,) * 30, 10, 64, "adam", 1e-2, 6400, 1600, 300, batch_norm=True,
            note="A network as deep as this is chaotic at its start: a change of the initial "
            "weights by rounding alone moves the final loss by 0.2 and more, whatever the library.",
        ),
    )
}  # fmt: skip


def examples(case: Case, count: int, seed: int = 0) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Draw features (count, inputs) and class codes (count,): noisy copies of one center a class.

    As many inputs, so many hints; the noise grows with their number so that no case is trivial.
    """
    centers = np.random.default_rng(12345).normal(size=(case.outputs, case.inputs))
    rng = np.random.default_rng(seed)
    codes = rng.integers(case.outputs, size=count)
    noise = 0.25 * case.inputs**0.5 * rng.normal(size=(count, case.inputs))
    return (centers[codes] + noise).astype(np.float32), codes


def initial_weights(case: Case) -> list[Floats]:
    """Draw the weights of every layer, (fan_in, fan_out), normal with variance 2 / fan_in."""
    rng = np.random.default_rng(7)
    return [
        rng.normal(scale=(2 / fan_in) ** 0.5, size=(fan_in, fan_out)).astype(np.float32)
        for fan_in, fan_out in case.shapes
    ]
