"""Threads for kernels: one for each session that computes, and more while processors are idle.

Plain threads, for kernels release the interpreter; Numba's own end the process when two sessions
enter at once. What they compute must not depend on their number.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from math import inf
from threading import Lock

ENVIRONMENT = "OMP_NUM_THREADS"
"""The variable that says how many threads there may be, as for NumPy's products."""

_TRUSTED_SECONDS, _TRIAL_SECONDS = 2.0, 0.05
"""How long one number of threads is kept, and a trial of the other: a fortieth of the time."""
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


def share(work: Callable[[int, int], None], most: int) -> int:
    """Have work done in parts by as many threads as there are idle processors; return how many.

    Parameters
    ----------
    work : takes the number of its part, and how many there are
    most : parts at most
    """
    parts = _take(most)
    try:
        others = [_helpers().submit(work, i, parts) for i in range(1, parts)]
        try:
            work(0, parts)
        finally:
            for other in others:
                other.result()
    finally:
        _take(-parts)
    return parts


def _take(threads: int) -> int:
    """Take up to so many threads, one at least, or give them back; return how many."""
    global _busy
    with _lock:
        taken = max(1, min(threads, most_threads() - _busy)) if threads > 0 else threads
        _busy += taken
    return taken


class Pace:
    """Whether steps go faster by one thread or by several, tried again every two seconds.

    A second thread gains nothing where its processor is busy or far from the first one's memory,
    and no result depends on their number.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._seconds = {1: inf, most: 0.0}  # a step; several are tried first
        self._since = 0.0

    def next(self, seconds_a_step: float) -> tuple[int, float]:
        """Return how many threads to ask for, and for how many steps at most."""
        if self._most == 1:
            return 1, inf
        best, other = sorted((self._most, 1), key=lambda n: self._seconds[n])
        tries = self._since >= _TRUSTED_SECONDS
        seconds = _TRIAL_SECONDS if tries else _TRUSTED_SECONDS
        return other if tries else best, max(1, int(seconds / seconds_a_step))

    def keep(self, asked: int, taken: int, steps: int, seconds: float) -> None:
        """Remember how long so many steps took with those that were idle of the threads asked."""
        self._since = 0.0 if self._since >= _TRUSTED_SECONDS else self._since + seconds
        self._seconds[asked] = inf
        self._seconds[taken] = seconds / steps
