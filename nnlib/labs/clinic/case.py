"""One case of the clinic: what its owner says, how it is trained, and what it suffers from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import nnlib
from nnlib.datasets import Dataset

HEALTHY = "healthy"


@dataclass(frozen=True, eq=False)
class Case:
    """A run that a seed draws anew: other data, other initial weights, another order.

    Attributes
    ----------
    complaint : what the owner says, who does not know the cause
    fault : a key of `nnlib.diagnosis.FAULTS`, or `HEALTHY`
    also : other faults that are right as well
    data : makes the data of a seed
    network, training : settings that differ from the defaults
    """

    complaint: str
    fault: str
    data: Callable[[int], Dataset]
    network: Mapping[str, Any]
    training: Mapping[str, Any]
    also: tuple[str, ...] = field(default=())

    @property
    def accepted(self) -> frozenset[str]:
        """The answers that count as right."""
        return frozenset((self.fault, *self.also))

    def trainer(self, seed: int) -> nnlib.Trainer:
        """Return the run of a seed, before its first step."""
        network = nnlib.NetworkConfig(**self.network)
        training = nnlib.TrainingConfig(**self.training, seed=seed)
        return nnlib.Trainer(nnlib.Experiment(network, training), self.data(seed))
