"""From the bytes of a CSV file, of whatever dialect, to a pandas table."""

from __future__ import annotations

import codecs
import csv
import io
import os
import re
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from .dialect import Dialect, has_header, sample_rows, sniff_decimal, sniff_delimiter, usual_width
from .errors import DatasetError, listing

if TYPE_CHECKING:
    import pandas as pd

Source = str | os.PathLike[str] | bytes | IO[bytes]

MAX_BYTES = 200 * 1024**2
MAX_ROWS = 200_000
MAX_COLUMNS = 2_000

# Words for "no value", beyond the ones that pandas knows (NA, NaN, null, None, n/a, …).
MISSING_WORDS = ("", "?", "-", "--", ".", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "n/a")

_SIGNATURES = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "a gzip archive",
    b"PAR1": "a Parquet file",
    b"\x93NUMPY": "a NumPy array",
}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # UTF-32 first: its mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_SAVE_AS_CSV = "Save the table as a CSV file and use that."


@dataclass(frozen=True, eq=False)
class Table:
    """A table as read: a pandas frame, how it was written, and notes for people."""

    frame: pd.DataFrame
    dialect: Dialect
    notes: tuple[str, ...]


def read_table(
    source: Source,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    header: bool | None = None,
) -> Table:
    """Read a CSV file, finding out for itself how it is written.

    Parameters
    ----------
    source : path, bytes, or binary file
    delimiter : str, optional
        One character between the values. Sniffed if not given.
    encoding : str, optional
        Sniffed if not given: UTF-8 or what a byte order mark says, else Windows-1252.
    header : bool, optional
        Whether the first row names the columns. Sniffed if not given.

    Returns
    -------
    Table

    Raises
    ------
    DatasetError
        If the source is no table of at least one row and two columns, or is too large.
    """
    text, encoding, notes = _decode(_bytes_of(source), encoding)
    delimiter = delimiter or sniff_delimiter(text)
    rows = _sample(text, delimiter)
    decimal = sniff_decimal(rows, delimiter)
    named = has_header(rows, decimal) if header is None else header
    dialect = Dialect(delimiter, decimal, encoding, named)
    names, name_notes = _column_names(rows, named)
    frame = _tidy(_parse(text, dialect, names), decimal)
    if frame.empty:
        raise DatasetError(
            "The file has column names but no rows of data.", "Add rows of data below the names."
        )
    return Table(frame, dialect, (*notes, *name_notes))


def _bytes_of(source: Source) -> bytes:
    if isinstance(source, (str, os.PathLike)):
        try:
            raw = Path(source).read_bytes()
        except OSError as error:
            raise DatasetError(
                f"The file '{source}' could not be read ({error.strerror or error}).",
                "Check its name and that it may be read.",
            ) from error
    elif isinstance(source, bytes):
        raw = source
    else:
        if source.seekable():
            source.seek(0)  # an uploaded file may have been read before
        raw = source.read()
    if len(raw) > MAX_BYTES:
        raise DatasetError(
            f"The file has {len(raw) / 1024**2:.0f} MB; the limit is {MAX_BYTES // 1024**2} MB.",
            "Use a part of its rows.",
        )
    return raw


def _decode(raw: bytes, encoding: str | None) -> tuple[str, str, list[str]]:
    """Return text, encoding and notes."""
    for signature, what in _SIGNATURES.items():
        if raw.startswith(signature):
            raise DatasetError(f"The file is {what}, not a text file.", _SAVE_AS_CSV)
    notes = []
    if encoding is None:
        encoding = _guess_encoding(raw)
        if not encoding.startswith("utf"):
            notes.append(
                f"The file is not UTF-8; its text was read as Western European ({encoding})."
            )
    try:
        text = raw.decode(encoding)
    except (LookupError, UnicodeError):
        raise DatasetError(
            f"The file cannot be read with the encoding {encoding}.",
            "Choose another encoding, or save the file as UTF-8.",
        ) from None
    if not text.strip():
        raise DatasetError("The file is empty.", "Choose a file with a table in it.")
    start = text[:100_000]
    if "\x00" in text or len(_CONTROL.findall(start)) > 0.01 * len(start):
        raise DatasetError("The file is not a text file.", _SAVE_AS_CSV)
    return text, encoding, notes


