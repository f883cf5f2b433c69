"""Points that a person draws: their short text in the URL, their table, and the data they make."""

import re
from typing import NamedTuple

import pandas as pd

from nnlib.datasets import Dataset, DatasetError, from_arrays

CLASSES = "ABCDEFGHIJ"
MOST_POINTS = 300
REACH = 1.5
"""Coordinates lie between minus this and this."""
_POINT = re.compile(r"([A-J])(-?\d{1,3})_(-?\d{1,3})")


class Point(NamedTuple):
    """A point of a class; coordinates are rounded to hundredths."""

    x: float
    y: float
    label: str


EXAMPLE = tuple(
    Point(sign * x, y, label)
    for sign, label in ((-1, "A"), (1, "B"))
    for x, y in ((0.5, 0.4), (0.7, 0.1), (0.4, -0.3), (0.6, -0.6), (0.3, 0.7), (0.8, 0.5))
)
"""What the canvas opens with."""
EMPTY = "none"


def write_points(points: tuple[Point, ...]) -> str:
    """Return points as a text that a URL can hold as it is, such as ``A-52_31B20_5``."""
    written = (f"{p.label}{round(100 * p.x)}_{round(100 * p.y)}" for p in points[:MOST_POINTS])
    return "".join(written) or EMPTY


def read_points(text: str) -> tuple[Point, ...]:
    """Return the points of a text; an empty one gives the example, anything unknown is skipped."""
    if not text:
        return EXAMPLE
    found = _POINT.findall(text)[:MOST_POINTS]
    return tuple(Point(_bounded(int(x) / 100), _bounded(int(y) / 100), c) for c, x, y in found)


def _bounded(value: float) -> float:
    return min(max(value, -REACH), REACH)


def points_of(frame: pd.DataFrame) -> tuple[Point, ...]:
    """Return the points of an edited table; rows that are not filled in yet are left out."""
    whole = frame.dropna()
    rows = zip(whole["x1"], whole["x2"], whole["class"], strict=True)
    return tuple(
        Point(_bounded(round(float(x), 2)), _bounded(round(float(y), 2)), str(label))
        for x, y, label in rows
        if str(label) in CLASSES
    )


def data_of(points: tuple[Point, ...], train_fraction: float, seed: int) -> Dataset:
    """Return the data set of drawn points, split at random, each class in its proportion.

    Raises DatasetError where there are not two classes of two points each.
    """
    labels = [point.label for point in points]
    if len(set(labels)) < 2 or min(map(labels.count, set(labels))) < 2:
        raise DatasetError(
            "There is not enough to learn from yet: two classes of two points each are needed.",
            "Choose a class and click on the canvas.",
        )
    return from_arrays(
        [[point.x, point.y] for point in points],
        labels,
        name="drawn points",
        task="classification",
        target_names=["class"],
        standardize=False,
        train_fraction=train_fraction,
        seed=seed,
    )
