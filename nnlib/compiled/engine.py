"""Training in blocks of compiled steps: what they read is drawn ahead, what they measured kept."""

from __future__ import annotations

import weakref
from functools import cached_property
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
from nnlib.compiled.threads import Pace, most_threads, share
from nnlib.compiled.updates import CODES as OPTIMIZER_CODES
from nnlib.evaluation import Losses
from nnlib.instruments import largest_derivative
from nnlib.layers import BatchNorm
from nnlib.metrics import total_squares

_SHARED_SECONDS = 1e-3
"""From where on other work is shared out: a thread starts after 0.1 ms, sometimes much later."""
_SHARED_STEP_SECONDS = 1e-4
"""From where on several threads make a step: with a first guess of 0.08 ms two of them are 0.92
times as fast as one, with 0.1 ms 1.14 times (networks of 17,000 to 109,000 parameters)."""
_TOGETHER = 2
"""So many threads at most: more were not measured."""
_SECONDS_A_STEP, _SECONDS_A_PRODUCT = 1e-5, 6e-11
"""A first guess: the calls of a step, and its six operations for each parameter and example."""
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
        self._replicas = len(trainer.experiments)
        seconds = _SECONDS_A_PRODUCT * network.flat_parameters.size * trainer._minibatches.size
        self._seconds_a_step = _SECONDS_A_STEP + seconds
        self._seconds_a_chunk = 1e-4
        together = seconds > _SHARED_STEP_SECONDS and not norms
        self._pace = Pace(min(most_threads(), _TOGETHER) if together else 1)
        self._ahead = Ahead(trainer)
        self._read_splits()
        trainer._evaluator.measure = self.measure

    def _stacked(self, x: Array) -> Array:
        """Return an array (…, n) as (R, n)."""
        return x.reshape(int(np.prod(self._network.lead)), x.shape[-1])

    @cached_property
    def _rooms(self) -> tuple[Array, npt.NDArray[np.float64]]:
        """What threads work in, each in its row, and their sums over a batch with its loss."""
        batch = max(padded(self._trainer._minibatches.size), EVALUATED)
        size = self._plan.rows * batch
        works = _aligned_zeros(most_threads() * size, self._network.dtype).reshape(-1, size)
        works[:, 1] = 1
        return works, np.empty((len(works), batch + 1))

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
        works, sums = self._rooms
        chunks, start = parts.shape[0] * parts.shape[1], perf_counter()

        def work(thread: int, threads: int) -> None:
            evaluate_chunks(
                self._plan.ops, self._sizes, self._plan.factors, x, targets, weights, states,
                works[thread], sums[thread], chunks * thread // threads,
                chunks * (thread + 1) // threads, parts,
            )  # fmt: skip

        share(work, min(chunks, self._parts(chunks * self._seconds_a_chunk)))
        self._seconds_a_chunk = (perf_counter() - start) / chunks
        out = np.empty((len(weights), 2))
        for of_chunks, scores in zip(parts, out, strict=True):
            add_up(of_chunks, examples, totals, scores)
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
        asked, steps = self._threads(steps)
        start = perf_counter()
        made, taken = self._block(steps, asked)
        if made:
            took = perf_counter() - start
            self._seconds_a_step = took / made
            self._pace.keep(asked, taken, made, took)
            trainer.step += made
            trainer._after_step()
        return made

    def _threads(self, steps: int) -> tuple[int, int]:
        """Return how many threads to ask for, and for how many of these steps at most."""
        if self._replicas > 1:
            return min(self._replicas, self._parts(steps * self._seconds_a_step)), steps
        threads, most = self._pace.next(self._seconds_a_step)
        steps = int(min(steps, most))
        if threads > 1 and self._trainer._evaluates:  # ends ahead of one, which is shared as well
            due = self._trainer._evaluator.is_due(self._trainer.step + 1 + np.arange(steps))
            steps = int(np.argmax(due)) + 1 if due.any() else steps
        return threads, steps

    def _block(self, steps: int, threads: int) -> tuple[int, int]:
        """Make a block of steps; return how many, and by how many threads."""
        alone = not self._network.lead
        mark = self._ahead.mark()
        kept = None if alone else [x.copy() for x in self._arrays()]
        records = Records(self._trainer, steps)
        made, taken = self._run(steps, records, threads)
        if made < steps:
            self._ahead.go_back(mark)
            if kept is not None:
                for array, old in zip(self._arrays(), kept, strict=True):
                    array[...] = old
                if made:
                    made, taken = self._run(made, records, threads)
            elif made:
                self._ahead.skip(made)
        records.keep(made)
        self._trainer._optimizer.steps += made
        return made, taken

    def _arrays(self) -> list[Array]:
        optimizer, network = self._trainer._optimizer, self._network
        states = [getattr(optimizer, name) for name in STATES.get(optimizer.name, ())]
        return [network.flat_parameters, network.flat_gradients, network.flat_state, *states]

    def _run(self, steps: int, records: Records, threads: int) -> tuple[int, int]:
        trainer, network, ahead = self._trainer, self._network, self._ahead
        weights, gradients, states, *optimizer = map(self._stacked, self._arrays())
        none = np.empty((self._replicas, 0), network.dtype)
        first, second = (*optimizer, none, none)[:2]
        ahead.draw(steps)
        made = np.zeros(self._replicas, np.int64)
        rates = np.array([trainer._schedule(s) for s in range(trainer.step, trainer.step + steps)])
        stopping = trainer._early_stopping
        stopped = np.zeros(network.lead, bool) if stopping is None else stopping.stopped
        owns, held = self._owns(), stopped.reshape(-1)
        decay = getattr(trainer._optimizer, "_decay", none[0])
        changes = self._stacked(trainer._optimizer._change)
        works, sums = self._rooms
        arrivals = np.zeros(1, np.int64)

        def work(thread: int, threads: int) -> None:
            cuts = self._plan.cuts(threads if self._replicas == 1 else 1)
            train(
                self._plan.ops, self._sizes, self._plan.factors, self._constants, ahead.rows,
                ahead.ends, ahead.x, ahead.targets, self._class_weights, ahead.draws, ahead.bases,
                ahead.which, weights, gradients, states, first, second, decay,
                trainer._optimizer.steps, rates, owns, held, trainer._watch.diverged.reshape(-1),
                records.at, records.numbers, records.evaluated_at, self._splits, self._answers,
                self._totals, records.scores, works, sums, changes, cuts, thread, threads, arrivals,
                made,
            )  # fmt: skip

        taken = share(work, threads)
        return int(made.min()), taken

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
