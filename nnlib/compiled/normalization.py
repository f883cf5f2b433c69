"""Batch normalization, unit by unit, as `layers.batch_norm` has it."""

from __future__ import annotations

import numpy as np

from nnlib.compiled import columns as col
from nnlib.compiled.arrays import total, total_product
from nnlib.compiled.options import kernel, summing
from nnlib.compiled.vectors import like


@kernel
def normalize(x, mean, gain, shift, centered, out):
    for i in range(x.size):
        centered[i] = x[i] - mean
        out[i] = centered[i] * gain + shift


@summing
def centered_squares(x, mean):
    s = like(x[0], 0)
    for i in range(x.size):
        c = x[i] - mean
        s += c * c
    return s


@kernel
def batch_norm_forward(op, work, parameters, state, stride, batch, epsilon, training):
    """Normalize; keeps x - mean at `KEPT`, and below it mean, variance and 1/deviation a unit."""
    width = op[col.WIDTH_OUT]
    statistics = (op[col.KEPT] + width) * stride
    for j in range(width):
        first, kept = (op[col.FROM] + j) * stride, (op[col.KEPT] + j) * stride
        to = (op[col.TO] + j) * stride
        x = work[first : first + batch]
        if training:
            mean = total(x) * (like(x[0], 1) / like(x[0], batch))
            var = centered_squares(x, mean) * (like(x[0], 1) / like(x[0], batch))
        else:
            mean, var = state[op[col.STATE] + j], state[op[col.STATE] + width + j]
        inverse = like(var, 1) / np.sqrt(var + like(var, epsilon))
        work[statistics + j] = mean
        work[statistics + width + j] = var
        work[statistics + 2 * width + j] = inverse
        normalize(
            work[first : first + stride], mean, inverse * parameters[op[col.WEIGHT] + j],
            parameters[op[col.BIAS] + j], work[kept : kept + stride], work[to : to + stride],
        )  # fmt: skip


@kernel
def subtract_line(g, c, gain, slope, share):
    # The difference first: with one example it has to be 0, not what a fused product rounds away.
    for i in range(g.size):
        g[i] = gain * (g[i] - (c[i] * slope + share))


@kernel
def batch_norm_backward(op, work, signal, parameters, gradients, stride, batch):
    width = op[col.WIDTH_OUT]
    inverses = (op[col.KEPT] + width) * stride + 2 * width
    for j in range(width):
        first, kept = signal + j * stride, (op[col.KEPT] + j) * stride
        g, c = work[first : first + batch], work[kept : kept + batch]
        inverse = work[inverses + j]
        d_shift, d_scale = total(g), total_product(g, c) * inverse
        gradients[op[col.BIAS] + j] = d_shift
        gradients[op[col.WEIGHT] + j] = d_scale
        gain = inverse * parameters[op[col.WEIGHT] + j]
        each = like(gain, 1) / like(gain, batch)
        subtract_line(g, c, gain, each * inverse * d_scale, each * d_shift)


@kernel
def move_state(ops, work, state, stride, batch, momentum):
    """Move the running statistics towards those of the last batch, which must have two examples."""
    if batch < 2:
        return
    for i in range(len(ops)):
        op = ops[i]
        if op[col.KIND] == col.BATCH_NORM:
            width = op[col.WIDTH_OUT]
            statistics, at = (op[col.KEPT] + width) * stride, op[col.STATE]
            unbiased = like(work[0], batch / (batch - 1))
            for j in range(2 * width):
                new = work[statistics + j] * (unbiased if j >= width else like(work[0], 1))
                state[at + j] += like(work[0], momentum) * (new - state[at + j])
