"""Rows that belong together: whole groups, or times, of which none is in two splits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnlib.datasets.errors import DatasetError, listing
from nnlib.datasets.splitting import Split, split_rows

from .columns import kind_of, numbers_of, texts_of
from .dates import ELAPSED, day_comes_first, parse_dates, part_of
from .table_options import TableOptions
from .targets import Target

if TYPE_CHECKING:
    import pandas as pd

RANDOM, GROUPS, TIME = "random", "groups", "time"
DIVISIONS = (RANDOM, GROUPS, TIME)

_FEW_GROUPS = 5
_SUBJECT = re.compile(
    r"(?i:(.*[_ .-])?(subject|patient|person|participant|user|customer|client|student|pupil|child"
    r"|animal|family|household|speaker|author|writer|player|employee|device|machine|session)s?"
    r"([_ .-]?(id|nr|no|number|name|code))?)"
    r"|(?i:(.*[_ .-])?(id|uuid|key))|.*[a-z](Id|ID)"
)
_TIME_NAME = re.compile(r"(?i)(.*[_ .-])?(time|timestamp|date|datetime|year|month|day|week|t)")


def divide_rows(
    frame: pd.DataFrame, goal: Target, options: TableOptions
) -> tuple[Split, list[str], dict[str, str]]:
    """Return the rows of the splits, notes, and which column is left out for it, and why."""
    division = _settled(frame, options.split, options.split_by)
    by, groups = options.split_by, None
    notes: list[str] = []
    aside: dict[str, str] = {}
    if division != RANDOM and by is not None:
        groups, notes = _groups(frame[by], division)
        if division == GROUPS and by not in options.keep:
            aside[by] = "the rows are split by it"
    regression = goal.task == "regression"
    rows = split_rows(
        len(frame),
        train_fraction=options.train_fraction,
        test_fraction=options.test_fraction,
        seed=options.seed,
        codes=None if regression else goal.y,
        groups=groups,
        ordered=division == TIME,
    )
    unseen = () if regression else set(range(len(goal.class_names))) - set(goal.y[rows.train])
    if unseen:
        names = listing([goal.class_names[code] for code in sorted(unseen)], limit=5)
        notes.append(f"No training row has the class {names}, so it cannot be learned.")
    if groups is not None:
        test = f" and {len(rows.test):,} for the test" if len(rows.test) else ""
        notes.append(
            f"That gives {len(rows.train):,} rows for training, {len(rows.val):,} for "
            f"validation{test}."
        )
    return rows, notes, aside


def _settled(frame: pd.DataFrame, division: str | None, column: str | None) -> str:
    """Say how the rows are divided; a column alone divides by time if it holds dates.

    Raises DatasetError if there is no such way or no such column.
    """
    if column is not None and column not in frame.columns:
        raise DatasetError(
            f"The table has no column '{column}' to split by.",
            f"Its columns are {listing(frame.columns, limit=20)}.",
        )
    if division is None:
        if column is None:
            return RANDOM
        return TIME if kind_of(frame[column]) == "date" else GROUPS
    if division not in DIVISIONS:
        raise DatasetError(
            f"There is no way '{division}' to split rows.", f"Choose one of {listing(DIVISIONS)}."
        )
    if division != RANDOM and column is None:
        raise DatasetError(
            f"To split by {division}, it must be said which column tells them.",
            "Choose a column to split by.",
        )
    return division


def _groups(column: pd.Series[Any], division: str) -> tuple[NDArray[np.intp], list[str]]:
    """Return the number of each row's group, of times in their order, and notes.

    Rows without a value are one group; among times it comes first, so that they are trained on.

    Raises DatasetError if times are to be taken from a column of neither dates nor numbers.
    """
    name = column.name
    if division == GROUPS:
        groups, names = _places(column)
        return groups, [f"The rows are split by whole groups: {len(names):,} values of '{name}'."]
    times = as_numbers(column, kind_of(column))
    if times is None:
        raise DatasetError(
            f"The column '{name}' holds neither dates nor numbers, so it cannot tell the time.",
            "Choose another column, or split by groups.",
        )
    missing = np.isnan(times)
    groups = np.unique(np.where(missing, -np.inf, times), return_inverse=True)[1]
    notes = [f"The rows are split by time: training has the earliest of '{name}'."]
    if missing.any():
        count = int(missing.sum())
        rows = "1 row has no time and is" if count == 1 else f"{count:,} rows have no time and are"
        notes.append(f"{rows} trained on.")
    return groups, notes


def _places(column: pd.Series[Any]) -> tuple[NDArray[np.intp], NDArray[np.object_]]:
    """Return the place of each row's text among the sorted distinct ones; a gap is one of them."""
    import pandas as pd

    texts = pd.Series(texts_of(column), dtype=object).fillna("")
    groups, names = pd.factorize(texts.to_numpy(), sort=True)
    return groups, names


def likely_divisions(frame: pd.DataFrame, target: str | None = None) -> list[tuple[str, str]]:
    """Return how the rows seem to belong together: ("groups" or "time", column).

    Groups where a column is called like a subject or an identifier and its values come again;
    time where the rows stand in the order of a column of dates, or of one that is called so.
    """
    found = []
    for name in frame.columns:
        if name == target:
            continue
        column, called = frame[name], str(name)
        distinct = int(column.nunique())
        if _SUBJECT.fullmatch(called) and _FEW_GROUPS <= distinct <= len(column) / 2:
            found.append((GROUPS, called))
        elif distinct >= _FEW_GROUPS and _is_in_order(column, called):
            found.append((TIME, called))
    return found


def _is_in_order(column: pd.Series[Any], name: str) -> bool:
    """Whether a column of dates, or one that is called so, rises or falls from row to row."""
    plain = column.dtype.kind in "biuf"
    if plain and not _TIME_NAME.fullmatch(name):
        return False
    kind = "number" if plain else kind_of(column)
    times = as_numbers(column, kind) if plain or kind == "date" else None
    if times is None:
        return False
    steps = np.diff(times[~np.isnan(times)])
    return bool((steps >= 0).all() or (steps <= 0).all())


def as_numbers(column: pd.Series[Any], kind: str) -> NDArray[np.float64] | None:
    """Return a column of numbers or dates as numbers, shape (n,); None for other kinds."""
    if kind == "number":
        return numbers_of(column)[0]
    if kind == "date":
        texts = [text for text in texts_of(column) if isinstance(text, str)]
        return part_of(parse_dates(column, day_comes_first(texts)[0]), ELAPSED)
    return None
