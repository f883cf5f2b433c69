"""How a text file writes a table: its delimiter, its decimal mark, whether it names columns."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice, pairwise

SAMPLE_ROWS = 200
BLANKS = r"\s+"  # the delimiter of tables that are aligned with blanks
# A comma comes last: in "1,5;2,5" both candidates fit, and the comma is the decimal mark.
DELIMITERS = ("\t", ";", "|", ",")

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
_DECIMAL_POINT = re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Dialect:
    """How the values of a table are written in its file."""

    delimiter: str
    decimal: str
    encoding: str
    has_header: bool


def sample_rows(text: str, delimiter: str) -> list[list[str]]:
    """Split the first rows of a text into stripped fields, leaving out empty rows."""
    if delimiter == BLANKS:
        rows: list[list[str]] = [line.split() for line in text[:1_000_000].splitlines()]
        rows = rows[:SAMPLE_ROWS]
    else:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        rows = [[field.strip() for field in row] for row in islice(reader, SAMPLE_ROWS)]
    return [row for row in rows if any(row)]


def usual_width(rows: list[list[str]]) -> int:
    """Return the most frequent number of fields in a row."""
    return Counter(map(len, rows)).most_common(1)[0][0] if rows else 0


def sniff_delimiter(text: str) -> str:
    """Return the delimiter that cuts most rows into the same number of fields (more than one).

    A comma if there is none.
    """
    best, delimiter = (False, 0.0), ","
    for candidate in DELIMITERS:
        try:
            rows = sample_rows(text, candidate)
        except csv.Error:
            continue
        width = usual_width(rows)
        if width > 1:
            agreeing = sum(len(row) == width for row in rows) / len(rows)
            score = (len(rows[0]) == width, agreeing)
            best, delimiter = max((score, candidate), (best, delimiter), key=lambda pair: pair[0])
    if best == (False, 0.0) and _aligned_with_blanks(text):
        return BLANKS
    return delimiter


def sniff_decimal(rows: list[list[str]], delimiter: str) -> str:
    """Return "," where numbers such as 3,14 occur and none such as 3.14; else "."."""
    fields = [field for row in rows for field in row]
    if delimiter == "," or any(map(_DECIMAL_POINT.fullmatch, fields)):
        return "."
    return "," if any(map(_DECIMAL_COMMA.fullmatch, fields)) else "."


def has_header(rows: list[list[str]], decimal: str) -> bool:
    """Tell whether the first row names the columns rather than being data.

    A number in it speaks for data; except that whole numbers that count up (0, 1, 2, … or the
    years 2000, 2001, …) are names.
    """
    numbers = [field for field in rows[0] if _NUMBER.fullmatch(field.replace(decimal, "."))]
    if not numbers:
        return True
    if len(numbers) < 2 or not all(map(str.isdecimal, numbers)):
        return False
    return all(int(b) - int(a) == 1 for a, b in pairwise(numbers))


def _aligned_with_blanks(text: str) -> bool:
    rows = sample_rows(text, BLANKS)
    width = usual_width(rows)
    fields = [field for row in rows[1:] for field in row]
    numbers = sum(bool(_NUMBER.fullmatch(field)) for field in fields)
    return width > 1 and all(len(row) == width for row in rows) and 2 * numbers >= len(fields) > 0
