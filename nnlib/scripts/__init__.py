"""A run as a program of its own: in PyTorch, in Keras, or with `nnlib`.

Each comes as a ZIP archive of the program and of ``run.npz``, which holds the data and the initial
weights as plain arrays. The minibatches are drawn as `nnlib` draws them, so the program goes
through the same run, but for rounding and for what its first lines name.
"""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import numpy as np
import numpy.typing as npt

from nnlib import run_parts
from nnlib.class_weights import WeightedLoss
from nnlib.evaluation import training_sample
from nnlib.minibatches import Minibatches
from nnlib.network import Network
from nnlib.scripts import keras_script, own_script, torch_script
from nnlib.scripts.parts import Plan
from nnlib.training import Trainer


@dataclass(frozen=True)
class Library:
    """What a program can be written for.

    Attributes
    ----------
    label : as people write it
    write : gives the program of a run
    lacks : says in one sentence why there is none, or nothing where there is one
    """

    label: str
    write: Callable[[Plan], str]
    lacks: Callable[[Plan], str]


LIBRARIES = {
    "pytorch": Library("PyTorch", torch_script.write, torch_script.lacks),
    "keras": Library("Keras", keras_script.write, keras_script.lacks),
    "nnlib": Library("nnlib", own_script.write, own_script.lacks),
}
"""Every library by name."""


def refusal(trainer: Trainer, library: str) -> str:
    """Say in one sentence why there is no program of this run; empty where there is one."""
    if trainer.lead:
        return "A program is of one run, not of a stack of them."
    if trainer._base is not None:
        return "A run that goes on from another one has no program: it lacks how that one began."
    if trainer._own_schedule is not None or not isinstance(trainer._minibatches, Minibatches):
        return "A run with a schedule or minibatches of its own has no program."
    if trainer.history.events:
        return "This run was changed while it trained; start it again to get its program."
    return LIBRARIES[library].lacks(_plan(trainer, trainer.network))


def script_zip(trainer: Trainer, library: str) -> bytes:
    """Return the ZIP archive with the program of a run, from its initial weights to its end.

    Raises
    ------
    ValueError
        see `refusal`
    """
    reason = refusal(trainer, library)
    if reason:
        raise ValueError(reason)
    arrays, file = io.BytesIO(), io.BytesIO()
    np.savez_compressed(arrays, allow_pickle=False, **_arrays(trainer, library))
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr(f"run_{library}.py", LIBRARIES[library].write(plan_of(trainer)))
        archive.writestr("run.npz", arrays.getvalue(), ZIP_STORED)
    return file.getvalue()


def plan_of(trainer: Trainer) -> Plan:
    """Return what a program is written from: the run's settings and its network at step 0."""
    data, dtype = trainer.data, trainer.network.dtype
    return _plan(trainer, run_parts.network_of([trainer.experiment], (), data, dtype))


def _plan(trainer: Trainer, network: Network) -> Plan:
    return Plan(trainer.experiment, trainer.data, network, trainer.steps_per_epoch)


def _arrays(trainer: Trainer, library: str) -> dict[str, npt.NDArray[Any]]:
    plan, data = plan_of(trainer), trainer.data
    if library == "nnlib":
        words = np.frombuffer(json.dumps(own_script.words(data)).encode(), np.uint8)
        return {"words": words, **data._arrays()}
    dtype = plan.network.dtype
    arrays = {
        name: np.asarray(values, dtype)
        for split in ("train", "val")
        for name, values in (
            (f"x_{split}", data.features(split)),
            (f"y_{split}", data.targets(split, dtype)),
        )
    }
    minimized = run_parts.minimized_loss(trainer.loss, trainer.config, data)
    if isinstance(minimized, WeightedLoss):
        arrays["example_weights"] = minimized.of_examples(arrays["y_train"], dtype)
    return arrays | {"judged": training_sample(len(arrays["x_train"]))} | plan.network.parameters()
