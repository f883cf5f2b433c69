"""Advice on the batch size, from the noise scale of a run, and the runs that check it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from nnlib.comparison import Arm, compare
from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.noise.course import Course
from nnlib.noise.moments import Values
from nnlib.noise.scale import critical_batch_size
from nnlib.noise.trade_off import ALREADY_THERE, epochs_for, examples_of, part, steps_to_loss
from nnlib.paired import Difference, paired_difference
from nnlib.training import Trainer

_SLICE = 0.2  # seconds between two reports of progress


@dataclass(frozen=True)
class Advice:
    """A batch size for the noise at hand, and what it is predicted to change.

    Attributes
    ----------
    present, advised : batch sizes
    critical : the noise scale of the run that the advice rests on
    """

    present: int
    advised: int
    critical: float

    @property
    def steps(self) -> float:
        """Steps with the advised batch size over those with the present one."""
        return (1 + self.critical / self.advised) / (1 + self.critical / self.present)

    @property
    def examples(self) -> float:
        """Examples with the advised batch size over those with the present one."""
        return self.steps * self.advised / self.present

    @property
    def rate(self) -> float:
        """The factor for the learning rate of SGD, if the present one is the best for its batch.

        The best rate is ε_max / (1 + B_noise/B) (McCandlish et al. 2018).
        """
        return 1 / self.steps


def advise(critical: float, present: int, examples: int) -> Advice:
    """Return the power of two nearest to the noise scale, at most all examples.

    Raises ValueError where the noise scale is not known.
    """
    if np.isnan(critical):
        raise ValueError("The noise of this run is not known: its gradient is not finite.")
    nearest = 2 ** round(float(np.log2(np.clip(critical, 1, examples))))
    return Advice(min(present, examples), min(nearest, examples), critical)


def noise_of_run(
    experiment: Experiment,
    data: Dataset,
    target: float,
    progress: Callable[[float], None] | None = None,
) -> tuple[float, bool]:
    """Return the critical batch size of a run, from its noise up to a training loss.

    It is `critical_batch_size` over the evenly spaced points of its `Course`. The run ends with the
    epoch in which it reaches the target.

    Parameters
    ----------
    experiment : without batch normalization
    progress : called with the share of the work done, from 0 to 1

    Returns
    -------
    critical : its noise scale, in examples
    reached : whether the run came to the target; else it is that of the whole run

    Raises
    ------
    ValueError
        if the run diverges
    """
    trainer = Trainer(experiment.with_training(target_loss=target), data)
    told = progress or (lambda share: None)
    while not trainer.done:
        trainer.advance(epochs=1)
        told(trainer.step / trainer.total_steps / 2)
    if trainer.status == "diverged":
        raise ValueError(
            "The run with the present batch size diverges: take a smaller learning rate first."
        )
    course = Course(trainer, even=True)
    while course.share < 1:
        course.go_on(_SLICE)
        told((1 + course.share) / 2)
    critical = critical_batch_size([p.scale for p in course.go_on()], course.batch_size)
    return critical, trainer.status == "target reached"


@dataclass(frozen=True, eq=False)
class Tried:
    """A batch size that was tried out beside the present one.

    Attributes
    ----------
    advice : what is predicted of it; that of the present one predicts no change
    arm : its runs
    steps, examples : to the loss, shape (seeds,); infinite for a seed that does not reach it
    """

    advice: Advice
    arm: Arm
    steps: Values
    examples: Values

    def against(self, present: Tried) -> tuple[Difference, Difference]:
        """Return how steps and examples differ from the present ones, as factors, by seeds."""
        pairs = ((present.steps, self.steps), (present.examples, self.examples))
        steps, examples = (paired_difference(*pair) for pair in pairs)
        return steps, examples


def try_out(
    advised: Mapping[str, Advice],
    experiment: Experiment,
    data: Dataset,
    seeds: int,
    target: float,
    progress: Callable[[float], None] | None = None,
) -> list[Tried]:
    """Train with the present batch size and with others until the training loss is at a target.

    Parameters
    ----------
    advised : by label, first the present one; each trains at its `Advice.rate` times the present
        rate
    experiment : with the present batch size; its epochs and its steps are what each run has at
        least
    target : above 0
    progress : called with the share of the work done, from 0 to 1

    Raises
    ------
    ValueError
        if a network is at the target before training, so that there is nothing to compare
    """
    rows, tried = len(data.features("train")), []
    most_epochs = experiment.training.epochs
    most_steps = most_epochs * -(-rows // min(experiment.training.batch_size, rows))
    for i, (label, advice) in enumerate(advised.items()):
        own = experiment.with_training(
            batch_size=advice.advised,
            learning_rate=experiment.training.learning_rate * advice.rate,
            epochs=epochs_for(advice.advised, rows, most_epochs, most_steps),
            target_loss=target,
        )
        told = part(progress, i / len(advised), (i + 1) / len(advised))
        (arm,) = compare({label: own}, seeds, data, told, series=("train_loss", "gradient_norm"))
        steps = steps_to_loss(arm, target)
        if not steps.all():
            raise ValueError(ALREADY_THERE)
        tried.append(Tried(advice, arm, steps, examples_of(steps, advice.advised, rows)))
    return tried
