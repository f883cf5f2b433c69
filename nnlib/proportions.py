"""Proportions: what a count out of so many trials says of a probability."""

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
CONFIDENCE_95 = 1.959963984540054
"""The 97.5 % point of the standard normal distribution."""


def wilson_interval(
    successes: npt.ArrayLike, trials: npt.ArrayLike, quantile: float = CONFIDENCE_95
) -> tuple[Vector, Vector]:
    """Return Wilson's score interval of a probability (Wilson 1927).

    Parameters
    ----------
    successes, trials : shape (…); how often it happened, and out of how many, at least 1
    quantile : of the standard normal distribution

    Returns
    -------
    low, high : float arrays of shape (…), within [0, 1]
    """
    n = np.asarray(trials, np.float64)
    share, square = np.asarray(successes, np.float64) / n, quantile**2 / n
    center = (share + square / 2) / (1 + square)
    half = np.sqrt(share * (1 - share) * square + square**2 / 4) / (1 + square)
    return np.clip(center - half, 0.0, 1.0), np.clip(center + half, 0.0, 1.0)
