"""What kind of file some bytes are, and how they unpack without filling the memory.

The kind is read off the content. Names, of the file or inside an archive, decide nothing and never
reach the disk.
"""

import io
import zipfile
import zlib
from typing import NamedTuple

from nnlib.archives import TooLarge, open_zip
from nnlib.datasets.errors import DatasetError

from .limits import MAX_BYTES, MEGABYTE

TEXT, WORKBOOK, PARQUET = "text", "workbook", "parquet"

_SAVE_AS_CSV = "Save the table as a CSV file and use that."
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_REFUSED = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook or another Office document",
    b"\x93NUMPY": "a NumPy array",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"Rar!": "a RAR archive",
    b"ARROW1": "an Arrow file",
    b"SQLite format 3": "a SQLite database",
    b"\x89HDF": "an HDF5 file",
    b"\x80\x04\x95": "a Python pickle, which is never opened",
    b"\x80\x05\x95": "a Python pickle, which is never opened",
    b"<!DOCTYPE html": "a web page",
    b"<html": "a web page",
    b"<?xml": "an XML file",
}


class Content(NamedTuple):
    """Bytes of a known kind: `TEXT`, `WORKBOOK` or `PARQUET`."""

    kind: str
    raw: bytes


def unpack(raw: bytes) -> Content:
    """Return the table's own bytes, out of gzip or a ZIP archive if they were packed.

    Raises DatasetError if it is another kind of file, a damaged archive, or larger than
    `MAX_BYTES` unpacked.
    """
    if raw.startswith(_GZIP):
        raw = _gunzip(raw)
    if raw.startswith(_ZIP):
        return _open_zip(raw)
    if raw.startswith(b"PAR1"):
        return Content(PARQUET, raw)
    start = raw[:200].lstrip()
    for signature, what in _REFUSED.items():
        if start.startswith(signature):
            raise DatasetError(f"The file is {what}, not a table of text.", _SAVE_AS_CSV)
    if start.startswith(_GZIP):
        raise DatasetError("The file is packed twice.", "Unpack it and use the table itself.")
    return Content(TEXT, raw)


def _gunzip(raw: bytes) -> bytes:
    """Unpack piece by piece, so that a bomb is found out before it goes off."""
    parts: list[bytes] = []
    total = 0
    try:
        while raw:  # a gzip file may have several members
            machine = zlib.decompressobj(wbits=31)
            rest = raw
            while rest and not machine.eof:
                part = machine.decompress(rest, MEGABYTE)
                rest = machine.unconsumed_tail
                parts.append(part)
                total += len(part)
                if total > MAX_BYTES:
                    raise too_large_unpacked()
            if not machine.eof:
                raise DatasetError("The gzip archive ends too early.", "Pack or copy it again.")
            raw = machine.unused_data.lstrip(b"\x00")
            if raw and not raw.startswith(_GZIP):
                break  # what follows the archive is no part of it
    except zlib.error:
        raise DatasetError("The gzip archive is damaged.", "Pack or copy it again.") from None
    return b"".join(parts)


def _open_zip(raw: bytes) -> Content:
    """Return the only file of an archive; a workbook is an archive as well."""
    try:
        with open_zip(io.BytesIO(raw), MAX_BYTES) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            names = {entry.filename for entry in entries}
            if "xl/workbook.xml" in names:
                return Content(WORKBOOK, raw)
            files = [entry for entry in entries if not entry.filename.startswith("__MACOSX/")]
            if len(files) != 1:
                raise DatasetError(
                    f"The ZIP archive holds {len(files):,} files.",
                    "Use an archive of a single CSV file, or the CSV file itself.",
                )
            with archive.open(files[0]) as file:
                content = unpack_once(file.read(files[0].file_size))
    except TooLarge:
        raise too_large_unpacked() from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise DatasetError(
            "The ZIP archive is damaged or has a password.", "Pack the table again, or use it bare."
        ) from None
    except (OSError, ValueError, KeyError, OverflowError) as error:
        if isinstance(error, DatasetError):
            raise
        raise DatasetError("The ZIP archive is damaged.", "Pack the table again.") from None
    return content


def unpack_once(raw: bytes) -> Content:
    """Return the content of a file that was in an archive; no archive within an archive."""
    if raw.startswith((_GZIP, _ZIP)):
        raise DatasetError("The file is packed twice.", "Unpack it and use the table itself.")
    return unpack(raw)


def too_large_unpacked() -> DatasetError:
    """Return the refusal of an archive that unpacks to too much."""
    return DatasetError(
        f"The archive unpacks to more than {MAX_BYTES // MEGABYTE} MB.",
        "Use a part of the table's rows.",
    )
