"""What Numba's Python cannot say: sixteen numbers at a time, and constants in an array's own type.

Written as LLVM instructions on vectors of 16, which every processor's compiler splits as it needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 16
"""Numbers in a vector: the batch is padded to a multiple of it."""

_IS_AVX512 = llvm.get_host_cpu_features().get("avx512f", False)
ROWS, FEWER_ROWS = (8, 8) if _IS_AVX512 else (6, 4)
"""Rows of a panel: as many as there are registers for, and fewer where they come out even (AVX2,
NEON). No result depends on it, for each sum is made in the order of its terms."""

_CONTRACT = ("contract",)


def _size(vector: ir.VectorType) -> int:
    """Return the bytes of a number: vectors lie at any of them."""
    return 4 if vector.element == ir.FloatType() else 8


def _vector(dtype: Any) -> ir.VectorType:
    return ir.VectorType(ir.FloatType() if dtype == types.float32 else ir.DoubleType(), LANES)


def _data(context: Any, builder: Any, array_type: Any, array: Any) -> Any:
    return context.make_array(array_type)(context, builder, array).data


def _vector_at(builder: Any, data: Any, index: Any, vector: ir.VectorType) -> Any:
    return builder.bitcast(builder.gep(data, [index]), vector.as_pointer())


def _splat(builder: Any, scalar: Any, vector: ir.VectorType) -> Any:
    zero = ir.Constant(ir.IntType(32), 0)
    single = builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, zero)
    mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(single, ir.Constant(vector, ir.Undefined), mask)


def _panel(height: int, vectors: int) -> Any:
    """Return a kernel that makes c[r, …] = start[r] + Σ_k a[r, k]·b[k, …] for up to `height` rows.

    They have so many vectors of 16 lanes. Every array is flat: an index and the distance of rows
    (…r) or of terms (…k) say where. The sums stay in registers over all of k. Rows from `rows` on
    repeat the last one. Where it is not `fresh`, the sums go on from c.
    """

    @intrinsic
    def made(typingctx, a, ia, ar, ak, b, ib, bk, c, ic, cr, start, istart, sr, depth, rows, fresh):
        n = types.intp
        signature = types.void(a, n, n, n, b, n, n, c, n, n, start, n, n, n, n, n)
        return signature, partial(_panel_code, height, vectors)

    return made


@intrinsic
def panel_lanes(typingctx, a):
    """Return how many lanes a panel of these numbers has where there are registers enough."""
    wide = _IS_AVX512 and a.dtype == types.float32

    def codegen(context, builder, signature, args):
        return context.get_constant(types.intp, 2 * LANES if wide else LANES)

    return types.intp(a), codegen


def _panel_code(
    height: int, vectors: int, context: Any, builder: Any, signature: Any, args: Any
) -> Any:
    from_a, from_b, to, from_start = (
        _data(context, builder, signature.args[i], args[i]) for i in (0, 4, 7, 10)
    )
    ia, ar, ak, ib, bk, ic, cr, istart, sr, depth, count, fresh = (
        args[i] for i in (1, 2, 3, 5, 6, 8, 9, 11, 12, 13, 14, 15)
    )
    vector = _vector(signature.args[0].dtype)
    rows = _rows_within(builder, height, count)
    firsts = [_plus(builder, ia, r, ar) for r in rows]
    sums = [[cgutils.alloca_once(builder, vector) for _ in range(vectors)] for _ in rows]
    places = [_vectors_at(builder, to, _plus(builder, ic, r, cr), vector, vectors) for r in rows]
    is_fresh = builder.icmp_signed("!=", fresh, ir.Constant(fresh.type, 0))
    with builder.if_else(is_fresh) as (begins, goes_on):
        with begins:
            for r, held in zip(rows, sums, strict=True):
                first = builder.load(builder.gep(from_start, [_plus(builder, istart, r, sr)]))
                for one in held:
                    builder.store(_splat(builder, first, vector), one)
        with goes_on:
            for held, at in zip(sums, places, strict=True):
                for one, place in zip(held, at, strict=True):
                    builder.store(builder.load(place, align=_size(vector)), one)
    with cgutils.for_range(builder, depth) as loop:
        index = _plus(builder, ib, loop.index, bk)
        row = [
            builder.load(place, align=_size(vector))
            for place in _vectors_at(builder, from_b, index, vector, vectors)
        ]
        offset = builder.mul(loop.index, ak)
        for first, held in zip(firsts, sums, strict=True):
            factor = builder.load(builder.gep(from_a, [builder.add(first, offset)]))
            each = _splat(builder, factor, vector)
            for one, numbers in zip(held, row, strict=True):
                product = builder.fmul(each, numbers, flags=_CONTRACT)
                builder.store(builder.fadd(builder.load(one), product, flags=_CONTRACT), one)
    for held, at in zip(sums, places, strict=True):
        for one, place in zip(held, at, strict=True):
            builder.store(builder.load(one), place, align=_size(vector))
    return context.get_dummy_value()


def _vectors_at(builder: Any, data: Any, index: Any, vector: ir.VectorType, count: int) -> Any:
    """Return the places of so many vectors one after another."""
    steps = [ir.Constant(index.type, LANES * i) for i in range(count)]
    return [_vector_at(builder, data, builder.add(index, step), vector) for step in steps]


def _plus(builder: Any, first: Any, number: Any, stride: Any) -> Any:
    return builder.add(first, builder.mul(number, stride))


def _rows_within(builder: Any, height: int, count: Any) -> list[Any]:
    """Return the numbers of a panel's rows, the last one again where there are fewer."""
    last = builder.sub(count, ir.Constant(count.type, 1))
    numbers = [ir.Constant(count.type, r) for r in range(height)]
    return [
        builder.select(builder.icmp_signed("<", number, count), number, last) for number in numbers
    ]


