"""The data sets that can be asked for by name, and how to ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

import numpy as np

from . import bundled, toy
from .arrays import from_arrays
from .dataset import Dataset
from .errors import DatasetError, listing
from .registry import DatasetInfo, Option

TOYS, TABLES, IMAGES = "2-D toys", "Tables", "Images"

_SPLIT = (
    Option(
        "train_fraction", 0.8, 0.05, 0.95, "Training share", "Share of the rows that is trained on."
    ),
    Option(
        "test_fraction",
        0.0,
        0.0,
        0.9,
        "Test share",
        "Share of the rows kept for a test; the rows that remain are for validation.",
    ),
    Option(
        "seed", 0, 0, 2**32 - 1, "Data seed", "Decides which rows are drawn and how they split."
    ),
)
_POINTS = Option("n_samples", 500, 20, 20_000, "Points", "Number of points in all splits together.")
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
_IMAGES = replace(_POINTS, label="Images", help="Number of images in all splits together.")


def _toy_classes(
    generate: Callable[..., Any],
    class_names: tuple[str, ...],
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
        task="classification",
        class_names=class_names[: y.max() + 1],
        target_names=["class"],
        standardize=False,
        train_fraction=train_fraction,
        test_fraction=test_fraction,
        seed=seed,
    )


def _toy_regression(
    generate: Callable[..., Any],
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
        task="regression",
        feature_names=["x"] if X.shape[1] == 1 else None,
        standardize=False,
        train_fraction=train_fraction,
        test_fraction=test_fraction,
        seed=seed,
    )


def _classes(
    name: str, label: str, class_names: tuple[str, ...], description: str, *options: Option
) -> DatasetInfo:
    build = partial(_toy_classes, getattr(toy, name), class_names)
    options = (_POINTS, *options, *_SPLIT)
    return DatasetInfo(name, label, TOYS, "binary", "toy", description, options, build)


def _curve(name: str, label: str, description: str) -> DatasetInfo:
    build = partial(_toy_regression, getattr(toy, name))
    options = (_POINTS, _TARGET_NOISE, *_SPLIT)
    return DatasetInfo(name, label, TOYS, "regression", "toy", description, options, build)


def _table(name: str, label: str, task: str, target: str, description: str) -> DatasetInfo:
    build = partial(bundled.load_sklearn_table, f"load_{name}", target, name)
    return DatasetInfo(name, label, TABLES, task, "table", description, _SPLIT, build)


def _image(
    name: str, label: str, build: Callable[..., Dataset], description: str, *options: Option
) -> DatasetInfo:
    options = (*options, *_SPLIT)
    return DatasetInfo(name, label, IMAGES, "multiclass", "image", description, options, build)


_ENTRIES = (
    _classes("circle", "Circle", ("inside", "outside"), "A disc inside a ring.", _NOISE),
    _classes(
        "xor",
        "XOR",
        ("same sign", "different signs"),
        "Four squares; the class says whether the two coordinates have the same sign.",
        _NOISE,
    ),
    _classes(
        "gaussians",
        "Two Gaussians",
        ("lower left", "upper right"),
        "Two round clouds; with little noise a straight line separates them.",
        _NOISE,
    ),
    _classes(
        "spiral",
        "Spiral",
        ("arm 1", "arm 2", "arm 3"),
        "Two or three arms that wind around each other.",
        replace(_NOISE, default=0.02),
        _ARMS,
    ),
    _classes(
        "moons", "Moons", ("upper", "lower"), "Two half circles that reach into each other.", _NOISE
    ),
    _curve("plane", "Plane", "The target is the mean of the two coordinates."),
    _curve(
        "multi_gaussian",
        "Six bumps",
        "The target is a sum of six Gaussian bumps over the plane, three up and three down.",
    ),
    _curve("sine", "Sine", "The target is two waves of a sine over a single feature."),
    _table(
        "iris",
        "Iris",
        "multiclass",
        "species",
        "150 irises of three species, described by the length and width of sepals and petals.",
    ),
    _table(
        "wine",
        "Wine",
        "multiclass",
        "cultivar",
        "178 wines of three cultivars, described by 13 measurements of a chemical analysis.",
    ),
    _table(
        "breast_cancer",
        "Breast cancer",
        "binary",
        "diagnosis",
        "569 tumors, malignant or benign, described by 30 measurements of their cell nuclei.",
    ),
    _table(
        "diabetes",
        "Diabetes",
        "regression",
        "progression",
        "442 patients; the target is a measure of how far the disease progressed in a year.",
    ),
    _image(
        "digits", "Digits 8×8", bundled.load_digits, "1,797 handwritten digits, 8×8 pixels each."
    ),
    _image(
        "mnist_5k",
        "MNIST, 5,000 images",
        bundled.load_mnist_5k,
        "5,000 handwritten digits of MNIST, 500 of each, 28×28 pixels; they come with the program.",
        replace(_IMAGES, default=5000, low=100, high=5000),
    ),
    _image(
        "mnist",
        "MNIST, 70,000 images",
        bundled.load_mnist,
        "All 70,000 handwritten digits of MNIST, 28×28 pixels; downloaded on first use.",
        replace(_IMAGES, default=70_000, low=100, high=70_000),
    ),
)

DATASETS: dict[str, DatasetInfo] = {info.name: info for info in _ENTRIES}


class Reference(Protocol):
    """Names a data set and its options, as an experiment's data reference does."""

    @property
    def name(self) -> str:
        """A key of `DATASETS`."""

    @property
    def options(self) -> tuple[tuple[str, Any], ...]:
        """Pairs of an option's name and its value."""


def load(name: str, *, progress: bundled.Progress | None = None, **options: Any) -> Dataset:
    """Load a data set by name.

    Parameters
    ----------
    name : str
        A key of `DATASETS`.
    progress : callable of one str, optional
        Is told, in a sentence, about steps that may take long (the download of MNIST).
    **options
        As `DATASETS[name].options` lists them.

    Raises
    ------
    DatasetError
        If the name or an option is unknown, or a value is out of bounds.
    """
    if name not in DATASETS:
        raise DatasetError(
            f"There is no data set '{name}'.",
            f"Choose one of {listing(DATASETS, limit=len(DATASETS))}.",
        )
    services = {"progress": progress} if name == "mnist" else {}
    return DATASETS[name].load(options, **services)


def load_reference(reference: Reference) -> Dataset:
    """Load the data set that a reference names.

    Parameters
    ----------
    reference : object with `name` (str) and `options` (pairs of name and value)

    Raises
    ------
    DatasetError
        See `load`; and if the reference is to a file, which has to be given again.
    """
    if reference.name not in DATASETS:
        raise DatasetError(
            f"The data '{reference.name}' did not come from the built-in data sets.",
            "Open its file again, or choose a built-in data set.",
        )
    return load(reference.name, **dict(reference.options))
