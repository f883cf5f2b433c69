import json
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_wine

from nnlib.datasets import Dataset, DatasetError, from_csv, from_frame, guess_target, infer_task
from nnlib.datasets.tables import dataset_of as tables
from nnlib.datasets.tables.columns import kind_of, numbers_of
from nnlib.datasets.tables.encoding import is_skewed, most_categories
from nnlib.datasets.tables.preprocessing import TablePreprocessing
from nnlib.probes.inspection import columns_of


def frame_of(n=40):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "id": np.arange(n) + 1000,
            "size": rng.normal(50, 9, n).round(1),
            "color": rng.choice(["red", "green"], n),
            "old": rng.choice([True, False], n),
            "same": 1,
            "none": np.nan,
            "seen": pd.date_range("2024-01-01", periods=n).astype(str),
            "comment": [f"number {i}" for i in range(n)],
            "kind": np.tile(["good", "bad"], n // 2),
        }
    )
    frame.loc[3, "size"] = np.nan
    frame.loc[5, "color"] = None
    return frame


def decision(data, column):
    return next(d for d in data.preprocessing.decisions if d.column == column)


def test_every_column_is_accounted_for():
    data = from_frame(frame_of(), "kind")
    assert [d.column for d in data.preprocessing.decisions] == list(frame_of().columns)
    actions = {d.column: (d.kind, d.action, d.n_features) for d in data.preprocessing.decisions}
    one_each = "one input per category"
    assert actions == {
        "id": ("number", "left out: it only tells rows apart", 0),
        "size": ("number", "gaps filled with the median, standardized", 1),
        "color": ("category", one_each, 3),
        "old": ("boolean", one_each, 2),
        "same": ("number", "left out: it has one value only in the training rows", 0),
        "none": ("empty", "left out: it is empty", 0),
        "seen": ("date", "elapsed days, month, day of week; standardized", 3),
        "comment": ("category", "left out: it only tells rows apart", 0),
        "kind": ("target", "target: 2 classes", 0),
    }
    assert decision(data, "size").missing == 1
    assert decision(data, "color").distinct == 2
    assert data.feature_names == (
        "size", "seen: elapsed days", "seen: month", "seen: day of week",
        "color=(missing)", "color=green", "color=red", "old=False", "old=True",
    )  # fmt: skip
    assert data.class_names == ("bad", "good")
    assert data.target_names == ("kind",)
    assert any(note.startswith("Left out: id (") for note in data.notes)


def test_values_of_a_small_table():
    frame = pd.DataFrame({"a": [1.0, 3.0] * 10, "b": ["u", "v"] * 10, "y": [0, 1] * 10})
    data = from_frame(frame, "y")
    for X, y in ((data.X_train, data.y_train), (data.X_val, data.y_val)):
        expected = np.where(y[:, None] == 0, [-1.0, 1.0, 0.0], [1.0, 0.0, 1.0])
        assert X.tolist() == expected.tolist()


def test_only_training_rows_teach():
    frame = pd.DataFrame({"a": np.arange(30.0), "c": ["u", "v"] * 15, "y": np.arange(30) * 1.5})
    frame.loc[::7, "a"] = np.nan
    data = from_frame(frame, "y", train_fraction=0.5)
    training = frame["y"].isin(data.y_train).to_numpy()
    median = frame["a"][training].median()
    filled = frame["a"][training].fillna(median)
    np.testing.assert_allclose(data.X_train[:, 0].mean(), 0, atol=1e-6)
    expected = (frame["a"].fillna(median) - filled.mean()) / filled.std(ddof=0)
    by_target = dict(zip(frame["y"], expected, strict=True))
    np.testing.assert_allclose(data.X_val[:, 0], [by_target[y] for y in data.y_val], rtol=1e-5)
    np.testing.assert_allclose(data.target_mean, frame["y"][training].mean())
    np.testing.assert_allclose(data.target_scale, frame["y"][training].std(ddof=0))
    # Whatever the other rows hold, training sees the same features.
    other = frame.copy()
    other.loc[~training, "a"] = 1e6
    other.loc[~training, "c"] = "never seen in training"
    changed = from_frame(other, "y", train_fraction=0.5)
    assert np.array_equal(changed.X_train, data.X_train)
    assert changed.feature_names == ("a", "c=u", "c=v")
    assert (changed.X_val[:, 1:] == 0).all()


