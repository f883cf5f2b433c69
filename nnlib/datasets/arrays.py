"""From plain NumPy arrays to a `Dataset`: checks, task, split and standardization."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .dataset import Dataset
from .errors import DatasetError
from .labels import class_name, encode_classes, infer_task_of_values, settle_task
from .scaling import fit_scaling, no_scaling
from .splitting import split_arrays, split_rows


class Target(NamedTuple):
    """A checked target: its task, its values as `Dataset` stores them, its class names."""

    task: str
    y: NDArray[Any]
    class_names: tuple[str, ...]

    def strata(self) -> NDArray[np.int64] | None:
        """Class codes to keep in proportion, shape (n,); of soft targets the likeliest class."""
        if self.task == "regression":
            return None
        if self.y.ndim == 2:
            return np.asarray(self.y.argmax(axis=1))
        return np.round(self.y).astype(np.int64)


def from_arrays(
    X: ArrayLike,
    y: ArrayLike,
    *,
    name: str = "arrays",
    task: str | None = None,
    feature_names: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
    target_names: Sequence[str] | None = None,
    standardize: bool = True,
    train_fraction: float = 0.8,
    test_fraction: float = 0.0,
    seed: int = 0,
    image_shape: tuple[int, int] | None = None,
    dtype: DTypeLike = np.float32,
) -> Dataset:
    """Make a data set of features and targets in memory.

    Parameters
    ----------
    X : shape (n, d); finite numbers
    y : shape (n,) or (n, k); one column: text, booleans and whole numbers with few distinct values
        are classes, floats are a regression target. Several columns: floats whose rows sum to 1 are
        soft class targets, everything else is multi-output regression.
    name : name of the data set
    task : {"binary", "multiclass", "regression", "classification"}; overrules what `y` suggests
    feature_names, class_names, target_names : default names are "x1", "x2", …; the sorted labels;
        and "y" or "y1", "y2", ….
    standardize : standardize features and regression targets with the mean and deviation of the
        training rows; images with one mean and one deviation over all pixels
    train_fraction, test_fraction : shares of the training and test split; validation is what
        remains
    seed : seed of the split
    image_shape : (height, width); says that each row of `X` is an image
    dtype : of the features: float32 or float64

    Raises
    ------
    DatasetError
        If the arrays do not fit together or nothing can be learned from them.
    """
    features, columns = _check_features(X), _check_names(feature_names, np.shape(X)[1:])
    target = _check_target(y, len(features), task, class_names)
    rows = split_rows(
        len(features),
        train_fraction=train_fraction,
        test_fraction=test_fraction,
        seed=seed,
        codes=target.strata(),
    )
    scaling = no_scaling(1)
    if standardize:
        scaling = fit_scaling(features[rows.train], one_scale=image_shape is not None)
    n_targets = 1 if target.y.ndim == 1 else target.y.shape[1]
    target_scaling = no_scaling(n_targets)
    if standardize and target.task == "regression":
        target_scaling = fit_scaling(target.y[rows.train].reshape(-1, n_targets))
    return Dataset(
        name=name,
        task=target.task,
        **split_arrays(rows, X=scaling.apply(features, dtype), y=target.y),
        feature_names=columns,
        class_names=target.class_names,
        target_names=_target_names(target_names, n_targets if target.task == "regression" else 1),
        target_mean=target_scaling.mean,
        target_scale=target_scaling.scale,
        image_shape=image_shape,
    )


def _check_features(X: ArrayLike) -> NDArray[Any]:
    """Features as a finite numeric array of shape (n, d)."""
    try:
        features = np.asarray(X)
        if features.dtype.kind not in "biuf":
            features = features.astype(np.float64)
    except (TypeError, ValueError):
        raise DatasetError(
            "The features are not all numbers.",
            "Give an array of numbers; tables with text belong into from_frame or from_csv.",
        ) from None
    if features.ndim != 2 or features.shape[1] == 0:
        raise DatasetError(
            f"The features have shape {features.shape}.",
            "Give one row per example and one column per feature, that is shape (n, d).",
        )
    _check_finite(features, "features")
    return features


def _check_finite(values: NDArray[Any], what: str) -> None:
    bad = int((~np.isfinite(values)).sum())
    if bad:
        raise DatasetError(
            f"The {what} have missing or infinite values in {bad} places.",
            "Fill them in or remove their rows; from_frame does that for tables.",
        )


def _check_names(names: Sequence[str] | None, shape: tuple[int, ...]) -> tuple[str, ...]:
    if names is None:
        return tuple(f"x{column + 1}" for column in range(shape[0]))
    if len(names) != shape[0]:
        raise DatasetError(
            f"There are {len(names)} feature names for {shape[0]} features.",
            "Give one name per column.",
        )
    return tuple(map(str, names))


def _target_names(names: Sequence[str] | None, n_targets: int) -> tuple[str, ...]:
    if names is None:
        return ("y",) if n_targets == 1 else tuple(f"y{i + 1}" for i in range(n_targets))
    if len(names) != n_targets:
        raise DatasetError(
            f"There are {len(names)} target names for {n_targets} targets.",
            "Give one name per target.",
        )
    return tuple(map(str, names))


def _check_target(
    y: ArrayLike, n_rows: int, task: str | None, class_names: Sequence[str] | None
) -> Target:
    try:
        values = _plain(np.asarray(y))
    except DatasetError:
        raise
    except ValueError:  # numpy's word for rows of different lengths
        raise DatasetError(
            "The target rows have different lengths.", "Give one target per row."
        ) from None
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim not in (1, 2) or len(values) != n_rows or values.size == 0:
        raise DatasetError(
            f"The target has shape {values.shape} for {n_rows} rows of features.",
            "Give one target per row, that is shape (n,) or (n, k).",
        )
    if values.dtype.kind in "iuf":
        _check_finite(values, "targets")
    if values.ndim == 2:
        return _several_columns(values, task, class_names)
    return _one_column(values, task, class_names)


def _plain(values: NDArray[Any]) -> NDArray[Any]:
    """Objects as numbers where all of them are numbers, else as text; missing ones refused."""
    if values.dtype.kind == "O":
        flat = values.ravel().tolist()
        if any(map(_is_missing, flat)):
            raise DatasetError(
                "The target has missing values.", "Fill them in or remove their rows."
            )
        texts = not all(isinstance(item, (bool, int, float, np.number)) for item in flat)
        plain = np.array([class_name(item) for item in flat] if texts else flat)
        values = plain.reshape(values.shape)
    if values.dtype.kind not in "biufUS":
        raise DatasetError(
            f"The target has values of type {values.dtype}.", "Use text or plain numbers."
        )
    return values.astype(str) if values.dtype.kind == "S" else values


def _is_missing(item: object) -> bool:
    """None, NaN (which differs from itself), or pandas' NA (which will not say)."""
    try:
        return item is None or bool(item != item)
    except (TypeError, ValueError):
        return True


