"""The data sets that can be asked for by name, and how to ask."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from . import bundled, toy
from .dataset import Dataset
from .errors import DatasetError, listing
from .registry import SPLIT, DatasetInfo, Option

TABLES, IMAGES = "Tables", "Images"

_IMAGES = replace(toy.POINTS, label="Images", help="Number of images in all splits together.")


def _table(name: str, label: str, task: str, target: str, description: str) -> DatasetInfo:
    build = partial(bundled.load_sklearn_table, f"load_{name}", target, name)
    return DatasetInfo(name, label, TABLES, task, "table", description, SPLIT, build)


def _image(
    name: str, label: str, build: Callable[..., Dataset], description: str, *options: Option
) -> DatasetInfo:
    options = (*options, *SPLIT)
    return DatasetInfo(name, label, IMAGES, "multiclass", "image", description, options, build)


_ENTRIES = (
    *toy.ENTRIES,
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
        "All 70,000 handwritten digits of MNIST, 28×28 pixels; downloaded where they are not "
        "here yet.",
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
    name : a key of `DATASETS`
    progress : is told, in a sentence, about steps that may take long (the download of MNIST)
    **options : as `DATASETS[name].options` lists them

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
