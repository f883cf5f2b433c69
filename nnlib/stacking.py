"""Which experiments can train as one stack of replicas."""

from collections.abc import Sequence

from nnlib.config import Experiment, TrainingConfig, stacked_settings


def stacked(
    experiment: Experiment | Sequence[Experiment],
) -> tuple[list[Experiment], tuple[int, ...]]:
    """Return the experiments of a run and its leading axes: () for a single one, (R,) for a stack.

    Raises ValueError if they cannot train as one stack.
    """
    if isinstance(experiment, Experiment):
        return [experiment], ()
    experiments = list(experiment)
    if not experiments:
        raise ValueError("There is no experiment to train.")
    keys = {stacking_key(e) for e in experiments}
    if len(keys) > 1:
        raise ValueError(
            "Stacked experiments must agree in architecture and in every training setting but "
            f"{', '.join(stacked_settings())}."
        )
    return experiments, (len(experiments),)


def stacking_key(experiment: Experiment) -> tuple[object, ...]:
    """Return what experiments must have in common to train as one stack."""
    default = TrainingConfig()
    neutral = {name: getattr(default, name) for name in stacked_settings()}
    return (experiment.network.architecture, experiment.with_training(**neutral).training)
