"""Which examples make the next minibatch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nnlib.randomness import Streams


class Minibatches:
    """Rows of the next minibatch; a fresh order of all examples each epoch."""

    def __init__(self, examples: int, batch_size: int, streams: Streams) -> None:
        if not examples:
            raise ValueError("There are no training examples.")
        self.examples, self.size = examples, min(batch_size, examples)
        self.per_epoch = -(-examples // self.size)
        self._streams = streams
        self._next = 0

    def next(self) -> npt.NDArray[np.intp]:
        """Return the rows, shape (B,), or (R, B) where the replicas' seeds differ."""
        if self._next == 0:
            self._order = self._streams.permutation(self.examples)
        start = self._next * self.size
        self._next = (self._next + 1) % self.per_epoch
        return self._order[..., start : start + self.size]
