"""Losses of one prediction and their gradients, and why softmax cross-entropy gives p - y."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nnlib._array import Array
from nnlib.losses import LOSSES


@dataclass(frozen=True, eq=False)
class OutputErrors:
    """Two losses of one prediction p of one sigmoid output, and their gradients, shape (n,) each.

    Attributes
    ----------
    squared, crossentropy : (p - y)² and -y·log p - (1 - y)·log(1 - p)
    squared_by_p, crossentropy_by_p : d loss / dp
    squared_by_z, crossentropy_by_z : d loss / dz for p = sigmoid(z), which is d loss / dp times
        p·(1 - p); of the cross-entropy p - y remains
    """

    prediction: Array
    target: float
    squared: Array
    crossentropy: Array
    squared_by_p: Array
    crossentropy_by_p: Array
    squared_by_z: Array
    crossentropy_by_z: Array


def output_errors(prediction: Sequence[float] | Array, target: float) -> OutputErrors:
    """Return both losses and their gradients at predictions strictly between 0 and 1."""
    p = np.asarray(prediction, np.float64)
    if not ((p > 0) & (p < 1)).all():
        raise ValueError("Predictions must lie strictly between 0 and 1.")
    logits = np.log(p / (1 - p))
    squared, entropy = LOSSES["mean_squared_error"], LOSSES["binary_crossentropy"]
    y = np.full_like(p, target)
    columns = [array[:, np.newaxis, np.newaxis] for array in (p, logits, y)]
    squared_by_p = squared.gradient(columns[0], columns[2]).ravel()
    squared_by_z = LOSSES["sigmoid_squared_error"].gradient(columns[1], columns[2]).ravel()
    entropy_by_z = entropy.gradient(columns[1], columns[2]).ravel()
    return OutputErrors(
        p,
        target,
        squared.value(columns[0], columns[2]),
        entropy.value(columns[1], columns[2]),
        squared_by_p,
        entropy_by_z / (p * (1 - p)),
        squared_by_z,
        entropy_by_z,
    )


@dataclass(frozen=True, eq=False)
class ClassErrors:
    """Two losses of one prediction over K classes, as the engine computes them.

    Attributes
    ----------
    prediction, target : probabilities and the one-hot target, shape (K,)
    squared_terms, entropy_terms : (p_k - y_k)² and -y_k·log p_k, shape (K,)
    squared : the mean of the former over the classes
    crossentropy : the sum of the latter
    """

    prediction: Array
    target: Array
    squared_terms: Array
    entropy_terms: Array
    squared: float
    crossentropy: float


def class_errors(shares: Sequence[float], target: int) -> ClassErrors:
    """Return the losses of a prediction in proportion to `shares`, each above 0.

    Parameters
    ----------
    shares : shape (K,); divided by their sum
    target : the right class, from 0
    """
    weights = np.asarray(shares, np.float64)
    if not (weights > 0).all():
        raise ValueError("Every class needs a share above 0.")
    p = weights / weights.sum()
    y = np.eye(len(p))[target]
    squared = LOSSES["mean_squared_error"].value(p[np.newaxis], y[np.newaxis])
    entropy = LOSSES["categorical_crossentropy"].value(np.log(p)[np.newaxis], y[np.newaxis])
    return ClassErrors(p, y, np.square(p - y), -y * np.log(p), float(squared), float(entropy))


@dataclass(frozen=True, eq=False)
class SoftmaxChain:
    """The gradient of softmax cross-entropy by the chain rule, factor by factor.

    Attributes
    ----------
    logits, prediction, target : shape (K,)
    by_prediction : dL/dp_j = -y_j / p_j
    jacobian : dp_j/dz_k = p_j·([j = k] - p_k), shape (K, K)
    by_logit : Σ_j dL/dp_j · dp_j/dz_k
    engine : the gradient that `CategoricalCrossentropy` gives, p - y
    """

    logits: Array
    prediction: Array
    target: Array
    by_prediction: Array
    jacobian: Array
    by_logit: Array
    engine: Array


def softmax_chain(logits: Sequence[float], target: int) -> SoftmaxChain:
    """Return the gradient for logits of shape (K,) and a target class from 0."""
    loss = LOSSES["categorical_crossentropy"]
    z = np.array([logits], np.float64)
    y = np.eye(z.shape[1])[target]
    p = loss.predict(z)[0]
    by_prediction = -y / p
    jacobian = np.diag(p) - np.outer(p, p)
    engine = loss.gradient(z, y[np.newaxis])[0]
    return SoftmaxChain(z[0], p, y, by_prediction, jacobian, by_prediction @ jacobian, engine)
