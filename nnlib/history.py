"""What a run recorded: named series over steps, events, and divergence, in bounded memory.

A series keeps at most a fixed number of records; when it is full it drops every second one and
from then on takes every second, so a run of any length fits and keeps its whole span.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isnan
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from nnlib.clock import Clock
from nnlib.config import live_settings

Values = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]

MAX_RECORDS = 1000
_FIRST_ROOM = 16  # records
_MAX_NUMBERS = 4_000_000  # of one series, over all replicas and layers


@dataclass(frozen=True)
class Event:
    """A setting, or a parameter by hand, changed during the run: it applies from `step` on."""

    step: int
    name: str
    old: float | int
    new: float | int
    kind: Literal["setting", "parameter"] = "setting"


def event_from(document: Mapping[str, Any]) -> Event:
    """Return the event of a document; whatever does not fit raises."""
    event = Event(**document)
    numbers = (event.step, event.old, event.new)
    kinds = ("setting", "parameter")
    if not isinstance(event.step, int) or not isinstance(event.name, str) or event.step < 0:
        raise ValueError("An event has another step or name.")
    if event.kind not in kinds or not all(type(n) in (int, float) for n in numbers):
        raise ValueError("An event has another kind or value.")
    if event.kind == "setting" and event.name not in live_settings():
        raise ValueError("An event is of no setting that can be changed in a run.")
    return event


@dataclass(frozen=True)
class Divergence:
    """Where numbers stopped being finite.

    `step` counts the updates made before; `layer` is where it began, `what` names the quantity
    (pre-activations, weights or loss), and `replica` is the index in a stack.
    """

    step: int
    layer: str
    what: str
    replica: tuple[int, ...] = ()


class Series:
    """Records of one measurement.

    Parameters
    ----------
    shape : of one record, (…,) or (…, L)
    labels : names of the last axis, empty for one number a replica
    """

    def __init__(self, shape: tuple[int, ...], labels: tuple[str, ...] = ()) -> None:
        size = max(int(np.prod(shape)), 1)
        self.capacity = int(np.clip(_MAX_NUMBERS // size, 64, MAX_RECORDS))
        self.labels = labels
        self._steps: Steps = np.zeros(0, np.int64)
        self._values: Values = np.zeros((0, *shape))
        self._length = 0
        self._offered = 0
        self._stride = 1  # one in so many of the offered records is taken

    @property
    def steps(self) -> Steps:
        """Number of updates made at each record, shape (records,)."""
        return self._steps[: self._length]

    @property
    def values(self) -> Values:
        """The records, shape (records, …) or (records, …, L)."""
        return self._values[: self._length]

    @property
    def nbytes(self) -> int:
        """Bytes that it holds, the room for records to come included."""
        return self._steps.nbytes + self._values.nbytes

    def append(self, step: int, value: npt.ArrayLike, always: bool = False) -> None:
        """Offer a record; `always` takes it whatever the resolution has become."""
        due = self._offered % self._stride == 0
        self._offered += not always
        if not (due or always) or (self._length and self.steps[-1] == step):
            return
        if self._length == self.capacity:
            self._halve()
        self._make_room(self._length + 1)
        self._steps[self._length] = step
        self._values[self._length] = value
        self._length += 1

    def extend(self, steps: Steps, values: npt.NDArray[np.floating[Any]]) -> None:
        """Offer records one after another, shape (records,) and (records, …)."""
        at = 0
        while at < len(steps):
            self.append(int(steps[at]), values[at])
            at += 1
            due = np.arange(at + -self._offered % self._stride, len(steps), self._stride)
            room = self.capacity - self._length
            end = len(steps) if len(due) <= room else int(due[room])
            due, first = due[:room], self._length
            self._make_room(first + len(due))
            self._length += len(due)
            self._steps[first : self._length] = steps[due]
            self._values[first : self._length] = values[due]
            self._offered += end - at
            at = end

    def replica(self, index: int, last: int | None) -> Series:
        """Return the records of one replica up to this step as a series of its own."""
        kept = self._length if last is None else int(np.searchsorted(self.steps, last, "right"))
        return Series.of(self.steps[:kept], self.values[:kept, index], self.labels, (kept, 1))

    @property
    def pace(self) -> tuple[int, int]:
        """How many records were offered, and one in how many is taken."""
        return self._offered, self._stride

    @classmethod
    def of(
        cls, steps: Steps, values: Values, labels: tuple[str, ...], pace: tuple[int, int]
    ) -> Series:
        """Return a series that goes on after these records.

        Raises
        ------
        ValueError
            if they are no records of a series
        """
        series, length = cls(values.shape[1:], labels), len(steps)
        fits = steps.ndim == 1 and length == len(values) <= series.capacity
        named = not labels or values.shape[-1] == len(labels)
        if not (fits and named and (np.diff(steps) > 0).all()):
            raise ValueError("These are no records of one series.")
        series._steps, series._values = steps.copy(), values.copy()
        series._length, (series._offered, series._stride) = length, pace
        return series

    def copy(self) -> Series:
        """Return a series of its own with the same records."""
        return Series.of(self.steps, self.values, self.labels, self.pace)

    def _make_room(self, records: int) -> None:
        """Grow by doubling, so that a short run takes little."""
        if records > len(self._steps):
            rows = min(self.capacity, max(2 * records, _FIRST_ROOM)) - self._length
            self._steps = np.concatenate([self.steps, np.zeros(rows, np.int64)])
            room = np.zeros((rows, *self._values.shape[1:]))
            self._values = np.concatenate([self.values, room])

    def _halve(self) -> None:
        kept = (self._length + 1) // 2
        self._steps[:kept] = self._steps[: self._length : 2].copy()
        self._values[:kept] = self._values[: self._length : 2].copy()
        self._length = kept
        self._stride *= 2


@dataclass
class History:
    """All series of a run, with its events and divergences.

    ``history["gradient_norm"]`` has shape (records, …, layers) and ``history.steps(...)`` the
    steps that belong to it; a step s is the state after s updates. Series have cadences of their
    own, so their lengths differ. `engine` says what made the steps, "numpy" or "compiled": the same
    experiment has the same bits with one of them, not with both. `clock` knows the seconds of
    training at a step, the one thing in a history that is never the same again.
    """

    layer_names: tuple[str, ...] = ()
    steps_per_epoch: int = 1
    series: dict[str, Series] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    divergences: list[Divergence] = field(default_factory=list)
    engine: str = "numpy"
    clock: Clock = field(default_factory=Clock)

    def __getitem__(self, name: str) -> Values:
        return self.series[name].values

    def __contains__(self, name: object) -> bool:
        return name in self.series

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all series."""
        return tuple(self.series)

    @property
    def divergence(self) -> Divergence | None:
        """The first divergence, or None."""
        return self.divergences[0] if self.divergences else None

    def steps(self, name: str) -> Steps:
        """Return the steps of the records of a series, shape (records,)."""
        return self.series[name].steps

    def seconds(self, name: str) -> Values:
        """Return the seconds of training at the records of a series; NaN where not known."""
        return self.clock.at(self.series[name].steps)

    @property
    def nbytes(self) -> int:
        """Bytes that the records take, the room for those to come included."""
        return self.clock.nbytes + sum(series.nbytes for series in self.series.values())

    def labels(self, name: str) -> tuple[str, ...]:
        """Return the names of a series' last axis; empty where it has one number a replica."""
        return self.series[name].labels

    def last(self, name: str) -> Values | None:
        """Return the newest record of a series, or None where there is none."""
        return self[name][-1] if name in self and len(self[name]) else None

    def copy(self) -> History:
        """Return a history of its own with the same records."""
        series = {name: one.copy() for name, one in self.series.items()}
        events, divergences = list(self.events), list(self.divergences)
        names, per_epoch = self.layer_names, self.steps_per_epoch
        clock = self.clock.copy()
        return History(names, per_epoch, series, events, divergences, self.engine, clock)

    def take_over(self, other: History) -> None:
        """Become a copy of another history of the same run."""
        copy = other.copy()
        self.series.update(copy.series)
        self.events[:], self.divergences[:] = copy.events, copy.divergences
        self.clock.take_over(copy.clock)

    def clear(self) -> None:
        """Forget every record, event and divergence."""
        for name, one in self.series.items():
            self.series[name] = Series(one.values.shape[1:], one.labels)
        self.events.clear()
        self.divergences.clear()
        self.clock.take_over(Clock())

    def rows(self) -> Iterator[Mapping[str, str | int | float]]:
        """Yield every recorded number as one tidy row."""
        for name, series in self.series.items():
            times = self.clock.at(series.steps)
            for step, time, record in zip(series.steps, times, series.values, strict=True):
                for index, value in np.ndenumerate(record):
                    replica = index[:-1] if series.labels else index
                    yield {
                        "series": name,
                        "step": int(step),
                        "epoch": int(step) / self.steps_per_epoch,
                        "seconds": "" if isnan(time) else float(time),
                        "replica": "/".join(map(str, replica)),
                        "layer": series.labels[index[-1]] if series.labels else "",
                        "value": float(value),
                    }

    def replica(self, index: int) -> History:
        """Return one replica of a stacked run as a history of its own.

        A stack trains on where a replica of it has diverged; the replica's records end there.
        """
        view = History(
            self.layer_names,
            self.steps_per_epoch,
            events=self.events,
            engine=self.engine,
            clock=self.clock,
        )
        view.divergences = [d for d in self.divergences if d.replica == (index,)]
        end = view.divergence.step if view.divergence else None
        view.series = {name: series.replica(index, end) for name, series in self.series.items()}
        return view
