"""Elementary functions and activations, number by number, so that loops over them vectorize.

The library's own `exp` is a call a number. This one is exact to rounding or two: x = n·ln 2 + r,
e^r - 1 by its Taylor series, 2ⁿ from its bits.
"""

from __future__ import annotations

from math import factorial, log, pi, sqrt
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload
from numpy.polynomial.chebyshev import cheb2poly

from nnlib.activations import ACTIVATIONS, ELU, SELU_ALPHA, SELU_SCALE, LeakyReLU
from nnlib.compiled.options import inlined, kernel
from nnlib.compiled.vectors import like, mantissa_and_exponent, polynomial, two_to_the
from nnlib.special import _ERFC_CENTER, _ERFC_COEFFICIENTS, _ERFC_TERMS_FLOAT32

CODES = {name: code for code, name in enumerate(ACTIVATIONS)}
"""The number of each activation in a plan."""


def _parts_of(number: Any, terms: int, low: Any, high: Any) -> Any:
    """Return a function x -> (2ⁿ, e^r - 1) for one type of number."""
    ln2 = log(2)
    # ln 2 in two parts, the first with so few digits that n times it is exact
    first: Any = np.floor(ln2 * 2**13) / 2**13 if terms < 10 else 0.693147180369123816
    second = number(ln2 - first) if terms < 10 else number(1.90821492927058770002e-10)
    first, per_ln2, half, zero = number(first), number(1 / ln2), number(0.5), number(0)
    low, high = number(low), number(high)
    series = tuple(number(1 / factorial(k)) for k in range(terms, 0, -1))

    @inlined
    def rest_of(r):
        total = series[0]
        for k in range(1, len(series)):
            total = total * r + series[k]
        return total * r

    def parts(x):
        bounded = low if x < low else (high if x > high else x)  # NaN stays NaN
        n = np.floor(bounded * per_ln2 + half)
        r = bounded - n * first - n * second
        return two_to_the(n if n == n else zero), rest_of(r)

    return parts


def _exp_parts(x):
    """Return 2ⁿ and e^r - 1 of x = n·ln 2 + r; e^x is their product plus the first."""
    raise NotImplementedError


_PARTS = {
    types.float32: _parts_of(np.float32, 7, -87.0, 88.0),
    types.float64: _parts_of(np.float64, 13, -708.0, 709.0),
}


@overload(_exp_parts, jit_options={"error_model": "numpy", "fastmath": {"contract"}})
def _choose_parts(x):
    return _PARTS.get(x)


@inlined
def exp(x):
    power, rest = _exp_parts(x)
    return power * rest + power


@inlined
def expm1(x):
    power, rest = _exp_parts(x)
    return power * rest + (power - like(x, 1))


_AREA = [1 / k for k in range(1, 38, 2)]
_area = polynomial(_AREA, _AREA[:8])  # of s² ≤ 1/9: the rest is below 2e-9 of it


@inlined
def log1p_of_share(u):
    """log(1 + u) for 0 ≤ u ≤ 1: twice the area hyperbolic tangent of u / (2 + u), by its series."""
    s = u / (like(u, 2) + u)
    return like(u, 2) * s * _area(s * s)


@inlined
def log_above_one(x):
    """Return log x for 1 ≤ x; what is not finite stays so."""
    share, power = mantissa_and_exponent(x)
    return power * like(x, log(2)) + log1p_of_share(share - like(x, 1)) + (x - x)


@inlined
def positive(z):
    return like(z, 0) if z < like(z, 0) else z


@inlined
def negative(z):
    return like(z, 0) if z > like(z, 0) else z


@inlined
def step(z):
    return like(z, 1) if z > like(z, 0) else like(z, 0)


@inlined
def linear(z):
    return z


@inlined
def d_linear(z):
    return like(z, 1)


@inlined
def sigmoid(z):
    return like(z, 1) / (like(z, 1) + exp(-z))


@inlined
def d_sigmoid(z):
    e = exp(-abs(z))
    return e / ((like(z, 1) + e) * (like(z, 1) + e))


@inlined
def tanh(z):
    m = expm1(like(z, -2) * abs(z))
    t = -m / (m + like(z, 2))
    return -t if z < like(z, 0) else t


