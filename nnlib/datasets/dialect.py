"""How a text file writes a table: its delimiter, quotes, decimal mark, whether it names columns.

The delimiter is found by CleverCSV, which weighs how regular the rows and how typical the cells of
each candidate are (van den Burg, Nazábal and Sutton, 2019, "Wrangling messy CSV files by detecting
row and type patterns"). docs/csv.md tells what was measured.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from .errors import DatasetError

if TYPE_CHECKING:
    from _csv import Reader

SAMPLE_ROWS = 200
SAMPLE_CHARACTERS = 8_000
LONGEST_LINE = 2_000
BLANKS = r"\s+"  # the delimiter of tables that are aligned with blanks
DELIMITERS = ("\t", ";", "|", ",", "^", "~", ":", " ")
# Longer ones first. No comma: two in a row are a gap.
LONG_DELIMITERS = ("|~|", "|;|", "|||", "||", ";;", "::", "~~", "^^", "##", "<>", "\t\t")
COMMENTS = ("#", "%", "//", "!", "--")

_STAND_IN = "\x1f"  # for a delimiter of several characters; ASCII calls it the unit separator
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?%?")
_AROUND = re.compile(r"^[^\d+.,-]{0,4}|[^\d.,]{0,4}$")  # currency signs, blanks, percent signs
_DECIMAL_COMMA = re.compile(r"[+-]?(\d*|\d{1,3}([.\s'’]\d{3})+),\d+([eE][+-]?\d+)?")
_DECIMAL_POINT = re.compile(r"[+-]?(\d*|\d{1,3}(,\d{3})+)\.\d+([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}([.,])\d{3}(\1\d{3})*")


@dataclass(frozen=True)
class Dialect:
    """How the values of a table are written in its file.

    `skip_lines` are the lines before the table, `header_rows` the rows that name the columns
    together, `comment` what a line begins with that is none of the table.
    """

    delimiter: str
    decimal: str
    encoding: str
    has_header: bool
    quote: str = '"'
    escape: str = ""
    skip_lines: int = 0
    header_rows: int = 1
    comment: str = ""


def split_rows_of(text: str, delimiter: str, quote: str = '"', escape: str = "") -> Reader:
    """Return Python's own CSV reader over a text, for a delimiter of any length.

    Raises
    ------
    DatasetError
        If the text cannot be split like that.
    """
    if delimiter == BLANKS:
        text, delimiter = re.sub(r"[^\S\r\n]+", " ", re.sub(r"(?m)^[^\S\r\n]+", "", text)), " "
    elif len(delimiter) > 1:
        text, delimiter = text.replace(delimiter, _STAND_IN), _STAND_IN
    try:
        return csv.reader(
            io.StringIO(text, newline=""),
            delimiter=delimiter,
            quotechar=quote or None,
            quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
            escapechar=escape or None,
            doublequote=not escape,
            skipinitialspace=delimiter != " ",
        )
    except (TypeError, ValueError, csv.Error):
        raise DatasetError(
            f"The file cannot be split into values at {delimiter!r}.",
            "Choose another delimiter, quotation mark or escape sign.",
        ) from None


def sample_rows(text: str, delimiter: str, quote: str = '"', escape: str = "") -> list[list[str]]:
    """Split the first rows of a text into stripped fields, leaving out empty rows."""
    rows = islice(_until_error(split_rows_of(text[:1_000_000], delimiter, quote, escape)), 200)
    stripped = ([field.strip() for field in row] for row in rows)
    return [row for row in stripped if any(row)]


def _until_error(reader: Reader) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error:  # a cell beyond the limit of the csv module
        return


def usual_width(rows: list[list[str]]) -> int:
    """Return the most frequent number of fields in a row."""
    return Counter(map(len, rows)).most_common(1)[0][0] if rows else 0


def sniff_delimiter(text: str) -> str:
    """Return the delimiter, also of several characters or `BLANKS`; a comma if there is none."""
    sample = _sample(text)
    if (named := re.match(r"\s*sep=(.+)", sample, re.IGNORECASE)) and named[1].strip(" \r"):
        return named[1].strip(" \r")
    lines = [line for line in sample.splitlines() if line.strip()]
    for candidate in LONG_DELIMITERS:
        if _divides(lines, candidate):
            return candidate
    found = _by_clevercsv(sample) or ""
    if found in (" ", "") and _aligned_with_blanks(sample):
        return BLANKS
    if found in DELIMITERS[:-1] and _splits_most(sample, found):
        return found
    return _most_regular(sample)


def _sample(text: str) -> str:
    """Return the beginning of a text in whole lines, without overlong ones: they take long."""
    start = text[: 8 * SAMPLE_CHARACTERS]
    lines = start.splitlines(keepends=True)
    if len(lines) > 1 and len(text) > len(start):
        lines.pop()
    kept, total = [], 0
    for line in lines:
        if len(line) <= LONGEST_LINE and total <= SAMPLE_CHARACTERS:
            kept.append(line)
            total += len(line)
    return "".join(kept) if len(kept) > 1 else start[: 4 * SAMPLE_CHARACTERS]


def _divides(lines: list[str], candidate: str) -> bool:
    """Whether nearly all lines have the same number of these, and no part of one elsewhere."""
    counts = Counter(line.count(candidate) for line in lines)
    if not counts:
        return False
    number, agreeing = counts.most_common(1)[0]
    alone = sum(candidate[0] in line.replace(candidate, "") for line in lines)
    return (
        number > 0 and agreeing >= 0.8 * len(lines) and len(lines) > 1 and alone <= 0.1 * agreeing
    )


def _by_clevercsv(sample: str) -> str | None:
    if max(map(len, sample.splitlines()), default=0) > LONGEST_LINE:
        return None
    import clevercsv

    try:
        dialect = clevercsv.Detector().detect(sample, delimiters=list(DELIMITERS))
    except Exception:  # it is a guess of another library: without it there is still our own
        return None
    return dialect.delimiter if dialect else None


def _splits_most(sample: str, delimiter: str) -> bool:
    rows = sample_rows(sample, delimiter)
    several = sum(len(row) > 1 for row in rows)
    if delimiter == ":":  # also the mark within times, addresses and "name: value"
        return several == len(rows) > 2 and len({len(row) for row in rows}) == 1
    return 2 * several >= len(rows) > 0


def _most_regular(text: str) -> str:
    """Return the delimiter that cuts most rows into the same number of fields, more than one."""
    best, delimiter = (False, 0.0), ","
    for candidate in DELIMITERS[:4]:
        rows = sample_rows(text, candidate)
        width = usual_width(rows)
        if width > 1:
            agreeing = sum(len(row) == width for row in rows) / len(rows)
            score = (len(rows[0]) == width, agreeing)
            # A comma comes last: in "1,5;2,5" both fit, and the comma is the decimal mark.
            best, delimiter = max((score, candidate), (best, delimiter), key=lambda pair: pair[0])
    return delimiter


def sniff_quote(text: str, delimiter: str) -> tuple[str, str]:
    """Return the quotation mark and the sign that escapes it, "" where it is doubled instead."""
    sample = _sample(text)
    if '"' in sample:
        escaped = re.search(r'[^\\]\\"', sample) and not re.search(r'\w""|""\w', sample)
        return '"', "\\" if escaped else ""
    if delimiter == BLANKS:
        return '"', ""
    edge = re.escape(delimiter)
    quoted = re.findall(rf"(?m)(?:^|{edge}) ?'(?:[^'\r\n]|'')*'(?=\r?$|{edge})", sample)
    return ("'" if len(quoted) >= 2 and 2 * len(quoted) >= sample.count("\n") else '"'), ""


def sniff_comment(text: str, delimiter: str) -> str:
    """Return what comment lines begin with; an empty string if there are none.

    A first line such as "#id,name" with as many values as the next ones names the columns.
    """
    lines = [line for line in _sample(text).splitlines() if line.strip()]
    for mark in COMMENTS:
        marked = [line for line in lines if line.lstrip().startswith(mark)]
        others = [line for line in lines if not line.lstrip().startswith(mark)]
        if not marked or len(others) < 2 or len(marked) > len(others):
            continue
        usual = Counter(_count(line, delimiter) for line in others).most_common(1)[0][0]
        if any(_count(line, delimiter) != usual for line in marked):
            return mark
    return ""


def _count(line: str, delimiter: str) -> int:
    return len(line.split()) if delimiter == BLANKS else line.count(delimiter)


def sniff_decimal(rows: list[list[str]], delimiter: str) -> str:
    """Return "," where more cells are numbers such as 3,14 than such as 3.14; else "."."""
    commas = points = 0
    for field in (_AROUND.sub("", field) for row in rows for field in row if len(field) < 40):
        # "1,234" may be either; between semicolons it is a decimal comma, as it always was.
        if _THOUSANDS.fullmatch(field) and (delimiter == "," or field.count(",") != 1):
            continue
        commas += bool(_DECIMAL_COMMA.fullmatch(field))
        points += bool(_DECIMAL_POINT.fullmatch(field))
    return "," if commas > points else "."


def is_number(field: str, decimal: str = ".") -> bool:
    """Whether a cell is a plain number or a percentage."""
    return bool(_NUMBER.fullmatch(field.replace(decimal, ".") if decimal == "," else field))


def has_header(rows: list[list[str]], decimal: str) -> bool:
    """Tell whether the first row names the columns rather than being data.

    A number in it speaks for data; except that whole numbers that count up (0, 1, 2, … or the
    years 2000, 2001, …) are names. So does it if each of its words comes again below it.
    """
    numbers = [field for field in rows[0] if is_number(field, decimal)]
    if numbers:
        if len(numbers) < 2 or not all(map(str.isdecimal, numbers)):
            return False
        return all(int(b) - int(a) == 1 for a, b in pairwise(numbers))
    words = {i: field for i, field in enumerate(rows[0]) if field}
    others = [row for row in rows[1:] if row != rows[0]]  # joined files repeat their header
    again = (any(len(row) > i and row[i] == word for row in others) for i, word in words.items())
    return not words or not all(again)


def count_header_rows(rows: list[list[str]], decimal: str) -> int:
    """Return how many rows name the columns together: 2 where words stand above two of numbers.

    For instance names of groups over names of columns, or names over units.
    """
    if len(rows) < 5 or not has_header(rows, decimal):
        return 1
    first, second, below = rows[0], rows[1], rows[2:]
    for i in range(min(len(first), len(second))):
        column = [row[i] for row in below if len(row) > i and row[i]]
        numbers = sum(is_number(field, decimal) for field in column)
        word = second[i] and not is_number(second[i], decimal) and re.search(r"\w", second[i])
        if word and second[i].casefold() not in _GAPS and numbers >= 0.9 * len(below) > 0:
            filled = [field for field in second if field]
            plain = not any(is_number(field, decimal) for field in filled)
            return 2 if plain else 1
    return 1


_GAPS = {"na", "n/a", "nan", "null", "none", "missing", "unknown", "inf", "-inf", "infinity"}


def _aligned_with_blanks(text: str) -> bool:
    lines = [line.split() for line in text.splitlines() if line.strip()][:SAMPLE_ROWS]
    width = usual_width(lines)
    fields = [field for row in lines[1:] for field in row]
    numbers = sum(is_number(field) for field in fields)
    agreeing = sum(len(row) == width for row in lines)
    return width > 1 and agreeing >= 0.9 * len(lines) and 2 * numbers >= len(fields) > 0
