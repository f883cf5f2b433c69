"""One clean table, polluted in one way at a time: the idea of Pollock (Vitagliano et al. 2023).

``python tests/csv_pollution.py`` says which share is read right, and which file took longest.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

HEADER = ["name", "place", "day", "amount", "grade"]
N_ROWS = 40
Rows = list[list[str]]


class Polluted(NamedTuple):
    """A file, and the table that is in it; a cell of None is a gap."""

    raw: bytes
    header: list[str]
    rows: Sequence[Sequence[str | None]]


def clean() -> Rows:
    rng = random.Random(11)
    places = ["Oslo", "New York, NY", "Rome", 'the "old" town', "Lima"]
    return [
        [
            f"Item {i}",
            rng.choice(places),
            f"2024-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}",
            f"{rng.uniform(5, 900):.2f}",
            rng.choice(["low", "middle", "high"]),
        ]
        for i in range(N_ROWS)
    ]


def cell(text: str, delimiter: str = ",", quote: str = '"', *, always: bool = False) -> str:
    if quote and (always or any(sign in text for sign in (delimiter, quote, "\n"))):
        return quote + text.replace(quote, 2 * quote) + quote
    return text


def lines(rows: Rows, delimiter: str = ",", quote: str = '"', *, always: bool = False) -> list[str]:
    return [delimiter.join(cell(c, delimiter, quote, always=always) for c in row) for row in rows]


def text(parts: list[str], end: str = "\n") -> bytes:
    return (end.join(parts) + end).encode()


def polluted() -> Iterator[tuple[str, Polluted]]:
    """Yield the name of each file, which begins with its kind, and the file."""
    rows = clean()
    table = lines([HEADER, *rows])
    for name, raw in (*_dialects(rows), *_ends(table), *_around(table), *_tables(table)):
        yield name, Polluted(raw, HEADER, list(rows))
    yield "header none", Polluted(text(table[1:]), [f"column {i}" for i in range(1, 6)], list(rows))
    yield (
        "header two rows",
        Polluted(
            text(["who,who,when,what,what", *table]),
            ["who name", "who place", "when day", "what amount", "what grade"],
            list(rows),
        ),
    )
    yield "header twice", Polluted(text([*table[:20], *table[:1], *table[20:]]), HEADER, list(rows))
    yield from _single_rows(table, rows)


def _dialects(rows: Rows) -> Iterator[tuple[str, bytes]]:
    for mark in (",", ";", "\t", "|", " ", "^", "~", "||", "::"):
        for quote in ('"', "'"):
            if quote == "'" and mark in ("||", "::"):
                continue
            for always in (False, True):
                written = text(lines([HEADER, *rows], mark, quote, always=always))
                yield f"delimiter {mark!r} {quote} {'all' if always else 'some'}", written


def _ends(table: list[str]) -> Iterator[tuple[str, bytes]]:
    for end in ("\n", "\r\n", "\r"):
        yield f"end {end!r}", text(table, end)
        yield f"end {end!r} not last", text(table, end).removesuffix(end.encode())
        yield f"end {end!r} twice", text(table, end) + end.encode()
    yield "end mixed", (text(table[:20]) + text(table[20:], "\r\n"))
    yield "encoding mark", "\ufeff".encode() + text(table)
    yield "encoding NUL", text(table) + b"\x00\x00"
    yield "encoding UTF-16", text(table).decode().encode("utf-16")


def _around(table: list[str]) -> Iterator[tuple[str, bytes]]:
    for above in (
        ["Sales"], ["Sales", ""], ["Sales", "of 2024"], ["Sales,,,,", ""],
        ["Sales, all of them", ""], ["", ""], ["# made by hand"], ["a: 1", "b: 2", ""],
    ):  # fmt: skip
        yield f"preamble {above}", text([*above, *table])
    for below in (
        ["end"], ["", "end"], ["", "Source: us, them"], ["Total,,,12345.67,"],
        ["", "Total,,,12345.67,"], ["* a note"], [",,,,"],
    ):  # fmt: skip
        yield f"footer {below}", text([*table, *below])


def _tables(table: list[str]) -> Iterator[tuple[str, bytes]]:
    for width, kind in ((3, "less"), (5, "same"), (7, "more")):
        head = ["city", "people", "area", "height", "founded", "rank", "code"][:width]
        body = [f"Town {i},{100 + i},{i}.5,{30 + i},{1900 + i},{i},{7 * i}" for i in range(12)]
        other = [",".join(head), *(",".join(line.split(",")[:width]) for line in body)]
        yield f"multitable {kind} below", text([*table, *other])
        yield f"multitable {kind} below, apart", text([*table, "", *other])
        yield f"multitable {kind} above", text([*other, *table])
        yield f"multitable {kind} above, apart", text([*other, "", *table])
    yield "multitable joined", text([*table[:25], table[0], *table[25:]])


def _single_rows(table: list[str], rows: Rows) -> Iterator[tuple[str, Polluted]]:
    for i in (1, 2, 7, 20, N_ROWS):
        for mark in (";", "\t", "|"):
            other = [*table]
            other[i] = mark.join(rows[i - 1])
            yield f"row {i} by {mark!r}", Polluted(text(other), HEADER, list(rows))
        short: list[list[str | None]] = [[*row] for row in rows]
        short[i - 1][4] = None
        cut = [*table[:i], table[i].rpartition(",")[0], *table[i + 1 :]]
        yield f"row {i} short", Polluted(text(cut), HEADER, short)
        long = [*table[:i], table[i] + ",more", *table[i + 1 :]]
        yield f"row {i} long", Polluted(text(long), HEADER, [*rows[: i - 1], *rows[i:]])
        empty = [*table[:i], table[i] + ",", *table[i + 1 :]]
        yield f"row {i} with an empty value more", Polluted(text(empty), HEADER, list(rows))
        for column in (0, 2, 4):
            yield f"quote at {i}, {column}", _stray(rows, {i: column})
            if i < 20:
                yield f"quote at {i}, {column}, twice", _stray(rows, {i: column, i + 15: column})


def _stray(rows: Rows, places: dict[int, int]) -> Polluted:
    """Put a quotation mark in front of a value in some lines."""
    written = lines([HEADER, *rows])
    for line, column in places.items():
        cells = [cell(c) for c in rows[line - 1]]
        cells[column] = '"' + cells[column]
        written[line] = ",".join(cells)
    return Polluted(text(written), HEADER, list(rows))


def is_right(file: Polluted) -> bool:
    from nnlib.datasets import DatasetError, read_table

    try:
        frame = read_table(file.raw).frame
    except DatasetError:
        return False
    if list(frame.columns) != file.header or len(frame) != len(file.rows):
        return False
    amounts = [float(row[3] or "nan") for row in file.rows]
    others = [i for i in range(5) if i != 3]
    cells = frame.iloc[:, others].astype(object).where(frame.iloc[:, others].notna(), None)
    return frame.iloc[:, 3].tolist() == amounts and cells.to_numpy().tolist() == [
        [row[i] for i in others] for row in file.rows
    ]


def main() -> None:
    seconds: dict[str, float] = {}
    wrong: list[str] = []
    kinds: dict[str, list[bool]] = {}
    for name, file in polluted():
        started = time.perf_counter()
        right = is_right(file)
        seconds[name] = time.perf_counter() - started
        kinds.setdefault(name.split(" ")[0], []).append(right)
        wrong += [] if right else [name]
    print(pd.Series(kinds).map(lambda found: f"{sum(found)} of {len(found)}").to_string())
    total = sum(map(len, kinds.values()))
    slowest = max(seconds, key=lambda name: seconds[name])
    print(
        f"{total - len(wrong)} of {total} read right; slowest {slowest}: {seconds[slowest]:.2f} s"
    )
    print("wrong:", *wrong, sep="\n  ")


if __name__ == "__main__":
    main()
