"""From rows of cells to a pandas table: find the table, name its columns, type their values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnlib.datasets.errors import DatasetError

from .blocks import find_table
from .cells import Typing, columns_of
from .decimals import sniff_decimal
from .dialect import SAMPLE_ROWS, Dialect
from .header import name_columns
from .joined import Parts, join_parts
from .limits import MAX_COLUMNS, most_rows
from .options import ReadingOptions
from .survey import Rows, Survey, share_names, survey
from .totals import last_totals

if TYPE_CHECKING:
    import pandas as pd

Numbers = NDArray[np.intp]

MAX_RAGGED_SHARE = 0.2  # of the rows, so many may have too many values; they are left out


class Found(NamedTuple):
    """A table among rows, how it is written, notes for people, and the lines its rows end on.

    `left_out` are the lines of rows of data that are not in the frame.
    """

    frame: pd.DataFrame
    dialect: Dialect
    notes: list[str]
    lines: NDArray[np.int64]
    left_out: NDArray[np.int64]


class _Cells(NamedTuple):
    """The cells of each column; the numbers of the rows they come from and of rows of names."""

    columns: list[list[str]]
    rows: Numbers
    no_data: Numbers
    notes: list[str]


def table_of_rows(
    rows: Rows, dialect: Dialect, options: ReadingOptions, sample_seed: int | None
) -> Found:
    """Return the largest table among the rows, or the one asked for.

    The rows are gone through twice, once to measure and once to keep what is needed, so that a
    file of any length needs little memory.

    Parameters
    ----------
    dialect : an empty `decimal` is found out
    options : what a person has settled
    sample_seed : draws the rows of a table that is too long; without it such a table is refused

    Raises
    ------
    DatasetError
        If there is no table of at least one row and two columns, or it is too large.
    """
    found = survey(rows)
    trim = options.get("skip_lines") is None
    block = find_table(found, trim=trim, number=options.get("table"))
    head = _first_rows(rows, block.rows, found)
    decimal, sure = sniff_decimal(head, dialect.delimiter)
    decimal = dialect.decimal or decimal
    named = name_columns(
        head, block.width, decimal, options.get("header_rows"), options.get("unnamed")
    )
    dialect = replace(dialect, decimal=decimal, has_header=named.rows > 0, header_rows=named.rows)
    parts = join_parts(found.headers, block.rows, named, head[0])
    if len(parts.names) > MAX_COLUMNS:
        raise DatasetError(
            f"The table has {len(parts.names):,} columns; the limit is {MAX_COLUMNS:,}.",
            "Remove the columns that are not needed.",
        )
    body, words = _without_long_rows(rows, block.rows[named.rows :], parts, found)
    body, drawn = sampled(body, len(parts.names), sample_seed)
    again = head[named.rows - 1] if named.rows else None
    cells = _cells(rows, body, parts, again, found, options.get("totals", False))
    typing = Typing.of(options, decimal, sure)
    frame, typed = _frame(cells, parts.names, typing, found)
    kept = cells.rows[frame.index]
    dropped = np.setdiff1d(
        block.rows[named.rows :], np.concatenate([kept, cells.no_data]), assume_unique=True
    )
    lines = found.lines.astype(np.int64)
    notes = [*block.notes, *named.notes, *parts.notes, *words, *drawn, *cells.notes, *typed]
    return Found(frame.reset_index(drop=True), dialect, notes, lines[kept], lines[dropped])


def _first_rows(rows: Rows, numbers: Numbers, found: Survey) -> list[list[str]]:
    """Return the table's first rows, up to names that come again in a file that was joined."""
    head = _kept(rows, numbers[:SAMPLE_ROWS])
    for number, names in found.headers.items():
        position = int(np.searchsorted(numbers, number))
        if 1 < position < len(head) and share_names(head[0], names):
            return head[:position]
    return head


def _kept(rows: Rows, numbers: Numbers) -> list[list[str]]:
    """Return the rows of these ascending numbers, their values stripped."""
    wanted = set(numbers.tolist())
    last = int(numbers[-1]) + 1 if len(numbers) else 0
    return [
        [cell.strip() for cell in row]
        for number, (_, row) in enumerate(islice(rows(), last))
        if number in wanted
    ]


