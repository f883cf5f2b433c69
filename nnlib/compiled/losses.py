"""Losses with their gradients, over logits and targets that lie output by output."""

from __future__ import annotations

import numpy as np

from nnlib.compiled.arrays import copy, fill
from nnlib.compiled.functions import exp, log1p_of_share, log_above_one, positive, sigmoid
from nnlib.compiled.options import kernel, summing
from nnlib.compiled.vectors import like

CODES = {"mean_squared_error": 0, "binary_crossentropy": 1, "categorical_crossentropy": 2}
"""The number of each loss in a plan."""


@kernel
def of_examples(targets, weights, stride, batch, out):
    """Write the weight of each example: the mean of its classes', or 1 where there are none."""
    outputs = targets.size // stride
    if not weights.size:
        fill(out, like(out[0], 1))
        return
    fill(out, like(out[0], weights[0] if outputs == 1 else 0.0))
    for k in range(outputs):
        weight = like(out[0], weights[1] - weights[0] if outputs == 1 else weights[k])
        for j in range(batch):
            out[j] += weight * targets[k * stride + j]


@summing
def total_squares(z, t, weights):
    s = 0.0
    for j in range(z.size):
        error = z[j] - t[j]
        s += np.float64(error * error * weights[j])
    return s


@kernel
def squared_error(z, t, weights, stride, batch, whole, g):
    outputs = z.size // stride
    count = whole * outputs
    factor, value = like(z[0], 2 / count), 0.0
    weights = weights[:batch]
    for k in range(outputs):
        here = slice(k * stride, k * stride + batch)
        row, target, out = z[here], t[here], g[here]
        value += total_squares(row, target, weights)
        for j in range(batch):
            out[j] = (row[j] - target[j]) * factor * weights[j]
    return value / count


@summing
def total_surprise(z, t, weights):
    s = 0.0
    for j in range(z.size):
        confident = positive(z[j]) - z[j] * t[j]
        s += np.float64((confident + log1p_of_share(exp(-abs(z[j])))) * weights[j])
    return s


@kernel
def binary_crossentropy(z, t, weights, stride, batch, whole, g):
    outputs = z.size // stride
    count = whole * outputs
    factor, value = like(z[0], 1 / count), 0.0
    weights = weights[:batch]
    for k in range(outputs):
        here = slice(k * stride, k * stride + batch)
        row, target, out = z[here], t[here], g[here]
        value += total_surprise(row, target, weights)
        for j in range(batch):
            out[j] = (sigmoid(row[j]) - target[j]) * factor * weights[j]
    return value / count


@summing
def total_picked(z, t, largest, weights):
    s = 0.0
    for j in range(weights.size):
        s += np.float64(t[j] * (z[j] - largest[j]) * weights[j])
    return s


@summing
def total_logs(sums, weights):
    s = 0.0
    for j in range(weights.size):
        s += log_above_one(sums[j]) * np.float64(weights[j])
    return s


@kernel
def categorical_crossentropy(z, t, weights, stride, batch, whole, g, largest, sums):
    """-Σ t·(z - log Σ exp z), as the reference: the sums in float64, so that 1 + e is not 1."""
    outputs = z.size // stride
    copy(z[:stride], largest)
    for k in range(1, outputs):
        row = z[k * stride : (k + 1) * stride]
        for j in range(stride):
            largest[j] = row[j] if row[j] > largest[j] else largest[j]
    fill(sums, 0.0)
    for k in range(outputs):
        row, out = z[k * stride : (k + 1) * stride], g[k * stride : (k + 1) * stride]
        for j in range(stride):
            out[j] = exp(row[j] - largest[j])
        for j in range(stride):
            sums[j] += np.float64(out[j])
    weights, picked = weights[:batch], 0.0
    for k in range(outputs):
        here = slice(k * stride, k * stride + batch)
        picked += total_picked(z[here], t[here], largest, weights)
    value = total_logs(sums, weights)
    for j in range(batch):
        sums[j] = 1 / sums[j]
    share = like(z[0], 1 / whole)
    for k in range(outputs):
        row, out = t[k * stride : (k + 1) * stride], g[k * stride : (k + 1) * stride]
        for j in range(batch):
            out[j] = (out[j] * like(out[0], sums[j]) - row[j]) * (share * weights[j])
    return (value - picked) / whole


@kernel
def loss_and_gradient(code, z, t, weights, stride, batch, whole, g, rows, sums):
    """Return what a `batch` adds to the mean loss of the `whole` one, and write dL/d logits.

    `rows` are two rows of scratch.
    """
    of, largest = rows[:stride], rows[stride : 2 * stride]
    of_examples(t, weights, stride, batch, of)
    if code == 0:
        return squared_error(z, t, of, stride, batch, whole, g)
    if code == 1:
        return binary_crossentropy(z, t, of, stride, batch, whole, g)
    return categorical_crossentropy(z, t, of, stride, batch, whole, g, largest, sums)
