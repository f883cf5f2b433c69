"""Activation functions: each a value and a derivative, both computed from the pre-activation.

Derivatives are taken from the pre-activation ``z`` and not from the activation ``a``, because
``a * (1 - a)`` loses every digit once the sigmoid has rounded to 1, and tiny derivatives are what
a person studying saturation looks at. All functions are stable for any finite ``z``.
"""

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import numpy as np

from nnlib._array import Array
from nnlib.special import bounded, normal_cdf, sigmoid, softplus

SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


@dataclass(frozen=True)
class Activation:
    """One activation function; subclasses give the value and the derivative.

    Both methods take an array ``z`` of at least one axis and write into ``out`` where it is given.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    """The name as people write it."""
    suited_initializer: ClassVar[str] = "glorot_normal"
    """The rule that was derived for it, or else the one that comes nearest.

    Glorot & Bengio (2010) take f' ≈ 1 around zero. He et al. (2015) count that ReLU passes half
    of the values; functions with a slope of ½ at zero are about as weak. SELU keeps the variance
    with the rule of LeCun (Klambauer et al. 2017), which also keeps that of small values of ELU,
    whose slope at zero is 1 on both sides.
    """

    @property
    def kinked(self) -> bool:
        """Whether f' jumps at 0, so that there is no derivative there."""
        left, right = self.derivative(np.array([-1e-9, 1e-9]))
        return bool(abs(left - right) > 1e-3)

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
    label = "linear"

    def value(self, z: Array, out: Array | None = None) -> Array:
        return np.positive(z, out=out)

    def derivative(self, z: Array, out: Array | None = None) -> Array:
        out = np.empty_like(z) if out is None else out
        out.fill(1)
        return out


class Sigmoid(Activation):
    """f(z) = 1 / (1 + exp(-z))."""

    name = "sigmoid"
    label = "sigmoid"

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
    label = "tanh"

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
    label = "softsign"

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
    label = "ReLU"
    suited_initializer = "he_normal"

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
    label = "leaky ReLU"
    suited_initializer = "he_normal"
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
    label = "ELU"
    suited_initializer = "lecun_normal"
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
    label = "SELU"
    suited_initializer = "lecun_normal"
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
    label = "GELU"
    suited_initializer = "he_normal"

    def value(self, z: Array, out: Array | None = None) -> Array:
        return np.multiply(z, normal_cdf(z), out=out)

    def derivative(self, z: Array, out: Array | None = None) -> Array:
        # Φ(z) + z·φ(z)
        cdf = normal_cdf(z)
        out = np.square(bounded(z), out=out)
        out *= -0.5
        np.exp(out, out=out)
        out *= z
        out *= 1 / sqrt(2 * np.pi)
        out += cdf
        return out


class SiLU(Activation):
    """f(z) = z·sigmoid(z), also known as swish."""

    name = "silu"
    label = "SiLU"
    suited_initializer = "he_normal"

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
    label = "softplus"
    suited_initializer = "he_normal"

    def value(self, z: Array, out: Array | None = None) -> Array:
        return softplus(z, out=out)

    def derivative(self, z: Array, out: Array | None = None) -> Array:
        return sigmoid(z, out=out)


_SIGMOID = Sigmoid()

ACTIVATIONS: dict[str, Activation] = {
    activation.name: activation
    for activation in (
        Linear(), _SIGMOID, Tanh(), Softsign(), ReLU(), LeakyReLU(), ELU(), SELU(), GELU(), SiLU(),
        Softplus(),
    )
}  # fmt: skip
"""Every activation by name, with its published default parameters."""
