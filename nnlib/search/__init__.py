"""Searches: many runs with other settings, what they reached, and which settings matter."""

from nnlib.search import executors as executors
from nnlib.search.findings import findings
from nnlib.search.importance import METHODS, Importance, SeedNoise, importance, seed_noise
from nnlib.search.objectives import OBJECTIVES, PARTS, Objective, Outcome
from nnlib.search.proposals import PRUNERS, SAMPLERS
from nnlib.search.search import Search, search
from nnlib.search.space import DEPTH, WIDTH, Choice, Range, When
from nnlib.search.study import Trial

__all__ = [
    "DEPTH",
    "METHODS",
    "OBJECTIVES",
    "PARTS",
    "PRUNERS",
    "SAMPLERS",
    "WIDTH",
    "Choice",
    "Importance",
    "Objective",
    "Outcome",
    "Range",
    "Search",
    "SeedNoise",
    "Trial",
    "When",
    "findings",
    "importance",
    "search",
    "seed_noise",
]
