"""The whole of MNIST, where it lies on this machine already; nothing is downloaded here."""

import gzip
import os
from math import prod
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import DatasetError

FOLDER = "NNLIB_MNIST"
"""The variable of the environment that names a folder with the files."""
IDX = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
"""The four files of the database, each packed (.gz) or not."""
NPZ = "mnist.npz"
"""The one file that Keras keeps of it."""
_ARRAYS = ("x_train", "y_train", "x_test", "y_test")
SIZES = 60_000, 10_000
"""Images to train on and to test with."""
_BYTES = b"\0\0\x08"  # how an idx file of unsigned bytes begins

Bytes = NDArray[np.uint8]


class FullMnist(NamedTuple):
    """Images, shape (n, 28, 28) with 0 for the background, and digits, shape (n,)."""

    train_images: Bytes
    train_labels: Bytes
    test_images: Bytes
    test_labels: Bytes

    @property
    def together(self) -> tuple[Bytes, NDArray[np.int64]]:
        """All images as rows of 784, those to train on first, and their digits."""
        images = np.concatenate([self.train_images, self.test_images])
        labels = np.concatenate([self.train_labels, self.test_labels])
        return images.reshape(len(images), -1), labels.astype(np.int64)


def find_full_mnist() -> tuple[Path, ...]:
    """Return the files of the first place that has them all; none where no place has.

    The folder that `NNLIB_MNIST` names comes ahead of where Keras keeps its data sets.
    """
    keras = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets"
    named = os.environ.get(FOLDER)
    for folder in (Path(named), keras) if named else (keras,):
        idx = [_first_file(folder / name, folder / f"{name}.gz") for name in IDX]
        if all(idx):
            return tuple(path for path in idx if path)
        if (folder / NPZ).is_file():
            return (folder / NPZ,)
    return ()


def _first_file(*paths: Path) -> Path | None:
    return next((path for path in paths if path.is_file()), None)


def read_full_mnist(files: tuple[Path, ...]) -> FullMnist:
    """Read what `find_full_mnist` has found.

    Raises DatasetError if a file cannot be read, is not what its name says, or is only a part.
    """
    try:
        arrays = [_read_idx(path) for path in files] if len(files) > 1 else _read_npz(*files)
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise _broken(files) from error
    full = FullMnist(*arrays)
    pairs = (full.train_images, full.train_labels), (full.test_images, full.test_labels)
    for (images, labels), size in zip(pairs, SIZES, strict=True):
        if (len(labels), *images.shape) != (size, size, 28, 28) or labels.max() > 9:
            raise _broken(files)
    return full


def _broken(files: tuple[Path, ...]) -> DatasetError:
    return DatasetError(
        f"The files in {files[0].parent} are not all of MNIST.",
        f"Put whole ones there, or let {FOLDER} name another folder.",
    )


def _read_idx(path: Path) -> Bytes:
    """Read unsigned bytes of any shape: a magic number, the shape, and the values."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if raw[:3] != _BYTES:
        raise ValueError
    shape = np.frombuffer(raw, ">u4", raw[3], 4).tolist()
    return np.frombuffer(raw, np.uint8, prod(shape), 4 + 4 * raw[3]).reshape(shape)


def _read_npz(path: Path) -> list[Bytes]:
    with np.load(path, allow_pickle=False) as archive:
        return [archive[name].astype(np.uint8) for name in _ARRAYS]