def test_a_column_constant_in_training_is_left_out():
    y = np.arange(20.0)
    plain = from_frame(pd.DataFrame({"a": y, "y": y}), "y")
    frame = pd.DataFrame({"a": y, "b": np.isin(y, plain.y_val).astype(float), "y": y})
    data = from_frame(frame, "y")
    assert data.feature_names == ("a",)
    assert "training rows" in decision(data, "b").action


def wine_csv():
    wine = load_wine(as_frame=True)
    frame = wine.data.astype(object)
    frame.iloc[::17, 2] = ""
    frame.iloc[5, 0] = "unknown"
    frame["region"] = np.where(np.arange(len(frame)) % 3, "north", "south")
    frame["cultivar"] = [f"cultivar {code + 1}" for code in wine.target]
    return frame.to_csv(index=False).encode()


def test_wine_as_a_csv_with_blanks_and_text(tmp_path):
    path = tmp_path / "my wine.csv"
    path.write_bytes(wine_csv())
    data = from_csv(path)
    assert data.name == "my wine"
    assert data.task == "multiclass"
    assert data.target_names == ("cultivar",)
    assert data.class_names == ("cultivar 1", "cultivar 2", "cultivar 3")
    assert data.n_features == 13 + 2
    assert decision(data, "ash").missing == 11
    assert decision(data, "alcohol").missing == 1
    assert any("'unknown'" in note for note in data.notes)
    assert len(data.X_train) + len(data.X_val) == 178


def test_breast_cancer_as_a_csv_with_blanks_and_an_identifier():
    cancer = load_breast_cancer(as_frame=True)
    frame = cancer.data.copy()
    frame.iloc[::50, 4] = np.nan
    frame.insert(0, "patient_id", np.arange(569) * 3)
    frame["diagnosis"] = np.where(cancer.target == 1, "B", "M")
    data = from_csv(frame.to_csv(index=False, sep=";", decimal=",").encode())
    assert (data.task, data.class_names, data.n_features) == ("binary", ("B", "M"), 30)
    assert decision(data, "patient_id").n_features == 0
    assert decision(data, "mean smoothness").missing == 12
    np.testing.assert_allclose(data.X_train.std(axis=0), 1, rtol=1e-3)
    assert sum(data.y_train) + sum(data.y_val) == 212


def test_a_second_table_is_treated_alike():
    frame = frame_of()
    data = pickle.loads(pickle.dumps(from_frame(frame, "kind", features=["size", "color"])))
    second = pd.DataFrame({"color": ["red", "blue", None], "more": 1, "size": [1.0, None, 3.0]})
    X = data.preprocessing.transform(second)
    assert X.dtype == np.float32
    assert X[:, 1:].tolist() == [[0, 0, 1], [0, 0, 0], [1, 0, 0]]
    again = data.preprocessing.transform(frame)
    assert {tuple(row) for row in data.X_val} <= {tuple(row) for row in again}
    second["size"] = ["1.0", "", "3.0"]
    assert np.array_equal(data.preprocessing.transform(second), X)


def test_a_second_table_that_does_not_fit():
    fitted = from_frame(frame_of(), "kind", features=["size", "color"]).preprocessing
    with pytest.raises(DatasetError, match="lacks the columns 'size'"):
        fitted.transform(pd.DataFrame({"color": ["red"]}))
    with pytest.raises(DatasetError, match="'size' holds other things"):
        fitted.transform(pd.DataFrame({"color": ["red"], "size": ["large"]}))
    with pytest.raises(DatasetError, match="no rows"):
        fitted.transform(pd.DataFrame({"color": [], "size": []}))
    mostly = pd.DataFrame({"color": "red", "size": ["1"] * 19 + ["large"]})
    X, notes = fitted.transform_with_notes(mostly)
    assert X.shape == (20, 4)
    assert "'large'" in notes[0]


