"""From the bytes of a file to its text: which encoding it is written in."""

from __future__ import annotations

import codecs
import re

from .errors import DatasetError

CHARDET_BYTES = 20_000
# Below this confidence chardet was wrong as often as right on the measured texts.
SURE = 0.033

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # UTF-32 first: its mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1e]")
_SAVE_AS_CSV = "Save the table as a CSV file and use that."


def decode(raw: bytes, encoding: str | None) -> tuple[str, str, list[str]]:
    """Return text, encoding and notes for people.

    Parameters
    ----------
    raw : bytes
    encoding : str, optional
        `guess_encoding` if not given.

    Raises
    ------
    DatasetError
        If the bytes are no text, or not in the encoding given.
    """
    notes = []
    if encoding is None:
        encoding = guess_encoding(raw)
        if not encoding.startswith("utf"):
            notes.append(f"The file is not UTF-8; its text was read as {encoding}, a guess.")
    try:
        text = raw.decode(encoding)  # "hex" and the like are codecs too, which this refuses
    except (LookupError, UnicodeError, ValueError):
        raise DatasetError(
            f"The file cannot be read with the encoding {encoding[:40]!r}.",
            "Choose another encoding, or save the file as UTF-8.",
        ) from None
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise DatasetError("The file is empty.", "Choose a file with a table in it.")
    start = text[:100_000]
    if "\x00" in text or len(_CONTROL.findall(start)) > 0.01 * len(start):
        raise DatasetError("The file is not a text file.", _SAVE_AS_CSV)
    try:
        text.encode()
    except UnicodeEncodeError:  # half a pair of characters, which can be written nowhere
        text = text.encode("utf-8", "replace").decode()
    return text, encoding, notes


def guess_encoding(raw: bytes) -> str:
    """Return the byte order mark's encoding, UTF-8 where it fits, else chardet's guess."""
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return encoding
    wide = _wide(raw[:1000])
    if wide:
        return wide
    try:
        raw.decode("utf-8")
        # Text of other encodings can be valid UTF-8 with characters that no text has.
        if b"\x00" not in raw[:1000] and b"\x1b$" not in raw[:1000]:
            return "utf-8"
    except UnicodeDecodeError:
        pass
    guessed = _ask_chardet(raw)
    for encoding in (guessed, "cp1252"):
        try:
            raw.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            continue
        return encoding
    return "latin-1"  # decodes anything


def _wide(start: bytes) -> str:
    """Recognize UTF-16 without a mark: every other byte of Latin text is 0."""
    if len(start) < 8:
        return ""
    for encoding, zeros, others in (
        ("utf-16-le", start[1::2], start[::2]),
        ("utf-16-be", start[::2], start[1::2]),
    ):
        if zeros.count(0) > 0.6 * len(zeros) and others.count(0) == 0:
            return encoding
    return ""


def _ask_chardet(raw: bytes) -> str:
    import chardet

    start = raw[:CHARDET_BYTES]
    if start.isascii() and b"\x1b" not in start and b"\x00" not in start:
        # The lines with bytes beyond ASCII say it all, and may come late.
        lines = [line for line in raw.split(b"\n") if not line.isascii()]
        start = b"\n".join(lines)[:CHARDET_BYTES]
    said = chardet.detect(start)
    name = said["encoding"]
    if not name or said["confidence"] < SURE:
        return "cp1252"
    encoding = codecs.lookup(name).name
    # What Latin-1 has beyond Windows-1252 are control characters.
    return "cp1252" if encoding in ("iso8859-1", "ascii") else encoding
