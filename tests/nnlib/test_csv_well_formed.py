"""Well-formed files: none of the rules for others changes a value or says a word."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nnlib.datasets import read_table

N = 40
RNG = np.random.default_rng(5)
WORDS = ["north", "south", "east", "west"]


def pick(values: list[str]) -> list[str]:
    return [values[i] for i in RNG.integers(0, len(values), N)]


NUMBERS = {
    "small": RNG.normal(size=N).round(3),
    "three decimals": (RNG.uniform(1, 999, N)).round(3),
    "whole": RNG.integers(0, 100, N),
    "negative": -RNG.integers(1, 100, N),
    "large": RNG.integers(10**6, 10**9, N),
    "nine digits": RNG.integers(10**8, 10**9, N),
    "eight digits": RNG.integers(30_000_000, 99_999_999, N),
    "tiny": RNG.uniform(1e-12, 1e-9, N),
    "huge": RNG.uniform(1e20, 1e25, N),
    "years": RNG.integers(1950, 2024, N),
    "flags": RNG.integers(0, 2, N),
    "gaps": np.where(RNG.random(N) < 0.2, np.nan, RNG.normal(size=N).round(2)),
    "milliseconds": 1_748_736_090_000 + np.arange(N),
    "counting": np.arange(N),
    "halves": np.arange(N) + 0.5,
    "truth": RNG.integers(0, 2, N).astype(bool),
    "zeros": np.zeros(N, dtype=int),
}
TEXTS = {
    "words": pick(WORDS),
    "names": pick(["Ann", "Bob", "Nancy", "Nataly"]),
    "capitals": pick(["ZA", "BW", "NE", "NO"]),
    "grades": pick(["A", "B+", "B-", "C"]),
    "plus": pick(["+1 a", "b-", "c+d"]),
    "sizes": pick(["S", "M", "L", "XL"]),
    "seats": pick(["12A", "7B", "3C"]),
    "versions": pick(["1.2.3", "1.10.0", "2.0.1"]),
    "addresses": pick(["12 Main Street", "7 Elm Road", "3 Oak Lane"]),
    "sentences": pick(["None of them, he said", "All; total", "a: b", 'so-called "art"']),
    "lines": pick(["one\ntwo", "three\nfour, five", "six"]),
    "totals": pick(["total", "part", "sum"]),
    "telephone": pick(["+49 30 1234", "+1 555 0100", "+44 20 7946"]),
    "inches": pick(['5" pipe', '3" pipe', "rod"]),
    "markup": pick(["<b>1</b>", "# 5", "% x"]),
    "mail": pick(["ann@a.org", "bob@b.org", "cy@c.net"]),
    "ranges": pick(["1-5", "6-10", "11-20"]),
    "ratios": pick(["1:2", "3:4", "2:1"]),
    "floors": pick(["3rd", "1st", "2nd"]),
    "doses": pick(["5 mg daily", "10 mg daily", "none given"]),
    "months": pick(["January", "February", "March"]),
    "hashes": pick(["1e5a", "9f3b", "00ff"]),
    "dates": [f"2024-0{1 + i % 9}-{10 + i % 19}" for i in range(N)],
    "quoted": pick(["'single'", "it's", "o'clock"]),
    "lists": pick(["1,2", "1,3,4", "2"]),
    "Infinity": pick(["Infinity", "Acura", "Ford"]),
}
COLUMNS = NUMBERS | TEXTS


def test_there_are_enough():
    assert len(COLUMNS) >= 40


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_well_formed_file_stays_as_it_is(name, delimiter):
    frame = pd.DataFrame(
        {"first": np.arange(N) * 1.5, name: COLUMNS[name], "kind": pick(["u", "v"])}
    )
    read = read_table(frame.to_csv(index=False, sep=delimiter).encode())
    assert read.notes == ()
    found = read.frame
    assert list(found.columns) == list(frame.columns)
    for column in frame.columns:
        assert found[column].dtype.kind == frame[column].dtype.kind
        if frame[column].dtype.kind == "f":
            np.testing.assert_allclose(found[column], frame[column], rtol=1e-15)
        else:
            assert found[column].tolist() == frame[column].tolist()


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_first_and_last_alone_with_a_class(name):
    for columns in (
        {name: COLUMNS[name], "kind": pick(["u", "v"])},
        {"k": pick(["u", "v"]), name: COLUMNS[name]},
    ):
        frame = pd.DataFrame(columns)
        found = read_table(frame.to_csv(index=False).encode())
        assert list(found.frame.columns) == list(frame.columns)
        assert len(found.frame) == N
