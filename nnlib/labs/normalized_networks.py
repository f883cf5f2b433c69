"""Networks with and without batch normalization: at many learning rates, and one unit's inputs.

The third arm, with noise behind the normalization, is that of Santurkar et al. (2018), "How does
batch normalization help optimization?".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.comparison import Arm, compare
from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.instruments import Every, Instrument, Moment

PERCENTILES = (15, 50, 85)
"""Those of Ioffe & Szegedy (2015), figure 1."""
NOISE = 0.5
"""The strength whose constants are those of Santurkar et al. (2018)."""
_MOST_EPOCHS = 100_000  # that a config allows
WITHOUT, WITH, NOISY = "without", "BatchNorm", "BatchNorm plus noise"

Vector = npt.NDArray[np.float64]


def arms_of(experiment: Experiment, noise: float = NOISE) -> dict[str, Experiment]:
    """Return the network without, with, and with noisy batch normalization."""
    return {
        WITHOUT: experiment.with_network(batch_norm=False, batch_norm_noise=0.0),
        WITH: experiment.with_network(batch_norm=True, batch_norm_noise=0.0),
        NOISY: experiment.with_network(batch_norm=True, batch_norm_noise=noise),
    }


def epochs_at(rate: float, epochs: int, *, same_distance: bool) -> int:
    """Return for how many epochs to train at a rate.

    With `same_distance`, rate × epochs is what it is at a rate of 1: small rates then have as far
    to go as large ones.
    """
    return min(max(1, round(epochs / rate)), _MOST_EPOCHS) if same_distance else epochs


def sweep_rates(
    arms: dict[str, Experiment],
    rates: Sequence[float],
    seeds: int,
    data: Dataset,
    progress: Callable[[float], None] | None = None,
    *,
    same_distance: bool = False,
) -> dict[str, list[Arm]]:
    """Train every arm at every rate from the same seeds; each list is in the order of the rates.

    Parameters
    ----------
    same_distance : whether all rates get the same rate × epochs instead of the same epochs
    """
    experiments = {
        f"{label} at {rate:g}": e.with_training(
            learning_rate=rate,
            epochs=epochs_at(rate, e.training.epochs, same_distance=same_distance),
        )
        for label, e in arms.items()
        for rate in rates
    }
    trained = compare(experiments, seeds, data, progress)
    count = len(rates)
    return {label: trained[i * count : (i + 1) * count] for i, label in enumerate(arms)}


def trains(arm: Arm) -> bool:
    """Say whether no seed diverged and the median loss fell to half of what it was or less."""
    return not arm.diverged.any() and arm.final() <= arm.first / 2


def range_that_trains(arms: Sequence[Arm]) -> tuple[float, float] | None:
    """Return the lowest and highest rate at which a network trains (`trains`), or None."""
    rates = [arm.rate for arm in arms if trains(arm)]
    return (min(rates), max(rates)) if rates else None


@dataclass(frozen=True, eq=False)
class UnitArm:
    """One arm, with what went into the activation of one unit while it trained.

    Attributes
    ----------
    arm : losses and gradient norms of all seeds
    steps : of the percentiles, shape (records,)
    percentiles : `PERCENTILES` of the unit's pre-activation as the activation got it, over each
        minibatch in training mode; of the first seed, shape (records, 3)
    score : the series of the arm that has training accuracy or R²
    """

    arm: Arm
    steps: npt.NDArray[np.int64]
    percentiles: Vector
    score: str

    @property
    def wander(self) -> float:
        """How far the median moves from one record to the next, relative to the spread.

        The mean absolute change, divided by the mean distance from the 15th to the 85th
        percentile; part of it is the chance that every minibatch brings.
        """
        low, middle, high = self.percentiles.T
        spread = float((high - low).mean())
        return float(np.abs(np.diff(middle)).mean()) / spread if spread and len(middle) > 1 else 0.0


def watch_unit(
    arms: dict[str, Experiment],
    unit: int,
    seeds: int,
    data: Dataset,
    progress: Callable[[float], None] | None = None,
) -> list[UnitArm]:
    """Train every arm and record the percentiles of one unit of the last hidden layer.

    Parameters
    ----------
    unit : from 0, a unit of the last hidden layer
    seeds : how many, from the experiment's on; the first is the one that is watched
    progress : called with the share of the work done, from 0 to 1
    """
    score = "r2" if data.task == "regression" else "accuracy"
    trained = compare(
        arms,
        seeds,
        data,
        progress,
        series=("train_loss", f"train_{score}", "gradient_norm"),
        instruments=_instruments(unit),
    )
    return [_unit_arm(arm, f"train_{score}") for arm in trained]


def _instruments(unit: int) -> list[Instrument]:
    return [
        Instrument(f"unit_{q}", "run", _percentile(unit, q), cadence=Every(5)) for q in PERCENTILES
    ]


def _percentile(unit: int, q: int) -> Callable[[Moment], Array]:
    def measure(moment: Moment) -> Array:
        z = moment.network.activation_layers[-1].z[..., unit]
        return np.asarray(np.percentile(z, q, axis=-1))

    return measure


def _unit_arm(arm: Arm, score: str) -> UnitArm:
    parts = [arm.series[f"unit_{q}"] for q in PERCENTILES]
    percentiles = np.stack([part.values[:, 0] for part in parts], axis=1, dtype=np.float64)
    return UnitArm(arm, parts[0].steps, percentiles, score)
