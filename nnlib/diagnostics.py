"""Findings about a network: how well it predicts, and where its numbers stopped being finite."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nnlib._array import Array, safe_divide
from nnlib.network import Network


def accuracy(logits: Array, targets: Array) -> npt.NDArray[np.float64]:
    """Share of examples whose most probable class is the target's most probable one.

    Parameters
    ----------
    logits, targets : shape (…, N, K) and (N, K); with one column, classes are told apart by the
        sign of the logit and by whether the target is above 1/2

    Returns
    -------
    accuracy : shape (…,); NaN where a logit is not finite
    """
    if logits.shape[-1] == 1:
        correct = ((logits > 0) == (targets > 0.5))[..., 0]
    else:
        correct = logits.argmax(axis=-1) == targets.argmax(axis=-1)
    finite = np.isfinite(logits).all(axis=(-2, -1))
    return np.where(finite, correct.mean(axis=-1), np.nan)


def r_squared(predictions: Array, targets: Array) -> npt.NDArray[np.float64]:
    """Coefficient of determination 1 - Σ(t - p)² / Σ(t - mean t)², averaged over outputs.

    Shapes as in `accuracy`; an output whose targets are all equal has no R² and counts as NaN.
    """
    residual = np.square(predictions - targets).sum(axis=-2, dtype=np.float64)
    total = np.square(targets - targets.mean(axis=-2)).sum(axis=-2, dtype=np.float64)
    ratio = np.where(
        total > 0, safe_divide(residual, np.broadcast_to(total, residual.shape)), np.nan
    )
    return np.asarray((1 - ratio).mean(axis=-1), np.float64)


def locate_nonfinite(network: Network, replica: tuple[int, ...] = ()) -> tuple[str, str]:
    """Return the layer in which non-finite numbers began, and in which quantity.

    Weights become non-finite by a gradient that overflowed on its way back, so the layer nearest
    to the output is where that began; pre-activations overflow on the way forward, so there it is
    the layer nearest to the input. With all of them finite, the loss itself overflowed.
    """
    for dense in reversed(network.dense_layers):
        if not np.isfinite(dense.weight[replica]).all():
            return dense.name, "weights"
    for dense in network.dense_layers:
        if not np.isfinite(dense.z[replica]).all():
            return dense.name, "pre-activations"
    return network.dense_layers[-1].name, "loss"
