"""Rows that belong together: split by whole groups or by time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.datasets import DatasetError, TableOptions, from_csv, from_frame, split_rows
from nnlib.training import train


@given(
    groups=st.lists(st.integers(0, 9), min_size=8, max_size=60).filter(lambda g: len(set(g)) > 2),
    test_fraction=st.sampled_from([0.0, 0.2]),
    ordered=st.booleans(),
    seed=st.integers(0, 9),
)
def test_no_group_is_in_two_splits(groups, test_fraction, ordered, seed):
    groups = np.array(groups)
    split = split_rows(
        len(groups),
        train_fraction=0.6,
        test_fraction=test_fraction,
        groups=groups,
        ordered=ordered,
        seed=seed,
    )
    assert sorted(np.concatenate(split)) == list(range(len(groups)))
    parts = [set(groups[rows]) for rows in split]
    assert sum(map(len, parts)) == len(set(groups))
    assert parts[0] and parts[1] and bool(parts[2]) == bool(test_fraction)
    if ordered:
        assert max(parts[0]) < min(parts[1])
        assert not parts[2] or max(parts[1]) < min(parts[2])


def test_shares_are_as_near_as_groups_allow():
    split = split_rows(1000, train_fraction=0.7, test_fraction=0.1, groups=np.arange(1000) // 10)
    assert [len(rows) for rows in split] == [700, 200, 100]
    other = split_rows(1000, groups=np.arange(1000) // 10, seed=1)
    assert set(other.val) != set(split_rows(1000, groups=np.arange(1000) // 10, seed=2).val)


def test_too_few_groups_are_refused():
    with pytest.raises(DatasetError, match="to 1 group; 2 splits need at least 2"):
        split_rows(9, groups=np.zeros(9, int))
    with pytest.raises(DatasetError, match="to 2 groups; 3 splits"):
        split_rows(9, groups=np.arange(9) % 2, train_fraction=0.6, test_fraction=0.2)


def visits(n_patients: int = 40, visits: int = 10) -> pd.DataFrame:
    """Return measurements that hardly differ within a patient, with a label drawn per patient."""
    rng = np.random.default_rng(0)
    patient = np.repeat(np.arange(n_patients), visits)
    traits = rng.normal(size=(n_patients, 4))[patient]
    measured = traits + rng.normal(scale=0.01, size=traits.shape)
    frame = pd.DataFrame(measured, columns=list("abcd"))
    frame.insert(0, "patient", [f"P{number:03}" for number in patient])
    frame["label"] = np.where(rng.random(n_patients) < 0.5, "sick", "well")[patient]
    return frame.sample(frac=1, random_state=0, ignore_index=True)


def test_random_labels_of_repeated_subjects_are_found_out():
    experiment = Experiment(
        NetworkConfig(hidden=(32, 32)), TrainingConfig(epochs=60, learning_rate=0.01)
    )
    scores = {}
    for split in ("random", "groups"):
        data = from_frame(visits(), "label", features=list("abcd"), split_by="patient", split=split)
        scores[split] = float(train(experiment, data).evaluate("val")["accuracy"])
    assert scores["random"] > 0.95
    assert scores["groups"] < 0.8  # there is nothing to be learned of a new patient


def test_a_column_of_groups_is_no_feature_unless_it_is_kept():
    data = from_frame(visits(), "label", split_by="patient")
    assert data.feature_names == tuple("abcd")
    decision = data.preprocessing.decisions[0]
    assert decision.action == "left out: the rows are split by it"
    assert any("split by whole groups: 40 values of 'patient'" in note for note in data.notes)
    assert any("320 rows for training, 80 for validation." in note for note in data.notes)
    kept = from_frame(visits(), "label", split_by="patient", keep=["patient"])
    assert "patient=P001" in kept.feature_names


def days(n: int = 100) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    day = pd.date_range("2024-01-01", periods=n).strftime("%d.%m.%Y")
    frame = pd.DataFrame({"day": day, "x": rng.normal(size=n), "y": rng.normal(size=n)})
    return frame.sample(frac=1, random_state=2, ignore_index=True)


def test_time_trains_on_the_earliest():
    frame = days()
    data = from_csv(frame.to_csv(index=False).encode(), "y", split_by="day", test_fraction=0.1)
    when = pd.to_datetime(frame["day"], format="%d.%m.%Y")
    of = [when[numbers - 2] for numbers in data.row_numbers]  # lines, the header is the first
    assert [len(part) for part in of] == [80, 10, 10]
    assert of[0].max() < of[1].min() < of[1].max() < of[2].min()
    assert any("training has the earliest of 'day'" in note for note in data.notes)
    assert any(name.startswith("day") for name in data.feature_names)


def test_numbers_tell_the_time_if_asked_and_gaps_are_trained_on():
    frame = pd.DataFrame({"year": np.arange(50.0), "x": np.arange(50) % 7, "y": [1, 2] * 25})
    frame.loc[[48, 49], "year"] = np.nan
    data = from_frame(frame, "y", split_by="year", split="time")
    assert sorted(data.row_numbers.val) == list(range(39, 49))
    assert "2 rows have no time and are trained on." in data.notes
    groups = from_frame(frame, "y", split_by="year")
    assert sorted(groups.row_numbers.val) != list(range(39, 49))


def test_a_class_that_training_never_sees_is_told():
    frame = pd.DataFrame({"t": range(40), "x": np.arange(40) % 7, "y": ["a", "b"] * 16 + ["c"] * 8})
    data = from_frame(frame, "y", split_by="t", split="time")
    assert "No training row has the class 'c', so it cannot be learned." in data.notes


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"split_by": "who"}, "no column 'who' to split by"),
        ({"split_by": "patient", "split": "magic"}, "no way 'magic'"),
        ({"split": "groups"}, "which column tells"),
        ({"split_by": "patient", "split": "time"}, "neither dates nor numbers"),
        ({"split_by": "same"}, "to 1 group"),
    ],
)
def test_what_cannot_be_split_by_is_explained(options, words):
    with pytest.raises(DatasetError, match=words):
        from_frame(visits().assign(same=1), "label", **options)


def test_options_are_keys_of_caches_and_know_their_names():
    assert hash(TableOptions("y", features=["a"])) == hash(TableOptions("y", features=("a",)))
    with pytest.raises(TypeError, match="feature"):
        from_frame(visits(), "label", feature=["a"])