def test_rare_categories_are_grouped():
    names = [f"c{i:02d}" for i in range(60)]
    frame = pd.DataFrame({"c": names * 3 + names[:20] * 10, "y": [0, 1] * 190})
    data = from_frame(frame, "y")
    assert data.n_features == 50
    assert data.feature_names[-1] == "c=(other)"
    assert decision(data, "c").action == "one input per category, the rarest together"
    assert decision(data, "c").n_features == 50


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"a": [1, 2, 3, 4], "Target": [1, 2, 1, 2], "b": [1, 2, 2, 1]}, "Target"),
        ({"species": list("abab"), "a": [1.0, 2.0, 3.0, 4.0]}, "species"),
        ({"a": [1, 1, 2, 2], "b": [2.0, 3.5, 1.0, 4.0], "note": list("abcd")}, "b"),
        ({"a": [1, 1, 2, 2], "b": list("abab"), "row": [1, 2, 3, 4]}, "b"),
        ({"a": list("abab"), "b": [1, 1, 1, 1]}, "a"),
        ({"a": list("uvuv"), "b": [1, 2, 3, 4], "patient_id": [1, 1, 2, 2]}, "b"),
        ({"class": [None] * 4, "a": [1.5, 2.5, 3.5, 4.5], "b": list("uvuv")}, "b"),
        ({"label": list("aaaa"), "a": [1.5, 2.5, 3.5, 4.5], "b": list("uvuv")}, "b"),
    ],
)
def test_guess_target(columns, expected):
    assert guess_target(pd.DataFrame(columns)) == expected


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["a", "b"] * 5, "binary"),
        (["a", "b", "c"] * 5, "multiclass"),
        ([True, False, None] * 5, "binary"),
        ([0, 1] * 5, "binary"),
        ([0.0, 1.0, np.nan] * 5, "binary"),
        ([3, 5, 7] * 5, "multiclass"),
        (["3", "5", "7"] * 5, "multiclass"),
        (list(range(30)) * 2, "regression"),
        ([0.5, 1.5] * 5, "regression"),
        (["$1,200.50", "$900"] * 5, "regression"),
    ],
)
def test_infer_task(values, task):
    assert infer_task(pd.Series(values)) == task


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2], "number"),
        (["1", "2.5", "-3e2"], "number"),
        (["$1,200", "€ 3", "40%"], "number"),
        (["USD 5", "-3 EUR", "(1,000)", "−7", "1 234 567", "2'000 CHF"], "number"),
        (["No 5", "R2D2"], "category"),
        (["5 January 2024", "Jan 5, 2024", "5/1/24 10:30 PM"], "date"),
        (["12:30", "13:45"], "category"),
        (["2024-01-31"] * 8 + ["soon"] * 2, "category"),
        (["1"] * 9 + ["x"], "number"),
        (["1"] * 8 + ["x"] * 2, "category"),
        ([True, None], "boolean"),
        ([1582218195625938945 + i for i in range(4)], "category"),
        ([10**20 + i for i in range(4)], "category"),
        ([str(10**20 + i) for i in range(4)], "category"),
        ([10**18 * i for i in range(4)], "number"),
        ([1.5e300, 2.5e300], "number"),
        (["2024-01-31", "2024-02-01"], "date"),
        ([None, None], "empty"),
        ([np.inf, None], "empty"),
        (["", ""], "empty"),
    ],
)
def test_kinds(values, kind):
    assert kind_of(pd.Series(values)) == kind


