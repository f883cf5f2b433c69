"""A trained model: a network with what is needed to predict, saved to and loaded from ``.npz``.

The file holds arrays and one JSON text; nothing in it is executed or unpickled when it is loaded.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.config import Experiment
from nnlib.losses import LOSS_OF_TASK, LOSSES
from nnlib.network import Network, build_network

if TYPE_CHECKING:
    from nnlib.datasets.dataset import Dataset
    from nnlib.datasets.saved import Preprocessing
    from nnlib.training import Trainer

FORMAT = "nnlib model 1"
File = str | Path | BinaryIO


@dataclass(frozen=True, eq=False)
class Model:
    """A network and the meaning of its inputs and outputs.

    Attributes
    ----------
    task : "binary", "multiclass" or "regression"
    target_mean, target_scale : of regression targets, shape (k,); outputs times scale plus mean
        are in the target's own units
    preprocessing : how a table or texts become features; None where the data were features
    """

    network: Network
    experiment: Experiment
    task: str
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    target_names: tuple[str, ...]
    target_mean: npt.NDArray[np.float64]
    target_scale: npt.NDArray[np.float64]
    preprocessing: Preprocessing | None = None

    @classmethod
    def of(cls, network: Network, experiment: Experiment, data: Dataset) -> Model:
        """Join a network with the data set it was trained on."""
        return cls(
            network,
            experiment,
            data.task,
            data.feature_names,
            data.class_names,
            data.target_names,
            np.asarray(data.target_mean, np.float64),
            np.asarray(data.target_scale, np.float64),
            data.preprocessing,
        )

    def predict_proba(self, x: npt.ArrayLike) -> Array:
        """Return the probability of each class.

        Parameters
        ----------
        x : shape (n, n_features), prepared as the training features were

        Returns
        -------
        probabilities : shape (…, n, classes); two columns for a binary task

        Raises
        ------
        ValueError
            if the task is regression, or `x` has another number of features
        """
        if self.task == "regression":
            raise ValueError("A regression has no class probabilities; use predict.")
        outputs = self._outputs(x)
        if self.task == "binary":
            return np.concatenate([1 - outputs, outputs], axis=-1)
        return outputs

    def predict(self, x: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return class indices, or regression values in the target's own units.

        Returns
        -------
        predictions : shape (…, n); (…, n, k) for a regression with k > 1 targets
        """
        if self.task != "regression":
            classes: npt.NDArray[np.intp] = self.predict_proba(x).argmax(axis=-1)
            return classes
        values: Array = self._outputs(x) * self.target_scale + self.target_mean
        return values[..., 0] if values.shape[-1] == 1 else values

    def _outputs(self, x: npt.ArrayLike) -> Array:
        x = np.asarray(x, self.network.dtype)
        expected = self.network.dense_layers[0].fan_in
        if x.ndim != 2 or x.shape[1] != expected:
            raise ValueError(f"Expected rows of {expected} features, not an array {x.shape}.")
        with np.errstate(all="ignore"):
            return LOSSES[LOSS_OF_TASK[self.task]].predict(self.network.predict_logits(x))


def save_model(file: File, source: Model | Trainer) -> None:
    """Write a model, or a trainer's, as a compressed ``.npz``.

    Parameters
    ----------
    file : path or writable binary file

    Raises
    ------
    ValueError
        if the model is a stack of replicas
    """
    model = source if isinstance(source, Model) else source.model
    network = model.network
    if network.lead:
        raise ValueError("Save the replicas of a stack one by one.")
    description = {
        "format": FORMAT,
        "experiment": asdict(model.experiment),
        "n_inputs": network.dense_layers[0].fan_in,
        "n_outputs": network.dense_layers[-1].fan_out,
        "dtype": network.dtype.name,
        "task": model.task,
        "feature_names": model.feature_names,
        "class_names": model.class_names,
        "target_names": model.target_names,
        "target_mean": model.target_mean.tolist(),
        "target_scale": model.target_scale.tolist(),
        "preprocessing": _describe(model),
    }
    text = np.frombuffer(json.dumps(description).encode(), np.uint8)
    arrays = {**network.parameters(), **network.state()}
    if isinstance(file, str | Path):
        with open(file, "wb") as opened:  # NumPy would add .npz to a path that lacks it
            np.savez_compressed(opened, allow_pickle=False, description=text, **arrays)
    else:
        np.savez_compressed(file, allow_pickle=False, description=text, **arrays)


def _describe(model: Model) -> dict[str, Any] | None:
    if model.preprocessing is None:
        return None
    from nnlib.datasets.saved import describe

    return describe(model.preprocessing)


def load_model(file: File) -> Model:
    """Read what `save_model` wrote.

    Raises
    ------
    ValueError
        if the file is not such a model
    """
    try:
        with np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        return _restore(arrays)
    except Exception as error:  # a damaged file can fail anywhere in zip, array or JSON
        raise ValueError("This file is not a model saved by nnlib.") from error


def _restore(arrays: dict[str, npt.NDArray[Any]]) -> Model:
    description = json.loads(arrays.pop("description").tobytes())
    if description["format"] != FORMAT:
        raise ValueError(f"This model has the format {description['format']!r}, not {FORMAT!r}.")
    experiment = Experiment.from_json(json.dumps(description["experiment"]))
    network = build_network(
        experiment.network,
        description["n_inputs"],
        description["n_outputs"],
        np.random.default_rng(0),  # every weight is overwritten below
        dtype=description["dtype"],
    )
    for name, view in (network.parameters() | network.state()).items():
        view[...] = arrays[name]
    return Model(
        network,
        experiment,
        description["task"],
        tuple(description["feature_names"]),
        tuple(description["class_names"]),
        tuple(description["target_names"]),
        np.array(description["target_mean"]),
        np.array(description["target_scale"]),
        _preprocessing(description.get("preprocessing")),
    )


def _preprocessing(document: dict[str, Any] | None) -> Preprocessing | None:
    if document is None:
        return None
    from nnlib.datasets.saved import restore

    return restore(document)
