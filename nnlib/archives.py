"""ZIP archives that people hand over, opened so that they cannot fill the memory.

Nothing is unpacked before it is known how much it will be: `zipfile` gives no more of an entry
than the size that the directory says, and the directory itself is measured before it is read.
"""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import numpy as np
import numpy.typing as npt

MAX_DIRECTORY_BYTES = 2**20  # some 10,000 entries; each takes about a kilobyte once it is read

File = str | Path | BinaryIO

_END, _END_64 = b"PK\x05\x06", b"PK\x06\x06"
_LONGEST_END = 22 + 65_535 + 76  # with its comment, and the end record of large archives


class TooLarge(ValueError):
    """An archive that holds more than it may."""


@contextmanager
def opened(file: File, mode: str) -> Iterator[BinaryIO]:
    """Open a path; a file that is open already stays so."""
    if isinstance(file, str | Path):
        with Path(file).open(mode) as stream:
            yield cast("BinaryIO", stream)
    else:
        yield file


@contextmanager
def refusing(what: str, most_bytes: int) -> Iterator[None]:
    """Turn whatever a damaged or hostile file raises while it is read into one plain sentence.

    Parameters
    ----------
    what : the file should be, for instance "model"

    Raises
    ------
    ValueError
        in place of any other error
    """
    try:
        yield
    except TooLarge as error:
        raise ValueError(
            f"This {what} is larger than {most_bytes / 2**20:,.0f} MB once it is unpacked."
        ) from error
    except Exception as error:  # it can fail anywhere in zip, array or JSON
        raise ValueError(f"This file is not a {what} saved by nnlib.") from error


def open_zip(file: BinaryIO, most_bytes: int, unread: Collection[str] = ()) -> ZipFile:
    """Open an archive whose entries unpack to at most so many bytes together.

    Parameters
    ----------
    unread : names of entries that do not count, for they will not be read

    Raises
    ------
    TooLarge
        if they are more, or too many
    zipfile.BadZipFile
        if it is no archive, or packed by something else than Deflate: the other methods may ask
        for gigabytes of memory in a few bytes
    """
    if _directory_bytes(file) > MAX_DIRECTORY_BYTES:
        raise TooLarge("The archive has too many entries.")
    archive = ZipFile(file)
    entries = archive.infolist()
    if sum(entry.file_size for entry in entries if entry.filename not in unread) > most_bytes:
        raise TooLarge(f"The archive unpacks to more than {most_bytes:,} bytes.")
    if any(entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for entry in entries):
        raise BadZipFile("The archive is packed by another method than Deflate.")
    return archive


def _directory_bytes(file: BinaryIO) -> int:
    """Return the size of an archive's directory, as its last record tells."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _LONGEST_END))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(_END)
    if at < 0:
        raise BadZipFile("There is no archive.")
    if tail[max(0, at - 76) :].startswith(_END_64):
        return int.from_bytes(tail[at - 36 : at - 28], "little")
    return int.from_bytes(tail[at + 12 : at + 16], "little")


def read_arrays(file: BinaryIO, most_bytes: int) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of an ``.npz`` by name; none may hold Python objects.

    Raises
    ------
    TooLarge, zipfile.BadZipFile
        see `open_zip`
    ValueError
        if an entry is no array, or a larger one than the entry has bytes for
    """
    with open_zip(file, most_bytes) as archive:
        return {
            entry.filename.removesuffix(".npy"): _array(archive, entry)
            for entry in archive.infolist()
        }


def _array(archive: ZipFile, entry: ZipInfo) -> npt.NDArray[Any]:
    with archive.open(entry) as stream:
        version = np.lib.format.read_magic(stream)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if read is None:
            raise ValueError(f"There are no arrays of version {version}.")
        shape, _, dtype = read(stream)
        # NumPy would make room for what the header says before it looks for the numbers.
        count = 1
        for length in shape:
            count *= int(length)
        if count * dtype.itemsize > entry.file_size:
            raise ValueError(f"The array {entry.filename} is cut short.")
    with archive.open(entry) as stream:
        array: npt.NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    return array
