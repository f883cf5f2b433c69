"""How the kernels are compiled.

Products and sums may be contracted to one instruction; nothing may assume that numbers are finite,
for a divergence has to be seen. Only sums over many numbers may be made in another order.
"""

from functools import partial

from numba import njit

_inner = partial(
    njit, nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True
)
kernel = _inner(fastmath={"contract"})
inlined = _inner(fastmath={"contract"}, forceinline=True)
"""A kernel of one number, in loops that are vectorized only with all they call inlined, or one that
is split off for its reader: its many arguments are not handed over."""
summing = _inner(fastmath={"contract", "reassoc", "nsz"})
entry = njit(nogil=True, error_model="numpy", fastmath={"contract"}, cache=True)
"""A kernel that Python calls: it is kept on the disk with all that it calls."""
