"""Tables in Excel workbooks and Parquet files, read bit by bit within bounds.

openpyxl reads a sheet row by row, so that a sheet which claims a billion cells costs no memory. A
faster reader that builds the whole grid at once would end the process; docs/csv.md has the numbers.
"""

from __future__ import annotations

import datetime
import io
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnlib.datasets.errors import DatasetError

from .limits import MAX_BYTES, MAX_COLUMNS, MAX_WORKBOOK_CELLS
from .rows import sampled
from .unpacking import too_large_unpacked

if TYPE_CHECKING:
    import pandas as pd

_EMPTY_ROWS = 10_000  # after so many the sheet has ended
_MAX_PARQUET_ROWS = 50_000_000
_MAX_PARQUET_BYTES = 8 * MAX_BYTES  # encoded columns are much smaller than text
_DAMAGED_WORKBOOK = DatasetError(
    "The workbook cannot be read.", "Open it in Excel and save the table as a CSV file."
)


def read_workbook(raw: bytes) -> tuple[list[list[str]], list[str]]:
    """Return the cells of the first sheet with a table, as text, and notes.

    Raises DatasetError if the workbook is damaged, has no table, or has too many cells.
    """
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and features that do not matter here
            book = openpyxl.load_workbook(
                io.BytesIO(raw), read_only=True, data_only=True, keep_links=False
            )
            for sheet in book.worksheets:
                cells = _sheet_cells(sheet)
                if sum(len(row) > 1 for row in cells) > 1:
                    several = len(book.worksheets) > 1
                    notes = [f"The sheet '{sheet.title}' of the workbook was read."]
                    return cells, notes if several else []
    except DatasetError:
        raise
    except Exception as error:  # openpyxl raises whatever its parsing runs into
        raise _DAMAGED_WORKBOOK from error
    raise DatasetError(
        "No sheet of the workbook holds a table.",
        "It needs at least one feature and one target, in columns of their own.",
    )


def _sheet_cells(sheet: Any) -> list[list[str]]:
    rows: list[list[str]] = []
    cells = empty = 0
    sheet.reset_dimensions()  # what a file says about its size need not be true
    for values in sheet.iter_rows(values_only=True):
        row = [_text(value) for value in values]
        while row and not row[-1]:
            row.pop()
        empty = 0 if row else empty + 1
        if empty > _EMPTY_ROWS:
            break
        if len(row) > MAX_COLUMNS:
            raise DatasetError(
                f"The table has {len(row):,} columns; the limit is {MAX_COLUMNS:,}.",
                "Remove the columns that are not needed.",
            )
        cells += len(row)
        if cells > MAX_WORKBOOK_CELLS:
            raise DatasetError(
                f"The sheet has more than {MAX_WORKBOOK_CELLS:,} cells.",
                "Save it as a CSV file, which may be larger.",
            )
        rows.append(row)
    width = max(map(len, rows), default=0)
    if width * len(rows) > 4 * MAX_WORKBOOK_CELLS:
        return rows
    return [row + [""] * (width - len(row)) if row else row for row in rows]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time(0)
        return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value).strip()


def read_parquet(
    raw: bytes, sample_seed: int | None
) -> tuple[pd.DataFrame, list[str], NDArray[np.int64], NDArray[np.int64]]:
    """Return the table of a Parquet file without its lists and structures, and notes.

    Behind them the numbers, from 1, of the file's rows in the table, and of those that are not.

    Raises DatasetError if the file is damaged or too large.
    """
    from pyarrow import parquet

    try:
        schema = parquet.read_schema(io.BytesIO(raw))
        flat = [field.name for field in schema if not field.type.num_fields]
        # As a dictionary, a long text that comes a million times takes its room once.
        file = parquet.ParquetFile(io.BytesIO(raw), read_dictionary=flat)
        return _parquet_frame(file, flat, len(schema) - len(flat), sample_seed)
    except DatasetError:
        raise
    except Exception as error:  # pyarrow raises whatever its parsing runs into
        raise DatasetError(
            "The Parquet file cannot be read.", "Write it again, or save it as a CSV file."
        ) from error


def _check_parquet_size(file: Any, names: list[str]) -> None:
    rows = file.metadata.num_rows
    groups = (file.metadata.row_group(i) for i in range(file.metadata.num_row_groups))
    if sum(group.total_byte_size for group in groups) > _MAX_PARQUET_BYTES:
        raise too_large_unpacked()
    if len(names) < 2 or rows < 1:
        raise DatasetError(
            f"The table has {max(rows, 0):,} rows and {len(names):,} columns.",
            "It needs at least one feature and one target, and rows of data.",
        )
    if len(names) > MAX_COLUMNS or len(set(names)) < len(names) or rows > _MAX_PARQUET_ROWS:
        raise DatasetError(
            f"The table has {rows:,} rows and {len(names):,} columns; or names come twice.",
            f"Keep up to {MAX_COLUMNS:,} columns, each with its own name.",
        )


def _parquet_frame(
    file: Any, names: list[str], nested: int, sample_seed: int | None
) -> tuple[pd.DataFrame, list[str], NDArray[np.int64], NDArray[np.int64]]:
    import pandas as pd

    rows = file.metadata.num_rows
    _check_parquet_size(file, names)
    wanted, notes = sampled(np.arange(rows), len(names), sample_seed)
    if nested:
        hold, stay = ("column holds", "is") if nested == 1 else ("columns hold", "are")
        notes.append(f"{nested:,} {hold} lists or structures and {stay} left out.")
    parts, start, kept = [], 0, 0
    size = max(1, min(8_192, 400_000 // len(names)))
    for batch in file.iter_batches(batch_size=size, columns=names):
        first, last = np.searchsorted(wanted, [start, start + batch.num_rows])
        if last > first:
            part = batch.take(wanted[first:last] - start)
            if part.nbytes + kept > 4 * MAX_WORKBOOK_CELLS * 64:
                raise DatasetError("The table needs too much memory.", "Use a part of its rows.")
            kept += part.nbytes
            parts.append(part.to_pandas(ignore_metadata=True))
        start += batch.num_rows
        if start > rows:
            break
    frame = _plain(pd.concat(parts, ignore_index=True).set_axis(names, axis=1))
    lines = (wanted[frame.index] + 1).astype(np.int64)
    left_out = np.setdiff1d(np.arange(1, rows + 1), lines, assume_unique=True)
    return frame.reset_index(drop=True), notes, lines, left_out


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return numbers, truth values, dates and text; everything else as text.

    Empty rows are dropped; the index tells which stay.
    """
    import pandas as pd

    columns = {}
    for name in frame.columns:
        column = frame[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            column = column.astype(column.cat.categories.dtype)
        kind = column.dtype.kind
        if kind == "M":
            column = column.dt.tz_localize(None) if column.dt.tz is not None else column
        elif kind not in "biuf" and pd.api.types.infer_dtype(column, skipna=True) != "boolean":
            column = column.where(column.isna(), column.map(_text, na_action="ignore"))
        columns[name] = column
    frame = pd.DataFrame(columns).dropna(how="all")
    if frame.empty:
        raise DatasetError("The table has no rows of data.", "Add rows of data.")
    return frame
