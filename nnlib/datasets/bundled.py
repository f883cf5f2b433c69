"""Well-known data sets: scikit-learn's small ones, and MNIST."""

import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlib.datasets.tables.dataset_of import from_frame

from .arrays import from_arrays
from .dataset import Dataset
from .errors import DatasetError
from .full_mnist import find_full_mnist, read_full_mnist
from .splitting import split_rows

Progress = Callable[[str], None]

MNIST_5K = Path(__file__).parent / "data" / "mnist_5k.npz"
MNIST_ON_OPENML = 554
TIMEOUT_SECONDS = 10.0
DIGITS = tuple("0123456789")


def load_sklearn_table(
    loader: str, target: str, label: str, *, train_fraction: float, test_fraction: float, seed: int
) -> Dataset:
    """Load a table that scikit-learn carries, by the name of its loader function.

    Parameters
    ----------
    loader : {"load_iris", "load_wine", "load_breast_cancer", "load_diabetes"}
    target : what to call the target column
    label : name of the data set
    train_fraction, test_fraction, seed : see `from_arrays`
    """
    datasets = import_module("sklearn.datasets")
    # The raw diabetes columns: scikit-learn's scaled ones have seen the validation rows.
    options: dict[str, Any] = {"scaled": False} if loader == "load_diabetes" else {}
    bunch = getattr(datasets, loader)(as_frame=True, **options)
    frame = bunch.data.copy()
    frame[target] = bunch.target
    if "target_names" in bunch:
        frame[target] = [str(bunch.target_names[code]) for code in bunch.target]
    return from_frame(
        frame,
        target,
        name=label,
        train_fraction=train_fraction,
        test_fraction=test_fraction,
        seed=seed,
    )


def load_digits(*, train_fraction: float, test_fraction: float, seed: int) -> Dataset:
    """Load scikit-learn's 1,797 handwritten digits of 8 x 8 pixels."""
    X, y = import_module("sklearn.datasets").load_digits(return_X_y=True)
    fractions = {"train_fraction": train_fraction, "test_fraction": test_fraction}
    return _images("digits", X, y, (8, 8), seed=seed, **fractions)


def load_mnist_5k(
    *, n_samples: int, train_fraction: float, test_fraction: float, seed: int
) -> Dataset:
    """Load `n_samples` of the 5,000 MNIST digits that come with this package."""
    with np.load(MNIST_5K, allow_pickle=False) as archive:
        images, labels = archive["images"], archive["labels"]
    X, y = _sample(images.reshape(len(images), -1), labels, n_samples, seed)
    fractions = {"train_fraction": train_fraction, "test_fraction": test_fraction}
    return _images("mnist_5k", X, y, (28, 28), seed=seed, **fractions)


def load_mnist(
    *,
    n_samples: int,
    train_fraction: float,
    test_fraction: float,
    seed: int,
    progress: Progress | None = None,
) -> Dataset:
    """Load `n_samples` of the 70,000 MNIST digits, downloading them from OpenML if needed.

    Raises DatasetError if the digits are neither where `find_full_mnist` looks nor in
    scikit-learn's cache, and cannot be downloaded.
    """
    files = find_full_mnist()
    if progress is not None and not files:
        progress("Fetching MNIST from openml.org; the download is kept and is needed only once.")
    images, labels = read_full_mnist(files).together if files else _fetch_mnist()
    X, y = _sample(images, labels, n_samples, seed)
    fractions = {"train_fraction": train_fraction, "test_fraction": test_fraction}
    return _images("mnist", X, y, (28, 28), seed=seed, **fractions)


def _fetch_mnist() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    fetch_openml = import_module("sklearn.datasets").fetch_openml
    try:
        with _socket_timeout(TIMEOUT_SECONDS), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # one line per retry, which the error below covers
            images, labels = fetch_openml(
                data_id=MNIST_ON_OPENML, as_frame=False, return_X_y=True, n_retries=1, delay=0.5
            )
    except (
        OSError,
        HTTPException,
        ValueError,
    ) as error:  # no network; or an answer that is not the data
        raise DatasetError(
            "MNIST could not be downloaded from openml.org.",
            "Check the internet connection, or use mnist_5k, which needs none.",
        ) from error
    return images.astype(np.uint8), labels.astype(np.int64)


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    """Let new connections give up after a while; scikit-learn offers no setting for that."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _sample(
    X: NDArray[Any], y: NDArray[Any], n_samples: int, seed: int
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Draw some of the rows, the classes in proportion."""
    codes = y.astype(np.int64)
    if n_samples >= len(codes):
        return X, codes
    rows = split_rows(len(codes), train_fraction=n_samples / len(codes), seed=seed, codes=codes)
    return X[rows.train], codes[rows.train]


def _images(
    name: str,
    X: NDArray[Any],
    y: NDArray[Any],
    shape: tuple[int, int],
    *,
    train_fraction: float,
    test_fraction: float,
    seed: int,
) -> Dataset:
    height, width = shape
    return from_arrays(
        X,
        y,
        name=name,
        task="multiclass",
        feature_names=[f"pixel {row},{column}" for row in range(height) for column in range(width)],
        class_names=DIGITS,
        target_names=["digit"],
        train_fraction=train_fraction,
        test_fraction=test_fraction,
        seed=seed,
        image_shape=shape,
    )
