"""From texts to numbers: a bag of words that is fitted on the training texts alone.

The counting is scikit-learn's; this module keeps what was learned (the vocabulary, and the inverse
document frequencies of TF-IDF) as plain values and makes a `Dataset` of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnlib.datasets.dataset import Dataset
from nnlib.datasets.errors import DatasetError
from nnlib.datasets.splitting import Split, split_rows

from .corpora import Corpus

if TYPE_CHECKING:
    import pandas as pd

VECTORIZERS = ("counts", "tf-idf")
MAX_FEATURES = 5_000
TOKEN = r"(?u)\b\w+(?:'\w+)*\b"
"""A word: letters and digits, with apostrophes inside; scikit-learn's own pattern would make "don"
of "don't" and drop "I"."""

Rows = NDArray[np.float32]


@dataclass(frozen=True)
class BagSettings:
    """How texts become numbers.

    Attributes
    ----------
    vectorizer : "counts" or "tf-idf"
    longest : terms have one up to so many words, 1 to 3
    max_features : at most so many terms, the most frequent of the training texts
    min_texts : a term must be in so many training texts
    """

    vectorizer: str = "counts"
    longest: int = 1
    max_features: int = 1_000
    min_texts: int = 1

    def __post_init__(self) -> None:
        if self.vectorizer not in VECTORIZERS:
            raise ValueError(f"vectorizer must be one of {', '.join(VECTORIZERS)}.")
        if not 1 <= self.longest <= 3:
            raise ValueError("longest must be 1, 2 or 3.")
        if not 1 <= self.max_features <= MAX_FEATURES:
            raise ValueError(f"max_features must be between 1 and {MAX_FEATURES:,}.")
        if self.min_texts < 1:
            raise ValueError("min_texts must be at least 1.")


class Word(NamedTuple):
    """A word of a text and its place in the vocabulary, None where it is not in it."""

    text: str
    place: int | None


@dataclass(frozen=True)
class BagOfWords:
    """A fitted bag of words: plain values, from which scikit-learn's vectorizer is made again.

    Attributes
    ----------
    settings : how texts become numbers
    vocabulary : the terms, in alphabetical order, one an input of the network
    idf : of TF-IDF, the weight ln((1 + n) / (1 + df)) + 1 of each term; else empty
    column : name of the texts' column in a table
    """

    kind: ClassVar[str] = "bag of words"

    settings: BagSettings
    vocabulary: tuple[str, ...]
    idf: tuple[float, ...] = ()
    column: str = "text"

    @classmethod
    def fit(cls, texts: Sequence[str], settings: BagSettings, column: str = "text") -> BagOfWords:
        """Learn the vocabulary of texts.

        Raises DatasetError if no term is in enough texts.
        """
        limits = {"min_df": settings.min_texts, "max_features": settings.max_features}
        vectorizer = _vectorizer(settings, **limits)
        try:
            vectorizer.fit(map(_clean, texts))
        except ValueError:  # scikit-learn's word for an empty vocabulary
            raise DatasetError(
                f"No word is in at least {settings.min_texts} of the {len(texts)} training texts.",
                "Lower the least number of texts, or provide texts with words.",
            ) from None
        idf = tuple(vectorizer.idf_.tolist()) if settings.vectorizer == "tf-idf" else ()
        return cls(settings, tuple(map(str, vectorizer.get_feature_names_out())), idf, column)

    def transform(self, texts: Sequence[str]) -> Rows:
        """Return one row a text: counts, or TF-IDF of length 1; unknown words are left out."""
        if not len(texts):
            return np.zeros((0, len(self.vocabulary)), np.float32)
        rows: Rows = self._fitted.transform(map(_clean, texts)).toarray().astype(np.float32)
        return rows

    def words(self, text: str) -> list[Word]:
        """Return the single words of a text in order, lower case."""
        return [Word(word, self.index.get(word)) for word in self._words_of(_clean(text))]

    def terms(self, text: str) -> list[Word]:
        """Return all terms of a text, the longer ones behind the single words."""
        return [Word(term, self.index.get(term)) for term in self._terms_of(_clean(text))]

    @cached_property
    def index(self) -> dict[str, int]:
        """Where each term is in the vocabulary."""
        return {term: i for i, term in enumerate(self.vocabulary)}

    @cached_property
    def _fitted(self) -> Any:
        vectorizer = _vectorizer(self.settings, vocabulary=self.index)
        if self.idf:
            vectorizer.idf_ = np.array(self.idf)
        return vectorizer

    @cached_property
    def _words_of(self) -> Any:
        return _vectorizer(BagSettings()).build_analyzer()

    @cached_property
    def _terms_of(self) -> Any:
        return _vectorizer(BagSettings(longest=self.settings.longest)).build_analyzer()

    # The rest is what `Dataset.preprocessing` is asked for.

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The terms, one an input of the network."""
        return self.vocabulary

    @property
    def numeric(self) -> tuple[str, ...]:
        """Columns that were standardized: none."""
        return ()

    def document(self) -> dict[str, Any]:
        """Return what was learned as values that JSON can hold, for `from_document`."""
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> BagOfWords:
        """Read what `document` wrote."""
        return cls(
            BagSettings(**document["settings"]),
            tuple(map(str, document["vocabulary"])),
            tuple(map(float, document["idf"])),
            str(document["column"]),
        )

    def transform_with_notes(self, frame: pd.DataFrame) -> tuple[Rows, tuple[str, ...]]:
        """Return the rows of a table's texts, and sentences on what was odd about them.

        Raises DatasetError if the table has no such column, or no rows.
        """
        columns = [str(name) for name in frame.columns]
        if self.column not in columns:
            raise DatasetError(
                f"The table has no column '{self.column}'.",
                "Use a table with the same column of texts as the one that was trained on.",
            )
        if not len(frame):
            raise DatasetError("The table has no rows.", "Add at least one text.")
        cells = frame.iloc[:, columns.index(self.column)]
        filled = ["" if blank else str(c) for c, blank in zip(cells, cells.isna(), strict=True)]
        rows = self.transform(filled)
        empty = int((~rows.any(axis=1)).sum())
        return rows, ((f"{empty:,} texts have no known word.",) if empty else ())


