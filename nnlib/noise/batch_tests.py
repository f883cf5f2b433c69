"""Whether a batch is large enough: how far the gradient of a minibatch may be from the gradient.

Each function returns the smallest parameter with which a batch passes its test; half of it takes
four times the batch. The three are the sides of a right triangle: norm² = inner product² +
orthogonality².
"""

import numpy as np

from nnlib.noise.moments import GradientMoments


def norm_test(moments: GradientMoments, batch_size: int) -> float:
    """Return θ with Var(g) / B = θ²·|G|², Var summed over the parameters.

    Byrd, Chin, Nocedal & Wu (2012), "Sample size selection in optimization methods for machine
    learning": a step against a gradient that is off by less than its own length leads
    downhill, and the test, with a θ below 1, asks for that in the mean square.
    """
    return _root(moments.trace.sum() / batch_size, moments.squared_mean.sum())


def inner_product_test(moments: GradientMoments, batch_size: int) -> float:
    """Return θ with Var(g·G) / B = θ²·|G|⁴.

    Bollapragada, Byrd & Nocedal (2018), "Adaptive sampling strategies for stochastic
    optimization": how far the length along the gradient varies.
    """
    return _root(_along(moments) / batch_size, moments.squared_mean.sum() ** 2)


def orthogonality_test(moments: GradientMoments, batch_size: int) -> float:
    """Return ν with Var(g - (g·G / |G|²)·G) / B = ν²·|G|².

    What goes with the inner product test in the same paper: how far a minibatch's gradient points
    beside the gradient.
    """
    squared = moments.squared_mean.sum()
    beside = moments.trace.sum() - (_along(moments) / squared if squared else 0.0)
    return _root(max(beside, 0.0) / batch_size, squared)


def _along(moments: GradientMoments) -> float:
    products = moments.products.sum(axis=1)
    return float(np.square(products - products.mean()).sum() / moments.freedom)


def _root(numerator: float, denominator: float) -> float:
    if not denominator:
        return np.inf if numerator else 0.0
    return float(np.sqrt(numerator / denominator))
