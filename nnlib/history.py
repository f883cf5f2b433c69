"""What a run recorded: named series over steps, events, and divergence, in bounded memory.

A series keeps at most a fixed number of records; when it is full it drops every second one and
from then on takes every second, so a run of any length fits and keeps its whole span.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]

MAX_RECORDS = 1000
_MAX_NUMBERS = 4_000_000  # of one series, over all replicas and layers


@dataclass(frozen=True)
class Event:
    """A setting changed during the run: it applies from `step` on."""

    step: int
    name: str
    old: float | int
    new: float | int


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
        self._steps: Steps = np.zeros(self.capacity, np.int64)
        self._values: Values = np.zeros((self.capacity, *shape))
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

    def append(self, step: int, value: npt.ArrayLike, always: bool = False) -> None:
        """Offer a record; `always` takes it whatever the resolution has become."""
        due = self._offered % self._stride == 0
        self._offered += not always
        if not (due or always) or (self._length and self.steps[-1] == step):
            return
        if self._length == self.capacity:
            self._halve()
        self._steps[self._length] = step
        self._values[self._length] = value
        self._length += 1

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
    own, so their lengths differ.
    """

    layer_names: tuple[str, ...] = ()
    steps_per_epoch: int = 1
    series: dict[str, Series] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    divergences: list[Divergence] = field(default_factory=list)

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

    def labels(self, name: str) -> tuple[str, ...]:
        """Return the names of a series' last axis; empty where it has one number a replica."""
        return self.series[name].labels

    def last(self, name: str) -> Values | None:
        """Return the newest record of a series, or None where there is none."""
        return self[name][-1] if name in self and len(self[name]) else None

    def rows(self) -> Iterator[Mapping[str, str | int | float]]:
        """Yield every recorded number as one tidy row."""
        for name, series in self.series.items():
            for step, record in zip(series.steps, series.values, strict=True):
                for index, value in np.ndenumerate(record):
                    replica = index[:-1] if series.labels else index
                    yield {
                        "series": name,
                        "step": int(step),
                        "epoch": int(step) / self.steps_per_epoch,
                        "replica": "/".join(map(str, replica)),
                        "layer": series.labels[index[-1]] if series.labels else "",
                        "value": float(value),
                    }

    def replica(self, index: int) -> History:
        """Return one replica of a stacked run as a history of its own."""
        view = History(self.layer_names, self.steps_per_epoch, events=self.events)
        view.divergences = [d for d in self.divergences if d.replica == (index,)]
        for name, series in self.series.items():
            single = Series(series.values.shape[2:], series.labels)
            for step, record in zip(series.steps, series.values, strict=True):
                single.append(int(step), record[index], always=True)
            view.series[name] = single
        return view
