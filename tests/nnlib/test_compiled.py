"""The compiled engine against NumPy's: the same numbers, the same records, the same ends."""

import gc
import os
import re
import subprocess
import sys
import tempfile
import weakref
from dataclasses import replace
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from small_runs import DATA, EXPLODING, TASKS, assert_same_bits, make_experiment

from nnlib import Experiment, Trainer, load_model, save_model
from nnlib.activations import ACTIVATIONS
from nnlib.compiled import warm
from nnlib.instruments import Every, Instrument, standard_instruments
from nnlib.optimizers import OPTIMIZERS

ROOT = Path(__file__).resolve().parents[2]
numba = pytest.importorskip("numba")

TOLERANCE = 1e-12
NORMALIZED = ({}, {"batch_norm": True}, {"batch_norm": True, "batch_norm_after": True})
SKIPPING = {"skip": True, "hidden": (5, 5, 5)}
ALL = SKIPPING | {"skip_scaled": True, "dropout": 0.2, "batch_norm": True}


def compiled(experiment, task="multiclass", steps=12, dtype=np.float64, **options) -> Trainer:
    trainer = Trainer(experiment, DATA[task], dtype, engine="compiled", **options)
    assert (trainer.history.engine, trainer.engine_note) == ("compiled", "")
    trainer.advance(steps=steps)
    return trainer


def both(experiment, task="multiclass", steps=12, **options) -> tuple[Trainer, Trainer]:
    reference = Trainer(experiment, DATA[task], np.float64, engine="numpy", **options)
    reference.advance(steps=steps)
    return reference, compiled(experiment, task, steps, **options)


def assert_equal(reference: Trainer, other: Trainer, tolerance: float = TOLERANCE) -> None:
    assert (other.step, other.status) == (reference.step, reference.status)
    assert other.history.divergences == reference.history.divergences
    close = {"rtol": tolerance, "atol": tolerance}
    a, b = reference.network, other.network
    np.testing.assert_allclose(b.flat_parameters, a.flat_parameters, **close)
    np.testing.assert_allclose(b.flat_state, a.flat_state, **close)
    for name in reference.history.names:
        np.testing.assert_array_equal(other.history.steps(name), reference.history.steps(name))
        np.testing.assert_allclose(
            other.history[name], reference.history[name], **close, err_msg=name
        )


@pytest.mark.parametrize("normalized", NORMALIZED)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(activation, normalized):
    # SGD: Adam would make steps of the rounding errors that normalization leaves of a zero gradient
    network = {"activation": activation, **normalized}
    assert_equal(*both(make_experiment(network, optimizer="sgd"), steps=9))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_is_computed_many_numbers_at_a_time(activation):
    """One by one they take up to forty times as long, where a loop or a call stands in the way."""
    from nnlib.compiled.functions import PAIRS, _looped

    for function in PAIRS[activation]:
        loop = _looped(function)
        loop.compile((numba.float32[::1], numba.float32[::1]))
        (code,) = loop.inspect_llvm().values()
        stored = re.findall(r"store <(\d+) x float>", code)
        assert stored and min(map(int, stored)) >= 4


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_and_loss(optimizer, task):
    assert_equal(*both(make_experiment(optimizer=optimizer), task))


@pytest.mark.parametrize("batch_size", [1, 7, 16, 33, 1000])
@pytest.mark.parametrize(
    "network",
    [
        {"hidden": ()},
        {"hidden": (1,)},
        {"hidden": (33, 17, 64)},
        {"hidden": (530, 3)},
        SKIPPING,
        ALL,
    ],
)
def test_odd_shapes_short_last_batches_and_batches_of_one(network, batch_size):
    assert_equal(*both(make_experiment(network, batch_size=batch_size, epochs=2), steps=200))


@pytest.mark.parametrize(
    "settings",
    [
        {"l1": 1e-3},
        {"l2": 1e-2},
        {"l1": 1e-3, "l2": 1e-2},
        {"clip_value": 0.01},
        {"clip_norm": 0.1},
        {"max_norm": 0.5},
        {"schedule": "one_cycle"},
        {"schedule": "step", "decay_epochs": 1},
        {"class_weight": "balanced"},
        {"patience": 1, "epochs": 30, "learning_rate": 0.1},
        {"target_loss": 0.7, "epochs": 30},
    ],
    ids=str,
)
@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_every_setting(settings, task):
    assert_equal(*both(make_experiment(**settings), task, steps=500))


