"""What a block of steps reads, drawn from the run's own streams, and where its records go."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.compiled import columns as c
from nnlib.compiled.run import Run
from nnlib.kept import Arrays
from nnlib.layers import Dropout
from nnlib.randomness import Streams

_MOST_STEPS, _LEAST_MOST = 4000, 200
_STACKED_STEPS = 8000  # of all replicas together, whose records wait for the end of a block
_MOST_BYTES = 8 << 20  # that are drawn ahead

Integers = npt.NDArray[np.int64]


def most_steps(trainer: Run, bytes_a_step: int) -> int:
    """Return how many steps there are until the trainer has something to do after one."""
    step, epoch = trainer.step, trainer.steps_per_epoch
    replicas = max(1, int(np.prod(trainer.network.lead)))
    most = min(_MOST_STEPS, max(_LEAST_MOST, _STACKED_STEPS // replicas))
    most = min(most, max(1, _MOST_BYTES // bytes_a_step), trainer._last_step - step)
    if trainer._early_stopping is not None:
        most = min(most, epoch - step % epoch)
    return most


class Ahead:
    """Minibatches and dropout's draws of the next steps, in the order the reference draws them.

    Attributes
    ----------
    rows : the examples, minibatch after minibatch, shape (streams, n)
    ends : where each minibatch ends, with 0 ahead, shape (steps + 1,)
    draws : of all dropout layers, one after another, shape (streams, …)
    bases : where the draws of each layer begin, shape (layers,)
    which : the stream of rows and of draws that each replica has, shape (2, R)
    """

    def __init__(self, trainer: Run) -> None:
        batches: Any = trainer._minibatches
        self._batches = batches
        network = trainer.network
        x, targets = (np.ascontiguousarray(s).reshape(-1) for s in batches._sources)
        self.x, self.targets = x.view(), targets.view()
        self.x.flags.writeable = self.targets.flags.writeable = False
        self._layers = network.layers
        self._dropouts = [(i, x) for i, x in enumerate(network.layers) if isinstance(x, Dropout)]
        self._drawn_from = [batches, *(d.streams for _, d in self._dropouts)]
        widths = _widths_of(network.layers)
        self._widths = [widths[i] for i, _ in self._dropouts]
        streams = [self._batches._streams, *(d.streams for _, d in self._dropouts[:1])]
        replicas = int(np.prod(network.lead))
        self.which = np.zeros((2, replicas), np.int64)
        if streams[0].index is not None:
            self.which[0] = np.arange(replicas)
        if streams[-1].index is not None:
            self.which[1] = streams[-1].index
        draws = len(streams[-1].generators) * sum(self._widths) * 4
        orders = len(streams[0].generators) * 8
        self.bytes_a_step = self._batches.size * (draws + orders)

    def mark(self) -> list[Arrays]:
        """Return where all streams are now."""
        return [part.kept() for part in self._drawn_from]

    def go_back(self, mark: list[Arrays]) -> None:
        """Put all streams to where they were."""
        for part, kept in zip(self._drawn_from, mark, strict=True):
            part.put_back(kept)

    def skip(self, steps: int) -> None:
        """Go past the next steps."""
        self.draw(steps)

    def draw(self, steps: int) -> None:
        """Draw what the next steps read."""
        rows, self.ends = self._batches.take(steps)
        self.rows = rows.reshape(-1, rows.shape[-1])
        parts = [
            _distinct(d.streams, int(self.ends[-1]) * width)
            for (_, d), width in zip(self._dropouts, self._widths, strict=True)
        ]
        self.bases = np.zeros(len(self._layers), np.int64)
        sizes = np.cumsum([0, *(part.shape[1] for part in parts)])
        for (i, _), base in zip(self._dropouts, sizes, strict=False):
            self.bases[i] = base
        self.draws = np.concatenate(parts, axis=1) if parts else np.empty((1, 0), np.float32)


def _distinct(streams: Streams, count: int) -> npt.NDArray[np.float32]:
    return np.stack([g.random(count, dtype=np.float32) for g in streams.generators])


def _widths_of(layers: Any) -> list[int]:
    widths, width = [], 0
    for layer in layers:
        width = getattr(layer, "fan_out", width)
        widths.append(width)
    return widths


class Records:
    """What a block measures, and its way into the history.

    Attributes
    ----------
    at : the number of each step's record, or -1, shape (steps,)
    numbers : shape (R, records, …), see `columns`
    evaluated_at : the number of each step's evaluation, or -1, shape (steps,). None is made after
        the last step, for what follows a block sees to that one.
    scores : loss and score of each split, shape (R, evaluations, splits, 2)
    """

    def __init__(self, trainer: Run, steps: int) -> None:
        self._trainer = trainer
        self._steps = np.arange(trainer.step, trainer.step + steps)
        panel = trainer._panel
        self._due = {cadence: np.asarray(cadence(self._steps)) for cadence, _ in panel._by_cadence}
        any_due = np.logical_or.reduce([np.zeros(steps, bool), *self._due.values()])
        self.at = np.where(any_due, np.cumsum(any_due) - 1, -1)
        self._layers = len(trainer.network.dense_layers)
        self._hidden = len(trainer.network.activation_layers)
        size = 1 + c.PER_LAYER * self._layers + c.PER_HIDDEN * self._hidden
        replicas = int(np.prod(trainer.network.lead))
        self.numbers = np.zeros((replicas, max(1, int(any_due.sum())), size))
        evaluated = np.zeros(steps, bool)
        if trainer._evaluates:
            evaluated[:-1] = trainer._evaluator.is_due(self._steps[1:])
        self.evaluated_at = np.where(evaluated, np.cumsum(evaluated) - 1, -1)
        self.scores = np.zeros((replicas, max(1, int(evaluated.sum())), 2, 2))

    def keep(self, made: int) -> None:
        """Put the records of the steps that were made into the history."""
        trainer, at = self._trainer, self.at[:made]
        self._keep_scores(made)
        if not made or at.max() < 0:
            return
        values = self._values()
        for cadence, instruments in trainer._panel._by_cadence:
            due = np.flatnonzero(self._due[cadence][:made])
            for instrument in instruments:
                series = trainer.history.series[instrument.name]
                series.extend(self._steps[due], values[instrument.name][at[due]])

    def _keep_scores(self, made: int) -> None:
        trainer = self._trainer
        at = np.flatnonzero(self.evaluated_at[: max(0, made - 1)] >= 0)
        for i, split in enumerate(trainer._evaluator.splits):
            scores = self.scores[:, : len(at), i].swapaxes(0, 1)
            scores = scores.reshape(len(at), *trainer.network.lead, 2)
            trainer._evaluator.keep(split, self._steps[at] + 1, scores[..., 0], scores[..., 1])

    def _values(self) -> dict[str, Array]:
        """Return each instrument's values, shape (records, …) or (records, …, L)."""
        trainer, lead = self._trainer, self._trainer.network.lead
        records = self.numbers.swapaxes(0, 1)
        layers = self._blocks(records, 1, c.PER_LAYER, self._layers)
        hidden = self._blocks(records, 1 + c.PER_LAYER * self._layers, c.PER_HIDDEN, self._hidden)
        weights, changes = layers[c.WEIGHT_NORM], layers[c.CHANGE_NORM]
        ratio = np.divide(changes, weights, out=np.zeros_like(changes), where=weights != 0)
        values = {
            "batch_loss": records[..., 0],
            "signal_norm": layers[c.SIGNAL_NORM],
            "gradient_norm": layers[c.GRADIENT_NORM],
            "weight_norm": weights,
            "update_ratio": ratio,
            "activation_mean": hidden[c.MEAN],
            "activation_std": hidden[c.DEVIATION],
            "dead_fraction": hidden[c.DEAD],
            "saturated_fraction": hidden[c.SATURATED],
        }
        values = {k: v.reshape(len(v), *lead, *v.shape[2:]) for k, v in values.items()}
        steps = self._steps[self.at >= 0]
        factors = np.array([trainer._schedule(int(s)) for s in steps])
        rate = np.broadcast_to(np.squeeze(trainer._learning_rate), (len(steps), *lead))
        values["learning_rate"] = rate
        values["effective_learning_rate"] = rate * factors.reshape(-1, *(1,) * len(lead))
        return values

    @staticmethod
    def _blocks(records: Array, first: int, blocks: int, width: int) -> list[Array]:
        return [records[..., first + b * width : first + (b + 1) * width] for b in range(blocks)]
