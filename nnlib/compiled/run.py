"""What the compiled engine reads of a trainer, and moves on with it."""

from __future__ import annotations

from typing import Any, Protocol

from nnlib.config import Experiment
from nnlib.divergence import DivergenceWatch
from nnlib.early_stopping import EarlyStopping
from nnlib.evaluation import Evaluator
from nnlib.history import History
from nnlib.instruments.panel import Panel
from nnlib.losses import Loss
from nnlib.minibatches import Batches
from nnlib.network import Network
from nnlib.optimizers import Optimizer, Rate
from nnlib.schedules import Schedule


class Run(Protocol):
    """A trainer."""

    experiments: list[Experiment]
    network: Network
    history: History
    step: int
    _minibatches: Batches
    _optimizer: Optimizer
    _minimized: Loss
    _learning_rate: Rate
    _schedule: Schedule
    _panel: Panel
    _evaluates: bool
    _evaluator: Evaluator
    _early_stopping: EarlyStopping | None
    _watch: DivergenceWatch
    _last_step: int

    @property
    def steps_per_epoch(self) -> int: ...  # noqa: D102
    def _after_step(self) -> Any: ...
