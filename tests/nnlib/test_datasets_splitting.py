import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlib.datasets import DatasetError, split_rows


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 5), min_size=4, max_size=80),
    st.floats(0.1, 0.8),
    st.floats(0, 0.15),
    st.integers(0, 100),
)
def test_every_row_lands_in_one_split(codes, train, test, seed):
    parts = split_rows(
        len(codes), train_fraction=train, test_fraction=test, seed=seed, codes=np.array(codes)
    )
    assert sorted(np.concatenate(parts)) == list(range(len(codes)))
    assert len(parts.train) > 0
    assert len(parts.val) > 0
    assert (len(parts.test) > 0) == (test > 0)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=2, max_size=4), st.integers(0, 100))
def test_class_proportions_are_kept(counts, seed):
    codes = np.repeat(np.arange(len(counts)), counts)
    if len(codes) < 10:
        codes = np.tile(codes, 10)
        counts = [10 * count for count in counts]
    rows = split_rows(len(codes), train_fraction=0.7, seed=seed, codes=codes)
    in_training = np.bincount(codes[rows.train], minlength=len(counts))
    assert np.abs(in_training - 0.7 * np.array(counts)).max() <= 1.5
    assert (in_training > 0).all()


def test_exact_proportions_stay_exact():
    codes = np.repeat([0, 1, 2], [50, 30, 20])
    for seed in range(20):
        rows = split_rows(100, train_fraction=0.6, test_fraction=0.1, seed=seed, codes=codes)
        assert np.bincount(codes[rows.train]).tolist() == [30, 18, 12]
        assert np.bincount(codes[rows.val]).tolist() == [15, 9, 6]
        assert np.bincount(codes[rows.test]).tolist() == [5, 3, 2]


def test_a_single_row_of_a_class_is_trained_on():
    codes = np.array([0] * 9 + [1])
    for seed in range(20):
        assert 9 in split_rows(10, train_fraction=0.3, seed=seed, codes=codes).train


def test_rows_of_a_class_have_equal_chances():
    codes = np.repeat([0, 1], 5)
    times = np.zeros(10)
    for seed in range(400):
        times[split_rows(10, train_fraction=0.6, seed=seed, codes=codes).train] += 1
    assert np.abs(times / 400 - 0.6).max() < 0.1


def test_the_seed_decides():
    first, again, other = (split_rows(50, seed=seed).train.tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert first != sorted(first)


def test_small_and_empty_splits():
    rows = split_rows(4, train_fraction=0.95, test_fraction=0.01)
    assert [len(part) for part in rows] == [2, 1, 1]
    assert [len(part) for part in split_rows(10)] == [8, 2, 0]
    with pytest.raises(DatasetError, match="only 3 rows"):
        split_rows(3)
