"""What the maps of a playing run show between two redraws: pictures of states that were computed.

A redraw sends whole figures, about once a second. Between two of them the browser shows pictures
alone, taken while the steps were made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

import nnlib

Camera = Callable[[nnlib.Trainer], list[str]]
Advance = Callable[[int | None, float], int]
Turn = Callable[[], AbstractContextManager[None]]
PICTURE_SECONDS = 0.06
"""Of training between two pictures."""


class Picture(NamedTuple):
    """The images of a chart at a step, as ``data:`` addresses in the order of the figure's own."""

    step: int
    images: list[str]


Film = Sequence[Picture]


class Films:
    """The cameras on a run's charts, and what they took since the last redraw.

    Attributes
    ----------
    unseen : the charts that nobody looks at, of which no pictures are taken
    crowded : whether others wait, so that no picture goes ahead of its figure
    """

    def __init__(self) -> None:
        self.unseen: frozenset[str] = frozenset()
        self.crowded = False
        self._cameras: dict[str, Camera] = {}
        self._taken: dict[str, list[Picture]] = {}

    @property
    def rolling(self) -> bool:
        """Whether pictures are taken of a chart that somebody looks at."""
        return bool(self._cameras.keys() - self.unseen)

    def play(
        self,
        trainer: nnlib.Trainer,
        advance: Advance,
        turn: Turn,
        seconds: float,
        most: int | None,
    ) -> int:
        """Train for a slice of time in parts, and take pictures between two of them.

        Parameters
        ----------
        advance : trains on, for so many steps at most and so many seconds
        turn : held for each part, so that others get theirs in between
        most : steps of the whole slice at most

        Returns
        -------
        int
            How many steps were made.
        """
        begin = trainer.step
        self._taken.clear()
        parts = max(1, round(seconds / PICTURE_SECONDS)) if self.rolling else 1
        for left in range(parts, 0, -1):
            steps = None if most is None else -(-(begin + most - trainer.step) // left)
            with turn():
                advance(steps, seconds / parts)
                if left == 1 or trainer.done or trainer.step - begin == most:
                    break
                self._take(trainer)
        return trainer.step - begin

    def _take(self, trainer: nnlib.Trainer) -> None:
        for key in self._cameras.keys() - self.unseen:
            picture = Picture(trainer.step, self._cameras[key](trainer))
            self._taken.setdefault(key, []).append(picture)

    def put_away(self) -> None:
        """Take all cameras down: the next redraw may not have their charts."""
        self._cameras.clear()

    def develop(self, key: str, camera: Camera, drawn: Callable[[], Picture]) -> Film:
        """Return what was taken of a chart, and let this camera take its next pictures.

        Parameters
        ----------
        drawn : makes the last picture, of what is drawn now: it is on the screen ahead of the
            figure
        """
        self._cameras[key] = camera
        film = self._taken.pop(key, [])
        return film if self.crowded else [*film, drawn()]
