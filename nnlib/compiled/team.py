"""Threads that make the same steps together: each has its examples, and then its parameters.

Every sum over the examples is made in their order, so that no bit depends on the number of threads.
"""

from __future__ import annotations

from typing import NamedTuple

import llvmlite.binding as llvm
import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from nnlib.compiled.options import inlined

_LOOKS = 200
"""Looks at who has come, some 10 µs, before a waiting thread lets others have its processor."""
_YIELD = "sched_yield"
_PAUSE = "llvm.x86.sse2.pause"
_PAUSES = llvm.get_default_triple().startswith(("x86_64", "i686"))


class Team(NamedTuple):
    """One of so many threads, and the number of arrivals at all their meetings, shape (1,)."""

    part: int
    parts: int
    arrivals: npt.NDArray[np.int64]


@intrinsic
def _arrive(typingctx, arrivals):
    """Count one more arrival; return how many there were."""

    def codegen(context, builder, signature, args):
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        one = ir.Constant(ir.IntType(64), 1)
        return builder.atomic_rmw("add", data, one, "acq_rel")

    return types.int64(arrivals), codegen


@intrinsic
def _arrived(typingctx, arrivals):
    """Return how many arrivals there were; all that was written before them is seen."""

    def codegen(context, builder, signature, args):
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        if _PAUSES:
            shape = ir.FunctionType(ir.VoidType(), [])
            builder.call(builder.module.declare_intrinsic(_PAUSE, (), shape), [])
        return builder.load_atomic(data, "acquire", 8)

    return types.int64(arrivals), codegen


@intrinsic
def _give_way(typingctx):
    """Let another thread have the processor, where the system knows how."""

    def codegen(context, builder, signature, args):
        if llvm.address_of_symbol(_YIELD):
            shape = ir.FunctionType(ir.IntType(32), [])
            builder.call(cgutils.get_or_insert_function(builder.module, shape, _YIELD), [])
        return context.get_dummy_value()

    return types.void(), codegen


@inlined
def meet(team):
    """Go on when all threads have come here."""
    if team.parts == 1:
        return
    goal = (_arrive(team.arrivals) // team.parts + 1) * team.parts
    looks = 0
    while _arrived(team.arrivals) < goal:
        looks += 1
        if looks > _LOOKS:
            _give_way()


@inlined
def part_of(part, parts, count, unit):
    """Return the first of a part of so many and its end, in whole units but for the last one."""
    if parts == 1:
        return 0, count
    first = min(count, -(-(count * part // parts) // unit) * unit)
    return first, min(count, -(-(count * (part + 1) // parts) // unit) * unit)
