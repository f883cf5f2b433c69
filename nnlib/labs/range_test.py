"""The learning-rate range test: raise the rate step by step and watch the minibatch loss.

Smith, "Cyclical learning rates for training neural networks" (2017), section 3.3: one short run
from a rate that is too small to one that is too large shows which rates are worth trying. Smith
raises the rate linearly and reads the accuracy; here, as is common since, it rises geometrically
and the loss is read.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from nnlib._array import Array
from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.history import MAX_RECORDS
from nnlib.instruments import INSTRUMENTS, Every
from nnlib.training import Trainer

STOP_FACTOR = 4.0
"""The test ends where the smoothed loss exceeds this many times its lowest value so far."""
SUGGESTED_SHARE = 0.1
"""The suggested rate is this share of the rate at which the smoothed loss is lowest."""
LEAST_FALL = 0.05
"""Without a fall of the smoothed loss by this share there is nothing to suggest."""
LEAST_STEPS, MOST_STEPS = 10, MAX_RECORDS  # a history of more steps would be thinned out

_EVERY_STEP = [
    replace(INSTRUMENTS[name], cadence=Every(1)) for name in ("batch_loss", "gradient_norm")
]


@dataclass(frozen=True, eq=False)
class RangeTest:
    """What a range test measured, one record a step, up to the step at which it ended.

    Attributes
    ----------
    rates : the learning rate of each step, shape (steps,)
    losses : the minibatch loss right before the step with that rate, shape (steps,)
    smoothed : bias-corrected exponential average of `losses`, shape (steps,)
    gradient_norms : norm of each layer's weight gradient there, shape (steps, layers)
    layers : the names of the layers
    asked_steps : how many steps it would have made without ending early
    """

    rates: Array
    losses: Array
    smoothed: Array
    gradient_norms: Array
    layers: tuple[str, ...]
    asked_steps: int

    @property
    def ended_early(self) -> bool:
        """Whether the loss rose too far, or was no longer finite, ahead of the highest rate."""
        return len(self.rates) < self.asked_steps or not np.isfinite(self.losses[-1])

    @property
    def lowest(self) -> int:
        """The step at which the smoothed loss is lowest; the first of equals."""
        return int(np.argmin(np.where(np.isnan(self.smoothed), np.inf, self.smoothed)))

    @property
    def lowest_at_end(self) -> bool:
        """Whether the smoothed loss is lowest at the last step, so that it may fall further."""
        return self.lowest == len(self.rates) - 1 and not self.ended_early

    @property
    def fall(self) -> float:
        """The share by which the lowest smoothed loss lies below the first one, at least 0."""
        first = float(self.smoothed[0])
        return 1 - float(self.smoothed[self.lowest]) / first if first > 0 else 0.0

    @property
    def suggestion(self) -> float | None:
        """A tenth of the rate at which the smoothed loss is lowest.

        None where the smoothed loss never came down by `LEAST_FALL` of its first value.
        """
        if not self.fall >= LEAST_FALL:  # also where the first loss is not a number
            return None
        return float(SUGGESTED_SHARE * self.rates[self.lowest])


def geometric_rates(low: float, high: float, steps: int) -> Array:
    """Return `steps` rates from low to high with a constant ratio between neighbors, (steps,)."""
    rates: Array = np.geomspace(low, high, steps)
    return rates


def smoothed_losses(losses: Array, smoothing: float) -> Array:
    """Return the bias-corrected exponential average of losses of shape (steps,), same shape.

    ``average = smoothing * average + (1 - smoothing) * loss``, divided by
    ``1 - smoothing**(step + 1)`` (Kingma & Ba 2015, section 3). From the first loss on that is
    not finite, neither is the average.
    """
    average, share, averages = 0.0, 1.0, np.empty(len(losses))
    for i, loss in enumerate(losses.tolist()):
        average = smoothing * average + (1 - smoothing) * loss
        share *= smoothing
        averages[i] = average / (1 - share)
    return averages


def range_test(
    experiment: Experiment,
    data: Dataset,
    *,
    low: float = 1e-5,
    high: float = 10.0,
    steps: int = 200,
    smoothing: float = 0.9,
    progress: Callable[[float], None] | None = None,
) -> RangeTest:
    """Train while the learning rate rises geometrically, one minibatch a rate.

    Step i of N uses the rate ``low * (high / low) ** (i / (N - 1))``. The test ends early where
    the smoothed loss exceeds `STOP_FACTOR` times its lowest value so far, or is no longer finite.

    Parameters
    ----------
    experiment : its learning rate, schedule, epochs and early stopping are not used
    low, high : the first and the last rate
    steps : N, from 10 to 1000
    smoothing : weight of the past in the smoothed loss, from 0 (none) to below 1
    progress : called with the share of the steps made

    Raises
    ------
    ValueError
        if a bound above does not hold, or `low` is not below `high`
    """
    if not 0 < low < high:
        raise ValueError(f"The range must rise from a positive rate, not go from {low} to {high}.")
    if not LEAST_STEPS <= steps <= MOST_STEPS:
        raise ValueError(f"The test takes {LEAST_STEPS} to {MOST_STEPS} steps, not {steps}.")
    if not 0 <= smoothing < 1:
        raise ValueError(f"The smoothing must be from 0 to below 1, not {smoothing}.")
    rates = geometric_rates(low, high, steps)
    trainer = _trainer(experiment, data, rates)
    _advance_until_it_rises(trainer, steps, smoothing, progress or (lambda share: None))
    history = trainer.history
    losses = history["batch_loss"].copy()
    return RangeTest(
        rates[: len(losses)],
        losses,
        smoothed_losses(losses, smoothing),
        history["gradient_norm"].copy(),
        history.layer_names,
        steps,
    )


def _trainer(experiment: Experiment, data: Dataset, rates: Array) -> Trainer:
    """Return a trainer that makes one step at each of the rates."""
    start = experiment.with_training(
        learning_rate=float(rates[0]), schedule="constant", patience=0, target_loss=0.0
    )
    rows = len(data.features("train"))
    per_epoch = max(-(-rows // start.training.batch_size), 1)
    epochs = -(-len(rates) // per_epoch)
    start = replace(start, training=replace(start.training, epochs=epochs))
    return Trainer(
        start, data, instruments=_EVERY_STEP, schedule=lambda step: float(rates[step] / rates[0])
    )


def _advance_until_it_rises(
    trainer: Trainer, steps: int, smoothing: float, progress: Callable[[float], None]
) -> None:
    """Make up to so many steps; the last record is the first one that was too high."""
    average, share, lowest = 0.0, 1.0, np.inf
    while trainer.step < steps and trainer.advance(steps=1):
        progress(trainer.step / steps)
        loss = float(trainer.history["batch_loss"][-1])
        average = smoothing * average + (1 - smoothing) * loss
        share *= smoothing
        smoothed = average / (1 - share)
        lowest = min(lowest, smoothed)
        if not np.isfinite(smoothed) or smoothed > STOP_FACTOR * lowest:
            return
