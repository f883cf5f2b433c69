"""The next minibatch: a fresh order of all examples each epoch, gathered some batches at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nnlib._array import Array, Workspace
from nnlib.randomness import Streams

_BLOCK_BYTES = 1 << 18
"""So many are gathered at once where a batch is smaller, which saves calls and stays in cache."""


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

    def _gather(self) -> None:
        if self._start in (0, self.examples):
            self._order = self._streams.permutation(self.examples)
            self._start = 0
        self._block_start = self._start
        self._block_end = min(self._start + self._block_size, self.examples)
        rows = self._order[..., self._block_start : self._block_end]
        x, targets = map(self._take, self._sources, self._workspaces, (rows, rows))
        self._block = (x, targets)

    @staticmethod
    def _take(source: Array, workspace: Workspace, rows: npt.NDArray[np.intp]) -> Array:
        # mode="clip" lets take write straight into `out`; the rows are in range
        out = workspace.array((*rows.shape, source.shape[-1]))
        return source.take(rows, axis=0, out=out, mode="clip")
