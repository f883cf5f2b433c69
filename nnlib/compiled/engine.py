"""Training in blocks of compiled steps: what they read is drawn ahead, what they measured kept."""

from __future__ import annotations

import weakref
from time import perf_counter

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.class_weights import WeightedLoss
from nnlib.compiled import columns as c
from nnlib.compiled.blocks import Ahead, Records, most_steps
from nnlib.compiled.kernels import EVALUATED, TOTALS, evaluate_chunks, train
from nnlib.compiled.losses import CODES as LOSS_CODES
from nnlib.compiled.plan import STATES, Plan, constants_of, padded
from nnlib.compiled.run import Run
from nnlib.compiled.scores import add_up
from nnlib.compiled.threads import most_threads, share
from nnlib.compiled.updates import CODES as OPTIMIZER_CODES
from nnlib.evaluation import Losses
from nnlib.instruments import largest_derivative
from nnlib.layers import BatchNorm
from nnlib.metrics import total_squares

_SHARED_SECONDS = 1e-3
_CACHE_LINE = 64  # bytes
_STRENGTHS = ("learning_rate", "l1", "l2", "clip_value", "clip_norm", "max_norm")


class Engine:
    """The compiled way to advance a trainer; all that outlives a block stays in its own arrays."""

    def __init__(self, trainer: Run) -> None:
        # The trainer holds its engine: else only the collector would free the two, and late, since
        # it counts objects and not the bytes of their arrays.
        self._trainer: Run = weakref.proxy(trainer)
        network = self._network = trainer.network
        self._plan = Plan.of(network)
        optimizer = trainer._optimizer
        loss = trainer._minimized
        inner = loss._loss if isinstance(loss, WeightedLoss) else loss
        self._class_weights = (
            np.asarray(loss._weights, np.float64) if isinstance(loss, WeightedLoss) else np.empty(0)
        )
        dense, hidden = network.dense_layers, network.activation_layers
        plan = self._plan
        self._sizes = np.array(
            [
                dense[0].fan_in, dense[-1].fan_out, len(dense), len(hidden),
                LOSS_CODES[inner.name], OPTIMIZER_CODES[optimizer.name], plan.targets, plan.room,
                plan.other, plan.scratch, plan.lines,
            ]
        )  # fmt: skip
        norms = [x for x in network.layers if isinstance(x, BatchNorm)]
        self._constants = np.array(
            [
                *constants_of(optimizer),
                norms[0].momentum if norms else 0.0,
                largest_derivative(hidden[0].function) if hidden else 1.0,
            ]
        )
        self._rooms: dict[int, tuple[Array, npt.NDArray[np.float64]]] = {}
        self._seconds_a_step = self._seconds_a_chunk = 1e-4
        self._ahead = Ahead(trainer)
        self._read_splits()
        trainer._evaluator.measure = self.measure

    def _stacked(self, x: Array) -> Array:
        """Return an array (…, n) as (R, n)."""
        return x.reshape(int(np.prod(self._network.lead)), x.shape[-1])

    def _room(self, part: int) -> tuple[Array, npt.NDArray[np.float64]]:
        """Return what a thread works in, and its sums over a batch."""
        if part not in self._rooms:  # each is made by its own thread
            batch = max(padded(self._trainer._minibatches.size), EVALUATED)
            room = _aligned_zeros(self._plan.rows * batch, self._network.dtype)
            room[1] = 1
            self._rooms[part] = (room, np.empty(batch))
        return self._rooms[part]

    def _parts(self, seconds: float) -> int:
        """Return in how many parts so much work pays: a thread's start takes a while as well."""
        return 1 if seconds < _SHARED_SECONDS else most_threads()

    def _read_splits(self) -> None:
        """Read what is evaluated on the way: two pairs of arrays, empty where there is none."""
        splits, network = list(self._trainer._evaluator.splits.values()), self._network
        nothing = _read_only(np.empty(0, network.dtype))
        self._splits, self._answers = (
            (*(_read_only(part[i]) for part in splits), nothing)[:2] for i in (0, 1)
        )
        outputs = network.dense_layers[-1].fan_out
        self._totals = np.zeros((2, outputs if self._is_regression else 0))
        for i, (_, targets) in enumerate(splits):
            self._totals[i] = self._totals_of(targets)

    @property
    def _is_regression(self) -> bool:
        return self._trainer._evaluator.score_name == "r2"

    def _totals_of(self, targets: Array) -> npt.NDArray[np.float64]:
        return total_squares(targets) if self._is_regression else np.empty(0)

    def measure(self, x: Array, targets: Array) -> Losses:
        """Return loss and score in evaluation mode, each of shape (…,)."""
        network, examples, totals = self._network, len(x), self._totals_of(targets)
        weights, states = map(self._stacked, (network.flat_parameters, network.flat_state))
        x, targets = _read_only(x), _read_only(targets)
        parts = np.zeros((len(weights), -(-examples // EVALUATED), TOTALS + totals.size))

        def work(part: int, begin: int, end: int) -> None:
            evaluate_chunks(
                self._plan.ops, self._sizes, self._plan.factors, x, targets, weights, states,
                *self._room(part), begin, end, parts,
            )  # fmt: skip

        chunks, start = parts.shape[0] * parts.shape[1], perf_counter()
        most = self._parts(chunks * self._seconds_a_chunk)
        share(work, chunks, most)
        self._seconds_a_chunk = (perf_counter() - start) / chunks
        out = np.empty((len(weights), 2))
        for sums, scores in zip(parts, out, strict=True):
            add_up(sums, examples, totals, scores)
        names = ("loss", self._trainer._evaluator.score_name)
        return {name: out[:, i].reshape(network.lead) for i, name in enumerate(names)}

    def advance(self, end: int, seconds: float | None) -> int:
        """Take the trainer a block of steps further, at most up to `end`; return how many.

        A block ends at an epoch's end where early stopping judges, and ahead of a step in which a
        replica diverges: that one is the reference's, which says where it began; 0 says that it is
        due.
        """
        trainer = self._trainer
        steps = min(most_steps(trainer, self._ahead.bytes_a_step), end - trainer.step)
        if seconds is not None:
            steps = min(steps, max(1, int(min(seconds, 0.02) / self._seconds_a_step)))
        start = perf_counter()
        made = self._block(steps)
        if made:
            self._seconds_a_step = (perf_counter() - start) / made
            trainer.step += made
            trainer._after_step()
        return made

    def _block(self, steps: int) -> int:
        alone = not self._network.lead
        mark = self._ahead.mark()
        kept = None if alone else [x.copy() for x in self._arrays()]
        records = Records(self._trainer, steps)
        made = self._run(steps, records)
        if made < steps:
            self._ahead.go_back(mark)
            if kept is not None:
                for array, old in zip(self._arrays(), kept, strict=True):
                    array[...] = old
                made = self._run(made, records) if made else 0
            elif made:
                self._ahead.skip(made)
        records.keep(made)
        self._trainer._optimizer.steps += made
        return made

    def _arrays(self) -> list[Array]:
        optimizer, network = self._trainer._optimizer, self._network
        states = [getattr(optimizer, name) for name in STATES.get(optimizer.name, ())]
        return [network.flat_parameters, network.flat_gradients, network.flat_state, *states]

    def _run(self, steps: int, records: Records) -> int:
        trainer, network, ahead = self._trainer, self._network, self._ahead
        weights, gradients, states, *optimizer = map(self._stacked, self._arrays())
        replicas = len(weights)
        none = np.empty((replicas, 0), network.dtype)
        first, second = (*optimizer, none, none)[:2]
        ahead.draw(steps)
        made = np.zeros(replicas, np.int64)
        rates = np.array([trainer._schedule(s) for s in range(trainer.step, trainer.step + steps)])
        stopping = trainer._early_stopping
        stopped = np.zeros(network.lead, bool) if stopping is None else stopping.stopped
        owns, held = self._owns(), stopped.reshape(-1)
        decay = getattr(trainer._optimizer, "_decay", none[0])
        size = weights.shape[1]
        changes = trainer._optimizer._change.reshape(-1)

        def work(part: int, begin: int, end: int) -> None:
            room, sums = self._room(part)
            train(
                self._plan.ops, self._sizes, self._plan.factors, self._constants, ahead.rows,
                ahead.ends, ahead.x, ahead.targets, self._class_weights, ahead.draws, ahead.bases,
                ahead.which, weights, gradients, states, first, second, decay,
                trainer._optimizer.steps, rates, owns, held, trainer._watch.diverged.reshape(-1),
                records.at, records.numbers, records.evaluated_at, self._splits, self._answers,
                self._totals, records.scores, room, sums, changes[part * size : (part + 1) * size],
                begin, end, made,
            )  # fmt: skip

        share(work, replicas, self._parts(steps * self._seconds_a_step))
        return int(made.min())

    def _owns(self) -> npt.NDArray[np.float64]:
        """Return what each replica has of its own, shape (R, STRENGTHS)."""
        experiments = self._trainer.experiments
        owns = np.empty((len(experiments), c.STRENGTHS))
        for r, experiment in enumerate(experiments):
            training = experiment.training
            owns[r, : len(_STRENGTHS)] = [getattr(training, name) for name in _STRENGTHS]
            owns[r, c.DROPOUT_RATE] = experiment.network.dropout
        return owns


def _aligned_zeros(count: int, dtype: npt.DTypeLike) -> Array:
    """Return zeros from the beginning of a cache line on: no vector then lies across two."""
    size = count * np.dtype(dtype).itemsize
    room = np.zeros(size + _CACHE_LINE, np.uint8)
    first = -room.ctypes.data % _CACHE_LINE
    return room[first : first + size].view(dtype)


def _read_only(x: Array) -> Array:
    flat = np.ascontiguousarray(x).reshape(-1)
    flat.flags.writeable = False
    return flat
