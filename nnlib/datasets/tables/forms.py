"""Forms of numbers beyond plain ones: units, durations, grouped digits, dates of digits alone.

Each is a rewriting of a column's distinct texts to plain numbers or dates, made only where nine
tenths of the column's values are written like it. What is a guess comes with a remark.
"""

import datetime
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from .dates import looks_like_date, with_full_years
from .decimals import CURRENCY, decimal_of, with_point

SHARE = 0.9  # of a column's values, so many are written like it
PLAIN_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")

_TRAILING_MINUS = re.compile(r"(\d[\d.,\s'’]*)-")
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:([.,\s'’])\d{3})(?:\1\d{3})+")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
_INDIAN = re.compile(r"[+-]?[1-9]\d?(?:,\d\d)*,\d\d,\d{3}(?:\.\d+)?")
_WRITTEN = {6: "202401", 8: "20240131", 12: "202401311259", 14: "20240131125930"}
_CLOCK = re.compile(
    r"(?P<sign>-)?(?:(?P<days>\d+) ?(?:days?|d),? )?(?P<hours>\d{1,4}):(?P<minutes>[0-5]\d)"
    r"(?::(?P<seconds>[0-5]\d(?:[.,]\d+)?))?(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
)
_SPELLED = re.compile(
    r"(?i)(?P<half>(?!))?(?P<sign>-)?P?(?:(?P<days>\d+)\s?d[a-z]*,?\s?)?T?(?:(?P<hours>\d+)\s?h[a-z]*)?\s?"
    r"(?:(?P<minutes>\d+)\s?m(?:in[a-z]*)?)?\s?(?:(?P<seconds>\d+(?:[.,]\d+)?)\s?s[a-z]*)?"
)
_PARTS = re.compile(r"(?i)\d\s?[dhms]")
_WITH_UNIT = re.compile(
    r"(?P<number>[+-]?(?:\d[\d.,'’]*\d|\d))(?P<blank>\s*)"
    r"(?P<unit>[^\W\d_](?:[\w/·^²³.-]*[\w²³])?|°\s?[CF]?|[µμΩ]\w*)\.?"
)
# Written right behind the number, only these are units: 12A is a seat.
_KNOWN_UNITS = frozenset({
    "kg", "g", "mg", "µg", "μg", "lb", "lbs", "oz", "km", "m", "cm", "mm", "µm", "μm", "nm", "mi",
    "ft", "yd", "l", "ml", "cl", "dl", "h", "hr", "hrs", "min", "mins", "s", "sec", "secs", "ms",
    "days", "yrs", "°", "°C", "°F", "Hz", "kHz", "MHz", "GHz", "W", "kW", "MW", "Wh", "kWh", "MWh",
    "V", "mV", "kV", "mA", "Ah", "mAh", "kB", "KB", "MB", "GB", "TB", "px", "pt", "km/h", "kmh",
    "mph", "m/s", "rpm", "bar", "Pa", "hPa", "kPa", "MPa", "psi", "dB", "mm²", "cm²", "m²", "km²",
    "cm³", "m³", "cal", "kcal", "J", "kJ", "N", "kN", "ppm", "ppb", "mol", "mmol", "Mbps",
})  # fmt: skip
_MONEY = re.compile(CURRENCY)
_AMOUNT = re.compile(
    rf"\(?[+−–-]?\s?{CURRENCY}?\s?[+-]?\d*[\d.,\s'’]*\d(?:[eE][+-]?\d+)?\s?(?:{CURRENCY}|[%‰])?\)?"
)


class Rewriting(NamedTuple):
    """Plain texts of a column's texts, and a remark where it is a guess or a unit was cut off."""

    plain: Mapping[str, str]
    remark: str = ""


def rewritten(counts: Mapping[str, int], decimal: str, latest_year: int) -> Rewriting:
    """Return the first rewriting that fits a column of text, or an empty one.

    Parameters
    ----------
    counts : how often each of the column's texts comes, gaps left out
    decimal : {".", ","}
    latest_year : no year of two digits is later
    """
    for form in (_digits, _durations, _units):
        found = form(counts, decimal)
        if mostly(counts, found.plain.__contains__):
            return found
        if not found.plain and found.remark:
            return found
    if mostly(counts, looks_like_date):
        full, first, last = with_full_years(list(counts), latest_year)
        if full:
            return Rewriting(full, f"Two-digit years were read as {first} to {last}")
    return Rewriting({})


def mostly(counts: Mapping[str, int], fits: Callable[[str], bool]) -> bool:
    """Whether nine tenths of a column's values fit."""
    total = sum(counts.values())
    return sum(count for text, count in counts.items() if fits(text)) >= SHARE * total > 0


def is_amount_or_date(text: str) -> bool:
    """Whether a text is a number, also with a currency or a percent sign, or a date."""
    return bool(_AMOUNT.fullmatch(text)) or looks_like_date(text)


def _digits(counts: Iterable[str], decimal: str) -> Rewriting:
    """Rewrite numbers with the minus behind them (123.45-), and with digits in several groups."""
    plain = {}
    for text in counts:
        minus = _TRAILING_MINUS.fullmatch(text)
        bare = minus[1] if minus else text
        if _GROUPED.fullmatch(bare) or _INDIAN.fullmatch(bare):
            bare = re.sub(r"[,\s'’]" if "." in bare and "," in bare else r"[.,\s'’]", "", bare)
        elif decimal == ",":
            bare = with_point(bare)
        elif _THOUSANDS.fullmatch(bare):
            bare = bare.replace(",", "")
        if PLAIN_NUMBER.fullmatch(bare):
            plain[text] = f"-{bare}" if minus else bare
    return Rewriting(plain)


def _durations(counts: Iterable[str], decimal: str) -> Rewriting:
    """Rewrite times and durations such as 01:30:00 in seconds."""
    plain, seconds = {}, False
    for text in counts:
        clock = _CLOCK.fullmatch(text)
        if clock is None and (text[:1] == "P" or len(_PARTS.findall(text)) > 1):
            clock = _SPELLED.fullmatch(text)  # 1h 30min, PT1H30M
        if clock is None:
            continue
        hours = int(clock["hours"] or 0)
        if clock["half"]:
            hours = hours % 12 + 12 * (clock["half"] in "Pp")
        seconds |= clock["seconds"] is not None
        whole = 86_400 * int(clock["days"] or 0) + 3_600 * hours + 60 * int(clock["minutes"] or 0)
        rest = float((clock["seconds"] or "0").replace(",", "."))
        plain[text] = f"{clock['sign'] or ''}{whole + rest:.12g}"
    if not plain:
        return Rewriting({})
    parts = "hours, minutes and seconds" if seconds else "hours and minutes"
    return Rewriting(plain, f"Times of {parts} became numbers of seconds")


def _units(counts: Mapping[str, int], decimal: str) -> Rewriting:
    """Rewrite numbers with the same unit, such as 12 kg; remark on several units."""
    found = {text: match for text in counts if (match := _WITH_UNIT.fullmatch(text))}
    found = {text: match for text, match in found.items() if not _MONEY.fullmatch(match["unit"])}
    if not mostly(counts, found.__contains__):
        return Rewriting({})
    if decimal_of([match["number"] for match in found.values()], decimal) == ",":
        numbers = {text: with_point(match["number"]) for text, match in found.items()}
    else:
        numbers = {text: re.sub(r"[,'’]", "", match["number"]) for text, match in found.items()}
    units: Counter[str] = Counter()
    for text, match in found.items():
        units[_singular(match["unit"])] += counts[text]
    usual, count = units.most_common(1)[0]
    glued = sum(not match["blank"] for match in found.values()) > len(found) / 10
    known = all(unit in _KNOWN_UNITS for unit in units)
    if (glued and not known) or not all(map(PLAIN_NUMBER.fullmatch, numbers.values())):
        return Rewriting({})
    if count < SHARE * units.total() or (len(units) > 1 and known):
        several = ", ".join(list(units)[:4])
        return Rewriting({}, f"Several units ({several}), so not read as numbers" if known else "")
    plain = {t: n for t, n in numbers.items() if _singular(found[t]["unit"]) == usual}
    written = Counter(match["unit"] for match in found.values()).most_common(1)[0][0]
    return Rewriting(plain, f"Read as numbers of {written}")


def _singular(unit: str) -> str:
    """Return "room" for "rooms"; what is no word stays."""
    return unit[:-1] if len(unit) > 3 and unit.endswith("s") and unit.isalpha() else unit


def days_of_digits(texts: Sequence[str]) -> tuple[dict[str, str], str]:
    """Rewrite whole numbers such as 20240131 as dates, if nearly all are of 1900 to 2099.

    Returns
    -------
    days : dict
        The dates of the texts, months without a day; empty if they are not nearly all dates.
    example : str
        A number written like them.
    """
    width = len(texts[0].removesuffix(".0")) if texts else 0
    found: dict[str, str] = {}
    for seen, text in enumerate(texts, start=1):
        day = _day_of(text.removesuffix(".0"), width) if width in _WRITTEN else ""
        if day:
            found[text] = day
        if seen - len(found) > len(found) / 9 + 1:
            return {}, ""
    enough = 9 * (len(texts) - len(found)) <= len(found) and len(found) > (width == 6) + 1
    return (found, _WRITTEN[width]) if enough else ({}, "")


def _day_of(text: str, width: int) -> str:
    if len(text) != width or not text.isdecimal() or text[:2] not in ("19", "20"):
        return ""
    parts = [int(text[:4]), *(int(text[i : i + 2]) for i in range(4, width, 2))]
    try:
        time = datetime.datetime(*(parts if width > 6 else [*parts, 1]))  # type: ignore[arg-type]
    except ValueError:
        return ""
    return text[:4] + "-" + text[4:] if width == 6 else str(time).removesuffix(" 00:00:00")


def are_codes(texts: Iterable[str], name: str) -> str:
    """Say why whole numbers are codes and no quantities; an empty string if they are quantities."""
    padded, powers = [], 0
    for text in texts:
        if text[0] == "0" and len(text) > 1 and text.isdecimal():
            padded.append(text)
        elif "E" in text:
            if not _POWER.fullmatch(text):
                return ""
            powers += 1
        elif not text.isdecimal():
            return ""
    if powers:
        return "Read as codes, not as powers of ten such as 2E2"
    if padded and not (_PART_OF_TIME.search(name) and max(map(len, padded)) == 2):
        return "Read as codes because of leading zeros"
    return ""


_POWER = re.compile(r"\d+E\d+")
_PART_OF_TIME = re.compile(r"(?i)month|day|hour|minute|second|week|year|^(mm|dd|hh|ss|yy|min|sec)$")
