"""Text from a person, shown as it is in any element that reads Markdown."""

import re

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# Link and icon shortcuts are found after Markdown has dropped the backslashes, so these need an
# invisible word joiner between their characters.
_SHORTCUT = re.compile(r"(?<=:)(?=\S)|(?<=www)(?=\.)|(?<=@)(?=\w)", re.IGNORECASE)


def plain(text: object) -> str:
    """Return Markdown that Streamlit shows as the given text, without format, links or pictures.

    For text from a person (column names, cells, file names) in any element that reads Markdown.
    Line breaks become spaces.
    """
    one_line = " ".join(str(text).split())
    return _PUNCTUATION.sub(r"\\\1", _SHORTCUT.sub("\u2060", one_line))
