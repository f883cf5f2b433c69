"""From the text of a table to rows of values, in which a stray quotation mark swallows nothing.

Python's CSV reader takes a quotation mark at the start of a value for an opening one, and goes on
to the next such mark, over as many lines as there are. Where those lines are rows by themselves,
of the usual width and with numbers where the others have them, they are read so.
"""

from __future__ import annotations

import csv
import io
import re
from array import array
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

from nnlib.datasets.errors import DatasetError

from .csv_reader import BLANKS, prepared, reader_of
from .dialect import DELIMITERS, Dialect, is_number, sample_rows, usual_width

if TYPE_CHECKING:
    from _csv import Reader

_LINE_END = re.compile(r"\r\n|\r|\n")
_FIT = 0.9  # of the lines within quotation marks, so many are rows by themselves
_TRIED = 20  # quotation marks of a line


class TextRows:
    """The rows of a text: calling it gives them anew, with the line that each ends on.

    `notes` tells, after all rows were given once, what was not read as it is written.
    """

    def __init__(self, text: str, dialect: Dialect) -> None:
        self._dialect = dialect
        self._text, self._delimiter = prepared(text, dialect.delimiter)
        head = sample_rows(text, dialect.delimiter, dialect.quote, dialect.escape)
        self._width = usual_width(head)
        body = [row for row in head if len(row) == self._width][1:]
        self._numeric = [
            i
            for i in range(self._width)
            if sum(_is_number(row[i]) for row in body) > 0.8 * len(body)
        ]
        self._quoted = bool(dialect.quote) and dialect.quote in text
        self._starts = array("q")  # of the lines, once they are asked for
        self._stray: set[int] = set()
        self._other: set[int] = set()
        self._comments: set[int] = set()
        self._split: tuple[str, ...] = tuple(
            mark for mark in DELIMITERS if mark != dialect.delimiter and dialect.delimiter != BLANKS
        )

    def __call__(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line each row ends on and its values; comments have none."""
        reader = self._reader(io.StringIO(self._text, newline=""))
        before, skipped, unusual = 0, self._dialect.skip_lines, self._unusual
        comment, width = self._dialect.comment, self._width
        while True:
            try:
                for row in reader:
                    end = reader.line_num
                    if end - before > 1 and (parts := self._parted(before, end)):
                        yield from enumerate(parts, start=before + 1 + skipped)
                    elif comment or len(row) != width:
                        yield end + skipped, unusual(row, before, end)
                    else:
                        yield end + skipped, row
                    before = end
                return
            except csv.Error as error:  # a value beyond all measure, if it is one value
                end = reader.line_num
                parts = self._parted(before, end)
                if parts is None:
                    raise _refusal(error, end + skipped) from None
                yield from enumerate(parts, start=before + 1 + skipped)
                before = end

    def _unusual(self, row: list[str], before: int, end: int) -> list[str]:
        """Return no values for a comment, and a row of another width as it is meant."""
        comment, line = self._dialect.comment, end + self._dialect.skip_lines
        if comment and row and row[0].lstrip().startswith(comment):
            self._comments.add(line)
            return []
        if len(row) == self._width or not any(row):
            return row
        if len(row) == 1 and (other := self._split_otherwise(row[0])):
            self._other.add(line)
            return other
        if self._quoted and end - before == 1:
            other, mended = self._alone(self._lines(before, end)[0])
            if mended:
                self._stray.add(line)
                return other
        return row

    def never_closed(self) -> bool:
        """Whether the last value begins with a quotation mark and runs on to the end."""
        quote = self._dialect.quote
        if not quote or self._text.count(quote) % 2 == 0:
            return False
        last: list[str] = []
        for _, row in self():
            last = row
        if not last or not re.search(r"[\r\n]", last[-1]) or self._text.rstrip().endswith(quote):
            return False
        text = self._text.rstrip("\r\n")
        start = max(text.rfind("\n"), text.rfind("\r")) + 1
        mended = self._mended(text[start:])
        if mended is not None:
            self._text, self._starts = text[:start] + mended + "\n", array("q")
            self._stray.add(self._dialect.skip_lines + len(_LINE_END.findall(text)) + 1)
        return mended is None

    def notes(self) -> list[str]:
        """Say in which lines what was written was not taken as it is."""
        return [
            words.format(lines=_listed(lines))
            for lines, words in (
                (self._stray, "A quotation mark without its other half left out in {lines}."),
                (self._other, "Another delimiter than in the rest of the file in {lines}."),
                (self._comments, "Comments left out: {lines}."),
            )
            if lines
        ]

    def _reader(self, lines: Iterable[str]) -> Reader:
        return reader_of(lines, self._delimiter, self._dialect.quote, self._dialect.escape)

    def _lines(self, before: int, end: int) -> list[str]:
        if not self._starts:
            lengths = (len(line) for line in io.StringIO(self._text, newline=""))
            self._starts = array("q", accumulate(lengths, initial=0))
        starts = self._starts
        return [self._text[starts[i] : starts[i + 1]] for i in range(before, end)]

    def _parted(self, before: int, end: int) -> list[list[str]] | None:
        """Return the lines of one row as rows of their own, if that is what they are."""
        lines = self._lines(before, end)
        alone = [self._alone(line) for line in lines]
        rows = [row for row, _ in alone]
        full = [row for row in rows if row]
        fitting = sum(map(self._fits, full))
        few = not self._numeric and (len(full) < 4 or self._width < 3)
        if few or fitting < _FIT * len(full) or not (self._fits(rows[0])):
            return None
        first = before + 1 + self._dialect.skip_lines
        self._stray.update(first + i for i, (_, mended) in enumerate(alone) if mended)
        return rows

    def _fits(self, row: list[str]) -> bool:
        return len(row) == self._width and all(
            not row[i].strip() or _is_number(row[i].strip()) for i in self._numeric
        )

    def _alone(self, line: str) -> tuple[list[str], bool]:
        """Read a line as a row of its own, if need be without one of its quotation marks."""
        row, is_open = self._read(line)
        mended = self._mended(line) if is_open or len(row) != self._width else None
        return (row, False) if mended is None else (self._read(mended)[0], True)

    def _mended(self, line: str) -> str | None:
        """Return a line without one quotation mark too many, if it is a row of the table then."""
        places = [i for i, sign in enumerate(line) if sign == self._dialect.quote]
        if len(places) % 2:
            for place in places[:_TRIED]:
                other = line[:place] + line[place + 1 :]
                row, is_open = self._read(other)
                if not is_open and self._fits(row):
                    return other
        return None

    def _read(self, line: str) -> tuple[list[str], bool]:
        """Return a line's values, and whether a quotation mark is open at its end."""
        try:
            row = next(self._reader([line.rstrip("\r\n") + "\n"]), [])
        except csv.Error:
            return [], True
        return row, bool(row) and row[-1].endswith("\n")

    def _split_otherwise(self, cell: str) -> list[str] | None:
        """Split a row that the delimiter leaves whole at another one, if it fits then."""
        for mark in self._split:
            if cell.count(mark) == self._width - 1:
                row = cell.split(mark)
                if self._numeric and self._fits(row):
                    return row
        return None


def _is_number(cell: str) -> bool:
    return is_number(cell) or is_number(cell, ",")


def _refusal(error: csv.Error, line: int) -> DatasetError:
    if "field larger" in str(error):
        return DatasetError(
            f"The value that ends in line {line:,} has more than "
            f"{csv.field_size_limit():,} characters.",
            "Shorten it; or a quotation mark is missing before it.",
        )
    return DatasetError(
        f"Line {line:,} cannot be split into values.",
        "Correct this line, or choose another quotation mark.",
    )


def _listed(lines: Iterable[int]) -> str:
    first, *rest = sorted(lines)
    if not rest:
        return f"line {first:,}"
    shown = [f"{line:,}" for line in (first, *rest[:4])]
    if len(rest) > 4:
        return f"lines {', '.join(shown)} and {len(rest) - 4:,} more"
    return f"lines {', '.join(shown[:-1])} and {shown[-1]}"
