"""Remedies for a signal that vanishes or explodes, each tried alone from the same seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nnlib.activations import ACTIVATIONS
from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.gradient_flow import Verdict, judge, measure_initial, weight_count
from nnlib.learning_rates import Arm, compare


def remedies(experiment: Experiment) -> dict[str, Experiment]:
    """Return the experiment as it is and with each remedy alone; what it has already is left out.

    The initializer is the one that suits the activation: He's for ReLU and its kin, which are
    zero or nearly so on one side, Glorot's for the others.
    """
    network = experiment.network
    suited = "he_normal" if is_one_sided(network.activation) else "glorot_normal"
    clip = experiment.training.clip_norm or 1.0
    candidates = {
        f"{suited.split('_')[0].capitalize()} initializer": experiment.with_network(
            initializer=suited, initializer_scale=1.0
        ),
        "ReLU with He": experiment.with_network(
            activation="relu", initializer="he_normal", initializer_scale=1.0
        ),
        "batch normalization": experiment.with_network(batch_norm=True),
        "skip connections": experiment.with_network(skip=True),
        f"clipping at norm {clip:g}": experiment.with_training(clip_norm=clip),
    }
    return {"as chosen": experiment} | {
        label: changed for label, changed in candidates.items() if changed != experiment
    }


def is_one_sided(activation: str) -> bool:
    """Say whether large negative values give (almost) nothing and large positive ones pass."""
    ends = ACTIVATIONS[activation].derivative(np.array([-30.0, 30.0]))
    return bool(abs(ends[0]) < 0.5 < ends[1])


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
        """The median over the seeds of first against last hidden layer, before training."""
        return float(np.median([verdict.ratio for verdict in self.verdicts]))


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
    """Train every experiment from the same seeds; see `nnlib.learning_rates.compare`."""
    arms = compare(experiments, seeds, data, progress)
    flows = [measure_initial(e, data, seeds) for e in experiments.values()]
    return [
        Treated(arm, tuple(judge(row) for row in flow.signal))
        for arm, flow in zip(arms, flows, strict=True)
    ]
