"""Threads for kernels: one for each session that computes, and more while processors are idle.

Plain threads, for kernels release the interpreter; Numba's own end the process when two sessions
enter at once. What they compute must not depend on their number.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Lock

import numpy as np

ENVIRONMENT = "OMP_NUM_THREADS"
"""The variable that says how many threads there may be, as for NumPy's products."""

_lock = Lock()
_busy = 0


@cache
def most_threads() -> int:
    """Return how many threads may compute at once: one a processor, if nothing else is said."""
    wanted = os.environ.get(ENVIRONMENT, "")
    return int(wanted) if wanted.isdigit() and int(wanted) else os.cpu_count() or 1


@cache
def _helpers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, most_threads() - 1), "nnlib-kernels")


def share(work: Callable[[int, int, int], None], items: int, most: int) -> None:
    """Have all items worked on, in equal parts by as many threads as there are idle processors.

    Parameters
    ----------
    work : takes the number of its part, and its first and last item, the last one excluded
    items : how many there are
    most : parts at most
    """
    parts = _take(min(items, most))
    try:
        ends = [int(end) for end in np.linspace(0, items, parts + 1)]
        others = [_helpers().submit(work, i, ends[i], ends[i + 1]) for i in range(1, parts)]
        try:
            work(0, 0, ends[1])
        finally:
            for other in others:
                other.result()
    finally:
        _take(-parts)


def _take(threads: int) -> int:
    """Take up to so many threads, one at least, or give them back; return how many."""
    global _busy
    with _lock:
        taken = max(1, min(threads, most_threads() - _busy)) if threads > 0 else threads
        _busy += taken
    return taken
