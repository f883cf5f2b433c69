"""What proposes the trials of a study, and what ends them on the way: samplers and pruners."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlib.search.objectives import PARTS

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler, TPESampler
    from optuna.trial import FrozenTrial

SAMPLERS = {"tpe": "TPE", "qmc": "Quasi-random", "grid": "Grid"}
"""What proposes trials, as it is written for people."""
PRUNERS = {"none": "None", "median": "Median", "halving": "Successive halving"}
"""What ends trials on the way, as it is written for people."""
STARTUP = 10
"""So many trials are drawn at random before TPE has something to go by."""


def sampler_of(kind: str, seed: int, number: int) -> BaseSampler:
    """Return what proposes the trials from this number on; a study that goes on has the same."""
    from optuna.samplers import QMCSampler, RandomSampler

    own = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
    if kind == "tpe":
        return _tpe()(n_startup_trials=STARTUP, seed=own)
    random = RandomSampler(seed=own)
    if kind == "grid":
        return random
    return QMCSampler(
        scramble=True, seed=seed, independent_sampler=random, warn_independent_sampling=False
    )


def pruner_of(kind: str) -> BasePruner:
    """Return what ends trials on the way."""
    from optuna.pruners import MedianPruner, NopPruner, SuccessiveHalvingPruner

    if kind == "median":
        return MedianPruner(n_startup_trials=5, n_warmup_steps=PARTS // 4)
    if kind == "halving":
        return SuccessiveHalvingPruner(min_resource=2, reduction_factor=3)
    return NopPruner()


@cache
def _tpe() -> type[TPESampler]:
    """Return Optuna's TPE, which makes its model of the trials once for a batch.

    Optuna makes it anew for every proposal, which takes longer the more trials there are, and
    longer than the training of a small network; within a batch no trial ends that would change it.
    """
    from optuna.samplers import TPESampler
    from optuna.samplers._tpe.sampler import _split_trials, default_gamma
    from optuna.trial import TrialState

    looked_at = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING)

    class TPEOfBatch(TPESampler):
        def _sample(
            self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
        ) -> dict[str, Any]:
            models = self.__dict__.setdefault("models", {})
            key = tuple(search_space)
            if key not in models:
                trials = study.get_trials(deepcopy=False, states=looked_at)
                trials = [each for each in trials if each.number != trial.number]
                ended = sum(each.state.is_finished() for each in trials)
                parts = _split_trials(study, trials, default_gamma(ended))
                models[key] = [
                    self._build_parzen_estimator(study, search_space, part, handle_below=below)
                    for part, below in zip(parts, (True, False), strict=True)
                ]
            below, above = models[key]
            drawn = below.sample(self._rng.rng, self._n_ei_candidates)
            best = self._compare(drawn, self._compute_acquisition_func(drawn, below, above))
            return {n: d.to_external_repr(best[n]) for n, d in search_space.items()}

    return TPEOfBatch
