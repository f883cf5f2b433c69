"""The kernels that Python calls: so many training steps of some replicas, and their scores.

The architecture is data, so they are compiled once for each type of number, not once a network.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
from numba import types
from numba.np.numpy_support import from_dtype

from nnlib.compiled import columns as col
from nnlib.compiled.arrays import copy, padded
from nnlib.compiled.losses import loss_and_gradient
from nnlib.compiled.measures import hidden_layers, layer_norms
from nnlib.compiled.normalization import move_state
from nnlib.compiled.options import entry, inlined, kernel
from nnlib.compiled.passes import backward, forward, own_gradients, part, transposed
from nnlib.compiled.scores import add_residuals, add_up, all_finite, count_correct
from nnlib.compiled.team import Team, meet, part_of
from nnlib.compiled.updates import UNIT, add_penalties, clip, project, update
from nnlib.compiled.vectors import LANES, borrowed, like

INPUTS, OUTPUTS, LAYERS, HIDDEN, LOSS, OPTIMIZER, TARGETS, ROOM, OTHER, SCRATCH, LINES = range(11)
"""What `sizes` holds: widths, numbers of layers, codes, and the rows of `work` for the targets, two
signals, scratch, and two rows for the loss. Row 0 begins with the numbers 0 and 1; the inputs lie
at row 1."""

EVALUATED = 128
"""So many examples are a chunk, which is evaluated at once."""
TOTALS = 2
"""Where the squared residuals begin in a chunk's sums, behind its loss and right answers."""


@kernel
def gather(x, rows, width, work, scratch, to, stride):
    """Lay the examples of these rows out feature by feature, in `work` at `to`."""
    if width < LANES:
        for k in range(width):
            out = work[to + k * stride : to + k * stride + rows.size]
            for i in range(rows.size):
                out[i] = x[rows[i] * width + k]
        return
    room = padded(width)
    for i in range(rows.size):
        first = rows[i] * width
        copy(x[first : first + width], work[scratch + i * room : scratch + i * room + width])
    transposed(work, scratch, room, work, to, stride, stride, room)


@kernel
def layer_block(record, block, layers):
    return record[1 + block * layers : 1 + (block + 1) * layers]


@kernel
def measure(ops, sizes, weights, gradient, work, stride, batch, loss, largest, record):
    layers, hidden = sizes[LAYERS], sizes[HIDDEN]
    record[0] = loss
    layer_norms(ops, gradient, layer_block(record, col.GRADIENT_NORM, layers))
    layer_norms(ops, weights, layer_block(record, col.WEIGHT_NORM, layers))
    hidden_layers(ops, work, sizes[SCRATCH], stride, batch, largest, record, layers, hidden)


@inlined
def gradient_of_step(
    ops, sizes, factors, rows, x, targets, class_weights, draws, starts, weights, gradient, state,
    works, sums, rate, signals, rooms, begin, end, team,
):  # fmt: skip
    """Return the minibatch's loss, with the gradients from `begin` to `end` made.

    Its examples go through so many `rooms`, each with its own thread. The state is not moved yet.
    """
    one, outputs = works[0, 0], sizes[OUTPUTS]
    if team.part < rooms:
        first, last = part_of(team.part, rooms, rows.size, LANES)
        work, batch = works[team.part], last - first
        stride = padded(batch)
        scratch, lines = sizes[SCRATCH] * stride, sizes[LINES] * stride
        gather(x, rows[first:last], sizes[INPUTS], work, scratch, stride, stride)
        gather(targets, rows[first:last], outputs, work, scratch, sizes[TARGETS] * stride, stride)
        forward(ops, factors, work, weights, state, draws, starts, first, stride, batch, rate, True)
        sums[team.part, -1] = loss_and_gradient(
            sizes[LOSS], part(work, ops[-1][col.TO], outputs, stride),
            part(work, sizes[TARGETS], outputs, stride), class_weights, stride, batch, rows.size,
            part(work, sizes[ROOM], outputs, stride), work[lines : lines + 2 * stride],
            sums[team.part, :stride],
        )  # fmt: skip
        places = (sizes[ROOM], sizes[OTHER], sizes[SCRATCH])
        backward(ops, factors, works, weights, gradient, places, stride, batch, signals, team)
    if team.parts > 1:
        meet(team)
        own_gradients(ops, works, rooms, gradient, rows.size, begin, end)
    loss = 0.0
    for room in range(rooms):
        loss += sums[room, -1]
    return np.float64(like(one, loss))


