"""What a table's columns hold: numbers, categories, dates, identifiers, or nothing of use."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnlib.datasets.errors import DatasetError
from nnlib.datasets.labels import class_name, infer_task_of_values

from .dates import looks_like_date
from .decimals import CURRENCY

if TYPE_CHECKING:
    import pandas as pd

MAX_STRAY_SHARE = 0.1  # of a column of numbers, the share that may be something else
MAX_CATEGORIES = 50
IDENTIFIER_SHARE = 0.9  # of its values, so many at least are different

TARGET_NAMES = (
    "target", "class", "label", "labels", "species", "y", "outcome", "diagnosis", "response",
    "output", "category", "variety",
)  # fmt: skip
_IDENTIFIER_NAME = re.compile(
    r"(?i:(.*[_ ])?(id|idx|index|key|uuid|nr|no|row|number|rownames))|.*[a-z](Id|ID)|#"
)
_SIGNS = (  # what is none of a number's digits, in this order
    (re.compile(r"[−–](?=[\d.$€£])"), "-"),
    (re.compile(r"^\((.*)\)$"), r"-\1"),  # as bookkeepers write what is owed
    (re.compile(rf"^([+-]?)\s*{CURRENCY}\s*"), r"\1"),
    (re.compile(rf"\s*(?:{CURRENCY}|[%‰])$"), ""),
    (re.compile(r"(?<=\d)[,\s'’](?=\d{3}(?:\D|$))"), ""),
)


def texts_of(column: pd.Series[Any]) -> NDArray[np.object_]:
    """Return the values as text, NaN where there is none; 1.0 and 1 are both "1"."""
    codes, texts = _distinct_texts(column)
    return texts[codes]


def _distinct_texts(column: pd.Series[Any]) -> tuple[NDArray[np.intp], NDArray[np.object_]]:
    """Return the place of each row's text among the distinct values; the last of these is NaN."""
    import pandas as pd

    values: Any
    plain = column.dtype.kind in "iufM" or pd.api.types.infer_dtype(column) == "string"
    if plain:
        codes, values = pd.factorize(column)
    else:  # to pandas True and 1 are one value
        values = column.to_numpy(dtype=object, na_value=np.nan)
        codes = np.where(column.isna().to_numpy(), -1, np.arange(len(column)))
    words = [class_name(value) for value in values]
    texts = np.array([np.nan if word == "" else word for word in (*words, "")], dtype=object)
    return codes, texts


def numbers_of(column: pd.Series[Any]) -> tuple[NDArray[np.float64], list[str]]:
    """Return the values as numbers, and the texts that are none.

    Signs of currency, percent signs and marks between thousands are left out of the number:
    "$1,200" is 1200, and "(5 %)" is -5. What is no number, or infinite, becomes NaN.

    Returns
    -------
    numbers : ndarray of float64, shape (n,)
    strays : list of str
        Distinct texts, in order, that could not be read.
    """
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column.dtype) and not is_boolean(column):
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.where(np.isinf(numbers), np.nan, numbers), []
    codes, distinct = _distinct_texts(column)
    texts = pd.Series(distinct, dtype=object)
    numbers = _to_numbers(texts)
    unread = np.isnan(numbers) & texts.notna().to_numpy()
    if unread.any():
        cleaned = texts[unread]
        for sign, plain in _SIGNS:
            cleaned = cleaned.str.replace(sign, plain, regex=True)
        numbers[unread] = _to_numbers(cleaned)
        unread &= np.isnan(numbers)
    return numbers[codes], texts[unread].unique().tolist()


def _to_numbers(texts: pd.Series[Any]) -> NDArray[np.float64]:
    import pandas as pd

    numbers = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isinf(numbers), np.nan, numbers)


def is_boolean(column: pd.Series[Any]) -> bool:
    """Whether the column is of truth values, with or without missing ones."""
    import pandas as pd

    kind = pd.api.types.infer_dtype(column, skipna=True)
    return kind == "boolean"


