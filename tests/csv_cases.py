"""A small file, what is in it and what is said of it, and quick ways to write such files."""

from __future__ import annotations

from typing import Any, NamedTuple

from nnlib.datasets import read_table


class Case(NamedTuple):
    """A file, what some of its columns hold, words of a note, and options to read it by."""

    raw: bytes
    columns: dict[str, list[Any]]
    said: str = ""
    names: list[str] | None = None
    options: dict[str, Any] = {}


def table(header: str, rows: list[str], end: str = "") -> bytes:
    return ("\n".join([header, *rows]) + "\n" + end).encode()


def cycle(values: list[Any], n: int) -> list[Any]:
    return [values[i % len(values)] for i in range(n)]


def column(values: list[Any], n: int = 24, header: str = "v,a,y") -> bytes:
    rows = [f"{v},{i},{i % 2}" for i, v in enumerate(cycle(values, n))]
    return table(header, rows)


def semicolons(values: list[Any], n: int = 24) -> bytes:
    return table("v;a;y", [f"{v};{i};{i % 2}" for i, v in enumerate(cycle(values, n))])


N = 24
COUNT = list(range(N))
LONG_IDS = [1582218195625938000 + 7 * i for i in range(N)]


def columns_of(frame: Any) -> dict[str, list[Any]]:
    values = frame.astype(object).where(frame.notna(), None)
    return {str(name): values[name].tolist() for name in values.columns}


def check(case: Case) -> None:
    """Read a file and compare it with what is in it."""
    read = read_table(case.raw, **case.options)
    found = columns_of(read.frame)
    for name, values in case.columns.items():
        assert found[name] == values
    if case.names is not None:
        assert list(read.frame.columns) == case.names
    assert case.said in " ".join(read.notes)
    if not case.said:
        assert read.notes == ()
