"""Linear regression on polynomial features, with L1, L2 and elastic-net penalties.

Everywhere the objective is that of Friedman, Hastie & Tibshirani (2010) and of
scikit-learn's ``ElasticNet``:

    (1 / 2n)·Σ(y - b - Xw)² + λ·(ρ·Σ|w| + (1 - ρ)/2·Σw²)

with the strength λ ≥ 0 and the L1 share ρ: 0 is L2 ("ridge"), 1 is L1 ("lasso"). The intercept b is
not penalized; it may be left out, b = 0. scikit-learn's ``Lasso`` and
``ElasticNet`` call λ ``alpha``; its ``Ridge`` leaves out the factor 1 / 2n, so that its ``alpha``
is n·λ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnlib.labs.elastic_net import minimize

Floats = NDArray[np.float64]

TRUE_SLOPE, TRUE_INTERCEPT = 2.0, 1.0
_LARGEST_POWER = 1e6


def noisy_line(
    rng: np.random.Generator, n: int, noise: float, low: float = -1.0, high: float = 1.0
) -> tuple[Floats, Floats]:
    """Draw x ~ U(low, high) and y = 2x + 1 + noise·N(0, 1).

    Returns
    -------
    x, y : shape (n,)
    """
    x = rng.uniform(low, high, n)
    return x, TRUE_SLOPE * x + TRUE_INTERCEPT + noise * rng.standard_normal(n)


@dataclass(frozen=True, eq=False)
class PolynomialFeatures:
    """The powers x, x², …, x^degree, each standardized as on the training points, or as they are.

    Attributes
    ----------
    mean, scale : shape (degree,); mean and standard deviation (divisor n) of each power; 0 and the
        root mean square where they are not shifted, 0 and 1 where they stay as they are
    """

    mean: Floats
    scale: Floats

    @classmethod
    def of(
        cls, x: Floats, degree: int, *, standardized: bool = True, shifted: bool = True
    ) -> PolynomialFeatures:
        """Learn means and scales from training points.

        Parameters
        ----------
        x : shape (n,)
        degree : at least 1
        standardized : whether to learn anything; else the powers stay as they are
        shifted : whether to take the means away, which without an intercept would bring one in

        Raises
        ------
        ValueError
            if the degree is below 1, fewer than two values of x differ, or powers that are not
            standardized are too large for the digits of the arithmetic
        """
        if degree < 1:
            raise ValueError("The degree must be at least 1.")
        powers = _powers(x, degree)
        if not standardized:
            if np.abs(powers).max() > _LARGEST_POWER:
                raise ValueError(
                    "Such powers of x are too large to compute with as they are: standardize them, "
                    "or take a lower highest power."
                )
            return cls(np.zeros(degree), np.ones(degree))
        mean = powers.mean(axis=0) if shifted else np.zeros(degree)
        scale = np.sqrt(np.square(powers - mean).mean(axis=0))
        if not (scale > 0).all():
            raise ValueError("A feature that is the same everywhere cannot be standardized.")
        return cls(mean, scale)

    def __call__(self, x: Floats) -> Floats:
        """Return the standardized powers, shape (n, degree)."""
        features: Floats = (_powers(x, len(self.mean)) - self.mean) / self.scale
        return features


def _powers(x: Floats, degree: int) -> Floats:
    powers: Floats = np.asarray(x, np.float64)[:, np.newaxis] ** np.arange(1, degree + 1)
    return powers


@dataclass(frozen=True, eq=False)
class LinearFits:
    """Solutions for several strengths.

    Attributes
    ----------
    strengths : shape (s,)
    weights : shape (s, d); of the standardized features
    intercepts : shape (s,)
    """

    strengths: Floats
    weights: Floats
    intercepts: Floats

    def predict(self, features: Floats) -> Floats:
        """Return the predictions of every fit, shape (s, n)."""
        predictions: Floats = self.weights @ features.T + self.intercepts[:, np.newaxis]
        return predictions

    def errors(self, features: Floats, y: Floats) -> Floats:
        """Return the mean squared error of every fit, shape (s,)."""
        errors: Floats = np.square(self.predict(features) - y).mean(axis=1)
        return errors

    @property
    def zeros(self) -> NDArray[np.int64]:
        """Number of weights that are exactly zero, shape (s,)."""
        return np.asarray((self.weights == 0).sum(axis=1), np.int64)


def soft_threshold(values: Floats, threshold: float | Floats) -> Floats:
    """Return sign(v)·max(|v| - threshold, 0), the minimizer of (w - v)²/2 + threshold·|w|.

    Whatever is at most the threshold becomes exactly zero (Donoho & Johnstone 1994).
    """
    shrunk: Floats = np.sign(values) * np.maximum(np.abs(values) - threshold, 0.0)
    return shrunk + 0.0  # no negative zeros


def objective(
    features: Floats, y: Floats, weights: Floats, strength: float, l1_ratio: float
) -> float:
    """Return the penalized objective at `weights`, shape (d,), with its best intercept."""
    residual = (y - y.mean()) - (features - features.mean(axis=0)) @ weights
    penalty = l1_ratio * np.abs(weights).sum() + (1 - l1_ratio) / 2 * np.square(weights).sum()
    return float(np.square(residual).mean() / 2 + strength * penalty)


def centered(features: Floats, y: Floats, intercept: bool = True) -> tuple[Floats, Floats]:
    """Return features and targets less their means, which takes the intercept out of a problem.

    Without an intercept both stay as they are.
    """
    if not intercept:
        return features, y
    return features - features.mean(axis=0), y - y.mean()


def fit(
    features: Floats,
    y: Floats,
    strengths: Sequence[float] | Floats,
    l1_ratio: float | None,
    *,
    intercept: bool = True,
) -> LinearFits:
    """Return the fits by the method that suits the L1 share; without one, there is no penalty."""
    if l1_ratio is None:
        return fit_least_squares(features, y, intercept=intercept)
    if l1_ratio == 0:
        return fit_ridge(features, y, strengths, intercept=intercept)
    return fit_elastic_net(features, y, strengths, l1_ratio, intercept=intercept)


def fit_least_squares(features: Floats, y: Floats, *, intercept: bool = True) -> LinearFits:
    """Minimize the mean squared error without a penalty; of many minimizers, the shortest.

    Parameters
    ----------
    features : shape (n, d)
    y : shape (n,)
    intercept : whether there is one, as in all fits
    """
    weights = np.asarray(np.linalg.lstsq(*centered(features, y, intercept))[0], np.float64)
    return _fits(features, y, np.zeros(1), weights[np.newaxis], intercept)


def fit_ridge(
    features: Floats, y: Floats, strengths: Sequence[float] | Floats, *, intercept: bool = True
) -> LinearFits:
    """Solve (XᵀX + nλI)·w = Xᵀy in closed form, X and y `centered` (Hoerl & Kennard 1970).

    By the singular value decomposition X = U·diag(s)·Vᵀ, in which
    w = V·diag(s / (s² + nλ))·Uᵀy serves every strength.

    Parameters
    ----------
    features : shape (n, d)
    y : shape (n,)
    strengths : λ > 0
    """
    lambdas = _checked_strengths(strengths)
    center, target = centered(features, y, intercept)
    left, singular, right = np.linalg.svd(center, full_matrices=False)
    gains = singular / (singular**2 + len(y) * lambdas[:, np.newaxis])
    return _fits(features, y, lambdas, (gains * (left.T @ target)) @ right, intercept)


def fit_elastic_net(
    features: Floats,
    y: Floats,
    strengths: Sequence[float] | Floats,
    l1_ratio: float,
    *,
    intercept: bool = True,
) -> LinearFits:
    """Minimize the objective for every strength by coordinate descent, from strong to weak.

    One coordinate at a time is set to its minimizer, S(gⱼ + aⱼ·wⱼ, λρ) / (aⱼ + λ(1 - ρ)), where
    gⱼ = xⱼᵀ(y - Xw)/n, aⱼ = xⱼᵀxⱼ/n and S is `soft_threshold` (Friedman et al. 2010);
    each strength starts at the solution of the one before. High powers of x are nearly
    collinear, so that the last digits would take very many sweeps; after a few, the linear
    equations of the non-zero weights are solved instead, and the set of these is put right.

    Parameters
    ----------
    features : shape (n, d)
    y : shape (n,)
    strengths : λ > 0, in any order
    l1_ratio : ρ, above 0 and at most 1

    Raises
    ------
    ValueError
        if a strength or the ratio is out of bounds
    """
    lambdas = _checked_strengths(strengths)
    if not 0 < l1_ratio <= 1:
        raise ValueError("The L1 share must be above 0 and at most 1; for 0 there is fit_ridge.")
    gram, correlation = moments(features, y, intercept)
    weights = np.zeros((len(lambdas), features.shape[1]))
    current = np.zeros(features.shape[1])
    for index in np.argsort(-lambdas):
        l1, l2 = lambdas[index] * l1_ratio, lambdas[index] * (1 - l1_ratio)
        weights[index] = current = minimize(gram, correlation, current, l1, l2)
    return _fits(features, y, lambdas, weights, intercept)


def moments(features: Floats, y: Floats, intercept: bool) -> tuple[Floats, Floats]:
    """Return XᵀX/n, shape (d, d), and Xᵀy/n, shape (d,), of what is `centered`."""
    center, target = centered(features, y, intercept)
    return center.T @ center / len(y), center.T @ target / len(y)


def _checked_strengths(strengths: Sequence[float] | Floats) -> Floats:
    lambdas = np.asarray(strengths, np.float64)
    if lambdas.ndim != 1 or not (np.isfinite(lambdas) & (lambdas > 0)).all():
        raise ValueError("Strengths must be a list of positive numbers.")
    return lambdas


def _fits(
    features: Floats, y: Floats, strengths: Floats, weights: Floats, intercept: bool
) -> LinearFits:
    intercepts = np.zeros(len(weights))
    if intercept:
        intercepts += y.mean() - weights @ features.mean(axis=0)
    return LinearFits(strengths, weights, intercepts)