def _one_column(
    values: NDArray[Any], task: str | None, class_names: Sequence[str] | None
) -> Target:
    distinct = np.unique(values)
    if task == "binary" and values.dtype.kind == "f" and _soft_binary(distinct):
        names = tuple(class_names) if class_names is not None else ("0", "1")
        return Target("binary", values.astype(np.float64), names)
    task = settle_task(task, infer_task_of_values(values), max(len(distinct), 2))
    if task != "regression":
        codes, names = encode_classes(values, class_names)
        return Target("multiclass" if len(names) > 2 else task, codes, names)
    return _regression(values)


def _soft_binary(distinct: NDArray[Any]) -> bool:
    """Probabilities, not the two labels 0.0 and 1.0."""
    inside = bool((distinct >= 0).all() and (distinct <= 1).all())
    return inside and not np.isin(distinct, (0.0, 1.0)).all()


def _several_columns(
    values: NDArray[Any], task: str | None, class_names: Sequence[str] | None
) -> Target:
    if values.dtype.kind not in "biuf":
        raise DatasetError(
            "The target has several columns of text.", "Give one column of class labels."
        )
    soft = bool((values >= 0).all()) and np.allclose(values.sum(axis=1), 1, atol=1e-6)
    if task == "regression" or (task is None and not soft):
        return _regression(values)
    task = settle_task(task, "multiclass", values.shape[1])
    if not soft:
        raise DatasetError(
            "The rows of the class targets are not probabilities that sum to 1.",
            "Divide each row by its sum, or choose the task 'regression'.",
        )
    names = class_names if class_names is not None else map(str, range(values.shape[1]))
    return Target("multiclass", values.astype(np.float64), tuple(names))


def _regression(values: NDArray[Any]) -> Target:
    try:
        y = values.astype(np.float64)
    except ValueError:
        raise DatasetError(
            "The target is text, and regression needs numbers.",
            "Choose a task of classification, or another target.",
        ) from None
    if (y == y[0]).all():
        raise DatasetError(
            "The target has the same value in every row.", "Choose another target, one that varies."
        )
    return Target("regression", y, ())
