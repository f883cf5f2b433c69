"""From the bytes of a table's file, however it is written, to a pandas table."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Unpack

import numpy as np
from numpy.typing import NDArray

from nnlib.datasets.errors import DatasetError

from .decoding import decode
from .dialect import Dialect, sample_rows, sniff_comment, sniff_delimiter, sniff_quote, usual_width
from .formats import rows_of_format
from .limits import MAX_BYTES, MAX_COLUMNS, MAX_ROWS, MEGABYTE
from .lines import TextRows
from .options import ReadingOptions, checked
from .rows import Found, table_of_rows
from .unpacking import PARQUET, WORKBOOK, unpack

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MAX_BYTES", "MAX_COLUMNS", "MAX_ROWS", "Source", "Table", "read_table"]

Source = str | os.PathLike[str] | bytes | IO[bytes]

_LINE_END = re.compile(r"\r\n|\r|\n")
_NAMED_DELIMITER = re.compile(r"sep=([^\r\n]+)[\r\n]", re.IGNORECASE)
_UNCLOSED = DatasetError(
    "A quotation mark is opened and never closed.", "Close it, or remove it from the file."
)


@dataclass(frozen=True, eq=False)
class Table:
    """A table as read: a pandas frame, how it was written, and notes for people.

    `lines` are those of the file that the frame's rows end on, shape (n,), counted from 1 with the
    header (in a workbook rows of the sheet, in a Parquet file its rows); `left_out` are the lines
    of rows of data that are not in the frame.
    """

    frame: pd.DataFrame
    dialect: Dialect
    notes: tuple[str, ...]
    lines: NDArray[np.int64]
    left_out: NDArray[np.int64]


def read_table(
    source: Source, *, sample_seed: int | None = None, **options: Unpack[ReadingOptions]
) -> Table:
    """Read a table, finding out for itself how it is written.

    Text of any delimiter, also packed with gzip or as the only file of a ZIP archive; JSON lines,
    ARFF files, Excel workbooks (the first sheet that holds a table) and Parquet files.

    Parameters
    ----------
    source : path, bytes, or binary file
    sample_seed : if given, a table with too many rows is read as a random sample of them; else
        refused
    **options : what is not to be found out, see `ReadingOptions`: delimiter, encoding, quote,
        decimal, skip_lines, header, header_rows, unnamed, table, totals, missing, kinds,
        latest_year

    Raises
    ------
    DatasetError
        If the source is no table of at least one row and two columns, or is too large.
    """
    options = checked(options)
    content = unpack(_bytes_of(source))
    if content.kind == PARQUET:
        from .workbooks import read_parquet

        frame, notes, lines, left_out = read_parquet(content.raw, sample_seed)
        return Table(frame, Dialect("", ".", "Parquet", True), tuple(notes), lines, left_out)
    if content.kind == WORKBOOK:
        return _from_workbook(content.raw, options, sample_seed)
    return _from_text(content.raw, options, sample_seed)


def _bytes_of(source: Source) -> bytes:
    if isinstance(source, (str, os.PathLike)):
        try:
            with Path(source).open("rb") as file:
                raw = file.read(MAX_BYTES + 1)
        except (OSError, ValueError) as error:
            raise DatasetError(
                f"The file '{source}' could not be read "
                f"({getattr(error, 'strerror', None) or error}).",
                "Check its name and that it may be read.",
            ) from error
    elif isinstance(source, bytes):
        raw = source
    else:
        if source.seekable():
            source.seek(0)  # an uploaded file may have been read before
        raw = source.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise DatasetError(
            f"The file has more than {MAX_BYTES // MEGABYTE} MB.", "Use a part of its rows."
        )
    return raw


def _from_workbook(raw: bytes, options: ReadingOptions, sample_seed: int | None) -> Table:
    from .workbooks import read_workbook

    cells, notes = read_workbook(raw)
    skip = options.get("skip_lines") or 0
    dialect = Dialect("", options.get("decimal") or ".", "Excel workbook", True, skip_lines=skip)
    found = table_of_rows(
        lambda: enumerate(cells[skip:], start=1 + skip), dialect, options, sample_seed
    )
    return _table(found, notes)


def _from_text(raw: bytes, options: ReadingOptions, sample_seed: int | None) -> Table:
    text, encoding, notes = decode(raw, options.get("encoding"))
    special = rows_of_format(text)
    if special is not None:
        dialect = Dialect("", options.get("decimal") or ".", special.name, True)
        found = table_of_rows(
            lambda: special.rows, dialect, {"header_rows": 1, **options}, sample_seed
        )
        return _table(found, notes)
    asked_skip = options.get("skip_lines")
    named = _NAMED_DELIMITER.match(text) if asked_skip is None else None
    skip = 1 if named else asked_skip or 0
    text = _without_lines(text, skip)
    delimiter = options.get("delimiter") or (named[1].strip(" ") if named else "")
    dialect = _dialect(text, delimiter or sniff_delimiter(text), options)
    dialect = replace(dialect, encoding=encoding, skip_lines=skip)
    rows = TextRows(text, dialect)
    if rows.never_closed():
        if options.get("quote") or usual_width(sample_rows(text, dialect.delimiter, "")) < 2:
            raise _UNCLOSED
        dialect = replace(dialect, quote="", escape="")
        rows = TextRows(text, dialect)
        notes.append(
            "A quotation mark is opened and never closed, so quotation marks were read as part of "
            "the values."
        )
    found = table_of_rows(rows, dialect, options, sample_seed)
    return _table(found, [*notes, *rows.notes()])


def _dialect(text: str, delimiter: str, options: ReadingOptions) -> Dialect:
    mark, escape = sniff_quote(text, delimiter)
    asked = options.get("quote")
    return Dialect(
        delimiter=delimiter,
        decimal=options.get("decimal") or "",
        encoding="",
        has_header=True,
        quote=mark if asked is None else asked,
        escape=escape if asked in (None, mark) else "",
        comment=sniff_comment(text, delimiter),
    )


def _table(found: Found, notes: Sequence[str]) -> Table:
    return Table(found.frame, found.dialect, (*notes, *found.notes), found.lines, found.left_out)


def _without_lines(text: str, count: int) -> str:
    at = 0
    for _ in range(count):
        found = _LINE_END.search(text, at)
        if found is None:
            raise DatasetError(
                f"There is no table after the first {count:,} lines.", "Skip fewer lines."
            )
        at = found.end()
    if not text[at:].strip():
        raise DatasetError(
            f"There is no table after the first {count:,} lines.", "Skip fewer lines."
        )
    return text[at:]
