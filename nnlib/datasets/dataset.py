"""A data set as a network sees it: three splits of numbers and the names that go with them.

Whatever the source (toy generator, bundled set, CSV), it ends as one immutable `Dataset`.
Everything downstream (training, charts, exports) knows this class only.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .errors import DatasetError, listing
from .splitting import Split

if TYPE_CHECKING:
    import pandas as pd

SPLITS = Split._fields
TASKS = ("binary", "multiclass", "regression")

Array = NDArray[Any]


class Preprocessing(Protocol):
    """How a table became features: applied to a second table, and written to model files."""

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features, in their order."""

    @property
    def numeric(self) -> tuple[str, ...]:
        """The columns that were standardized."""

    def transform_with_notes(
        self, frame: pd.DataFrame
    ) -> tuple[NDArray[np.float32], tuple[str, ...]]:
        """Return the features of a second table, and sentences on what was odd about it."""

    def document(self) -> dict[str, Any]:
        """Return the treatment as values that JSON can hold."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Features and targets of a training, a validation and a test split.

    All arrays are copied on construction and read-only from then on.

    Parameters
    ----------
    name : short name, for titles and file names
    task : {"binary", "multiclass", "regression"}; what is to be learned
    X_train, X_val, X_test : shape (n, d); features exactly as the network sees them, float32 or
        float64. The test split may have no rows.
    y_train, y_val, y_test : class codes, int64 of shape (n,); or soft class targets, float of shape
        (n, K) with rows that sum to 1 (binary: shape (n,), the probability of class 1); or
        regression targets, float64 of shape (n,) or (n, k), in the target's own units
    class_names : names of the class codes; empty for regression
    target_names : names of the predicted columns
    target_mean, target_scale : shape (k,); standardization of the regression targets, learned from
        the training split (0 and 1 where the targets are not standardized)
    image_shape : set where a row of features is an image, row after row from its top
    preprocessing : how a table or texts became these features, to be applied to a second table
    notes : sentences about decisions made on the way, for people
    row_numbers : where each row of the splits comes from, counted from 1: its line in a file, or
        its place in a table

    Raises
    ------
    DatasetError
        If the arrays contradict each other, the names or the task.
    """

    name: str
    task: str
    X_train: Array
    X_val: Array
    X_test: Array
    y_train: Array
    y_val: Array
    y_test: Array
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    target_names: tuple[str, ...]
    target_mean: Array
    target_scale: Array
    image_shape: tuple[int, int] | None = None
    preprocessing: Preprocessing | None = None
    notes: tuple[str, ...] = ()
    row_numbers: Split | None = None

    def __post_init__(self) -> None:
        for name, value in self._arrays().items():
            object.__setattr__(self, name, _frozen(value))
        if self.row_numbers is not None:
            object.__setattr__(self, "row_numbers", Split(*map(_frozen, self.row_numbers)))
        _check_features(self)
        _check_targets(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore a pickled data set; pickle itself forgets that arrays are read-only."""
        self.__dict__.update(state)
        for array in (*self._arrays().values(), *(self.row_numbers or ())):
            array.setflags(write=False)

    def _arrays(self) -> dict[str, Array]:
        """Every array field by name, in order of declaration."""
        prefixes = ("X_", "y_", "target_mean", "target_scale")
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name.startswith(prefixes)}

    @property
    def n_features(self) -> int:
        """Number of inputs of the network, d."""
        return int(self.X_train.shape[1])

    @property
    def n_outputs(self) -> int:
        """Number of outputs of the network: 1 (binary), K classes, or k regression targets."""
        if self.task == "binary":
            return 1
        return len(self.class_names) if self.task == "multiclass" else len(self.target_mean)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the content: arrays, column and class names, task.

        The name of the data set, its notes and its preprocessing do not enter: two files with
        the same content are the same data.
        """
        digest = hashlib.sha256()
        words = [self.task, self.feature_names, self.class_names, self.target_names]
        digest.update(json.dumps([*words, self.image_shape]).encode())
        for name, array in self._arrays().items():
            digest.update(json.dumps([name, array.dtype.str, array.shape]).encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def features(self, split: str) -> Array:
        """Return the features of ``"train"``, ``"val"`` or ``"test"``, shape (n, d)."""
        return self._split_of("X", split)

    def labels(self, split: str) -> Array:
        """Return the targets of a split as stored: codes, soft targets or own units."""
        return self._split_of("y", split)

    def targets(self, split: str, dtype: DTypeLike = np.float32) -> Array:
        """Return what the network's outputs are compared with, shape (n, n_outputs).

        A 0/1 column (binary), one-hot or soft rows (multiclass), or standardized targets
        ``(y - target_mean) / target_scale`` (regression).
        """
        y = self.labels(split)
        if self.task == "regression":
            y = (y.reshape(len(y), self.n_outputs) - self.target_mean) / self.target_scale
        elif self.task == "multiclass" and y.ndim == 1:
            return np.eye(self.n_outputs, dtype=dtype)[y]
        return y.reshape(len(y), self.n_outputs).astype(dtype)

    def _split_of(self, letter: str, split: str) -> Array:
        if split not in SPLITS:
            raise ValueError(f"There is no split '{split}', only {listing(SPLITS)}.")
        array: Array = getattr(self, f"{letter}_{split}")
        return array


def _frozen(value: Array) -> Array:
    array = np.array(value)  # a copy, so that nobody else can write to it
    array.setflags(write=False)
    return array


def _require(condition: bool, problem: str) -> None:
    if not condition:
        raise DatasetError(problem, "This data set was put together wrongly.")


def _check_features(data: Dataset) -> None:
    for split in SPLITS:
        X = data.features(split)
        _require(
            X.ndim == 2 and X.shape[1] == len(data.feature_names),
            f"The {split} features have shape {X.shape}, with {len(data.feature_names)} names.",
        )
        _require(X.dtype.kind == "f", f"The {split} features are {X.dtype}, not floats.")
        _require(bool(np.isfinite(X).all()), f"The {split} features are not all finite.")
    if data.row_numbers is not None:
        lengths = [len(data.features(split)) for split in SPLITS]
        _require(
            [len(numbers) for numbers in data.row_numbers] == lengths,
            "There are not as many row numbers as rows.",
        )
    _require(
        min(len(data.X_train), len(data.X_val)) > 0, "Training or validation rows are missing."
    )
    if data.image_shape is not None:
        height, width = data.image_shape
        _require(height * width == data.n_features, "The image shape does not fit the features.")


def _check_targets(data: Dataset) -> None:
    _require(data.task in TASKS, f"The task '{data.task}' is none of {listing(TASKS)}.")
    _require(
        data.target_mean.shape == data.target_scale.shape and data.target_mean.ndim == 1,
        "The means and scales of the targets do not fit together.",
    )
    for split in SPLITS:
        y = data.labels(split)
        _require(
            len(y) == len(data.features(split)),
            f"The {split} split has {len(data.features(split))} rows and {len(y)} targets.",
        )
        _require(bool(np.isfinite(y).all()), f"The {split} targets are not all finite.")
        if data.task == "regression":
            shapes = [(len(y), data.n_outputs)] + [(len(y),)] * (data.n_outputs == 1)
            fits = y.dtype.kind == "f" and y.shape in shapes
            _require(fits, f"The {split} targets have type {y.dtype} and shape {y.shape}.")
        else:
            _check_classes(data, split, y)


def _check_classes(data: Dataset, split: str, y: Array) -> None:
    classes = len(data.class_names)
    _require(
        classes == 2 if data.task == "binary" else classes >= 2,
        f"The task is {data.task}, with {classes} class names.",
    )
    if y.dtype.kind == "i":
        inside = y.ndim == 1 and bool(((y >= 0) & (y < classes)).all())
    elif data.task == "binary":
        inside = y.ndim == 1 and bool(((y >= 0) & (y <= 1)).all())
    else:
        rows_sum_to_1 = y.ndim == 2 and np.allclose(y.sum(axis=1), 1, atol=1e-4)
        inside = rows_sum_to_1 and y.shape[1] == classes and bool((y >= 0).all())
    _require(inside, f"The {split} targets do not fit the {classes} classes.")
