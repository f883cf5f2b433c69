"""Train runs as programs in PyTorch and Keras and compare the losses: `make programs`.

PyTorch's have to agree; where Keras does something else, its program says so.
"""

import io
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import nnlib  # noqa: E402
from nnlib.instruments import INSTRUMENTS, Every  # noqa: E402
from nnlib.regularizers import penalty  # noqa: E402
from nnlib.scripts import refusal, script_zip  # noqa: E402

MOST = 1e-5
"""The largest difference of a minibatch's loss from ours that PyTorch may have, in float32."""
NETWORK = {"hidden": (16, 16), "activation": "tanh", "initializer": "glorot_normal"}
TRAINING = {"optimizer": "sgd", "learning_rate": 0.05, "batch_size": 32, "epochs": 25, "seed": 1}
RUNS: dict[str, tuple[str, dict[str, object], dict[str, object]]] = {
    "SGD, step decay": ("multiclass", {}, {"schedule": "step", "decay_epochs": 5}),
    "momentum, L2": ("binary", {}, {"optimizer": "momentum", "l2": 1e-3}),
    "Nesterov, exponential": (
        "multiclass",
        {"activation": "softsign"},
        {"optimizer": "nesterov", "schedule": "exponential"},
    ),
    "RMSprop, L1": ("regression", {}, {"optimizer": "rmsprop", "learning_rate": 1e-3, "l1": 1e-4}),
    "Adagrad, max norm": ("binary", {}, {"optimizer": "adagrad", "max_norm": 1.5}),
    "Adam, ReLU, cosine": (
        "multiclass",
        {"activation": "relu", "initializer": "he_normal"},
        {"optimizer": "adam", "learning_rate": 3e-3, "schedule": "cosine"},
    ),
    "AdamW, GELU, one-cycle": (
        "regression",
        {"activation": "gelu"},
        {"optimizer": "adamw", "learning_rate": 3e-3, "schedule": "one_cycle"},
    ),
    "batch norm, clipped norm": (
        "multiclass",
        {"batch_norm": True},
        {"clip_norm": 0.5, "optimizer": "momentum", "learning_rate": 0.01},
    ),
    "dropout, class weights": (
        "multiclass",
        {"dropout": 0.2, "activation": "elu"},
        {"class_weight": "balanced", "optimizer": "adam", "learning_rate": 3e-3},
    ),
    "skips, clipped values, warm-up": (
        "binary",
        {"skip": True, "skip_scaled": True, "hidden": (12, 12, 12), "activation": "silu"},
        {"clip_value": 0.05, "schedule": "warmup_cosine", "class_weight": "balanced"},
    ),
    "early stopping": ("multiclass", {}, {"patience": 2, "learning_rate": 1.0}),
}
"""Ten runs of 200 steps, and one that stops early: by name the task,
and what of network and training is not as above."""


def data_of(task: str) -> nnlib.datasets.Dataset:
    """Return a data set with 256 training rows."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(320, 6))
    signal = np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.3 * rng.normal(size=320)
    if task == "regression":
        return nnlib.datasets.from_arrays(x, 100 + 20 * signal)
    return nnlib.datasets.from_arrays(
        x, np.digitize(signal, [0.7] if task == "binary" else [-1, 1])
    )


def trainer_of(name: str) -> nnlib.Trainer:
    """Return the trainer of one of the runs, which records the loss of every minibatch."""
    task, network, training = RUNS[name]
    experiment = nnlib.Experiment(
        nnlib.NetworkConfig(**(NETWORK | network)),  # type: ignore[arg-type]
        nnlib.TrainingConfig(**(TRAINING | training)),  # type: ignore[arg-type]
    )
    every_step = replace(INSTRUMENTS["batch_loss"], cadence=Every(1))
    return nnlib.Trainer(experiment, data_of(task), instruments=[every_step])


def losses_of(trainer: nnlib.Trainer, library: str, folder: Path) -> npt.NDArray[np.float64]:
    """Run the program of a run and return the loss of each minibatch."""
    with ZipFile(io.BytesIO(script_zip(trainer, library))) as archive:
        archive.extractall(folder)
    command = [sys.executable, "-W", "error", str(folder / f"run_{library}.py")]
    if library == "keras":
        del command[1:3]  # a backend may warn of its own future
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    setting = {"KERAS_BACKEND": "torch", **os.environ, "PYTHONPATH": path}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=setting)
    losses: npt.NDArray[np.float64] = np.loadtxt(folder / "losses.csv", delimiter=",", skiprows=1)
    return losses[:, 1]


def penalties(trainer: nnlib.Trainer) -> npt.NDArray[np.float64]:
    """Train to the end, and return the penalty ahead of each step."""
    sums = []
    while not trainer.done:
        config = trainer.config
        weights = [layer.weight.ravel() for layer in trainer.network.dense_layers]
        sums.append(sum(float(penalty(w, config.l1, config.l2)) for w in weights))
        trainer.advance(steps=1)
    return np.array(sums)


def main() -> None:
    """Print for each run the largest difference of a minibatch's loss from ours."""
    libraries = sys.argv[1:] or ["pytorch", "keras"]
    failed = False
    for name in RUNS:
        trainer = trainer_of(name)
        penalty_of = penalties(trainer)
        ours = trainer.history["batch_loss"]
        said = []
        for library in libraries:
            if reason := refusal(trainer, library):
                said.append(f"{library}: {reason}")
                continue
            with tempfile.TemporaryDirectory() as folder:
                theirs = losses_of(trainer, library, Path(folder))
            expected = ours + penalty_of if library == "keras" else ours
            largest = float(np.abs(theirs - expected).max())
            said.append(f"{library} {largest:.1e}")
            failed |= library == "pytorch" and not largest <= MOST
        print(f"{name:32} {len(ours)} steps  {ours[0]:.3f} to {ours[-1]:.3f}  {'  '.join(said)}")
    if failed:
        sys.exit(f"A loss differs by more than {MOST:g}.")


if __name__ == "__main__":
    main()