def _guess_encoding(raw: bytes) -> str:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return encoding
    for encoding in ("utf-8", "cp1252"):
        try:
            raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return "latin-1"  # decodes anything


def _sample(text: str, delimiter: str) -> list[list[str]]:
    try:
        rows = sample_rows(text, delimiter)
    except (csv.Error, TypeError):
        raise DatasetError(
            f"The file cannot be split into values at {delimiter!r}.",
            "Give the one character that separates the values.",
        ) from None
    width = max(map(len, rows), default=0)
    if width < 2:
        raise DatasetError(
            "The file has only one column.",
            "It needs at least one feature and one target, separated by commas, semicolons or "
            "tabs.",
        )
    if width > MAX_COLUMNS:
        raise DatasetError(
            f"The table has {width:,} columns; the limit is {MAX_COLUMNS:,}.",
            "Remove the columns that are not needed.",
        )
    return rows


def _column_names(rows: list[list[str]], named: bool) -> tuple[list[str], list[str]]:
    """Return unique names as wide as the rows are, and notes."""
    width = usual_width(rows[1:]) or len(rows[0])
    if not named:
        note = "The first row looks like data, so the columns are called column 1, column 2, …"
        return [f"column {i + 1}" for i in range(usual_width(rows))], [note]
    names = list(rows[0])
    if width == len(names) + 1:  # row names without a heading, or a delimiter ending each row
        trailing = all(not row[-1] for row in rows[1:] if len(row) == width)
        names = [*names, ""] if trailing else ["", *names]
    names = [name or f"column {i + 1}" for i, name in enumerate(names)]
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if not repeated:
        return names, []
    return _numbered(names), [f"Several columns are called {listing(repeated)}; they are numbered."]


def _numbered(names: list[str]) -> list[str]:
    """Make names unique: a, a, b becomes a, a (2), b."""
    unique: dict[str, None] = {}
    for name in names:
        candidate, number = name, 1
        while candidate in unique:
            number += 1
            candidate = f"{name} ({number})"
        unique[candidate] = None
    return list(unique)


def _parse(text: str, dialect: Dialect, names: list[str]) -> pd.DataFrame:
    import pandas as pd

    try:
        with warnings.catch_warnings():
            # pandas warns where a row is too long, and would drop the rest of it.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                io.StringIO(text),
                sep=dialect.delimiter,
                decimal=dialect.decimal,
                header=0 if dialect.has_header else None,
                names=names,
                index_col=False,
                skipinitialspace=True,
                na_values=list(MISSING_WORDS),
                low_memory=False,
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise _parse_error(str(error)) from None
    if len(frame) > MAX_ROWS:
        raise DatasetError(
            f"The table has {len(frame):,} rows; the limit is {MAX_ROWS:,}.",
            "Use a random part of its rows; that changes little in what can be seen.",
        )
    return frame


def _parse_error(message: str) -> DatasetError:
    """Say in our words what pandas said in its own."""
    found = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", message)
    if found:
        problem = f"Line {found[2]} has {found[3]} values where {found[1]} are expected."
    elif "EOF inside string" in message:
        return DatasetError(
            "A quotation mark is opened and never closed.", "Close it, or remove it from the file."
        )
    else:
        problem = "Some rows have more values than there are columns."
    return DatasetError(
        problem, "Correct the file; a value that contains the delimiter needs quotation marks."
    )


def _tidy(frame: pd.DataFrame, decimal: str) -> pd.DataFrame:
    """Strip text, recognize words for "no value", drop empty rows and nameless empty columns."""
    for name in frame.columns:
        column = frame[name]
        if column.dtype == object or str(column.dtype) == "str":
            text = column.where(column.isna(), column.astype(str).str.strip())
            if decimal == ",":  # numbers in columns that pandas left as text
                text = text.str.replace(r"^([+-]?\d*),(\d+)$", r"\1.\2", regex=True)
            frame[name] = text.mask(text.isin(MISSING_WORDS))
    nameless = [
        name
        for i, name in enumerate(frame.columns)
        if name == f"column {i + 1}" and frame[name].isna().all()
    ]
    return frame.drop(columns=nameless).dropna(how="all").reset_index(drop=True)
