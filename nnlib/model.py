"""A trained model: a network with what is needed to predict, saved to and loaded from ``.npz``.

The file holds arrays and one JSON text; nothing in it is executed or unpickled when it is loaded.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nnlib._array import Array
from nnlib.archives import File, opened, read_arrays, refusing
from nnlib.building import build_network
from nnlib.config import Experiment
from nnlib.losses import LOSS_OF_TASK, LOSSES
from nnlib.network import Network

if TYPE_CHECKING:
    from nnlib.datasets.dataset import Dataset, Preprocessing

FORMAT = "nnlib model 1"
MAX_MODEL_BYTES = 512 * 2**20
"""So many bytes a model file may unpack to, unless `load_model` is told otherwise."""


@dataclass(frozen=True, eq=False)
class Model:
    """A network and the meaning of its inputs and outputs.

    Attributes
    ----------
    task : "binary", "multiclass" or "regression"
    target_mean, target_scale : of regression targets, shape (k,); outputs times scale plus mean
        are in the target's own units
    preprocessing : how a table or texts become features; None where the data were features
    engine : what made the training steps, see `History.engine`
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
    engine: str = "numpy"

    @classmethod
    def of(
        cls, network: Network, experiment: Experiment, data: Dataset, engine: str = "numpy"
    ) -> Model:
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
            engine,
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


def save_model(file: File, model: Model) -> None:
    """Write a model, for instance ``trainer.model``, as a compressed ``.npz``.

    Parameters
    ----------
    file : path or writable binary file

    Raises
    ------
    ValueError
        if the model is a stack of replicas
    """
    network = model.network
    if network.lead:
        raise ValueError("Save the replicas of a stack one by one.")
    described = model.preprocessing
    description = {
        "format": FORMAT,
        "experiment": asdict(model.experiment),
        "engine": model.engine,
        "n_inputs": network.dense_layers[0].fan_in,
        "n_outputs": network.dense_layers[-1].fan_out,
        "dtype": network.dtype.name,
        "task": model.task,
        "feature_names": model.feature_names,
        "class_names": model.class_names,
        "target_names": model.target_names,
        "target_mean": model.target_mean.tolist(),
        "target_scale": model.target_scale.tolist(),
        "preprocessing": None if described is None else described.document(),
    }
    text = np.frombuffer(json.dumps(description).encode(), np.uint8)
    arrays = {**network.parameters(), **network.state()}
    with opened(file, "wb") as stream:  # NumPy would add .npz to a path that lacks it
        np.savez_compressed(stream, allow_pickle=False, description=text, **arrays)


def load_model(file: File, *, most_bytes: int = MAX_MODEL_BYTES) -> Model:
    """Read what `save_model` wrote.

    Parameters
    ----------
    file : path or readable binary file
    most_bytes : refuse a file that unpacks to more

    Raises
    ------
    OSError
        if the file cannot be opened
    ValueError
        if it is not such a model, is too large, or has weights that are not finite
    """
    with opened(file, "rb") as stream, refusing("model", most_bytes):
        model = _restore(read_arrays(stream, most_bytes))
    network = model.network
    numbers = (network.flat_parameters, network.flat_state, model.target_mean, model.target_scale)
    if not all(np.isfinite(array).all() for array in numbers):
        raise ValueError(
            "The weights of this model are not all finite: its training diverged, so it cannot "
            "predict."
        )
    return model


def _restore(arrays: dict[str, npt.NDArray[Any]]) -> Model:
    """Build the model of a file's arrays; whatever does not fit raises."""
    description = json.loads(arrays.pop("description").tobytes())
    experiment = Experiment.from_json(json.dumps(description["experiment"]))
    widths = [description["n_inputs"], *experiment.network.hidden, description["n_outputs"]]
    # Ahead of the building: a few bytes may describe a network of gigabytes.
    weights = sum(fan_in * fan_out for fan_in, fan_out in pairwise(widths))
    _require(weights <= sum(array.size for array in arrays.values()), "Weights are missing.")
    _require(description["format"] == FORMAT, "This is another format.")
    _require(description["dtype"] in ("float32", "float64"), "The numbers are of another type.")
    network = build_network(
        experiment.network,
        widths[0],
        widths[-1],
        np.random.default_rng(0),  # every weight is overwritten below
        dtype=description["dtype"],
    )
    for name, view in (network.parameters() | network.state()).items():
        _require(arrays[name].shape == view.shape, f"{name} has another shape.")
        view[...] = arrays[name]
    model = Model(
        network,
        experiment,
        description["task"],
        tuple(map(str, description["feature_names"])),
        tuple(map(str, description["class_names"])),
        tuple(map(str, description["target_names"])),
        np.array(description["target_mean"], np.float64),
        np.array(description["target_scale"], np.float64),
        _preprocessing(description.get("preprocessing")),
        str(description.get("engine", "numpy")),
    )
    _check_names(model, widths[0], widths[-1])
    return model


def _check_names(model: Model, n_inputs: int, n_outputs: int) -> None:
    """Refuse a model whose inputs and outputs have other names than its network has room for."""
    outputs = {"binary": 1, "multiclass": len(model.class_names)}
    _require(len(model.feature_names) == n_inputs, "The inputs have other names.")
    prepared = model.preprocessing
    _require(
        prepared is None or prepared.feature_names == model.feature_names,
        "The preprocessing gives other inputs.",
    )
    if model.task == "regression":
        shapes = (model.target_mean.shape, model.target_scale.shape)
        _require(shapes == ((n_outputs,), (n_outputs,)), "The targets have another scale.")
        _require(len(model.target_names) == n_outputs, "The targets have other names.")
        return
    _require(outputs[model.task] == n_outputs, "The classes have other names.")
    _require(len(model.class_names) >= 2, "There are no two classes.")


def _require(condition: bool, problem: str) -> None:
    if not condition:
        raise ValueError(problem)


def _preprocessing(document: dict[str, Any] | None) -> Preprocessing | None:
    if document is None:
        return None
    from nnlib.datasets.saved import restore

    return restore(document)
