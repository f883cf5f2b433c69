"""Weight initializers: a distribution, a variance rule, and a scale factor.

Each draws a matrix of shape (fan_in, fan_out) from the generator it is given. Normal
distributions are not truncated.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Initializer = Callable[..., Matrix]

_FIXED = 0.05  # bound or standard deviation of the rules that do not know the layer
_VARIANCE: dict[str, Callable[[int, int], float]] = {
    "lecun": lambda fan_in, fan_out: 1 / fan_in,
    "glorot": lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    "he": lambda fan_in, fan_out: 2 / fan_in,
}


def zeros(rng: np.random.Generator, fan_in: int, fan_out: int, scale: float = 1.0) -> Matrix:
    """All zeros: every unit of a layer stays the same as its neighbors."""
    return np.zeros((fan_in, fan_out))


def uniform(rng: np.random.Generator, fan_in: int, fan_out: int, scale: float = 1.0) -> Matrix:
    """U(-0.05·scale, 0.05·scale), Keras' ``RandomUniform`` default."""
    return rng.uniform(-_FIXED * scale, _FIXED * scale, (fan_in, fan_out))


def normal(rng: np.random.Generator, fan_in: int, fan_out: int, scale: float = 1.0) -> Matrix:
    """N(0, (0.05·scale)²), Keras' ``RandomNormal`` default."""
    return rng.normal(0, _FIXED * scale, (fan_in, fan_out))


def orthogonal(rng: np.random.Generator, fan_in: int, fan_out: int, scale: float = 1.0) -> Matrix:
    """Random matrix with orthonormal rows or columns, whichever are fewer (Saxe et al. 2014)."""
    tall = rng.normal(size=(max(fan_in, fan_out), min(fan_in, fan_out)))
    q, r = np.linalg.qr(tall)
    q *= np.sign(np.diag(r))  # makes the distribution uniform over orthogonal matrices
    return scale * (q if fan_in >= fan_out else q.T)


def _variance_scaling(rule: str, shape: str) -> Initializer:
    variance_of = _VARIANCE[rule]

    def initialize(
        rng: np.random.Generator, fan_in: int, fan_out: int, scale: float = 1.0
    ) -> Matrix:
        deviation = scale * sqrt(variance_of(fan_in, fan_out))
        if shape == "normal":
            return rng.normal(0, deviation, (fan_in, fan_out))
        bound = sqrt(3) * deviation  # U(-b, b) has variance b²/3
        return rng.uniform(-bound, bound, (fan_in, fan_out))

    initialize.__name__ = f"{rule}_{shape}"
    initialize.__doc__ = f"Variance of the {rule} rule, {shape} distribution."
    return initialize


INITIALIZERS: dict[str, Initializer] = {
    "zeros": zeros,
    "uniform": uniform,
    "normal": normal,
    **{
        f"{rule}_{shape}": _variance_scaling(rule, shape)
        for rule in _VARIANCE
        for shape in ("normal", "uniform")
    },
    "orthogonal": orthogonal,
}
"""Every initializer by name.

Sources: lecun, LeCun et al. (1998) "Efficient BackProp" §4.6; glorot, Glorot & Bengio (2010)
eq. 16; he, He et al. (2015) eq. 10. Each is called as ``f(rng, fan_in, fan_out, scale=1.0)`` and
returns float64 of shape (fan_in, fan_out); `scale` multiplies the standard deviation.
"""


def weight_variance(initializer: str, fan_in: int, fan_out: int, scale: float = 1.0) -> float:
    """Return the variance of one entry of a weight matrix that an initializer draws.

    Parameters
    ----------
    initializer : str
        A name in `INITIALIZERS`.
    fan_in, fan_out : int
        Shape of the matrix.
    scale : float
        Multiplies the standard deviation.

    Raises
    ------
    KeyError
        For a name that is none.
    """
    fixed = {
        "zeros": 0.0,
        "uniform": _FIXED**2 / 3,
        "normal": _FIXED**2,
        # The longer side's unit vectors have that many entries, and all entries are alike.
        "orthogonal": 1 / max(fan_in, fan_out),
    }
    if initializer in fixed:
        return fixed[initializer] * scale**2
    return _VARIANCE[initializer.rsplit("_", 1)[0]](fan_in, fan_out) * scale**2
