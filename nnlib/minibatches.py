"""The next minibatch: a fresh order of all examples each epoch, gathered some batches at a time."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from nnlib._array import Array, Workspace
from nnlib.kept import Arrays
from nnlib.randomness import Streams, state_words

_BLOCK_BYTES = 1 << 18
"""So many are gathered at once where a batch is smaller, which saves calls and stays in cache."""


class Batches(Protocol):
    """Where a run's examples come from."""

    size: int
    per_epoch: int

    def next(self) -> tuple[Array, Array]:
        """Return x and targets of the next minibatch, (B, …) or (R, B, …)."""


class Minibatches:
    """The examples of the next minibatch.

    Parameters
    ----------
    x, targets : all examples, shape (n, D) and (n, K)
    streams : what the order of each epoch is drawn from

    Raises
    ------
    ValueError
        if there are no examples
    """

    def __init__(self, x: Array, targets: Array, batch_size: int, streams: Streams) -> None:
        if not len(x):
            raise ValueError("There are no training examples.")
        self.examples, self.size = len(x), min(batch_size, len(x))
        self.per_epoch = -(-self.examples // self.size)
        self._sources = (x, targets)
        self._streams = streams
        self._before = streams.states()  # ahead of the draw of this epoch's order
        self._workspaces = (Workspace(x.dtype), Workspace(targets.dtype))
        replicas = 1 if streams.index is None else len(streams.index)
        batches = _BLOCK_BYTES // max(1, x[: self.size].nbytes * replicas)
        self._block_size = max(1, batches) * self.size
        self._start = self._block_end = 0  # examples of this epoch handed out, and gathered

    def next(self) -> tuple[Array, Array]:
        """Return x and targets, (B, …), or (R, B, …) where the replicas' seeds differ.

        They hold until the next call.
        """
        if self._start == self._block_end:
            self._gather()
        first = self._start - self._block_start
        self._start = min(self._start + self.size, self._block_end)
        last = self._start - self._block_start
        x, targets = self._block
        return x[..., first:last, :], targets[..., first:last, :]

    def take(self, steps: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Hand the next minibatches out as numbers of rows, for who gathers them himself.

        Returns
        -------
        rows : one minibatch after another, shape (n,), or (R, n) where the replicas' seeds differ
        ends : where each of them ends among `rows`, with 0 ahead, shape (steps + 1,)
        """
        rows, sizes = [], [0]
        while len(sizes) <= steps:
            self._new_epoch_if_due()
            last = min(self._start + (steps + 1 - len(sizes)) * self.size, self.examples)
            whole, rest = divmod(last - self._start, self.size)
            sizes += [self.size] * whole + [rest] * bool(rest)
            rows.append(self._order[..., self._start : last])
            self._start = self._block_end = last
        return np.concatenate(rows, axis=-1), np.cumsum(sizes)

    def _new_epoch_if_due(self) -> None:
        if self._start in (0, self.examples):
            self._before = self._streams.states()
            self._order = self._streams.permutation(self.examples)
            self._start = 0

    def _gather(self) -> None:
        self._new_epoch_if_due()
        self._take_block()

    def _take_block(self) -> None:
        self._block_start = self._start
        self._block_end = min(self._start + self._block_size, self.examples)
        rows = self._order[..., self._block_start : self._block_end]
        x, targets = map(self._take, self._sources, self._workspaces, (rows, rows))
        self._block = (x, targets)

    def kept(self) -> Arrays:
        """Return how many examples of the epoch are handed out, and what drew their order."""
        return {"generators": state_words(self._before), "start": np.asarray(self._start)}

    def put_back(self, kept: Arrays) -> None:
        """Take a state that `kept` gave: the order of the epoch is drawn again."""
        start = int(kept["start"])
        if not 0 <= start <= self.examples or start not in (0, self.examples) and start % self.size:
            raise ValueError("This state is of other minibatches.")
        self._streams.put_back({"generators": kept["generators"]})
        self._start = self._block_end = 0
        if start:
            self._gather()
            self._start = (start - 1) // self._block_size * self._block_size
            self._take_block()
            self._start = start

    @staticmethod
    def _take(source: Array, workspace: Workspace, rows: npt.NDArray[np.intp]) -> Array:
        # mode="clip" lets take write straight into `out`; the rows are in range
        out = workspace.array((*rows.shape, source.shape[-1]))
        return source.take(rows, axis=0, out=out, mode="clip")
