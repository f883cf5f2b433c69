"""What a diagnosis consists of: findings with their evidence and remedies, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["problem", "warning"]

FAULTS = {
    "lr_too_high": "Learning rate too high",
    "lr_too_low": "Learning rate too low",
    "symmetric_init": "Weights start equal",
    "init_too_large": "Initial weights too large",
    "vanishing_gradients": "Vanishing gradients",
    "exploding_gradients": "Exploding gradients",
    "dead_relu": "Dead units",
    "unscaled_inputs": "Inputs not scaled",
    "unscaled_targets": "Targets not scaled",
    "target_outliers": "Outliers in the target",
    "missing_nonlinearity": "No non-linearity",
    "too_small_network": "Network too small",
    "overfitting": "Overfitting",
    "too_much_regularization": "Too much regularization",
    "class_imbalance": "Rare classes are not predicted",
    "label_noise": "Wrong labels",
    "batch_too_large": "Batch too large",
    "batch_too_small": "Batch too small",
    "batch_norm_tiny_batch": "Batch too small for batch normalization",
    "wrong_task": "Wrong kind of task",
    "too_few_epochs": "Too few epochs",
    "leakage": "A feature gives the answer away",
    "no_signal": "Inputs say nothing about the target",
    "unlucky_seed": "An unlucky seed",
}
"""Every fault by name, as it is written for people."""


@dataclass(frozen=True)
class Evidence:
    """One number that was measured, and the limit that it crossed.

    Attributes
    ----------
    name : what was measured
    value : the number
    limit : from where on it is a sign of the fault
    source : where the limit comes from: a reference, or the separation that was measured
    below : whether numbers below the limit are the sign, and not those above it
    """

    name: str
    value: float
    limit: float
    source: str
    below: bool = False

    def __str__(self) -> str:
        """Return for instance ``share of dead units 1 (limit: above 0.95)``."""
        side = "below" if self.below else "above"
        return f"{self.name} {self.value:.3g} (limit: {side} {self.limit:.3g})"


@dataclass(frozen=True)
class Remedy:
    """Changes that should mend a fault.

    Attributes
    ----------
    changes : fields of the Experiment to their new values, ``{"network": {…}, "training": {…}}``,
        and under ``"data"`` the name of a preparation of the data (see `PREPARATIONS`)
    reason : one sentence: why it helps
    """

    changes: Mapping[str, Any]
    reason: str


PREPARATIONS = {
    "standardize": "standardize inputs and targets by the training rows",
    "rebalance": "repeat the rows of rare classes",
    "clean_labels": "correct the labels",
    "drop_features": "leave out the feature that gives the answer away",
    "better_features": "find inputs that say something about the target",
    "classification": "predict classes",
    "regression": "predict numbers",
    "split_again": "split the rows by group or by time",
    "robust_target": "cap the outliers of the target, or predict its logarithm",
}
"""Changes of the data's preparation by name, as they are written for people."""


@dataclass(frozen=True)
class Place:
    """Where in a run a finding is: layers by name, and the steps from first to last."""

    layers: tuple[str, ...] = ()
    steps: tuple[int, int] | None = None


@dataclass(frozen=True)
class Finding:
    """One cause, with what shows it and what to try.

    Attributes
    ----------
    fault : a key of `FAULTS`
    severity : "problem" where the run fails by it; "warning" where it may
    confidence : from 0 to 1, how sure the rule is
    explanation : one sentence that a student understands
    evidence : what shows it
    where : layers and steps
    remedies : what to try, the most promising first
    consequences : titles of other findings that this one explains
    """

    fault: str
    severity: Severity
    confidence: float
    explanation: str
    evidence: tuple[Evidence, ...] = ()
    where: Place = field(default_factory=Place)
    remedies: tuple[Remedy, ...] = ()
    consequences: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The fault as it is written for people."""
        return FAULTS[self.fault]
