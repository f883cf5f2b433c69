"""Which knobs matter: importances from Optuna, and how much of the scores is noise of the seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nnlib.search.objectives import Objective
from nnlib.search.search import Search
from nnlib.search.space import encoded
from nnlib.search.study import Trial, quiet

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution
    from optuna.importance import BaseImportanceEvaluator

    _Row = tuple[dict[str, Any], dict[str, BaseDistribution]]

METHODS = {"fanova": "fANOVA", "ped_anova": "PED-ANOVA"}
"""Ways to measure importance, as they are written for people."""
LEAST_TRIALS = 10
"""With fewer trials that are done nothing is said of importance."""
MOST_TRIALS = 200
"""So many trials, evenly spread over the search, are looked at by fANOVA, whose time grows fast."""
SHUFFLES = 10
_TREES = 16
_COPY = " dealt out"


@dataclass(frozen=True)
class Importance:
    """How much each knob matters.

    Attributes
    ----------
    values : by knob, the largest first. fANOVA: the share of the variance of the score over the
        searched space that the knob alone accounts for, in the fit of a random forest. PED-ANOVA:
        shares, which sum to 1, of what sets the best tenth of the trials apart.
    floor : the most that a copy of any knob got whose values were dealt out at random among the
        trials; a knob that does not pass it is within the noise of this search
    trials : how many were looked at
    by_seed : the shares where each trial is ranked by one of its seeds alone, for the first, the
        second and so on; empty with a single seed
    """

    method: str
    values: Mapping[str, float]
    floor: float
    trials: int
    by_seed: tuple[Mapping[str, float], ...] = ()

    def matters(self, knob: str) -> bool:
        """Whether a knob passes what chance gave it."""
        return self.values[knob] > self.floor

    def over_seeds(self, knob: str) -> tuple[float, float]:
        """Return the least and the most that a knob has by a seed alone; of one seed, its share."""
        shares = [each.get(knob, 0.0) for each in self.by_seed] or [self.values[knob]]
        return min(shares), max(shares)

    def holds(self, knob: str) -> bool:
        """Whether a knob passes what chance gave it, and does so with every seed alone."""
        return self.matters(knob) and self.over_seeds(knob)[0] > self.floor


def importance(
    search: Search,
    method: str = "fanova",
    *,
    shuffles: int = SHUFFLES,
    progress: Callable[[float], None] | None = None,
) -> Importance:
    """Return how much each knob matters, of the trials that are done.

    Losses and steps go in by their logarithm. Knobs that are not in every trial have no share in
    fANOVA (Hutter, Hoos & Leyton-Brown 2014). PED-ANOVA: Watanabe, Bansal & Hutter (2023).

    Parameters
    ----------
    shuffles : so often every knob gets a copy whose values are dealt out at random among the
        trials, for the floor (Kursa & Rudnicki 2010); the importances are means over these fits
    progress : called with the share of the work done, from 0 to 1

    Raises
    ------
    ValueError
        if fewer than `LEAST_TRIALS` trials are done, or all have the same score
    """
    if method not in METHODS:
        raise ValueError(f"There is no {method!r}: take one of {', '.join(METHODS)}.")
    trials = sorted(search.ranked, key=lambda trial: trial.number)
    if method == "fanova" and len(trials) > MOST_TRIALS:
        spread = np.linspace(0, len(trials) - 1, MOST_TRIALS).astype(int)
        trials = [trials[i] for i in spread]
    if len(trials) < LEAST_TRIALS:
        raise ValueError(
            f"Importance needs at least {LEAST_TRIALS} trials that are done; {len(trials)} are."
        )
    scores = scores_of(search, trials)
    if np.ptp(scores) == 0:
        raise ValueError("All trials have the same score: no knob changes it.")
    dealing = np.random.default_rng(0) if shuffles else None
    asked = [scores] * max(shuffles, 1) + _of_each_seed(search, trials)
    found = []
    for i, each in enumerate(asked):
        found.append(_measured(search, trials, method, each, dealing))
        if progress is not None:
            progress((i + 1) / len(asked))
    own, by_seed = found[: max(shuffles, 1)], found[max(shuffles, 1) :]
    values = {n: float(np.mean([f[n] for f in own])) for n in own[0] if n in search.space}
    whole = sum(values.values()) or 1.0 if method == "ped_anova" else 1.0
    floor = max((v for f in own for n, v in f.items() if n not in search.space), default=0.0)
    ranked = sorted(values, key=values.__getitem__, reverse=True)
    return Importance(
        method,
        {name: values[name] / whole for name in ranked},
        floor / whole,
        len(trials),
        tuple(_shares(each, ranked, method) for each in by_seed),
    )


def _shares(found: Mapping[str, float], names: Sequence[str], method: str) -> dict[str, float]:
    """Return the importances of the knobs of one fit, of PED-ANOVA as shares that sum to 1."""
    own = {name: found.get(name, 0.0) for name in names}
    whole = sum(own.values()) or 1.0 if method == "ped_anova" else 1.0
    return {name: value / whole for name, value in own.items()}


def _of_each_seed(search: Search, trials: list[Trial]) -> list[npt.NDArray[np.float64]]:
    """Return the trials' scores by each seed alone, the median where it diverged; none of one."""
    if search.plan.seeds < 2:
        return []
    own = np.array([t.outcome.scores for t in trials if t.outcome is not None], np.float64)
    values = np.array([t.value for t in trials], np.float64)[:, np.newaxis]
    by_seed = comparable(search.objective, np.where(np.isfinite(own), own, values)).T
    return [-scores if search.objective.maximize else scores for scores in by_seed]


