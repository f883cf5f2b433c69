"""Dates in text, and the numbers that a network can learn from."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

ELAPSED, YEAR, MONTH, WEEKDAY, HOUR = "elapsed days", "year", "month", "day of week", "hour"
PARTS = (ELAPSED, YEAR, MONTH, WEEKDAY, HOUR)
"""Days since 1970-01-01, year, month 1-12, day of week 1-7 from Monday, hour with its fraction."""

_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?"
_TIME = rf"(?:[T ]\s*{_CLOCK}\s*(?:[AaPp][Mm])?\s*(?:Z|UTC|[+-]\d{{2}}:?\d{{2}})?)?"
_NUMERIC = r"(\d{1,2})([-/.])(\d{1,2})\2(?:\d{4}|\d{2})"
_NAMED = r"(?:\d{1,2}[-. ]\s?[A-Za-z]{3,9}\.?[-, ]\s?\d{2,4}|[A-Za-z]{3,9}\.? \d{1,2},? \d{4})"
_ISO = r"\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{4}-\d{2}"
_LOOKS = tuple(re.compile(rf"(?:{form}){_TIME}") for form in (_ISO, _NUMERIC, _NAMED))
_ORDER = re.compile(rf"{_NUMERIC}{_TIME}")

_YEAR_FIRST = ("ISO8601", "%Y/%m/%d", "%Y.%m.%d")
_NAMES = (
    "%d %B %Y", "%d %b %Y", "%d. %B %Y", "%B %d, %Y", "%b %d, %Y", "%B %d %Y", "%b %d %Y",
    "%d-%b-%Y", "%d-%b-%y", "%d %b %y",
)  # fmt: skip
_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")


@dataclass(frozen=True)
class DateColumn:
    """A column of dates: the parts that became inputs, the inputs' names, and how to read it."""

    name: str
    parts: tuple[str, ...]
    inputs: tuple[str, ...]
    day_first: bool


def looks_like_date(text: str) -> bool:
    """Whether a text is written as a date: not yet whether there is such a day."""
    return len(text) < 40 and any(form.fullmatch(text) for form in _LOOKS)


def day_comes_first(texts: Sequence[str]) -> tuple[bool, bool]:
    """Tell whether 3/4/2024 is the third of April, and whether that had to be guessed.

    A first number above 12 in any of the texts is a day, and so is a second one. Where there is
    neither, points stand between day and month (3.4.2024), and month and day otherwise.
    """
    found = [match for match in map(_ORDER.fullmatch, texts) if match]
    if any(int(match[1]) > 12 for match in found):
        return True, False
    if any(int(match[3]) > 12 for match in found):
        return False, False
    dotted = any(match[2] == "." for match in found)
    same = all(match[1] == match[3] for match in found)
    return dotted, bool(found) and not dotted and not same


def parse_dates(column: pd.Series[Any], day_first: bool) -> NDArray[np.datetime64]:
    """Return dates to the second, in UTC where a zone is given; NaT where there is none.

    Parameters
    ----------
    column : Series of length n
        Dates, or text.
    day_first : bool
        Whether 3/4/2024 is the third of April.
    """
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        dates = column.dt.tz_convert(None) if column.dt.tz is not None else column
        return np.asarray(dates.to_numpy("datetime64[s]"))
    codes, words = pd.factorize(column.astype(object))
    texts = pd.Series([str(word).strip() for word in words], dtype=object)
    texts = texts.where(texts.map(looks_like_date).to_numpy(bool))
    parsed = np.full(len(texts) + 1, "NaT", dtype="datetime64[s]")  # the last for missing values
    known = texts.notna().to_numpy()
    few = texts[known].iloc[:: max(1, int(known.sum()) // 50)]
    # First the forms that most are written in: each pass over a long column takes its time.
    for form in sorted(_forms(day_first), key=lambda form: int(np.isnat(_read(few, form)).sum())):
        rest = np.isnat(parsed[:-1]) & known
        if not rest.any():
            break
        parsed[:-1][rest] = _read(texts[rest], form)
    return parsed[codes]


def _read(texts: pd.Series[Any], form: str) -> NDArray[np.datetime64]:
    import pandas as pd

    read = pd.to_datetime(texts, format=form, errors="coerce", utc=True)
    return np.asarray(read.dt.tz_localize(None).to_numpy("datetime64[s]"))


def _forms(day_first: bool) -> list[str]:
    order = "%d{0}%m{0}" if day_first else "%m{0}%d{0}"
    numeric = [order.format(mark) + year for year in ("%Y", "%y") for mark in "./-"]
    written = [*_YEAR_FIRST[1:], *numeric, *_NAMES]
    return [_YEAR_FIRST[0], *(date + time for time in _TIMES for date in written)]


def part_of(dates: NDArray[np.datetime64], part: str) -> NDArray[np.float64]:
    """Return one of `PARTS` of dates as numbers, NaN for NaT."""
    missing = np.isnat(dates)
    known = np.where(missing, np.datetime64(0, "s"), dates)
    days = known.astype("datetime64[D]")
    numbers = _PART[part](known, days).astype(np.float64)
    return np.where(missing, np.nan, numbers)


_PART: dict[str, Callable[[Any, Any], NDArray[Any]]] = {
    ELAPSED: lambda time, day: time.astype(np.int64) / 86_400,
    YEAR: lambda time, day: day.astype("datetime64[Y]").astype(np.int64) + 1970,
    MONTH: lambda time, day: day.astype("datetime64[M]").astype(np.int64) % 12 + 1,
    WEEKDAY: lambda time, day: (day.astype(np.int64) + 3) % 7 + 1,  # 1970-01-01 was a Thursday
    HOUR: lambda time, day: (time - day).astype(np.int64) / 3_600,
}
