"""A run's past: keep it, go back to it, look at any step of it."""

from collections.abc import Callable
from dataclasses import replace
from math import isnan
from typing import Self

from nnlib.config import Experiment
from nnlib.history import History
from nnlib.interventions import follow
from nnlib.kept import Keeps, copied, put_back
from nnlib.lineage import Lineage, Stretch
from nnlib.run_facts import RunFacts
from nnlib.schedules import Schedule
from nnlib.snapshots import Snapshot
from nnlib.timeline import Timeline


class Rewindable(RunFacts):
    """What a trainer can do with its past: keep it, go back to it, look at any step of it."""

    timeline: Timeline | None
    _started: tuple[Experiment, ...]
    _own_schedule: Schedule | None
    _evaluates: bool
    _parts: dict[str, Keeps]
    _base: Snapshot | None = None  # where it began, if not with its initial weights
    _before: Lineage | None = ()  # what came ahead of that; None where it is not known

    def _read_settings(self) -> None:
        raise NotImplementedError

    @property
    def first_step(self) -> int:
        """Where the run began: 0, or for a fork the step that it goes on from."""
        return self._base.step if self._base is not None else 0

    def snapshot(self) -> Snapshot:
        """Return the run as it stands; training on from it gives the same bits.

        Raises ValueError if the run takes its minibatches from something that cannot be put back.
        """
        return replace(
            self._brief(),
            history=self.history.copy(),
            fingerprint=self.data.fingerprint,
            base=self._base,
        )

    def _brief(self) -> Snapshot:
        """Return a snapshot that serves this run only: it has no history."""
        if not all(isinstance(part, Keeps) for part in self._parts.values()):
            raise ValueError("The minibatches of this run cannot be put back.")
        return Snapshot(
            self.step,
            self.seconds,
            tuple(self.experiments),
            self._started,
            self.lead,
            copied(self._parts),
            len(self.history.events),
            before=self._before,
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go to where a run of the same experiment and data was, in this process or another.

        A trainer that can take a snapshot is
        ``Trainer(snapshot.experiment, data, engine=snapshot.history.engine)``.

        Raises ValueError if the snapshot is of another experiment, other data, or another engine,
        which would go on with other last bits; nothing is changed then.
        """
        if (snapshot.started, snapshot.lead) != (self._started, self.lead):
            raise ValueError("This snapshot is of a run with other settings.")
        if snapshot.fingerprint and snapshot.fingerprint != self.data.fingerprint:
            raise ValueError("This snapshot is of a run on other data.")
        _check_history(self.history, snapshot.history)
        put_back(self._parts, snapshot.arrays)
        self.step, self.seconds = snapshot.step, snapshot.seconds
        self.experiments = list(snapshot.experiments)
        if snapshot.history is None:
            self.history.clear()
        else:
            self.history.take_over(snapshot.history)
        self.history.clock.tick(self.step, self.seconds)
        whole = snapshot.history is not None
        self._base = snapshot.base if whole else replace(snapshot, events=0)
        self._before = snapshot.before
        if self.timeline is not None:
            self.timeline.forget_after(snapshot)
        self._read_settings()

    def at(self, step: int) -> Self:
        """Return the run as it was at a step, by the nearest earlier snapshot and exact replay.

        It has the same bits there, live changes and edited weights included, and trains on with
        the same bits, after as many seconds of training; it records losses and scores only, from
        that step on. A `timeline` makes it fast; without one the run is replayed from its
        beginning.

        Parameters
        ----------
        step : 0 (of a fork: where it began) to the present one, with what was done by hand at it

        Raises
        ------
        ValueError
            if the run has no such step, or takes its minibatches from something of its own
        """
        first = self.first_step
        if not first <= step <= self.step:
            raise ValueError(f"This run has the steps {first} to {self.step}, not {step}.")
        kept = None if self.timeline is None else self.timeline.before(step)
        nearest = self._brief() if step == self.step else kept or self._base
        there = self._same_again()
        if nearest is not None:
            there.restore(nearest)
        done = 0 if nearest is None else nearest.events
        follow(there, self.history.events[done:], step)
        there._evaluates = self._evaluates
        there._before = None  # with its history it forgets the events
        known = float(self.history.clock.at(step))
        there.seconds = there.seconds if isnan(known) else known
        there.begin_here()
        return there

    def begin_here(self) -> None:
        """Let the history begin at this step, with an evaluation, and forget what was before."""
        self.history.clear()
        self._base = self._brief()
        self._evaluator.record(self.step)
        self.history.clock.tick(self.step, self.seconds)

    def lineage(self, step: int) -> Lineage | None:
        """Return what the run is made of up to a step, from the first weights on; see `retrace`.

        None where that is not known: of a stack, with a schedule of its own, of a run as it was
        at a step, or one gone on with from the file of a fork.
        """
        if self._before is None or self.lead or self._own_schedule is not None:
            return None
        events = tuple(event for event in self.history.events if event.step <= step)
        return *self._before, Stretch(self._started[0], events, step)

    def _same_again(self) -> Self:
        """Return a trainer at the beginning of the same run, which measures nothing on the way."""
        make: Callable[..., Self] = type(self)
        return make(
            list(self._started) if self.lead else self._started[0],
            self.data,
            self.network.dtype,
            instruments=(),
            schedule=self._own_schedule,
            evaluations=False,
            engine=self.history.engine,
        )


def _check_history(own: History, other: History | None) -> None:
    if other is None:
        return
    kinds = [{n: (x.values.shape[1:], x.labels) for n, x in h.series.items()} for h in (own, other)]
    if own.engine != other.engine:
        raise ValueError(f"This snapshot is of a run with the {other.engine} engine.")
    if kinds[0] != kinds[1]:
        raise ValueError("This snapshot is of a run with other instruments.")
