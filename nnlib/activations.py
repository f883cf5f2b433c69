"""Activation functions: each a value and a derivative, both computed from the pre-activation.

Derivatives are taken from the pre-activation ``z`` and not from the activation ``a``, because
``a * (1 - a)`` loses every digit once the sigmoid has rounded to 1, and tiny derivatives are what
a person studying saturation looks at. All functions are stable for any finite ``z``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import numpy as np

from nnlib._array import Array

SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805

# Chebyshev coefficients of (1 + 2x) exp(x²) erfc(x) in y = (x - 3.75) / (x + 3.75), x ≥ 0, the
# form of Shepherd & Laframboise (1981), Mathematics of Computation 36(153), 249-253. Fitted by
# interpolation; the relative error of erfc is below 1e-13 in float64.
_ERFC_CENTER = 3.75
_ERFC_COEFFICIENTS = (
    1.1775789345674017, -0.0045900545806464585, -0.08424913336651818, 0.05920993999819198,
    -0.026658668435306114, 0.009074997670705187, -0.002413163540417725, 0.0004907758365257837,
    -6.916973302565313e-05, 4.13902798612798e-06, 7.74038305504541e-07, -2.1886401054456903e-07,
    1.076499806168735e-08, 4.521959794266826e-09, -7.75441439455133e-10, -6.318084327321888e-11,
    2.8685613555294537e-11, 1.9452135375714803e-13, -9.675643051040542e-13,
)  # fmt: skip
_ERFC_TERMS_FLOAT32 = 12


@dataclass(frozen=True)
class Activation:
    """One activation function; subclasses give the value and the derivative.

    Both methods take an array ``z`` of at least one axis and write into ``out`` where it is given.
    """

    name: ClassVar[str]

    def value(self, z: Array, out: Array | None = None) -> Array:
        """Return the activation f(z)."""
        raise NotImplementedError

    def derivative(self, z: Array, out: Array | None = None) -> Array:
        """Return the derivative f'(z); at a kink, the derivative from the left."""
        raise NotImplementedError

    def backward(self, gradient: Array, z: Array, out: Array) -> Array:
        """Turn dL/da in `gradient` into dL/dz in place; `out` is scratch space like `z`."""
        gradient *= self.derivative(z, out=out)
        return gradient


class Linear(Activation):
    """f(z) = z."""

    name = "linear"

    def value(self, z: Array, out: Array | None = None) -> Array:
        return np.positive(z, out=out)

    def derivative(self, z: Array, out: Array | None = None) -> Array:
        out = np.empty_like(z) if out is None else out
        out.fill(1)
        return out


class Sigmoid(Activation):
    """f(z) = 1 / (1 + exp(-z))."""

    name = "sigmoid"

    def value(self, z: Array, out: Array | None = None) -> Array:
        return sigmoid(z, out=out)

    def derivative(self, z: Array, out: Array | None = None) -> Array:
        # e^-|z| / (1 + e^-|z|)²: symmetric, and exact to rounding in both tails.
        e = np.abs(z, out=out)
        np.negative(e, out=e)
        np.exp(e, out=e)
        denominator = e + 1
        denominator *= denominator
        e /= denominator
        return e


class Tanh(Activation):
    """f(z) = tanh(z)."""

    name = "tanh"

    def value(self, z: Array, out: Array | None = None) -> Array:
        return np.tanh(z, out=out)

    def derivative(self, z: Array, out: Array | None = None) -> Array:
        # 1 - tanh(z)² = 4 e^-2|z| / (1 + e^-2|z|)², which does not cancel.
        e = np.abs(z, out=out)
        e *= -2
        np.exp(e, out=e)
        denominator = e + 1
        denominator *= denominator
        e *= 4
        e /= denominator
        return e


class Softsign(Activation):
    """f(z) = z / (1 + |z|)."""

    name = "softsign"

    def value(self, z: Array, out: Array | None = None) -> Array:
        denominator = np.abs(z)
        denominator += 1
        return np.divide(z, denominator, out=out)

    def derivative(self, z: Array, out: Array | None = None) -> Array:
        out = np.abs(z, out=out)
        out += 1
        out *= out
        return np.reciprocal(out, out=out)


class ReLU(Activation):
    """f(z) = max(z, 0)."""

    name = "relu"

    def value(self, z: Array, out: Array | None = None) -> Array:
        return np.maximum(z, 0, out=out)

    def derivative(self, z: Array, out: Array | None = None) -> Array:
        out = np.empty_like(z) if out is None else out
        return np.greater(z, 0, out=out, casting="unsafe")

    def backward(self, gradient: Array, z: Array, out: Array) -> Array:
        gradient *= z > 0
        return gradient


@dataclass(frozen=True)
class LeakyReLU(Activation):
    """f(z) = z for z > 0, slope·z otherwise; slope 0.01 as in PyTorch (Keras: 0.3)."""

    name = "leaky_relu"
    slope: float = 0.01

    def value(self, z: Array, out: Array | None = None) -> Array:
        negative = np.minimum(z, 0)
        negative *= self.slope
        out = np.maximum(z, 0, out=out)
        out += negative
        return out

    def derivative(self, z: Array, out: Array | None = None) -> Array:
        out = np.empty_like(z) if out is None else out
        np.greater(z, 0, out=out, casting="unsafe")
        out *= 1 - self.slope
        out += self.slope
        return out


