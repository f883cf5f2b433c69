"""Columns of text to columns of numbers, truth values, dates or text; no value is a gap."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnlib.datasets.errors import listing

from .decimals import CURRENCY, count_marks, decimal_of, with_point
from .forms import are_codes, days_of_digits, is_amount_or_date, mostly, rewritten
from .missing import MISSING, TRUTH, labels
from .options import ReadingOptions

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CURRENCY", "MISSING", "Typing", "columns_of", "with_point"]

TEXT, NUMBER, DATE = "text", "number", "date"
_LONGEST_EXACT = 15  # digits of a whole number that a float always holds
_PLAIN_POWER = re.compile(r"\d+e\d+")
_Remarks = dict[str, list[str]]  # of each remark, the columns it is about


@dataclass(frozen=True)
class Typing:
    """How cells become values.

    Attributes
    ----------
    decimal : {".", ","}; the usual decimal mark; a column that leaves no doubt has its own
    sure : whether any cell of the file tells the decimal mark
    given : whether a person has given it, so that it holds for all columns
    missing : the words that mean "no value"; found out if not given
    kinds : of columns, by name, what they are: "text", "number" or "date"; the others are found out
    latest_year : no year of two digits is later
    """

    decimal: str = "."
    sure: bool = True
    given: bool = False
    missing: Collection[str] | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)
    latest_year: int = field(default_factory=lambda: datetime.date.today().year)

    @classmethod
    def of(cls, options: ReadingOptions, decimal: str, sure: bool) -> Typing:
        """Return what a person has settled, and the decimal mark that was found."""
        return cls(
            decimal,
            sure,
            given=options.get("decimal") is not None,
            missing=options.get("missing"),
            kinds=options.get("kinds", {}),
            **({"latest_year": options["latest_year"]} if "latest_year" in options else {}),
        )


class _Words(NamedTuple):
    """A column's distinct texts: each row's place, how often each comes, and which are gaps."""

    codes: NDArray[np.intp]
    texts: list[str]
    counts: NDArray[np.intp]
    gaps: NDArray[np.bool_]

    def present(self) -> list[str]:
        return [text for text, gap in zip(self.texts, self.gaps, strict=True) if not gap]


def columns_of(
    cells: list[list[str]], names: Sequence[str], typing: Typing
) -> tuple[list[pd.Series[Any]], list[str]]:
    """Return the columns as whole numbers, floats, truth values or text, and notes for people.

    Codes, which only look like numbers, are pandas categories of text. Gaps are NaN. The lists of
    cells are emptied on the way, to save their memory.
    """
    remarks: _Remarks = {}
    columns: dict[int, pd.Series[Any]] = {}
    waiting: dict[int, _Words] = {}
    na_is_a_gap = False
    for i, name in enumerate(names):
        words = _words(cells[i], typing)
        cells[i] = []
        numbers = _numeric(words, name, typing, remarks)
        if numbers is not None:
            columns[i] = numbers
            na_is_a_gap |= "NA" in (words.texts[place] for place in np.flatnonzero(words.gaps))
        else:
            waiting[i] = words
    for i, words in waiting.items():  # text, whose gaps depend on how numbers spell theirs
        columns[i] = _text(words, names[i], typing, na_is_a_gap, remarks)
    notes = [f"{words}: {listing(columns)}." for words, columns in remarks.items()]
    return [columns[i] for i in range(len(names))], notes


def _words(cells: list[str], typing: Typing) -> _Words:
    import pandas as pd

    codes, words = pd.factorize(np.array(cells, dtype=object))
    texts = [str(word).strip() for word in words]
    if typing.missing is None:
        gaps = np.array([text.casefold() in MISSING for text in texts], dtype=bool)
    else:
        given = {word.casefold() for word in typing.missing} | {""}
        gaps = np.array([text.casefold() in given for text in texts], dtype=bool)
    return _Words(codes, texts, np.bincount(codes, minlength=len(texts)), gaps)


def _numeric(words: _Words, name: str, typing: Typing, remarks: _Remarks) -> pd.Series[Any] | None:
    """Return a column of numbers or truth values; None if it is text, or is to be looked at so."""
    if typing.kinds.get(name) == TEXT:
        return None
    present = words.present()
    decimal = typing.decimal if typing.given else decimal_of(present, typing.decimal)
    plain = [with_point(text) for text in present] if decimal == "," else present
    if decimal != typing.decimal and plain != present:
        remarks.setdefault("Decimal commas, unlike the rest of the file", []).append(name)
    values = _values(plain)
    if not present or values.dtype.kind == "O":
        return None
    guess = typing.kinds.get(name) is None
    if values.dtype.kind in "if":
        told = are_codes(plain, name) or _too_long(plain)
        wanted = guess or typing.kinds[name] == DATE
        days, example = days_of_digits(plain) if wanted else ({}, "")
        if guess and days:
            remarks.setdefault(f"Read as dates written like {example}", []).append(name)
        if days:
            return _series(words, np.array([days.get(text, text) for text in plain], dtype=object))
        if told and guess:
            remarks.setdefault(told, []).append(name)
            return _series(words, np.array(present, dtype=object)).astype("category")
        _tell_of_numbers(present, values, name, typing, remarks)
    return _series(words, values)


def _too_long(texts: list[str]) -> str:
    """Say that whole numbers are not exact as the floats that a network computes with."""
    if max(map(len, texts), default=0) <= _LONGEST_EXACT:
        return ""
    long = [text for text in texts if len(text) > _LONGEST_EXACT and text.lstrip("+-").isdecimal()]
    if all(len(text) < 300 and int(float(text)) == int(text) for text in long):
        return ""
    return "Kept as text, since as numbers they would be rounded"


def _tell_of_numbers(
    texts: list[str], values: NDArray[Any], name: str, typing: Typing, remarks: _Remarks
) -> None:
    if any(map(_PLAIN_POWER.fullmatch, texts)) and all("." not in text for text in texts):
        remarks.setdefault("A guess: 1e5 and the like are powers of ten", []).append(name)
    if values.dtype.kind == "f" and np.isinf(values).any():
        remarks.setdefault("Infinite values count as missing", []).append(name)
    if values.dtype.kind == "f":
        _tell_of_marks(texts, name, typing, remarks, "is decimal")


def _tell_of_marks(
    texts: list[str], name: str, typing: Typing, remarks: _Remarks, meaning: str
) -> None:
    """Say what 1,234 or 1.234 was taken for, where no value of the file decides it."""
    if typing.given or typing.sure:
        return
    marks = count_marks(texts[:: max(1, len(texts) // 1_000)])
    if not (marks.commas or marks.points) and (marks.one_comma or marks.one_point):
        numbers = "point in 1.234" if marks.one_point else "comma in 1,234"
        remarks.setdefault(f"A guess: the {numbers} and the like {meaning}", []).append(name)


def _series(words: _Words, values: NDArray[Any]) -> pd.Series[Any]:
    """Return each row's value, NaN for gaps, out of those of the distinct texts."""
    import pandas as pd

    if not words.gaps.any():
        return pd.Series(values[words.codes])
    if values.dtype.kind in "iub":
        values = values.astype(object if values.dtype.kind == "b" else np.float64)
    full = np.full(len(words.texts), np.nan, dtype=values.dtype)
    full[~words.gaps] = values
    return pd.Series(full[words.codes])


