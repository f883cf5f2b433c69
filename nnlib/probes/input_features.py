"""Input features of the plane: powers, products and sines of two coordinates, for a network to see.

A network on (x₁, x₂) can be given further functions of the two as inputs. Such a data set keeps
the plane it came from, so that one can still draw over the plane what the network says.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlib.datasets.catalog import Reference, load
from nnlib.datasets.dataset import Dataset
from nnlib.datasets.errors import DatasetError, listing

Array = npt.NDArray[Any]
MOST_DEGREE = 4
SINE_FREQUENCY = 5.0
"""Our toy data reach to ±1, those of the TensorFlow Playground to ±5: sin 5x is its sin X."""

_RAISED = {2: "²", 3: "³", 4: "⁴"}


@dataclass(frozen=True)
class InputFeature:
    """A function of the plane's coordinates.

    Attributes
    ----------
    name : as in formulas of a program, such as ``x1^2*x2``
    powers : exponents of the two coordinates of a monomial; None for a sine
    sine_of : index of the coordinate a sine is taken of; None for a monomial
    """

    name: str
    powers: tuple[int, int] | None = None
    sine_of: int | None = None

    @property
    def degree(self) -> int:
        """Total degree of a monomial, 0 for a sine."""
        return sum(self.powers or (0,))

    def label(self, first: str = "x₁", second: str = "x₂", frequency: str = "k") -> str:
        """Return how people write it, given the names of the coordinates."""
        names = (first, second)
        if self.powers is None:
            return f"sin {frequency}·{names[self.sine_of or 0]}"
        parts = [
            name + _RAISED.get(power, "")
            for name, power in zip(names, self.powers, strict=True)
            if power
        ]
        return "·".join(parts)

    def values(self, points: Array, frequency: float) -> Array:
        """Return the feature at points (n, 2), shape (n,)."""
        if self.powers is None:
            return np.asarray(np.sin(frequency * points[:, self.sine_of or 0]))
        first, second = self.powers
        return np.asarray(points[:, 0] ** first * points[:, 1] ** second)


def _monomial(first: int, second: int) -> InputFeature:
    parts = (("x1", first), ("x2", second))
    written = [f"{name}^{power}" if power > 1 else name for name, power in parts if power]
    return InputFeature("*".join(written), (first, second))


_MONOMIALS = [
    _monomial(degree - second, second)
    for degree in range(1, MOST_DEGREE + 1)
    for second in range(degree + 1)
]
_SINES = [InputFeature("sin(k*x1)", sine_of=0), InputFeature("sin(k*x2)", sine_of=1)]

INPUT_FEATURES: dict[str, InputFeature] = {
    feature.name: feature
    for feature in (
        *(f for f in _MONOMIALS if f.degree <= 2),
        *_SINES,
        *(f for f in _MONOMIALS if f.degree > 2),
    )
}
"""Every feature by name: up to degree two, the sines, then degrees three and four."""

PLAIN = ("x1", "x2")
"""The coordinates themselves."""


@dataclass(frozen=True)
class InputMap:
    """Chosen features of the plane, in order.

    Parameters
    ----------
    names : keys of `INPUT_FEATURES`, at least one
    frequency : k in the sines, above 0

    Raises
    ------
    DatasetError
        if there is no such feature, none at all, or one is named twice
    """

    names: tuple[str, ...] = PLAIN
    frequency: float = SINE_FREQUENCY

    def __post_init__(self) -> None:
        if not self.names:
            raise DatasetError("No input feature is chosen.", "Choose at least one.")
        unknown = sorted(set(self.names) - set(INPUT_FEATURES))
        if unknown or len(set(self.names)) != len(self.names):
            raise DatasetError(
                f"These are not distinct input features: {listing(self.names)}.",
                f"Choose among {listing(INPUT_FEATURES, limit=len(INPUT_FEATURES))}.",
            )
        if not 0 < self.frequency < np.inf:
            raise DatasetError("The sine frequency must be above 0.", "Take 5, for instance.")

    def __call__(self, points: Array) -> Array:
        """Return the features at points (n, 2), shape (n, features), same dtype."""
        columns = [INPUT_FEATURES[name].values(points, self.frequency) for name in self.names]
        return np.stack(columns, axis=1).astype(points.dtype, copy=False)

    def labels(self, first: str = "x₁", second: str = "x₂") -> tuple[str, ...]:
        """Return how people write the features, given the names of the coordinates."""
        k = f"{self.frequency:g}"
        return tuple(INPUT_FEATURES[name].label(first, second, k) for name in self.names)

    @property
    def options(self) -> tuple[tuple[str, str | float], ...]:
        """What a data reference keeps: nothing for the plain coordinates."""
        if self.names == PLAIN:
            return ()
        sines = (("sine_frequency", self.frequency),) if self.has_sines else ()
        return (("inputs", " ".join(self.names)), *sines)

    @property
    def has_sines(self) -> bool:
        """Whether the frequency matters."""
        return any(INPUT_FEATURES[name].sine_of is not None for name in self.names)


@dataclass(frozen=True, eq=False)
class ExpandedDataset(Dataset):
    """A data set whose inputs are features of a plane.

    Attributes
    ----------
    plane : the data set of two features it came from
    input_map : gives the network's inputs at points of the plane
    """

    plane: Dataset | None = None
    input_map: InputMap = InputMap()


def expand(data: Dataset, input_map: InputMap) -> Dataset:
    """Return the data set with the chosen features of its plane as inputs.

    The plain coordinates give the same data set back.

    Raises DatasetError if the data set does not have two features.
    """
    if data.n_features != 2:
        raise DatasetError(
            f"Input features are made of two coordinates, and these data have {data.n_features}.",
            "Choose data of two features.",
        )
    if input_map.names == PLAIN:
        return data
    kept: dict[str, Any] = {f.name: getattr(data, f.name) for f in fields(Dataset)}
    for split in ("train", "val", "test"):
        kept[f"X_{split}"] = input_map(data.features(split))
    kept |= {
        "feature_names": input_map.labels(*data.feature_names),
        "image_shape": None,
        "preprocessing": None,
    }
    return ExpandedDataset(**kept, plane=data, input_map=input_map)


def plane_of(data: Dataset) -> Dataset:
    """Return the data set over the plane, with two features; any other data set as it is."""
    if isinstance(data, ExpandedDataset) and data.plane is not None:
        return data.plane
    return data


def has_plane(data: Dataset) -> bool:
    """Say whether the data lie in a plane, so that one can draw over it."""
    return plane_of(data).n_features == 2


def map_of(data: Dataset) -> InputMap:
    """Return what gives the network's inputs at points of the plane."""
    return data.input_map if isinstance(data, ExpandedDataset) else InputMap()


