"""Files made to do harm, four a kind: archives, second tables, texts (models are in test_model).

Work and memory are counted, not timed.
"""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from nnlib.datasets import DatasetError, check_table, from_frame, read_table
from nnlib.datasets.text.bag import BagSettings, make_text_data
from nnlib.datasets.text.corpora import MAX_CHARACTERS, MAX_TEXTS, corpus_from_frame

TABLE = b"a,b,kind\n" + b"1.5,2,u\n2.5,1,v\n" * 40


def peak_of(do: Callable[[], object]) -> int:
    """Return the bytes that were in use at most."""
    tracemalloc.start()
    try:
        do()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# --- archives -------------------------------------------------------------------------------------


def zipped(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def of_many_entries() -> bytes:
    return zipped({f"{i}/": b"" for i in range(40_000)} | {"t.csv": TABLE})


def of_another_method() -> bytes:
    return zipped({"t.csv": TABLE}, zipfile.ZIP_LZMA)


def with_a_size_that_lies() -> bytes:
    content = bytearray(zipped({"t.csv": b"a,b\n" + b"1,2\n" * 2**25}))
    entry = content.rindex(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (1000).to_bytes(4, "little")
    return bytes(content)


def with_a_directory_that_lies() -> bytes:
    """Return an archive of which one record at the end says a small directory, another a huge."""
    content = zipped({"t.csv": TABLE})
    at = content.rindex(b"PK\x05\x06")
    large = b"PK\x06\x06" + (44).to_bytes(8, "little") + bytes(28) + (2**40).to_bytes(8, "little")
    locator = b"PK\x06\x07" + bytes(4) + at.to_bytes(8, "little") + (1).to_bytes(4, "little")
    return content[:at] + large.ljust(56, b"\0") + locator + content[at:]


@pytest.mark.parametrize(
    "make",
    [of_many_entries, of_another_method, with_a_size_that_lies, with_a_directory_that_lies],
)
def test_an_archive_is_refused_before_it_fills_the_memory(make):
    content = make()

    def read() -> None:
        with pytest.raises(DatasetError):
            read_table(content)

    assert peak_of(read) < 10_000_000


@pytest.mark.parametrize("use", [{"target": "t"}, {"target": "y", "split_by": "t"}])
def test_one_long_text_takes_its_room_once(use):
    texts = ["u", "v"] * 1000
    texts[7] = "w" * 100_000
    frame = pd.DataFrame({"t": texts, "x": np.arange(2000.0), "y": ["a", "b"] * 1000})

    def make() -> None:
        notes = from_frame(frame, **use).notes
        warnings = check_table(frame, use["target"], "multiclass", ["x"])
        assert max(map(len, (*notes, *warnings))) < 500

    assert peak_of(make) < 100_000_000  # an array of texts of one width would take 800 MB


# --- second tables --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def prepared():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=80), "c": np.tile(["p", "q"], 40)})
    return from_frame(frame.assign(y=np.tile(["u", "v", "v", "u"], 20)), "y").preprocessing


def test_a_hundred_thousand_new_categories_are_one_short_note(prepared):
    frame = pd.DataFrame({"a": 1.0, "c": [f"new {i}" for i in range(100_000)]})
    features, notes = prepared.transform_with_notes(frame)
    assert (features[:, 1:] == 0).all()
    assert sum(map(len, notes)) < 500


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (pd.DataFrame([[1.0, "p", "q"]], columns=["a", "c", "c"]), "called 'c'"),
        (pd.DataFrame({"a": ["many", "words"], "c": "p"}), "other things than numbers"),
        (pd.DataFrame({"a": [1e300], "c": "p"}), "too large"),
    ],
    ids=["names that come twice", "words for numbers", "beyond float32"],
)
def test_a_second_table_that_cannot_be_is_explained(prepared, frame, words):
    with pytest.raises(DatasetError, match=words):
        prepared.transform_with_notes(frame)


# --- texts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "count"),
    [
        (["w " * 5_000_000, "short", "other", "more", "last", "end"], 6),
        (["again and again"] * 200_000 + ["a", "b", "c", "d"], 5),
        ([f"text {i}" for i in range(60_000)], MAX_TEXTS),
        (["\0\0\x01", "\ufeff\u200b", "🙂" * 9000, "a\u0301", "नमस्ते", "=1+1"], 6),
    ],
    ids=["one of ten megabytes", "one many times", "too many", "odd letters"],
)
def test_texts_without_measure_become_a_corpus_within_it(texts, count):
    frame = pd.DataFrame({"text": texts, "label": ["u", "v"] * (len(texts) // 2)})
    corpus = corpus_from_frame(frame, "text", "label")
    assert len(corpus.texts) == len(corpus.rows) == count
    assert max(map(len, corpus.texts)) <= MAX_CHARACTERS
    if count < 10:
        data = make_text_data(corpus, BagSettings(longest=3, max_features=5_000)).data
        assert data.n_features <= 5_000
