"""The noise of a run along its way, measured at some of its steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from nnlib.noise.batch_tests import inner_product_test, norm_test, orthogonality_test
from nnlib.noise.criteria import coupled_batch_size, stopping_evidence
from nnlib.noise.distances import Way
from nnlib.noise.histograms import Histograms, gradient_histograms
from nnlib.noise.minibatch_gradients import minibatch_gradients
from nnlib.noise.moments import Values, gradient_moments
from nnlib.noise.scale import NoiseScale, layer_scales, noise_scale
from nnlib.randomness import SAMPLING, generator
from nnlib.run_parts import minimized_loss
from nnlib.training import Trainer

POINTS = 16
"""So many steps at even distances are measured, and the powers of two ahead of the second."""
MOST_EXAMPLES = 2000
"""Of so many training examples the gradients are looked at."""


@dataclass(frozen=True, eq=False)
class NoisePoint:
    """What was measured at one step.

    Attributes
    ----------
    scale : of the training examples' gradients
    signal_to_noise : of a minibatch in each layer, shape (layers,)
    norm, inner_product, orthogonality : the smallest parameters with which a minibatch passes
    coupled_batch : the batch size of CABS, for the learning rate in effect
    evidence : to stop, above 0
    cosine : between the gradients of two minibatches, measured
    distance, travelled : of each layer's weights from the start, and along their way, (layers,)
    histograms : of the gradient by layer
    """

    step: int
    scale: NoiseScale
    signal_to_noise: Values
    norm: float
    inner_product: float
    orthogonality: float
    coupled_batch: float
    evidence: float
    cosine: float
    distance: Values
    travelled: Values
    histograms: Histograms


def even_steps(first: int, last: int, points: int = POINTS) -> list[int]:
    """Return steps at even distances from the first to the last."""
    return sorted({first + round(k * (last - first) / points) for k in range(points + 1)})


def steps_to_measure(first: int, last: int, points: int = POINTS) -> list[int]:
    """Return steps from the first to the last: the early ones at powers of two, the rest even."""
    gap = (last - first) / points
    early = {first + 2**k for k in range(30) if 2**k < gap}
    return sorted(early | {*even_steps(first, last, points)})


@dataclass(eq=False)
class Course:
    """The points of one run, measured as it goes on.

    Of up to `MOST_EXAMPLES` training examples all are taken, so that gradient and noise are exact;
    of more a sample, drawn once, whose own noise is taken into account.

    Parameters
    ----------
    trainer : of a single run without batch normalization
    even : whether to leave the early steps between the evenly spaced ones out, and to end them at
        the step that the run has come to

    Attributes
    ----------
    points : by step
    seconds : that measuring took
    examples : how many gradients are looked at
    is_whole : whether these are all training examples
    """

    trainer: Trainer
    even: bool = False
    points: dict[int, NoisePoint] = field(default_factory=dict, init=False)
    seconds: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        begun, trainer = perf_counter(), self.trainer
        data, dtype = trainer.data, trainer.network.dtype
        self._x, self._targets = data.features("train"), data.targets("train", dtype)
        self.is_whole = len(self._x) <= MOST_EXAMPLES
        if not self.is_whole:
            rows = generator(0, SAMPLING).choice(len(self._x), MOST_EXAMPLES, replace=False)
            self._x, self._targets = self._x[rows], self._targets[rows]
        self.examples = len(self._x)
        self._way = Way(trainer)
        self.seconds = perf_counter() - begun

    @property
    def batch_size(self) -> int:
        """Examples in a minibatch of the run."""
        return self.trainer._minibatches.size

    @property
    def even_steps(self) -> list[int]:
        """The steps at even distances, at which every part of the run counts alike."""
        end = self.trainer.step if self.even else self.trainer.total_steps
        return even_steps(self.trainer.first_step, end)

    @property
    def share(self) -> float:
        """How much of what the run has come to is measured, from 0 to 1."""
        first, last = self.trainer.first_step, max(self._due, default=0)
        return (self._way.there.step - first) / max(last - first, 1) if self._due else 1.0

    @property
    def _due(self) -> list[int]:
        """The steps that the run has come to and that are still to be measured."""
        trainer, here = self.trainer, self._way.there.step
        whole = steps_to_measure(trainer.first_step, trainer.total_steps)
        steps = self.even_steps if self.even else whole
        return [s for s in steps if here <= s <= trainer.step and s not in self.points]

    def go_on(self, seconds: float = np.inf) -> list[NoisePoint]:
        """Measure what the run has reached since; return all points by ascending step.

        Parameters
        ----------
        seconds : after about so many it leaves off, to be called again
        """
        begun, way = perf_counter(), self._way
        for step in self._due:
            way.go_to(step, begun + seconds)
            if way.there.step < step:
                break
            self.points[step] = self._measure(way)
        self.seconds += perf_counter() - begun
        return [self.points[step] for step in sorted(self.points)]

    def _measure(self, way: Way) -> NoisePoint:
        there = way.there
        loss = minimized_loss(there.loss, there.config, there.data)
        batch, rate = self.batch_size, there._learning_rate * there._schedule(there.step)
        x, targets, network = self._x, self._targets, there.network
        masks = there.experiment.network.dropout > 0
        with np.errstate(all="ignore"):  # of a run that has diverged
            moments = gradient_moments(
                network, loss, x, targets, training=masks, whole=self.is_whole and not masks
            )
            rng = generator(there.step, SAMPLING)
            drawn = minibatch_gradients(network, loss, x, targets, batch, rng, training=masks)
            return NoisePoint(
                there.step,
                noise_scale(moments),
                np.array([s.signal_to_noise(batch) for s in layer_scales(moments)]),
                norm_test(moments, batch),
                inner_product_test(moments, batch),
                orthogonality_test(moments, batch),
                coupled_batch_size(moments, float(rate)),
                stopping_evidence(moments),
                drawn.cosine,
                way.distance,
                way.travelled.copy(),
                gradient_histograms(moments),
            )
