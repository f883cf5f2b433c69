"""Test functions of two variables with exact gradients, for watching optimizers.

A function is written with products instead of powers, so that it works for plain floats (fast in
a loop of single points) and for arrays (fast for a grid), and overflows to infinity in both.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlib._array import Array

Coordinate = Any
"""A float, or an array of them; all coordinates of one call have the same shape."""


@dataclass(frozen=True, eq=False)
class Objective:
    """A function to minimize, of D = 1 or 2 variables.

    Attributes
    ----------
    name, label : in code and for people
    value : of D coordinates to the function's value, same shape as a coordinate
    partials : of D coordinates to the D exact partial derivatives
    ranges : per coordinate, the part that is worth looking at
    starts : per coordinate, where a descent may begin; without it, in those ranges
    start, learning_rate : where and how to begin; plain gradient descent does not diverge from
        there
    minima : the points with the lowest value; empty where the function is unbounded below
    lowest : the value there, or None
    source : who introduced it
    eigenvalues : of the Hessian, in rising order, where it is constant
    """

    name: str
    label: str
    formula: str
    value: Callable[..., Any]
    partials: Callable[..., tuple[Any, ...]]
    ranges: tuple[tuple[float, float], ...]
    start: tuple[float, ...]
    learning_rate: float
    minima: tuple[tuple[float, ...], ...]
    lowest: float | None
    source: str = ""
    eigenvalues: tuple[float, ...] | None = None
    starts: tuple[tuple[float, float], ...] | None = None

    @property
    def start_ranges(self) -> tuple[tuple[float, float], ...]:
        """Per coordinate, where a descent may begin."""
        return self.starts or self.ranges

    @property
    def dimensions(self) -> int:
        """The number of variables, D."""
        return len(self.ranges)

    def values(self, points: Array) -> Array:
        """Return the values at `points` of shape (…, D), shape (…)."""
        with np.errstate(over="ignore", invalid="ignore"):
            value: Array = np.asarray(self.value(*np.moveaxis(points, -1, 0)))
        return value

    def gradients(self, points: Array) -> Array:
        """Return the gradients at `points` of shape (…, D), same shape."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.stack(self.partials(*np.moveaxis(points, -1, 0)), axis=-1)


def bowl(condition: float = 10.0, angle: float = 30.0) -> Objective:
    """Return the quadratic ½ xᵀAx whose Hessian A has the eigenvalues 1 and `condition`.

    Parameters
    ----------
    condition : κ = λmax / λmin, at least 1
    angle : in degrees, from the x axis to the flat direction (the eigenvector of λmin = 1)

    Raises
    ------
    ValueError
        if the condition number is below 1
    """
    if not 1 <= condition < math.inf:
        raise ValueError(f"The condition number must be at least 1, not {condition}.")
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    a, b = cos * cos + condition * sin * sin, (1 - condition) * cos * sin
    d = sin * sin + condition * cos * cos
    return Objective(
        name="bowl",
        label="Ill-conditioned bowl",
        formula=r"f(x) = \tfrac12\, x^\top A\, x",
        value=lambda x, y: 0.5 * (a * x * x + 2 * b * x * y + d * y * y),
        partials=lambda x, y: (a * x + b * y, b * x + d * y),
        ranges=((-2.0, 2.0), (-2.0, 2.0)),
        start=(-1.7, 0.6),
        learning_rate=0.1,
        minima=((0.0, 0.0),),
        lowest=0.0,
        eigenvalues=(1.0, float(condition)),
    )


def _rosenbrock(x: Coordinate, y: Coordinate) -> Coordinate:
    a, b = 1 - x, y - x * x
    return a * a + 100 * b * b


def _rosenbrock_partials(x: Coordinate, y: Coordinate) -> tuple[Coordinate, Coordinate]:
    b = y - x * x
    return -2 * (1 - x) - 400 * x * b, 200 * b


def _beale_terms(x: Coordinate, y: Coordinate) -> tuple[Coordinate, Coordinate, Coordinate]:
    return 1.5 - x + x * y, 2.25 - x + x * y * y, 2.625 - x + x * y * y * y


def _beale(x: Coordinate, y: Coordinate) -> Coordinate:
    a, b, c = _beale_terms(x, y)
    return a * a + b * b + c * c


def _beale_partials(x: Coordinate, y: Coordinate) -> tuple[Coordinate, Coordinate]:
    a, b, c = _beale_terms(x, y)
    along_x = 2 * (a * (y - 1) + b * (y * y - 1) + c * (y * y * y - 1))
    return along_x, 2 * x * (a + 2 * b * y + 3 * c * y * y)


