"""Which words of a column mean "no value", and which are labels that are spelled like it."""

import re
from collections.abc import Collection

MISSING = frozenset({
    "", "?", "??", "???", "-", "--", "---", "–", "—", ".", "..", "...", "*", "/",
    "na", "n/a", "n.a.", "n.a", "nan", "-nan", "null", "(null)", "none", "nil", "nul", "<na>",
    "#n/a", "#n/a n/a", "#na", "#null!", "#div/0!", "#value!", "#ref!", "#name?", "#num!",
    r"\n", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan", "missing", "(missing)", "(blank)", "nat",
})  # fmt: skip
"""Spellings of "no value", in lower case. Among numbers each is one; among text see `labels`."""

TRUTH = {"true": True, "false": False}

_NOTHING = ("none", "nil")  # "no seat belt" is a value, and is rarely spelled so where it is a gap
_NAMES = ("Nan", "Na", "Null", "Nil", "Nul", "Nat")  # of people and elements; no program's spelling
_DASHES = ("-", "--", "---", "–", "—")
_PLUS = re.compile(r"[+±]+|\+/[-–]")
_STARS = re.compile(r"\*+")
_CODES = (re.compile(r"[A-Z]{2}"), re.compile(r"[a-z]{2}"))


def labels(words: Collection[str], others: Collection[str], *, na_is_a_gap: bool) -> set[str]:
    """Return which of a text column's `words` that can mean "no value" are labels.

    Programs spell gaps in lower or upper case ("nan", "NA"), so a "Nan" among names is a name.
    "NA" among codes of two letters is Namibia or North America. A minus beside a plus, and stars
    beside more stars, are marks.

    Parameters
    ----------
    words : distinct values of the column that are in `MISSING`
    others : its other distinct values
    na_is_a_gap : whether the file spells gaps "NA" elsewhere
    """
    if others and all(other.casefold() in TRUTH for other in others):
        return set()
    found = {word for word in words if word.casefold() in _NOTHING}
    if sum(other[:1].isupper() and not other.isupper() for other in others) > len(others) / 2:
        found.update(_NAMES)
    if not na_is_a_gap and are_codes(others):
        found.update(("NA", "na"))
    if any(map(_PLUS.fullmatch, others)):
        found.update(_DASHES)
    if all(map(_STARS.fullmatch, others)):
        found.add("*")
    if any(map(_STARS.fullmatch, others)):
        found.update("*.")
    return found & set(words)


def are_codes(others: Collection[str]) -> bool:
    """Whether a column's values are codes of two letters, as those of countries are."""
    return len(others) > 1 and any(all(map(code.fullmatch, others)) for code in _CODES)
