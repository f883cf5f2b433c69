"""What a search says in words: what matters, what is noise, and which range to move."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from nnlib.config import setting_of
from nnlib.search.importance import LEAST_TRIALS, Importance, seed_noise
from nnlib.search.search import Search
from nnlib.search.space import DEPTH, WIDTH, config_class_of, ends_of, place_in
from nnlib.search.study import Trial

_TOP = 5
"""So many of the best trials must lie together at an end of a range."""
_EDGE, _NEAR_EDGE = 0.1, 0.2
"""Of a range's width: the best trial lies within the one, the top's median within the other."""
_OWN_WORDS = {DEPTH: "depth", WIDTH: "width", "l1": "L1 strength", "l2": "L2 strength"}


def words_of(knob: str) -> str:
    """Return a knob's name within a sentence."""
    config_class = config_class_of(knob)
    if knob in _OWN_WORDS or config_class is None:
        return _OWN_WORDS.get(knob, knob)
    return setting_of(config_class, knob).label.lower()


def findings(search: Search, importance: Importance | None) -> list[str]:
    """Return sentences on what matters; without importances, on the rest."""
    said = [] if importance is None else _what_matters(importance, search.sampler)
    noise = _noise(search)
    return [*said, *([noise] if noise else []), *_edges(search), *_ends(search)]


def _what_matters(found: Importance, sampler: str) -> list[str]:
    carrying = {n: v for n, v in found.values.items() if found.matters(n)}
    rest = [words_of(n) for n in found.values if n not in carrying]
    unsure = [words_of(n) for n in carrying if not found.holds(n)]
    of = {
        "fanova": "of the variance of the score over the ranges, as a random forest fits it",
        "ped_anova": "of what sets the best tenth of the trials apart",
    }[found.method]
    said = []
    if carrying:
        parts = [f"{words_of(name)} {value:.0%}" for name, value in carrying.items()]
        said.append(f"What carries the score, as its share {of}: {listed(parts)}.")
        if unsure:
            said.append(
                f"Within the noise of the seeds: {listed(unsure)}. Where the trials are ranked by "
                "one of the seeds alone, they have no more than chance gives."
            )
    else:
        said.append(
            f"No knob stands out in {found.trials} trials: none has more importance than a copy "
            "of a knob whose values were dealt out at random among them."
            + " TPE looked mostly where the score is good; quasi-random trials say more of this."
            * (sampler == "tpe")
        )
    if carrying and rest:
        said.append(
            f"Not to be told from chance with {found.trials} trials: {listed(rest)}. A copy of a "
            "knob whose values were dealt out at random got as much."
        )
    return said


def _noise(search: Search) -> str:
    noise = seed_noise(search)
    if noise is None:
        return ""
    share = f"Seeds alone account for about {noise.share:.0%} of the variance between trials"
    if not noise.ties:
        return f"{share}, and no other trial is within their noise of the best."
    count = len(noise.ties)
    trials = "1 other trial" if count == 1 else f"{count} other trials"
    return f"{share}; {trials} cannot be told from the best by {search.plan.seeds} seeds."


def _edges(search: Search) -> list[str]:
    """Return a sentence for each range at whose end the best trials lie."""
    top = search.ranked[:_TOP]
    if len(search.ranked) < LEAST_TRIALS:
        return []
    said = []
    for name, knob in search.space.items():
        ends = ends_of(knob)
        if ends is None or any(name not in t.settings for t in top):
            continue
        places = [place_in(knob, trial.settings[name]) for trial in top]
        for end, far in zip(ends, (places, [1 - p for p in places]), strict=True):
            if far[0] <= _EDGE and float(np.median(far)) <= _NEAR_EDGE:
                said.append(_move(name, end, end == ends[0]))
    return said


def _move(name: str, end: float, low: bool) -> str:
    words, side = words_of(name), "lower" if low else "upper"
    begin = f"The best trials lie at the {side} end of the range of {words}, {end:g}"
    config_class = config_class_of(name)
    bound = None
    if config_class is not None:
        setting = setting_of(config_class, name)
        bound = setting.low if low else setting.high
    if bound is not None and end == bound:
        return f"{begin}, which is as far as it goes."
    return f"{begin}: move the range {'down' if low else 'up'} and search again."


def _ends(search: Search) -> list[str]:
    """Return a sentence on the trials that have no value."""
    lost = [t for t in search.trials if t.outcome is not None and t.value is None]
    if not lost:
        return []
    counts = Counter(t.outcome.end for t in lost if t.outcome is not None)
    parts = [f"{count} {end}" for end, count in counts.items()]
    said = [f"Without a score: {listed(parts)}, of {len(search.trials)} trials."]
    diverged = [t for t in lost if t.outcome is not None and t.outcome.end == "diverged"]
    rates = _values(diverged, "learning_rate")
    if len(rates) > 1:
        said.append(f"Trials diverged at learning rates from {min(rates):.2g} up.")
    return said


def _values(trials: list[Trial], knob: str) -> list[Any]:
    return [trial.settings[knob] for trial in trials if knob in trial.settings]


def listed(parts: list[str]) -> str:
    """Return parts of a sentence with commas and an ``and``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
