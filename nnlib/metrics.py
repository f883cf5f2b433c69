"""How well a network predicts, and what one reaches without it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nnlib._array import Array, safe_divide
from nnlib.losses import Loss


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


def balanced_accuracy(logits: Array, targets: Array) -> npt.NDArray[np.float64]:
    """Mean over the classes that occur of the share of their examples that are recognized.

    The accuracy that counts every class alike (Brodersen et al. 2010, "The Balanced Accuracy and
    Its Posterior Distribution"): the same answer for every example reaches 1 / classes. Parameters
    and result as of `accuracy`.
    """
    if logits.shape[-1] == 1:
        correct, members = (logits > 0) == (targets > 0.5), targets > 0.5
        members = np.concatenate([~members, members], axis=-1)
    else:
        actual = targets.argmax(axis=-1)
        correct = (logits.argmax(axis=-1) == actual)[..., np.newaxis]
        members = actual[..., np.newaxis] == np.arange(logits.shape[-1])
    counts = members.sum(axis=-2)
    occurs = counts > 0
    recalls = (correct & members).sum(axis=-2) / np.maximum(counts, 1)
    finite = np.isfinite(logits).all(axis=(-2, -1))
    return np.where(finite, recalls.sum(axis=-1) / occurs.sum(axis=-1), np.nan)


def r_squared(predictions: Array, targets: Array) -> npt.NDArray[np.float64]:
    """Coefficient of determination 1 - Σ(t - p)² / Σ(t - mean t)², averaged over outputs.

    Shapes as in `accuracy`; an output whose targets are all equal has no R² and counts as NaN.
    """
    residual = np.square(predictions - targets).sum(axis=-2, dtype=np.float64)
    total = total_squares(targets)
    ratio = np.where(
        total > 0, safe_divide(residual, np.broadcast_to(total, residual.shape)), np.nan
    )
    return np.asarray((1 - ratio).mean(axis=-1), np.float64)


def total_squares(targets: Array) -> npt.NDArray[np.float64]:
    """Return Σ(t - mean t)² of each output, shape (D,) of targets (N, D)."""
    total: npt.NDArray[np.float64] = np.square(targets - targets.mean(axis=-2)).sum(
        axis=-2, dtype=np.float64
    )
    return total


@dataclass(frozen=True)
class Guess:
    """What the best prediction reaches that is the same for every example.

    Attributes
    ----------
    loss : of classes the entropy of their shares, of quantities their variance
    score : accuracy, the share of the largest class; or R², 0 by its definition
    """

    loss: float
    score: float


def best_guess(loss: Loss, targets: Array, score_name: str) -> Guess:
    """Return what the best constant prediction reaches on some targets.

    Parameters
    ----------
    targets : shape (N, D), as `Dataset.targets` gives them
    score_name : "accuracy" or "r2"; NaN where it is not defined
    """
    if not len(targets):
        return Guess(np.nan, np.nan)
    wide = np.asarray(targets, np.float64)
    constant = np.broadcast_to(loss.best_constant(wide), wide.shape)
    score = r_squared if score_name == "r2" else accuracy
    return Guess(float(loss.value(constant, wide)), float(score(constant, wide)))
