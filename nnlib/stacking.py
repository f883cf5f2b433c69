"""Which experiments can train as one stack of replicas."""

from __future__ import annotations

from collections.abc import Sequence

from nnlib.config import Experiment, TrainingConfig

STACKED_SETTINGS = ("learning_rate", "l1", "l2", "clip_norm", "clip_value", "max_norm", "seed")
"""Training settings in which the replicas of a stack may differ."""


def check_stackable(experiments: Sequence[Experiment]) -> None:
    """Raise ValueError unless the experiments can train as one stack."""
    if not experiments:
        raise ValueError("There is no experiment to train.")
    keys = {stacking_key(e) for e in experiments}
    if len(keys) > 1:
        raise ValueError(
            "Stacked experiments must agree in architecture and in every training setting but "
            f"{', '.join(STACKED_SETTINGS)}."
        )


def stacking_key(experiment: Experiment) -> tuple[object, ...]:
    """Return what experiments must have in common to train as one stack."""
    neutral = {name: getattr(TrainingConfig(), name) for name in STACKED_SETTINGS}
    return (experiment.network.architecture, experiment.with_training(**neutral).training)
