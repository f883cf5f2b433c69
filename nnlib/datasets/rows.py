"""From rows of cells to a pandas table: find the table, name its columns, type their values."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .blocks import RowSizes, find_table
from .cells import column_of
from .dialect import (
    SAMPLE_ROWS,
    Dialect,
    count_header_rows,
    has_header,
    sniff_decimal,
    usual_width,
)
from .errors import DatasetError, listing
from .limits import MAX_COLUMNS, most_rows

if TYPE_CHECKING:
    import pandas as pd

Rows = Callable[[], Iterable[tuple[int, list[str]]]]
"""Gives the rows anew at each call: the line that each ends on, and its values."""

MAX_RAGGED_SHARE = 0.2  # of the rows, so many may have too many values; they are left out
LONGEST_NAME = 200


def table_of_rows(
    rows: Rows, dialect: Dialect, header: bool | None, sample_seed: int | None, *, trim: bool
) -> tuple[pd.DataFrame, Dialect, list[str]]:
    """Return the largest table among the rows, how it is written, and notes for people.

    The rows are gone through twice, once to measure and once to keep what is needed, so that a
    file of any length needs little memory.

    Parameters
    ----------
    rows : callable
    dialect : Dialect
        An empty `decimal` and `header_rows` of 0 are found out.
    header : bool, optional
        Whether the first row names the columns; found out if not given.
    sample_seed : int, optional
        Draws the rows of a table that is too long; without it such a table is refused.
    trim : bool
        Whether to leave out lines before and after the table.

    Raises
    ------
    DatasetError
        If there is no table of at least one row and two columns, or it is too large.
    """
    sizes = _measure(rows)
    block = find_table(sizes, trim=trim)
    notes = list(block.notes)
    head = _kept(rows, block.rows[:SAMPLE_ROWS])
    dialect = _settled(dialect, head, header)
    n_names = dialect.header_rows if dialect.has_header else 0
    names, words = _column_names(head, n_names, block.width)
    notes += words
    body = block.rows[n_names:]
    if len(names) > MAX_COLUMNS:
        raise DatasetError(
            f"The table has {len(names):,} columns; the limit is {MAX_COLUMNS:,}.",
            "Remove the columns that are not needed.",
        )
    body, words = _without_long_rows(rows, body, len(names), sizes)
    notes += words
    body, words = sampled(body, len(names), sample_seed)
    notes += words
    cells, words = _cells(rows, body, names, head[:n_names])
    frame = _frame(cells, names, dialect.decimal)
    if frame.empty:
        raise DatasetError(
            "The file has column names but no rows of data.", "Add rows of data below the names."
        )
    return frame, dialect, [*notes, *words]


def _measure(rows: Rows) -> RowSizes:
    widths, filled, lines = array("i"), array("i"), array("i")
    for line, row in rows():
        widths.append(len(row))
        empty = row.count("")
        filled.append(0 if empty == len(row) or not any(map(str.strip, row)) else len(row) - empty)
        lines.append(line)
    return RowSizes(*(np.array(values, dtype=np.int32) for values in (widths, filled, lines)))


def _kept(rows: Rows, numbers: NDArray[np.intp]) -> list[list[str]]:
    """Return the rows of these ascending numbers, their values stripped."""
    wanted = set(numbers.tolist())
    last = int(numbers[-1]) + 1 if len(numbers) else 0
    return [
        [cell.strip() for cell in row]
        for number, (_, row) in enumerate(islice(rows(), last))
        if number in wanted
    ]


def _settled(dialect: Dialect, head: list[list[str]], header: bool | None) -> Dialect:
    """Fill in what is to be found out: the decimal mark and the rows that name the columns."""
    decimal = dialect.decimal or sniff_decimal(head, dialect.delimiter)
    named = has_header(head, decimal) if header is None else header
    count = dialect.header_rows or (count_header_rows(head, decimal) if header is None else 1)
    if not named:
        count = 0
    return replace(dialect, decimal=decimal, has_header=named, header_rows=count)


def _column_names(head: list[list[str]], count: int, width: int) -> tuple[list[str], list[str]]:
    """Return unique names as wide as the rows are, and notes."""
    below = head[count:]
    if not count:
        note = "The first row looks like data, so the columns are called column 1, column 2, …"
        return [f"column {i + 1}" for i in range(usual_width(below) or width)], [note]
    names = _joined(head[:count])
    usual = usual_width(below) or len(names)
    if usual == len(names) + 1:  # row names without a heading, or a delimiter ending each row
        trailing = all(not row[-1] for row in below if len(row) == usual)
        names = [*names, ""] if trailing else ["", *names]
    names += [""] * (usual - len(names))
    names = [
        " ".join(name.split())[:LONGEST_NAME] or f"column {i + 1}" for i, name in enumerate(names)
    ]
    repeated = [name for name, number in Counter(names).items() if number > 1]
    if not repeated:
        return names, []
    return _numbered(names), [f"Several columns are called {listing(repeated)}; they are numbered."]


def _joined(header: list[list[str]]) -> list[str]:
    """Join the rows of a header; a name of a group counts for the empty cells after it."""
    if len(header) == 1:
        return list(header[0])
    width = max(map(len, header))
    parts: list[list[str]] = [[] for _ in range(width)]
    for number, row in enumerate(header):
        group = ""
        for i in range(width):
            cell = row[i] if i < len(row) else ""
            group = cell or (group if number < len(header) - 1 else "")
            parts[i] += [group] if group and group not in parts[i] else []
    return [" ".join(words) for words in parts]


def _numbered(names: list[str]) -> list[str]:
    """Make names unique: a, a, b becomes a, a (2), b."""
    unique: dict[str, None] = {}
    used: Counter[str] = Counter()
    for name in names:
        candidate = name
        used[name] += 1
        number = used[name]
        while candidate in unique:
            number = max(number, 2)
            candidate = f"{name} ({number})"
            number += 1
        used[name] = max(used[name], number - 1)
        unique[candidate] = None
    return list(unique)


def _without_long_rows(
    rows: Rows, body: NDArray[np.intp], width: int, sizes: RowSizes
) -> tuple[NDArray[np.intp], list[str]]:
    """Leave out rows that have more values than there are columns, if they are few."""
    suspects = body[sizes.widths[body] > width]
    if not len(suspects):
        return body, _short_rows(body, width, sizes)
    wanted = set(suspects.tolist())
    long = [
        number
        for number, (_, row) in enumerate(rows())
        if number in wanted and any(map(str.strip, row[width:]))
    ]
    if len(long) > MAX_RAGGED_SHARE * len(body):
        raise DatasetError(
            f"Line {sizes.lines[long[0]]} has {sizes.widths[long[0]]} values where {width} are "
            "expected.",
            "Correct the file; a value that contains the delimiter needs quotation marks.",
        )
    body = np.setdiff1d(body, np.array(long, dtype=np.intp))
    notes = _short_rows(body, width, sizes)
    if long:
        count = "1 row" if len(long) == 1 else f"{len(long):,} rows"
        have = "has" if len(long) == 1 else "have"
        notes.append(
            f"{count} left out that {have} more values than there are columns, the first in line "
            f"{sizes.lines[long[0]]:,}."
        )
    return body, notes


def _short_rows(body: NDArray[np.intp], width: int, sizes: RowSizes) -> list[str]:
    short = int((sizes.widths[body] < width).sum())
    if not short or short == len(body):
        return []
    have, rows = ("has", "row") if short == 1 else ("have", "rows")
    return [f"{short:,} {rows} {have} fewer values than there are columns; the rest is missing."]


def sampled(
    body: NDArray[np.intp], columns: int, seed: int | None
) -> tuple[NDArray[np.intp], list[str]]:
    """Draw as many rows as may be read, in their order, if there are more.

    Raises
    ------
    DatasetError
        If there are more and no seed is given.
    """
    limit = most_rows(columns)
    if len(body) <= limit:
        return body, []
    if seed is None:
        raise DatasetError(
            f"The table has {len(body):,} rows; the limit is {limit:,} for {columns:,} columns.",
            "Use a random part of its rows; that changes little in what can be seen.",
            over_limit=True,
        )
    drawn = np.sort(np.random.default_rng(seed).choice(len(body), limit, replace=False))
    return body[drawn], [f"A random sample of {limit:,} of the {len(body):,} rows is used."]


def _cells(
    rows: Rows, body: NDArray[np.intp], names: Sequence[str], header: list[list[str]]
) -> tuple[list[list[str]], list[str]]:
    """Return the cells of each column; a header that comes again in joined files is left out."""
    wanted = np.zeros(int(body[-1]) + 1 if len(body) else 0, dtype=bool)
    wanted[body] = True
    width, repeated = len(names), 0
    again = header[-1] if header else None
    found: list[list[str]] = []
    for keep, (_, row) in zip(wanted, rows(), strict=False):
        if not keep:
            continue
        if again is not None and row[0].strip() == again[0] and list(map(str.strip, row)) == again:
            repeated += 1
            continue
        found.append(row[:width] if len(row) >= width else row + [""] * (width - len(row)))
    notes = []
    if repeated:
        times = "once more" if repeated == 1 else f"{repeated:,} times more"
        notes.append(f"The column names come {times} among the rows; they are left out there.")
    return [list(column) for column in zip(*found, strict=True)] or [[] for _ in names], notes


def _frame(cells: list[list[str]], names: list[str], decimal: str) -> pd.DataFrame:
    """Type the columns; drop empty rows and nameless empty columns."""
    import pandas as pd

    columns = {}
    for i, name in enumerate(names):
        column = column_of(cells[i], decimal)
        cells[i] = []  # the text is no longer needed
        if name != f"column {i + 1}" or not column.isna().all():
            columns[name] = column
    return pd.DataFrame(columns).dropna(how="all").reset_index(drop=True)
