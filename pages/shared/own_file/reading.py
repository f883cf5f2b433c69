"""How a person's file is read: what was found out, and what the person corrects."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from nnlib.datasets import Table
from pages.shared import widgets
from pages.shared.own_file.columns import choose_several
from pages.shared.plain_text import plain

AUTOMATIC = "automatic"
_OTHER = "other"
DELIMITERS = {
    "comma": ",",
    "semicolon": ";",
    "tab": "\t",
    "bar": "|",
    "colon": ":",
    "blanks": r"\s+",
}
QUOTES = {"double": '"', "single": "'", "none": ""}
DECIMALS = {"point": ".", "comma": ","}
ENCODINGS = {
    "UTF-8": "utf-8",
    "UTF-16": "utf-16",
    "Windows-1252": "cp1252",
    "Windows-1250": "cp1250",
    "Windows-1251": "cp1251",
    "ISO 8859-2": "iso8859-2",
    "ISO 8859-15": "iso8859-15",
    "Mac Roman": "mac-roman",
    "KOI8-R": "koi8-r",
    "Shift JIS": "shift_jis",
    "GB 18030": "gb18030",
    "Big5": "big5",
    "EUC-KR": "euc-kr",
}
HEADERS = {"none": 0, "1 row": 1, "2 rows": 2, "3 rows": 3}
UNNAMED = {"the first": "first", "the last": "last"}
KINDS = {
    "text": ("Columns of text or codes", "Read as they are written: 02134 stays 02134."),
    "number": ("Columns of numbers", "Read as numbers although they look like codes or dates."),
    "date": ("Columns of dates", "Numbers such as 20240131 are read as days."),
}
_MOST_SKIPPED = 100_000


def choose_reading(content: bytes) -> dict[str, Any]:
    """Draw the controls; return the options of `read_table` that a person has settled."""
    if content.startswith(b"PAR1"):
        st.caption("A Parquet file says itself how it is to be read.")
        return {}
    asked: dict[str, Any] = {}
    if not content.startswith(b"PK"):
        asked |= _choose_text()
    left, right = st.columns(2)
    with left:
        rows = _choose(
            "Column names", HEADERS, "own_header", "In how many rows the columns are named."
        )
    skipped = widgets.number_input(
        "own_skip",
        "Lines to skip",
        (-1, _MOST_SKIPPED, -1),
        help="Lines before the table; -1 finds them out.",
        place=right,
    )
    if rows is not None:
        asked["header_rows"] = rows
    if skipped >= 0:
        asked["skip_lines"] = int(skipped)
    return asked | _choose_rows()


def _choose_rows() -> dict[str, Any]:
    """Draw what is a guess about rows and gaps, and return what a person has settled."""
    first, second, third, fourth = st.columns(4)
    table = _number(
        "own_table",
        "Table of the file",
        1_000,
        "Which of several tables in the file is read; 0 takes the largest.",
        first,
    )
    with second:
        unnamed = _choose(
            "Column without a name",
            UNNAMED,
            "own_unnamed",
            "Where names and values do not match, if there is one more of either.",
        )
    words = widgets.text_input(
        "own_missing",
        "Words for no value",
        max_chars=200,
        place=third,
        placeholder=AUTOMATIC,
        help="Separated by blanks; with any given, all other words are labels.",
    )
    latest = _number(
        "own_latest_year",
        "Latest year",
        2_199,
        "Years of two digits are no later than this one; 0 takes the present year.",
        fourth,
    )
    totals = widgets.toggle(
        "own_totals",
        "Rows of totals are data",
        help="Without this, rows at the end that are called a total are left out.",
    )
    asked = (table, unnamed, words.split(), latest, totals)
    names = ("table", "unnamed", "missing", "latest_year", "totals")
    return {name: value for name, value in zip(names, asked, strict=True) if value}


def _number(key: str, label: str, most: int, words: str, place: Any) -> int:
    """Draw a field for a whole number, in which 0 is "automatic"."""
    return int(widgets.number_input(key, label, (0, most, 0), help=words, place=place))


def choose_kinds(names: Sequence[str]) -> dict[str, dict[str, str]]:
    """Draw which columns are to be read as text, numbers or dates, whatever they look like."""
    places = st.columns(3)
    kinds: dict[str, str] = {}
    for place, (kind, (label, words)) in zip(places, KINDS.items(), strict=True):
        with place:
            others = [name for name in names if name not in kinds]
            chosen = choose_several(label, others, f"own_as_{kind}", words, AUTOMATIC)
            kinds |= dict.fromkeys(chosen, kind)
    return {"kinds": kinds} if kinds else {}


def _choose_text() -> dict[str, Any]:
    first, second, third, fourth = st.columns(4)
    with first:
        delimiter = _choose_delimiter()
    with second:
        quote = _choose(
            "Quotation mark", QUOTES, "own_quote", "What stands around values with the delimiter."
        )
    with third:
        decimal = _choose(
            "Decimal mark", DECIMALS, "own_decimal", "What stands before a number's fraction."
        )
    with fourth:
        encoding = _choose(
            "Encoding", ENCODINGS, "own_encoding", "How the file's bytes stand for letters."
        )
    asked = {"delimiter": delimiter, "quote": quote, "decimal": decimal, "encoding": encoding}
    return {name: value for name, value in asked.items() if value is not None}


def _choose_delimiter() -> str | None:
    chosen = widgets.selectbox(
        "own_delimiter",
        "Delimiter",
        (AUTOMATIC, *DELIMITERS, _OTHER),
        help="What stands between two values.",
    )
    if chosen == _OTHER:
        return (
            widgets.text_input(
                "own_other_delimiter",
                "Other delimiter",
                max_chars=10,
                help="One or more characters; finding it out goes on until there is one.",
            )
            or None
        )
    return DELIMITERS.get(chosen)


def _choose(label: str, options: dict[str, Any], key: str, words: str) -> Any:
    chosen = widgets.selectbox(key, label, (AUTOMATIC, *options), help=words)
    return options.get(chosen)


def in_words(table: Table) -> str:
    """Return in Markdown how large a table is and how it was found to be written."""
    rows, columns = table.frame.shape
    dialect = table.dialect
    words = [f"{rows:,} rows", f"{columns:,} columns"]
    if dialect.delimiter:
        named = {sign: name for name, sign in DELIMITERS.items()}
        words.append(f"separated by {named.get(dialect.delimiter) or plain(dialect.delimiter)}")
        if dialect.quote == "'":
            words.append("single quotation marks")
        if not dialect.quote:
            words.append("no quotation marks")
        if dialect.escape:
            words.append(f"escaped by {plain(dialect.escape)}")
    if dialect.decimal == ",":
        words.append("decimal comma")
    words.append(plain(dialect.encoding))
    if not dialect.has_header:
        words.append("no column names")
    elif dialect.header_rows > 1:
        words.append(f"{dialect.header_rows} rows of names")
    if dialect.skip_lines:
        lines = "line" if dialect.skip_lines == 1 else "lines"
        words.append(f"{dialect.skip_lines:,} {lines} skipped")
    if dialect.comment:
        words.append(f"comments after {plain(dialect.comment)}")
    return " · ".join(words)
