"""A first look at all rows of a file: how wide they are, and which of them name columns."""

import re
from array import array
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .dialect import SAMPLE_ROWS, is_number, usual_width
from .missing import MISSING

Counts = NDArray[np.int32]
Rows = Callable[[], Iterable[tuple[int, list[str]]]]
"""Gives the rows anew at each call: the line that each ends on, and its values."""

_MOST_HEADERS = 500
_LETTER = re.compile(r"[^\w]?[^\W\d]|_")


class Survey(NamedTuple):
    """Of each row: how many values it has, how many are not empty, and the line it ends on.

    `headers` are rows of words, by their number, with numbers in the row below.
    """

    widths: Counts
    filled: Counts
    lines: Counts
    headers: Mapping[int, list[str]]


def survey(rows: Rows) -> Survey:
    """Go through all rows once."""
    widths, filled, lines = array("i"), array("i"), array("i")
    headers: dict[int, list[str]] = {}
    probe = _column_of_numbers(rows)
    before, words = -1, None
    top: tuple[int, list[str]] | None = None  # the first row that may be one of names
    for number, (line, row) in enumerate(rows()):
        width = len(row)
        widths.append(width)
        empty = row.count("")
        full = 0 if empty == width or not any(map(str.strip, row)) else width - empty
        filled.append(full)
        lines.append(line)
        if not full:
            before = -1
            continue
        if words is not None:
            top = top or words
            again = width == len(words[1]) and words is not top and set(top[1]) < set(words[1])
            if again:  # a wider header, above text alone
                headers[top[0]] = top[1]
            if len(headers) < _MOST_HEADERS and (again or _numbers_below(words[1], row)):
                headers[words[0]] = words[1]
            words = None
        # Only a row that is unlike the others can be one of names; most are passed by here.
        if width != before or (-1 < probe < width and row[probe].lstrip()[:1].isalpha()):
            cells = [cell.strip() for cell in row]
            words = (number, cells) if _may_name(cells) else None
        before = width
    sizes = [np.array(values, dtype=np.int32) for values in (widths, filled, lines)]
    return Survey(sizes[0], sizes[1], sizes[2], headers)


def _column_of_numbers(rows: Rows) -> int:
    """Return the first column that holds numbers, -1 if there is none."""
    head = [row for _, row in islice(rows(), SAMPLE_ROWS)]
    width = usual_width([row for row in head if len(row) > 1])
    body = [row for row in head if len(row) == width][1:]
    for i in range(width):
        numbers = sum(_is_number(row[i].strip()) for row in body)
        if numbers > 0.8 * len(body):
            return i
    return -1


def _is_number(cell: str) -> bool:
    return is_number(cell) or is_number(cell, ",")


def _may_name(cells: list[str]) -> bool:
    words = [cell for cell in cells if cell]
    return (
        len(words) > 1
        and 2 * len(words) >= len(cells)
        and len(set(words)) == len(words)
        and all(_LETTER.match(word) and word.casefold() not in MISSING for word in words)
    )


def _numbers_below(words: list[str], row: list[str]) -> bool:
    return any(word and _is_number(cell.strip()) for word, cell in zip(words, row, strict=False))


def share_names(one: list[str], other: list[str]) -> bool:
    """Whether two headers are of the same table: half of the names of the shorter agree."""
    first = {name.casefold() for name in one if name}
    second = {name.casefold() for name in other if name}
    return 2 * len(first & second) >= min(len(first), len(second)) > 0