def _values(texts: list[str]) -> NDArray[Any]:
    import pandas as pd

    if not texts:
        return np.empty(0, dtype=np.float64)
    try:
        if texts[0].lstrip("+-").isdecimal() and not any("_" in text for text in texts):
            return np.array([int(text) for text in texts], dtype=np.int64)
    except (ValueError, OverflowError):
        pass
    numbers = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").to_numpy(np.float64)
    if not np.isnan(numbers).any() and not all(text.isalpha() for text in texts):
        return np.asarray(numbers)  # "Infinity" alone is a word
    if all(text.casefold() in TRUTH for text in texts):
        return np.array([TRUTH[text.casefold()] for text in texts], dtype=bool)
    return np.array(texts, dtype=object)


def _text(
    words: _Words, name: str, typing: Typing, na_is_a_gap: bool, remarks: _Remarks
) -> pd.Series[Any]:
    """Return a column of text, its numbers and dates rewritten where most are written alike."""
    texts = words.present()
    if typing.kinds.get(name) == TEXT:
        if typing.missing is None:
            words = words._replace(gaps=np.array([not text for text in words.texts], dtype=bool))
        return _series(words, np.array(words.present(), dtype=object)).astype("category")
    decimal = typing.decimal if typing.given else decimal_of(texts, typing.decimal)
    counts = dict(zip(texts, words.counts[~words.gaps].tolist(), strict=True))
    plain, remark = rewritten(counts, decimal, typing.latest_year)
    if remark and name not in typing.kinds:
        remarks.setdefault(remark, []).append(name)
    if typing.missing is None and not plain and not mostly(counts, is_amount_or_date):
        words = _with_labels(words, name, na_is_a_gap, remarks)
    if plain and decimal == ".":
        _tell_of_marks(texts, name, typing, remarks, "stands between thousands")
    texts = [plain.get(text, text) for text in words.present()]
    if decimal == ",":
        texts = [with_point(text) for text in texts]
    return _series(words, _values(texts))


def _with_labels(words: _Words, name: str, na_is_a_gap: bool, remarks: _Remarks) -> _Words:
    """Take labels that are spelled like gaps out of the gaps, and say so."""
    suspects = {text for text, gap in zip(words.texts, words.gaps, strict=True) if gap and text}
    others = words.present()
    kept = labels(suspects, others, na_is_a_gap=na_is_a_gap) if suspects else set()
    if kept:
        said = f"{listing(sorted(kept), limit=3)} read as a label, not as a missing value"
        remarks.setdefault(said, []).append(name)
    if suspects - kept and others:
        said = f"{listing(sorted(suspects - kept), limit=3)} read as a missing value"
        remarks.setdefault(said, []).append(name)
    gaps = [gap and text not in kept for text, gap in zip(words.texts, words.gaps, strict=True)]
    return words._replace(gaps=np.array(gaps, dtype=bool))
