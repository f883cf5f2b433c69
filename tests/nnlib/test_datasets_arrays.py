import pickle
from dataclasses import replace

import numpy as np
import pytest

from nnlib.datasets import Dataset, DatasetError, from_arrays
from nnlib.datasets.labels import encode_classes, infer_task_of_values, natural_key
from nnlib.datasets.scaling import fit_scaling

X8 = np.arange(16.0).reshape(8, 2)


def dataset(**changes):
    fields = {
        "name": "tiny",
        "task": "multiclass",
        "X_train": np.zeros((3, 2), np.float32),
        "X_val": np.ones((1, 2), np.float32),
        "X_test": np.zeros((0, 2), np.float32),
        "y_train": np.array([2, 0, 1]),
        "y_val": np.array([1]),
        "y_test": np.zeros(0, np.int64),
        "feature_names": ("a", "b"),
        "class_names": ("x", "y", "z"),
        "target_names": ("t",),
        "target_mean": np.zeros(1),
        "target_scale": np.ones(1),
    }
    return Dataset(**{**fields, **changes})


def regression(y, **changes):
    y = np.asarray(y, dtype=np.float64)
    return dataset(
        task="regression", class_names=(), y_train=y, y_val=y[:1], y_test=y[:0], **changes
    )


def test_multiclass_targets_are_one_hot():
    data = dataset()
    assert data.n_features == 2
    assert data.n_outputs == 3
    targets = data.targets("train")
    assert targets.dtype == np.float32
    assert targets.tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    assert data.targets("test").shape == (0, 3)


def test_binary_targets_are_a_column():
    data = dataset(task="binary", class_names=("no", "yes"), y_train=np.array([1, 0, 1]))
    assert data.n_outputs == 1
    assert data.targets("train", np.float64).tolist() == [[1.0], [0.0], [1.0]]
    assert data.targets("test").shape == (0, 1)


def test_soft_targets_pass_through():
    rows = [[0.5, 0.25, 0.25], [0, 1, 0], [1, 0, 0]]
    data = dataset(y_train=np.array(rows), y_val=np.array([[0, 0, 1.0]]), y_test=np.zeros((0, 3)))
    assert data.targets("train").tolist() == rows


def test_regression_targets_are_standardized():
    data = regression(
        [10.0, 30.0, 20.0], target_mean=np.array([20.0]), target_scale=np.array([5.0])
    )
    assert data.n_outputs == 1
    assert data.targets("train").tolist() == [[-2.0], [2.0], [0.0]]
    assert data.targets("test").shape == (0, 1)


def test_arrays_are_copied_and_read_only_also_after_pickling():
    X = np.zeros((3, 2), np.float32)
    data = dataset(X_train=X)
    X[:] = 7
    assert data.X_train.max() == 0
    for one in (data, pickle.loads(pickle.dumps(data))):
        with pytest.raises(ValueError, match="read-only"):
            one.X_train[0, 0] = 1
        with pytest.raises(ValueError, match="read-only"):
            one.features("val")[0, 0] = 1


def test_unknown_split():
    with pytest.raises(ValueError, match="no split 'valid'"):
        dataset().features("valid")


def test_fingerprint_follows_the_content():
    data = dataset()
    assert len(data.fingerprint) == 64
    assert dataset(name="other", notes=("note",)).fingerprint == data.fingerprint
    changed = [
        {"X_val": np.full((1, 2), 2, np.float32)},
        {"X_train": np.zeros((3, 2))},
        {"y_train": np.array([2, 1, 0])},
        {"feature_names": ("ab", "")},
        {"class_names": ("x", "z", "y")},
        {"target_names": ("u",)},
        {"target_scale": np.array([2.0])},
        {"image_shape": (1, 2)},
    ]
    prints = {replace(data, **change).fingerprint for change in changed}
    assert len(prints | {data.fingerprint}) == len(changed) + 1


