"""From the bytes of a table's file, however it is written, to a pandas table."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from .decoding import decode
from .dialect import (
    Dialect,
    sample_rows,
    sniff_comment,
    sniff_delimiter,
    sniff_quote,
    split_rows_of,
    usual_width,
)
from .errors import DatasetError
from .limits import MAX_BYTES, MAX_COLUMNS, MAX_ROWS, MEGABYTE
from .rows import table_of_rows
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
    """A table as read: a pandas frame, how it was written, and notes for people."""

    frame: pd.DataFrame
    dialect: Dialect
    notes: tuple[str, ...]


class _Asked(NamedTuple):
    """What a person has said about a file; None is to be found out."""

    delimiter: str | None
    encoding: str | None
    header: bool | None
    quote: str | None
    decimal: str | None
    skip_lines: int | None
    header_rows: int | None

    def dialect(self) -> Dialect:
        """Return what is known before looking; what is empty or 0 is found out."""
        return Dialect(
            delimiter="",
            decimal=self.decimal or "",
            encoding="",
            has_header=True,
            skip_lines=self.skip_lines or 0,
            header_rows=self.header_rows or 0,
        )


def read_table(
    source: Source,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    header: bool | None = None,
    quote: str | None = None,
    decimal: str | None = None,
    skip_lines: int | None = None,
    header_rows: int | None = None,
    sample_seed: int | None = None,
) -> Table:
    """Read a table, finding out for itself how it is written.

    Text of any delimiter, also packed with gzip or as the only file of a ZIP archive; Excel
    workbooks (the first sheet that holds a table) and Parquet files.

    Parameters
    ----------
    source : path, bytes, or binary file
    delimiter : str, optional
        What stands between the values, one or more characters. Sniffed if not given.
    encoding : str, optional
        Sniffed if not given: UTF-8 or what a byte order mark says, else by its letters.
    header : bool, optional
        Whether the first row names the columns. Sniffed if not given.
    quote : str, optional
        The quotation mark; an empty string if there is none. Sniffed if not given.
    decimal : {".", ","}, optional
        The decimal mark. Sniffed if not given.
    skip_lines : int, optional
        Lines before the table. Sniffed if not given.
    header_rows : int, optional
        How many rows name the columns together. Sniffed if not given.
    sample_seed : int, optional
        If given, a table with too many rows is read as a random sample of them; else refused.

    Returns
    -------
    Table

    Raises
    ------
    DatasetError
        If the source is no table of at least one row and two columns, or is too large.
    """
    if header_rows is not None:
        header = header_rows > 0
    asked = _Asked(delimiter, encoding, header, quote, decimal, skip_lines, header_rows)
    content = unpack(_bytes_of(source))
    if content.kind == PARQUET:
        from .workbooks import read_parquet

        frame, notes = read_parquet(content.raw, sample_seed)
        return Table(frame, Dialect("", ".", "Parquet", True), tuple(notes))
    if content.kind == WORKBOOK:
        return _from_workbook(content.raw, asked, sample_seed)
    return _from_text(content.raw, asked, sample_seed)


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


def _from_workbook(raw: bytes, asked: _Asked, sample_seed: int | None) -> Table:
    from .workbooks import read_workbook

    cells, notes = read_workbook(raw)
    skip = asked.skip_lines or 0
    dialect = replace(asked.dialect(), decimal=asked.decimal or ".", encoding="Excel workbook")
    frame, dialect, words = table_of_rows(
        lambda: enumerate(cells[skip:], start=1 + skip),
        dialect,
        asked.header,
        sample_seed,
        trim=asked.skip_lines is None,
    )
    return Table(frame, dialect, (*notes, *words))


def _from_text(raw: bytes, asked: _Asked, sample_seed: int | None) -> Table:
    text, encoding, notes = decode(raw, asked.encoding)
    named = _NAMED_DELIMITER.match(text) if asked.skip_lines is None else None
    skip = 1 if named else asked.skip_lines or 0
    text = _without_lines(text, skip)
    delimiter = asked.delimiter or (named[1].strip(" ") if named else "") or sniff_delimiter(text)
    mark, escape = sniff_quote(text, delimiter)
    dialect = replace(
        asked.dialect(),
        delimiter=delimiter,
        encoding=encoding,
        quote=mark if asked.quote is None else asked.quote,
        escape=escape if asked.quote in (None, mark) else "",
        skip_lines=skip,
        comment=sniff_comment(text, delimiter),
    )
    if _never_closed(text, dialect):
        dialect = replace(dialect, quote="", escape="")
        if asked.quote or usual_width(sample_rows(text, delimiter, "")) < 2:
            raise _UNCLOSED
        notes.append(
            "A quotation mark is opened and never closed, so quotation marks were read as part of "
            "the values."
        )
    frame, dialect, words = table_of_rows(
        lambda: _rows(text, dialect),
        dialect,
        asked.header,
        sample_seed,
        trim=asked.skip_lines is None,
    )
    return Table(frame, dialect, (*notes, *words))


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


def _rows(text: str, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Yield the line each row ends on and its values; comments have none."""
    reader = split_rows_of(text, dialect.delimiter, dialect.quote, dialect.escape)
    comment, skipped = dialect.comment, dialect.skip_lines
    try:
        for row in reader:
            is_comment = comment and row and row[0].lstrip().startswith(comment)
            yield reader.line_num + skipped, [] if is_comment else row
    except csv.Error as error:
        if "field larger" in str(error):
            raise DatasetError(
                f"The value that ends in line {reader.line_num:,} has more than "
                f"{csv.field_size_limit():,} characters.",
                "Shorten it; or a quotation mark is missing before it.",
            ) from None
        raise DatasetError(
            f"Line {reader.line_num:,} cannot be split into values.",
            "Correct this line, or choose another quotation mark.",
        ) from None


def _never_closed(text: str, dialect: Dialect) -> bool:
    """Whether the last row runs over several lines to the end of the text, within quotes."""
    quote = dialect.quote
    if not quote or text.count(quote) % 2 == 0:
        return False
    last: list[str] = []
    try:
        for row in split_rows_of(text, dialect.delimiter, quote, dialect.escape):
            last = row
    except csv.Error:  # a value beyond all measure
        return True
    ends_in_quotes = text.rstrip().endswith(quote)
    return bool(last) and bool(_LINE_END.search(last[-1])) and not ends_in_quotes
