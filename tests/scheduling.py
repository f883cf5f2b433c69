"""Who runs what: one worker has the browser, the others calculate meanwhile.

A test in a browser waits most of its time, for the browser and for the server behind it. Two of
them at once leave processors idle at one moment and are late at the next; so at a time one runs,
and the tests that only calculate fill the rest. When either kind is done, all help with the other.
"""

from collections.abc import Sequence

from xdist.scheduler import LoadScheduling
from xdist.workermanage import WorkerController

ALIVE = ("tests/browser/", "tests/test_load.py")
"""Where the tests are that need a server."""
WITH_BROWSER = "gw0"
"""The worker that begins with them."""


def in_turn(pending: Sequence[int], names: Sequence[str], worker: str) -> list[int]:
    """Return the tests in the order in which a worker is to have them, else as they were."""
    first = worker == WITH_BROWSER
    return sorted(pending, key=lambda i: names[i].startswith(ALIVE) != first)


class Shared(LoadScheduling):  # type: ignore[misc] # xdist has no types
    """Small portions, of the worker's own kind while there are any."""

    def _send_tests(self, node: WorkerController, num: int) -> None:
        assert self.collection is not None
        self.pending[:] = in_turn(self.pending, self.collection, node.gateway.id)
        super()._send_tests(node, num)
