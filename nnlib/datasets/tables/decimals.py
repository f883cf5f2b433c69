"""Whether a point or a comma stands before the fraction of numbers."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

CURRENCY = (
    r"(?:(?:US|A|C|NZ|HK|R)?\$|[€£¥₹₽₩₺₫₱฿₴₪]|USD|EUR|GBP|CHF|JPY|CNY|INR|CAD|AUD|NZD|SEK|NOK|DKK|PLN"
    r"|CZK|HUF|RUB|BRL|ZAR|MXN|kr\.?|zł|Kč|Ft|Fr\.)"
)
"""Currency signs and codes that may stand before or after a number."""

_AROUND = re.compile(r"^[^\d+.,-]{0,4}|[^\d.,]{0,4}$")  # currency signs, blanks, percent signs
_DECIMAL_COMMA = re.compile(r"[+-]?(\d*|\d{1,3}([.\s'’]\d{3})+),\d+([eE][+-]?\d+)?")
_DECIMAL_POINT = re.compile(r"[+-]?(\d*|\d{1,3}(,\d{3})+)\.\d+([eE][+-]?\d+)?")
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}(\1\d{3})*")  # 0.123 has no thousands
_EUROPEAN = re.compile(
    rf"(?P<before>\(?{CURRENCY}?[^\d,.\w]{{0,3}}[+-]?)"
    r"(?P<whole>[1-9]\d{0,2}(?:[.\s'’]\d{3})+|\d*)(?:,(?P<part>\d+(?:[eE][+-]?\d+)?))?"
    rf"(?P<after>\s?(?:{CURRENCY}|[^\d,.\w]{{0,2}}))"
)
_LOOKED_AT = 500  # of a column's distinct values


class Marks(NamedTuple):
    """How many texts have a decimal comma, a decimal point, 1,234 or 1.234, or are no numbers.

    1,234 and 1.234 may be thousands as well.
    """

    commas: int
    points: int
    one_comma: int
    one_point: int
    strays: int


def count_marks(texts: Iterable[str]) -> Marks:
    """Count which marks stand in texts that may be numbers, with currency or not."""
    commas = points = one_comma = one_point = strays = 0
    for text in (_AROUND.sub("", text) if len(text) < 40 else "" for text in texts):
        either = _EITHER.fullmatch(text)
        if either and either[2]:  # several groups are thousands, and the other mark is decimal
            commas += either[1] == "."
            points += either[1] == ","
        elif either:
            one_comma += either[1] == ","
            one_point += either[1] == "."
        elif _DECIMAL_COMMA.fullmatch(text):
            commas += 1
        elif _DECIMAL_POINT.fullmatch(text):
            points += 1
        else:
            strays += not text.lstrip("+-").isdecimal()
    return Marks(commas, points, one_comma, one_point, strays)


def sniff_decimal(rows: list[list[str]], delimiter: str) -> tuple[str, bool]:
    """Return the decimal mark of more cells, and whether any cell tells it.

    "1,234" may be either; between other delimiters than commas it is a decimal comma.
    """
    marks = count_marks(cell for row in rows for cell in row)
    commas = marks.commas + (marks.one_comma if delimiter != "," else 0)
    return ("," if commas > marks.points else "."), bool(marks.commas or marks.points)


def decimal_of(texts: Sequence[str], usual: str) -> str:
    """Return a column's own decimal mark where its values leave no doubt, else the usual one."""
    looked_at = texts[:: max(1, len(texts) // _LOOKED_AT)]
    marks = count_marks(looked_at)
    if bool(marks.commas) == bool(marks.points) or marks.strays > len(looked_at) / 10:
        return usual
    return "," if marks.commas else "."


def with_point(text: str) -> str:
    """Rewrite a number with a decimal comma: "1.234,50 €" is "1234.50 €"."""
    found = _EUROPEAN.fullmatch(text) if len(text) < 40 else None
    if not found or not (found["whole"] or found["part"]):
        return text
    whole = re.sub(r"[.\s'’]", "", found["whole"])
    part = f".{found['part']}" if found["part"] else ""
    return f"{found['before']}{whole}{part}{found['after']}"
