"""Which rows name a table's columns, and which column each name belongs to."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from nnlib.datasets.errors import listing

from .dialect import is_number, usual_width
from .missing import MISSING

LONGEST_NAME = 200
_GAPS = MISSING | {"unknown", "inf", "-inf", "infinity"}
_IDENTIFIER = re.compile(r"(?i)(.*[_ ])?(id|idx|index|key|uuid|nr|no|row|number)|#")
_IMPORT = re.compile(r'\{\s*"ImportId"')  # as Qualtrics describes its columns
_MOST_ROWS = 3


class Names(NamedTuple):
    """The names of all columns, how many rows are the header, and notes for people.

    `shift` is the number of columns before the first that the header names.
    """

    names: list[str]
    rows: int
    shift: int
    notes: list[str]


def name_columns(
    head: list[list[str]], width: int, decimal: str, rows: int | None, unnamed: str | None
) -> Names:
    """Name the columns of a table by its first rows.

    Parameters
    ----------
    width : the usual number of values in a row
    decimal : {".", ","}
    rows : how many rows are the header; found out if not given
    unnamed : {"first", "last"}; which column has no name where there is one name too few, or which
        name has no column where there is one too many; found out if not given
    """
    notes: list[str] = []
    count, naming = rows, head[: rows or 0]
    if rows is None:
        naming, count, notes = _find_header(head, decimal)
    if not count:
        note = "The first row looks like data, so the columns are called column 1, column 2, …"
        return Names([f"column {i + 1}" for i in range(usual_width(head) or width)], 0, 0, [note])
    names = _joined(naming)
    names, shift, words = _fitted(names, head[count:], unnamed)
    names = [
        " ".join(name.split())[:LONGEST_NAME] or f"column {i + 1}" for i, name in enumerate(names)
    ]
    repeated = [name for name, number in Counter(names).items() if number > 1]
    if repeated:
        words.append(f"Several columns are called {listing(repeated)}; they are numbered.")
    return Names(_numbered(names), count, shift, [*notes, *words])


def _find_header(head: list[list[str]], decimal: str) -> tuple[list[list[str]], int, list[str]]:
    """Return the rows that name the columns, how many rows stand above the data, and notes."""
    if not has_header(head, decimal):
        return [], 0, []
    for i, row in enumerate(head[1:_MOST_ROWS], start=1):
        if all(_IMPORT.match(cell) for cell in row if cell) and any(row):
            described = "1 row" if i == 1 else f"{i} rows"
            return head[:1], i + 1, [f"{described} below the names left out: no data."]
    count = count_header_rows(head, decimal)
    notes = []
    if any(is_number(cell, decimal) for cell in head[0]):
        notes.append("A guess: the first row names the columns, although it holds numbers.")
    naming = head[:count]
    above_rows = count > 1 or not head[0][0]
    if above_rows and len(head) > count + 1 and _names_index(head[count]):
        index = [cell or above for cell, above in zip(head[count], _joined(naming), strict=False)]
        return [index], count + 1, notes
    return naming, count, notes


def _names_index(row: list[str]) -> bool:
    """Whether a row below names has but the name of the row names, as pandas writes it."""
    return len(row) > 2 and bool(row[0]) and not any(row[1:]) and not is_number(row[0])


def has_header(rows: list[list[str]], decimal: str) -> bool:
    """Tell whether the first row names the columns rather than being data.

    Words above columns of numbers speak for names. Numbers speak for data, unless they rise like
    years or wavelengths where the other rows do not, or lie far outside their columns. So does a
    row if each of its words comes again below it.
    """
    first, others = rows[0], [row for row in rows[1:] if row != rows[0]]
    numbers = [i for i, cell in enumerate(first) if is_number(cell, decimal)]
    words = {i: cell for i, cell in enumerate(first) if cell and i not in numbers}
    again = [any(len(row) > i and row[i] == word for row in others) for i, word in words.items()]
    if not numbers:
        return not words or not all(again)
    if _are_names([first[i] for i in numbers], numbers, others, decimal):
        return not any(again)
    above = sum(_above_numbers(i, word, others, decimal) for i, word in words.items())
    return above > 0 and len(words) > len(numbers) and not any(again)


def _above_numbers(i: int, word: str, rows: list[list[str]], decimal: str) -> bool:
    """Whether a word stands above a column of numbers."""
    column = [row[i] for row in rows if len(row) > i and row[i]]
    numbers = sum(is_number(cell, decimal) for cell in column)
    return word.casefold() not in _GAPS and 0 < 0.9 * len(column) <= numbers


def _are_names(cells: list[str], places: list[int], rows: list[list[str]], decimal: str) -> bool:
    """Whether numbers in a first row are names, such as years or wavelengths."""
    values = [_value(cell, decimal) for cell in cells]
    if len(set(values)) < len(values) or not rows:
        return False
    below = [[_value(row[i], decimal) for i in places if len(row) > i] for row in rows]
    steps = np.diff(values)
    if len(values) > 1 and all(map(str.isdecimal, cells)) and (steps == 1).all():
        return True
    columns = [[row[i] for row in below if len(row) > i] for i in range(len(values))]
    far = len(rows) > 1 and all(map(_is_far, values, columns))
    years = all(value % 1 == 0 and 1800 <= value <= 2100 for value in values)
    if far and (years or len(values) > 2):
        return True
    rising = sum(map(_rises, below)) <= 0.1 * len(below) and len(values) > 3 and _rises(values)
    return rising and bool(np.ptp(steps) <= 0.01 * np.abs(steps).max())


def _value(cell: str, decimal: str) -> float:
    plain = cell.replace(",", ".") if decimal == "," else cell
    return float(plain.rstrip("%")) if is_number(plain) else np.nan


def _rises(values: list[float]) -> bool:
    return len(values) > 1 and all(b > a for a, b in pairwise(values))


def _is_far(value: float, column: list[float]) -> bool:
    """Whether a value lies farther from those of its column than they lie apart."""
    known = [number for number in column if number == number]
    if len(known) < max(2, len(column) / 2):
        return False
    low, high = min(known), max(known)
    return max(low - value, value - high) > 2 * (high - low)


def count_header_rows(rows: list[list[str]], decimal: str) -> int:
    """Return how many rows name the columns together: 2 or 3 where words stand above numbers.

    For instance names of groups over names of columns, or names over units.
    """
    count = 1
    while count < _MOST_ROWS and len(rows) > count + 3 and _names_too(rows, count, decimal):
        count += 1
    return count


def _names_too(rows: list[list[str]], count: int, decimal: str) -> bool:
    row, below = rows[count], rows[count + 1 :]
    if _names_index(below[0]):
        below = below[1:]
    if _names_index(row) or any(is_number(cell, decimal) for cell in row):
        return False
    for i in range(min(len(rows[0]), len(row))):
        column = [other[i] for other in below if len(other) > i and other[i]]
        numbers = sum(is_number(cell, decimal) for cell in column)
        word = row[i].casefold() not in _GAPS and re.search(r"\w", row[i])
        if word and numbers >= 0.9 * len(below) > 0:
            return True
    return False


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


def _fitted(
    names: list[str], below: list[list[str]], unnamed: str | None
) -> tuple[list[str], int, list[str]]:
    """Return as many names as the rows have values, how many come before the first, and notes."""
    usual = usual_width(below) or len(names)
    full = [row for row in below if len(row) == usual]
    nothing = not names[0] or names[0].endswith(":")  # row names that are not there, or "Data:"
    if usual == len(names) - 1 and (nothing or unnamed == "first"):
        return names[1:], 0, []
    extra = usual - len(names)
    if extra < 1:
        return names, 0, []
    if all(not any(row[len(names) :]) for row in full):  # a delimiter ends each row
        return names + [""] * extra, 0, []
    if extra > 1:
        said = f"A guess: the rows have {usual} values, and the {len(names)} names are the first."
        return names + [""] * extra, 0, [said]
    where = unnamed or ("first" if _are_row_names(names, full) else "last")
    said = f"A guess: the rows have one value more than there are names; the {where} has none."
    return (["", *names], 1, [said]) if where == "first" else ([*names, ""], 0, [said])


def _are_row_names(names: list[str], rows: list[list[str]]) -> bool:
    """Whether the first values name the rows: words that differ, or numbers that count them."""
    cells = [row[0] for row in rows]
    if len(set(cells)) < len(cells) or _IDENTIFIER.fullmatch(names[0]):
        return False
    if not all(map(str.isdecimal, cells)):
        return not any(map(is_number, cells))
    return all(int(b) - int(a) == 1 for a, b in pairwise(cells))


def _numbered(names: Sequence[str]) -> list[str]:
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