def scores_of(search: Search, trials: list[Trial]) -> npt.NDArray[np.float64]:
    """Return what trials that are done are compared by, lower being better, shape (trials,)."""
    values = comparable(
        search.objective, [trial.value for trial in trials if trial.value is not None]
    )
    return -values if search.objective.maximize else values


def comparable(objective: Objective, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return values as they are averaged: losses and steps by their logarithm to base 10."""
    numbers = np.asarray(values, np.float64)
    return np.log10(numbers) if objective.log and (numbers > 0).all() else numbers


def _measured(
    search: Search,
    trials: list[Trial],
    method: str,
    scores: npt.NDArray[np.float64],
    dealing: np.random.Generator | None,
) -> dict[str, float]:
    """Return the importances of the knobs, and where values are dealt those of their copies."""
    from optuna.importance import get_param_importances

    if not np.ptp(scores):
        return {}
    study = _study(search, trials, scores, dealing)
    with quiet():
        found = get_param_importances(study, evaluator=_evaluator(method), normalize=False)
    return {name: float(value) for name, value in found.items()}


def _study(
    search: Search,
    trials: list[Trial],
    scores: npt.NDArray[np.float64],
    dealing: np.random.Generator | None,
) -> optuna.Study:
    """Return a study of its own of these trials, with a dealt-out copy of every knob if asked."""
    import optuna

    rows: list[_Row] = []
    for trial in trials:
        settings = {n: encoded(search.space[n], v) for n, v in trial.settings.items()}
        rows.append((settings, search.study.distributions(trial)))
    if dealing is not None:
        _add_copies(rows, list(search.space), dealing)
    with quiet():
        study = optuna.create_study()
        for (settings, space), score in zip(rows, scores, strict=True):
            study.add_trial(
                optuna.trial.create_trial(params=settings, distributions=space, value=float(score))
            )
    return study


def _add_copies(rows: list[_Row], names: list[str], dealing: np.random.Generator) -> None:
    """Give every knob a copy whose values are dealt out among the trials that have the knob."""
    for name in names:
        having = [row for row in rows if name in row[0]]
        values = [settings[name] for settings, _ in having]
        for (settings, space), i in zip(having, dealing.permutation(len(having)), strict=True):
            settings[name + _COPY], space[name + _COPY] = values[i], space[name]


def _evaluator(method: str) -> BaseImportanceEvaluator:
    from optuna.importance import FanovaImportanceEvaluator, PedAnovaImportanceEvaluator

    if method == "fanova":
        return FanovaImportanceEvaluator(n_trees=_TREES, seed=0)
    return PedAnovaImportanceEvaluator()


@dataclass(frozen=True)
class SeedNoise:
    """How much the scores owe to the seeds.

    Attributes
    ----------
    share : of the variance of the trials' scores, what seeds alone would make of them
    ties : numbers of the trials that the seeds cannot tell from the best
    """

    share: float
    ties: tuple[int, ...]


def seed_noise(search: Search) -> SeedNoise | None:
    """Return how much the scores owe to the seeds; None with one seed or fewer than two trials.

    The variance over the seeds of a trial, averaged over the trials and divided by the number of
    seeds, is what seeds alone would make of the variance between trials, were scores means of the
    seeds; they are medians, whose error is a little larger. Two trials are tied where they differ
    by less than twice the error of such a difference, with the typical variance of the better half.
    """
    trials, seeds = search.ranked, search.plan.seeds
    own = [t.outcome.scores for t in trials if t.outcome is not None]
    if seeds < 2 or len(trials) < 2:
        return None
    scale = np.log10 if search.objective.log and min(map(min, own)) > 0 else np.asarray
    by_seed = scale(np.array(own))
    finite = np.isfinite(by_seed).all(axis=1)
    variances = by_seed[finite].var(axis=1, ddof=1)
    scores = scores_of(search, trials)
    if len(variances) < 2 or np.ptp(scores) == 0:
        return None
    typical = float(np.median(variances[: (len(variances) + 1) // 2]))
    near = np.abs(scores - scores[0]) <= 2 * np.sqrt(2 * typical / seeds)
    ties = tuple(t.number for t, is_near in zip(trials[1:], near[1:], strict=True) if is_near)
    return SeedNoise(min(1.0, float(variances.mean() / seeds / scores.var())), ties)
