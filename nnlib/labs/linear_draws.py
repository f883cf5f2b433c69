"""Penalized regression on a noisy line: one fit looked at closely, and what other draws give."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnlib.comparison import Band
from nnlib.labs import linear_descent
from nnlib.labs.linear_descent import Descent
from nnlib.labs.linear_regression import Floats, LinearFits, PolynomialFeatures, fit, noisy_line

STRENGTHS = (*(float(f"{d}e{k}") for k in range(-4, 2) for d in (1, 1.5, 2, 3, 5, 7)), 100.0)
VALIDATION_POINTS = 200


@dataclass(frozen=True)
class LinearProblem:
    """What is fitted.

    Attributes
    ----------
    l1_ratio : 1 for L1, 0 for L2, and None without a penalty
    strength : one of `STRENGTHS`
    degree : the highest power of x
    points, noise, seed : of the training data; validation data have `VALIDATION_POINTS`
    draws : so many data sets are drawn and fitted
    span : the smallest and the largest x
    intercept : whether the fit has one
    standardized : whether each power is divided by its deviation
    """

    l1_ratio: float | None
    strength: float
    degree: int
    points: int
    noise: float
    seed: int
    draws: int
    span: tuple[float, float] = (-1.0, 1.0)
    intercept: bool = True
    standardized: bool = True


@dataclass(frozen=True, eq=False)
class Drawn:
    """One draw of the data: training and validation points, and the features of the fit."""

    x: Floats
    y: Floats
    x_val: Floats
    y_val: Floats
    features: PolynomialFeatures


@dataclass(frozen=True, eq=False)
class Errors:
    """Mean squared errors over the strength, a draw of the data in the place of a seed.

    `noise` is the variance of the noise.
    """

    train: Band
    validation: Band
    noise: float

    @property
    def best(self) -> int:
        """Index of the strength with the smallest median validation error."""
        return int(self.validation.median.argmin())


@dataclass(frozen=True, eq=False)
class LinearResult:
    """The fit of the first draw at the chosen strength, and over all strengths where it has any."""

    problem: LinearProblem
    drawn: Drawn
    chosen: LinearFits
    path: LinearFits | None
    errors: Errors | None

    def curve(self) -> tuple[Floats, Floats]:
        """Return 300 points of the fit over the span of x."""
        x = np.linspace(*self.problem.span, 300)
        return x, self.chosen.predict(self.drawn.features(x))[0]

    def chosen_errors(self) -> tuple[float, float]:
        """Return the training and the validation error of the fit."""
        d = self.drawn
        pairs = ((d.x, d.y), (d.x_val, d.y_val))
        train, validation = (float(self.chosen.errors(d.features(x), y)[0]) for x, y in pairs)
        return train, validation

    @property
    def zero(self) -> NDArray[np.intp]:
        """The places of the weights that are exactly zero."""
        return np.flatnonzero(self.chosen.weights[0] == 0)


def solve(problem: LinearProblem) -> LinearResult:
    """Draw data and fit them at every strength.

    Raises ValueError if the powers are too large as they are, see `PolynomialFeatures.of`.
    """
    draws = [_draw(problem, index) for index in range(problem.draws)]
    paths = [
        fit(d.features(d.x), d.y, STRENGTHS, problem.l1_ratio, intercept=problem.intercept)
        for d in draws
    ]
    first, path = draws[0], paths[0]
    if problem.l1_ratio is None:
        return LinearResult(problem, first, path, None, None)
    at = [STRENGTHS.index(problem.strength)]
    chosen = LinearFits(path.strengths[at], path.weights[at], path.intercepts[at])
    x = np.array(STRENGTHS)
    fitted = list(zip(draws, paths, strict=True))
    train = np.array([p.errors(d.features(d.x), d.y) for d, p in fitted]).T
    validation = np.array([p.errors(d.features(d.x_val), d.y_val) for d, p in fitted]).T
    errors = Errors(Band(x, train), Band(x, validation), problem.noise**2)
    return LinearResult(problem, first, chosen, path, errors)


def _draw(problem: LinearProblem, index: int) -> Drawn:
    rng = np.random.default_rng([problem.seed, index])
    x, y = noisy_line(rng, problem.points, problem.noise, *problem.span)
    x_val, y_val = noisy_line(rng, VALIDATION_POINTS, problem.noise, *problem.span)
    features = PolynomialFeatures.of(
        x, problem.degree, standardized=problem.standardized, shifted=problem.intercept
    )
    return Drawn(x, y, x_val, y_val, features)


def settling_steps(result: LinearResult, learning_rate: float) -> float | None:
    """Return `linear_descent.settling_steps` of the fit; None where all its weights are zero."""
    problem, drawn = result.problem, result.drawn
    active = np.flatnonzero(result.chosen.weights[0])
    if not len(active) or problem.l1_ratio is None:
        return None
    return linear_descent.settling_steps(
        drawn.features(drawn.x),
        drawn.y,
        active,
        problem.strength * (1 - problem.l1_ratio),
        learning_rate,
        intercept=problem.intercept,
    )


def descend_both(result: LinearResult, steps: int) -> dict[str, Descent]:
    """Minimize with the sign of w in the gradient, and with soft thresholding."""
    problem, drawn = result.problem, result.drawn
    assert problem.l1_ratio is not None
    return {
        name: linear_descent.descend(
            drawn.features(drawn.x),
            drawn.y,
            problem.strength,
            problem.l1_ratio,
            steps,
            proximal=proximal,
            intercept=problem.intercept,
        )
        for name, proximal in (("sign(w) in the gradient", False), ("soft thresholding", True))
    }
