"""Batch normalization looked at closely: one unit's batch, many batches, and whole networks.

Everything is done by the library's own `BatchNorm` layer (Ioffe & Szegedy 2015). The third arm of
the comparisons, with noise behind the normalization, is that of Santurkar et al. (2018), "How does
batch normalization help optimization?".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.layers import BatchNorm
from nnlib.learning_rates import Arm, compare
from nnlib.network import Network
from nnlib.recorders import Every, Moment, Recorder, standard_recorders
from nnlib.training import Trainer

PERCENTILES = (15, 50, 85)
"""Those of Ioffe & Szegedy (2015), figure 1."""
NOISE = 0.5
"""The strength whose constants are those of Santurkar et al. (2018)."""
WITHOUT, WITH, NOISY = "without", "BatchNorm", "BatchNorm plus noise"

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Population:
    """Where the values of one unit come from.

    Attributes
    ----------
    mean, deviation : of the whole population
    draw : ``(rng, shape) -> values`` with that mean and deviation
    """

    mean: float
    deviation: float
    draw: Callable[[np.random.Generator, tuple[int, ...]], Vector]


def _two_clusters(rng: np.random.Generator, shape: tuple[int, ...]) -> Vector:
    centers = np.where(rng.random(shape) < 0.5, -1.0, 5.0)
    values: Vector = centers + rng.normal(0, 0.5, shape)
    return values


POPULATIONS = {
    "normal": Population(3.0, 2.0, lambda rng, shape: rng.normal(3, 2, shape)),
    # An exponential variable has its mean as its deviation.
    "skewed": Population(3.0, 2.0, lambda rng, shape: 1 + rng.exponential(2, shape)),
    "two clusters": Population(2.0, float(np.sqrt(9.25)), _two_clusters),
}
"""Populations by name; the variance of the clusters is 3² between and 0.5² within them."""


def _layer(gamma: float, beta: float) -> tuple[Network, BatchNorm]:
    layer = BatchNorm(1)
    network = Network([layer], (), np.float64)
    layer.scale[...], layer.shift[...] = gamma, beta
    layer.running_var[...] = 1
    return network, layer


@dataclass(frozen=True, eq=False)
class Normalized:
    """One batch of a unit before and after normalization, each of shape (batch,)."""

    before: Vector
    after: Vector

    @property
    def moments(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Mean and (biased) variance, before and after."""
        return (
            (float(self.before.mean()), float(self.before.var())),
            (float(self.after.mean()), float(self.after.var())),
        )


def normalize(values: Vector, gamma: float = 1.0, beta: float = 0.0) -> Normalized:
    """Send one batch of a unit, shape (batch,), through a BatchNorm layer in training mode."""
    network, _ = _layer(gamma, beta)
    after = network.forward(values[:, np.newaxis], training=True)
    return Normalized(values, np.array(after[:, 0], np.float64))


@dataclass(frozen=True, eq=False)
class Running:
    """Statistics over successive batches, each of shape (batches,); variances are unbiased."""

    batch_mean: Vector
    batch_variance: Vector
    mean: Vector
    variance: Vector


def run_statistics(batches: Vector) -> Running:
    """Send batches, shape (batches, size), through one layer and watch its running statistics."""
    network, layer = _layer(1.0, 0.0)
    means, variances = [], []
    for batch in batches:
        network.forward(batch[:, np.newaxis], training=True)
        means.append(float(layer.running_mean[0, 0]))
        variances.append(float(layer.running_var[0, 0]))
    return Running(
        batches.mean(axis=1), batches.var(axis=1, ddof=1), np.array(means), np.array(variances)
    )


def same_example(
    value: float, others: Vector, mean: float, variance: float, gamma: float, beta: float
) -> tuple[Vector, float]:
    """Return what one value becomes in many batches, and in evaluation mode.

    Parameters
    ----------
    others : the rest of each batch, shape (batches, size - 1)
    mean, variance : the running statistics of evaluation mode
    """
    network, layer = _layer(gamma, beta)
    outputs = [
        network.forward(np.append(value, rest)[:, np.newaxis], training=True)[0, 0]
        for rest in others
    ]
    layer.running_mean[...], layer.running_var[...] = mean, variance
    evaluated = float(network.forward(np.array([[value]]), training=False)[0, 0])
    return np.array(outputs), evaluated


