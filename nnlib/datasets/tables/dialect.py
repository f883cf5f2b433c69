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
from itertools import islice
from typing import TYPE_CHECKING

from .csv_reader import BLANKS, prepared, reader_of

if TYPE_CHECKING:
    from _csv import Reader

SAMPLE_ROWS = 200
SAMPLE_CHARACTERS = 8_000
LONGEST_LINE = 2_000
DELIMITERS = ("\t", ";", "|", ",", "^", "~", ":", " ")
# Longer ones first. No comma: two in a row are a gap.
LONG_DELIMITERS = ("|~|", "|;|", "|||", "||", ";;", "::", "~~", "^^", "##", "<>", "\t\t")
COMMENTS = ("#", "%", "//", "!", "--")

_STAND_IN = "\x1f"  # for a delimiter of several characters; ASCII calls it the unit separator
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?%?")


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


def sample_rows(text: str, delimiter: str, quote: str = '"', escape: str = "") -> list[list[str]]:
    """Split the first rows of a text into stripped fields, leaving out empty rows."""
    start, sign = prepared(text[:1_000_000], delimiter)
    lines = io.StringIO(start, newline="")
    rows = islice(_until_error(reader_of(lines, sign, quote, escape)), SAMPLE_ROWS)
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
        return _of_names_too(sample) or BLANKS
    if found in DELIMITERS[:-1] and _splits_most(sample, found):
        return found
    return _most_regular(sample)


def _of_names_too(sample: str) -> str:
    """Return the delimiter that cuts all rows alike, the names at the top among them, or none.

    A date such as "3 March 2024 12:30" has as many blanks in each row.
    """
    for candidate in DELIMITERS[:4]:
        rows = sample_rows(sample, candidate)
        names = bool(rows) and all(field[:1].isalpha() for field in rows[0])
        if len(rows) > 2 and names and len(rows[0]) > 1 and len(set(map(len, rows))) == 1:
            return candidate
    return ""


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
    double, single = (_quoted(sample, delimiter, mark) for mark in "\"'")
    needed = any(
        re.search(delimiter if delimiter == BLANKS else re.escape(delimiter), value)
        for value in single
    )
    if len(single) > len(double) and (2 * len(single) >= sample.count("\n") or needed):
        return "'", ""
    if '"' in sample:
        escaped = re.search(r'[^\\]\\"', sample) and not re.search(r'\w""|""\w', sample)
        return '"', "\\" if escaped else ""
    return '"', ""


def _quoted(sample: str, delimiter: str, mark: str) -> list[str]:
    """Return the values that stand between such quotation marks as a whole."""
    edge = r"[^\S\r\n]" if delimiter == BLANKS else re.escape(delimiter)
    inside = f"(?:[^{mark}\\r\\n]|{mark}{mark})*"
    return re.findall(rf"(?m)(?:^|{edge}) ?{mark}({inside}){mark}(?=\r?$|{edge})", sample)


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


def is_number(field: str, decimal: str = ".") -> bool:
    """Whether a cell is a plain number or a percentage."""
    return bool(_NUMBER.fullmatch(field.replace(decimal, ".") if decimal == "," else field))


def _aligned_with_blanks(text: str) -> bool:
    """Whether blanks part the values: mostly numbers, or also values in quotation marks."""
    text = "\n".join(line for line in text.splitlines() if line.strip())
    for quote in ("", '"', "'"):
        rows = sample_rows(text, BLANKS, quote)
        width = usual_width(rows)
        fields = [field for row in rows[1:] for field in row]
        agreeing = sum(len(row) == width for row in rows)
        numbers = 2 * sum(is_number(field) for field in fields) >= len(fields) > 0
        quoted = bool(quote) and len(_quoted(text, BLANKS, quote)) >= 2
        regular = agreeing >= 0.9 * len(rows) if numbers else agreeing == len(rows)
        if width > 1 and regular and (numbers or (quoted and width > 2)):
            return True
    return False