@dataclass(frozen=True, eq=False)
class OnPlane:
    """A model whose inputs are features of the plane, asked at points of the plane.

    Parameters
    ----------
    model : with `predict` and `predict_proba`, such as a trainer
    input_map : gives the model's inputs
    """

    model: Any
    input_map: InputMap

    def predict(self, points: Array) -> Array:
        """Return the model's `predict` at points (n, 2)."""
        return self._ask(self.model.predict, points)

    def predict_proba(self, points: Array) -> Array:
        """Return the model's `predict_proba` at points (n, 2)."""
        return self._ask(self.model.predict_proba, points)

    def _ask(self, question: Callable[[Array], Array], points: Array) -> Array:
        return question(self.input_map(np.asarray(points)))


def load_expanded(reference: Reference) -> Dataset:
    """Load the built-in data set that a reference names, with the input features it asks for.

    Raises
    ------
    DatasetError
        as `nnlib.datasets.load` and `InputMap` do
    """
    options = dict(reference.options)
    names: Sequence[str] = str(options.pop("inputs", " ".join(PLAIN))).split()
    frequency = float(options.pop("sine_frequency", SINE_FREQUENCY))
    data = load(reference.name, **options)
    return data if tuple(names) == PLAIN else expand(data, InputMap(tuple(names), frequency))
