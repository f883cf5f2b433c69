"""The second derivatives of activations and losses, which gradients do not need."""

from collections.abc import Callable
from math import sqrt

import numpy as np

from nnlib._array import Array
from nnlib.activations import ACTIVATIONS, ELU, SELU, SELU_ALPHA, SELU_SCALE, Activation
from nnlib.class_weights import WeightedLoss
from nnlib.losses import Loss, softmax
from nnlib.special import bounded, sigmoid

_sigmoid_slope = ACTIVATIONS["sigmoid"].derivative


def second_derivative(activation: Activation, z: Array) -> Array:
    """Return f''(z), of the shape of `z`; at a kink of f', that from the left.

    ReLU and leaky ReLU have none anywhere but at 0, where it would be infinite.
    """
    if isinstance(activation, ELU):
        return _elu(z, activation.alpha)
    if isinstance(activation, SELU):
        return SELU_SCALE * _elu(z, SELU_ALPHA)
    return _SECOND_DERIVATIVES[activation.name](z)


def _zero(z: Array) -> Array:
    return np.zeros_like(z)


def _elu(z: Array, alpha: float) -> Array:
    curvature: Array = np.where(z > 0, 0, alpha * np.exp(np.minimum(z, 0)))
    return curvature


def _sigmoid(z: Array) -> Array:
    # s'·(1 - 2s), and 1 - 2s = -tanh(z/2), which does not cancel around 0
    curvature: Array = -_sigmoid_slope(z) * np.tanh(z / 2)
    return curvature


def _tanh(z: Array) -> Array:
    curvature: Array = -2 * np.tanh(z) * ACTIVATIONS["tanh"].derivative(z)
    return curvature


def _softsign(z: Array) -> Array:
    curvature: Array = -2 * np.sign(z) / (1 + np.abs(z)) ** 3
    return curvature


def _gelu(z: Array) -> Array:
    # (Φ + z·φ)' = φ·(2 - z²)
    square = np.square(bounded(z))
    curvature: Array = np.exp(-square / 2) * (2 - square) * (1 / sqrt(2 * np.pi))
    return curvature


def _silu(z: Array) -> Array:
    return 2 * _sigmoid_slope(z) + z * _sigmoid(z)


_SECOND_DERIVATIVES: dict[str, Callable[[Array], Array]] = {
    "linear": _zero,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "softsign": _softsign,
    "relu": _zero,
    "leaky_relu": _zero,
    "gelu": _gelu,
    "silu": _silu,
    "softplus": _sigmoid_slope,
}

Product = Callable[[Array], Array]
"""The Hessian of a loss in the logits, times a change of the logits: (…, B, D) to (…, B, D)."""


def loss_product(loss: Loss, logits: Array, targets: Array) -> Product:
    """Return the product with the Hessian of the loss with respect to the logits.

    Examples do not depend on each other there, nor do the outputs, except for the softmax.
    """
    if isinstance(loss, WeightedLoss):
        inner = loss_product(loss._loss, logits, targets)
        weights = loss.of_examples(targets, logits.dtype)[..., np.newaxis]
        return lambda change: inner(change) * weights
    if loss.name == "categorical_crossentropy":
        share = softmax(logits)
        batch = logits.shape[-2]
        # less the mean change of an example's logits, as probable as the softmax has them
        return lambda change: share * (change - np.vecdot(share, change)[..., None]) / batch
    diagonal = _DIAGONALS[loss.name](logits, targets)
    diagonal /= logits.shape[-2] * logits.shape[-1]
    return lambda change: change * diagonal


def _squared(logits: Array, targets: Array) -> Array:
    return np.full_like(logits, 2)


def _sigmoid_squared(logits: Array, targets: Array) -> Array:
    slope = _sigmoid_slope(logits)
    return 2 * (slope * slope + (sigmoid(logits) - targets) * _sigmoid(logits))


def _binary(logits: Array, targets: Array) -> Array:
    return _sigmoid_slope(logits)


_DIAGONALS: dict[str, Callable[[Array, Array], Array]] = {
    "mean_squared_error": _squared,
    "sigmoid_squared_error": _sigmoid_squared,
    "binary_crossentropy": _binary,
}
