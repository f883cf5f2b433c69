"""Losses with their gradients, over logits and targets that lie output by output."""

from __future__ import annotations

import numpy as np

from nnlib.compiled.arrays import copy, fill
from nnlib.compiled.functions import exp, log1p_of_share, positive, sigmoid
from nnlib.compiled.options import kernel
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


@kernel
def squared_error(z, t, weights, stride, batch, g):
    outputs = z.size // stride
    count = batch * outputs
    factor, value = like(z[0], 2 / count), 0.0
    for k in range(outputs):
        for j in range(batch):
            i = k * stride + j
            error = z[i] - t[i]
            value += np.float64(error * error * weights[j])
            g[i] = error * factor * weights[j]
    return value / count


@kernel
def binary_crossentropy(z, t, weights, stride, batch, g):
    outputs = z.size // stride
    count = batch * outputs
    factor, value = like(z[0], 1 / count), 0.0
    for k in range(outputs):
        for j in range(batch):
            i = k * stride + j
            confident = positive(z[i]) - z[i] * t[i]
            value += np.float64((confident + log1p_of_share(exp(-abs(z[i])))) * weights[j])
            g[i] = (sigmoid(z[i]) - t[i]) * factor * weights[j]
    return value / count


@kernel
def categorical_crossentropy(z, t, weights, stride, batch, g, largest, sums):
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
    value, picked = 0.0, 0.0
    for k in range(outputs):
        for j in range(batch):
            i = k * stride + j
            picked += np.float64(t[i] * (z[i] - largest[j]) * weights[j])
    for j in range(batch):
        value += np.log(sums[j]) * np.float64(weights[j])
        sums[j] = 1 / sums[j]
    share = like(z[0], 1 / batch)
    for k in range(outputs):
        row, out = t[k * stride : (k + 1) * stride], g[k * stride : (k + 1) * stride]
        for j in range(batch):
            out[j] = (out[j] * like(out[0], sums[j]) - row[j]) * (share * weights[j])
    return (value - picked) / batch


@kernel
def loss_and_gradient(code, z, t, weights, stride, batch, g, rows, sums):
    """Return the loss in float64 and write dL/d logits; `rows` are two rows of scratch."""
    of, largest = rows[:stride], rows[stride : 2 * stride]
    of_examples(t, weights, stride, batch, of)
    if code == 0:
        return squared_error(z, t, of, stride, batch, g)
    if code == 1:
        return binary_crossentropy(z, t, of, stride, batch, g)
    return categorical_crossentropy(z, t, of, stride, batch, g, largest, sums)
