"""What trials cost beside what they reach, and which of them no other one beats in both."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from nnlib.search.search import Search
from nnlib.search.space import hidden_with
from nnlib.search.study import Trial

_OPERATIONS = 6
"""Forward a multiplication and an addition a weight and example, backward twice as many."""


def work_of(search: Search, trial: Trial) -> float:
    """Return about how many floating-point operations one run of a trial took.

    Six for each weight and example: Kaplan et al. (2020), section 2.1. Where the way to a loss is
    counted in steps or seconds, those up to there, where the trial ended.
    """
    if search.data is None or trial.outcome is None:
        return 0.0
    hidden = hidden_with(search.base, trial.settings)
    sizes = (search.data.n_features, *hidden, search.data.n_outputs)
    weights = sum(a * b for a, b in pairwise(sizes))
    batch = trial.settings.get("batch_size", search.base.training.batch_size)
    rows = min(int(batch), len(search.data.y_train))
    return float(_OPERATIONS * weights * rows * trial.outcome.steps)


def front(trials: Sequence[Trial], work: Sequence[float], *, maximize: bool) -> list[int]:
    """Return the places of the trials that no cheaper or equally cheap one does as well as.

    They come by rising work, so by better and better values.
    """
    sign = -1.0 if maximize else 1.0
    values = [sign * t.value if t.value is not None else float("inf") for t in trials]
    found: list[int] = []
    best = float("inf")
    for place in sorted(range(len(trials)), key=lambda i: (work[i], values[i])):
        if values[place] < best:
            best = values[place]
            found.append(place)
    return found
