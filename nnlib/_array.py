"""The array types and the few numeric helpers that every module of the engine shares."""

import math
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]
"""A float32 or float64 array; leading axes ``…`` are replica axes."""


def l2_norm(x: Array) -> npt.NDArray[np.float64]:
    """Euclidean norm over the last axis, accumulated in float64.

    A vanishing gradient of 1e-25 squares to zero in float32, and an exploding one of 1e20 to
    infinity; both are things this library exists to show.

    Parameters
    ----------
    x : array, shape (…, n)

    Returns
    -------
    norm : float64 array, shape (…,)
    """
    wide = x.astype(np.float64, copy=False)
    norm: npt.NDArray[np.float64] = np.sqrt(np.vecdot(wide, wide))
    return norm


def safe_divide(numerator: Array, denominator: Array) -> Array:
    """Elementwise quotient that is zero where the denominator is zero."""
    quotient: Array = np.divide(
        numerator, denominator, out=np.zeros_like(numerator), where=denominator != 0
    )
    return quotient


@lru_cache(maxsize=64)
def ones_row(length: int, dtype: np.dtype[np.floating[Any]]) -> Array:
    """Return ones, shape (1, length), read-only.

    ``ones_row(B) @ x`` sums over a batch several times as fast as ``x.sum(axis=-2)``.
    """
    row: Array = np.ones((1, length), dtype)
    row.flags.writeable = False
    return row


class Workspace:
    """One reused block of memory, handed out as an array of the shape asked for.

    A training loop asks for the same one or two shapes over and over (full and last batch), so
    after the first epoch nothing is allocated. Arrays of different shapes share the memory.
    """

    _MAX_VIEWS = 16

    def __init__(self, dtype: npt.DTypeLike) -> None:
        self._memory: Array = np.empty(0, dtype)
        self._views: dict[tuple[int, ...], Array] = {}

    def array(self, shape: tuple[int, ...]) -> Array:
        """Return an uninitialized contiguous array of this shape."""
        view = self._views.get(shape)
        return self._new_view(shape) if view is None else view

    def _new_view(self, shape: tuple[int, ...]) -> Array:
        size = math.prod(shape)
        if size > self._memory.size:
            self._memory = np.empty(size, self._memory.dtype)
            self._views.clear()
        if len(self._views) >= self._MAX_VIEWS:
            self._views.clear()
        view = self._views[shape] = self._memory[:size].reshape(shape)
        return view
