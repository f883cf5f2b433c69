"""Columns of text to columns of numbers, truth values or text; no value is a gap."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

MISSING = frozenset({
    "", "?", "??", "???", "-", "--", "---", "–", "—", ".", "..", "...", "*", "/",
    "na", "n/a", "n.a.", "n.a", "nan", "-nan", "null", "(null)", "none", "nil", "nul", "<na>",
    "#n/a", "#n/a n/a", "#na", "#null!", "#div/0!", "#value!", "#ref!", "#name?", "#num!",
    r"\n", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan", "missing", "(missing)", "(blank)", "nat",
})  # fmt: skip
"""Spellings of "no value", in lower case."""

CURRENCY = (
    r"(?:(?:US|A|C|NZ|HK|R)?\$|[€£¥₹₽₩₺₫₱฿₴₪]|USD|EUR|GBP|CHF|JPY|CNY|INR|CAD|AUD|NZD|SEK|NOK|DKK|PLN"
    r"|CZK|HUF|RUB|BRL|ZAR|MXN|kr\.?|zł|Kč|Ft|Fr\.)"
)
"""Currency signs and codes that may stand before or after a number."""

_EUROPEAN = re.compile(
    rf"(?P<before>\(?{CURRENCY}?[^\d,.\w]{{0,3}}[+-]?)"
    r"(?P<whole>\d{1,3}(?:[.\s'’]\d{3})+|\d*)(?:,(?P<part>\d+(?:[eE][+-]?\d+)?))?"
    rf"(?P<after>\s?(?:{CURRENCY}|[^\d,.\w]{{0,2}}))"
)
_WHOLE = re.compile(r"[+-]?\d{1,18}")
_TRUTH = {"true": True, "false": False}


def column_of(cells: Sequence[str], decimal: str) -> pd.Series[Any]:
    """Return a column as whole numbers, floats, truth values or text; gaps are NaN.

    Each different cell is looked at once. A column is of numbers only if all its values are.
    """
    import pandas as pd

    codes, words = pd.factorize(np.array(cells, dtype=object))
    texts = [str(word).strip() for word in words]
    missing = np.array([text.casefold() in MISSING for text in texts], dtype=bool)
    if decimal == ",":
        texts = [with_point(text) for text in texts]
    values = _values([text for text, gone in zip(texts, missing, strict=True) if not gone])
    if not missing.any():
        return pd.Series(values[codes])
    if values.dtype.kind in "iub":
        values = values.astype(object if values.dtype.kind == "b" else np.float64)
    full = np.full(len(texts), np.nan, dtype=values.dtype)
    full[~missing] = values
    return pd.Series(full[codes])


def _values(texts: list[str]) -> NDArray[Any]:
    import pandas as pd

    if not texts:
        return np.empty(0, dtype=np.float64)
    if all(map(_WHOLE.fullmatch, texts)):
        return np.array([int(text) for text in texts], dtype=np.int64)
    numbers = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").to_numpy(np.float64)
    if not np.isnan(numbers).any():
        return np.asarray(numbers)
    if all(text.casefold() in _TRUTH for text in texts):
        return np.array([_TRUTH[text.casefold()] for text in texts], dtype=bool)
    return np.array(texts, dtype=object)


def with_point(text: str) -> str:
    """Rewrite a number with a decimal comma: "1.234,50 €" is "1234.50 €"."""
    found = _EUROPEAN.fullmatch(text) if len(text) < 40 else None
    if not found or not (found["whole"] or found["part"]):
        return text
    whole = re.sub(r"[.\s'’]", "", found["whole"])
    part = f".{found['part']}" if found["part"] else ""
    return f"{found['before']}{whole}{part}{found['after']}"
