"""From the bytes of a file to its text: which encoding it is written in."""

import codecs
import re

from nnlib.datasets.errors import DatasetError

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
MOST_CONTROLS = 0.05  # of the characters; a file with more is none of text
# What stands beside numbers and in printed text, in any language.
_SIGNS = frozenset("€£¥¢§©®°±²³¹µ·×÷¼½¾‰–—‘’‚“”„•…«»™\xa0\xad")
# As Windows-1252 reads it, the mark of UTF-8 is three letters.
_MARKS_INSIDE = re.compile("(?<![^\\r\\n])(?:\ufeff|ï»¿)")
_LINE_END = re.compile(r"\r\n|\r|\n")
_SAVE_AS_CSV = "Save the table as a CSV file and use that."


def decode(raw: bytes, encoding: str | None) -> tuple[str, str, list[str]]:
    """Return text, encoding and notes for people.

    Parameters
    ----------
    encoding : `guess_encoding` if not given

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
    if (
        "\ufeff" in text or "ï»¿" in text
    ):  # also inside, of files that were joined, each with its byte order mark
        text = _MARKS_INSIDE.sub("", text)
    text, words = _without_controls(text.rstrip("\x1a"))  # by which DOS ends a file
    notes += words
    if not text.strip():
        raise DatasetError("The file is empty.", "Choose a file with a table in it.")
    try:
        text.encode()
    except UnicodeEncodeError:  # half a pair of characters, which can be written nowhere
        text = text.encode("utf-8", "replace").decode()
    return text, encoding, notes


def _without_controls(text: str) -> tuple[str, list[str]]:
    """Leave out the characters that no text has, if they are few, and say where."""
    first = _CONTROL.search(text)
    if first is None:
        return text, []
    kept = _CONTROL.sub("", text)
    count = len(text) - len(kept)
    if count > MOST_CONTROLS * len(text):
        raise DatasetError("The file is not a text file.", _SAVE_AS_CSV)
    line = 1 + len(_LINE_END.findall(text, 0, first.start()))
    if count == 1:
        return kept, [f"A control character in line {line:,} was left out."]
    return kept, [f"{count:,} control characters were left out, the first in line {line:,}."]


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
        start = raw[:1000]
        if start.count(0) <= MOST_CONTROLS * len(start) and b"\x1b$" not in start:
            return "utf-8"
    except UnicodeDecodeError:
        pass
    if _only_signs(raw):
        return "cp1252"
    for encoding in (_ask_chardet(raw), "cp1252"):
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


def _only_signs(raw: bytes) -> bool:
    """Whether Windows-1252 makes signs such as € and ° of all bytes beyond ASCII.

    Text of another encoding would have letters there, of which it makes letters as well.
    """
    beyond = bytes(set(raw) - set(range(128)))
    try:
        return _SIGNS.issuperset(beyond.decode("cp1252"))
    except UnicodeDecodeError:
        return False


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