def deviation_of_means(
    population: Population, sizes: Sequence[int], count: int, rng: np.random.Generator
) -> Vector:
    """Return the standard deviation of the batch mean over `count` batches of each size."""
    return np.array([population.draw(rng, (count, n)).mean(axis=1).std() for n in sizes])


# ------------------------------------------------------------------ whole networks


def arms_of(experiment: Experiment, noise: float = NOISE) -> dict[str, Experiment]:
    """Return the network without, with, and with noisy batch normalization."""
    return {
        WITHOUT: experiment.with_network(batch_norm=False, batch_norm_noise=0.0),
        WITH: experiment.with_network(batch_norm=True, batch_norm_noise=0.0),
        NOISY: experiment.with_network(batch_norm=True, batch_norm_noise=noise),
    }


def sweep_rates(
    arms: dict[str, Experiment],
    rates: Sequence[float],
    seeds: int,
    data: Dataset,
    progress: Callable[[float], None] | None = None,
) -> dict[str, list[Arm]]:
    """Train every arm at every rate from the same seeds; each list is in the order of the rates."""
    experiments = {
        f"{label} at {rate:g}": experiment.with_training(learning_rate=rate)
        for label, experiment in arms.items()
        for rate in rates
    }
    trained = compare(experiments, seeds, data, progress)
    count = len(rates)
    return {label: trained[i * count : (i + 1) * count] for i, label in enumerate(arms)}


def trains(arm: Arm) -> bool:
    """Say whether no seed diverged and the median loss fell to half of what it was or less."""
    return not arm.diverged.any() and arm.final <= arm.first / 2


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
    scores : final training accuracy or R² of each seed, shape (seeds,)
    """

    arm: Arm
    steps: npt.NDArray[np.int64]
    percentiles: Vector
    scores: Vector

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
    watched = []
    for done, (label, experiment) in enumerate(arms.items()):
        first = experiment.training.seed
        runs = [experiment.with_training(seed=first + i) for i in range(seeds)]
        trainer = Trainer(runs, data, recorders=_recorders(unit))
        while not trainer.done:
            trainer.advance(epochs=1)
            if progress is not None:
                share = 1.0 if trainer.done else trainer.step / trainer.total_steps
                progress((done + share) / len(arms))
        watched.append(_unit_arm(label, trainer))
    return watched


def _recorders(unit: int) -> list[Recorder]:
    norms = [r for r in standard_recorders() if r.name == "gradient_norm"]
    return norms + [
        Recorder(f"unit_{q}", "run", _percentile(unit, q), Every(5)) for q in PERCENTILES
    ]


def _percentile(unit: int, q: int) -> Callable[[Moment], Array]:
    def measure(moment: Moment) -> Array:
        z = moment.network.activation_layers[-1].z[..., unit]
        return np.asarray(np.percentile(z, q, axis=-1))

    return measure


def _unit_arm(label: str, trainer: Trainer) -> UnitArm:
    history, count = trainer.history, trainer.lead[0]
    diverged = np.zeros(count, bool)
    for divergence in history.divergences:
        diverged[divergence.replica] = True
    arm = Arm(
        label,
        trainer.config.learning_rate,
        history.steps("train_loss").copy(),
        np.array(history["train_loss"]),
        history.steps("gradient_norm").copy(),
        np.array(history["gradient_norm"]),
        history.layer_names,
        diverged,
    )
    series = [history[f"unit_{q}"][:, 0] for q in PERCENTILES]
    scores = history[f"train_{trainer.score_name}"][-1]
    return UnitArm(arm, history.steps("unit_50").copy(), np.stack(series, axis=1), np.array(scores))