def test_long_numbers_are_not_confused_with_each_other():
    ids = [str(12345678901234567890 + i % 12) for i in range(24)]
    frame = pd.DataFrame({"account": ids, "x": np.arange(24) % 5, "y": [0, 1] * 12})
    data = from_frame(frame, "y")
    assert decision(data, "account").distinct == decision(data, "account").n_features == 12
    alone = from_frame(frame.assign(account=[str(10**20 + i) for i in range(24)]), "y")
    assert decision(alone, "account").action == "left out: it only tells rows apart"


def test_numbers_in_text():
    numbers, strays = numbers_of(pd.Series(["$1,200", "45%", " 7 ", "n.a.", "1,2,3", None, "inf"]))
    assert numbers[:3].tolist() == [1200, 45, 7]
    assert np.isnan(numbers[3:]).all()
    assert strays == ["n.a.", "1,2,3", "inf"]


def test_signs_around_numbers():
    texts = ["US$ 1,200.50", "-5 €", "€-5", "(5 %)", "−7", "1 234 567", "2'000 CHF", "12‰", "kr 3"]
    numbers, strays = numbers_of(pd.Series(texts))
    assert numbers.tolist() == [1200.5, -5, -5, -5, -7, 1234567, 2000, 12, 3]
    assert strays == []


def test_rows_without_a_target_are_left_out_and_told_or_refused():
    frame = frame_of()
    frame.loc[[0, 7], "kind"] = None
    with pytest.raises(DatasetError, match="'kind' has no usable value in 2 of 40 rows"):
        from_frame(frame, "kind", drop_missing_target=False)
    data = from_frame(frame, "kind")
    assert len(data.X_train) + len(data.X_val) == 38
    assert "2 of 40 rows were left out: they have no usable value of 'kind'." in data.notes
    assert from_csv(frame.to_csv(index=False).encode(), "kind").fingerprint == data.fingerprint


def test_one_class_and_gaps_are_refused_with_a_way_out():
    frame = pd.DataFrame({"a": range(60), "b": [0, 1, 2] * 20, "y": ["p", None] * 30})
    with pytest.raises(
        DatasetError, match="the same value, 'p', in every row that has one"
    ) as told:
        from_csv(frame.to_csv(index=False).encode())
    assert "30 of 60 rows have none" in told.value.problem
    assert "write its name there" in told.value.hint


def test_text_among_target_quantities_is_missing_but_a_class_among_classes():
    sizes = [f"{i}.5" for i in range(29)] + ["unknown"]
    frame = pd.DataFrame({"a": np.arange(30.0), "price": sizes})
    assert "1 of 30 rows was left out: it has no usable value of 'price'." in (
        from_frame(frame, "price").notes
    )
    frame["level"] = ["1", "2", "3"] * 9 + ["x"] * 3
    assert from_frame(frame, "level", features=["a"]).class_names == ("1", "2", "3", "x")


def test_classes_written_as_floats_are_named_as_whole_numbers():
    frame = pd.DataFrame({"a": np.arange(20.0), "y": [0.0, 1.0] * 10})
    frame.loc[20] = [3.0, np.nan]
    assert from_frame(frame, "y", drop_missing_target=True).class_names == ("0", "1")


def test_a_class_with_one_row_is_noted_and_trained_on():
    frame = pd.DataFrame({"a": np.arange(21.0), "y": ["u", "v"] * 10 + ["rare"]})
    for seed in range(5):
        data = from_frame(frame, "y", seed=seed)
        assert data.class_names[0] == "rare"
        assert 0 in data.y_train
    assert any("'rare'" in note for note in data.notes)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"target": "kin"}, "no column 'kin'"),
        ({"target": "same"}, "same value in every row"),
        ({"target": "none"}, "has no values"),
        ({"target": "comment"}, "40 different values in 40 rows"),
        ({"target": "kind", "task": "regression"}, "needs numbers"),
        ({"target": "kind", "features": ["kind"]}, "both the target and a feature"),
        ({"target": "kind", "features": []}, "no feature columns"),
        ({"target": "kind", "features": ["id", "same"]}, "No column is left"),
        ({"target": "kind", "task": "magic"}, "no task 'magic'"),
    ],
)
def test_bad_requests_are_explained(options, words):
    with pytest.raises(DatasetError, match=words):
        from_frame(frame_of(), **options)