@pytest.mark.parametrize(
    "changes",
    [
        {"X_train": np.zeros((3, 3), np.float32)},
        {"X_train": np.zeros((3, 2), np.int64)},
        {"X_val": np.array([[np.nan, 0]], np.float32)},
        {"X_val": np.zeros((0, 2), np.float32), "y_val": np.zeros(0, np.int64)},
        {"y_train": np.array([0, 1])},
        {"y_train": np.array([0, 1, 3])},
        {"y_train": np.array([[0.5, 0.6, 0], [1, 0, 0], [1, 0, 0]])},
        {"task": "binary"},
        {"task": "ranking"},
        {"image_shape": (2, 2)},
        {"task": "regression"},
        {"target_scale": np.ones(2)},
    ],
)
def test_contradictions_are_refused(changes):
    with pytest.raises(DatasetError):
        dataset(**changes)


def test_error_reads_as_two_sentences():
    error = DatasetError("This is wrong.", "Do that.")
    assert str(error) == "This is wrong. Do that."
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert isinstance(error, ValueError)


@pytest.mark.parametrize(
    ("y", "task", "n_outputs", "names"),
    [
        (["b", "a"] * 4, "binary", 1, ("a", "b")),
        ([True, False] * 4, "binary", 1, ("False", "True")),
        (np.array([10, 2] * 4), "binary", 1, ("2", "10")),
        (["class 10", "class 9", "class 2", "class 9"] * 2, "multiclass", 3,
         ("class 2", "class 9", "class 10")),
        (np.array([3, 1, 2, 1] * 2), "multiclass", 3, ("1", "2", "3")),
        (np.arange(8), "regression", 1, ()),
        (np.linspace(0, 1, 8), "regression", 1, ()),
        (np.array([0.0, 1.0] * 4), "regression", 1, ()),
        (np.eye(8)[:, ::-1], "multiclass", 8, tuple("01234567")),
        (np.arange(16.0).reshape(8, 2), "regression", 2, ()),
        (np.arange(8.0)[:, None], "regression", 1, ()),
        (np.array(["a", "b", 1, None] * 2, dtype=object)[[0, 1, 2, 0, 1, 2, 0, 1]],
         "multiclass", 3, ("1", "a", "b")),
    ],
)  # fmt: skip
def test_task_is_inferred(y, task, n_outputs, names):
    data = from_arrays(X8, y)
    assert (data.task, data.n_outputs, data.class_names) == (task, n_outputs, names)


def test_task_can_be_overruled():
    assert from_arrays(X8, np.array([0, 1] * 4), task="regression").y_train.dtype == np.float64
    assert from_arrays(X8, np.array([0.0, 1.0] * 4), task="binary").class_names == ("0", "1")
    assert from_arrays(X8, np.array([0, 1] * 4), task="multiclass").n_outputs == 2
    soft = from_arrays(X8, np.linspace(0, 1, 8), task="binary")
    assert soft.targets("train").shape == (6, 1)
    assert set(soft.y_train) < set(np.linspace(0, 1, 8))
    rows = np.eye(8)[:, ::-1]
    assert from_arrays(X8, rows, task="regression").n_outputs == 8


def test_whole_numbers_with_many_values_are_quantities():
    assert infer_task_of_values(np.arange(20).repeat(2)) == "multiclass"
    assert infer_task_of_values(np.arange(21).repeat(2)) == "regression"
    assert infer_task_of_values(np.arange(20)) == "regression"


def test_class_names_give_the_order_of_codes():
    codes, names = encode_classes(["cat", "dog", "cat"], ["dog", "cat"])
    assert (codes.tolist(), names) == ([1, 0, 1], ("dog", "cat"))
    codes, names = encode_classes([0, 2, 0], ["a", "b", "c"])
    assert (codes.tolist(), names) == ([0, 2, 0], ("a", "b", "c"))
    with pytest.raises(DatasetError, match="'cow'"):
        encode_classes(["cat", "cow"], ["dog", "cat"])


def test_names_are_sorted_naturally():
    names = ["b", "a10", "a9", "B", "10", "9", "-1", "2.5"]
    assert sorted(names, key=natural_key) == ["-1", "2.5", "9", "10", "a9", "a10", "B", "b"]


def test_classes_that_are_called_like_no_number_have_an_order():
    names = ["nan", "Nan", "inf", "3", "10", "b", "a"]
    expected = ["3", "10", "a", "b", "inf", "Nan", "nan"]
    for turn in range(len(names)):
        assert sorted(names[turn:] + names[:turn], key=natural_key) == expected


