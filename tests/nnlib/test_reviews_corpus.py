"""The reviews that ship with the project: balanced, varied, and free of giveaways."""

import csv
import re
from collections import Counter
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

import nnlib.datasets

PATH = Path(nnlib.datasets.__file__).parent / "text" / "reviews.csv"
with PATH.open(encoding="utf-8", newline="") as opened:
    ROWS = list(csv.DictReader(opened))
TEXTS = [row["text"] for row in ROWS]
LABELS = np.array([int(row["label"]) for row in ROWS])
TOPICS = {"product", "film", "food", "place", "service"}
NEGATION = re.compile(
    r"\b(not|no|never|nothing|nobody|none|neither|nor|without|hardly|isn't|wasn't|aren't|\w+n't|"
    r"cannot)\b",
    re.IGNORECASE,
)
TURN = re.compile(
    r"\b(but|yet|though|although|still|shame|sadly|unfortunately|despite|otherwise|instead|"
    r"pity|until|even if|however)\b|, the [a-z]+ (is|was)|; ",
    re.IGNORECASE,
)


def words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


def test_there_are_enough_and_they_are_balanced():
    assert len(ROWS) >= 600
    assert {row["topic"] for row in ROWS} == TOPICS
    assert {row["label"] for row in ROWS} == {"0", "1"}
    counts = Counter((row["topic"], row["label"]) for row in ROWS)
    assert all(abs(counts[t, "0"] - counts[t, "1"]) <= 2 for t in TOPICS)


def test_none_is_there_twice_or_nearly_so():
    assert len({" ".join(words(text)) for text in TEXTS}) == len(TEXTS)
    vectors = TfidfVectorizer().fit_transform(TEXTS)
    similarity = (vectors @ vectors.T).toarray()
    np.fill_diagonal(similarity, 0)
    assert similarity.max() < 0.5


def test_no_two_share_a_skeleton():
    """Such as "The pool was clean and …" and "The pool was dirty and …"."""
    split = [words(text) for text in TEXTS]
    counts = CountVectorizer(token_pattern=r"[\w']+", binary=True).fit_transform(TEXTS)
    common = np.triu((counts @ counts.T).toarray(), 1)
    number = np.asarray(counts.sum(axis=1)).ravel()
    candidates = np.argwhere(2 * common >= 0.4 * (number[:, None] + number[None, :]))
    assert len(candidates) > 100  # else there was nothing to compare
    alike = [
        (TEXTS[i], TEXTS[j])
        for i, j in candidates
        if SequenceMatcher(None, split[i], split[j], autojunk=False).ratio() >= 0.5
    ]
    assert alike == []


def test_openings_vary():
    assert max(Counter(tuple(words(text)[:4]) for text in TEXTS).values()) <= 3
    assert max(Counter(tuple(words(text)[:2]) for text in TEXTS).values()) <= 15


def test_no_phrase_gives_a_template_away():
    phrases = Counter(
        phrase
        for text in TEXTS
        for phrase in {tuple(words(text)[i : i + 5]) for i in range(len(words(text)) - 4)}
    )
    assert phrases.most_common(1)[0][1] <= 3


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize(("pattern", "least"), [(NEGATION, 0.15), (TURN, 0.15)])
def test_negation_and_mixed_tone_are_in_both_classes(pattern, least, label):
    of_label = [text for text, own in zip(TEXTS, LABELS, strict=True) if own == label]
    assert np.mean([bool(pattern.search(text)) for text in of_label]) >= least


def test_neither_length_nor_punctuation_tells_the_label():
    lengths = np.array([len(words(text)) for text in TEXTS])
    assert lengths.min() >= 3 and lengths.max() <= 35
    means = [lengths[label == LABELS].mean() for label in (0, 1)]
    assert means[0] == pytest.approx(means[1], rel=0.1)
    for mark in "!?":
        share = [np.mean([mark in t for t, own in zip(TEXTS, LABELS, strict=True) if own == label])
                 for label in (0, 1)]  # fmt: skip
        assert abs(share[0] - share[1]) < 0.03


def test_texts_are_plain():
    assert all(text == text.strip() and text.isprintable() for text in TEXTS)
    assert all(text[-1] in ".!?" for text in TEXTS)
    assert not any("  " in text for text in TEXTS)


def test_rows_are_mixed():
    runs = 1 + sum(a != b for a, b in pairwise(LABELS))
    assert abs(runs - len(LABELS) / 2) < 4 * np.sqrt(len(LABELS)) / 2