def test_tables_that_cannot_be_used(monkeypatch):
    with pytest.raises(DatasetError, match="1 column"):
        from_frame(pd.DataFrame({"a": [1, 2, 3, 4]}))
    with pytest.raises(DatasetError, match="only 2 rows"):
        from_frame(pd.DataFrame({"a": [1.5, 2.5], "b": [3.5, 2.5]}))
    with pytest.raises(DatasetError, match="called 'a'"):
        from_frame(pd.DataFrame([[1, 2, 3]] * 9, columns=["a", "a", "b"]))
    with pytest.raises(DatasetError, match="'a'.*too large"):
        from_frame(pd.DataFrame({"a": np.arange(9) * 1e307, "y": [0, 1, 0] * 3}), "y")
    wide = pd.DataFrame({f"c{i}": [f"{j % 45}_" for j in range(60)] for i in range(110)})
    monkeypatch.setattr("nnlib.datasets.tables.fitting.MAX_COLUMNS", 200)
    with pytest.raises(DatasetError, match=r"220 inputs; the limit is 200"):
        from_frame(wide.assign(y=[0, 1] * 30), "y")


def test_categories_share_inputs_where_there_would_be_too_many():
    wide = pd.DataFrame({f"c{i}": [f"{j % 45}_" for j in range(100)] for i in range(50)})
    data = from_frame(wide.assign(y=[0, 1] * 50), "y")
    assert data.n_features == 50 * 40
    assert any("the 39 most frequent categories of a column" in note for note in data.notes)
    assert decision(data, "c0").action == "one input per category, the rarest together"


@pytest.mark.parametrize(
    ("widths", "inputs", "most"),
    [([10, 20], 100, 50), ([60, 60], 100, 50), ([60, 60], 99, 49), ([3, 90, 90], 23, 10),
     ([9] * 9, 10, 2), ([], 0, 50)],
)  # fmt: skip
def test_most_categories(widths, inputs, most):
    assert most_categories(widths, inputs) == most


def test_a_skewed_column_is_learned_from_by_its_logarithm():
    values = np.append(np.linspace(1, 20, 399), 1e9)
    frame = pd.DataFrame({"a": values, "b": np.append(np.zeros(399), 1), "y": [0, 1] * 200})
    data = from_frame(frame, "y", train_fraction=0.9)
    a, b = data.preprocessing.encoding.numbers
    assert (a.log, b.log) == (True, False)  # a logarithm does nothing for a single 1 among zeros
    assert decision(data, "a").action == "logarithm, standardized"
    column = columns_of(data)[0]
    np.testing.assert_allclose(
        np.sort(column.in_own_units(np.concatenate([data.X_train, data.X_val])[:, 0])),
        values,
        rtol=1e-4,
    )
    rng = np.random.default_rng(0)
    assert is_skewed(np.exp(2.5 * rng.normal(size=1000)))
    assert not is_skewed(np.exp(rng.normal(size=1000)))
    assert is_skewed(np.append(np.arange(1000), 1e300))
    assert not is_skewed(rng.normal(size=1000))
    assert not is_skewed(np.full(9, np.inf))


