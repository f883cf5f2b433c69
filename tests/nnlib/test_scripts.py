"""Runs as programs; `make programs` trains those in PyTorch and Keras."""

from __future__ import annotations

import io
import runpy
from math import pi
from pathlib import Path
from types import SimpleNamespace
from zipfile import ZipFile

import numpy as np
import pytest
from small_runs import TASKS, make_data, make_experiment, run

import nnlib
from nnlib.datasets import from_arrays
from nnlib.optimizers import OPTIMIZERS
from nnlib.schedules import SCHEDULES, make_schedule
from nnlib.scripts import LIBRARIES, plan_of, refusal, script_zip
from nnlib.scripts.parts import rate_of_step
from nnlib.training import Trainer

EVERYTHING = make_experiment(
    {"batch_norm": True, "dropout": 0.3, "skip": True, "skip_scaled": True, "hidden": (6, 6)},
    optimizer="adamw",
    l1=1e-3,
    l2=1e-3,
    clip_norm=0.5,
    max_norm=2.0,
    patience=3,
    target_loss=0.1,
    class_weight="balanced",
)


def program(trainer: Trainer, library: str) -> str:
    with ZipFile(io.BytesIO(script_zip(trainer, library))) as archive:
        assert archive.namelist() == [f"run_{library}.py", "run.npz"]
        return archive.read(f"run_{library}.py").decode()


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("task", TASKS)
def test_a_program_is_python_without_a_trace_of_its_template(library: str, task: str):
    for name in OPTIMIZERS:
        for experiment in (make_experiment(optimizer=name, clip_value=0.1), EVERYTHING):
            text = program(run(experiment, task, steps=0), library)
            compile(text, library, "exec")
            assert "#?" not in text and "$" not in text
            assert max(map(len, text.splitlines())) <= 110


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_written_learning_rate_is_that_of_the_schedule(name: str):
    experiment = make_experiment(schedule=name, epochs=10, decay_epochs=2)
    plan = plan_of(run(experiment, steps=0))
    scope: dict[str, object] = {}
    body = rate_of_step(plan).replace("\n", "\n    ")
    math = SimpleNamespace(cos=np.cos, pi=pi)
    exec(f"def rate(step):\n    {body}", {"RATE": 0.02, "math": math}, scope)
    steps = range(10 * plan.steps_per_epoch + 3)
    ours = make_schedule(experiment.training, plan.steps_per_epoch)
    np.testing.assert_allclose(
        [scope["rate"](s) for s in steps],  # type: ignore[operator]
        [0.02 * ours(s) for s in steps],
        rtol=1e-12,
        atol=1e-18,
    )


@pytest.mark.parametrize("task", TASKS)
def test_our_own_program_trains_the_same_bits(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    experiment = make_experiment({"batch_norm": True, "dropout": 0.3}, class_weight="balanced")
    with ZipFile(io.BytesIO(script_zip(run(experiment, task, steps=5), "nnlib"))) as archive:
        archive.extractall(tmp_path)
    made: list[Trainer] = []
    monkeypatch.setattr(nnlib, "Trainer", lambda *a, **k: made.append(Trainer(*a, **k)) or made[0])
    runpy.run_path(str(tmp_path / "run_nnlib.py"), run_name="__main__")
    ours = run(experiment, task, steps=100)
    np.testing.assert_array_equal(made[0].network.flat_parameters, ours.network.flat_parameters)
    written = np.loadtxt(tmp_path / "losses.csv", delimiter=",", skiprows=1)
    assert len(written) == ours.total_steps
    np.testing.assert_allclose(written[0, 1], ours.history["batch_loss"][0], rtol=1e-6)


def test_the_arrays_are_what_the_run_began_with():
    trainer = run(EVERYTHING, steps=8)
    fresh = run(EVERYTHING, steps=0)
    with ZipFile(io.BytesIO(script_zip(trainer, "pytorch"))) as archive:
        arrays = np.load(io.BytesIO(archive.read("run.npz")), allow_pickle=False)
    np.testing.assert_array_equal(arrays["dense_1.weight"], fresh.network.dense_layers[0].weight)
    np.testing.assert_array_equal(arrays["x_train"], trainer.data.X_train.astype(np.float32))
    assert arrays["example_weights"].mean() == pytest.approx(1, abs=1e-6)
    assert len(arrays["judged"]) == len(arrays["y_train"]) == len(arrays["example_weights"])


def test_names_of_a_hostile_file_do_not_get_into_a_program():
    rng = np.random.default_rng(0)
    names = ('"""\nimport os\n', "$seed")
    data = from_arrays(rng.normal(size=(40, 2)), rng.normal(size=40), feature_names=names)
    for library in LIBRARIES:
        assert "import os" not in program(Trainer(make_experiment(), data), library)


def test_what_has_no_program_says_so_in_a_sentence():
    changed, forked = run(make_experiment()), run(make_experiment())
    changed.change(learning_rate=0.5)
    noisy = run(make_experiment({"batch_norm": True, "batch_norm_noise": 0.5}))
    single = Trainer(make_experiment({"batch_norm": True}, batch_size=13), make_data())
    both = run(make_experiment(clip_norm=1.0, clip_value=1.0))
    assert "changed while it trained" in refusal(changed, "nnlib")
    assert "goes on from another" in refusal(nnlib.fork(forked, 0), "pytorch")
    assert "Noise" in refusal(noisy, "pytorch") and not refusal(noisy, "nnlib")
    assert "single example" in refusal(single, "pytorch")
    assert "not both" in refusal(both, "keras") and not refusal(both, "pytorch")
    with pytest.raises(ValueError, match="Noise"):
        script_zip(noisy, "keras")