def stack(count: int = 4, **training) -> list[Experiment]:
    """Return replicas with settings of their own, two to a seed."""
    return [
        make_experiment(
            {"dropout": 0.2 * (i % 3), "batch_norm": True},
            seed=i // 2, learning_rate=0.01 * (i + 1), l2=0.001 * i, max_norm=0.3 * i, **training,
        )
        for i in range(count)
    ]  # fmt: skip


def test_a_stack_with_settings_and_orders_of_its_own():
    assert_equal(*both(stack(epochs=20), steps=30))


def test_replicas_that_stop_early_are_held():
    reference, other = both([*stack(epochs=40, patience=2)], steps=1000)
    assert reference.status == "stopped early"
    assert len(set(reference.restored_step.tolist())) > 1
    assert_equal(reference, other)


@pytest.mark.parametrize(
    "rates", [(100.0,), (100.0, 0.001, 3.0, 30.0), (100.0, 3.0, 30.0)], ids=str
)
@pytest.mark.parametrize("network", [{}, {"dropout": 0.3}], ids=str)
def test_divergence_is_found_at_the_same_step_in_the_same_layer(rates, network):
    runs = [EXPLODING.with_training(learning_rate=r).with_network(**network) for r in rates]
    reference, other = both(runs if len(runs) > 1 else runs[0], "regression", steps=300)
    assert len(reference.history.divergences) == sum(rate > 1 for rate in rates)
    assert_equal(reference, other, 1e-9)


def test_live_changes_take_effect_at_their_step():
    pair = both(make_experiment(), steps=5)
    for trainer in pair:
        trainer.change(learning_rate=0.1, l2=0.01)
        trainer.advance(steps=5)
    assert_equal(*pair)


@pytest.mark.parametrize(
    ("network", "batch_size"),
    [({"batch_norm": True}, 16), ({"hidden": (33, 17, 64)}, 40), ({"hidden": (50,)}, 32)],
)
def test_float32_agrees_to_its_own_rounding(network, batch_size):
    """From 32 examples a minibatch on, its products make two vectors of sums at a time."""
    experiment = make_experiment(network, optimizer="sgd", epochs=20, batch_size=batch_size)
    reference = Trainer(experiment, DATA["multiclass"], engine="numpy")
    reference.advance(epochs=20)
    other = compiled(experiment, steps=1000, dtype=np.float32)
    np.testing.assert_allclose(
        other.network.flat_parameters, reference.network.flat_parameters, atol=2e-5
    )
    assert_equal(reference, other, 1e-3)


def test_the_same_bits_however_the_run_is_cut():
    experiments = stack(epochs=20)
    whole = compiled(experiments, steps=30)
    parts = compiled(experiments, steps=1)
    while parts.step < 30:
        assert parts.step < parts.total_steps
        parts.advance(steps=min(7, 30 - parts.step), seconds=1e-4)
    assert_same_bits(whole, parts)


def test_numpy_and_compiled_steps_draw_from_the_same_streams():
    """A run whose engine is taken away goes on with the examples that would have come."""
    experiment = make_experiment({"dropout": 0.3}, epochs=9)
    reference, other = both(experiment, steps=7)
    other._engine = None
    for trainer in (reference, other):
        trainer.advance(steps=10)
    assert_equal(reference, other)


def test_a_bound_in_time_makes_a_step_at_least():
    trainer = compiled(make_experiment(epochs=1000), steps=0)
    assert trainer.advance(seconds=0) >= 1


def test_a_model_says_what_made_its_steps(tmp_path):
    trainer = compiled(make_experiment(), dtype=np.float32)
    save_model(tmp_path / "model.npz", trainer.model)
    assert load_model(tmp_path / "model.npz").engine == "compiled"


OWN = Instrument("own", "run", lambda moment: moment.loss, cadence=Every(5))


