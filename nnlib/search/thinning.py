"""Leaving out of a stack the replicas that nobody waits for any more."""

from collections.abc import Sequence

import numpy as np

from nnlib.kept import copied, put_back
from nnlib.training import Trainer


def thinned(trainer: Trainer, kept: Sequence[int]) -> Trainer:
    """Return a stack of some replicas of another one, which goes on from where that is.

    It has the same weights, states and random streams; its history begins here.

    Parameters
    ----------
    kept : places of at least one replica in the old stack, in rising order
    """
    experiments = [trainer.experiments[i] for i in kept]
    result = Trainer(
        experiments,
        trainer.data,
        trainer.network.dtype,
        instruments=trainer._panel.instruments,
        engine=trainer.history.engine,
    )
    old = copied(trainer._parts)
    seeds = sorted({e.training.seed for e in trainer.experiments})
    streams = [seeds.index(s) for s in sorted({e.training.seed for e in experiments})]
    parts = {}
    for name, now in copied(result._parts).items():
        rows = streams if name.endswith(".generators") else list(kept)
        parts[name] = old[name][rows] if now.ndim else old[name]
    parts["watch.all"] = np.asarray(False)
    put_back(result._parts, parts)
    result.step, result.seconds = trainer.step, trainer.seconds
    result.begin_here()
    return result
