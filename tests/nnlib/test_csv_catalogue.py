"""Broken, polluted and hostile files: each is read, or refused in two sentences."""

from __future__ import annotations

import io
import tracemalloc

import pandas as pd
import pytest
from csv_files import (
    HEADER,
    HOSTILE,
    PAIRS,
    PLAIN,
    POLLUTIONS,
    SINGLES,
    clean_rows,
    polluted,
)

from nnlib.datasets import Dataset, DatasetError, from_frame, read_table


def result_of(raw: bytes) -> Dataset | DatasetError:
    """What a page would have of a file; anything but these two is a bug and fails the test."""
    try:
        return from_frame(read_table(raw).frame, drop_missing_target=True)
    except DatasetError as error:
        for sentence in (error.problem, error.hint):
            assert sentence.endswith("."), sentence
            assert "\n" not in sentence.strip(), sentence
            assert "Traceback" not in sentence
        return error


def rows_of(names: tuple[str, ...]) -> list[list[str]]:
    """The rows that are to be found: those with too many values are left out."""
    rows = clean_rows()
    return [row for i, row in enumerate(rows) if i % 9 != 4] if "long rows" in names else rows


@pytest.mark.parametrize("names", SINGLES, ids="".join)
def test_each_pollution_is_read_right(names):
    frame = read_table(polluted(names)).frame
    assert list(frame.columns) == HEADER
    rows = rows_of(names)
    assert frame["name"].tolist() == [row[0] for row in rows]
    if POLLUTIONS[names[0]][0] != "age":
        assert frame["age"].tolist() == [int(row[2]) for row in rows]
    data = from_frame(frame, "kind", drop_missing_target=True)
    assert len(data.class_names) == 2
    assert {"age", "weight"} <= set(data.preprocessing.numeric)


@pytest.mark.parametrize(
    "names",
    [pytest.param(p, marks=[pytest.mark.long] if i % 4 else []) for i, p in enumerate(PAIRS)],
    ids=" + ".join,
)
def test_pairs_of_pollutions_are_read(names):
    raw = polluted(names)
    outcome = result_of(raw)
    assert isinstance(outcome, Dataset), outcome
    frame = read_table(raw).frame
    assert list(frame.columns) == HEADER
    assert frame["name"].tolist() == [row[0] for row in rows_of(names)]


def test_the_catalogue_is_large():
    assert len(SINGLES) + len(PAIRS) + len(HOSTILE) >= 150


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_read_or_explained(name):
    outcome = result_of(HOSTILE[name])
    assert isinstance(outcome, Dataset | DatasetError)


@pytest.mark.parametrize(
    "name",
    [
        "nothing", "blanks", "NULs", "a byte order mark alone", "too many columns", "one column",
        "a header alone", "delimiters only", "a gzip bomb", "half a gzip", "gzip of nothing",
        "gzip with rubbish", "an empty zip", "a zip bomb", "half a workbook",
        "a workbook of rubbish", "parquet rubbish", "half a parquet", "a pickle", "an image",
        "only gaps", "one row", "control characters",
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(name):
    assert isinstance(result_of(HOSTILE[name]), DatasetError)


def test_a_bomb_is_not_unpacked():
    tracemalloc.start()
    with pytest.raises(DatasetError, match="unpack"):
        read_table(HOSTILE["a zip bomb"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


def test_excel_and_parquet_hold_the_same_table():
    frame = pd.read_csv(io.BytesIO(PLAIN))
    book, parquet = io.BytesIO(), io.BytesIO()
    frame.to_excel(book, index=False)
    frame.to_parquet(parquet)
    expected = read_table(PLAIN).frame
    for file in (book, parquet):
        pd.testing.assert_frame_equal(read_table(file.getvalue()).frame, expected)
