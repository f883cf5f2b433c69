"""The one error that data can raise: what is wrong, and what to do about it."""

from collections.abc import Iterable


class DatasetError(ValueError):
    """Data that cannot be used, explained in two sentences meant for people.

    Parameters
    ----------
    problem : one plain sentence that says what is wrong with the data
    hint : one plain sentence that says what to do about it
    over_limit : whether a random part of the rows would do
    """

    def __init__(self, problem: str, hint: str, *, over_limit: bool = False) -> None:
        super().__init__(problem, hint)
        self.problem = problem
        self.hint = hint
        self.over_limit = over_limit

    def __str__(self) -> str:
        return f"{self.problem} {self.hint}"


LONGEST_NAMED = 80  # characters of a name in a sentence


def listing(names: Iterable[object], limit: int = 5) -> str:
    """Quoted names for a sentence: ``'a', 'b' and 3 more``; long ones are cut."""
    quoted = [f"'{short(name)}'" for name in names]
    if len(quoted) > limit:
        return f"{', '.join(quoted[:limit])} and {len(quoted) - limit} more"
    return ", ".join(quoted[:-2] + [" and ".join(quoted[-2:])])


def short(name: object) -> str:
    """Return a name as a sentence has room for it: a class may be a text of many pages."""
    text = str(name)
    return text if len(text) <= LONGEST_NAMED else f"{text[: LONGEST_NAMED - 1]}…"
