"""Optimizers and what acts around them: penalties, clipping, the max-norm constraint."""

from __future__ import annotations

import numpy as np

from nnlib.compiled import columns as col
from nnlib.compiled.arrays import increase, squares
from nnlib.compiled.options import kernel
from nnlib.compiled.vectors import like
from nnlib.optimizers import OPTIMIZERS

CODES = {name: code for code, name in enumerate(OPTIMIZERS)}
"""The number of each optimizer in a plan."""
_SGD, _MOMENTUM, _NESTEROV = CODES["sgd"], CODES["momentum"], CODES["nesterov"]
_ADAGRAD, _RMSPROP, _ADAMW = CODES["adagrad"], CODES["rmsprop"], CODES["adamw"]

DECAY, SQUARE_DECAY, EPSILON = range(3)
"""The constants of an optimizer: the momentum or β₁, the decay of the squares or β₂, and ε."""
BLOCK = 4096
"""Numbers that are updated at a time: what lies between stays in the cache."""

UNIT = 256
"""Where threads share the numbers out, each has whole vectors of the loops over them, unrolled:
what is left over may be rounded otherwise, where two products are added."""


@kernel
def add_scaled(x, factor, y):
    for i in range(x.size):
        y[i] += factor * x[i]


@kernel
def velocity_change(gradient, velocity, momentum, rate, ahead, change):
    for i in range(gradient.size):
        velocity[i] = momentum * velocity[i] + gradient[i]
        step = gradient[i] + momentum * velocity[i] if ahead else velocity[i]
        change[i] = -rate * step


@kernel
def scaled_change(direction, square, epsilon, rate, change):
    for i in range(direction.size):
        change[i] = -rate * (direction[i] / (np.sqrt(square[i]) + epsilon))


@kernel
def decay_squares(gradient, kept, new, square):
    for i in range(gradient.size):
        square[i] = kept * square[i] + new * (gradient[i] * gradient[i])


@kernel
def decay_moments(gradient, kept, square_kept, mean, square):
    for i in range(gradient.size):
        mean[i] = kept * mean[i] + gradient[i]
        square[i] = square_kept * square[i] + gradient[i] * gradient[i]


@kernel
def change_of(code, hyper, step, rate, weights, gradient, first, second, decay, change):
    """Write the change that one optimizer makes at its `step`, counted from 1, in a block."""
    one = like(gradient[0], 1)
    exact = like(gradient[0], rate)
    kept, square_kept = like(one, hyper[DECAY]), like(one, hyper[SQUARE_DECAY])
    if code == _SGD:
        for i in range(gradient.size):
            change[i] = gradient[i] * -exact
    elif code in (_MOMENTUM, _NESTEROV):
        velocity_change(gradient, first, kept, exact, code == _NESTEROV, change)
    elif code in (_ADAGRAD, _RMSPROP):
        new = one if code == _ADAGRAD else like(one, 1 - hyper[SQUARE_DECAY])
        decay_squares(gradient, square_kept, new, first)
        scaled_change(gradient, first, like(one, hyper[EPSILON]), exact, change)
    else:
        decay_moments(gradient, kept, square_kept, first, second)
        mean = (1 - hyper[DECAY]) / (1 - hyper[DECAY] ** step)
        root = np.sqrt((1 - hyper[SQUARE_DECAY]) / (1 - hyper[SQUARE_DECAY] ** step))
        epsilon = like(one, hyper[EPSILON] / root)
        scaled_change(first, second, epsilon, like(one, rate * (mean / root)), change)
        if code == _ADAMW:
            for i in range(gradient.size):
                change[i] -= exact * decay[i] * weights[i]


@kernel
def update(
    code, hyper, step, rate, weights, gradient, first, second, decay, change, keep, apply, begin,
    end,
):  # fmt: skip
    """Move the optimizer's state from `begin` to `end` and, where they `apply`, the weights.

    `change` keeps all changes, or else is room for some.
    """
    for at in range(begin, end, BLOCK):
        to = min(at + BLOCK, end)
        room = at if keep else begin
        block, here = change[room : room + to - at], weights[at:to]
        change_of(
            code, hyper, step, rate, here, gradient[at:to],
            first[min(at, first.size) : min(to, first.size)],
            second[min(at, second.size) : min(to, second.size)],
            decay[min(at, decay.size) : min(to, decay.size)], block,
        )  # fmt: skip
        if apply:
            increase(here, block)


@kernel
def add_penalties(ops, own, weights, gradient, begin, end):
    """Add those of the parameters from `begin` to `end`."""
    if own[col.L1] == 0 and own[col.L2] == 0:
        return
    for i in range(len(ops)):
        op = ops[i]
        if op[col.KIND] == col.DENSE:
            last = op[col.WEIGHT] + op[col.WIDTH_IN] * op[col.WIDTH_OUT]
            first = min(max(begin, op[col.WEIGHT]), end)
            here = slice(first, max(first, min(end, last)))
            penalize(weights[here], gradient[here], own[col.L1], own[col.L2])


@kernel
def penalize(w, g, l1, l2):
    if not w.size:
        return
    l1, l2 = like(w[0], l1), like(w[0], 2 * l2)
    zero = like(w[0], 0)
    for i in range(w.size):
        sign = l1 if w[i] > zero else (-l1 if w[i] < zero else w[i] * l1)  # 0 at 0, NaN at NaN
        g[i] += sign + l2 * w[i]


@kernel
def clip(own, gradient):
    """Clip by value and then by norm, each where its limit is not 0."""
    if own[col.CLIP_VALUE]:
        limit = like(gradient[0], own[col.CLIP_VALUE])
        for i in range(gradient.size):
            g = gradient[i]
            gradient[i] = -limit if g < -limit else (limit if g > limit else g)
    if own[col.CLIP_NORM]:
        factor = own[col.CLIP_NORM] / (np.sqrt(squares(gradient)) + 1e-6)
        exact = like(gradient[0], 1.0 if factor > 1 else factor)
        for i in range(gradient.size):
            gradient[i] *= exact


@kernel
def project(ops, own, weights):
    """Scale down each unit's incoming weights, a column of its matrix, to the max norm."""
    limit = own[col.MAX_NORM]
    if limit == 0:
        return
    for i in range(len(ops)):
        op = ops[i]
        if op[col.KIND] != col.DENSE:
            continue
        first, width = op[col.WEIGHT], op[col.WIDTH_OUT]
        for o in range(width):
            s = 0.0
            for k in range(op[col.WIDTH_IN]):
                wide = np.float64(weights[first + k * width + o])
                s += wide * wide
            norm = np.sqrt(s)
            if norm > limit:
                factor = like(weights[0], limit / norm)
                for k in range(op[col.WIDTH_IN]):
                    weights[first + k * width + o] *= factor
