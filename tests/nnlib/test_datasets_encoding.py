"""Encoding of tables: the same numbers as scikit-learn's, JSON, and what a second table lacks."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from nnlib.datasets import from_frame
from nnlib.datasets.tables.columns import MAX_CATEGORIES
from nnlib.datasets.tables.encoding import (
    MISSING_CATEGORY,
    CategoryColumn,
    TableEncoding,
    _category_column,
    fit_encoding,
)
from nnlib.datasets.tables.preprocessing import TablePreprocessing


def reference() -> ColumnTransformer:
    """Return what the encoding replaces, of scikit-learn's parts."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    categories = make_pipeline(
        SimpleImputer(strategy="constant", fill_value=MISSING_CATEGORY),
        OneHotEncoder(handle_unknown="ignore", max_categories=MAX_CATEGORIES, sparse_output=False),
    )
    return ColumnTransformer([("n", numbers, ["a", "b"]), ("c", categories, ["kind", "other"])])


def table(seed: int, rows: int, categories: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    numbers = rng.normal(5, 3, (rows, 2))
    numbers[rng.random((rows, 2)) < 0.2] = np.nan
    numbers[0] = 1.0
    kinds = rng.choice([f"k{i}" for i in range(categories)], rows).astype(object)
    kinds[rng.random(rows) < 0.2] = np.nan
    others = rng.choice(["x", "y"], rows).astype(object)
    return pd.DataFrame({"a": numbers[:, 0], "b": numbers[:, 1], "kind": kinds, "other": others})


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), categories=st.sampled_from([1, 3, 200]))
def test_it_agrees_with_scikit_learn(seed, categories):
    frame, second = table(seed, 120, categories), table(seed + 1, 30, categories + 5)
    encoding = fit_encoding(frame, ["a", "b"], ["kind", "other"])
    expected = reference().fit(frame)
    np.testing.assert_allclose(encoding.transform(frame), expected.transform(frame), rtol=1e-12)
    np.testing.assert_allclose(encoding.transform(second), expected.transform(second), rtol=1e-12)
    assert len(encoding.feature_names) == encoding.transform(frame).shape[1]


def test_literal_columns():
    frame = pd.DataFrame({"n": [1.0, np.nan, 3.0, 5.0], "c": ["u", "v", "u", np.nan]})
    encoding = fit_encoding(frame, ["n"], ["c"])
    assert encoding.numbers[0].fill == 3
    assert encoding.numbers[0].mean == 3
    assert encoding.numbers[0].scale == pytest.approx(np.sqrt(2))
    assert encoding.feature_names == ("n", "c=(missing)", "c=u", "c=v")
    rows = encoding.transform(pd.DataFrame({"n": [np.nan, 5.0], "c": ["w", "v"]}))
    np.testing.assert_allclose(rows, [[0, 0, 0, 0], [np.sqrt(2), 0, 0, 1]])
    assert encoding.unseen(pd.DataFrame({"n": [1.0, 1.0], "c": ["w", np.nan]})) == {"c": ["w"]}


@given(seed=st.integers(0, 10_000))
def test_json_keeps_every_bit(seed):
    frame = table(seed, 60, 80)
    encoding = fit_encoding(frame, ["a", "b"], ["kind", "other"])
    again = TableEncoding.from_document(json.loads(json.dumps(encoding.document())))
    assert again == encoding
    np.testing.assert_array_equal(again.transform(frame), encoding.transform(frame))


FRAME = pd.DataFrame(
    {
        "size": np.arange(40) % 7 + 0.5,
        "color": ["red", "green"] * 20,
        "always": 1,
        "target": ["yes", "no"] * 20,
    }
)


def test_preprocessing_survives_json():
    data = from_frame(FRAME, "target")
    assert data.preprocessing is not None
    document = json.loads(json.dumps(data.preprocessing.document()))
    again = TablePreprocessing.from_document(document)
    assert again.decisions == data.preprocessing.decisions
    assert again.feature_names == data.feature_names
    np.testing.assert_array_equal(again.transform(FRAME), data.preprocessing.transform(FRAME))


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (FRAME, ""),
        (FRAME.drop(columns="target"), ""),
        (FRAME.assign(extra=1), "did not have are ignored: 'extra'"),
        (FRAME.drop(columns="always"), "left out are not there: 'always'"),
        (FRAME[["color", "size", "always", "target"]], "another order"),
        (FRAME.assign(color="blue"), "did not see ('blue')"),
    ],
)
def test_differences_of_a_second_table_are_listed(second, said):
    data = from_frame(FRAME, "target")
    assert data.preprocessing is not None
    features, notes = data.preprocessing.transform_with_notes(second)
    assert (said in " ".join(notes)) if said else not notes
    assert features.shape == (40, data.n_features)


class Word(str):
    """A text that counts how often it is looked at."""

    __slots__ = ()
    looks = 0

    def __hash__(self) -> int:
        Word.looks += 1
        return super().__hash__()

    def __eq__(self, other: object) -> bool:
        Word.looks += 1
        return super().__eq__(other)


def test_the_work_grows_as_the_words_do():
    words = [Word(f"word {i}") for i in range(2_000)]
    Word.looks = 0
    column = _category_column("text", words, np.arange(49, 2_000))
    assert Word.looks <= 10 * len(words)  # a set of the rare words for each word took millions
    assert (len(column.kept), len(column.rare)) == (49, 1951)
    assert _category_column("a", ["u", "v"], None) == CategoryColumn("a", ("u", "v"))
