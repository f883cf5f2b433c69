"""Texts to numbers: counts, TF-IDF, n-grams, and a vocabulary of the training texts alone."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlib.datasets import DatasetError
from nnlib.datasets.text.bag import BagOfWords, BagSettings, make_text_data
from nnlib.datasets.text.corpora import Corpus, five_sentences

TEXTS = ("Good good soup", "Not good", "I don't like soup", "bad soup, bad day")


def fitted(texts=TEXTS, **changes) -> BagOfWords:
    return BagOfWords.fit(texts, BagSettings(**changes))


def test_counts_of_a_small_case():
    bag = fitted()
    assert bag.vocabulary == ("bad", "day", "don't", "good", "i", "like", "not", "soup")
    np.testing.assert_array_equal(
        bag.transform(TEXTS),
        [
            [0, 0, 0, 2, 0, 0, 0, 1],
            [0, 0, 0, 1, 0, 0, 1, 0],
            [0, 0, 1, 0, 1, 1, 0, 1],
            [2, 1, 0, 0, 0, 0, 0, 1],
        ],
    )
    assert bag.transform(TEXTS).dtype == np.float32
    assert bag.transform([]).shape == (0, 8)


def test_tf_idf_of_a_small_case():
    bag = fitted(vectorizer="tf-idf")
    good, soup = math.log(5 / 3) + 1, math.log(5 / 4) + 1
    assert bag.idf[bag.index["good"]] == pytest.approx(good)
    assert bag.idf[bag.index["soup"]] == pytest.approx(soup)
    row = bag.transform(["soup: good, GOOD!"])[0]
    length = math.hypot(2 * good, soup)
    assert row[bag.index["good"]] == pytest.approx(2 * good / length)
    assert row[bag.index["soup"]] == pytest.approx(soup / length)
    assert not bag.transform(["unheard of"]).any()


@pytest.mark.parametrize("vectorizer", ["counts", "tf-idf"])
@pytest.mark.parametrize("longest", [1, 2, 3])
def test_the_same_as_scikit_learn(vectorizer: str, longest: int):
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

    kind = CountVectorizer if vectorizer == "counts" else TfidfVectorizer
    theirs = kind(ngram_range=(1, longest), token_pattern=r"(?u)\b\w+(?:'\w+)*\b").fit(TEXTS)
    bag = fitted(vectorizer=vectorizer, longest=longest)
    assert bag.vocabulary == tuple(theirs.get_feature_names_out())
    other = ["not good soup", "a bad day", ""]
    np.testing.assert_allclose(bag.transform(other), theirs.transform(other).toarray(), rtol=1e-6)


def test_apostrophes_of_both_kinds_stay_inside_words():
    bag = fitted()
    assert [w.text for w in bag.words("I don\u2019t 'like' it")] == ["i", "don't", "like", "it"]
    assert [w.place is None for w in bag.words("I don\u2019t 'like' it")] == [0, 0, 0, 1]
    np.testing.assert_array_equal(bag.transform(["don\u2019t"]), bag.transform(["don't"]))


def test_order_does_not_matter_to_single_words_and_does_to_pairs():
    pair = ["not good, bad", "not bad, good"]
    one, other = fitted((*TEXTS, *pair)).transform(pair)
    np.testing.assert_array_equal(one, other)
    bag = fitted((*TEXTS, *pair), longest=2)
    one, other = bag.transform(pair)
    differing = {bag.vocabulary[i] for i in np.flatnonzero(one != other)}
    assert differing == {"not good", "good bad", "not bad", "bad good"}
    assert [t.text for t in bag.terms("not good")] == ["not", "good", "not good"]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(["good", "bad", "soup", "day", "new"]), min_size=1), st.randoms())
def test_any_order_of_words_is_the_same_bag(words, random):
    shuffled = random.sample(words, len(words))
    for vectorizer in ("counts", "tf-idf"):
        bag = fitted(vectorizer=vectorizer)
        one, other = bag.transform([" ".join(words), " ".join(shuffled)])
        np.testing.assert_array_equal(one, other)


def test_the_vocabulary_can_be_limited():
    assert fitted(max_features=2).vocabulary == ("good", "soup")
    assert fitted(min_texts=2).vocabulary == ("good", "soup")
    with pytest.raises(DatasetError, match="No word is in at least 4 of the 4"):
        fitted(min_texts=4)
    with pytest.raises(DatasetError):
        fitted(("!?", "..."))


@pytest.mark.parametrize(
    "wrong", [{"vectorizer": "x"}, {"longest": 0}, {"longest": 4}, {"max_features": 0},
              {"max_features": 5001}, {"min_texts": 0}]
)  # fmt: skip
def test_settings_out_of_bounds_are_refused(wrong):
    with pytest.raises(ValueError):
        BagSettings(**wrong)


def test_held_out_words_do_not_enter_the_vocabulary():
    texts = tuple(f"common word{i}" for i in range(20))
    corpus = Corpus("c", texts, tuple(float(i % 2) for i in range(20)))
    made = make_text_data(corpus, BagSettings(), train_fraction=0.5, seed=3)
    seen = set(" ".join(made.texts["train"]).split())
    assert set(made.bag.vocabulary) == seen and len(seen) == 11
    np.testing.assert_array_equal(made.data.X_val.sum(axis=1), 1)  # "common" alone
    assert made.data.y_train.sum() == made.data.y_val.sum() == 5
    label = dict(zip(texts, corpus.targets, strict=True))
    for split in ("train", "val"):
        assert [label[t] for t in made.texts[split]] == list(made.data.labels(split))
    assert sorted((*made.texts["train"], *made.texts["val"])) == sorted(texts)


def test_idf_is_that_of_the_training_texts():
    corpus = Corpus("c", ("a b", "a c", "a b", "a c"), (0.0, 1.0, 0.0, 1.0))
    made = make_text_data(
        corpus, BagSettings("tf-idf"), held_out=Corpus("h", ("b b b", "z"), (0.0, 1.0))
    )
    assert made.bag.idf == pytest.approx((1, math.log(5 / 3) + 1, math.log(5 / 3) + 1))
    assert made.data.X_val.tolist() == [[0, 1, 0], [0, 0, 0]]


def test_soft_labels_and_other_held_out_texts():
    held_out = Corpus("h", ("love", "terrible"), (1.0, 0.0))
    made = make_text_data(five_sentences(), BagSettings(), held_out=held_out)
    assert made.data.y_train.tolist() == [1, 0, 1, 0.5, 1] and made.data.task == "binary"
    assert made.data.targets("train").shape == (5, 1)
    assert len(made.bag.vocabulary) == 20 and len(made.data.X_val) == 2


def test_the_same_settings_give_the_same_data_and_another_seed_does_not():
    corpus = Corpus("c", tuple(f"t{i} x" for i in range(20)), tuple(i % 2 * 1.0 for i in range(20)))
    prints = [make_text_data(corpus, BagSettings(), seed=s).data.fingerprint for s in (0, 0, 1)]
    assert prints[0] == prints[1] != prints[2]


def test_rows_of_a_table_are_transformed_for_predictions():
    bag = BagOfWords.fit(TEXTS, BagSettings(), "review")
    frame = pd.DataFrame({"other": [1, 2, 3], "review": ["good soup", None, "zzz"]})
    rows, notes = bag.transform_with_notes(frame)
    np.testing.assert_array_equal(rows, bag.transform(["good soup", "", ""]))
    assert notes == ("2 texts have no known word.",)
    with pytest.raises(DatasetError, match="review"):
        bag.transform_with_notes(frame[["other"]])
    with pytest.raises(DatasetError):
        bag.transform_with_notes(frame[:0])
