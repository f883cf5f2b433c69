"""Which rows of a file are the table: not the lines before and after it, nor another table."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnlib.datasets.errors import DatasetError

from .survey import Counts, Survey, share_names

Numbers = NDArray[np.intp]


class Block(NamedTuple):
    """The rows of a table, header included, their usual width, and notes for people."""

    rows: Numbers
    width: int
    notes: list[str]


def find_table(found: Survey, *, trim: bool = True, number: int | None = None) -> Block:
    """Return one table among the rows.

    Tables end at empty rows, if what follows has another width or other names, and at rows that
    name other columns. Rows before the first of usual width and after the last one are left out if
    `trim`.

    Parameters
    ----------
    number : which table, from 1; the largest if not given

    Raises
    ------
    DatasetError
        If no row has more than one value, or there are not so many tables.
    """
    parts = _tables(found)
    if not parts:
        raise DatasetError(
            "The file has only one column.",
            "It needs at least one feature and one target, separated by commas, semicolons or "
            "tabs.",
        )
    if number is not None and not 1 <= number <= len(parts):
        raise DatasetError(
            f"The file has no table {number:,}; it has {len(parts):,}.", "Choose another table."
        )
    sizes = [width * len(rows) for width, rows in parts]
    chosen = sizes.index(max(sizes)) if number is None else number - 1
    width, rows = parts[chosen]
    notes = _others(parts, chosen, found.lines) if len(parts) > 1 else []
    if trim:
        rows = _trimmed(rows, width, found)
    others = [other for i, (_, other) in enumerate(parts) if i != chosen]
    return Block(rows, width, [*notes, *_outside(rows, others, found)])


def _tables(found: Survey) -> list[tuple[int, Numbers]]:
    """Return runs of rows between empty ones and names, joined where they belong together."""
    full = np.flatnonzero(found.filled > 0)
    runs = np.split(full, np.flatnonzero(np.diff(full) > 1) + 1) if full.size else []
    if len(runs) > 200:  # empty rows all over: they do not part tables
        runs = [full]
    runs = [part for run in runs for part in _parted(run, found)]
    tables: list[tuple[int, list[Numbers]]] = []
    names: list[str] | None = None
    for run in runs:
        width = _usual(found.widths[run])
        if width < 2:
            continue
        new = found.headers.get(int(run[0]))
        same = new is not None and names is not None and share_names(names, new)
        other = new is not None and not same and len(run) > 1 and bool(tables)
        # A single odd row is a ragged row or a line of totals, no table of its own.
        alone = len(run) < 3 and len(runs) > 1 and not other
        if other and names is None and sum(map(len, tables[-1][1])) < 3:  # lines above a table
            tables[-1], names = (width, [run]), new
        elif tables and (same or alone or (tables[-1][0] == width and not other)):
            tables[-1][1].append(run)
        elif tables and sum(map(len, tables[-1][1])) < 3 and not other:
            tables[-1] = (width, [*tables[-1][1], run])
        else:
            tables.append((width, [run]))
            names = new
    joined = [np.concatenate(runs) for _, runs in tables]
    return [(_usual(found.widths[rows]), rows) for rows in joined]


def _parted(run: Numbers, found: Survey) -> list[Numbers]:
    """Part a run where a row names other columns than the rows above."""
    at, names = [], found.headers.get(int(run[0]))
    inside = [number for number in found.headers if run[0] < number <= run[-1]]
    for number in sorted(inside):
        new = found.headers[number]
        position = int(np.searchsorted(run, number))
        if names is not None and not share_names(names, new):
            at.append(position)
            names = new
        elif names is None and position < 3:  # a title, or the first row of names
            names = new
        elif names is None:
            at.append(position)
            names = new
    return np.split(run, at)


def _usual(widths: Counts) -> int:
    """Return the most frequent width; among equally frequent ones the largest."""
    counts = Counter(widths.tolist())
    return int(max(counts, key=lambda width: (counts[width], width)))


def _trimmed(rows: Numbers, width: int, found: Survey) -> Numbers:
    widths, filled = found.widths[rows], found.filled[rows]

    def belongs(i: int) -> bool:
        # A title in an otherwise empty row of many cells is none of the table.
        return widths[i] >= width and (filled[i] > 1 or width < 3)

    start, end = 0, len(rows)
    while start < end - 1 and not belongs(start):
        # Names of columns may be fewer than the values: row names have no heading.
        if widths[start] == width - 1 and width > 2 and _all_of(widths[start + 1 :], width):
            break
        if int(rows[start]) in found.headers and widths[start] >= width / 2:
            break
        start += 1
    if start == end - 1:
        start = 0
    while end > start + 2 and (widths[end - 1] == 1 or (filled[end - 1] == 1 and width > 2)):
        end -= 1
    gaps = np.flatnonzero(np.diff(rows[start:end]) > 1)
    if gaps.size:  # a narrow line or two behind an empty one are a source or a note
        tail = start + int(gaps[-1]) + 1
        if end - tail < 3 < tail - start and (widths[tail:end] < width).all():
            end = tail
    return rows[start:end]


def _all_of(widths: Iterable[int], width: int) -> bool:
    found = Counter(widths)
    return found[width] >= 0.9 * found.total() > 0


def _others(parts: Sequence[tuple[int, Numbers]], chosen: int, lines: Counts) -> list[str]:
    """Say which table was read, and where the others are."""
    places = [f"table {i}, {_span(lines[rows])}" for i, (_, rows) in enumerate(parts, start=1)]
    others = [place for i, place in enumerate(places) if i != chosen]
    more = f" and {len(others) - 5} more" if len(others) > 5 else ""
    return [
        f"The file has {len(parts)} tables; {places[chosen]}, was read. "
        f"There is also {'; '.join(others[:5])}{more}."
    ]


def _outside(rows: Numbers, others: Sequence[Numbers], found: Survey) -> list[str]:
    """Say which rows that are not empty belong to no table."""
    left = np.setdiff1d(
        np.flatnonzero(found.filled > 0), np.concatenate([rows, *others]), assume_unique=True
    )
    before, after = left[left < rows[0]], left[left > rows[-1]]
    within = np.setdiff1d(left, np.concatenate([before, after]), assume_unique=True)
    places = ((before, "before"), (after, "after"), (within, "amid"))
    return [
        f"{'1 line' if len(part) == 1 else f'{len(part):,} lines'} {where} the table left out: "
        f"{_span(found.lines[part])}."
        for part, where in places
        if len(part)
    ]


def _span(lines: Counts) -> str:
    first, last = int(lines[0]), int(lines[-1])
    return f"line {first:,}" if first == last else f"lines {first:,} to {last:,}"
