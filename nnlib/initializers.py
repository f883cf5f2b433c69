"""Weight initializers: a distribution, a variance rule, and a scale factor.

Each draws a matrix of shape (fan_in, fan_out) from the generator it is given. Normal
distributions are not truncated.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, int, int, float], Matrix]
VarianceRule = Callable[[int, int], float]

_FIXED = 0.05  # bound or standard deviation of the rules that do not know the layer


@dataclass(frozen=True)
class Initializer:
    """One rule for initial weights.

    Called as ``f(rng, fan_in, fan_out, scale=1.0)``, it returns float64 of shape
    (fan_in, fan_out); `scale` multiplies the standard deviation.

    Attributes
    ----------
    name, label : in the library, and as people write it
    variance : the variance of one entry from fan-in and fan-out, at scale 1
    draw : draws the matrix, given a generator, fan-in, fan-out and the entries' standard deviation
    """

    name: str
    label: str
    variance: VarianceRule
    draw: Draw

    def __call__(
        self, rng: np.random.Generator, fan_in: int, fan_out: int, scale: float = 1.0
    ) -> Matrix:
        """Return a matrix of initial weights."""
        return self.draw(rng, fan_in, fan_out, scale * sqrt(self.variance(fan_in, fan_out)))


def _zeros(rng: np.random.Generator, fan_in: int, fan_out: int, deviation: float) -> Matrix:
    """All zeros: every unit of a layer stays the same as its neighbors."""
    return np.zeros((fan_in, fan_out))


def _normal(rng: np.random.Generator, fan_in: int, fan_out: int, deviation: float) -> Matrix:
    return rng.normal(0, deviation, (fan_in, fan_out))


def _uniform(rng: np.random.Generator, fan_in: int, fan_out: int, deviation: float) -> Matrix:
    bound = sqrt(3) * deviation  # U(-b, b) has variance b²/3
    return rng.uniform(-bound, bound, (fan_in, fan_out))


def _orthogonal(rng: np.random.Generator, fan_in: int, fan_out: int, deviation: float) -> Matrix:
    """Random matrix with orthonormal rows or columns, whichever are fewer (Saxe et al. 2014)."""
    longer, shorter = max(fan_in, fan_out), min(fan_in, fan_out)
    q, r = np.linalg.qr(rng.normal(size=(longer, shorter)))
    q *= np.sign(np.diag(r))  # makes the distribution uniform over orthogonal matrices
    return deviation * sqrt(longer) * (q if fan_in >= fan_out else q.T)


def _pair(name: str, label: str, variance: VarianceRule) -> tuple[Initializer, Initializer]:
    """Return a variance rule with both distributions."""
    return (
        Initializer(f"{name}_normal", f"{label} normal", variance, _normal),
        Initializer(f"{name}_uniform", f"{label} uniform", variance, _uniform),
    )


INITIALIZERS: dict[str, Initializer] = {
    initializer.name: initializer
    for initializer in (
        Initializer("zeros", "zeros", lambda fan_in, fan_out: 0.0, _zeros),
        # Keras' ``RandomUniform`` and ``RandomNormal`` defaults
        Initializer("uniform", "uniform", lambda fan_in, fan_out: _FIXED**2 / 3, _uniform),
        Initializer("normal", "normal", lambda fan_in, fan_out: _FIXED**2, _normal),
        *_pair("lecun", "LeCun", lambda fan_in, fan_out: 1 / fan_in),
        *_pair("glorot", "Glorot", lambda fan_in, fan_out: 2 / (fan_in + fan_out)),
        *_pair("he", "He", lambda fan_in, fan_out: 2 / fan_in),
        Initializer(
            "orthogonal",
            "orthogonal",
            # The longer side's unit vectors have that many entries, and all entries are alike.
            lambda fan_in, fan_out: 1 / max(fan_in, fan_out),
            _orthogonal,
        ),
    )
}
"""Every initializer by name.

Sources: lecun, LeCun et al. (1998) "Efficient BackProp" §4.6; glorot, Glorot & Bengio (2010)
eq. 16; he, He et al. (2015).
"""


def weight_variance(initializer: str, fan_in: int, fan_out: int, scale: float = 1.0) -> float:
    """Return the variance of one entry of a weight matrix that an initializer draws.

    Parameters
    ----------
    initializer : a name in `INITIALIZERS`
    fan_in, fan_out : shape of the matrix
    scale : multiplies the standard deviation

    Raises
    ------
    KeyError
        For a name that is none.
    """
    return INITIALIZERS[initializer].variance(fan_in, fan_out) * scale**2
