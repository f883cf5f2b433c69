"""A log's file to columns of numbers: CSV of any dialect, JSON lines, or one JSON document."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlib.datasets.errors import DatasetError

MOST_BYTES = 50_000_000
_BLANK = ("", "na", "none", "null", "n/a")
_HINT = "Give the CSV or JSON lines that the logger of your library wrote."


@dataclass(frozen=True, eq=False)
class RawLog:
    """A log as it was written.

    Attributes
    ----------
    columns : values by column, (rows,) each, and NaN where `filled` says that a cell is blank
    filled : whether a cell holds a number, also one that is not finite, (rows,) each
    settings : what the file itself says of network, training and data
    name : of the file; TensorBoard names the one value of an export only there
    """

    columns: Mapping[str, npt.NDArray[np.float64]]
    filled: Mapping[str, npt.NDArray[np.bool_]]
    settings: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """How many cells of each column hold a number."""
        return {name: int(cells.sum()) for name, cells in self.filled.items()}


def read_log(content: bytes, name: str = "") -> RawLog:
    """Read the log of a run.

    Parameters
    ----------
    content : of a CSV file, of JSON lines, or of a JSON list of records (also as the
        ``log_history`` of a Hugging Face trainer's state)
    name : of the file

    Raises
    ------
    DatasetError
        Where it holds no records of numbers.
    """
    if len(content) > MOST_BYTES:
        raise DatasetError("This log is larger than 50 MB.", "Log every tenth step, or fewer.")
    text = content.decode("utf-8-sig", errors="replace").strip()
    if not text:
        raise DatasetError("This file is empty.", _HINT)
    rows = list(_json_rows(text) if text[0] in "{[" else _csv_rows(text))
    settings: dict[str, Any] = {}
    records = []
    for row in rows:
        if isinstance(row.get("settings"), dict):
            settings |= row["settings"]
        else:
            records.append(dict(_flat(row)))
    return _columns(records, settings, name)


def _columns(records: list[dict[str, Any]], settings: dict[str, Any], name: str) -> RawLog:
    names = list(dict.fromkeys(key for row in records for key in row))
    columns, filled = {}, {}
    for key in names:
        numbers = [_number(row.get(key)) for row in records]
        if any(n is not None for n in numbers):
            filled[key] = np.array([n is not None for n in numbers])
            columns[key] = np.array([math.nan if n is None else n for n in numbers])
    if not columns:
        raise DatasetError("This file holds no column of numbers.", _HINT)
    return RawLog(columns, filled, settings, name)


def _json_rows(text: str) -> Iterator[dict[str, Any]]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError:
        document = list(_json_lines(text))
    if isinstance(document, dict):
        document = document.get("log_history", [document])
    if not isinstance(document, list):
        raise DatasetError("This file holds no records.", _HINT)
    for row in document:
        if isinstance(row, dict):
            yield row


def _json_lines(text: str) -> Iterator[Any]:
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield json.loads(line)
        except json.JSONDecodeError as error:
            if number == len(lines) > 1:  # the run was killed while it wrote this line
                return
            raise DatasetError(f"Line {number:,} of this file is not JSON.", _HINT) from error


def _csv_rows(text: str) -> Iterator[dict[str, Any]]:
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        header = [cell.strip() for cell in next(reader)]
        for row in reader:
            yield dict(zip(header, row, strict=False))
    except csv.Error as error:
        raise DatasetError("This file is no CSV file.", _HINT) from error


def _flat(row: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in row.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}/")
        else:
            yield name, value


def _number(cell: Any) -> float | None:
    """Return a cell's number, which may be NaN or infinite, or None where it has none."""
    if isinstance(cell, str) and cell.strip().lower() in _BLANK:
        return None
    try:
        return None if cell is None else float(cell)
    except (TypeError, ValueError, OverflowError):
        return None
