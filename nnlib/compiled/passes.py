"""The layers' passes over a plan: activations lie feature by feature, (width, batch padded to 16).

A plan is a table with a row for each layer (see `columns`); `work` is one flat array in which
all of them lie, at so many rows of `stride` numbers. Numbers beyond the batch are never summed.
"""

from __future__ import annotations

import numpy as np

from nnlib.compiled import columns as col
from nnlib.compiled.arrays import (
    add,
    copy,
    increase,
    multiply,
    norm_of_rows,
    padded,
    scale,
    scale_by,
)
from nnlib.compiled.functions import activate, slope
from nnlib.compiled.normalization import batch_norm_backward, batch_norm_forward
from nnlib.compiled.options import kernel
from nnlib.compiled.team import part_of
from nnlib.compiled.vectors import (
    FEWER_ROWS,
    LANES,
    ROWS,
    like,
    low_panel,
    panel,
    panel_lanes,
    transpose,
    wide_panel,
)

_PAYS = 0.9
"""Of the rows that panels of `ROWS` make, so many at most by lower ones, which are as much slower
(case A of the benchmarks takes 12 % more time with them alone, by AVX2)."""

_DEPTH = 256
"""Terms at a time, whose operands stay in the nearer caches: on Zen 3 a product of 784 terms goes
at 66, 76, 77 and 70 GFLOP/s by 128, 200, 256 and 400 of them, and at 50 by all."""


