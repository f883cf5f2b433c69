"""Python's CSV reader for delimiters of any length, also blanks."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from nnlib.datasets.errors import DatasetError

if TYPE_CHECKING:
    from _csv import Reader

BLANKS = r"\s+"  # the delimiter of tables that are aligned with blanks
_STAND_IN = "\x1f"  # for a delimiter of several characters; ASCII calls it the unit separator


def prepared(text: str, delimiter: str) -> tuple[str, str]:
    """Return the text with a delimiter of one character, and that one."""
    if delimiter == BLANKS:
        text = re.sub(r"(?m)^[^\S\r\n]+|[^\S\r\n]+$", "", text)
        return re.sub(r"[^\S\r\n]+", " ", text), " "
    if len(delimiter) > 1:
        return text.replace(delimiter, _STAND_IN), _STAND_IN
    return text, delimiter


def reader_of(lines: Iterable[str], delimiter: str, quote: str, escape: str) -> Reader:
    """Return Python's CSV reader for a delimiter of one character.

    Raises DatasetError if nothing can be split like that.
    """
    try:
        return csv.reader(
            lines,
            delimiter=delimiter,
            quotechar=quote or None,
            quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
            escapechar=escape or None,
            doublequote=not escape,
            skipinitialspace=delimiter != " ",
        )
    except (TypeError, ValueError, csv.Error):
        raise DatasetError(
            f"The file cannot be split into values at {delimiter!r}.",
            "Choose another delimiter, quotation mark or escape sign.",
        ) from None
