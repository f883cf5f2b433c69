"""The standard instruments between the gradient and the step, into one record of numbers."""

from __future__ import annotations

import numpy as np

from nnlib.compiled import columns as col
from nnlib.compiled.arrays import squares
from nnlib.compiled.functions import slope
from nnlib.compiled.options import kernel, summing
from nnlib.compiled.passes import part
from nnlib.compiled.vectors import like
from nnlib.instruments.dead_fraction import DEAD_BELOW
from nnlib.instruments.saturated_fraction import SATURATED_BELOW


@kernel
def layer_norms(ops, numbers, norms):
    """Write the norm of each layer's part of weights, gradients or changes."""
    layer = 0
    for i in range(len(ops)):
        op = ops[i]
        if op[col.KIND] == col.DENSE:
            end = op[col.WEIGHT] + op[col.WIDTH_IN] * op[col.WIDTH_OUT]
            norms[layer] = np.sqrt(squares(numbers[op[col.WEIGHT] : end]))
            layer += 1


@summing
def wide_total(x):
    s = 0.0
    for i in range(x.size):
        s += np.float64(x[i])
    return s


@summing
def squared_deviation(x, mean):
    s = 0.0
    for i in range(x.size):
        c = np.float64(x[i] - mean)
        s += c * c
    return s


@summing
def count_below(slopes, largest, bound):
    below = 0
    for i in range(slopes.size):
        below += abs(slopes[i]) / largest < bound
    return below


@kernel
def hidden_layers(ops, work, scratch, stride, batch, largest, record, layers, hidden):
    """Write mean, deviation, dead units and saturated pairs of each hidden layer."""
    layer, base = 0, 1 + col.PER_LAYER * layers
    for i in range(len(ops)):
        op = ops[i]
        if op[col.KIND] != col.ACTIVATION:
            continue
        width = op[col.WIDTH_OUT]
        count = batch * width
        slopes = part(work, scratch, width, stride)
        slope(op[col.CODE], part(work, op[col.FROM], width, stride), slopes)
        dead, saturated, whole = 0, 0, 0.0
        for j in range(width):
            whole += wide_total(work[(op[col.TO] + j) * stride : (op[col.TO] + j) * stride + batch])
            row = slopes[j * stride : j * stride + batch]
            # not "all below", so that a unit whose slope is NaN counts as the reference counts it
            dead += count_not_reached(row, like(row[0], largest), like(row[0], DEAD_BELOW)) == batch
            saturated += count_below(row, like(row[0], largest), like(row[0], SATURATED_BELOW))
        mean, s = like(work[0], whole / count), 0.0
        for j in range(width):
            a = work[(op[col.TO] + j) * stride : (op[col.TO] + j) * stride + batch]
            s += squared_deviation(a, mean)
        record[base + col.MEAN * hidden + layer] = mean
        record[base + col.DEVIATION * hidden + layer] = np.sqrt(s / count)
        record[base + col.DEAD * hidden + layer] = dead / width
        record[base + col.SATURATED * hidden + layer] = saturated / count
        layer += 1


@summing
def count_not_reached(slopes, largest, bound):
    missed = 0
    for i in range(slopes.size):
        missed += not abs(slopes[i]) / largest >= bound
    return missed
