"""Damaged and generated tables: always a `Dataset` or a `DatasetError`, within 5 s and 1 GiB."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlib.datasets import Dataset, DatasetError, from_frame, read_table
from scripts import fuzz_csv

ROOT = Path(__file__).resolve().parents[2]


def test_ten_damaged_files():
    command = [sys.executable, "scripts/fuzz_csv.py", "10"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "10 inputs" in ended.stdout
    assert ended.stdout.strip().endswith(" 0 failed")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ZeroDivisionError("x"), "ZeroDivisionError: x"),
        (MemoryError(), "MemoryError"),
        (DatasetError("nothing but words", "none"), "no sentence: nothing but words"),
    ],
)
def test_the_fuzzer_sees_what_is_wrong(monkeypatch, error, said):
    def fail(raw):
        raise error

    monkeypatch.setattr(fuzz_csv, "read_table", fail)
    assert said in fuzz_csv.outcome_of(b"a,b\n1,2\n")


def test_the_fuzzer_sees_what_is_slow(monkeypatch):
    monkeypatch.setattr(fuzz_csv, "SECONDS", 0.0)
    assert "seconds, then" in fuzz_csv.outcome_of(fuzz_csv.PLAIN)


def test_inputs_come_again_and_differ():
    assert fuzz_csv.damaged(7) == fuzz_csv.damaged(7)
    assert len({fuzz_csv.damaged(number) for number in range(50)}) > 45


CELL = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.floats().map(str),
    st.sampled_from(["", "NA", "-", "?", "true", "yes", "2024-02-29", "31.12.1999", "5 %", "€ 3"]),
    st.text("ab1 .,;|\t'\"\\\r\n<$*é", max_size=8),
)


@settings(max_examples=80, deadline=None)
@given(
    st.integers(2, 5).flatmap(
        lambda n: st.lists(st.lists(CELL, min_size=n, max_size=n), min_size=3, max_size=12)
    ),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-16", "cp1252"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_generated_tables_are_read_or_explained(rows, delimiter, encoding, end):
    text = pd.DataFrame(rows).to_csv(index=False, sep=delimiter, lineterminator=end)
    try:
        table = read_table(text.encode(encoding, "replace"))
        assert len(set(table.frame.columns)) == table.frame.shape[1] >= 1
        assert isinstance(from_frame(table.frame, drop_missing_target=True), Dataset)
    except DatasetError as error:
        assert error.problem.endswith(".")
        assert error.hint.endswith(".")
