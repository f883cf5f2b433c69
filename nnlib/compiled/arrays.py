"""Sums and passes over flat arrays, of which every loop has at most four: more do not vectorize.

Nor do loops that are handed one array twice, which LLVM sees when they run: for those are others.
"""

from __future__ import annotations

import numpy as np

from nnlib.compiled.options import kernel, summing
from nnlib.compiled.vectors import LANES, like


@kernel
def padded(count):
    return (count + LANES - 1) // LANES * LANES


@kernel
def copy(x, out):
    for i in range(x.size):
        out[i] = x[i]


@kernel
def fill(x, value):
    for i in range(x.size):
        x[i] = value


@kernel
def multiply(x, factors):
    for i in range(x.size):
        x[i] *= factors[i]


@kernel
def scale(x, factor, out):
    for i in range(x.size):
        out[i] = x[i] * factor


@kernel
def scale_by(x, factor):
    for i in range(x.size):
        x[i] *= factor


@kernel
def add(x, y, out):
    for i in range(x.size):
        out[i] = x[i] + y[i]


@kernel
def increase(x, y):
    for i in range(x.size):
        x[i] += y[i]


@summing
def total(x):
    s = like(x[0], 0)
    for i in range(x.size):
        s += x[i]
    return s


@summing
def total_product(x, y):
    s = like(x[0], 0)
    for i in range(x.size):
        s += x[i] * y[i]
    return s


@summing
def squares(x):
    """Σ x², in float64: see `_array.l2_norm`."""
    s = 0.0
    for i in range(x.size):
        wide = np.float64(x[i])
        s += wide * wide
    return s


@kernel
def norm_of_rows(work, first, rows, stride, batch):
    s = 0.0
    for j in range(rows):
        s += squares(work[first + j * stride : first + j * stride + batch])
    return np.sqrt(s)
