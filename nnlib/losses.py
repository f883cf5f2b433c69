"""Losses computed from logits: one number a replica, and its gradient with respect to the logits.

The last layer of a network is linear; sigmoid and softmax belong to the loss, where they combine
with the logarithm into expressions that neither overflow nor cancel. Targets may be soft.
"""

from typing import ClassVar

import numpy as np

from nnlib._array import Array, ones_row
from nnlib.activations import Sigmoid
from nnlib.special import sigmoid, softplus

_FLOAT64 = np.dtype(np.float64)


class Loss:
    """A loss over logits and targets of shape (…, B, D)."""

    name: ClassVar[str]

    def value(self, logits: Array, targets: Array) -> Array:
        """Return the mean loss over the batch, shape (…,)."""
        raise NotImplementedError

    def gradient(self, logits: Array, targets: Array, out: Array | None = None) -> Array:
        """Return d value / d logits, shape (…, B, D)."""
        raise NotImplementedError

    def value_and_gradient(
        self, logits: Array, targets: Array, out: Array | None = None
    ) -> tuple[Array, Array]:
        """Return `value` and `gradient`, which may share work."""
        return self.value(logits, targets), self.gradient(logits, targets, out)

    def predict(self, logits: Array) -> Array:
        """Return what the logits mean: values or probabilities, shape (…, B, D)."""
        raise NotImplementedError

    def best_constant(self, targets: Array) -> Array:
        """Return the logits that have the smallest loss among those equal for all examples, (1, D).

        The prediction they mean is the mean of the targets, shape (N, D): the minimizer of each
        proper scoring rule, such as the logarithmic and the quadratic one (Gneiting & Raftery
        2007, "Strictly Proper Scoring Rules, Prediction, and Estimation").
        """
        raise NotImplementedError


class MeanSquaredError(Loss):
    """Mean over batch and outputs of (logit - target)², as in PyTorch and Keras."""

    name = "mean_squared_error"

    def value(self, logits: Array, targets: Array) -> Array:
        value: Array = np.square(logits - targets).mean(axis=(-2, -1))
        return value

    def gradient(self, logits: Array, targets: Array, out: Array | None = None) -> Array:
        out = np.subtract(logits, targets, out=out)
        out *= 2 / (logits.shape[-2] * logits.shape[-1])
        return out

    def predict(self, logits: Array) -> Array:
        return logits

    def best_constant(self, targets: Array) -> Array:
        return _mean_target(targets)


class SigmoidSquaredError(Loss):
    """Mean over batch and outputs of (p - target)² with p = sigmoid(logit), the Brier score.

    Its gradient 2·(p - target)·p·(1 - p) goes to zero where p is almost 0 or 1, also where that is
    wrong; the cross-entropy's does not.
    """

    name = "sigmoid_squared_error"

    def value(self, logits: Array, targets: Array) -> Array:
        value: Array = np.square(sigmoid(logits) - targets).mean(axis=(-2, -1))
        return value

    def gradient(self, logits: Array, targets: Array, out: Array | None = None) -> Array:
        error = sigmoid(logits)
        error -= targets
        out = Sigmoid().derivative(logits, out=out)
        out *= error
        out *= 2 / (logits.shape[-2] * logits.shape[-1])
        return out

    def predict(self, logits: Array) -> Array:
        return sigmoid(logits)

    def best_constant(self, targets: Array) -> Array:
        return _log_odds(_mean_target(targets))


class BinaryCrossentropy(Loss):
    """Mean over batch and outputs of -t·log p - (1 - t)·log(1 - p) with p = sigmoid(logit)."""

    name = "binary_crossentropy"

    def value(self, logits: Array, targets: Array) -> Array:
        # max(z, 0) - z·t + log(1 + exp(-|z|)): the first two cancel exactly, not to rounding
        confident = np.maximum(logits, 0) - logits * targets
        value: Array = (confident + softplus(-np.abs(logits))).mean(axis=(-2, -1))
        return value

    def gradient(self, logits: Array, targets: Array, out: Array | None = None) -> Array:
        out = sigmoid(logits, out=out)
        out -= targets
        out *= 1 / (logits.shape[-2] * logits.shape[-1])
        return out

    def predict(self, logits: Array) -> Array:
        return sigmoid(logits)

    def best_constant(self, targets: Array) -> Array:
        return _log_odds(_mean_target(targets))


class CategoricalCrossentropy(Loss):
    """Mean over the batch of -Σ t·log p with p = softmax(logits) and targets that sum to 1."""

    name = "categorical_crossentropy"

    def value(self, logits: Array, targets: Array) -> Array:
        return self.value_and_gradient(logits, targets)[0]

    def gradient(self, logits: Array, targets: Array, out: Array | None = None) -> Array:
        return self.value_and_gradient(logits, targets, out)[1]

    def value_and_gradient(
        self, logits: Array, targets: Array, out: Array | None = None
    ) -> tuple[Array, Array]:
        # -Σ t·(z - log Σ exp z) = log Σ exp(z - max) - Σ t·(z - max); softmax - t
        out = np.subtract(logits, _largest(logits), out=out)
        picked = np.vecdot(_joined(out), _joined(targets))
        np.exp(out, out=out)
        # In float64: 1 and what the loss of a confident network consists of.
        batch, classes = logits.shape[-2:]
        total = out @ ones_row(classes, _FLOAT64)[0]
        value = (np.log(total) @ ones_row(batch, _FLOAT64)[0] - picked) / batch
        np.divide(out, total[..., np.newaxis], out=out, casting="same_kind")
        out -= targets
        out *= 1 / batch
        return np.asarray(value, logits.dtype), out

    def predict(self, logits: Array) -> Array:
        return softmax(logits)

    def best_constant(self, targets: Array) -> Array:
        return np.log(_positive(_mean_target(targets)))


def _mean_target(targets: Array) -> Array:
    mean: Array = targets.mean(axis=0, keepdims=True, dtype=np.float64)
    return mean


def _log_odds(probability: Array) -> Array:
    odds: Array = np.log(_positive(probability)) - np.log(_positive(1 - probability))
    return odds


def _positive(probability: Array) -> Array:
    """Return a probability whose logarithm is finite: a class may not occur."""
    return np.maximum(probability, np.finfo(np.float64).tiny)


def softmax(logits: Array, out: Array | None = None) -> Array:
    """exp(z) / Σ exp(z) over the last axis, shifted by the maximum so that it cannot overflow."""
    out = np.subtract(logits, _largest(logits), out=out)
    np.exp(out, out=out)
    out /= out.sum(axis=-1, keepdims=True)
    return out


def _largest(logits: Array) -> Array:
    """Return the largest logit of each example, shape (…, B, 1).

    With the classes ahead of the examples: NumPy reduces a short last axis an order of magnitude
    more slowly.
    """
    classes_first = np.ascontiguousarray(logits.swapaxes(-1, -2))
    largest: Array = np.maximum.reduce(classes_first, axis=-2)
    return largest[..., np.newaxis]


def _joined(x: Array) -> Array:
    """Return (…, B, D) as (…, B·D)."""
    return x.reshape(*x.shape[:-2], x.shape[-2] * x.shape[-1])


LOSSES: dict[str, Loss] = {
    loss.name: loss
    for loss in (
        MeanSquaredError(),
        SigmoidSquaredError(),
        BinaryCrossentropy(),
        CategoricalCrossentropy(),
    )
}
"""Every loss by name."""

LOSS_OF_TASK = {
    "regression": "mean_squared_error",
    "binary": "binary_crossentropy",
    "multiclass": "categorical_crossentropy",
}
"""The loss that a task of a data set is trained with."""
