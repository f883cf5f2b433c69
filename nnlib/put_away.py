"""A run that was put away, in memory or in a file: to be gone on with, or trained again."""

import platform
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from nnlib._version import __version__
from nnlib.datasets.dataset import Dataset
from nnlib.history import History
from nnlib.interventions import redo
from nnlib.snapshots import Snapshot
from nnlib.training import Trainer


@dataclass(frozen=True, eq=False)
class Run:
    """A run that was put away, in memory or in a file.

    Attributes
    ----------
    snapshot : its end, with its history and its events
    data : what it was trained on; None where they were not put away with it
    fingerprint : of the data
    preparation : how the columns of a table or texts became features, as values; None where the
        data were features
    status : as `Trainer.status`
    versions : of what it was trained with, by name
    """

    snapshot: Snapshot
    data: Dataset | None
    fingerprint: str
    preparation: dict[str, Any] | None
    status: str
    versions: dict[str, str]
    _options: dict[str, Any]

    @property
    def history(self) -> History:
        """What it recorded."""
        assert self.snapshot.history is not None  # as `run_of` and `load_run` made sure
        return self.snapshot.history

    def beginning(self, data: Dataset | None = None) -> Trainer:
        """Return a trainer at the beginning of the run.

        Parameters
        ----------
        data : for a run that was put away without them

        Raises
        ------
        ValueError
            if the data are missing, or not those of the run
        """
        data = data or self.data
        if data is None:
            raise ValueError("This run was put away without its data; they must be given.")
        if data.fingerprint != self.fingerprint:
            raise ValueError("These are not the data of this run.")
        _check_size(self.snapshot, data)
        trainer = Trainer(self.snapshot.experiment, data, **self._options)
        if self.snapshot.base is not None:
            trainer.restore(self.snapshot.base)
            trainer.begin_here()
        return trainer

    def end(self, data: Dataset | None = None) -> Trainer:
        """Return a trainer that goes on from the end of the run; see `beginning`.

        Where the engine of the run cannot be had, it goes on with NumPy's, with other last bits.
        What was done by hand is tried, so that the way to any step can be gone again.
        """
        trainer = self.beginning(data)
        history = self.history.copy()
        for event in history.events:
            redo(trainer, event)
        history.engine = trainer.history.engine
        trainer.restore(replace(self.snapshot, history=history))
        return trainer


def run_of(trainer: Trainer, *, with_data: bool = True) -> Run:
    """Return a run as it now is, put away; it takes no part in what the trainer does next.

    Parameters
    ----------
    with_data : whether it keeps hold of the data as well

    Raises
    ------
    ValueError
        if it takes its schedule or its minibatches from something that cannot be put back
    """
    if trainer._own_schedule is not None:
        raise ValueError("A run with a schedule of its own cannot be put away.")
    prepared = trainer.data.preprocessing
    return Run(
        trainer.snapshot(),
        trainer.data if with_data else None,
        trainer.data.fingerprint,
        None if prepared is None else prepared.document(),
        trainer.status,
        versions(trainer.history.engine),
        {
            "dtype": trainer.network.dtype.name,
            "evaluations": trainer._evaluates,
            "instruments": trainer._panel.instruments,
            "engine": trainer.history.engine,
        },
    )


def versions(engine: str) -> dict[str, str]:
    """Return what decides about the last bits of a run here, beside the run itself."""
    return {
        "nnlib": __version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "engine": engine,
    }


def _check_size(snapshot: Snapshot, data: Dataset) -> None:
    """Refuse a network ahead of its building that has more weights than the snapshot."""
    hidden = snapshot.started[0].network.hidden
    weights = sum(a * b for a, b in pairwise([data.n_features, *hidden, data.n_outputs]))
    if weights * len(snapshot.started) > snapshot.arrays["network.flat_parameters"].size:
        raise ValueError("This snapshot is of a run on other data.")
