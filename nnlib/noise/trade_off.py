"""The trade-off between steps and examples: what each batch size needs to reach a loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.comparison import Arm, compare, median_over_seeds
from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.noise.moments import Values

_FAR = 1e3  # so many times beyond the measured batch sizes the fit looks for its corner
_POINTS = 400
ALREADY_THERE = "A network is at this loss before training: ask for a lower one."


def steps_to_loss(arm: Arm, target: float) -> Values:
    """Return the steps after which each seed's training loss is at the target, shape (seeds,).

    Between two records the logarithm of the loss is taken to be linear. Infinite for a seed that
    does not come so far.
    """
    band = arm.losses
    found = np.full(arm.seeds, np.inf)
    for seed, losses in enumerate(band.ranked.T):
        reached = np.flatnonzero(losses <= target)
        if not len(reached):
            continue
        last = int(reached[0])
        found[seed] = band.x[last]
        if last:
            ends = np.maximum(losses[last - 1 : last + 1], 1e-300)
            if np.isfinite(ends).all():
                share = np.log(ends[0] / target) / np.log(ends[0] / ends[1])
                found[seed] -= (1 - share) * float(band.x[last] - band.x[last - 1])
    return found


def examples_of(steps: Values, batch_size: int, examples: int) -> Values:
    """Return how many examples some steps see; the last minibatch of an epoch may be small."""
    per_epoch = -(-examples // batch_size)
    finite = np.where(np.isfinite(steps), steps, 0)
    whole, rest = np.divmod(finite, per_epoch)
    seen: Values = np.where(np.isfinite(steps), whole * examples + rest * batch_size, np.inf)
    return seen


@dataclass(frozen=True, eq=False)
class TradeOff:
    """What every batch size needs at every learning rate.

    Attributes
    ----------
    target : the training loss to reach
    batch_sizes, rates : ascending
    steps, examples : shape (batch sizes, rates, seeds); infinite where the loss was not reached
    limits : steps that a run of each batch size had, shape (batch sizes,)
    """

    target: float
    batch_sizes: tuple[int, ...]
    rates: tuple[float, ...]
    steps: Values
    examples: Values
    limits: tuple[int, ...]

    @property
    def median_steps(self) -> Array:
        """The median over the seeds, shape (batch sizes, rates)."""
        return median_over_seeds(self.steps)

    @property
    def best(self) -> npt.NDArray[np.intp]:
        """The place of the rate with the fewest steps for each batch size; -1 where none is."""
        medians = self.median_steps
        return np.where(np.isfinite(medians).any(axis=1), medians.argmin(axis=1), -1)

    @property
    def reached(self) -> npt.NDArray[np.intp]:
        """The places of the batch sizes with which most seeds reach the loss at some rate."""
        return np.flatnonzero(self.best >= 0)

    def at_best(self, values: Values) -> Values:
        """Return values of this shape at the best rates, shape (reached batch sizes, seeds)."""
        return np.asarray(values[self.reached, self.best[self.reached]])

    def fit(self) -> Fit:
        """Return the fit to the medians over the seeds; see `fit_trade_off`."""
        steps, examples = (median_over_seeds(self.at_best(v)) for v in (self.steps, self.examples))
        return fit_trade_off(steps, examples)

    def seed_fits(self) -> list[Fit]:
        """Return the fit of each seed by itself, of those that always reach the loss."""
        steps, examples = self.at_best(self.steps).T, self.at_best(self.examples).T
        return [
            fit_trade_off(s, e)
            for s, e in zip(steps, examples, strict=True)
            if np.isfinite(s).all() and s.all()
        ]


@dataclass(frozen=True, eq=False)
class Fit:
    """The curve (S/S_min - 1)·(E/E_min - 1) = 1 that comes closest to measured points.

    Attributes
    ----------
    least_steps : S_min, in the limit of large batches
    least_examples : E_min, in the limit of small ones
    misses : steps measured over those of the curve at the same batch size, shape (points,)
    sizes : examples a step of the points, shape (points,)
    """

    least_steps: float
    least_examples: float
    misses: Values
    sizes: Values

    @property
    def critical(self) -> float:
        """E_min / S_min, the batch size that needs twice the least of both."""
        return self.least_examples / self.least_steps

    @property
    def worst(self) -> float:
        """The largest factor by which a point misses the curve, at least 1."""
        return float(np.exp(np.abs(np.log(self.misses)).max()))

    @property
    def is_between(self) -> bool:
        """Whether the corner lies among the measured sizes; else a limit is far from all points."""
        return bool(self.sizes.min() <= self.critical <= self.sizes.max())

    def curve(self, sizes: Values) -> tuple[Values, Values]:
        """Return steps and examples of other batch sizes."""
        steps = self.least_steps + self.least_examples / sizes
        return steps, steps * sizes


def fit_trade_off(steps: Array, examples: Array) -> Fit:
    """Fit the curve of McCandlish et al. (2018) by least squares of the logarithms.

    With B = E/S the curve is S = S_min·(1 + B_crit/B) with B_crit = E_min/S_min: for each B_crit
    the best S_min is a mean, so that a single number has to be searched for.

    Parameters
    ----------
    steps, examples : at least three points, shape (points,)

    Raises
    ------
    ValueError
        if there are fewer points, or one without a step
    """
    if not np.all(steps):
        raise ValueError(ALREADY_THERE)
    if len(steps) < 3:
        raise ValueError(
            "The trade-off needs three batch sizes that reach the loss: ask for a higher one, "
            "longer runs, or other rates."
        )
    sizes, logs = examples / steps, np.log(steps)

    def miss(corners: Values) -> Values:
        shapes = np.log1p(np.exp(corners)[:, np.newaxis] / sizes)
        away = logs - shapes
        centered: Values = away - away.mean(axis=1, keepdims=True)
        return centered

    low, high = np.log(sizes.min() / _FAR), np.log(sizes.max() * _FAR)
    for _ in range(6):  # each time around the best of the last
        corners = np.linspace(low, high, _POINTS)
        best = corners[np.square(miss(corners)).sum(axis=1).argmin()]
        low, high = best - 2 * (corners[1] - corners[0]), best + 2 * (corners[1] - corners[0])
    corner = float(np.exp(best))
    least = float(np.exp((logs - np.log1p(corner / sizes)).mean()))
    return Fit(least, least * corner, np.exp(miss(np.array([best]))[0]), sizes)


def epochs_for(batch_size: int, examples: int, most_epochs: int, most_steps: int) -> int:
    """Return the epochs of a run that is to have so many, and so many steps as well."""
    return max(most_epochs, -(-most_steps // -(-examples // batch_size)))


def measure_trade_off(
    experiment: Experiment,
    data: Dataset,
    batch_sizes: Sequence[int],
    rates: Sequence[float],
    seeds: int,
    target: float,
    *,
    most_epochs: int,
    most_steps: int,
    progress: Callable[[float], None] | None = None,
) -> TradeOff:
    """Train at every batch size and rate from every seed until the training loss is at a target.

    Rates and seeds of one batch size train stacked. A run ends at the target, or after
    `most_epochs` epochs and `most_steps` steps, whichever is later: small batches need many steps,
    large ones many examples.

    Parameters
    ----------
    experiment : what the runs have in common
    target : above 0
    progress : called with the share of the work done, from 0 to 1
    """
    examples = len(data.features("train"))
    sizes = sorted({min(size, examples) for size in batch_sizes})
    epochs = [epochs_for(size, examples, most_epochs, most_steps) for size in sizes]
    work = np.array([e * -(-examples // s) for e, s in zip(epochs, sizes, strict=True)], float)
    done = np.concatenate([[0.0], np.cumsum(work)]) / work.sum()
    steps = []
    for i, (size, longest) in enumerate(zip(sizes, epochs, strict=True)):
        common = experiment.with_training(batch_size=size, epochs=longest, target_loss=target)
        arms = compare(
            {f"{rate:g}": common.with_training(learning_rate=rate) for rate in rates},
            seeds,
            data,
            part(progress, done[i], done[i + 1]),
            series=("train_loss",),
        )
        steps.append([steps_to_loss(arm, target) for arm in arms])
    seen = [examples_of(np.array(s), size, examples) for s, size in zip(steps, sizes, strict=True)]
    limits = tuple(int(n) for n in work)
    return TradeOff(target, tuple(sizes), tuple(rates), np.array(steps), np.array(seen), limits)


def part(
    progress: Callable[[float], None] | None, low: float, high: float
) -> Callable[[float], None] | None:
    """Return what tells the share of the work between two shares of all."""
    return None if progress is None else lambda share: progress(low + share * (high - low))
