"""Where a step of a run comes down in the parabola that its two ends make out: α."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnlib._array import Array
from nnlib.curvature.lanczos import Floats
from nnlib.curvature.products import Curvature
from nnlib.layers import Dropout, Noise
from nnlib.regularizers import add_penalty_gradient, penalty
from nnlib.undisturbed import undisturbed

if TYPE_CHECKING:
    from nnlib.training import Trainer

_ROWS = np.array([[1.0, 0, 0], [1, 1, 1], [0, 1, 0], [0, 1, 2]])
"""What the parabola c[0] + c[1]·t + c[2]·t² has as values at t = 0 and 1, and as slopes there."""
_LEAST = 1e-9
"""Of the largest uncertainty, what one that is 0 counts as; of the curve, what slope is none."""


def step_position(values: Floats, slopes: Floats, errors: Floats) -> float:
    """Return α of a step: -1 where its parabola has the start, 0 the minimum, 1 as high as that.

    Schneider, Dangel & Hennig (2021), "Cockpit": the parabola is fitted by least squares to the
    loss and its derivative along the step at both ends, each weighted by its uncertainty. Below
    -1, the step has climbed the side that it began on. A parabola that opens downward has no
    minimum: -1 then, as in Cockpit. Not a number where it is flat at the start, or where an
    observation is not finite.

    Parameters
    ----------
    values, slopes : of the loss at the start and the end, and of its derivative in the direction
        of the step times the step's length, shape (2,) each
    errors : the standard deviations of these four, up to a factor, shape (4,)
    """
    if not np.isfinite([*values, *slopes, *errors]).all():
        return np.nan
    largest = errors.max()
    errors = np.maximum(errors, _LEAST * largest) if largest else np.ones(4)
    observed = np.concatenate([values - values[0], slopes])
    fitted = np.linalg.lstsq(_ROWS / errors[:, np.newaxis], observed / errors, rcond=None)[0]
    _, slope, curve = fitted.tolist()
    if curve <= 0:
        return -1.0
    return -2 * curve / slope - 1 if abs(slope) > _LEAST * curve else np.nan


class Stride:
    """The next step of a run, to be made after this, looked at from both its ends.

    Loss and derivative are those of the minibatch that the step goes by, penalties included, with
    the masks of the step at both ends; Cockpit takes the end's from the next minibatch. How
    uncertain they are is the scatter over the examples of the minibatch, of which no gradient is
    made: an example's derivative along the step comes from one pass forward. Of one example
    nothing is known of that, and all four count alike.

    Parameters
    ----------
    trainer : of a single run; it stays as it is
    """

    def __init__(self, trainer: Trainer) -> None:
        self._trainer, self._step = trainer, trainer.step
        batches = trainer._parts["minibatches"]
        kept = batches.kept()
        self._x, self._targets = (part.copy() for part in trainer._minibatches.next())
        batches.put_back(kept)
        random = [x.streams for x in trainer.network.layers if isinstance(x, Dropout | Noise)]
        self._streams = [(streams, streams.kept()) for streams in random]
        self._weights = trainer.network.flat_parameters.copy()
        self._start = self._look()

    def position(self) -> float:
        """Return α of the step, once it is made; not a number if the run has not made it."""
        network = self._trainer.network
        end_weights = network.flat_parameters
        if self._trainer.step != self._step + 1 or not np.isfinite(end_weights).all():
            return np.nan
        with np.errstate(all="ignore"), undisturbed(network):
            for streams, state in self._streams:
                streams.put_back(state)
            return self._fit(end_weights, self._look())

    def _fit(self, end_weights: Array, end: tuple[Curvature, Floats]) -> float:
        step = end_weights - self._weights
        values, slopes, errors = np.zeros(2), np.zeros(2), np.zeros((2, 2))
        ends = ((self._weights, self._start), (end_weights, end))
        for i, (weights, (point, losses)) in enumerate(ends):
            along = point.slopes(step).astype(np.float64)
            value, gradient = self._penalty(weights)
            values[i], slopes[i] = losses.mean() + value, along.mean() + gradient @ step
            errors[:, i] = losses.std(), along.std()
        return step_position(values, slopes, errors.ravel())

    def _look(self) -> tuple[Curvature, Floats]:
        """Return the minibatch's loss around the weights as they are, and each example's."""
        loss, targets = self._trainer._minimized, self._targets
        with np.errstate(all="ignore"):  # of a run that diverges
            point = Curvature(self._trainer.network, loss, self._x, targets)
            # As batches of one: a loss is the mean over its batch.
            logits = point.logits[:, np.newaxis].astype(np.float64)
            each = loss.value(logits, targets[:, np.newaxis])
        return point, each.astype(np.float64)

    def _penalty(self, weights: Array) -> tuple[float, Array]:
        """Return the penalties on the weights and their gradient, shape (P,)."""
        config, network = self._trainer.config, self._trainer.network
        weights = weights * network.weight_mask()
        gradient = np.zeros_like(weights)
        add_penalty_gradient(gradient, weights, config.l1, config.l2)
        return float(penalty(weights, config.l1, config.l2)), gradient