@kernel
def panel_rows(rows):
    """Return the height of panels that make so many rows soonest; the last has rows in vain."""
    low, high = -(-rows // FEWER_ROWS) * FEWER_ROWS, -(-rows // ROWS) * ROWS
    return FEWER_ROWS if low < _PAYS * high else ROWS


@kernel
def product(a, ia, ar, ak, b, ib, bk, c, ic, cr, start, istart, sr, rows, lanes, depth, begins):
    """Make c = start + a·b, `rows` x `lanes` (a multiple of 16); strides as in `panel`.

    Where it does not begin, c stands for `start`.
    """
    width, height = panel_lanes(a), panel_rows(rows)
    step = -(-depth // max(1, -(-depth // _DEPTH)))
    for k in range(0, depth, step):
        deep, ka, kb, fresh = min(step, depth - k), ia + k * ak, ib + k * bk, begins and k == 0
        for lane in range(0, lanes, width):
            for row in range(0, rows, height):
                at, to, first = ka + row * ar, ic + row * cr + lane, istart + row * sr
                here = min(height, rows - row)
                if width > LANES and lane + width <= lanes:
                    wide_panel(
                        a, at, ar, ak, b, kb + lane, bk, c, to, cr, start, first, sr, deep, here,
                        fresh,
                    )  # fmt: skip
                elif height == ROWS:
                    panel(
                        a, at, ar, ak, b, kb + lane, bk, c, to, cr, start, first, sr, deep, here,
                        fresh,
                    )  # fmt: skip
                else:
                    low_panel(
                        a, at, ar, ak, b, kb + lane, bk, c, to, cr, start, first, sr, deep, here,
                        fresh,
                    )  # fmt: skip


@kernel
def transposed(source, first, stride, target, to, target_stride, rows, columns):
    """Transpose whole blocks of 16 x 16; both places have room for them."""
    for row in range(0, rows, LANES):
        for column in range(0, columns, LANES):
            transpose(
                source, first + row * stride + column, stride,
                target, to + column * target_stride + row, target_stride,
            )  # fmt: skip


@kernel
def dense_forward(op, work, parameters, stride):
    fan_in, fan_out = op[col.WIDTH_IN], op[col.WIDTH_OUT]
    bias, step = parameters, 1
    first = op[col.BIAS]
    if first < 0:  # no bias: one zero, again and again
        bias, step, first = work, 0, 0
    product(
        parameters, op[col.WEIGHT], 1, fan_out, work, op[col.FROM] * stride, stride,
        work, op[col.TO] * stride, stride, bias, first, step, fan_out, stride, fan_in, True,
    )  # fmt: skip


@kernel
def times_signal(op, works, rooms, batch, row, rows, flipped, gradients, to):
    """Make `rows` x `outputs` sums over all examples with the signal; row -1 stands for ones."""
    outputs = op[col.WIDTH_OUT]
    wide, whole = padded(outputs), outputs // LANES * LANES
    for room in range(rooms):
        work, (begin, end) = works[room], part_of(room, rooms, batch, LANES)
        stride = padded(end - begin)
        ia, ar, ak = (row * stride, stride, 1) if row >= 0 else (1, 0, 0)
        product(
            work, ia, ar, ak, work, flipped * stride, wide, gradients, to, outputs,
            work, 0, 0, rows, whole, end - begin, room == 0,
        )  # fmt: skip
    if whole < outputs:
        last_outputs(op, works, rooms, batch, row, rows, flipped, gradients, to)


@kernel
def last_outputs(op, works, rooms, batch, row, rows, flipped, gradients, to):
    """Make those sums of the outputs that do not fill a vector."""
    outputs = op[col.WIDTH_OUT]
    wide, whole = padded(outputs), outputs // LANES * LANES
    tile = np.empty(ROWS * LANES, gradients.dtype)
    for first in range(0, rows, ROWS):
        here = min(ROWS, rows - first)
        for room in range(rooms):
            work, (begin, end) = works[room], part_of(room, rooms, batch, LANES)
            stride = padded(end - begin)
            ia, ar, ak = ((row + first) * stride, stride, 1) if row >= 0 else (1, 0, 0)
            panel(
                work, ia, ar, ak, work, flipped * stride + whole, wide, tile, 0, LANES,
                work, 0, 0, end - begin, here, room == 0,
            )  # fmt: skip
        for r in range(here):
            for o in range(whole, outputs):
                gradients[to + (first + r) * outputs + o] = tile[r * LANES + o - whole]


@kernel
def dense_gradients(op, works, rooms, flipped, gradients, batch, first, rows, bias):
    """Make so many rows of dL/dW from the `first` on, and dL/db where there is a `bias`.

    The batch's examples are in so many of `works`, the layer's signal with examples as rows there
    at `flipped`.
    """
    to = op[col.WEIGHT] + first * op[col.WIDTH_OUT]
    times_signal(op, works, rooms, batch, op[col.FROM] + first, rows, flipped, gradients, to)
    if bias >= 0:
        times_signal(op, works, rooms, batch, -1, 1, flipped, gradients, bias)


@kernel
def own_gradients(ops, works, rooms, gradients, batch, begin, end):
    """Make the gradients from `begin` to `end`, neither of which is within a row of a weight."""
    for i in range(len(ops)):
        op = ops[i]
        if op[col.KIND] == col.DENSE:
            weight, fan_out = op[col.WEIGHT], op[col.WIDTH_OUT]
            first = max(0, (begin - weight) // fan_out)
            rows = min(op[col.WIDTH_IN], (end - weight) // fan_out) - first
            bias = op[col.BIAS] if begin <= op[col.BIAS] < end else -1
            dense_gradients(
                op, works, rooms, op[col.FLIPPED], gradients, batch, first, rows, bias
            )  # fmt: skip


@kernel
def dense_backward(op, work, signal, to, parameters, stride):
    fan_in, fan_out = op[col.WIDTH_IN], op[col.WIDTH_OUT]
    product(
        parameters, op[col.WEIGHT], fan_out, 1, work, signal, stride, work, to, stride,
        work, 0, 0, fan_in, stride, fan_out, True,
    )  # fmt: skip


@kernel
def draw_mask(op, work, draws, first, stride, batch, rate):
    """Turn a layer's draws from `first` on, (batch, width), into its mask: 0 or 1 / (1 - rate)."""
    width = op[col.WIDTH_OUT]
    threshold, kept = np.float32(rate), like(work[0], 1 / (1 - rate))
    for j in range(width):
        to = (op[col.KEPT] + j) * stride
        for i in range(batch):
            draw = draws[first + i * width + j]
            work[to + i] = kept if draw >= threshold else like(work[0], 0)


@kernel
def part(work, row, width, stride):
    return work[row * stride : (row + width) * stride]


@kernel
def forward(
    ops, factors, work, parameters, state, draws, starts, ahead, stride, batch, rate, training
):  # fmt: skip
    """Run all layers with the examples that have so many of the minibatch `ahead` of them.

    `starts` says where this step's draws of each layer begin.
    """
    for i in range(len(ops)):
        op = ops[i]
        kind, width = op[col.KIND], op[col.WIDTH_OUT]
        if kind == col.DENSE:
            dense_forward(op, work, parameters, stride)
            continue
        if kind == col.BATCH_NORM:
            batch_norm_forward(op, work, parameters, state, stride, batch, factors[i], training)
            continue
        x, out = part(work, op[col.FROM], width, stride), part(work, op[col.TO], width, stride)
        if kind == col.ACTIVATION:
            activate(op[col.CODE], x, out)
        elif kind == col.DROPOUT:
            copy(x, out)
            if training:
                first = starts[i] + ahead * width
                draw_mask(op, work, draws, first, stride, batch, rate)
                multiply(out, part(work, op[col.KEPT], width, stride))
        elif kind == col.SCALE:
            scale(x, like(work[0], factors[i]), out)
        elif kind == col.SKIP_END:
            add(x, part(work, op[col.KEPT], width, stride), out)


@kernel
def backward(ops, factors, works, parameters, gradients, rooms, stride, batch, signals, team):
    """Go back from dL/d logits at rooms[0]; two more rooms are for the next signal and scratch.

    `signals`, where it is not empty, gets ‖dL/dz‖ of each Dense. Several threads have to meet
    before they make the gradients.
    """
    work = works[team.part]
    here, there, scratch = rooms[0], rooms[1], rooms[2]
    dense = signals.size
    for i in range(len(ops) - 1, -1, -1):
        op = ops[i]
        kind, width = op[col.KIND], op[col.WIDTH_OUT]
        signal = part(work, here, width, stride)
        if kind == col.DENSE:
            if signals.size:
                dense -= 1
                signals[dense] = norm_of_rows(work, here * stride, width, stride, batch)
            wide, flipped = padded(width), scratch if team.parts == 1 else op[col.FLIPPED]
            transposed(
                work, here * stride, stride, work, flipped * stride, wide, wide, stride
            )  # fmt: skip
            if team.parts == 1:
                fan_in, bias = op[col.WIDTH_IN], op[col.BIAS]
                dense_gradients(op, works, 1, flipped, gradients, batch, 0, fan_in, bias)
            if i:
                dense_backward(op, work, here * stride, there * stride, parameters, stride)
                here, there = there, here
        elif kind == col.ACTIVATION:
            slopes = part(work, scratch, width, stride)
            slope(op[col.CODE], part(work, op[col.FROM], width, stride), slopes)
            multiply(signal, slopes)
        elif kind == col.BATCH_NORM:
            batch_norm_backward(op, work, here * stride, parameters, gradients, stride, batch)
        elif kind == col.DROPOUT:
            multiply(signal, part(work, op[col.KEPT], width, stride))
        elif kind == col.SCALE:
            scale_by(signal, like(work[0], factors[i]))
        elif kind == col.SKIP_END:
            copy(signal, part(work, op[col.SAVED], width, stride))
        elif kind == col.SKIP_START:
            increase(signal, part(work, op[col.SAVED], width, stride))
