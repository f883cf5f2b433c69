"""The seconds of training at any step of a run, in bounded memory."""

from __future__ import annotations

from array import array

import numpy as np
import numpy.typing as npt

MAX_TICKS = 1000


class Clock:
    """Seconds of training over the steps of a run.

    It is told of every step, or of every block of steps that a compiled engine makes at once, and
    keeps what is some time apart, and the newest. When it is full it drops every second, so the
    seconds at a step are right to within about a 500th of the run's time, or that of a block.
    """

    def __init__(self) -> None:
        self._steps, self._seconds = array("q"), array("d")
        self._spacing = 0.0

    @classmethod
    def of(cls, ticks: npt.NDArray[np.float64]) -> Clock:
        """Return a clock that goes on after these ticks, which another one gave.

        Raises
        ------
        ValueError
            if they are no ticks of a clock
        """
        fits = ticks.ndim == 2 and ticks.shape[1] == 2 and len(ticks) <= MAX_TICKS
        if not fits or ticks.dtype != np.float64 or not np.isfinite(ticks).all():
            raise ValueError("These are no ticks of a clock.")
        steps, seconds = ticks.T
        whole = (steps == np.floor(steps)).all() and (np.abs(steps) < 2**53).all()
        if not whole or (np.diff(steps) <= 0).any() or (np.diff(seconds) < 0).any():
            raise ValueError("These are no ticks of a clock.")
        clock = cls()
        clock._steps.extend(steps.astype(np.int64).tolist())
        clock._seconds.extend(seconds.tolist())
        return clock

    @property
    def ticks(self) -> npt.NDArray[np.float64]:
        """Steps and seconds of what it keeps, shape (ticks, 2)."""
        copy = self.copy()
        return np.stack([np.array(copy._steps, np.float64), np.array(copy._seconds)], axis=1)

    @property
    def nbytes(self) -> int:
        """Bytes of memory that it takes."""
        return 16 * len(self._steps)

    def tick(self, step: int, seconds: float) -> None:
        """Note that a step was reached after so many seconds; one that is not new says nothing."""
        steps, times = self._steps, self._seconds
        if steps and step <= steps[-1]:
            return
        if len(steps) > 1 and seconds - times[-2] < self._spacing:
            steps[-1], times[-1] = step, seconds
            return
        steps.append(step)
        times.append(seconds)
        if len(steps) > MAX_TICKS:
            del steps[1:-1:2], times[1:-1:2]
            self._spacing = 2 * (times[-1] - times[0]) / MAX_TICKS

    def at(self, steps: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the seconds at each of some steps, straight between ticks; NaN ahead of them."""
        copy = self.copy()  # for an array that is looked into cannot grow meanwhile
        if not copy._steps:
            return np.full(np.shape(steps), np.nan)
        told = np.array(copy._steps), np.array(copy._seconds)
        return np.asarray(np.interp(np.asarray(steps), *told, left=np.nan), np.float64)

    def copy(self) -> Clock:
        """Return a clock of its own that shows the same."""
        copy = Clock()
        copy.take_over(self)
        return copy

    def take_over(self, other: Clock) -> None:
        """Show from now on what another one shows."""
        self._steps, self._seconds = other._steps[:], other._seconds[:]
        self._spacing = other._spacing
