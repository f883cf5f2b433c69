"""What a network makes of its data as it stands: units, predictions, classes that are found."""

from functools import cached_property

import numpy as np
import numpy.typing as npt

from nnlib.evaluation import TRAIN_SAMPLE
from nnlib.instruments.dead_fraction import DEAD_BELOW
from nnlib.instruments.instrument import largest_derivative
from nnlib.instruments.saturated_fraction import SATURATED_BELOW
from nnlib.replica import Replica
from nnlib.training import Trainer

Vector = npt.NDArray[np.float64]


class Outputs:
    """The network in evaluation mode on at most `TRAIN_SAMPLE` training examples, and validation.

    Attributes
    ----------
    dead : share of units of each hidden layer whose slope is 0 for every one of the examples
    saturated : share of (example, unit) pairs of each hidden layer with a slope below a tenth
    spread : standard deviation of the outputs over the examples, the mean over outputs
    """

    def __init__(self, trainer: Trainer | Replica) -> None:
        self._trainer, self._data = trainer, trainer.data
        network = trainer.network
        with np.errstate(all="ignore"):
            logits = network.predict_logits(np.asarray(self._rows(), network.dtype))
            slopes = [
                np.abs(layer.derivative()) / largest_derivative(layer.function)
                for layer in network.activation_layers
            ]
            self.dead = np.array([float((s < DEAD_BELOW).all(axis=-2).mean()) for s in slopes])
            self.saturated = np.array([float((s < SATURATED_BELOW).mean()) for s in slopes])
            self.spread = float(np.std(logits, axis=0).mean())

    def _rows(self) -> Vector:
        return np.asarray(self._data.X_train[:TRAIN_SAMPLE])

    @cached_property
    def recalls(self) -> Vector:
        """Share of each class that is found, over training sample and validation; NaN if absent."""
        x = np.concatenate([self._rows(), self._data.X_val])
        true = np.concatenate([self._codes("train")[:TRAIN_SAMPLE], self._codes("val")])
        said = self._trainer.predict(x)
        with np.errstate(invalid="ignore"):
            return np.array(
                [np.mean(said[true == c] == c) if (true == c).any() else np.nan
                 for c in range(self._classes)]
            )  # fmt: skip

    @cached_property
    def rounded_accuracy(self) -> float:
        """Share of the validation targets that the prediction, rounded, meets."""
        said = np.ravel(np.asarray(self._trainer.predict(self._data.X_val), np.float64))
        return float(np.mean(np.round(said) == np.ravel(self._data.labels("val"))))

    @property
    def _classes(self) -> int:
        return max(len(self._data.class_names), 2)

    def _codes(self, split: str) -> npt.NDArray[np.int64]:
        labels = np.asarray(self._data.labels(split))
        if labels.dtype.kind == "f":  # soft targets
            labels = labels.argmax(axis=1) if labels.ndim == 2 else labels > 0.5
        return labels.astype(np.int64)