def test_standardization_is_learned_from_the_training_rows_only():
    rng = np.random.default_rng(0)
    X, y = rng.normal(5, 3, (50, 2)), rng.normal(100, 10, 50)
    data = from_arrays(X, y, train_fraction=0.6, test_fraction=0.2, seed=3, dtype=np.float64)
    assert (len(data.X_train), len(data.X_val), len(data.X_test)) == (30, 10, 10)
    np.testing.assert_allclose(data.X_train.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(data.X_train.std(axis=0), 1)
    np.testing.assert_allclose(data.target_mean, data.y_train.mean())
    np.testing.assert_allclose(data.target_scale, data.y_train.std())
    # Rows outside the training split may change at will.
    held_out = ~np.isin(y, data.y_train)
    X2, y2 = X.copy(), y.copy()
    X2[held_out], y2[held_out] = 1e6, y[held_out] + 1e6
    other = from_arrays(X2, y2, train_fraction=0.6, test_fraction=0.2, seed=3, dtype=np.float64)
    assert np.array_equal(other.X_train, data.X_train)
    assert other.target_mean == data.target_mean
    assert other.X_val.min() > 1e5


def test_images_share_one_mean_and_deviation():
    X = np.tile([0, 0, 0, 4], (8, 1)).astype(np.uint8)
    data = from_arrays(X, [0, 1] * 4, image_shape=(2, 2))
    low, high = -1 / np.sqrt(3), np.sqrt(3)  # mean 1, deviation sqrt(3)
    np.testing.assert_allclose(data.X_train[0], [low, low, low, high], rtol=1e-6)


def test_constant_columns_become_zero():
    X = np.column_stack((np.full(8, 0.1), np.arange(8.0)))
    data = from_arrays(X, [0, 1] * 4)
    assert np.abs(data.X_train[:, 0]).max() < 1e-6
    assert fit_scaling(np.full((3, 1), 0.1)).scale.tolist() == [1.0]


def test_features_can_stay_as_they_are():
    data = from_arrays(X8, np.arange(8.0), standardize=False)
    assert data.X_train.dtype == np.float32
    assert sorted(np.concatenate([data.X_train, data.X_val])[:, 0]) == X8[:, 0].tolist()
    assert (data.target_mean.tolist(), data.target_scale.tolist()) == ([0], [1])


@pytest.mark.parametrize(
    ("X", "y", "options", "words"),
    [
        (X8, [0, 1] * 3, {}, "shape"),
        (X8, [[0, 1], [1]] * 4, {}, "lengths"),
        (np.arange(8), [0, 1] * 4, {}, r"\(n, d\)"),
        (X8 * np.nan, [0, 1] * 4, {}, "missing or infinite values in 16"),
        (X8, [np.inf] + [0.0] * 7, {}, "targets have missing"),
        (X8, [None, "a"] * 4, {}, "missing"),
        (X8, [0] * 8, {"task": "classification"}, "one class, '0'"),
        (X8, ["a"] * 8, {}, "one class, 'a'"),
        (X8, [1.0] * 8, {}, "same value"),
        (X8[:3], ["a", "b", "a"], {}, "only 3 rows"),
        (X8, list("abababab"), {"task": "regression"}, "needs numbers"),
        (X8, list("abcabcab"), {"task": "binary"}, "3 distinct"),
        (X8, [0, 1] * 4, {"task": "clustering"}, "no task"),
        (X8, [0, 1] * 4, {"feature_names": ["a"]}, "1 feature names"),
        (X8, [0, 1] * 4, {"train_fraction": 0.8, "test_fraction": 0.2}, "no rows for validation"),
        (X8, [0, 1] * 4, {"train_fraction": 80}, "between 0 and 1"),
        (X8, np.ones((8, 2)), {"task": "multiclass"}, "sum to 1"),
        (X8 * 1e300, [0, 1] * 4, {}, "too large"),
        (X8 * 1e60, [0, 1] * 4, {"standardize": False}, "too large for float32"),
        ([["a", "b"]] * 8, [0, 1] * 4, {}, "not all numbers"),
        (X8, [0, 1] * 4, {"seed": -1}, "seed"),
    ],
)
def test_bad_arrays_are_explained(X, y, options, words):
    with pytest.raises(DatasetError, match=words) as caught:
        from_arrays(X, y, **options)
    assert caught.value.problem.endswith(".")
    assert caught.value.hint.endswith(".")
