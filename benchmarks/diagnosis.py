"""Diagnosis: what share of a default run's time it takes to say, as it goes on, what is wrong."""

from __future__ import annotations

from dataclasses import dataclass

import nnlib
from nnlib.config import NetworkConfig, TrainingConfig
from nnlib.diagnosis.about import DataFacts
from nnlib.diagnosis.follower import Follower

REACH = 0.01
SETS = ("spiral", "digits", "mnist_5k")
SLICE = 0.15  # seconds between two redraws of a page that plays


@dataclass(frozen=True)
class DiagnosisTime:
    """Seconds of training and of all looks at the run before its end."""

    data: str
    training: float
    looking: float

    @property
    def share(self) -> float:
        """Of the training."""
        return self.looking / self.training


def measure_diagnosis(names: tuple[str, ...] = SETS) -> list[DiagnosisTime]:
    """Train a default run on each data set, with a look after each slice, after one not counted."""
    _followed("mnist_5k")
    return [_followed(name) for name in names]


def _followed(name: str) -> DiagnosisTime:
    data = nnlib.datasets.load(name)
    about, follower = DataFacts(data), Follower()
    trainer = nnlib.Trainer(nnlib.Experiment(NetworkConfig(), TrainingConfig()), data)
    trainer.advance(seconds=SLICE)
    while not trainer.done:
        follower.look(trainer, about)
        trainer.advance(seconds=SLICE)
    return DiagnosisTime(name, trainer.seconds, follower.spent)
