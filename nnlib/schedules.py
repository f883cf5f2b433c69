"""Learning-rate schedules: a factor for each step that multiplies the configured rate.

Factors are PyTorch's schedulers called once a step: step 0 is the first update. After the last
step of the run the factor stays what it was there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi
from typing import Protocol


class Settings(Protocol):
    """What a run's schedule reads of a training config, beside the fields that the rule reads."""

    @property
    def schedule(self) -> str: ...  # noqa: D102
    @property
    def epochs(self) -> int: ...  # noqa: D102


Schedule = Callable[[int], float]


@dataclass(frozen=True)
class ScheduleRule:
    """One kind of schedule; called with the two numbers of steps it gives step -> factor.

    Attributes
    ----------
    name, label : in the library, and as people write it
    make : makes the schedule from the steps of an epoch, those of the run, and the fields in
        `reads`
    reads : the fields of `TrainingConfig` that are its own, as keywords of `make`
    """

    name: str
    label: str
    make: Callable[..., Schedule]
    reads: tuple[str, ...] = ()


def constant(steps_per_epoch: int, total_steps: int) -> Schedule:
    """Keep the configured rate."""
    return lambda step: 1.0


def step(
    steps_per_epoch: int, total_steps: int, decay_factor: float, decay_epochs: int
) -> Schedule:
    """Multiply by `decay_factor` once every `decay_epochs` epochs (``StepLR``)."""
    period = decay_epochs * steps_per_epoch
    return lambda step: float(decay_factor ** (min(step, total_steps) // period))


def exponential(
    steps_per_epoch: int, total_steps: int, decay_factor: float, decay_epochs: int
) -> Schedule:
    """Decay smoothly, by `decay_factor` over every `decay_epochs` epochs (``ExponentialLR``)."""
    period = decay_epochs * steps_per_epoch
    return lambda step: float(decay_factor ** (min(step, total_steps) / period))


def cosine(steps_per_epoch: int, total_steps: int) -> Schedule:
    """Fall from 1 to 0 along half a cosine over the run (Loshchilov & Hutter 2017, eq. 5)."""
    return lambda step: _between(1, 0, step / total_steps)


def warmup_cosine(steps_per_epoch: int, total_steps: int, warmup_fraction: float) -> Schedule:
    """Rise linearly over `warmup_fraction` of the run, then fall to 0 along half a cosine."""
    warmup = round(warmup_fraction * total_steps)
    rest = max(total_steps - warmup, 1)

    def factor(step: int) -> float:
        return (step + 1) / warmup if step < warmup else _between(1, 0, (step - warmup) / rest)

    return factor


def one_cycle(steps_per_epoch: int, total_steps: int) -> Schedule:
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


_DECAY = ("decay_factor", "decay_epochs")
SCHEDULES: dict[str, ScheduleRule] = {
    rule.name: rule
    for rule in (
        ScheduleRule("constant", "constant", constant),
        ScheduleRule("step", "step", step, _DECAY),
        ScheduleRule("exponential", "exponential", exponential, _DECAY),
        ScheduleRule("cosine", "cosine", cosine),
        ScheduleRule("warmup_cosine", "warm-up, then cosine", warmup_cosine, ("warmup_fraction",)),
        ScheduleRule("one_cycle", "one-cycle", one_cycle),
    )
}
"""Every schedule by name."""


def make_schedule(config: Settings, steps_per_epoch: int) -> Schedule:
    """Return the schedule of a training config for a run of ``epochs * steps_per_epoch`` steps."""
    rule = SCHEDULES[config.schedule]
    own = {name: getattr(config, name) for name in rule.reads}
    return rule.make(steps_per_epoch, config.epochs * steps_per_epoch, **own)