@pytest.mark.parametrize(
    ("options", "network", "reason"),
    [
        ({"instruments": [OWN]}, {}, "instruments of its own"),
        ({}, {"batch_norm": True, "batch_norm_noise": 0.5}, "layer of its own kind"),
    ],
)
def test_what_it_does_not_know_goes_by_numpy_and_says_so(options, network, reason):
    experiment = make_experiment(network)
    trainer = Trainer(experiment, DATA["multiclass"], engine="compiled", **options)
    assert trainer.history.engine == "numpy"
    assert reason in trainer.engine_note
    trainer.advance(steps=3)
    assert trainer.step == 3


def test_standard_instruments_may_have_another_cadence():
    instruments = standard_instruments(3)[:4]
    instruments = (replace(instruments[0], cadence=Every(2)), *instruments[1:])
    assert_equal(*both(make_experiment(), instruments=instruments))


def test_the_environment_says_what_auto_is(monkeypatch):
    def engine(wanted: str) -> str:
        return Trainer(make_experiment(), DATA["binary"], engine=wanted).history.engine

    assert engine("auto") == "numpy"
    monkeypatch.setenv("NNLIB_ENGINE", "compiled")
    assert (engine("auto"), engine("numpy")) == ("compiled", "numpy")
    monkeypatch.setenv("NNLIB_ENGINE", "fast")
    with pytest.raises(ValueError, match="engine must be one of auto, numpy, compiled"):
        engine("auto")


