import socket
import subprocess
import sys
from dataclasses import dataclass
from urllib.error import URLError

import numpy as np
import pytest
from driver import ROOT

from nnlib.datasets import DATASETS, DatasetError, bundled, load, load_reference, toy
from nnlib.datasets.bundled import MNIST_5K

OFFLINE = [name for name in DATASETS if name != "mnist"]
TOYS = [name for name, info in DATASETS.items() if info.kind == "toy"]


@dataclass(frozen=True)
class Reference:
    name: str
    options: tuple = ()


@pytest.mark.parametrize("name", OFFLINE)
def test_every_entry_is_what_it_says(name):
    info, data = DATASETS[name], load(name)
    assert info.name == name == data.name
    assert info.task == data.task
    assert (info.kind == "image") == (data.image_shape is not None)
    assert (info.kind == "table") == (data.preprocessing is not None)
    assert info.description.endswith(".")
    assert data.X_train.dtype == np.float32
    assert len(data.X_test) == 0
    assert len(set(data.feature_names)) == data.n_features
    if data.task != "regression":
        assert set(data.y_val) == set(data.y_train) == set(range(len(data.class_names)))


@pytest.mark.parametrize("name", OFFLINE)
def test_loading_is_reproducible(name):
    again = load_reference(Reference(name, tuple(DATASETS[name].defaults().items())))
    assert load(name).fingerprint == again.fingerprint != load(name, seed=1).fingerprint


@pytest.mark.parametrize(
    ("name", "rows", "shape", "classes"),
    [
        ("iris", 150, 4, ("setosa", "versicolor", "virginica")),
        ("wine", 178, 13, ("class_0", "class_1", "class_2")),
        ("breast_cancer", 569, 30, ("benign", "malignant")),
        ("diabetes", 442, 10, ()),
        ("digits", 1797, 64, tuple("0123456789")),
        ("mnist_5k", 5000, 784, tuple("0123456789")),
    ],
)
def test_bundled_sets(name, rows, shape, classes):
    data = load(name, test_fraction=0.1)
    assert len(data.X_train) + len(data.X_val) + len(data.X_test) == rows
    assert data.n_features == shape
    assert data.class_names == classes
    assert abs(data.X_train.mean()) < 1e-5
    assert abs(data.X_train.std() - 1) < 1e-4
    assert abs(data.X_val.mean()) > 1e-5


def test_malignant_tumors_are_the_positive_class():
    data = load("breast_cancer")
    assert sum(data.y_train) + sum(data.y_val) == 212  # of 569, as scikit-learn documents


def test_mnist_file_holds_plain_arrays():
    with np.load(MNIST_5K, allow_pickle=False) as archive:
        assert archive["images"].shape == (5000, 28, 28)
        assert archive["images"].dtype == archive["labels"].dtype == np.uint8
        assert np.bincount(archive["labels"]).tolist() == [500] * 10
        assert archive["images"].max() == 255


def test_mnist_can_be_sampled():
    data = load("mnist_5k", n_samples=200)
    assert np.bincount(data.y_train).tolist() == [16] * 10
    assert np.bincount(data.y_val).tolist() == [4] * 10


@pytest.mark.parametrize("name", TOYS)
def test_toys_without_noise_stay_in_the_square(name):
    data = load(name, noise=0.0, n_samples=300, test_fraction=0.1)
    X = np.concatenate([data.X_train, data.X_val, data.X_test])
    assert len(X) == 300
    assert np.abs(X).max() <= 1.1
    assert np.abs(X[:, 0]).max() > 0.8
    assert (data.target_mean.tolist(), data.target_scale.tolist()) == ([0], [1])


def test_toys_obey_their_definitions():
    rng = np.random.default_rng(0)
    X, y = toy.circle(rng, 200, 0.0)
    assert np.array_equal(np.hypot(*X.T) > 0.6, y == 1)
    X, y = toy.xor(rng, 200, 0.0)
    assert np.array_equal(X[:, 0] * X[:, 1] < 0, y == 1)
    X, y = toy.gaussians(rng, 2000, 0.0)
    assert np.abs(X[y == 1].mean(axis=0) - 0.5).max() < 0.02
    assert np.abs(X[y == 0].std(axis=0) - 0.15).max() < 0.02
    X, y = toy.moons(rng, 200, 0.0)
    assert (np.hypot(X[:, 0] + 1 / 3, X[:, 1] + 1 / 6)[y == 0] - 2 / 3 < 1e-12).all()
    X, y = toy.plane(rng, 200, 0.0)
    np.testing.assert_allclose(y, (X[:, 0] + X[:, 1]) / 2)
    X, y = toy.sine(rng, 200, 0.0)
    np.testing.assert_allclose(y, np.sin(2 * np.pi * X[:, 0]))
    X, y = toy.multi_gaussian(rng, 2000, 0.0)
    assert 0.9 < y.max() <= 1.05
    assert -1.05 <= y.min() < -0.9


