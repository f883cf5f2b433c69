"""Linear regression on polynomial features, with L1, L2 and elastic-net penalties.

Everywhere the objective is that of Friedman, Hastie & Tibshirani (2010), equation 1, and of
scikit-learn's ``ElasticNet``:

    (1 / 2n)·Σ(y - b - Xw)² + λ·(ρ·Σ|w| + (1 - ρ)/2·Σw²)

with the strength λ ≥ 0 and the L1 share ρ: 0 is L2 ("ridge"), 1 is L1 ("lasso"). The intercept b is
not penalized. scikit-learn's ``Lasso`` and ``ElasticNet`` call λ ``alpha``; its ``Ridge`` leaves
out the factor 1 / 2n, so that its ``alpha`` is n·λ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TRUE_SLOPE, TRUE_INTERCEPT = 2.0, 1.0
_SWEEPS = 20
_MOST_ROUNDS = 1000
_KKT_TOLERANCE = 1e-10


def noisy_line(rng: np.random.Generator, n: int, noise: float) -> tuple[Floats, Floats]:
    """Draw x ~ U(-1, 1) and y = 2x + 1 + noise·N(0, 1).

    Returns
    -------
    x, y : shape (n,)
    """
    x = rng.uniform(-1, 1, n)
    return x, TRUE_SLOPE * x + TRUE_INTERCEPT + noise * rng.standard_normal(n)


@dataclass(frozen=True, eq=False)
class PolynomialFeatures:
    """The powers x, x², …, x^degree, each standardized as on the training points.

    Attributes
    ----------
    mean, scale : shape (degree,); mean and standard deviation (divisor n) of each power
    """

    mean: Floats
    scale: Floats

    @classmethod
    def of(cls, x: Floats, degree: int) -> PolynomialFeatures:
        """Learn means and scales from training points.

        Parameters
        ----------
        x : shape (n,)
        degree : at least 1

        Raises
        ------
        ValueError
            if the degree is below 1 or fewer than two values of x differ
        """
        if degree < 1:
            raise ValueError("The degree must be at least 1.")
        powers = _powers(x, degree)
        scale = powers.std(axis=0)
        if not (scale > 0).all():
            raise ValueError("A feature that is the same everywhere cannot be standardized.")
        return cls(powers.mean(axis=0), scale)

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


def fit_least_squares(features: Floats, y: Floats) -> LinearFits:
    """Minimize the mean squared error without a penalty; of many minimizers, the shortest.

    Parameters
    ----------
    features : shape (n, d)
    y : shape (n,)
    """
    center, target = features - features.mean(axis=0), y - y.mean()
    weights = np.linalg.lstsq(center, target)[0]
    return _fits(features, y, np.zeros(1), weights[np.newaxis])


def fit_ridge(features: Floats, y: Floats, strengths: Sequence[float] | Floats) -> LinearFits:
    """Solve (XᵀX + nλI)·w = Xᵀy in closed form, X and y centered (Hoerl & Kennard 1970).

    By the singular value decomposition X = U·diag(s)·Vᵀ, in which
    w = V·diag(s / (s² + nλ))·Uᵀy serves every strength.

    Parameters
    ----------
    features : shape (n, d)
    y : shape (n,)
    strengths : λ > 0
    """
    lambdas = _checked_strengths(strengths)
    center, target = features - features.mean(axis=0), y - y.mean()
    left, singular, right = np.linalg.svd(center, full_matrices=False)
    gains = singular / (singular**2 + len(y) * lambdas[:, np.newaxis])
    return _fits(features, y, lambdas, (gains * (left.T @ target)) @ right)


def fit_elastic_net(
    features: Floats, y: Floats, strengths: Sequence[float] | Floats, l1_ratio: float
) -> LinearFits:
    """Minimize the objective for every strength by coordinate descent, from strong to weak.

    One coordinate at a time is set to its minimizer, S(gⱼ + aⱼ·wⱼ, λρ) / (aⱼ + λ(1 - ρ)), where
    gⱼ = xⱼᵀ(y - Xw)/n, aⱼ = xⱼᵀxⱼ/n and S is `soft_threshold` (Friedman et al. 2010, equation 5);
    each strength starts at the solution of the one before. The powers of x are nearly
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
    center, target = features - features.mean(axis=0), y - y.mean()
    gram, correlation = center.T @ center / len(y), center.T @ target / len(y)
    weights = np.zeros((len(lambdas), features.shape[1]))
    current = np.zeros(features.shape[1])
    for index in np.argsort(-lambdas):
        l1, l2 = lambdas[index] * l1_ratio, lambdas[index] * (1 - l1_ratio)
        current = _coordinate_descent(gram, correlation, current, l1, l2)
        current = _finish(gram, correlation, current, l1, l2)
        weights[index] = current
    return _fits(features, y, lambdas, weights)