def kind_of(column: pd.Series[Any]) -> str:
    """Return "empty", "boolean", "number", "date" or "category".

    A column counts as numbers if nine tenths of its values are, so that a stray "unknown" does
    not turn a measurement into categories.
    """
    import pandas as pd

    present = column.dropna()
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return "date"
    if isinstance(column.dtype, pd.CategoricalDtype):  # also of codes that look like numbers
        return "category" if len(present) else "empty"
    if is_boolean(present):
        return "boolean"
    numbers, strays = numbers_of(present)
    unread = int(np.isnan(numbers).sum())
    if unread == len(numbers) and not strays:
        return "empty"
    if unread <= MAX_STRAY_SHARE * len(numbers) or not strays:  # infinite values are numbers
        return "category" if _would_merge(present, numbers) else "number"
    texts = pd.Series(texts_of(present), dtype=object).value_counts()
    others = sum(count for text, count in texts.items() if not looks_like_date(str(text)))
    if others <= MAX_STRAY_SHARE * texts.sum():
        return "date"
    return "category"


def _would_merge(column: pd.Series[Any], numbers: NDArray[np.float64]) -> bool:
    """Whether whole numbers are so long, as those of accounts are, that floats confuse them."""
    largest = float(np.abs(numbers[~np.isnan(numbers)]).max(initial=0))
    if largest < 2**53 or column.dtype.kind == "f":
        return False
    texts = [text for text in set(texts_of(column)) if isinstance(text, str)]
    whole = [text for text in texts if text.lstrip("+-").isdecimal()]
    return len({float(text) for text in whole}) < len(whole)


def is_identifier(column: pd.Series[Any], kind: str) -> bool:
    """Whether the column only tells rows apart.

    That is text that differs from row to row; and whole numbers that do, in a column named like
    an identifier, or counting the rows in a column without a name. A tenth may come again, as in
    files that were joined.
    """
    present = column.dropna()
    distinct = present.nunique()
    if distinct < IDENTIFIER_SHARE * len(present) or distinct < 3:
        return False
    if kind == "category":
        return distinct == len(present)
    if kind != "number":
        return False
    numbers = numbers_of(present)[0]
    if np.isnan(numbers).any() or (numbers % 1 != 0).any():
        return False
    name = str(column.name)
    counts = np.ptp(numbers) == len(numbers) - 1 == distinct - 1
    unnamed = name == "column 1" or name.startswith("Unnamed")
    return bool(_IDENTIFIER_NAME.fullmatch(name)) or bool(counts and unnamed)


def reason_to_ignore(column: pd.Series[Any], kind: str) -> str:
    """Say why a column is of no use by default; an empty string if it is of use."""
    if kind == "empty":
        return "it is empty"
    if is_identifier(column, kind):
        return "it only tells rows apart"
    if kind == "category" and column.nunique() > max(MAX_CATEGORIES, len(column) / 2):
        return "free text"
    return ""


def guess_target(frame: pd.DataFrame) -> str:
    """Return the name of the column that is most likely to be predicted.

    A column called target, class, label, … if there is one that varies, or has gaps beside a value;
    else the last column whose values vary and that is no date, no identifier and no free text. One
    that is not called like an identifier goes first, and one without gaps, since what is to be
    predicted is usually known for every row.
    """
    by_name = {str(name).casefold(): name for name in frame.columns}
    for usual in TARGET_NAMES:
        named = frame[by_name[usual]] if usual in by_name else None
        if named is not None and named.nunique() >= (1 if named.isna().any() else 2):
            return str(named.name)
    gaps = frame.isna().any()
    called = {name: bool(_IDENTIFIER_NAME.fullmatch(str(name))) for name in frame.columns}
    for name in sorted(reversed(frame.columns), key=lambda name: (called[name], bool(gaps[name]))):
        column = frame[name]
        kind = kind_of(column)
        varied = column.nunique() >= 2 and not is_identifier(column, kind)
        few_texts = kind != "category" or column.nunique() <= max(2, len(column) // 2)
        if kind in ("boolean", "number", "category") and varied and few_texts:
            return str(name)
    return str(frame.columns[-1])


def infer_task(series: pd.Series[Any]) -> str:
    """Tell from a target column what is to be learned: binary, multiclass or regression.

    Text and truth values are classes, whole numbers are classes if they are few
    (`infer_task_of_values`), all other numbers are quantities. Missing values do not count.

    Raises DatasetError if the column has no values.
    """
    present = series.dropna()
    if present.empty:
        raise DatasetError(f"The column '{series.name}' is empty.", "Choose another column.")
    if kind_of(present) == "number":
        numbers = numbers_of(present)[0]
        numbers = numbers[~np.isnan(numbers)]
        whole = bool((numbers % 1 == 0).all()) and bool((np.abs(numbers) < 2**53).all())
        return infer_task_of_values(numbers.astype(np.int64) if whole else numbers)
    return infer_task_of_values(texts_of(present))
