"""Learning-rate schedules: a factor for each step that multiplies the configured rate.

Factors are PyTorch's schedulers called once a step: step 0 is the first update. After the last
step of the run the factor stays what it was there.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # config lists the schedules as choices, so it imports this module
    from nnlib.config import TrainingConfig

Schedule = Callable[[int], float]


def constant(config: TrainingConfig, steps_per_epoch: int, total_steps: int) -> Schedule:
    """Keep the configured rate."""
    return lambda step: 1.0


def step(config: TrainingConfig, steps_per_epoch: int, total_steps: int) -> Schedule:
    """Multiply by `decay_factor` once every `decay_epochs` epochs (``StepLR``)."""
    period = config.decay_epochs * steps_per_epoch
    return lambda step: float(config.decay_factor ** (min(step, total_steps) // period))


def exponential(config: TrainingConfig, steps_per_epoch: int, total_steps: int) -> Schedule:
    """Decay smoothly, by `decay_factor` over every `decay_epochs` epochs (``ExponentialLR``)."""
    period = config.decay_epochs * steps_per_epoch
    return lambda step: float(config.decay_factor ** (min(step, total_steps) / period))


def cosine(config: TrainingConfig, steps_per_epoch: int, total_steps: int) -> Schedule:
    """Fall from 1 to 0 along half a cosine over the run (Loshchilov & Hutter 2017, eq. 5)."""
    return lambda step: _between(1, 0, step / total_steps)


def warmup_cosine(config: TrainingConfig, steps_per_epoch: int, total_steps: int) -> Schedule:
    """Rise linearly over `warmup_fraction` of the run, then fall to 0 along half a cosine."""
    warmup = round(config.warmup_fraction * total_steps)
    rest = max(total_steps - warmup, 1)

    def factor(step: int) -> float:
        return (step + 1) / warmup if step < warmup else _between(1, 0, (step - warmup) / rest)

    return factor


def one_cycle(config: TrainingConfig, steps_per_epoch: int, total_steps: int) -> Schedule:
    """Rise from 1/25 to 1 over 30 % of the run, then fall to 1/250,000, both along cosines.

    PyTorch's ``OneCycleLR`` with its defaults (after Smith & Topin 2018), without its cycling of
    the momentum; the configured rate is the peak.
    """
    peak, end = max(0.3 * total_steps - 1, 1e-9), max(total_steps - 1, 1)
    low, last = 1 / 25, 1 / 25e4

    def factor(step: int) -> float:
        if step <= peak:
            return _between(low, 1, step / peak)
        return _between(1, last, (step - peak) / max(end - peak, 1e-9))

    return factor


def _between(start: float, end: float, progress: float) -> float:
    """Go from start to end along half a cosine while progress goes from 0 to 1."""
    return end + (start - end) * (1 + cos(pi * min(progress, 1.0))) / 2


SCHEDULES: dict[str, Callable[[TrainingConfig, int, int], Schedule]] = {
    "constant": constant,
    "step": step,
    "exponential": exponential,
    "cosine": cosine,
    "warmup_cosine": warmup_cosine,
    "one_cycle": one_cycle,
}
"""Every schedule by name: ``f(config, steps_per_epoch, total_steps)`` gives step -> factor."""


def make_schedule(config: TrainingConfig, steps_per_epoch: int) -> Schedule:
    """Return the schedule of a training config for a run of ``epochs * steps_per_epoch`` steps."""
    total_steps = config.epochs * steps_per_epoch
    return SCHEDULES[config.schedule](config, steps_per_epoch, total_steps)
