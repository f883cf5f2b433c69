"""Models: what they predict, in which units, and what survives saving."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile

import numpy as np
import pytest

from nnlib.config import DataReference, Experiment, NetworkConfig, TrainingConfig
from nnlib.datasets import from_arrays
from nnlib.model import load_model, save_model
from nnlib.training import Trainer

RNG = np.random.default_rng(9)
X = RNG.normal(size=(60, 3))
SIGNAL = X @ [1.0, -2.0, 0.5]
DATA = {
    "binary": from_arrays(X, np.where(SIGNAL > 0, "yes", "no")),
    "multiclass": from_arrays(X, np.digitize(SIGNAL, [-1, 1])),
    "regression": from_arrays(X, 500 + 100 * SIGNAL, target_names=["height"]),
    "two targets": from_arrays(X, np.stack([500 + 100 * SIGNAL, SIGNAL], axis=1)),
}
FULL = Experiment(
    NetworkConfig(hidden=(7, 5), activation="gelu", batch_norm=True, dropout=0.2),
    TrainingConfig(epochs=30, learning_rate=0.02),
    DataReference("test", (("noise", 0.5),), "abc"),
)


def trained(task: str, experiment=FULL, **options) -> Trainer:
    trainer = Trainer(experiment, DATA[task], **options)
    trainer.advance(epochs=30)
    return trainer


# --- predictions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("task", "classes"), [("binary", 2), ("multiclass", 3)])
def test_probabilities_and_classes(task, classes):
    trainer, x = trained(task), DATA[task].features("val")
    probability = trainer.predict_proba(x)
    assert probability.shape == (len(x), classes)
    assert (probability >= 0).all()
    np.testing.assert_allclose(probability.sum(axis=1), 1, rtol=1e-5)
    classes_predicted = trainer.predict(x)
    assert classes_predicted.shape == (len(x),)
    np.testing.assert_array_equal(classes_predicted, probability.argmax(axis=1))
    assert (classes_predicted == DATA[task].labels("val")).mean() > 0.7


def test_regression_predicts_in_the_units_of_the_target():
    trainer, x = trained("regression"), DATA["regression"].features("val")
    values = trainer.predict(x)
    assert values.shape == (len(x),)
    assert np.corrcoef(values, DATA["regression"].labels("val"))[0, 1] > 0.9
    assert abs(values.mean() - 500) < 150
    assert values.std() > 30
    standardized = trainer.network.predict_logits(np.asarray(x, np.float32))
    data = DATA["regression"]
    decoded = standardized * data.target_scale + data.target_mean
    np.testing.assert_allclose(values, decoded[:, 0], 1e-6)
    with pytest.raises(ValueError, match="no class probabilities"):
        trainer.predict_proba(x)


def test_several_targets_keep_their_columns_and_units():
    trainer, x = trained("two targets"), DATA["two targets"].features("val")
    values = trainer.predict(x)
    assert values.shape == (len(x), 2)
    assert values[:, 0].mean() > 300
    assert abs(values[:, 1].mean()) < 5


@pytest.mark.parametrize("task", DATA)
def test_stacks_predict_with_a_leading_axis(task):
    stack = [FULL.with_training(seed=seed) for seed in (0, 1, 2)]
    stacked, x = trained(task, stack, dtype=np.float64), DATA[task].features("val")
    predictions = stacked.predict(x)
    assert predictions.shape[:2] == (3, len(x))
    for replica, experiment in enumerate(stack):
        single = trained(task, experiment, dtype=np.float64)
        np.testing.assert_allclose(predictions[replica], single.predict(x), rtol=1e-7)
        if task in ("binary", "multiclass"):
            np.testing.assert_allclose(
                stacked.predict_proba(x)[replica], single.predict_proba(x), rtol=1e-6
            )


def test_no_rows_give_no_predictions():
    trainer = trained("multiclass")
    assert trainer.predict(np.zeros((0, 3))).shape == (0,)
    assert trainer.predict_proba(np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("shape", [(5, 2), (5, 4), (3,), (2, 5, 3)])
def test_inputs_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match="rows of 3 features"):
        trained("binary").predict(np.zeros(shape))


def test_predictions_are_copies():
    trainer, x = trained("regression"), DATA["regression"].features("val")
    first = trainer.predict(x)
    kept = first.copy()
    trainer.predict(x + 1)
    np.testing.assert_array_equal(first, kept)
    logits = trainer.network.predict_logits(np.asarray(x, np.float32))
    kept = logits.copy()
    trainer.network.forward(np.asarray(x, np.float32) + 1)
    np.testing.assert_array_equal(logits, kept)


# --- saving ---------------------------------------------------------------------------------------


def saved(task: str = "multiclass", **options) -> tuple[Trainer, io.BytesIO]:
    trainer, file = trained(task, **options), io.BytesIO()
    save_model(file, trainer.model)
    file.seek(0)
    return trainer, file


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("task", DATA)
def test_a_loaded_model_predicts_the_same_bits(task, dtype):
    trainer, file = saved(task, dtype=dtype)
    model = load_model(file)
    x = DATA[task].features("val")
    np.testing.assert_array_equal(model.predict(x), trainer.predict(x))
    if task in ("binary", "multiclass"):
        np.testing.assert_array_equal(model.predict_proba(x), trainer.predict_proba(x))
    assert model.experiment == FULL
    assert model.network.dtype == dtype
    assert model.task == DATA[task].task
    assert model.feature_names == DATA[task].feature_names
    assert model.class_names == DATA[task].class_names
    assert model.target_names == DATA[task].target_names


def test_saving_a_loaded_model_again(tmp_path):
    _, file = saved()
    path = tmp_path / "model.npz"
    save_model(path, load_model(file))
    x = DATA["multiclass"].features("val")
    file.seek(0)
    np.testing.assert_array_equal(load_model(path).predict(x), load_model(file).predict(x))
    np.testing.assert_array_equal(load_model(str(path)).predict(x), load_model(path).predict(x))


def test_a_model_of_a_running_trainer_is_saved_as_it_is_now():
    trainer, file = Trainer(FULL, DATA["binary"]), io.BytesIO()
    save_model(file, trainer.model)
    before = trainer.predict_proba(X)
    trainer.advance(steps=10)
    file.seek(0)
    np.testing.assert_array_equal(load_model(file).predict_proba(X), before)
    assert (trainer.predict_proba(X) != before).any()


def test_nothing_in_the_file_is_pickled():
    _, file = saved()
    with np.load(file, allow_pickle=False) as archive:
        assert all(archive[name].dtype != object for name in archive.files)


def test_a_file_with_pickled_objects_is_refused(tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("opened").touch, ())

    file = io.BytesIO()
    np.savez(file, allow_pickle=True, description=np.array([Trap()], dtype=object))
    file.seek(0)
    with pytest.raises(ValueError):
        load_model(file)
    assert not tmp_path.joinpath("opened").exists()


def rewritten(file: io.BytesIO, change) -> io.BytesIO:
    """Return the saved model with its description changed."""
    with np.load(file) as archive:
        arrays = {name: archive[name] for name in archive.files}
    description = json.loads(arrays["description"].tobytes())
    change(description, arrays)
    text = np.frombuffer(json.dumps(description).encode(), np.uint8)
    result = io.BytesIO()
    np.savez(result, **{**arrays, "description": text})
    result.seek(0)
    return result


@pytest.mark.parametrize(
    "change",
    [
        lambda d, a: d.update(format="nnlib model 99"),
        lambda d, a: d.pop("experiment"),
        lambda d, a: d["experiment"]["network"].update(activation="swoosh"),
        lambda d, a: d.update(dtype="nonsense"),
        lambda d, a: a.pop("dense_1.weight"),
        lambda d, a: a.update({"dense_1.weight": np.zeros((9, 9))}),
        lambda d, a: a.update({"dense_1.weight": np.zeros((1, 1))}),
        lambda d, a: d.update(dtype="int8"),
        lambda d, a: d.update(n_inputs=3.0),
        lambda d, a: d.update(feature_names=["x1"]),
        lambda d, a: d.update(class_names=["x1"]),
        lambda d, a: d.update(task="guessing"),
        lambda d, a: d.update(preprocessing={"kind": "code"}),
    ],
)
def test_a_model_that_does_not_fit_is_refused(change):
    _, file = saved()
    with pytest.raises(ValueError):
        load_model(rewritten(file, change))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a model",
        b"PK\x03\x04 not a zip file either",
        b"\x93NUMPY",
        pytest.param("array", id="npy"),
        pytest.param("zip", id="zip"),
        pytest.param("truncated", id="truncated"),
    ],
)
def test_any_other_file_is_refused_with_a_value_error(content):
    file = io.BytesIO(content if isinstance(content, bytes) else b"")
    if content == "array":
        np.save(file, np.zeros(3))
    elif content == "zip":
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("readme.txt", "hello")
    elif content == "truncated":
        file = io.BytesIO(saved()[1].getvalue()[:-200])
    file.seek(0)
    with pytest.raises(ValueError):
        load_model(file)


# --- files made to do harm ------------------------------------------------------------------------


def zipped(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    file.seek(0)
    return file


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def with_a_giant_array() -> io.BytesIO:
    _, file = saved()
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("more.npy", npy(np.zeros(2**27, np.uint8)))
    return file


def with_a_giant_network() -> io.BytesIO:
    return rewritten(saved()[1], lambda d, a: d["experiment"]["network"].update(hidden=[4096] * 9))


def with_a_header_that_lies() -> io.BytesIO:
    header = npy(np.zeros(1)).replace(b"(1,), }" + b" " * 8, b"(134217728,), }")
    assert b"134217728" in header
    return zipped({"description.npy": header})


def with_many_entries() -> io.BytesIO:
    return zipped({f"{i}.npy": b"" for i in range(40_000)})


def with_another_method() -> io.BytesIO:
    return zipped({"description.npy": npy(np.zeros(2**20))}, zipfile.ZIP_LZMA)


def with_a_size_that_lies() -> io.BytesIO:
    content = bytearray(zipped({"description.npy": npy(np.zeros(2**27, np.uint8))}).getvalue())
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (1000).to_bytes(4, "little")
    return io.BytesIO(content)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (with_a_giant_array, "larger than 64 MB"),
        (with_a_giant_network, "not a model"),
        (with_a_header_that_lies, "not a model"),
        (with_many_entries, "larger than"),
        (with_another_method, "not a model"),
        (with_a_size_that_lies, "not a model"),
    ],
)
def test_a_small_file_takes_little_memory(make, words):
    file = make()
    file.seek(0)
    assert len(file.getvalue()) < 2**23
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=words):
            load_model(file, most_bytes=2**26)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["dense_1.weight", "dense_3.bias", "batch_norm_1.running_var"])
def test_a_model_that_diverged_is_not_loaded(name, bad):
    trainer = trained("multiclass")
    array = (trainer.network.parameters() | trainer.network.state())[name]
    array.flat[0] = bad
    file = io.BytesIO()
    save_model(file, trainer.model)
    file.seek(0)
    with pytest.raises(ValueError, match="not all finite: its training diverged"):
        load_model(file)


def test_a_missing_file_is_named_as_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_model(tmp_path / "nothing.npz")


def test_a_stack_is_not_saved():
    trainer = Trainer([FULL, FULL.with_training(seed=1)], DATA["binary"])
    with pytest.raises(ValueError, match="one by one"):
        save_model(io.BytesIO(), trainer.model)
