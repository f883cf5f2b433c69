"""Taking turns at computing: first come, first served, for all sessions of the process.

Sessions are threads of one process. Who releases a plain lock and asks for it again at once mostly
gets it again, so that one session may starve another; here everybody is served in order.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOOK_SECONDS = 0.1
_SLICE_SECONDS, _FILMED_SECONDS, _SHORTEST_SLICE = 0.3, 0.8, 0.03


def slice_seconds(waiting: int, *, filmed: bool = False) -> float:
    """Return how long a slice may take while so many others wait for theirs.

    Where pictures show what goes on, the whole figures, which cost a browser most, may come less
    often.
    """
    return max((_FILMED_SECONDS if filmed else _SLICE_SECONDS) / (1 + waiting), _SHORTEST_SLICE)


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
        self._queue: deque[threading.Event] = deque()
        self._own = threading.local()

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._queue)

    @contextmanager
    def turn(self, while_waiting: Callable[[], object] | None = None) -> Iterator[None]:
        """Wait for one's turn, and hold it for the body of the ``with``.

        Parameters
        ----------
        while_waiting : called about ten times a second until the turn comes; if it raises, the
            place in the queue is given up
        """
        if getattr(self._own, "held", False):
            yield
            return
        self._wait(while_waiting or (lambda: None))
        self._own.held = True
        try:
            yield
        finally:
            self._own.held = False
            self._pass_on()

    def _wait(self, look: Callable[[], object]) -> None:
        with self._guard:
            if self._free:
                self._free -= 1
                return
            mine = threading.Event()
            self._queue.append(mine)
        try:
            while not mine.wait(_LOOK_SECONDS):
                look()
        except BaseException:
            self._give_up(mine)
            raise

    def _give_up(self, mine: threading.Event) -> None:
        with self._guard:
            if not mine.is_set():
                self._queue.remove(mine)
                return
        self._pass_on()  # the turn came in the same moment

    def _pass_on(self) -> None:
        with self._guard:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._free += 1
