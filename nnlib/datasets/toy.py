"""Small artificial problems that can be drawn: their points fill about [-1, 1] x [-1, 1].

Each function takes its own random generator and returns features and targets. For classes,
`noise` is the standard deviation of Gaussian noise added to both coordinates, which moves points
over the border between the classes; for regression it is added to the target. To add one, put a
function here with its entry above it.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import from_arrays
from .dataset import Dataset
from .registry import SPLIT, DatasetInfo, Option

GROUP = "2-D toys"
POINTS = Option("n_samples", 500, 20, 20_000, "Points", "Number of points in all splits together.")
_NOISE = Option(
    "noise",
    0.1,
    0.0,
    1.0,
    "Noise",
    "Standard deviation of the Gaussian noise added to both coordinates of each point.",
)
_TARGET_NOISE = replace(
    _NOISE, help="Standard deviation of the Gaussian noise added to the target of each point."
)
_ARMS = Option("arms", 2, 2, 3, "Arms", "Number of spiral arms; each is a class.", choices=(2, 3))
Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Generate = Callable[..., tuple[Floats, Any]]
ENTRIES: list[DatasetInfo] = []
"""Every data set of this file."""


def _entry(
    label: str, description: str, *options: Option, classes: tuple[str, ...] = ()
) -> Callable[[Generate], Generate]:
    """Put what a function generates among the data sets; without classes it is a regression."""

    def register(generate: Generate) -> Generate:
        task, name = "binary" if classes else "regression", generate.__name__
        own = (POINTS, *(options or (_NOISE if classes else _TARGET_NOISE,)), *SPLIT)
        build = partial(_build, generate, classes)
        ENTRIES.append(DatasetInfo(name, label, GROUP, task, "toy", description, own, build))
        return generate

    return register


def _build(
    generate: Generate,
    classes: tuple[str, ...],
    *,
    train_fraction: float,
    test_fraction: float,
    seed: int,
    **shape: Any,
) -> Dataset:
    X, y = generate(np.random.default_rng(seed), **shape)
    return from_arrays(
        X,
        y,
        name=generate.__name__,
        task="classification" if classes else "regression",
        feature_names=["x"] if X.shape[1] == 1 else None,
        class_names=classes[: y.max() + 1] if classes else None,
        target_names=["class"] if classes else None,
        standardize=False,
        train_fraction=train_fraction,
        test_fraction=test_fraction,
        seed=seed,
    )


@_entry("Circle", "A disc inside a ring.", classes=("inside", "outside"))
def circle(rng: np.random.Generator, n_samples: int, noise: float) -> tuple[Floats, Codes]:
    """Return a disc of radius 0.5 (class 0) and a ring around it from 0.7 to 1 (class 1)."""
    y = _classes(n_samples, 2)
    inner, outer = np.array([0.0, 0.7])[y], np.array([0.5, 1.0])[y]
    # Areas grow with the square of the radius: uniform in r², so that the density is even.
    radius = np.sqrt(rng.uniform(inner**2, outer**2))
    return _blur(rng, _polar(radius, rng.uniform(0, 2 * np.pi, n_samples)), noise), y


@_entry(
    "XOR",
    "Four squares; the class says whether the two coordinates have the same sign.",
    classes=("same sign", "different signs"),
)
def xor(rng: np.random.Generator, n_samples: int, noise: float) -> tuple[Floats, Codes]:
    """Return four squares; class 1 where the coordinates have different signs."""
    quadrant = _classes(n_samples, 4)
    signs = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])[quadrant]
    X = signs * rng.uniform(0.05, 1.0, (n_samples, 2))
    return _blur(rng, X, noise), quadrant % 2


@_entry(
    "Two Gaussians",
    "Two round clouds; with little noise a straight line separates them.",
    classes=("lower left", "upper right"),
)
def gaussians(rng: np.random.Generator, n_samples: int, noise: float) -> tuple[Floats, Codes]:
    """Return two round clouds of deviation 0.15 around (-0.5, -0.5) and (0.5, 0.5)."""
    y = _classes(n_samples, 2)
    centers = np.where(y[:, None] == 0, -0.5, 0.5)
    return _blur(rng, centers + rng.normal(0, 0.15, (n_samples, 2)), noise), y


@_entry(
    "Spiral",
    "Two or three arms that wind around each other.",
    replace(_NOISE, default=0.02),
    _ARMS,
    classes=("arm 1", "arm 2", "arm 3"),
)
def spiral(
    rng: np.random.Generator, n_samples: int, noise: float, arms: int
) -> tuple[Floats, Codes]:
    """Return spiral arms, one class each, winding outwards by 1.35 turns."""
    y = _classes(n_samples, arms)
    radius = rng.uniform(0.1, 1.0, n_samples)
    angle = 3 * np.pi * radius + 2 * np.pi * y / arms
    return _blur(rng, _polar(radius, angle), noise), y


@_entry("Moons", "Two half circles that reach into each other.", classes=("upper", "lower"))
def moons(rng: np.random.Generator, n_samples: int, noise: float) -> tuple[Floats, Codes]:
    """Return two half circles of radius 2/3 that reach into each other."""
    y = _classes(n_samples, 2)
    angle = rng.uniform(0, np.pi, n_samples) + np.pi * y
    shift = np.array([[-1 / 3, -1 / 6], [1 / 3, 1 / 6]])
    return _blur(rng, _polar(np.full(n_samples, 2 / 3), angle) + shift[y], noise), y


@_entry("Plane", "The target is the mean of the two coordinates.")
def plane(rng: np.random.Generator, n_samples: int, noise: float) -> tuple[Floats, Floats]:
    """Return y = (x1 + x2) / 2 over the square."""
    X = rng.uniform(-1, 1, (n_samples, 2))
    return X, X.mean(axis=1) + rng.normal(0, noise, n_samples)


@_entry(
    "Six bumps",
    "The target is a sum of six Gaussian bumps over the plane, three up and three down.",
)
def multi_gaussian(rng: np.random.Generator, n_samples: int, noise: float) -> tuple[Floats, Floats]:
    """Return six bumps exp(-r² / (2 · 0.2²)), signs alternating, in two rows of three."""
    X = rng.uniform(-1, 1, (n_samples, 2))
    y = np.zeros(n_samples)
    for row, x2 in enumerate((-0.5, 0.5)):
        for column, x1 in enumerate((-0.65, 0.0, 0.65)):
            squared_distance = ((X - (x1, x2)) ** 2).sum(axis=1)
            y += (-1) ** (row + column) * np.exp(-squared_distance / (2 * 0.2**2))
    return X, y + rng.normal(0, noise, n_samples)


@_entry("Sine", "The target is two waves of a sine over a single feature.")
def sine(rng: np.random.Generator, n_samples: int, noise: float) -> tuple[Floats, Floats]:
    """Return y = sin(2πx) for x from -1 to 1, two full waves; one feature."""
    x = rng.uniform(-1, 1, n_samples)
    return x[:, None], np.sin(2 * np.pi * x) + rng.normal(0, noise, n_samples)


@_entry(
    "Absolute value",
    "The target is |x| over a single feature, which deep and narrow ReLU networks often miss.",
    replace(_TARGET_NOISE, default=0.0),
)
def absolute_value(rng: np.random.Generator, n_samples: int, noise: float) -> tuple[Floats, Floats]:
    """Return y = |x| for x from -1 to 1; one feature."""
    x = rng.uniform(-1, 1, n_samples)
    return x[:, None], np.abs(x) + rng.normal(0, noise, n_samples)


def _classes(n_samples: int, n_classes: int) -> Codes:
    """Codes 0, 1, …, 0, 1, … so that the classes differ in size by one at most."""
    return np.arange(n_samples) % n_classes


def _polar(radius: Floats, angle: Floats) -> Floats:
    return np.column_stack((radius * np.cos(angle), radius * np.sin(angle)))


def _blur(rng: np.random.Generator, X: Floats, noise: float) -> Floats:
    return X + rng.normal(0, noise, X.shape)