@kernel
def evaluate_chunk(ops, sizes, factors, x, targets, first, weights, state, work, sums, parts):
    """Write the sums over up to 128 examples, from `first` on, in evaluation mode.

    `parts` gets the loss, how many are right (NaN where an output is not finite), and of a
    regression, which has more columns, each output's squared residuals.
    """
    inputs, outputs = sizes[INPUTS], sizes[OUTPUTS]
    nothing, starts, alike = np.empty(0, np.float32), np.empty(0, np.int64), np.empty(0)
    batch = min(EVALUATED, x.size // inputs - first)
    stride = padded(batch)
    here = np.arange(first, first + batch)
    scratch, lines = sizes[SCRATCH] * stride, sizes[LINES] * stride
    gather(x, here, inputs, work, scratch, stride, stride)
    forward(ops, factors, work, weights, state, nothing, starts, 0, stride, batch, 0.0, False)
    gather(targets, here, outputs, work, scratch, sizes[TARGETS] * stride, stride)
    z = part(work, ops[-1][col.TO], outputs, stride)
    t = part(work, sizes[TARGETS], outputs, stride)
    parts[0] = batch * loss_and_gradient(
        sizes[LOSS], z, t, alike, stride, batch, batch, part(work, sizes[ROOM], outputs, stride),
        work[lines : lines + 2 * stride], sums[:stride],
    )  # fmt: skip
    if parts.size > TOTALS:
        add_residuals(z, t, stride, batch, parts[TOTALS:])
    else:
        finite = all_finite(z, stride, batch)
        parts[1] = count_correct(z, t, stride, batch) if finite else np.nan


@kernel
def evaluate(ops, sizes, factors, x, targets, totals, weights, state, work, sums, out):
    """Write the loss and the score of all examples, chunk after chunk."""
    examples = x.size // sizes[INPUTS]
    parts = np.zeros((-(-examples // EVALUATED), TOTALS + totals.size))
    for chunk in range(len(parts)):
        first = chunk * EVALUATED
        evaluate_chunk(
            ops, sizes, factors, x, targets, first, weights, state, work, sums, parts[chunk]
        )  # fmt: skip
    add_up(parts, examples, totals, out)


@inlined
def finish_step(
    ops, sizes, hyper, momentum, step, rate, batch, loss, largest, weights, gradient, state, first,
    second, decay, own, held, record, work, change, team,
):  # fmt: skip
    """Measure where there is a record, and move the parameters."""
    leads, measured, layers = team.part == 0, record.size > 0, sizes[LAYERS]
    begin, end = part_of(team.part, team.parts, weights.size, UNIT)
    meet(team)
    add_penalties(ops, own, weights, gradient, begin, end)
    if measured or own[col.CLIP_VALUE] or own[col.CLIP_NORM]:
        meet(team)
        if leads and measured:
            stride = padded(batch)
            measure(ops, sizes, weights, gradient, work, stride, batch, loss, largest, record)
        if leads:
            clip(own, gradient)
        meet(team)
    update(
        sizes[OPTIMIZER], hyper, step, rate, weights, gradient, first, second, decay, change,
        measured, not held, begin, end,
    )  # fmt: skip
    meet(team)
    if leads and measured:
        layer_norms(ops, change, layer_block(record, col.CHANGE_NORM, layers))
    if held:
        return
    if leads:
        move_state(ops, work, state, padded(batch), batch, momentum)
    if own[col.MAX_NORM]:
        if leads:
            project(ops, own, weights)
        meet(team)


@inlined
def train_replica(
    ops, sizes, factors, constants, rows, ends, x, targets, class_weights, draws, bases, weights,
    gradient, state, first, second, decay, step, rates, own, held, diverged, record_at, records,
    evaluated_at, splits, answers, totals, scores, works, sums, change, cuts, team,
):  # fmt: skip
    """Make the steps of a block; return how many, fewer where the loss stops being finite.

    A step that is measured has its whole minibatch in the first room, where it can be looked at.
    """
    hyper, momentum, largest = constants[:3], constants[3], constants[4]
    starts, layers = bases.copy(), sizes[LAYERS]
    begin, end = cuts[team.part], cuts[team.part + 1]
    for t in range(ends.size - 1):
        here = rows[ends[t] : ends[t + 1]]
        record = records[record_at[t]] if record_at[t] >= 0 else records[0][:0]
        measured = record_at[t] >= 0
        signals = layer_block(record, col.SIGNAL_NORM, layers) if measured else record
        rooms = 1 if measured else max(1, min(team.parts, here.size // LANES))
        loss = gradient_of_step(
            ops, sizes, factors, here, x, targets, class_weights, draws, starts, weights, gradient,
            state, works, sums, own[col.DROPOUT_RATE], signals, rooms, begin, end, team,
        )  # fmt: skip
        if not diverged and not np.isfinite(loss):
            return t
        for i in range(len(ops)):
            starts[i] += here.size * ops[i][col.WIDTH_OUT]
        finish_step(
            ops, sizes, hyper, momentum, step + t + 1, own[col.RATE] * rates[t], here.size, loss,
            largest, weights, gradient, state, first, second, decay, own, held, record, works[0],
            change, team,
        )  # fmt: skip
        if team.part == 0 and evaluated_at[t] >= 0:
            for split in range(len(splits)):
                if splits[split].size:
                    evaluate(
                        ops, sizes, factors, borrowed(splits[split]), borrowed(answers[split]),
                        totals[split], weights, state, works[0], sums[0],
                        scores[evaluated_at[t], split],
                    )  # fmt: skip
    return ends.size - 1


@entry
def train(
    ops, sizes, factors, constants, rows, ends, x, targets, class_weights, draws, bases, which,
    weights, gradients, states, firsts, seconds, decay, step, rates, owns, held, diverged,
    record_at, records, evaluated_at, splits, answers, totals, scores, works, sums, changes, cuts,
    thread, threads, arrivals, made,
):  # fmt: skip
    """Make a block of steps, as one of so many threads.

    Each has its share of several replicas, and makes their steps one after another; those of a
    single one they make together.
    """
    ops, rows, works = borrowed(ops), borrowed(rows), borrowed(works)
    changes, cuts, arrivals = borrowed(changes), borrowed(cuts), borrowed(arrivals)
    x, targets, draws, sums = borrowed(x), borrowed(targets), borrowed(draws), borrowed(sums)
    weights, gradients, states = borrowed(weights), borrowed(gradients), borrowed(states)
    firsts, seconds, decay = borrowed(firsts), borrowed(seconds), borrowed(decay)
    class_weights, records = borrowed(class_weights), borrowed(records)
    totals, scores = borrowed(totals), borrowed(scores)
    constants, owns = borrowed(constants), borrowed(owns)
    begin, end, room, team = 0, 1, 0, Team(thread, threads, arrivals)
    if len(weights) > 1:
        begin, end = len(weights) * thread // threads, len(weights) * (thread + 1) // threads
        room, team = thread, Team(0, 1, arrivals)
    for r in range(begin, end):
        made[r] = train_replica(
            ops, sizes, factors, constants, rows[which[0, r]], ends, x, targets, class_weights,
            draws[which[1, r]], bases, weights[r], gradients[r], states[r], firsts[r],
            seconds[r], decay, step, rates, owns[r], held[r], diverged[r], record_at, records[r],
            evaluated_at, splits, answers, totals, scores[r], works[room:], sums[room:],
            changes[room], cuts, team,
        )  # fmt: skip


@entry
def evaluate_chunks(
    ops, sizes, factors, x, targets, weights, states, work, sums, begin, end, parts
):  # fmt: skip
    """Write the sums of chunks, shape (R, chunks, sums): from number `begin` to `end` of all."""
    ops, sizes, factors, work = borrowed(ops), borrowed(sizes), borrowed(factors), borrowed(work)
    x, targets, sums, parts = borrowed(x), borrowed(targets), borrowed(sums), borrowed(parts)
    weights, states, chunks = borrowed(weights), borrowed(states), parts.shape[1]
    for i in range(begin, end):
        r, first = i // chunks, i % chunks * EVALUATED
        evaluate_chunk(
            ops, sizes, factors, x, targets, first, weights[r], states[r], work, sums,
            parts[r, i % chunks],
        )  # fmt: skip


def load(dtype: npt.DTypeLike) -> None:
    """Load the kernels for one type of number from the disk, or compile them."""
    number = from_dtype(np.dtype(dtype))
    one, two, three, four = (partial(types.Array, layout="C", ndim=n) for n in (1, 2, 3, 4))
    ints, table, wide, own = one(types.int64), two(types.int64), one(types.float64), one(number)
    examples, stack, n = one(number, readonly=True), two(number), types.int64
    pair = types.UniTuple(examples, 2)
    add_up.compile((two(types.float64), n, wide, wide))
    train.compile(
        (
            table, ints, wide, wide, table, ints, examples, examples, wide, two(types.float32),
            ints, table, stack, stack, stack, stack, stack, own, n, wide, two(types.float64),
            one(types.bool_), one(types.bool_), ints, three(types.float64), ints, pair, pair,
            two(types.float64), four(types.float64), stack, two(types.float64), stack, ints, n, n,
            ints, ints,
        )
    )  # fmt: skip
    evaluate_chunks.compile(
        (
            table, ints, wide, examples, examples, stack, stack, own, wide, n, n,
            three(types.float64),
        )
    )  # fmt: skip