def test_dates_become_numbers_and_are_read_alike_in_a_second_table():
    days = [f"{1 + i % 28}/{1 + i % 12}/2024" for i in range(60)]
    frame = pd.DataFrame({"when": days, "when: month": 1.5 * np.arange(60), "y": [0, 1] * 30})
    data = from_frame(frame, "y")
    table = data.preprocessing
    assert table.dates[0].day_first and table.used == ("when: month", "when")
    assert data.feature_names == (
        "when: month", "when: elapsed days", "when: month*", "when: day of week",
    )  # fmt: skip
    again = TablePreprocessing.from_document(json.loads(json.dumps(table.document())))
    assert again.dates == table.dates and again.numeric == table.numeric
    # 3/4 is the third of April here, for so it was in training.
    second = pd.DataFrame({"when": ["3/4/2024", "2024-04-03", None], "when: month": [1.0] * 3})
    features = again.transform(second)
    np.testing.assert_array_equal(features[0], features[1])
    month = table.encoding.numbers[2]
    assert features[0, 2] == pytest.approx((4 - month.mean) / month.scale)
    assert features[2, 2] == pytest.approx((month.fill - month.mean) / month.scale)
    with pytest.raises(DatasetError, match="'when' holds other things than dates"):
        again.transform(second.assign(when="soon"))


def test_a_guess_about_dates_and_what_is_none_are_told():
    frame = pd.DataFrame({"d": ["1/2/2024", "3/4/2024", "5/6/2023"] * 10, "y": [0, 1] * 15})
    frame.loc[0, "d"] = "soon"
    notes = from_frame(frame, "y").notes
    assert "The dates in 'd' were read as month/day/year, a guess." in notes
    frame.loc[0, "d"] = "31/2/2024"
    notes = from_frame(frame, "y").notes
    assert "The column 'd' has 1 value that is no date; it counts as missing." in notes


def test_infinite_values_are_told():
    frame = pd.DataFrame({"a": [np.inf, 1, 2, -np.inf] * 5, "y": [0, 1] * 10})
    data = from_frame(frame, "y")
    assert "The column 'a' has 10 infinite values, which count as missing." in data.notes
    assert decision(data, "a").missing == 10


def test_what_looks_useless_can_be_kept():
    data = from_frame(frame_of(), "kind", keep=["id", "comment", "none"])
    assert decision(data, "id").n_features == 1
    assert decision(data, "comment").n_features == 32  # of the training rows
    assert decision(data, "none").n_features == 0


def test_a_long_table_is_refused_or_sampled(monkeypatch):
    frame = pd.DataFrame({"a": np.arange(100) * 0.5, "b": ["u", "v"] * 50, "y": np.arange(100.0)})
    monkeypatch.setattr(tables, "MAX_ROWS", 60)
    with pytest.raises(DatasetError, match="100 rows; the limit is 60 rows") as refused:
        from_frame(frame, "y")
    assert refused.value.over_limit
    first, second = (from_frame(frame, "y", sample_seed=3) for _ in range(2))
    assert first.fingerprint == second.fingerprint
    assert len(first.y_train) + len(first.y_val) == 60
    assert "A random sample of 60 of the 100 rows is used." in first.notes
    assert from_frame(frame, "y", sample_seed=4).fingerprint != first.fingerprint
    monkeypatch.setattr(tables, "MAX_INPUT_CELLS", 90)
    with pytest.raises(DatasetError, match="60 rows; the limit is 30 rows for 3 inputs"):
        from_frame(frame[:60], "y")
    data = from_frame(frame, "y", sample_seed=3)
    assert len(data.y_train) + len(data.y_val) == 30


VALUES = st.one_of(
    st.none(), st.integers(-3, 3), st.floats(), st.booleans(), st.text("ab1 .,$%-", max_size=3)
)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(3, 12).flatmap(
        lambda n: st.lists(st.lists(VALUES, min_size=n, max_size=n), min_size=1, max_size=3)
    ),
    st.booleans(),
)
def test_any_table_is_a_dataset_or_explained(columns, drop):
    frame = pd.DataFrame({f"c{i}": pd.Series(values) for i, values in enumerate(columns)})
    frame["last"] = frame.iloc[:, 0]
    try:
        data = from_frame(frame, drop_missing_target=drop)
    except DatasetError:
        return
    assert isinstance(data, Dataset)  # whose construction checks all arrays
    assert sum(d.n_features for d in data.preprocessing.decisions) == data.n_features
    data.targets("train")
