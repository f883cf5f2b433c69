"""Taking turns at computing, for all sessions of the process: first come, first served.

Sessions are threads of one process. Who releases a plain lock and asks for it again at once mostly
gets it again, so that one session may starve another; here everybody is served in order. What a
person waits for goes ahead of the redraws of runs that play, which may come a little later.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import NamedTuple

_LOOK_SECONDS = 0.1
_LATE_SECONDS = 2.0
_MOST_AHEAD = 3  # so many pass one that is late; people who click without end stop nobody's run
_SLICE_SECONDS, _FILMED_SECONDS, _SHORTEST_SLICE = 0.3, 0.8, 0.03
BRIEF_SECONDS = 0.03
"""Of training before what a person waits for is drawn."""


def slice_seconds(waiting: int, *, filmed: bool = False, brief: bool = False) -> float:
    """Return how long a slice may take while so many others wait for theirs.

    Where pictures show what goes on, the whole figures, which cost a browser most, may come less
    often. Brief it is where a person waits for what is drawn after it.
    """
    if brief:
        return BRIEF_SECONDS
    return max((_FILMED_SECONDS if filmed else _SLICE_SECONDS) / (1 + waiting), _SHORTEST_SLICE)


class _Waiting(NamedTuple):
    """Somebody in the queue: the event that the turn has come, and when the wait began."""

    comes: threading.Event
    since: float


class Turns:
    """A lock for one or more at a time that keeps the order of arrival.

    Whoever holds it may take it again.

    Parameters
    ----------
    places : so many may hold it at once
    """

    def __init__(self, places: int = 1) -> None:
        self._free = places
        self._guard = threading.Lock()
        self._ahead: deque[_Waiting] = deque()
        self._queue: deque[_Waiting] = deque()
        self._passed = 0
        self._own = threading.local()

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._ahead) + len(self._queue)

    @contextmanager
    def turn(
        self, while_waiting: Callable[[], object] | None = None, *, ahead: bool = False
    ) -> Iterator[None]:
        """Wait for one's turn, and hold it for the body of the ``with``.

        Parameters
        ----------
        while_waiting : called about ten times a second until the turn comes; if it raises, the
            place in the queue is given up
        ahead : of those that do not ask for this; a person waits for it
        """
        if getattr(self._own, "held", False):
            yield
            return
        self._wait(while_waiting or (lambda: None), self._ahead if ahead else self._queue)
        self._own.held = True
        try:
            yield
        finally:
            self._own.held = False
            self._pass_on()

    def _wait(self, look: Callable[[], object], queue: deque[_Waiting]) -> None:
        with self._guard:
            if self._free:
                self._free -= 1
                return
            mine = _Waiting(threading.Event(), perf_counter())
            queue.append(mine)
        try:
            while not mine.comes.wait(_LOOK_SECONDS):
                look()
        except BaseException:
            self._give_up(mine, queue)
            raise

    def _give_up(self, mine: _Waiting, queue: deque[_Waiting]) -> None:
        with self._guard:
            if not mine.comes.is_set():
                queue.remove(mine)
                return
        self._pass_on()  # the turn came in the same moment

    def _pass_on(self) -> None:
        with self._guard:
            if not self.waiting:
                self._free += 1
                return
            late = self._queue and perf_counter() > self._queue[0].since + _LATE_SECONDS
            ahead = bool(self._ahead) and (not late or self._passed < _MOST_AHEAD)
            self._passed = self._passed + 1 if ahead else 0
            (self._ahead if ahead else self._queue).popleft().comes.set()
