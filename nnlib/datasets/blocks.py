"""Which rows of a file are the table: not the lines before and after it, nor a second table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import DatasetError

Counts = NDArray[np.int32]


class RowSizes(NamedTuple):
    """Of each row: how many values it has, how many are not empty, and the line it ends on."""

    widths: Counts
    filled: Counts
    lines: Counts


class Block(NamedTuple):
    """The rows of a table, header included, their usual width, and notes for people."""

    rows: NDArray[np.intp]
    width: int
    notes: list[str]


def find_table(sizes: RowSizes, *, trim: bool = True) -> Block:
    """Return the largest table among the rows.

    Tables end at empty rows, if what follows has another width. Rows before the first of usual
    width and after the last one are left out if `trim`.

    Raises
    ------
    DatasetError
        If no row has more than one value.
    """
    parts = _tables(sizes)
    if not parts:
        raise DatasetError(
            "The file has only one column.",
            "It needs at least one feature and one target, separated by commas, semicolons or "
            "tabs.",
        )
    width, rows = max(parts, key=lambda part: part[0] * len(part[1]))
    notes = []
    if len(parts) > 1:
        first, last = sizes.lines[rows[0]], sizes.lines[rows[-1]]
        notes.append(
            f"The file has {len(parts)} tables; the largest was read, lines {first:,} to {last:,}."
        )
    if trim:
        rows, words = _trimmed(rows, width, sizes)
        notes += words
    return Block(rows, width, notes)


def _tables(sizes: RowSizes) -> list[tuple[int, NDArray[np.intp]]]:
    """Return runs of rows between empty ones, joined where they have the same usual width."""
    full = np.flatnonzero(sizes.filled > 0)
    runs = np.split(full, np.flatnonzero(np.diff(full) > 1) + 1) if full.size else []
    if len(runs) > 200:  # empty rows all over: they do not part tables
        runs = [full]
    tables: list[tuple[int, list[NDArray[np.intp]]]] = []
    for run in runs:
        width = _usual(sizes.widths[run])
        if width < 2:
            continue
        # A single odd row is a ragged row or a line of totals, no table of its own.
        alone = len(run) < 3 and len(runs) > 1
        if tables and (tables[-1][0] == width or alone):
            tables[-1][1].append(run)
        elif tables and sum(map(len, tables[-1][1])) < 3:
            tables[-1] = (width, [*tables[-1][1], run])
        else:
            tables.append((width, [run]))
    return [(width, np.concatenate(runs)) for width, runs in tables]


def _usual(widths: Counts) -> int:
    """Return the most frequent width; among equally frequent ones the largest."""
    counts = Counter(widths.tolist())
    return int(max(counts, key=lambda width: (counts[width], width)))


def _trimmed(
    rows: NDArray[np.intp], width: int, sizes: RowSizes
) -> tuple[NDArray[np.intp], list[str]]:
    widths, filled = sizes.widths[rows], sizes.filled[rows]

    def belongs(i: int) -> bool:
        # A title in an otherwise empty row of many cells is none of the table.
        return widths[i] >= width and (filled[i] > 1 or width < 3)

    start, end = 0, len(rows)
    while start < end - 1 and not belongs(start):
        # Names of columns may be one fewer than the values: row names have no heading.
        if widths[start] == width - 1 and width > 2 and _all_of(widths[start + 1 :], width):
            break
        start += 1
    if start == end - 1:
        start = 0
    while end > start + 2 and (widths[end - 1] == 1 or (filled[end - 1] == 1 and width > 2)):
        end -= 1
    notes = []
    if start:
        lines = "1 line" if start == 1 else f"{start:,} lines"
        notes.append(f"{lines} before the table left out.")
    if end < len(rows):
        count = len(rows) - end
        notes.append(f"{'1 line' if count == 1 else f'{count:,} lines'} after the table left out.")
    return rows[start:end], notes


def _all_of(widths: Iterable[int], width: int) -> bool:
    found = Counter(widths)
    return found[width] >= 0.9 * found.total() > 0
