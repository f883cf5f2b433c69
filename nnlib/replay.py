"""Train a run again from its file and say whether it agrees bit for bit.

``python -m nnlib.replay run.zip``; the exit code is 0 where it does, 1 where it does not, and 2
where the file cannot be replayed.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nnlib.datasets.catalog import load_reference
from nnlib.datasets.dataset import Dataset
from nnlib.datasets.errors import DatasetError
from nnlib.history import History
from nnlib.interventions import follow
from nnlib.put_away import Run, versions
from nnlib.run_files import load_run
from nnlib.training import Trainer

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Replay:
    """What came of training a run again.

    Attributes
    ----------
    steps : how many the run has
    numbers : how many records and weights were compared
    first : the first step at which a record differs, and which series; None where none does
    records_by : the largest difference of two records, as a share of the larger of the two
    weights_by : the largest difference of two final weights
    state_by : parts of the final state beside the weights that differ
    changed : what was of another version, as "name: then, now"
    """

    steps: int
    numbers: int
    first: tuple[int, str] | None
    records_by: float
    weights_by: float
    state_by: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether all records, weights and the rest of the state have the same bits."""
        return self.first is None and self.weights_by == 0 and not self.state_by

    @property
    def sentence(self) -> str:
        """The verdict for people."""
        if self.agrees:
            return (
                f"History and weights agree bit for bit: {self.numbers:,} numbers over "
                f"{self.steps:,} steps."
            )
        since = (
            "The weights differ, the records do not"
            if self.first is None
            else f"The history differs from step {self.first[0]:,} on, first in {self.first[1]}"
        )
        by = f"records by up to {self.records_by:.3g} of their size"
        return f"{since}: {by}, final weights by up to {self.weights_by:.3g}."


def replay(run: Run, data: Dataset | None = None, progress: Progress | None = None) -> Replay:
    """Train a run again, what was done by hand included, and compare.

    Parameters
    ----------
    data : for a file that does not hold them
    progress : called with the share of the work done, from 0 to 1

    Raises
    ------
    ValueError
        if the data are missing or others, or an event does not fit the run
    """
    snapshot, recorded = run.snapshot, run.history
    trainer = run.beginning(data)
    first = trainer.step
    for target in np.linspace(first, snapshot.step, 101).round().astype(int).tolist():
        follow(trainer, recorded.events[len(trainer.history.events) :], target)
        if progress is not None:
            progress((target - first) / max(1, snapshot.step - first))
    if snapshot.arrays["watch.all"]:
        trainer.advance(steps=1)  # the update that diverged, which is no step
    return _compared(run, trainer, recorded)


def _compared(run: Run, trainer: Trainer, recorded: History) -> Replay:
    then, now = run.snapshot.arrays, trainer.snapshot().arrays
    parameters = ("network.flat_parameters", "network.flat_state")
    differs = {
        n for n in then if not np.array_equal(then[n], now[n], equal_nan=then[n].dtype.kind == "f")
    }
    weights = max((_largest(then[n], now[n]) for n in parameters if n in differs), default=0.0)
    parts = sorted({name.partition(".")[0].replace("_", " ") for name in differs - {*parameters}})
    first, by = _records(recorded, trainer.history)
    here = versions(trainer.history.engine)
    changed = [
        f"{n}: {version}, now {here.get(n, 'unknown')}"
        for n, version in run.versions.items()
        if here.get(n) != version
    ]
    numbers = sum(recorded[n].size for n in recorded.names) + then[parameters[0]].size
    return Replay(run.snapshot.step, numbers, first, by, weights, tuple(parts), tuple(changed))


def _records(then: History, now: History) -> tuple[tuple[int, str] | None, float]:
    """Return the first step and series that differ, and the largest share by which any does."""
    found: list[tuple[int, str]] = []
    by = 0.0
    for name in then.names:
        a, b = then.steps(name), now.steps(name)
        both, i, j = np.intersect1d(a, b, return_indices=True)
        x, y = then[name][i], now[name][j]
        same = (x == y) | (np.isnan(x) & np.isnan(y))
        unlike = both[~same.reshape(len(both), -1).all(axis=1)]
        steps = [*unlike.tolist(), *np.setxor1d(a, b).tolist()]
        if steps:
            found.append((min(steps), name))
        with np.errstate(all="ignore"):
            shares = np.abs(x - y) / np.maximum(np.abs(x), np.abs(y))
        by = max(by, float(np.nan_to_num(shares[~same], nan=1.0).max(initial=0.0)))
    return min(found, default=None), by


def _largest(a: np.ndarray, b: np.ndarray) -> float:
    with np.errstate(all="ignore"):
        return float(np.nan_to_num(np.abs(a - b), nan=np.inf, posinf=np.inf).max())


def main(arguments: list[str]) -> int:
    """Replay the run file of the one argument; return the exit code."""
    if len(arguments) != 1:
        print("Usage: python -m nnlib.replay run.zip")
        return 2
    try:
        run = load_run(arguments[0])
        data = run.data or load_reference(run.snapshot.started[0].data)
        result = replay(run, data, _tell if sys.stderr.isatty() else None)
    except DatasetError as error:
        print(f"This file does not hold the data of its run. {error}")
        return 2
    except (OSError, ValueError) as error:
        print(error)
        return 2
    print(result.sentence)
    for change in result.changed:
        print(f"  trained with another {change}")
    return 0 if result.agrees else 1


def _tell(share: float) -> None:
    print(f"\r{share:4.0%}", end="\n" if share == 1 else "", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
