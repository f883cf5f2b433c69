"""A summary of the data as the network sees them."""

from functools import cached_property

import numpy as np
import numpy.typing as npt

from nnlib.datasets.baselines import Baselines
from nnlib.datasets.dataset import Dataset
from nnlib.losses import LOSS_OF_TASK, LOSSES

Vector = npt.NDArray[np.float64]
TINY = 1e-12


class DataFacts:
    """The data as the network sees them; what is worked out of them outlives a run.

    Parameters
    ----------
    data : of any number of runs
    """

    def __init__(self, data: Dataset) -> None:
        self.data, self._loss = data, LOSSES[LOSS_OF_TASK[data.task]]

    @cached_property
    def baselines(self) -> Baselines | None:
        """Simple models on the same rows, or None where nothing is there to score them on."""
        return Baselines.of(self.data)

    @cached_property
    def inputs(self) -> Vector:
        """Training inputs, (n, d)."""
        return np.asarray(self.data.features("train"), np.float64)

    @cached_property
    def targets(self) -> Vector:
        """Training targets in the network's units, (n, outputs)."""
        return np.asarray(self.data.targets("train", np.float64), np.float64)

    @property
    def rows(self) -> int:
        """Training examples."""
        return len(self.data.X_train)

    @property
    def is_regression(self) -> bool:
        """Whether numbers are predicted, and not classes."""
        return self.data.task == "regression"

    @cached_property
    def input_sizes(self) -> Vector:
        """Root mean square of each input, those that are always 0 left out."""
        sizes = np.sqrt(np.einsum("ij,ij->j", self.inputs, self.inputs) / max(self.rows, 1))
        return np.asarray(sizes[sizes > TINY])

    @cached_property
    def target_size(self) -> float:
        """Root mean square of the targets as the network sees them."""
        return float(np.sqrt(np.mean(np.square(self.targets))))

    @cached_property
    def class_shares(self) -> Vector:
        """Share of each class in the training split."""
        mean = self.targets.mean(axis=0)
        return np.array([1 - mean[0], mean[0]]) if len(mean) == 1 else np.asarray(mean)

    @cached_property
    def correlation_ratios(self) -> Vector:
        """How much of each input's spread goes with the target, from 0 to 1, (d,).

        For classes Fisher's correlation ratio η = √(variance between classes / variance); for
        numbers |r|, the largest over the outputs.
        """
        centered = self.inputs - self.inputs.mean(axis=0)
        total = np.square(centered).sum(axis=0)
        if self.is_regression:
            t = self.targets - self.targets.mean(axis=0)
            scale = np.sqrt(np.outer(total, np.square(t).sum(axis=0)))
            r = np.abs(centered.T @ t) / np.maximum(scale, TINY)
            return np.asarray(r.max(axis=1))
        belongs = self.targets if self.targets.shape[1] > 1 else np.hstack(
            [1 - self.targets, self.targets]
        )  # fmt: skip
        counts = np.maximum(belongs.sum(axis=0), TINY)
        between = (np.square(belongs.T @ centered) / counts[:, None]).sum(axis=0)
        return np.asarray(np.sqrt(between / np.maximum(total, TINY)))

    @cached_property
    def copied_share(self) -> float:
        """Share of the validation rows that are, input by input, training rows as well."""
        if not len(self.data.X_val):
            return 0.0
        seen = {row.tobytes() for row in np.ascontiguousarray(self.data.X_train)}
        rows = np.ascontiguousarray(self.data.X_val)
        return float(np.mean([row.tobytes() in seen for row in rows]))

    def constant_loss(self, split: str) -> float:
        """Return the loss of the best constant prediction, fitted on the training split.

        For classes that is the cross-entropy of the class shares, for numbers the variance.
        """
        mean = self.targets.mean(axis=0)
        if not self.is_regression:
            p = np.clip(mean, 1e-9, 1 - 1e-9)
            mean = np.log(p / (1 - p)) if len(p) == 1 else np.log(p)
        targets = np.asarray(self.data.targets(split, np.float64), np.float64)
        logits = np.ascontiguousarray(np.broadcast_to(mean, targets.shape))
        return max(float(self._loss.value(logits, targets)), TINY)