def _clean(text: str) -> str:
    return text.replace("\u2019", "'")


def _vectorizer(settings: BagSettings, **more: Any) -> Any:
    text = import_module("sklearn.feature_extraction.text")
    kind = text.TfidfVectorizer if settings.vectorizer == "tf-idf" else text.CountVectorizer
    return kind(token_pattern=TOKEN, ngram_range=(1, settings.longest), **more)


@dataclass(frozen=True, eq=False)
class TextData:
    """A data set of texts, with what it was made of.

    Attributes
    ----------
    data : what the network trains on
    bag : the fitted bag of words
    texts : of the splits "train" and "val", in the order of the rows
    corpus : where the training texts came from
    """

    data: Dataset
    bag: BagOfWords
    texts: dict[str, tuple[str, ...]]
    corpus: Corpus


def make_text_data(
    corpus: Corpus,
    settings: BagSettings,
    *,
    train_fraction: float = 0.8,
    seed: int = 0,
    held_out: Corpus | None = None,
    column: str = "text",
) -> TextData:
    """Split texts, fit the bag of words on the training split, and make numbers of both.

    Parameters
    ----------
    train_fraction : share of the texts to train on, both classes in proportion; the rest is for
        validation
    seed : of the split
    held_out : where given, all texts of `corpus` are for training and these for validation
    column : name of the texts' column in a table
    """
    y = np.array(corpus.targets)
    numbers = None
    if held_out is None:
        split = split_rows(
            len(y), train_fraction=train_fraction, seed=seed, codes=(y > 0.5).astype(np.int64)
        )
        parts = {name: _take(corpus, rows) for name, rows in zip(Split._fields, split, strict=True)}
        if corpus.rows:
            numbers = Split(*(np.array(corpus.rows)[rows] for rows in split))
    else:
        parts = {"train": corpus, "val": held_out}
    bag = BagOfWords.fit(parts["train"].texts, settings, column)
    data = Dataset(
        name=corpus.name,
        task="binary",
        **_arrays(bag, parts),
        feature_names=bag.vocabulary,
        class_names=corpus.class_names,
        target_names=("label",),
        target_mean=np.zeros(1),
        target_scale=np.ones(1),
        preprocessing=bag,
        notes=corpus.notes,
        row_numbers=numbers,
    )
    return TextData(data, bag, {name: parts[name].texts for name in ("train", "val")}, corpus)


def _arrays(bag: BagOfWords, parts: dict[str, Corpus]) -> dict[str, Any]:
    soft = any(part.is_soft for part in parts.values())
    arrays: dict[str, Any] = {}
    for name in Split._fields:
        part = parts.get(name, Corpus("", (), ()))
        arrays[f"X_{name}"] = bag.transform(part.texts)
        arrays[f"y_{name}"] = np.array(part.targets, np.float64 if soft else np.int64)
    return arrays


def _take(corpus: Corpus, rows: NDArray[np.intp]) -> Corpus:
    return Corpus(
        corpus.name,
        tuple(corpus.texts[row] for row in rows),
        tuple(corpus.targets[row] for row in rows),
        corpus.class_names,
    )
