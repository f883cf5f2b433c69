"""A timeline: snapshots of a run on its way, spaced by time, within a bound in bytes.

They make `Trainer.at` fast, and decide nothing: whichever there are, it gives the same bits.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import groupby
from math import inf
from time import perf_counter

from nnlib.snapshots import Snapshot

SPACING = 0.04
"""Seconds of training between two snapshots, until they are thinned out."""
MOST_BYTES = 64 * 2**20
"""So many bytes of snapshots a timeline keeps at most, unless told otherwise."""
TIME_SHARE = 0.02
"""Of a run's time, so much may go into taking snapshots."""


@dataclass
class Timeline:
    """Snapshots of one run.

    There is one in each span of `spacing` seconds of training, at its first step. When they take
    more than the bound, the spans double and the first of each stays, so that they are evenly
    spread over the whole run whatever its length. To reach any step, no more training is done again
    than lies between two of them and one step: `SPACING` seconds at first, 50 times what a snapshot
    costs where that is more, and of a run that trained T seconds at most 2·T·b/B, where b are the
    bytes of one snapshot and B is the bound. A single snapshot larger than the bound is not kept.

    Attributes
    ----------
    most_bytes : the bound
    spacing : length of a span, as it now is
    time_share : of the run's time that taking them may cost
    due : seconds of training after which the next one is taken
    snapshots : by ascending step; all of one size
    """

    most_bytes: int = MOST_BYTES
    spacing: float = SPACING
    time_share: float = TIME_SHARE
    due: float = field(default=0.0, init=False)
    snapshots: list[Snapshot] = field(default_factory=list, init=False, repr=False)
    _cost: float = field(default=inf, init=False)  # seconds, of the quickest so far

    def __post_init__(self) -> None:
        self.due = self.spacing

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the snapshots take."""
        return len(self.snapshots) * self.snapshots[-1].nbytes if self.snapshots else 0

    def add(self, snapshot: Snapshot, begun: float) -> None:
        """Keep a snapshot; the making of it began at this reading of `perf_counter`."""
        self.snapshots.append(snapshot)
        self.thin(self.most_bytes)
        self._cost = min(self._cost, perf_counter() - begun)
        self._plan(snapshot.seconds)

    def thin(self, most_bytes: int) -> None:
        """Lower or raise the bound, and double the spans until the snapshots are within it."""
        self.most_bytes = most_bytes
        while self.snapshots and self.nbytes > most_bytes:
            self.spacing *= 2
            spans = groupby(self.snapshots, key=lambda snapshot: self._span(snapshot.seconds))
            self.snapshots = [next(members) for span, members in spans if span]

    def before(self, step: int) -> Snapshot | None:
        """Return the last snapshot at or ahead of a step, or None where there is none."""
        snapshots = self.snapshots  # which another thread may be thinning out
        place = bisect_right(snapshots, step, key=lambda snapshot: snapshot.step)
        return snapshots[place - 1] if place else None

    def forget_after(self, snapshot: Snapshot) -> None:
        """Let go what came later than where the run went back to, by steps or by events."""
        past = (snapshot.step, snapshot.events)
        self.snapshots = [s for s in self.snapshots if (s.step, s.events) <= past]
        self._plan(self.snapshots[-1].seconds if self.snapshots else 0.0)

    def _plan(self, seconds: float) -> None:
        cheapest = 0.0 if self._cost == inf else self._cost / self.time_share
        self.due = max((self._span(seconds) + 1) * self.spacing, seconds + cheapest)

    def _span(self, seconds: float) -> int:
        return int(seconds / self.spacing + 1e-9)  # a step that ends right at a span begins it
