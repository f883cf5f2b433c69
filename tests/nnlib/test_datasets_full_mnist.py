"""The whole of MNIST: found where it lies, read as it is, and one sentence where it is broken."""

from pathlib import Path

import mnist_files
import numpy as np
import pytest

from nnlib.datasets import DatasetError, load
from nnlib.datasets.full_mnist import FOLDER, IDX, find_full_mnist, read_full_mnist
from nnlib.papers import PAPERS

FULL = mnist_files.few()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the environment names, with nothing in it; Keras has nothing either."""
    monkeypatch.setenv(FOLDER, str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    mnist_files.count_as_all(FULL, monkeypatch)
    return tmp_path


def read():
    return read_full_mnist(find_full_mnist())


def same(found) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(found, FULL, strict=True))


def test_the_data_set_of_all_images_is_made_of_files_that_are_there(folder: Path, monkeypatch):
    full = mnist_files.few(100, 50)
    mnist_files.write_idx(folder, full)
    mnist_files.count_as_all(full, monkeypatch)
    told: list[str] = []
    data = load("mnist", n_samples=100, progress=told.append)
    assert told == [] and np.bincount(data.y_train).tolist() == [8] * 10
    assert data.name == "mnist" and data.image_shape == (28, 28)


@pytest.mark.parametrize("packed", [False, True])
def test_the_four_files_are_read_packed_or_not(folder: Path, packed: bool):
    assert find_full_mnist() == ()
    mnist_files.write_idx(folder, FULL, packed=packed)
    assert same(read())


def test_the_file_of_keras_is_read_in_its_place_and_in_the_named_folder(folder: Path):
    arrays = dict(zip(("x_train", "y_train", "x_test", "y_test"), FULL, strict=True))
    own = folder / "keras" / "datasets"
    for place in (own, folder):
        place.mkdir(parents=True, exist_ok=True)
        np.savez(place / "mnist.npz", **arrays)
        assert find_full_mnist() == (place / "mnist.npz",) and same(read())


def test_a_folder_with_three_of_the_four_files_has_none(folder: Path):
    mnist_files.write_idx(folder, FULL)
    (folder / IDX[2]).unlink()
    assert find_full_mnist() == ()


@pytest.mark.parametrize("damage", [b"", b"\0\0\x08\x03", b"\0\0\x0d\x03" + bytes(400), b"text"])
@pytest.mark.parametrize("name", [IDX[0], IDX[3], f"{IDX[1]}.gz"])
def test_broken_files_are_one_sentence(folder: Path, damage: bytes, name: str):
    mnist_files.write_idx(folder, FULL, packed=name.endswith(".gz"))
    (folder / name).write_bytes(damage)
    with pytest.raises(DatasetError, match="not all of MNIST"):
        read()


def test_labels_that_are_no_digits_or_too_few_and_a_part_of_the_data_are_not_taken(folder: Path):
    fives, fewer = FULL.train_labels + 5, FULL.train_labels[:-1]
    for wrong in (
        FULL._replace(train_labels=fives),
        FULL._replace(train_labels=fewer),
        mnist_files.few(40, 10),
    ):
        mnist_files.write_idx(folder, wrong)
        with pytest.raises(DatasetError, match="not all of MNIST"):
            read()


def test_the_card_says_what_it_lacks_until_it_is_there(folder: Path):
    paper = PAPERS["mnist_table"]
    said = paper.lacking()
    assert FOLDER in said and all(name in said for name in IDX) and "mnist.npz" in said
    mnist_files.write_idx(folder, FULL)
    assert paper.lacking() == ""
