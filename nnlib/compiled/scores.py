"""How well a batch is predicted, over logits and targets that lie output by output."""

from __future__ import annotations

import numpy as np

from nnlib.compiled.options import entry, kernel


@kernel
def all_finite(z, stride, batch):
    finite = True
    for k in range(z.size // stride):
        for j in range(batch):
            finite &= np.isfinite(z[k * stride + j])
    return finite


@kernel
def largest_of(z, stride, j):
    """Return the number of the largest output of an example, the first of equal ones."""
    best = 0
    for k in range(1, z.size // stride):
        if z[k * stride + j] > z[best * stride + j]:
            best = k
    return best


@kernel
def count_correct(z, t, stride, batch):
    """Return how many examples are right, as `metrics.accuracy` has it."""
    correct = 0
    for j in range(batch):
        if z.size == stride:
            correct += (z[j] > 0) == (t[j] > 0.5)
        else:
            correct += largest_of(z, stride, j) == largest_of(t, stride, j)
    return correct


@kernel
def add_residuals(z, t, stride, batch, residuals):
    for k in range(residuals.size):
        for j in range(batch):
            error = z[k * stride + j] - t[k * stride + j]
            residuals[k] += np.float64(error * error)


@entry
def add_up(parts, examples, totals, out):
    """Write loss and score from the sums of all chunks, added up in their order.

    The score is the accuracy, or where there are the targets' `totals` of squares, R².
    """
    sums = np.zeros(parts.shape[1])
    for chunk in range(len(parts)):
        for i in range(sums.size):
            sums[i] += parts[chunk, i]
    out[0] = sums[0] / examples
    out[1] = sums[1] / examples
    if totals.size:
        out[1] = 0.0
        for k in range(totals.size):
            share = sums[sums.size - totals.size + k] / totals[k] if totals[k] > 0 else np.nan
            out[1] += (1 - share) / totals.size