@dataclass(frozen=True)
class ELU(Activation):
    """f(z) = z for z > 0, alpha·(exp(z) - 1) otherwise (Clevert et al. 2016)."""

    name = "elu"
    alpha: float = 1.0

    def value(self, z: Array, out: Array | None = None) -> Array:
        negative = np.minimum(z, 0)
        np.expm1(negative, out=negative)
        negative *= self.alpha
        out = np.maximum(z, 0, out=out)
        out += negative
        return out

    def derivative(self, z: Array, out: Array | None = None) -> Array:
        positive = z > 0
        out = np.minimum(z, 0, out=out)
        np.exp(out, out=out)
        out *= self.alpha
        np.copyto(out, 1, where=positive)
        return out


class SELU(Activation):
    """f(z) = scale·ELU(z; alpha) with the two constants of Klambauer et al. (2017)."""

    name = "selu"
    _elu: ClassVar[ELU] = ELU(SELU_ALPHA)

    def value(self, z: Array, out: Array | None = None) -> Array:
        out = self._elu.value(z, out=out)
        out *= SELU_SCALE
        return out

    def derivative(self, z: Array, out: Array | None = None) -> Array:
        out = self._elu.derivative(z, out=out)
        out *= SELU_SCALE
        return out


class GELU(Activation):
    """f(z) = z·Φ(z) with Φ the standard normal distribution (Hendrycks & Gimpel 2016).

    The exact form, the default of PyTorch and Keras, not the tanh approximation.
    """

    name = "gelu"

    def value(self, z: Array, out: Array | None = None) -> Array:
        return np.multiply(z, normal_cdf(z), out=out)

    def derivative(self, z: Array, out: Array | None = None) -> Array:
        # Φ(z) + z·φ(z)
        cdf = normal_cdf(z)
        out = np.square(_bounded(z), out=out)
        out *= -0.5
        np.exp(out, out=out)
        out *= z
        out *= 1 / sqrt(2 * np.pi)
        out += cdf
        return out


class SiLU(Activation):
    """f(z) = z·sigmoid(z), also known as swish."""

    name = "silu"

    def value(self, z: Array, out: Array | None = None) -> Array:
        return np.multiply(z, sigmoid(z), out=out)

    def derivative(self, z: Array, out: Array | None = None) -> Array:
        # s + z·s·(1 - s), where s·(1 - s) is the sigmoid's derivative
        s = sigmoid(z)
        out = _SIGMOID.derivative(z, out=out)
        out *= z
        out += s
        return out


class Softplus(Activation):
    """f(z) = log(1 + exp(z))."""

    name = "softplus"

    def value(self, z: Array, out: Array | None = None) -> Array:
        return softplus(z, out=out)

    def derivative(self, z: Array, out: Array | None = None) -> Array:
        return sigmoid(z, out=out)


_SIGMOID = Sigmoid()


def sigmoid(z: Array, out: Array | None = None) -> Array:
    """Logistic function 1 / (1 + exp(-z)), accurate to rounding in both tails."""
    out = np.negative(z, out=out)
    with np.errstate(over="ignore"):  # exp(1e4) is infinite and its reciprocal rightly zero
        np.exp(out, out=out)
    out += 1
    return np.reciprocal(out, out=out)


def softplus(z: Array, out: Array | None = None) -> Array:
    """log(1 + exp(z)) = max(z, 0) + log1p(exp(-|z|)), which never overflows."""
    positive = np.maximum(z, 0)
    out = np.abs(z, out=out)
    np.negative(out, out=out)
    np.exp(out, out=out)
    np.log1p(out, out=out)
    out += positive
    return out


def normal_cdf(z: Array) -> Array:
    """Distribution function Φ(z) of the standard normal, with full relative accuracy below 0."""
    z = _bounded(z)
    x = np.abs(z) * z.dtype.type(sqrt(0.5))
    y = (x - _ERFC_CENTER) / (x + _ERFC_CENTER)
    terms = _ERFC_TERMS_FLOAT32 if z.dtype == np.float32 else len(_ERFC_COEFFICIENTS)
    tail: Array = _chebyshev(y, _ERFC_COEFFICIENTS[:terms])
    tail *= np.exp(-x * x) / (1 + 2 * x)
    tail *= 0.5
    return np.where(z > 0, 1 - tail, tail)


def _bounded(z: Array) -> Array:
    """Clip to where exp(-z²) still differs from zero, so that z² cannot overflow."""
    return np.clip(z, -40, 40)


def _chebyshev(y: Array, coefficients: tuple[float, ...]) -> Array:
    """Sum of Chebyshev polynomials by Clenshaw's recurrence."""
    b1 = np.zeros_like(y)
    b2 = np.zeros_like(y)
    for c in coefficients[:0:-1]:
        b1, b2 = 2 * y * b1 - b2 + c, b1
    total: Array = y * b1 - b2 + coefficients[0]
    return total


ACTIVATIONS: dict[str, Activation] = {
    activation.name: activation
    for activation in (
        Linear(),
        _SIGMOID,
        Tanh(),
        Softsign(),
        ReLU(),
        LeakyReLU(),
        ELU(),
        SELU(),
        GELU(),
        SiLU(),
        Softplus(),
    )  # fmt: skip
}
"""Every activation by name, with its published default parameters."""
