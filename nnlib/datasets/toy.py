"""Small artificial problems that can be drawn: their points fill about [-1, 1] x [-1, 1].

Each function takes its own random generator and returns features and targets. For classes,
`noise` is the standard deviation of Gaussian noise added to both coordinates, which moves points
over the border between the classes; for regression it is added to the target.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


def circle(rng: np.random.Generator, n_samples: int, noise: float) -> tuple[Floats, Codes]:
    """Return a disc of radius 0.5 (class 0) and a ring around it from 0.7 to 1 (class 1)."""
    y = _classes(n_samples, 2)
    inner, outer = np.array([0.0, 0.7])[y], np.array([0.5, 1.0])[y]
    # Areas grow with the square of the radius: uniform in r², so that the density is even.
    radius = np.sqrt(rng.uniform(inner**2, outer**2))
    return _blur(rng, _polar(radius, rng.uniform(0, 2 * np.pi, n_samples)), noise), y


def xor(rng: np.random.Generator, n_samples: int, noise: float) -> tuple[Floats, Codes]:
    """Return four squares; class 1 where the coordinates have different signs."""
    quadrant = _classes(n_samples, 4)
    signs = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])[quadrant]
    X = signs * rng.uniform(0.05, 1.0, (n_samples, 2))
    return _blur(rng, X, noise), quadrant % 2


def gaussians(rng: np.random.Generator, n_samples: int, noise: float) -> tuple[Floats, Codes]:
    """Return two round clouds of deviation 0.15 around (-0.5, -0.5) and (0.5, 0.5)."""
    y = _classes(n_samples, 2)
    centers = np.where(y[:, None] == 0, -0.5, 0.5)
    return _blur(rng, centers + rng.normal(0, 0.15, (n_samples, 2)), noise), y


def spiral(
    rng: np.random.Generator, n_samples: int, noise: float, arms: int
) -> tuple[Floats, Codes]:
    """Return spiral arms, one class each, winding outwards by 1.35 turns."""
    y = _classes(n_samples, arms)
    radius = rng.uniform(0.1, 1.0, n_samples)
    angle = 3 * np.pi * radius + 2 * np.pi * y / arms
    return _blur(rng, _polar(radius, angle), noise), y


def moons(rng: np.random.Generator, n_samples: int, noise: float) -> tuple[Floats, Codes]:
    """Return two half circles of radius 2/3 that reach into each other."""
    y = _classes(n_samples, 2)
    angle = rng.uniform(0, np.pi, n_samples) + np.pi * y
    shift = np.array([[-1 / 3, -1 / 6], [1 / 3, 1 / 6]])
    return _blur(rng, _polar(np.full(n_samples, 2 / 3), angle) + shift[y], noise), y


def plane(rng: np.random.Generator, n_samples: int, noise: float) -> tuple[Floats, Floats]:
    """Return y = (x1 + x2) / 2 over the square."""
    X = rng.uniform(-1, 1, (n_samples, 2))
    return X, X.mean(axis=1) + rng.normal(0, noise, n_samples)


def multi_gaussian(rng: np.random.Generator, n_samples: int, noise: float) -> tuple[Floats, Floats]:
    """Return six bumps exp(-r² / (2 · 0.2²)), signs alternating, in two rows of three."""
    X = rng.uniform(-1, 1, (n_samples, 2))
    y = np.zeros(n_samples)
    for row, x2 in enumerate((-0.5, 0.5)):
        for column, x1 in enumerate((-0.65, 0.0, 0.65)):
            squared_distance = ((X - (x1, x2)) ** 2).sum(axis=1)
            y += (-1) ** (row + column) * np.exp(-squared_distance / (2 * 0.2**2))
    return X, y + rng.normal(0, noise, n_samples)


def sine(rng: np.random.Generator, n_samples: int, noise: float) -> tuple[Floats, Floats]:
    """Return y = sin(2πx) for x from -1 to 1, two full waves; one feature."""
    x = rng.uniform(-1, 1, n_samples)
    return x[:, None], np.sin(2 * np.pi * x) + rng.normal(0, noise, n_samples)


def _classes(n_samples: int, n_classes: int) -> Codes:
    """Codes 0, 1, …, 0, 1, … so that the classes differ in size by one at most."""
    return np.arange(n_samples) % n_classes


def _polar(radius: Floats, angle: Floats) -> Floats:
    return np.column_stack((radius * np.cos(angle), radius * np.sin(angle)))


def _blur(rng: np.random.Generator, X: Floats, noise: float) -> Floats:
    return X + rng.normal(0, noise, X.shape)
