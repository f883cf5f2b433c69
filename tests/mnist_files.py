"""A folder with the four files of MNIST, of a few random images, which then count as all."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from nnlib.datasets import full_mnist
from nnlib.datasets.full_mnist import IDX, FullMnist


def few(train: int = 40, test: int = 20) -> FullMnist:
    """Return random images, of which every digit has some."""
    rng = np.random.default_rng(0)
    made = []
    for count in (train, test):
        made.append(rng.integers(0, 256, (count, 28, 28), np.uint8))
        made.append(np.arange(count, dtype=np.uint8) % 10)
    return FullMnist(*made)


def count_as_all(full: FullMnist, patch: pytest.MonkeyPatch) -> None:
    """Let so many images be all that there are."""
    patch.setattr(full_mnist, "SIZES", (len(full.train_labels), len(full.test_labels)))


def write_idx(folder: Path, full: FullMnist, *, packed: bool = False) -> None:
    """Write the files as the database has them: magic number, shape in big-endian, bytes."""
    for name, array in zip(IDX, full, strict=True):
        head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
        raw = head + array.tobytes()
        path = folder / (f"{name}.gz" if packed else name)
        path.write_bytes(gzip.compress(raw) if packed else raw)
