"""Losses in which rare classes count as much as frequent ones."""

import numpy as np

from nnlib._array import Array
from nnlib.losses import Loss

CLASS_WEIGHTS = ("none", "balanced")


def balanced_weights(targets: Array) -> Array:
    """Return n / (k · n_c) for each class c, shape (K,): each class then counts alike in all.

    Their mean over the examples is 1, so that the loss keeps its size. These are the weights of
    King & Zeng (2001), "Logistic Regression in Rare Events Data", for equal shares of the classes.

    Parameters
    ----------
    targets : of all n training examples, shape (n, K), or (n, 1) with the probability of class 1;
        of soft targets the probabilities are counted. A class that does not occur has weight 0
        and is none of the k.
    """
    shares = targets.mean(axis=0, dtype=np.float64)
    if len(shares) == 1:
        shares = np.array([1 - shares[0], shares[0]])
    occurs = shares > 0
    weights = np.zeros(len(shares))
    weights[occurs] = 1 / (occurs.sum() * shares[occurs])
    return weights


class WeightedLoss(Loss):
    """The mean over the batch of each example's loss times the weight of its class.

    An example with soft targets has the mean weight of its classes.

    Parameters
    ----------
    loss : of classes
    weights : of the classes, shape (K,); two for a binary loss
    """

    name = "weighted"

    def __init__(self, loss: Loss, weights: Array) -> None:
        self._loss, self._weights = loss, weights

    def value(self, logits: Array, targets: Array) -> Array:
        # As batches of one: a loss is the mean over its batch.
        each = self._loss.value(logits[..., np.newaxis, :], targets[..., np.newaxis, :])
        value: Array = (each * self.of_examples(targets, each.dtype)).mean(axis=-1)
        return value

    def gradient(self, logits: Array, targets: Array, out: Array | None = None) -> Array:
        out = self._loss.gradient(logits, targets, out)
        out *= self.of_examples(targets, out.dtype)[..., np.newaxis]
        return out

    def predict(self, logits: Array) -> Array:
        return self._loss.predict(logits)

    def best_constant(self, targets: Array) -> Array:
        weights = self.of_examples(targets, np.dtype(np.float64))[:, np.newaxis]
        return self._loss.best_constant(weights / weights.mean() * targets)

    def of_examples(self, targets: Array, dtype: np.dtype[np.floating]) -> Array:
        """Return the weight of each example, shape (…, B)."""
        weights = self._weights.astype(dtype)
        if targets.shape[-1] == 1:
            of_examples: Array = weights[0] + (weights[1] - weights[0]) * targets[..., 0]
        else:
            of_examples = targets @ weights
        return of_examples