panel = _panel(ROWS, 1)
low_panel = _panel(FEWER_ROWS, 1)
wide_panel = _panel(ROWS, 2)
"""Each number of `a` is loaded for twice as many sums."""


@intrinsic
def transpose(typingctx, source, isource, sr, target, itarget, tr):
    """Write a block of 16 x 16 of `source`, its rows `sr` apart, transposed into `target`."""
    n = types.intp
    signature = types.void(source, n, n, target, n, n)

    def codegen(context, builder, signature, args):
        vector = _vector(signature.args[0].dtype)
        align = _size(vector)
        read = _data(context, builder, signature.args[0], args[0])
        write = _data(context, builder, signature.args[3], args[3])

        def place(data: Any, first: Any, stride: Any, r: int) -> Any:
            index = builder.add(first, builder.mul(stride, ir.Constant(stride.type, r)))
            return _vector_at(builder, data, index, vector)

        rows = [builder.load(place(read, args[1], args[2], r), align=align) for r in range(LANES)]
        mask_type = ir.VectorType(ir.IntType(32), LANES)
        for s in (8, 4, 2, 1):  # swap the blocks of s x s beside the diagonal
            upper = ir.Constant(mask_type, [k if not k & s else LANES + k - s for k in range(16)])
            lower = ir.Constant(mask_type, [k + s if not k & s else LANES + k for k in range(16)])
            for i in (i for i in range(LANES) if not i & s):
                a, b = rows[i], rows[i + s]
                rows[i] = builder.shuffle_vector(a, b, upper)
                rows[i + s] = builder.shuffle_vector(a, b, lower)
        for r, row in enumerate(rows):
            builder.store(row, place(write, args[4], args[5], r), align=align)
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def like(typingctx, x, constant):
    """Return the constant in the type of x: a plain one would turn float32 into float64."""

    def codegen(context, builder, signature, args):
        return context.cast(builder, args[1], signature.args[1], signature.args[0])

    return x(x, constant), codegen


def polynomial(double: Sequence[float], single: Sequence[float]) -> Any:
    """Return a kernel x -> Σ cₖ·xᵏ, unrolled: a loop within a loop keeps that from vectors.

    Parameters
    ----------
    double, single : the coefficients for float64 and for float32, from the constant one on
    """

    @intrinsic
    def value(typingctx, x):
        def codegen(context, builder, signature, args):
            *rest, last = single if signature.args[0] == types.float32 else double
            total = ir.Constant(args[0].type, last)
            for coefficient in reversed(rest):
                product = builder.fmul(total, args[0], flags=_CONTRACT)
                constant = ir.Constant(args[0].type, coefficient)
                total = builder.fadd(product, constant, flags=_CONTRACT)
            return total

        return x(x), codegen

    return value


@intrinsic
def two_to_the(typingctx, n):
    """Return 2ⁿ of a whole number n given as a float, from its bits."""

    def codegen(context, builder, signature, args):
        single = signature.args[0] == types.float32
        bits, shift, bias = (32, 23, 127) if single else (64, 52, 1023)
        whole = builder.fptosi(args[0], ir.IntType(bits))
        shifted = builder.shl(
            builder.add(whole, ir.Constant(whole.type, bias)), ir.Constant(whole.type, shift)
        )
        return builder.bitcast(shifted, args[0].type)

    return n(n), codegen


@intrinsic
def mantissa_and_exponent(typingctx, x):
    """Return m and n of x = m·2ⁿ with 1 ≤ m < 2, of a positive number that is not tiny."""

    def codegen(context, builder, signature, args):
        single = signature.args[0] == types.float32
        bits, shift, bias = (32, 23, 127) if single else (64, 52, 1023)
        whole = builder.bitcast(args[0], ir.IntType(bits))
        one = ir.Constant(whole.type, bias << shift)
        fraction = builder.and_(whole, ir.Constant(whole.type, (1 << shift) - 1))
        power = builder.sub(
            builder.lshr(whole, ir.Constant(whole.type, shift)), ir.Constant(whole.type, bias)
        )
        parts = (
            builder.bitcast(builder.or_(fraction, one), args[0].type),
            builder.sitofp(power, args[0].type),
        )
        return context.make_tuple(builder, signature.return_type, parts)

    return types.UniTuple(x, 2)(x), codegen


@intrinsic
def borrowed(typingctx, array):
    """Return an array without its count of references, for as long as who called holds it.

    Every slice of it then costs two additions, and not two locked ones on a shared number.
    """

    def codegen(context, builder, signature, args):
        make = context.make_array(signature.args[0])
        own = make(context, builder, args[0])
        bare = make(context, builder)
        for name in ("nitems", "itemsize", "data", "shape", "strides"):
            setattr(bare, name, getattr(own, name))
        bare.meminfo = ir.Constant(own.meminfo.type, None)
        bare.parent = ir.Constant(own.parent.type, None)
        return bare._getvalue()

    return array(array), codegen