@inlined
def d_tanh(z):
    e = exp(like(z, -2) * abs(z))
    return like(z, 4) * e / ((like(z, 1) + e) * (like(z, 1) + e))


@inlined
def softsign(z):
    return z / (like(z, 1) + abs(z))


@inlined
def d_softsign(z):
    d = like(z, 1) + abs(z)
    return like(z, 1) / (d * d)


_SLOPE = LeakyReLU().slope
_ALPHA = ELU().alpha


@inlined
def leaky_relu(z):
    return positive(z) + like(z, _SLOPE) * negative(z)


@inlined
def d_leaky_relu(z):
    return like(z, 1) if z > like(z, 0) else like(z, _SLOPE)


@inlined
def elu(z):
    return positive(z) + like(z, _ALPHA) * expm1(negative(z))


@inlined
def d_elu(z):
    e = like(z, _ALPHA) * exp(negative(z))
    return like(z, 1) if z > like(z, 0) else e


@inlined
def selu(z):
    return like(z, SELU_SCALE) * (positive(z) + like(z, SELU_ALPHA) * expm1(negative(z)))


@inlined
def d_selu(z):
    e = like(z, SELU_ALPHA) * exp(negative(z))
    return like(z, SELU_SCALE) * (like(z, 1) if z > like(z, 0) else e)


# As powers of y; the coefficients fall so fast that this loses nothing.
_scaled_erfc = polynomial(
    cheb2poly(_ERFC_COEFFICIENTS).tolist(),
    cheb2poly(_ERFC_COEFFICIENTS[:_ERFC_TERMS_FLOAT32]).tolist(),
)


@inlined
def normal_parts(z):
    """Return Φ(z) and e^(-z²/2)."""
    x = abs(z) * like(z, sqrt(0.5))
    y = (x - like(z, _ERFC_CENTER)) / (x + like(z, _ERFC_CENTER))
    power = exp(-x * x)
    tail = _scaled_erfc(y) * like(z, 0.5) * power / (like(z, 1) + like(z, 2) * x)
    return like(z, 1) - tail if z > like(z, 0) else tail, power


@inlined
def bounded(z):
    low, high = like(z, -40), like(z, 40)
    return low if z < low else (high if z > high else z)


@inlined
def gelu(z):
    return z * normal_parts(bounded(z))[0]


@inlined
def d_gelu(z):
    cdf, power = normal_parts(bounded(z))
    return cdf + z * (power * like(z, 1 / sqrt(2 * pi)))


@inlined
def silu(z):
    return z * sigmoid(z)


@inlined
def d_silu(z):
    e = exp(-abs(z))
    share = like(z, 1) / (like(z, 1) + e)
    return (share if z > like(z, 0) else e * share) + z * (e * share * share)


@inlined
def softplus(z):
    return positive(z) + log1p_of_share(exp(-abs(z)))


PAIRS = {
    "linear": (linear, d_linear),
    "sigmoid": (sigmoid, d_sigmoid),
    "tanh": (tanh, d_tanh),
    "softsign": (softsign, d_softsign),
    "relu": (positive, step),
    "leaky_relu": (leaky_relu, d_leaky_relu),
    "elu": (elu, d_elu),
    "selu": (selu, d_selu),
    "gelu": (gelu, d_gelu),
    "silu": (silu, d_silu),
    "softplus": (softplus, sigmoid),
}
"""Value and derivative of every activation, by name."""


def _looped(function: Any) -> Any:
    @kernel
    def over(z, out):
        for i in range(z.size):
            out[i] = function(z[i])

    return over


def _chosen(functions: dict[str, Any]) -> Any:
    """Return a kernel (code, z, out) that goes to the loop over one of the functions."""
    name, *others = functions
    loop, number = _looped(functions[name]), CODES[name]
    if not others:
        return kernel(lambda code, z, out: loop(z, out))
    rest = _chosen({other: functions[other] for other in others})

    @kernel
    def choose(code, z, out):
        if code == number:
            loop(z, out)
        else:
            rest(code, z, out)

    return choose


activate = _chosen({name: value for name, (value, _) in PAIRS.items()})
slope = _chosen({name: derivative for name, (_, derivative) in PAIRS.items()})
