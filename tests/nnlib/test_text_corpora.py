"""Corpora: the teaching set, tables of texts, limits, newsgroups with and without a net."""

import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from nnlib.datasets import DatasetError, read_table
from nnlib.datasets.text import corpora
from nnlib.datasets.text.corpora import (
    Corpus,
    corpus_from_frame,
    five_sentences,
    guess_columns,
    label_names,
    reviews,
    tidy,
)
from nnlib.datasets.text.newsgroups import newsgroups

CSV = b"""id,review,stars
1,"Lovely soup, lovely day",5
2,Cold and late,1
3,It was there,3
4,Never again,1
5,We laughed all night,5
6,Cold and late,1
7,,5
8,No label here,
"""


def table() -> pd.DataFrame:
    return read_table(CSV).frame


def test_five_sentences_have_one_soft_label():
    corpus = five_sentences()
    assert corpus.targets == (1, 0, 1, 0.5, 1) and corpus.is_soft
    assert corpus.texts[3] == "I'm feeling neutral about this"


def test_reviews_are_balanced_hard_labels():
    corpus = reviews()
    assert len(corpus.texts) >= 640 and not corpus.is_soft
    assert np.mean(corpus.targets) == pytest.approx(0.5, abs=0.01)
    assert tidy(corpus) == corpus


def test_missing_reviews_are_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(corpora, "REVIEWS", tmp_path / "none.csv")
    with pytest.raises(DatasetError, match="missing"):
        reviews()


def test_columns_are_guessed():
    assert guess_columns(table()) == ("review", "stars")
    frame = pd.DataFrame({"b": [1, 2, 3], "a": [0, 1, 0], "c": ["x", "longer text", "z"]})
    assert guess_columns(frame) == ("c", "a")
    for bad in (frame[["c"]], frame[:0]):
        with pytest.raises(DatasetError):
            guess_columns(bad)


def test_table_with_two_chosen_classes():
    corpus = corpus_from_frame(table(), "review", "stars", ("1", "5"), name="stars")
    assert corpus.texts == (
        "Lovely soup, lovely day",
        "Cold and late",
        "Never again",
        "We laughed all night",
    )
    assert corpus.targets == (1, 0, 0, 1) and corpus.class_names == ("1", "5")
    assert corpus.notes == (
        "2 rows without text or label were left out.",
        "1 rows with another label were left out.",
        "1 repeated texts were left out; the first of each stays.",
    )


def test_more_than_two_labels_need_a_choice():
    with pytest.raises(DatasetError, match="3 different values"):
        corpus_from_frame(table(), "review", "stars")
    assert label_names(table()["stars"].dropna()) == ["1", "5", "3"]


def test_words_as_labels_and_probabilities():
    frame = pd.DataFrame({"t": ["a b", "c d", "e f", "g h"], "y": ["pos", "neg", "pos", "neg"]})
    corpus = corpus_from_frame(frame, "t", "y")
    assert corpus.class_names == ("neg", "pos") and corpus.targets == (1, 0, 1, 0)
    corpus = corpus_from_frame(frame.assign(y=[0.9, 0.1, 0.5, 1]), "t", "y")
    assert corpus.targets == (0.9, 0.1, 0.5, 1) and corpus.is_soft
    corpus = corpus_from_frame(frame.assign(y=[True, False, True, False]), "t", "y")
    assert corpus.class_names == ("False", "True") and corpus.targets == (1, 0, 1, 0)


@pytest.mark.parametrize(
    ("text", "label"), [("t", "t"), ("t", "nothing"), ("nothing", "y"), ("t", "same")]
)
def test_columns_that_will_not_do(text: str, label: str):
    frame = pd.DataFrame({"t": ["a", "b", "c", "d"], "y": [0, 1, 0, 1], "same": [1, 1, 1, 1]})
    with pytest.raises(DatasetError):
        corpus_from_frame(frame, text, label)


def test_long_texts_are_cut_and_many_are_sampled(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(corpora, "MAX_TEXTS", 10)
    monkeypatch.setattr(corpora, "MAX_CHARACTERS", 5)
    many = Corpus(
        "m", tuple(f"text {i:04}" for i in range(50)), tuple(i % 2 * 1.0 for i in range(50))
    )
    cut = tidy(many, seed=1)
    assert len(cut.texts) == 10 and set(cut.texts) == {"text "}
    assert cut.notes == (
        "50 texts were cut after 5 characters.",
        "A random sample of 10 of the 50 texts is used.",
    )
    assert tidy(many, seed=1).targets == cut.targets


def test_too_few_texts_or_classes_are_refused():
    for texts, targets in (
        (("a", "b", "c"), (0.0, 1.0, 0.0)),
        (("a", "b", "c", "d"), (1.0,) * 4),
        (("a", " ", "a ", "b"), (1.0, 0.0, 1.0, 0.0)),
    ):
        with pytest.raises(DatasetError):
            tidy(Corpus("few", texts, targets))


def posts(**settings):
    assert settings["remove"] == ("headers", "footers", "quotes")
    names = settings["categories"]
    assert names == sorted(names)
    return SimpleNamespace(
        data=["orbit", "bat", "moon", "ball", "", "moon"], target=np.array([1, 0, 1, 0, 1, 1])
    )


def test_newsgroups_are_classes_in_the_order_asked_for():
    corpus = newsgroups("sci.space", "rec.sport.baseball", fetch=posts)
    assert corpus.class_names == ("sci.space", "rec.sport.baseball")
    assert dict(zip(corpus.texts, corpus.targets, strict=True)) == {
        "orbit": 0, "bat": 1, "moon": 0, "ball": 1,
    }  # fmt: skip
    with pytest.raises(DatasetError):
        newsgroups("sci.space", "sci.space", fetch=posts)


def test_newsgroups_without_a_network_say_so(monkeypatch: pytest.MonkeyPatch):
    def unreachable(**settings):
        assert settings["n_retries"] == 1
        raise OSError("no network")

    monkeypatch.setattr("sklearn.datasets.fetch_20newsgroups", unreachable)
    with pytest.raises(DatasetError, match="could not be downloaded") as caught:
        newsgroups("sci.space", "sci.med")
    assert "internet" in caught.value.hint
    with pytest.raises(ZeroDivisionError):  # a mistake of ours is not passed off as the network's
        newsgroups("sci.space", "sci.med", fetch=lambda **settings: 1 / 0)


def test_a_slow_download_goes_on_in_the_background_and_is_begun_once():
    gate, calls = threading.Event(), []

    def slow(**settings):
        calls.append(1)
        gate.wait(10)
        return posts(**settings)

    started = time.monotonic()
    for _ in range(2):
        with pytest.raises(DatasetError, match="still being downloaded"):
            newsgroups("sci.med", "sci.space", wait=0.05, fetch=slow)
    assert time.monotonic() - started < 2 and len(calls) == 1
    gate.set()
    assert len(newsgroups("sci.med", "sci.space", wait=10, fetch=slow).texts) == 4
