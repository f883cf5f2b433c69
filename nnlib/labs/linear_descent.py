"""Gradient steps on penalized linear regression: two ways to treat |w|."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnlib.labs.linear_regression import Floats, moments, soft_threshold


@dataclass(frozen=True, eq=False)
class Descent:
    """Weights along gradient steps.

    Attributes
    ----------
    steps : shape (r,)
    weights : shape (r, d)
    """

    steps: NDArray[np.int64]
    weights: Floats
    learning_rate: float


def descend(
    features: Floats,
    y: Floats,
    strength: float,
    l1_ratio: float,
    steps: int,
    *,
    proximal: bool,
    intercept: bool = True,
) -> Descent:
    """Minimize the objective by gradient steps from zero, with one of two ways to treat |w|.

    Both take the step η = 1 / L, L the largest eigenvalue of XᵀX/n plus λ(1 - ρ). With `proximal`,
    soft thresholding by η·λ·ρ follows each step on the smooth part (ISTA: Daubechies, Defrise &
    De Mol 2004). Without, the gradient has the term λ·ρ·sign(w), as in training a network.

    Returns
    -------
    descent : Descent
        Weights after 0, 1, … steps; of many, about 300 at even distances on a logarithmic scale.
    """
    gram, correlation = moments(features, y, intercept)
    l1, l2 = strength * l1_ratio, strength * (1 - l1_ratio)
    rate = 1 / (float(np.linalg.eigvalsh(gram)[-1]) + l2)
    kept = np.unique(np.geomspace(1, steps, 300).round().astype(np.int64))
    records, weights = [np.zeros(len(correlation))], np.zeros(len(correlation))
    wanted = set(kept.tolist())
    for step in range(1, steps + 1):
        slope = gram @ weights - correlation + l2 * weights
        if proximal:
            weights = soft_threshold(weights - rate * slope, rate * l1)
        else:
            weights = weights - rate * (slope + l1 * np.sign(weights))
        if step in wanted:
            records.append(weights)
    return Descent(np.concatenate([[0], kept]), np.array(records), rate)


def settling_steps(
    features: Floats,
    y: Floats,
    active: NDArray[np.intp],
    l2: float,
    learning_rate: float,
    *,
    intercept: bool = True,
) -> float:
    """Return the steps in which the distance to the minimum falls by e, once its zeros are found.

    Only the weights that are not zero move then, on a quadratic: each step leaves 1 - η·μ of the
    distance along the direction of the smallest curvature μ, so that it is 1 / (η·μ) steps.

    Parameters
    ----------
    active : the places of the weights that are not zero, at least one
    l2 : λ(1 - ρ)
    learning_rate : η

    Returns
    -------
    steps : infinite where the smallest curvature is not told from 0
    """
    gram, _ = moments(features, y, intercept)
    curvatures = np.linalg.eigvalsh(gram[np.ix_(active, active)]) + l2
    rounding = len(curvatures) * np.finfo(np.float64).eps * curvatures[-1]
    smallest = float(curvatures[0])
    return 1 / (learning_rate * smallest) if smallest > rounding else np.inf