def in_a_process(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environment, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_numba_is_not_imported_until_a_run_asks_for_it():
    code = "import nnlib, sys; print('numba' in sys.modules, 'llvmlite' in sys.modules)"
    assert in_a_process(code).split() == ["False", "False"]


TRAIN = (
    "import nnlib, numpy as np\n"
    "from nnlib.compiled import warm\n"
    "data = nnlib.datasets.from_arrays(np.arange(20.0)[:, None], np.arange(20) % 2)\n"
    "t = nnlib.Trainer(nnlib.Experiment(), data, engine='{engine}')\n"
    "t.advance(steps=3)\n"
    "print(t.step, t.history.engine)\n"
)


def test_without_numba_runs_go_by_numpy():
    code = "import sys; sys.modules['numba'] = None\n" + TRAIN.format(engine="compiled")
    assert in_a_process(code).split() == ["3", "numpy"]


@pytest.mark.parametrize("damage", ["cut", "other", "stamp"])
def test_a_broken_cache_is_not_used(tmp_path, monkeypatch, damage):
    monkeypatch.setattr(warm, "folder", lambda: tmp_path)
    monkeypatch.setattr(warm, "_loaded", {})
    warm._checked.cache_clear()
    kernel = tmp_path / "kernels.train.nbc"
    kernel.write_bytes(b"machine code")
    warm.write_stamp()
    assert warm.is_ready()
    warm._checked.cache_clear()
    if damage == "stamp":
        (tmp_path / "ready.json").write_text("{")
    else:
        kernel.write_bytes(b"machine" if damage == "cut" else b"machine c0de")
    assert not warm.is_ready()
    warm._checked.cache_clear()


@pytest.mark.parametrize("made_ready", [False, True])
@pytest.mark.parametrize("home", ["none", "cache"])
def test_of_a_read_only_install_the_kernels_lie_in_the_cache_or_a_temporary_folder(
    monkeypatch, tmp_path, made_ready, home
):
    """Those that were made ahead, in an image for instance, are taken over."""
    installed, temporary, real = tmp_path / "app", tmp_path / "tmp", tempfile.TemporaryFile

    def users_cache() -> Path:
        if home == "none":
            raise RuntimeError("Could not determine home directory.")
        return tmp_path / home

    def write(dir: Path) -> object:
        if installed in dir.parents:
            raise PermissionError(dir)
        return real(dir=dir)

    monkeypatch.delenv(warm.FOLDER, raising=False)
    monkeypatch.setattr(warm, "_HERE", installed)
    monkeypatch.setattr(warm, "_users_cache", users_cache)
    monkeypatch.setattr(warm, "_fingerprint", lambda: "x")
    monkeypatch.setattr(warm.tempfile, "TemporaryFile", write)
    monkeypatch.setattr(warm.tempfile, "mkdtemp", lambda prefix: str(temporary))
    if made_ready:
        stamp = installed / "__pycache__" / "kernels-x" / "ready.json"
        stamp.parent.mkdir(parents=True)
        stamp.write_text("{}")
    found = warm.folder.__wrapped__()
    assert found == (temporary if home == "none" else tmp_path / home) / "kernels-x"
    assert (found / "ready.json").exists() == made_ready


def test_a_child_process_makes_the_kernels_and_they_are_loaded_here(monkeypatch):
    asked = []

    def make(command: list[str], **options: object) -> None:
        asked.append((command[1:], options["env"][warm.FOLDER]))

    whole = iter([False, True])
    monkeypatch.setattr(warm, "_loaded", {})
    monkeypatch.setattr(warm, "_is_whole", lambda: next(whole))
    monkeypatch.setattr(warm, "_import", lambda dtype: f"engine for {dtype}")
    monkeypatch.setattr(warm.subprocess, "run", make)
    assert warm.start() is None  # the environment of the tests asks for NumPy
    monkeypatch.delenv("NNLIB_ENGINE")
    warm.start().join()
    assert asked == [(["-m", "nnlib.warm"], str(warm.folder().parent))]
    assert warm._loaded == {"float32": "engine for float32"}
    assert warm.start() is None


def test_the_first_evaluation_goes_by_the_run_s_engine(monkeypatch):
    engine, evaluated = warm.engine_class("float64"), []
    measure = engine.measure
    monkeypatch.setattr(
        engine, "measure", lambda self, *split: evaluated.append(split) or measure(self, *split)
    )
    Trainer(make_experiment(), DATA["multiclass"], np.float64, engine="compiled")
    assert len(evaluated) == 2  # training and validation


def test_kernels_that_are_ready_do_not_wait_for_a_process_that_compiles_others(monkeypatch):
    fcntl = pytest.importorskip("fcntl")
    warm.engine_class()
    monkeypatch.setattr(warm, "_loaded", {})
    monkeypatch.setattr(warm, "_is_whole", lambda: True)
    loading = Thread(target=warm.engine_class, daemon=True)
    with open(warm.folder() / "lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        loading.start()
        loading.join(20)
        assert warm._loaded["float32"] is not None


def test_the_kernels_are_made_anew_when_a_source_changes_that_they_read():
    """Numba itself looks at the file of the entry alone."""
    modules = [m for m in sys.modules.values() if m.__name__.startswith("nnlib.")]
    from nnlib.compiled import kernels

    read, ahead = set(), [kernels]
    while ahead:
        module = ahead.pop()
        if module in read:
            continue
        read.add(module)
        owners = {getattr(v, "__module__", None) for v in vars(module).values()}
        ahead += [m for m in modules if m.__name__ in owners and ".compiled." in m.__name__]
    mine = {Path(m.__file__).stem for m in read}
    assert not mine & set(warm._NO_KERNELS)
    sources = "".join(Path(m.__file__).read_text() for m in read)
    imported = set(re.findall(r"^from nnlib\.((?!compiled)[\w.]+) import", sources, re.M))
    assert {f"{name.replace('.', '/')}.py" for name in imported} == set(warm._READ_BY_KERNELS)


STACK = [make_experiment({"batch_norm": True, "dropout": 0.3}, seed=s, patience=2) for s in (0, 3)]


@pytest.mark.parametrize("experiment", [make_experiment(ALL, patience=2), STACK, EXPLODING])
def test_a_run_of_it_is_kept_and_looked_at_with_the_same_bits(experiment):
    task = "regression" if experiment is EXPLODING else "multiclass"
    through = compiled(experiment, task, steps=100)
    stopped = compiled(experiment, task, steps=5)
    fresh = Trainer(experiment, DATA[task], np.float64, engine="compiled")
    fresh.restore(stopped.snapshot())
    fresh.advance(steps=100)
    assert_same_bits(fresh, through)
    np.testing.assert_array_equal(
        through.at(stopped.step).network.flat_parameters, stopped.network.flat_parameters
    )


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_a_run_is_freed_when_it_is_let_go_and_does_not_wait_for_the_collector(engine):
    gc.disable()
    try:
        trainer = Trainer(make_experiment(), DATA["multiclass"], engine=engine)
        trainer.advance(steps=5)
        gone = weakref.ref(trainer), weakref.ref(trainer.network)
        del trainer
        assert [each() for each in gone] == [None, None]
    finally:
        gc.enable()
