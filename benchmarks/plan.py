"""Who takes part in which case, and which ratios are the aim."""

from __future__ import annotations

from dataclasses import dataclass

OWN, COLD = "nnlib", "nnlib, cold"

LABELS = {
    "floor:products": "the step's matrix products alone",
    "nnlib:warm": OWN,
    "nnlib:cold": COLD,
    "nnlib:bare": "nnlib without instruments",
    "nnlib:compiled": "nnlib, compiled",
    "nnlib:compiled_cold": "nnlib, compiled, cold",
    "nnlib:compiled_bare": "nnlib, compiled, without instruments",
    "nnlib:singles": "nnlib, 32 runs one after another",
    "sklearn:fit": "scikit-learn MLPClassifier",
    "torch:eager": "PyTorch eager",
    "torch:fused": "PyTorch eager, fused optimizer",
    "torch:vmap": "PyTorch vmap",
    "jax:warm": "JAX jit + scan, warm",
    "jax:cold": "JAX jit + scan, cold",
    "keras:fit": "Keras fit",
}
"""Every contender, and what the tables call it."""

PARTICIPANTS = {
    "A": (
        "nnlib:warm", "nnlib:compiled", "nnlib:compiled_cold", "nnlib:compiled_bare",
        "floor:products", "nnlib:bare", "sklearn:fit", "torch:eager", "torch:fused", "jax:warm",
        "jax:cold", "keras:fit",
    ),
    "B": (
        "nnlib:warm", "nnlib:cold", "nnlib:compiled", "nnlib:compiled_cold", "nnlib:compiled_bare",
        "floor:products", "nnlib:bare", "sklearn:fit", "torch:eager", "torch:fused", "jax:warm",
        "jax:cold", "keras:fit",
    ),
    "C": (
        "nnlib:warm", "nnlib:cold", "nnlib:compiled", "nnlib:compiled_cold", "nnlib:compiled_bare",
        "nnlib:bare", "nnlib:singles", "torch:vmap", "jax:warm", "jax:cold",
    ),
    "D": (
        "nnlib:warm", "nnlib:cold", "nnlib:compiled", "nnlib:compiled_cold", "nnlib:compiled_bare",
        "floor:products", "nnlib:bare", "torch:eager", "torch:fused", "jax:warm", "jax:cold",
        "keras:fit",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Goal:
    """A ratio to reach: of the floor's time at most, of a peer's speed at least.

    `own` is the contender that is compared, `other` what it is compared with.
    """

    case: str
    other: str
    reach: float
    own: str = "nnlib:warm"

    @property
    def is_floor(self) -> bool:
        """Whether small is good."""
        return self.other.startswith("floor:")

    def ratio(self, own_seconds: float, other_seconds: float) -> float:
        """Return how many times the floor's time, or how many times as fast as the peer."""
        return own_seconds / other_seconds if self.is_floor else other_seconds / own_seconds

    def reached(self, ratio: float) -> bool:
        """Return whether the ratio, as printed, is within reach."""
        return round(ratio, 2) <= self.reach if self.is_floor else round(ratio, 2) >= self.reach


GOALS = (
    Goal("A", "floor:products", 1.3),
    Goal("A", "torch:eager", 2.5),
    Goal("A", "torch:fused", 2.5),
    Goal("A", "sklearn:fit", 1.8),
    Goal("A", "jax:warm", 1.0),
    Goal("B", "sklearn:fit", 4.0),
    Goal("B", "torch:eager", 8.0),
    Goal("B", "jax:cold", 5.0, own="nnlib:cold"),
    Goal("C", "nnlib:singles", 6.0),
    Goal("C", "jax:warm", 1.0),
    Goal("C", "jax:cold", 3.0, own="nnlib:cold"),
    Goal("D", "floor:products", 1.6),
    *(
        Goal(case, "jax:warm", reach, own="nnlib:compiled")
        for case, reach in (("A", 1.3), ("B", 3.0), ("C", 2.6), ("D", 1.6))
    ),
    *(
        Goal(case, "jax:cold", reach, own="nnlib:compiled_cold")
        for case, reach in (("A", 3.0), ("B", 45.0), ("C", 5.0), ("D", 10.0))
    ),
    Goal("A", "torch:fused", 2.2, own="nnlib:compiled"),
    Goal("B", "sklearn:fit", 25.0, own="nnlib:compiled"),
)
