"""Paired differences: whether two settings differ by more than their seeds among themselves.

The interval is Student's, whose quantiles for whole degrees of freedom have a closed form.
"""

from dataclasses import dataclass
from functools import cache
from math import atan, cos, pi, sin, sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt

CONFIDENCE = 0.95

Reading = Literal["lower", "higher", "within the noise", "unknown"]


@dataclass(frozen=True)
class Difference:
    """What lies between two arms in one number a seed, of the same seeds.

    Attributes
    ----------
    ratio : whether `center`, `low` and `high` are factors (second by first), else differences
        (second less first)
    center : mean over the seeds; of factors the geometric mean; NaN where it is not known
    low, high : its 95 % interval
    seeds : how many pairs there are
    diverged : how many seeds of the first and of the second are not finite
    """

    ratio: bool
    center: float
    low: float
    high: float
    seeds: int
    diverged: tuple[int, int] = (0, 0)

    @property
    def reading(self) -> Reading:
        """Whether the second is lower, higher, or within the noise of the seeds.

        "unknown" where there is no interval: of a single seed, or where a seed diverged.
        """
        if not (np.isfinite(self.low) and np.isfinite(self.high)):
            return "unknown"
        same = 1.0 if self.ratio else 0.0
        if self.low > same:
            return "higher"
        return "lower" if self.high < same else "within the noise"


def paired_difference(
    first: npt.ArrayLike, second: npt.ArrayLike, *, ratio: bool = True
) -> Difference:
    """Return the 95 % interval of the mean of paired differences, by Student's t.

    ``mean(d) ± t(0.975, n - 1) · s / √n`` with d = second - first of the same seed and s their
    deviation (Student 1908, "The probable error of a mean"). It takes the d to be about normal,
    which for losses holds better of their logarithms: with `ratio` d = log second - log first.
    An exact sign-flip test would assume less, but of five seeds it can never reach 5 %.

    Parameters
    ----------
    first, second : one number a seed, shape (seeds,), in the same order of seeds
    ratio : whether to compare by factors; needs numbers above 0, without them it is differences

    Raises
    ------
    ValueError
        if the two do not have the same number of seeds
    """
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError("Paired arms need the same seeds.")
    lost = (int((~np.isfinite(a)).sum()), int((~np.isfinite(b)).sum()))
    ratio = ratio and bool((a > 0).all() and (b > 0).all())
    if any(lost) or not len(a):
        return Difference(ratio, np.nan, np.nan, np.nan, len(a), lost)
    d = np.log(b) - np.log(a) if ratio else b - a
    center, half = float(d.mean()), np.nan
    if len(d) > 1:
        half = t_quantile((1 + CONFIDENCE) / 2, len(d) - 1) * float(d.std(ddof=1)) / len(d) ** 0.5
    ends = np.array([center, center - half, center + half])
    with np.errstate(over="ignore"):
        ends = np.exp(ends) if ratio else ends
    return Difference(ratio, float(ends[0]), float(ends[1]), float(ends[2]), len(d))


def t_inside(t: float, freedom: int) -> float:
    """Return P(|T| < t) for t ≥ 0: Abramowitz & Stegun (1964), equations 26.7.3 and 26.7.4."""
    angle = atan(t / sqrt(freedom))
    first = 1 + freedom % 2  # the sums begin at cos⁰ for even, at cos¹ for odd degrees of freedom
    term = cos(angle) if freedom % 2 else 1.0
    total = 0.0
    for k in range(first, freedom, 2):
        total += term
        term *= k / (k + 1) * cos(angle) ** 2
    if freedom % 2:
        return 2 / pi * (angle + sin(angle) * total)
    return sin(angle) * total


@cache
def t_quantile(level: float, freedom: int) -> float:
    """Return the t below which T lies with probability `level`, by bisection.

    Parameters
    ----------
    level : above 0.5 and below 1
    freedom : degrees of freedom, at least 1

    Raises
    ------
    ValueError
        if one of them is out of bounds
    """
    if not 0.5 < level < 1 or freedom < 1:
        raise ValueError("A quantile needs a level between 0.5 and 1 and a degree of freedom.")
    inside = 2 * level - 1
    low, high = 0.0, 1.0
    while t_inside(high, freedom) < inside:
        low, high = high, 2 * high
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if t_inside(middle, freedom) < inside else (low, middle)
    return (low + high) / 2