def _without_long_rows(
    rows: Rows, body: Numbers, parts: Parts, found: Survey
) -> tuple[Numbers, list[str]]:
    """Leave out rows that have more values than there are columns, if they are few."""
    most = parts.widths(body)
    suspects = body[found.widths[body] > most]
    long: list[int] = []
    if len(suspects):
        wanted = dict(zip(body.tolist(), most.tolist(), strict=True))
        some = set(suspects.tolist())
        long = [
            number
            for number, (_, row) in enumerate(rows())
            if number in some and any(map(str.strip, row[wanted[number] :]))
        ]
        if len(long) > MAX_RAGGED_SHARE * len(body):
            raise DatasetError(
                f"Line {found.lines[long[0]]} has {found.widths[long[0]]} values where "
                f"{wanted[long[0]]} are expected.",
                "Correct the file; a value that contains the delimiter needs quotation marks.",
            )
        body = np.setdiff1d(body, np.array(long, dtype=np.intp), assume_unique=True)
        most = parts.widths(body)
    return body, _ragged(body[found.widths[body] < most], long, len(body), found)


def _ragged(short: Numbers, long: Sequence[int], total: int, found: Survey) -> list[str]:
    notes = []
    if len(short) == total > 0:
        notes.append("All rows have fewer values than there are names; the last columns are empty.")
    elif len(short):
        have, rows = ("has", "row") if len(short) == 1 else ("have", "rows")
        notes.append(
            f"{len(short):,} {rows} {have} fewer values than there are columns; the rest is "
            f"missing. The first is line {found.lines[short[0]]:,}."
        )
    if long:
        count = "1 row" if len(long) == 1 else f"{len(long):,} rows"
        have = "has" if len(long) == 1 else "have"
        notes.append(
            f"{count} left out that {have} more values than there are columns, the first in line "
            f"{found.lines[long[0]]:,}."
        )
    return notes


def sampled(
    body: NDArray[np.intp], columns: int, seed: int | None
) -> tuple[NDArray[np.intp], list[str]]:
    """Draw as many rows as may be read, in their order, if there are more.

    Raises DatasetError if there are more and no seed is given.
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
    rows: Rows,
    body: Numbers,
    parts: Parts,
    again: list[str] | None,
    found: Survey,
    keep_totals: bool,
) -> _Cells:
    """Gather the cells, without names that come again in joined files and without totals."""
    wanted = np.zeros(int(body[-1]) + 1 if len(body) else 0, dtype=bool)
    wanted[body] = True
    width, columns, heads = len(parts.names), parts.columns, parts.headers
    names_again: list[int] = []
    kept: list[list[str]] = []
    order: Sequence[int] | None = None
    for number, (keep, (_, row)) in enumerate(zip(wanted, rows(), strict=False)):
        if not keep:
            continue
        if number in heads or (
            again is not None and row[0].strip() == again[0] and list(map(str.strip, row)) == again
        ):
            order = columns.get(number)
            names_again.append(number)
        elif order is not None:
            cells = [""] * width
            for place, cell in zip(order, row, strict=False):
                cells[place] = cell
            kept.append(cells)
        else:
            kept.append(row[:width] if len(row) >= width else row + [""] * (width - len(row)))
    notes = []
    if names_again:
        times = "once more" if len(names_again) == 1 else f"{len(names_again):,} times more"
        notes.append(f"The column names come {times} among the rows; they are left out there.")
    numbers = np.setdiff1d(body, np.array(names_again, dtype=np.intp), assume_unique=True)
    count = 0 if keep_totals else last_totals(kept)
    if count:
        first = found.lines[numbers[-count]]
        rows_of = "A row of totals, in" if count == 1 else f"{count} rows of totals, from"
        notes.append(f"{rows_of} line {first:,}, left out.")
        kept = kept[:-count]
    no_data = np.concatenate([np.array(names_again, dtype=np.intp), numbers[len(kept) :]])
    cells_of = [list(column) for column in zip(*kept, strict=True)] or [[] for _ in parts.names]
    return _Cells(cells_of, numbers[: len(kept)], no_data, notes)


def _frame(
    cells: _Cells, names: list[str], typing: Typing, found: Survey
) -> tuple[pd.DataFrame, list[str]]:
    """Type the columns; drop rows and nameless columns of gaps. The index tells which stay."""
    import pandas as pd

    typed, notes = columns_of(cells.columns, names, typing)
    columns = {
        name: column
        for i, (name, column) in enumerate(zip(names, typed, strict=True))
        if name != f"column {i + 1}" or not column.isna().all()
    }
    frame = pd.DataFrame(columns).dropna(how="all")
    if frame.empty:
        raise DatasetError(
            "The file has column names but no rows of data.", "Add rows of data below the names."
        )
    empty = np.setdiff1d(np.arange(len(cells.rows)), frame.index, assume_unique=True)
    if len(empty):
        count = "1 row" if len(empty) == 1 else f"{len(empty):,} rows"
        line = found.lines[cells.rows[empty[0]]]
        notes.append(f"{count} of missing values only left out, the first in line {line:,}.")
    return frame, notes