def test_spiral_arms_are_one_curve_turned():
    rng = np.random.default_rng(0)
    X, y = toy.spiral(rng, 300, 0.0, arms=3)
    radius, angle = np.hypot(*X.T), np.arctan2(X[:, 1], X[:, 0])
    turned = (angle - 3 * np.pi * radius - 2 * np.pi * y / 3) / (2 * np.pi)
    np.testing.assert_allclose(turned, np.round(turned), atol=1e-9)
    data = load("spiral", arms=3)
    assert (data.task, data.class_names) == ("multiclass", ("arm 1", "arm 2", "arm 3"))


def test_noise_is_a_standard_deviation():
    def points(noise):
        return toy.circle(np.random.default_rng(0), 5000, noise)[0]

    assert np.abs((points(0.3) - points(0.0)).std(axis=0) - 0.3).max() < 0.01
    y = [toy.plane(np.random.default_rng(0), 5000, noise)[1] for noise in (0.3, 0.0)]
    assert abs((y[0] - y[1]).std() - 0.3) < 0.01


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("irises", {}, "Choose one of 'circle', 'xor'"),
        ("iris", {"noise": 0.1}, "Its options are 'train_fraction', 'test_fraction' and 'seed'"),
        ("circle", {"noise": 2}, "Choose a number from 0.0 to 1.0"),
        ("circle", {"noise": "much"}, "'much'"),
        ("circle", {"noise": float("nan")}, "nan"),
        ("circle", {"n_samples": 100.5}, "a whole number from 20 to 20000"),
        ("circle", {"n_samples": True}, "True"),
        ("spiral", {"arms": 4}, "Choose '2' and '3'|Choose 2 or 3"),
        ("circle", {"train_fraction": 0.9, "test_fraction": 0.5}, "no rows for validation"),
    ],
)
def test_bad_requests_list_what_is_valid(name, options, words):
    with pytest.raises(DatasetError, match=words):
        load(name, **options)


def test_a_reference_to_a_file_asks_for_the_file():
    with pytest.raises(DatasetError, match="Open its file again"):
        load_reference(Reference("my table"))


def test_options_may_be_numpy_numbers_or_whole_floats():
    plain = load("circle", n_samples=100).fingerprint
    assert load("circle", n_samples=np.int64(100)).fingerprint == plain
    assert load("circle", n_samples=100.0).fingerprint == plain


def test_mnist_without_network_is_explained(monkeypatch):
    import sklearn.datasets

    timeouts = []

    def no_network(**_):
        timeouts.append(socket.getdefaulttimeout())
        raise URLError("no network")

    monkeypatch.setattr(bundled, "find_full_mnist", lambda: ())
    monkeypatch.setattr(sklearn.datasets, "fetch_openml", no_network)
    told = []
    with pytest.raises(DatasetError, match="could not be downloaded.*mnist_5k"):
        load("mnist", progress=told.append)
    assert len(told) == 1
    assert timeouts == [10.0]
    assert socket.getdefaulttimeout() is None


def test_mnist_from_openml(monkeypatch):
    import sklearn.datasets

    def fetch(**_):
        y = np.array([str(i % 10) for i in range(400)], dtype=object)
        return np.arange(400.0)[:, None] % 256 * np.ones(784), y

    monkeypatch.setattr(bundled, "find_full_mnist", lambda: ())
    monkeypatch.setattr(sklearn.datasets, "fetch_openml", fetch)
    data = load("mnist", n_samples=200)
    assert data.X_train.shape == (160, 784)
    assert np.bincount(data.y_val).tolist() == [4] * 10


def test_importing_is_light():
    code = (
        "import sys, nnlib.datasets; print([m for m in ('pandas', 'sklearn') if m in sys.modules])"
    )
    root = str(ROOT)
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert run.stdout.strip() == "[]", run.stderr