def _himmelblau(x: Coordinate, y: Coordinate) -> Coordinate:
    a, b = x * x + y - 11, x + y * y - 7
    return a * a + b * b


def _himmelblau_partials(x: Coordinate, y: Coordinate) -> tuple[Coordinate, Coordinate]:
    a, b = x * x + y - 11, x + y * y - 7
    return 4 * x * a + 2 * b, 2 * a + 4 * y * b


def _rastrigin(x: Coordinate, y: Coordinate) -> Coordinate:
    waves = np.cos(2 * np.pi * x) + np.cos(2 * np.pi * y)
    return 20 + x * x + y * y - 10 * waves


def _rastrigin_partials(x: Coordinate, y: Coordinate) -> tuple[Coordinate, Coordinate]:
    return (2 * x + 20 * np.pi * np.sin(2 * np.pi * x), 2 * y + 20 * np.pi * np.sin(2 * np.pi * y))


def _tang_term(x: Coordinate) -> Coordinate:
    square = x * x
    return 0.5 * (square * square - 16 * square + 5 * x)


def _tang_slope(x: Coordinate) -> Coordinate:
    return 2 * x * x * x - 16 * x + 2.5


_TANG_MINIMUM = -2.903534027771177
"""The lowest root of 2x³ - 16x + 5/2."""

SURFACES: dict[str, Objective] = {
    surface.name: surface
    for surface in (
        bowl(),
        Objective(
            name="rosenbrock",
            label="Rosenbrock's valley",
            formula=r"f(x, y) = (1 - x)^2 + 100\,(y - x^2)^2",
            value=_rosenbrock,
            partials=_rosenbrock_partials,
            ranges=((-2.0, 2.0), (-1.0, 3.0)),
            start=(-1.2, 1.0),
            learning_rate=0.001,
            minima=((1.0, 1.0),),
            lowest=0.0,
            source="Rosenbrock (1960)",
        ),
        Objective(
            name="beale",
            label="Beale's function",
            formula=r"f(x, y) = (1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2",
            value=_beale,
            partials=_beale_partials,
            ranges=((-4.5, 4.5), (-4.5, 4.5)),
            start=(1.0, 1.5),
            learning_rate=0.005,
            minima=((3.0, 0.5),),
            lowest=0.0,
            source="Beale (1958)",
        ),
        Objective(
            name="himmelblau",
            label="Himmelblau's four minima",
            formula=r"f(x, y) = (x^2 + y - 11)^2 + (x + y^2 - 7)^2",
            value=_himmelblau,
            partials=_himmelblau_partials,
            ranges=((-5.0, 5.0), (-5.0, 5.0)),
            start=(-0.5, -1.0),
            learning_rate=0.01,
            minima=(
                (3.0, 2.0),
                (-2.805118086952745, 3.131312518250573),
                (-3.779310253377747, -3.283185991286170),
                (3.584428340330492, -1.848126526964404),
            ),
            lowest=0.0,
            source="Himmelblau (1972)",
        ),
        Objective(
            name="saddle",
            label="Saddle",
            formula=r"f(x, y) = x^2 - y^2",
            value=lambda x, y: x * x - y * y,
            partials=lambda x, y: (2 * x, -2 * y),
            ranges=((-2.0, 2.0), (-2.0, 2.0)),
            start=(-1.6, 0.01),
            learning_rate=0.02,
            minima=(),
            lowest=None,
            eigenvalues=(-2.0, 2.0),
        ),
        Objective(
            name="rastrigin",
            label="Rastrigin's egg box",
            formula=r"f(x, y) = 20 + x^2 + y^2 - 10\,(\cos 2\pi x + \cos 2\pi y)",
            value=_rastrigin,
            partials=_rastrigin_partials,
            ranges=((-5.12, 5.12), (-5.12, 5.12)),
            start=(-3.6, 2.4),
            learning_rate=0.002,
            minima=((0.0, 0.0),),
            lowest=0.0,
            source="Rastrigin (1974)",
        ),
        Objective(
            name="styblinski_tang",
            label="Styblinski–Tang",
            formula=r"f(x, y) = \tfrac12 \sum_{u \in \{x, y\}} (u^4 - 16u^2 + 5u)",
            value=lambda x, y: _tang_term(x) + _tang_term(y),
            partials=lambda x, y: (_tang_slope(x), _tang_slope(y)),
            ranges=((-5.0, 5.0), (-5.0, 5.0)),
            start=(0.4, -0.6),
            learning_rate=0.02,
            minima=((_TANG_MINIMUM, _TANG_MINIMUM),),
            lowest=2 * _tang_term(_TANG_MINIMUM),
            source="Styblinski & Tang (1990)",
        ),
    )
}
"""Every surface by name; the bowl with its default condition and angle."""