def _coordinate_descent(
    gram: Floats, correlation: Floats, start: Floats, l1: float, l2: float
) -> Floats:
    """Lower w'Gw/2 - c'w + l1·Σ|w| + l2/2·Σw² from `start`, shape (d,), by `_SWEEPS` sweeps."""
    weights, gradient = start.copy(), correlation - gram @ start
    diagonal = gram.diagonal().tolist()
    for _ in range(_SWEEPS):
        for j, a in enumerate(diagonal):
            old = float(weights[j])
            pull = float(gradient[j]) + a * old
            new = max(abs(pull) - l1, 0.0) / (a + l2) * (1.0 if pull > 0 else -1.0) + 0.0
            if new != old:
                gradient -= gram[j] * (new - old)
                weights[j] = new
    return weights


def _finish(gram: Floats, correlation: Floats, start: Floats, l1: float, l2: float) -> Floats:
    """Return the minimizer by an active-set search from `start`, shape (d,).

    With the signs of the non-zero weights fixed the objective is quadratic, so its minimum
    solves linear equations. On the way there, the first weight to change sign is set to zero and
    leaves; once there, the zero weight whose gradient exceeds l1 the most joins. Each round lowers
    the objective, so no set of signs comes twice (feature-sign search: Lee et al. 2007).
    """
    weights, signs = start.copy(), np.sign(start)
    matrix = gram + l2 * np.eye(len(start))
    for _ in range(_MOST_ROUNDS):
        active = np.flatnonzero(signs)
        try:
            solved = np.linalg.solve(
                matrix[np.ix_(active, active)], correlation[active] - l1 * signs[active]
            )
        except np.linalg.LinAlgError:  # more weights than points can tell apart
            return weights
        crossing = solved * signs[active] <= 0
        if crossing.any():
            here = weights[active]
            share = np.where(crossing, here / np.where(crossing, here - solved, 1.0), np.inf)
            first = int(share.argmin())
            weights[active] += share[first] * (solved - here)
            weights[active[first]], signs[active[first]] = 0.0, 0.0
            continue
        weights[active] = solved
        gradient = correlation - matrix @ weights
        excess = np.where(signs == 0, np.abs(gradient) - l1, -np.inf)
        joining = int(excess.argmax())
        if excess[joining] <= _KKT_TOLERANCE:
            return weights
        signs[joining] = np.sign(gradient[joining])
    return weights


def _checked_strengths(strengths: Sequence[float] | Floats) -> Floats:
    lambdas = np.asarray(strengths, np.float64)
    if lambdas.ndim != 1 or not (np.isfinite(lambdas) & (lambdas > 0)).all():
        raise ValueError("Strengths must be a list of positive numbers.")
    return lambdas


def _fits(features: Floats, y: Floats, strengths: Floats, weights: Floats) -> LinearFits:
    return LinearFits(strengths, weights, y.mean() - weights @ features.mean(axis=0))


@dataclass(frozen=True, eq=False)
class Descent:
    """Weights along gradient steps.

    Attributes
    ----------
    steps : shape (r,)
    weights : shape (r, d)
    learning_rate : float
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
    center, target = features - features.mean(axis=0), y - y.mean()
    gram, correlation = center.T @ center / len(y), center.T @ target / len(y)
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
