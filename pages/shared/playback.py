"""The steps of a run that rests, shown one after another at a chosen speed."""

from collections import deque
from dataclasses import dataclass, field

LONGEST_FRAME = 1.0
"""Seconds that count at most between two redraws: a page that was left goes on from there."""


@dataclass
class Playback:
    """Which step is due.

    Attributes
    ----------
    speed : steps a second
    at : the step that is due, with its fraction
    shown : the last steps that were due; a browser may not have heard of the newest yet
    told : the step that the browser's slider had in the last redraw
    """

    speed: float
    at: float
    shown: deque[int] = field(default_factory=lambda: deque(maxlen=3))
    told: int | None = None
    _since: float | None = None

    def due(self, now: float) -> int:
        """Return the step that is due at a time in seconds; the first one is where it begins."""
        if self._since is not None:
            self.at += self.speed * min(now - self._since, LONGEST_FRAME)
        self._since = now
        self.shown.append(int(self.at))
        return int(self.at)

    def is_echo(self, step: int) -> bool:
        """Say whether a slider that a person did not move may have this step."""
        return step == self.told or step in self.shown
