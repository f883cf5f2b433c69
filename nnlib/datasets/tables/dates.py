"""Dates in text, and the numbers that a network can learn from."""

from __future__ import annotations

import datetime
import re
import unicodedata
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
_ISO = r"\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{4}-\d{2}"
_LOOKS = tuple(re.compile(rf"(?:{form}){_TIME}") for form in (_ISO, _NUMERIC))
_ORDER = re.compile(rf"{_NUMERIC}{_TIME}")
_SHORT_YEAR = re.compile(
    rf"((?:\d{{1,2}}[-/. ]+(?:\d{{1,2}}|[^\W\d_]{{3,10}})[-/. ]+|[^\W\d_]{{3,10}}-))(\d\d)({_TIME})"
)
_LEADING_YEAR = re.compile(rf"(\d\d)([-/.]\d\d[-/.]\d\d{_TIME})")

_WEEKDAY_NAME, _MONTH = r"(?:[^\W\d_]{2,10}\.?,? )?", r"(?P<month>[^\W\d_]{3,10})\.?"
_DAY, _YEAR = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?", r"(?P<year>\d{4})"
_NAMED = tuple(
    re.compile(rf"(?:{form})(?P<time>{_TIME})")
    for form in (
        rf"{_WEEKDAY_NAME}{_DAY}[-. ]\s?(?:de |of )?{_MONTH}[-, ]\s?(?:de )?(?P<year>\d{{4}}|\d\d)",
        rf"{_WEEKDAY_NAME}{_MONTH} {_DAY},? {_YEAR}",
        rf"{_YEAR}[- ]{_MONTH}(?:[- ]{_DAY})?",
        rf"{_MONTH}[-, /]\s?{_YEAR}",
        rf"{_MONTH}-(?P<year>\d\d)",
        rf"{_YEAR}[-/ ]?[Ww](?P<week>\d\d?)",
        rf"{_YEAR}[-/ ]?[Qq](?P<quarter>[1-4])",
        rf"[Ww](?P<week>\d\d?)[-/ ]{_YEAR}",
        rf"[Qq](?P<quarter>[1-4])[-/ ]{_YEAR}",
        rf"{_YEAR}M(?P<number>0[1-9]|1[0-2])",  # as Eurostat writes months
    )
)
_MONTH_NAMES = (
    "january february march april may june july august september october november december",
    "januar februar marz april mai juni juli august september oktober november dezember",
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "jan feb mrz apr mai jun jul aug sept okt nov dez",
)


def _month_numbers() -> dict[str, int]:
    """Return the numbers of months' names in seven languages, and of their beginnings."""
    found: dict[str, set[int]] = {}
    for names in _MONTH_NAMES:
        for number, name in enumerate(names.split(), start=1):
            for length in {3, 4, 5, len(name)}:
                found.setdefault(name[:length], set()).add(number)
    return {name: numbers.pop() for name, numbers in found.items() if len(numbers) == 1}


_MONTHS = _month_numbers()
_YEAR_FIRST = ("ISO8601", "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d")
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
    return len(text) < 40 and (
        any(form.fullmatch(text) for form in _LOOKS) or _in_numbers(text) != text
    )


def _in_numbers(text: str) -> str:
    """Rewrite a date with a month's name, a week or a quarter: "3. März 2024" is 2024-03-03.

    A month, a week and a quarter are the day they begin on; a week begins on Monday (ISO 8601).
    """
    match = next(filter(None, (form.fullmatch(text) for form in _NAMED)), None)
    if match is None:
        return text
    parts = match.groupdict()
    year = int(parts["year"])
    if len(parts["year"]) == 2:  # as POSIX reads them
        year += 1900 if year >= 69 else 2000
    if parts.get("week"):
        try:
            return datetime.date.fromisocalendar(year, int(parts["week"]), 1).isoformat()
        except ValueError:
            return text
    month = _MONTHS.get(_bare(parts["month"])) if parts.get("month") else None
    if parts.get("quarter"):
        month = 3 * int(parts["quarter"]) - 2
    if parts.get("number"):
        month = int(parts["number"])
    if month is None:
        return text
    return f"{year:04d}-{month:02d}-{int(parts.get('day') or 1):02d}{parts['time']}"


def _bare(word: str) -> str:
    """Return a word in lower case and without accents."""
    signs = unicodedata.normalize("NFKD", word.casefold())
    return "".join(sign for sign in signs if not unicodedata.combining(sign))


def with_full_years(texts: Sequence[str], latest_year: int) -> tuple[dict[str, str], int, int]:
    """Rewrite dates whose years have two digits: none of them is later than `latest_year`.

    Dates of the last years and the ten to come are an exception where no other date is older, as
    appointments are.

    Returns
    -------
    full : dict
        Of each text with such a year, the text with the whole year.
    first, last : int
        The years that the column spans then.
    """
    found = {text: match for text in texts if (match := _SHORT_YEAR.fullmatch(text))}
    leading = {text: match for text in texts if (match := _LEADING_YEAR.fullmatch(text))}
    year_leads = any(int(match[1]) > 31 for match in leading.values())  # 61-03-05
    if year_leads:
        found = leading
    short = [int(match[1 if year_leads else 2]) for match in found.values()]
    century, newest = divmod(latest_year, 100)
    if max(short, default=0) <= newest + 10:
        newest = 99
    years = [100 * (century if year <= newest else century - 1) + year for year in short]
    full = {
        text: f"{year}{match[2]}" if year_leads else f"{match[1]}{year}{match[3]}"
        for (text, match), year in zip(found.items(), years, strict=True)
    }
    return full, min(years, default=0), max(years, default=0)


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
    column : length n; dates, or text
    day_first : whether 3/4/2024 is the third of April
    """
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        dates = column.dt.tz_convert(None) if column.dt.tz is not None else column
        return np.asarray(dates.to_numpy("datetime64[s]"))
    codes, words = pd.factorize(column.astype(object))
    texts = pd.Series([str(word).strip() for word in words], dtype=object)
    texts = texts.where(texts.map(looks_like_date).to_numpy(bool)).map(_in_numbers, "ignore")
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
    written = [*_YEAR_FIRST[1:], *numeric]
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
