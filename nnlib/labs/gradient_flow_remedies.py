"""Remedies for a signal that vanishes or explodes, each tried alone from the same seeds."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nnlib.activations import ACTIVATIONS
from nnlib.comparison import Arm, compare, median_over_seeds
from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.initializers import INITIALIZERS
from nnlib.labs.gradient_flow import Verdict, judge, measure_initial, weight_count


def remedies(experiment: Experiment) -> dict[str, Experiment]:
    """Return the experiment as it is and with each remedy alone; what it has already is left out.

    The initializer is the one that suits the activation. Of skip connections it is the form whose
    branches are scaled by the depth: plain sums let the signal of ReLU networks explode.
    """
    network = experiment.network
    suited = ACTIVATIONS[network.activation].suited_initializer
    clip = experiment.training.clip_norm or 1.0
    candidates = {
        f"{INITIALIZERS[suited].label} initializer": experiment.with_network(
            initializer=suited, initializer_scale=1.0
        ),
        "ReLU with He": experiment.with_network(
            activation="relu", initializer="he_normal", initializer_scale=1.0
        ),
        "batch normalization": experiment.with_network(batch_norm=True),
        "scaled skip connections": experiment.with_network(skip=True, skip_scaled=True),
        f"clipping at norm {clip:g}": experiment.with_training(clip_norm=clip),
    }
    offered = {"as chosen": experiment}
    for label, changed in candidates.items():
        if changed not in offered.values():
            offered[label] = changed
    return offered


@dataclass(frozen=True, eq=False)
class Treated:
    """One remedy: what training came to, and what the first signal met.

    Attributes
    ----------
    arm : losses and gradient norms over the steps, of all seeds
    verdicts : before training, one for each seed
    """

    arm: Arm
    verdicts: tuple[Verdict, ...]

    @property
    def ratio(self) -> float:
        """The median over the seeds of first against last hidden layer, before training.

        A signal that has overflowed ranks as infinite, one that is zero everywhere as 0.
        """
        return float(median_over_seeds([_ranked(verdict) for verdict in self.verdicts]))


def _ranked(verdict: Verdict) -> float:
    return {"not finite": np.inf, "no signal": 0.0}.get(verdict.kind, verdict.ratio)


def work_of(experiments: dict[str, Experiment], seeds: int, data: Dataset) -> float:
    """Return how many multiplications training all of them takes, in the dense layers.

    Each weight is used once for an example on the way forward and twice on the way back. A layer
    counts as at least 64 × 64, since a small one costs about as much.
    """
    return float(
        sum(
            3.0
            * max(weight_count(e.network, data), 64**2 * len(e.network.hidden))
            * e.training.epochs
            * len(data.X_train)
            * seeds
            for e in experiments.values()
        )
    )


def compare_remedies(
    experiments: dict[str, Experiment],
    seeds: int,
    data: Dataset,
    progress: Callable[[float], None] | None = None,
) -> list[Treated]:
    """Train every experiment from the same seeds; see `nnlib.comparison.compare`."""
    arms = compare(experiments, seeds, data, progress)
    flows = [measure_initial(e, data, seeds) for e in experiments.values()]
    return [
        Treated(arm, tuple(judge(row) for row in flow.signal))
        for arm, flow in zip(arms, flows, strict=True)
    ]
