"""What is known of a run: settings, a summary of the data, the records so far, and baselines.

Rules read facts and nothing else. Each fact is worked out when a rule first asks for it. Losses are
given as levels: relative to the loss of the best constant prediction, so that 1 is what a network
reaches that ignores its inputs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from nnlib.config import NetworkConfig, TrainingConfig
from nnlib.datasets.baselines import Baselines
from nnlib.datasets.dataset import Dataset
from nnlib.diagnosis.about import DataFacts
from nnlib.diagnosis.outputs import Outputs
from nnlib.history import Divergence
from nnlib.replica import Replica
from nnlib.training import Trainer

Vector = npt.NDArray[np.float64]
FAR_BEHIND = 0.05
"""A simple model that scores so much better is clearly better. Measured: at most 0.03 in healthy
runs."""


class Unknown(LookupError):
    """A fact that a rule asks for is not known of this run, so that the rule stays silent."""

    def __init__(self, what: str) -> None:
        super().__init__(f"It is not known: {what}.")
        self.what = what


@dataclass(frozen=True, eq=False)
class Curve:
    """One series of a run: steps (records,) and values (records,) or (records, layers)."""

    steps: npt.NDArray[np.int64]
    values: Vector

    def __len__(self) -> int:
        return len(self.steps)


class Facts:
    """Facts of a single run at any step.

    Parameters
    ----------
    trainer : of a single run, or one replica of a stack
    thorough : whether facts may be worked out that take more than a moment (baselines)
    about : facts of the same data, where there are some
    others : final training losses, over a constant's, of the same run from other seeds, by seed
    """

    def __init__(
        self,
        trainer: Trainer | Replica,
        *,
        thorough: bool = True,
        about: DataFacts | None = None,
        others: Mapping[int, float] = MappingProxyType({}),
    ) -> None:
        if trainer.lead:
            raise ValueError(
                "A stack is diagnosed replica by replica: diagnose(Replica(result)) of a sweep."
            )
        self.trainer, self.thorough, self.others = trainer, thorough, others
        self.about = about or DataFacts(trainer.data)

    @property
    def network(self) -> NetworkConfig:
        """The architecture."""
        return self.trainer.experiment.network

    @property
    def training(self) -> TrainingConfig:
        """The settings of the training."""
        return self.trainer.config

    @property
    def data(self) -> Dataset:
        """The data set."""
        return self.trainer.data

    @property
    def step(self) -> int:
        """Updates made so far."""
        return self.trainer.step

    @property
    def total_steps(self) -> int:
        """Updates that the whole run makes."""
        return self.trainer.total_steps

    @property
    def layer_names(self) -> tuple[str, ...]:
        """The layers with weights, from input to output."""
        return self.trainer.history.layer_names

    @property
    def divergence(self) -> Divergence | None:
        """Where numbers stopped being finite."""
        return self.trainer.history.divergence

    @property
    def restored(self) -> bool:
        """Whether early stopping has put the best weights back."""
        return self.trainer.restored_step is not None

    @property
    def score_name(self) -> str:
        """What is scored: ``accuracy`` or ``r2``."""
        return self.trainer.score_name

    @cached_property
    def unit_norms(self) -> Vector:
        """Norm of each unit's incoming weights, (units of all layers,)."""
        dense = self.trainer.network.dense_layers
        columns = [np.linalg.norm(np.asarray(d.weight, float), axis=0) for d in dense]
        return np.asarray(np.concatenate(columns))

    @property
    def ended(self) -> bool:
        """Whether the run has come to its end."""
        return self.trainer.done

    @property
    def diverged(self) -> bool:
        """Whether the numbers stopped being finite."""
        return self.trainer.status == "diverged"

    @cached_property
    def baselines(self) -> Baselines | None:
        """Simple models on the same rows, or None where there is no time for them."""
        return self.about.baselines if self.thorough else None

    # --- records

    def curve(self, name: str) -> Curve:
        """Return a series; empty where it was not recorded."""
        history = self.trainer.history
        if name not in history:
            return Curve(np.empty(0, np.int64), np.empty(0))
        return Curve(history.steps(name), np.asarray(history[name], np.float64))

    def needed(self, name: str) -> Curve:
        """Return a series without which a rule has nothing to go by.

        Raises
        ------
        Unknown
            where the run can have no such record
        """
        return self.curve(name)

    @cached_property
    def first_level(self) -> float:
        """The first training loss over that of equal probabilities, or of a constant number.

        Unlike the level it does not count rare classes as a fault of the initial weights.
        """
        uniform = self.constant
        if not self.about.is_regression:
            uniform = float(np.log(max(len(self.about.class_shares), 2)))
        return float(self.train_levels[0] * self.constant / uniform)

    @cached_property
    def constant(self) -> float:
        """The loss of the best constant prediction on the training split."""
        return self.about.constant_loss("train")

    @cached_property
    def train_levels(self) -> Vector:
        """Training loss over that of a constant, (records,); infinite where not finite."""
        return _finite(self.needed("train_loss").values / self.constant)

    @cached_property
    def val_levels(self) -> Vector:
        """Validation loss over that of a constant there, (records,); empty without validation."""
        values = self.curve("val_loss").values
        return _finite(values / self.about.constant_loss("val")) if len(values) else values

    @property
    def best_level(self) -> float:
        """The lowest level of the training loss so far."""
        return float(self.train_levels.min())

    @property
    def last_level(self) -> float:
        """The level of the training loss now."""
        return float(self.train_levels[-1])

    def at_start(self, name: str) -> Vector:
        """Return the first record of a series, (…); empty where there is none."""
        values = self.curve(name).values
        return np.atleast_1d(values[0]) if len(values) else np.empty(0)

    @cached_property
    def signal_growth(self) -> float:
        """log10 of the signal that arrives at the first layer over that at the last, at step 0.

        0 where the network has one layer, or a layer gets no signal at all.
        """
        signal = self.at_start("signal_norm")
        if len(signal) < 2 or not np.isfinite(signal).all() or min(signal[0], signal[-1]) <= 0:
            return 0.0
        return float(np.log10(signal[0] / signal[-1]))

    @property
    def growth_per_layer(self) -> float:
        """By what the signal is multiplied from layer to layer on its way back, at step 0."""
        layers = len(self.at_start("signal_norm"))
        return float(10 ** (self.signal_growth / max(layers - 1, 1)))

    @cached_property
    def late_rises(self) -> float:
        """Share of the records in the second half of the run at which the training loss rose."""
        late = self.train_levels[len(self.train_levels) // 2 :]
        return float(np.mean(np.diff(late) > 0)) if len(late) > 2 else 0.0

    @cached_property
    def late_fall(self) -> float:
        """The training loss now over that a fifth of the run ago."""
        steps = self.curve("train_loss").steps
        if len(steps) < 3:
            return 1.0
        before = min(int(np.searchsorted(steps, 0.8 * steps[-1], "right")) - 1, len(steps) - 2)
        earlier = self.train_levels[before]
        return float(self.last_level / earlier) if earlier > 0 else 1.0

    @cached_property
    def late_update(self) -> float:
        """Median over layers and the second half of the run of an update's size, ‖ΔW‖ / ‖W‖."""
        ratios = self.curve("update_ratio").values
        late = ratios[len(ratios) // 2 :]
        return float(np.median(late)) if len(late) else np.nan

    @cached_property
    def weight_growth(self) -> float:
        """The largest factor by which the weights of a layer have grown since step 0."""
        norms = self.curve("weight_norm").values
        if len(norms) < 2:
            return 1.0
        with np.errstate(all="ignore"):
            grown = norms[-1] / norms[0]
        return float(np.nanmax(np.where(norms[0] > 0, grown, 1.0)))

    @property
    def has_schedule(self) -> bool:
        """Whether the learning rate changes by a plan."""
        return self.training.schedule != "constant"

    @cached_property
    def late_factor(self) -> float:
        """The schedule's factor now: the rate in effect over the configured one."""
        values = self.curve("effective_learning_rate").values
        return float(values[-1] / self.training.learning_rate) if len(values) else 1.0

    @cached_property
    def val_score(self) -> float:
        """Accuracy or R² on validation now, on training where there is none; -1 where not finite.

        After early stopping that of the weights that were put back.
        """
        trainer = self.trainer
        split = "val" if len(self.data.X_val) else "train"
        score = float(trainer.evaluate(split)[self.score_name])
        return score if np.isfinite(score) else -1.0

    @cached_property
    def train_score(self) -> float:
        """Accuracy or R² on the sample of the training split; -1 where not finite."""
        values = self.curve(f"train_{self.score_name}").values
        return float(values[-1]) if len(values) and np.isfinite(values[-1]) else -1.0

    @cached_property
    def far_behind(self) -> bool | None:
        """Whether a simple model scores clearly better on validation; None where unknown."""
        baselines = self.baselines
        return None if baselines is None else baselines.beat(self.val_score + FAR_BEHIND)

    # --- the network as it is now

    @cached_property
    def now(self) -> Outputs:
        """What the network makes of a sample of the training split."""
        return Outputs(self.trainer)


def _finite(levels: Vector) -> Vector:
    return np.where(np.isfinite(levels), levels, np.inf)
