"""Labeled texts: five sentences, the reviews that ship with the project, or a person's table."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlib.datasets.errors import DatasetError, listing
from nnlib.datasets.labels import class_name, natural_key

if TYPE_CHECKING:
    import pandas as pd

REVIEWS = Path(__file__).with_name("reviews.csv")
MAX_TEXTS = 5_000
MAX_CHARACTERS = 5_000
"""Longer texts are cut here."""

SENTENCES = (
    ("I love this product", 1.0),
    ("This movie was terrible", 0.0),
    ("The weather is nice today", 1.0),
    ("I'm feeling neutral about this", 0.5),
    ("That was an amazing experience", 1.0),
)


@dataclass(frozen=True)
class Corpus:
    """Texts and what they are to be taken for.

    Attributes
    ----------
    name : short, for file names
    texts : at most `MAX_TEXTS` of at most `MAX_CHARACTERS` characters, none twice
    targets : the probability of the second class, for each text; 0 and 1 are hard labels
    class_names : of the probabilities 0 and 1
    notes : sentences on what was done to the texts, for people
    rows : where each text comes from, such as its line in a file; empty where that is not known
    """

    name: str
    texts: tuple[str, ...]
    targets: tuple[float, ...]
    class_names: tuple[str, str] = ("negative", "positive")
    notes: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()

    @property
    def is_soft(self) -> bool:
        """Whether a target lies between 0 and 1."""
        return any(0 < target < 1 for target in self.targets)


def five_sentences() -> Corpus:
    """Return five sentences, one of them neutral with the soft label 0.5."""
    texts = tuple(text for text, _ in SENTENCES)
    return Corpus("five sentences", texts, tuple(target for _, target in SENTENCES))


def reviews() -> Corpus:
    """Return the short English reviews that ship with the project.

    Raises DatasetError if their file is not there.
    """
    try:
        with REVIEWS.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError:
        raise DatasetError(
            "The file of reviews is missing from this installation.",
            "Install the dashboard again, or upload texts of your own.",
        ) from None
    return Corpus("reviews", tuple(r["text"] for r in rows), tuple(float(r["label"]) for r in rows))


def guess_columns(frame: pd.DataFrame) -> tuple[str, str]:
    """Return the columns that most look like text and label.

    The text is the column of the longest cells; the label has a telling name, or else the fewest
    different values.

    Raises DatasetError if the table has fewer than two columns or no rows.
    """
    names = [str(name) for name in frame.columns]
    if len(names) < 2 or not len(frame):
        raise DatasetError(
            f"The table has {len(names)} columns and {len(frame)} rows.",
            "Provide a column of texts and a column of labels, with a row for each text.",
        )
    cells = {name: frame.iloc[:, i].dropna().map(str) for i, name in enumerate(names)}
    text = max(names, key=lambda name: cells[name].str.len().mean() if len(cells[name]) else 0.0)
    others = [name for name in names if name != text]
    telling = ("label", "sentiment", "target", "class", "polarity", "rating", "stars", "score", "y")
    named = [name for name in others if name.strip().casefold() in telling]
    label = named[0] if named else min(others, key=lambda name: _distinct(cells[name]))
    return text, label


def _distinct(cells: Any) -> float:
    count = cells.nunique()
    return count if count > 1 else np.inf


def label_names(labels: Sequence[object]) -> list[str]:
    """Return the different labels as people write them, the most frequent first."""
    counts = Counter(map(class_name, labels))
    return sorted(counts, key=lambda name: (-counts[name], natural_key(name)))


def soft_labels(labels: Sequence[object]) -> NDArray[np.float64] | None:
    """Return the labels as probabilities, or None unless all lie in [0, 1] and one is between."""
    try:
        values = np.array([float(label) for label in labels])  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    inside = bool(((values >= 0) & (values <= 1)).all())
    return values if inside and bool(((values > 0) & (values < 1)).any()) else None


def corpus_from_frame(
    frame: pd.DataFrame,
    text: str,
    label: str,
    classes: tuple[str, str] | None = None,
    *,
    name: str = "texts",
    seed: int = 0,
    row_numbers: ArrayLike | None = None,
) -> Corpus:
    """Take texts and labels out of a table.

    Parameters
    ----------
    text, label : the two columns. Labels are two classes, or probabilities from 0 to 1.
    classes : the two labels to tell apart; rows with another label are left out. Without it the
        labels must be two, in natural order.
    seed : of the random sample that is taken of more than `MAX_TEXTS` texts
    row_numbers : array_like of int, optional
        What `Corpus.rows` calls the rows; their places, from 1, if not given.

    Raises
    ------
    DatasetError
        if the columns are not there or the labels are not of two kinds
    """
    numbers = range(1, len(frame) + 1) if row_numbers is None else row_numbers
    frame = frame.set_axis([str(column) for column in frame.columns], axis=1)
    frame = frame.set_axis(np.asarray(numbers, dtype=np.int64), axis=0)
    absent = [column for column in (text, label) if column not in set(frame.columns)]
    if absent or text == label:
        problem = f"The table has no column {listing(absent)}." if absent else ""
        raise DatasetError(
            problem or "Text and label are the same column.", "Choose two columns of the table."
        )
    texts, labels, rows, notes = _complete_rows(frame, text, label)
    targets, names = _targets_of(labels, classes)
    kept = ~np.isnan(targets)
    if not kept.all():
        notes.append(f"{(~kept).sum():,} rows with another label were left out.")
    corpus = Corpus(
        name,
        tuple(compress(texts, kept)),
        tuple(targets[kept].tolist()),
        names,
        tuple(notes),
        tuple(rows[kept].tolist()),
    )
    return tidy(corpus, seed)


def _targets_of(
    labels: Sequence[object], classes: tuple[str, str] | None
) -> tuple[NDArray[np.float64], tuple[str, str]]:
    """Return probabilities of the second class, NaN for labels of neither, and the classes."""
    soft = soft_labels(labels) if classes is None else None
    if soft is not None:
        return soft, ("0", "1")
    names = classes or _two_classes(labels)
    codes = {names[0]: 0.0, names[1]: 1.0}
    return np.array([codes.get(class_name(label), np.nan) for label in labels]), names


def _complete_rows(
    frame: pd.DataFrame, text: str, label: str
) -> tuple[list[str], list[object], NDArray[np.int64], list[str]]:
    columns = frame.loc[:, [text, label]]
    filled = columns.dropna()
    notes = []
    if len(filled) < len(columns):
        notes.append(f"{len(columns) - len(filled):,} rows without text or label were left out.")
    texts = [str(one) for one in filled[text]]
    return texts, list(filled[label]), filled.index.to_numpy(), notes


def _two_classes(labels: Sequence[object]) -> tuple[str, str]:
    names = sorted(label_names(labels), key=natural_key)
    if len(names) != 2:
        raise DatasetError(
            f"The label column has {len(names)} different values.",
            "Choose the two that are to be told apart, or another column.",
        )
    return names[0], names[1]


def tidy(corpus: Corpus, seed: int = 0) -> Corpus:
    """Drop empty and repeated texts, cut long ones, and sample where there are too many.

    A text that were in both splits would make the network look better than it is.

    Raises DatasetError if fewer than 4 texts, or texts of one class only, are left.
    """
    notes = list(corpus.notes)
    first: dict[str, int] = {}
    empty = 0
    for place, text in enumerate(map(str.strip, corpus.texts)):
        empty += not text
        if text:
            first.setdefault(text, place)
    repeated = len(corpus.texts) - empty - len(first)
    long = sum(len(text) > MAX_CHARACTERS for text in first)
    texts, places = list(first), list(first.values())
    if empty:
        notes.append(f"{empty:,} empty texts were left out.")
    if repeated:
        notes.append(f"{repeated:,} repeated texts were left out; the first of each stays.")
    if long:
        notes.append(f"{long:,} texts were cut after {MAX_CHARACTERS:,} characters.")
    if len(texts) > MAX_TEXTS:
        notes.append(f"A random sample of {MAX_TEXTS:,} of the {len(texts):,} texts is used.")
        drawn = np.sort(np.random.default_rng(seed).choice(len(texts), MAX_TEXTS, replace=False))
        texts, places = [texts[i] for i in drawn], [places[i] for i in drawn]
    targets = tuple(corpus.targets[place] for place in places)
    sides = {target > 0.5 for target in targets}
    if len(texts) < 4 or len(sides) < 2:
        raise DatasetError(
            f"There are {len(texts)} different texts of {len(sides)} classes.",
            "Provide at least four texts, with both classes among them.",
        )
    return replace(
        corpus,
        texts=tuple(text[:MAX_CHARACTERS] for text in texts),
        targets=targets,
        notes=tuple(notes),
        rows=tuple(corpus.rows[place] for place in places) if corpus.rows else (),
    )
