"""How the score depends on two knobs at once: the cells of a grid, or a smooth surface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlib.comparison import median_over_seeds
from nnlib.search.space import Choice, Range, place_in
from nnlib.search.study import Trial

MOST_LEVELS = 24
"""A whole-number range of at most so many values has cells."""
_CELLS, _BANDWIDTH, _REACH = 32, 0.08, 0.15
_Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Plane:
    """Scores over two knobs.

    Attributes
    ----------
    x, y : values of the two knobs along the axes
    scores : shape (len(y), len(x)), NaN where there is no trial
    trials : how many stand behind each number of a grid; None for a smooth surface
    """

    x: list[Any]
    y: list[Any]
    scores: _Values
    trials: npt.NDArray[np.int64] | None


def levels(trials: list[Trial], name: str, knob: Range | Choice) -> list[Any] | None:
    """Return the values that a knob has in its cells, or None where it has no cells.

    These are options, few whole numbers, and numbers of which each is there several times.
    """
    found = [trial.settings[name] for trial in trials if name in trial.settings]
    if isinstance(knob, Choice):
        return [option for option in knob.options if option in found]
    few = sorted(set(found))
    whole = knob.whole and knob.high - knob.low < MOST_LEVELS
    return few if whole or 2 * len(few) <= len(found) and len(few) <= MOST_LEVELS else None


def over_two(
    trials: list[Trial],
    scores: _Values,
    names: tuple[str, str],
    knobs: tuple[Range | Choice, ...],
    among: Sequence[Trial] = (),
) -> Plane | None:
    """Return the scores over two knobs, whatever the others are; None where neither kind fits.

    Where both knobs have cells, the median of the trials in each. Where both are ranges, the mean
    of the scores around, weighted by a normal density of distance (Nadaraya 1964, Watson 1964) with
    a standard deviation of 0.08 of each range; nothing further than 0.15 from any trial.

    Parameters
    ----------
    scores : of the trials, as they are to be averaged, shape (trials,)
    among : further trials, without a score, whose values have cells as well
    """
    there = [i for i, trial in enumerate(trials) if all(n in trial.settings for n in names)]
    trials, scores = [trials[i] for i in there], scores[there]
    if not trials:
        return None
    along = [levels([*trials, *among], name, knob) for name, knob in zip(names, knobs, strict=True)]
    if along[0] is not None and along[1] is not None:
        return _cells(trials, scores, names, (along[0], along[1]))
    if any(isinstance(knob, Choice) for knob in knobs):
        return None
    return _smooth(trials, scores, names, knobs)


def _cells(
    trials: list[Trial], scores: _Values, names: tuple[str, str], along: tuple[list[Any], list[Any]]
) -> Plane:
    x, y = along
    medians, counts = np.full((len(y), len(x)), np.nan), np.zeros((len(y), len(x)), np.int64)
    places = [(y.index(t.settings[names[1]]), x.index(t.settings[names[0]])) for t in trials]
    for cell in set(places):
        own = scores[[place == cell for place in places]]
        medians[cell], counts[cell] = median_over_seeds(own), len(own)
    return Plane(x, y, medians, counts)


def _smooth(
    trials: list[Trial],
    scores: _Values,
    names: tuple[str, str],
    knobs: tuple[Range | Choice, ...],
) -> Plane:
    axes, points = [], []
    for name, knob in zip(names, knobs, strict=True):
        assert isinstance(knob, Range)
        points.append([place_in(knob, trial.settings[name]) for trial in trials])
        space = np.geomspace if knob.log else np.linspace
        axes.append(space(knob.low, knob.high, _CELLS).tolist())
    unit = np.linspace(0, 1, _CELLS)
    grid = np.stack(np.meshgrid(unit, unit), axis=-1)  # (y, x, 2)
    squared = ((grid[:, :, np.newaxis] - np.array(points).T) ** 2).sum(axis=-1)  # (y, x, trials)
    nearest = squared.min(axis=-1, keepdims=True)
    weights = np.exp((nearest - squared) / (2 * _BANDWIDTH**2))
    mean = (weights * scores).sum(axis=-1) / weights.sum(axis=-1)
    return Plane(axes[0], axes[1], np.where(nearest[..., 0] <= _REACH**2, mean, np.nan), None)
