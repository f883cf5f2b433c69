"""Standardization: subtract a mean and divide by a deviation, both of the training rows."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .errors import DatasetError


class Scaling(NamedTuple):
    """A mean and a scale for each column, or one of each for all columns."""

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]

    def apply(self, values: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
        """Return ``(values - mean) / scale`` as `dtype`, same shape.

        Raises DatasetError if a result is too large for `dtype`.
        """
        with np.errstate(all="ignore"):
            result = ((values - self.mean) / self.scale).astype(dtype)
        if not np.isfinite(result).all():
            raise _too_large(dtype)
        return result


def fit_scaling(training: NDArray[Any], *, one_scale: bool = False) -> Scaling:
    """Learn mean and standard deviation (divisor n) of training rows, shape (n, d).

    Parameters
    ----------
    training : shape (n, d); the rows of the training split, and no others
    one_scale : take one mean and one deviation over all columns, as for the pixels of images: a
        pixel that is dark nearly everywhere must not be blown up to unit variance

    Returns
    -------
    Scaling
        Arrays of shape (d,), or (1,) with `one_scale`. A column without variation, up to
        rounding, has scale 1.

    Raises
    ------
    DatasetError
        If the values are too large to take their deviation.
    """
    axis = None if one_scale else 0
    with np.errstate(all="ignore"):  # overflow shows below as a non-finite result
        mean = np.atleast_1d(training.mean(axis=axis, dtype=np.float64))
        scale = np.atleast_1d(training.std(axis=axis, dtype=np.float64))
        rounding = 10 * np.finfo(np.float64).eps * np.abs(mean)
    if not (np.isfinite(mean).all() and np.isfinite(scale).all()):
        raise _too_large(np.float64)
    return Scaling(mean, np.where(scale <= rounding, 1.0, scale))


def _too_large(dtype: DTypeLike) -> DatasetError:
    return DatasetError(
        f"Some values are too large for {np.dtype(dtype).name} numbers.",
        "Remove these values or express the column in a larger unit.",
    )


def no_scaling(n_columns: int) -> Scaling:
    """Return the scaling that changes nothing: means 0 and scales 1, shape (n_columns,)."""
    return Scaling(np.zeros(n_columns), np.ones(n_columns))
