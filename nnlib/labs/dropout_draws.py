"""Dropout's random draws on a matrix, made by the layer that networks are trained with."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nnlib.layers import Binding, Dropout
from nnlib.randomness import Streams

Floats = npt.NDArray[np.float64]

_MOST_POINTS = 120  # on the axis of draws


@dataclass(frozen=True, eq=False)
class DropoutDraws:
    """Many independent draws of dropout on one matrix.

    Attributes
    ----------
    x : what is drawn on, shape (n, d)
    keep : probability of keeping an entry
    mask, output : of the first draw, shape (n, d); the mask holds 0 and 1
    counts : numbers of draws, ascending, shape (k,)
    running_mean : mean output over that many first draws, shape (k, n, d)
    variance : unbiased sample variance over all draws, shape (n, d)
    """

    x: Floats
    keep: float
    mask: Floats
    output: Floats
    counts: npt.NDArray[np.int64]
    running_mean: Floats
    variance: Floats


def dropout_variance(x: npt.ArrayLike, keep: float) -> Floats:
    """Return the variance of inverted dropout's output, x²·(1 - keep) / keep.

    The output is x·m / keep with m = 1 of probability `keep`, else 0. Its mean is x and its second
    moment x² / keep, whatever x is.

    Raises ValueError if `keep` is not above 0 and at most 1.
    """
    if not 0 < keep <= 1:
        raise ValueError(f"The keep probability must be above 0 and at most 1, not {keep}.")
    variance: Floats = np.square(np.asarray(x, np.float64)) * (1 - keep) / keep
    return variance


def draw_dropout(
    x: npt.ArrayLike, keep: float, count: int, rng: np.random.Generator
) -> DropoutDraws:
    """Draw inverted dropout `count` times on a matrix with the library's own layer.

    Parameters
    ----------
    x : shape (n, d)
    keep : probability of keeping an entry, above 0 and at most 1; the layer's rate is 1 - keep
    count : number of draws, at least 2

    Raises
    ------
    ValueError
        if `keep` or `count` is out of bounds
    """
    dropout_variance(x, keep)
    if count < 2:
        raise ValueError(f"A variance needs at least 2 draws, not {count}.")
    matrix = np.asarray(x, np.float64)
    n, d = matrix.shape
    layer = _bound(1 - keep, rng, np.float64)
    outputs = layer.forward(np.tile(matrix, (count, 1)), training=True).reshape(count, n, d)
    assert layer.mask is not None  # a forward pass in training mode has made one
    mask = (layer.mask[:n] > 0).astype(np.float64)
    counts = np.unique(np.geomspace(1, count, _MOST_POINTS).round().astype(np.int64))
    means = np.cumsum(outputs, axis=0)[counts - 1] / counts[:, np.newaxis, np.newaxis]
    variance = np.asarray(outputs.var(axis=0, ddof=1))
    return DropoutDraws(matrix, keep, mask, outputs[0].copy(), counts, means, variance)


def _bound(rate: float, rng: np.random.Generator, dtype: npt.DTypeLike) -> Dropout:
    """Return a dropout layer on its own, outside any network."""
    layer = Dropout(rate, Streams([rng]))
    layer.bind(Binding({}, {}, {}, {}, (), dtype))
    return layer
