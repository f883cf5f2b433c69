"""Tables in text that names its columns in a way of its own: ARFF of Weka, and lines of JSON."""

import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from nnlib.datasets.errors import DatasetError

from .limits import MAX_COLUMNS

_LINE_END = re.compile(r"\r\n|\r|\n")
_RELATION = re.compile(r"(?i)(?:\s*(?:%.*)?[\r\n]+)*\s*@relation\b")
_ATTRIBUTE = re.compile(r"""(?i)\s*@attribute\s+('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\S+)\s""")
# A value in either quotation marks, with backslashes, or bare, and the comma behind it.
_VALUE = re.compile(r"""\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^,]*?)\s*,""")


class Special(NamedTuple):
    """A format's name and its rows, the names first, each with the line it ends on."""

    name: str
    rows: list[tuple[int, list[str]]]


def rows_of_format(text: str) -> Special | None:
    """Return the rows of an ARFF file or of JSON; None if the text is neither.

    Raises DatasetError if it is sparse ARFF or has no data.
    """
    if _RELATION.match(text):
        return _arff(text)
    if text.lstrip()[:1] in ("{", "["):
        return _json(text)
    return None


def _arff(text: str) -> Special | None:
    names: list[str] = []
    lines = enumerate(_LINE_END.split(text), start=1)
    for _, line in lines:
        if found := _ATTRIBUTE.match(line + " "):
            names.append(_plain(found[1]))
        elif line.strip().casefold() == "@data":
            break
    else:
        return None
    rows = [(0, names)]
    for number, line in lines:
        if not line.strip() or line.lstrip().startswith("%"):
            continue
        if line.lstrip().startswith("{"):
            raise DatasetError(
                "The file is a sparse ARFF table.", "Save it as a CSV file, or as dense ARFF."
            )
        if "," not in line:
            line = line.replace("\t", ",")
        row = [_plain(value) for value in _VALUE.findall(line + ",")]
        rows.append((number, row))
    return Special("ARFF", rows)


def _plain(value: str) -> str:
    """Return a value without its quotation marks and backslashes."""
    quoted = len(value) > 1 and value[0] in "'\"" and value[-1] == value[0]
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if quoted else value


def _json(text: str) -> Special | None:
    """Read one object a line, a list of objects, or an object of columns."""
    records = _records(text)
    if not records or not all(isinstance(record, dict) for _, record in records):
        return None
    if len(records) == 1:
        records = _by_columns(records[0][1]) or records
    flat = [(number, dict(_flat(record, ""))) for number, record in records]
    names = list(dict.fromkeys(name for _, record in flat for name in record))
    if len(names) > MAX_COLUMNS:
        raise DatasetError(
            f"The table has {len(names):,} columns; the limit is {MAX_COLUMNS:,}.",
            "Remove the columns that are not needed.",
        )
    rows = [(number, [record.get(name, "") for name in names]) for number, record in flat]
    return Special("JSON", [(0, names), *rows])


def _records(text: str) -> list[tuple[int, Any]] | None:
    """Return the objects of a text and their lines; None if it does not look like JSON."""
    try:
        whole = json.loads(text)
        return list(enumerate(whole if isinstance(whole, list) else [whole], start=1))
    except (ValueError, RecursionError):
        if not re.match(r'\s*\[?\s*\{\s*"', text):
            return None
    records = []
    for number, line in enumerate(_LINE_END.split(text), start=1):
        try:
            records += [(number, json.loads(line))] if line.strip() else []
        except (ValueError, RecursionError):
            raise DatasetError(
                f"The file looks like JSON, but line {number:,} is none.",
                "Write one object a line, or save the table as a CSV file.",
            ) from None
    return records


def _by_columns(record: dict[str, Any]) -> list[tuple[int, Any]] | None:
    """Return the rows of an object whose values are columns, as pandas writes them."""
    columns = [dict(enumerate(v)) if isinstance(v, list) else v for v in record.values()]
    if not columns or not all(isinstance(c, dict) and len(c) > 1 for c in columns):
        return None
    keys = list(columns[0])
    if any(list(column) != keys for column in columns):
        return None
    rows = [
        dict(zip(record, values, strict=True))
        for values in zip(*(c.values() for c in columns), strict=True)
    ]
    return list(enumerate(rows, start=1))


def _flat(record: dict[str, Any], above: str) -> Iterable[tuple[str, str]]:
    """Yield the names and texts of values, those within an object behind its name."""
    for name, value in record.items():
        full = f"{above}{name}"
        if isinstance(value, dict):
            yield from _flat(value, f"{full}.")
        elif value is None:
            yield full, ""
        else:
            yield full, value if isinstance(value, str) else json.dumps(value)
