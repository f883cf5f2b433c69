"""Summaries of columns, and warnings before training."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_iris, load_wine

from nnlib.datasets import check_table, summarize_columns


def table(n: int = 100) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "size": rng.normal(50, 9, n),
            "color": rng.choice(["red", "green"], n),
            "kind": np.tile(["good", "bad"], n // 2),
        }
    )


def warnings_of(frame: pd.DataFrame, target: str = "kind", task: str = "binary") -> str:
    return " ".join(check_table(frame, target, task, [c for c in frame.columns if c != target]))


def test_an_ordinary_table_gives_no_warning():
    assert warnings_of(table()) == ""


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer])
def test_well_known_tables_leak_nothing(load):
    frame = load(as_frame=True).frame
    assert "gives the answer away" not in warnings_of(frame, "target", "multiclass")


def test_few_rows():
    assert "only 40 rows" in warnings_of(table(40))
    assert "rows" not in warnings_of(table(50))


def test_unbalanced_and_rare_classes():
    frame = table().assign(kind=["a"] * 96 + ["b"] * 4)
    said = warnings_of(frame)
    assert "'b' has 4 of 100 rows" in said
    assert "Always saying 'a' is right in 96.0%" in said
    assert "Fewer than 10 rows have 'b' as 'kind'" in said
    assert "unbalanced" not in warnings_of(table().assign(kind=["a"] * 80 + ["b"] * 20))


def test_rows_that_come_again_and_rows_that_disagree():
    frame = pd.concat([table(), table().iloc[:5]], ignore_index=True)
    assert "5 rows repeat earlier ones (4.8%)" in warnings_of(frame)
    frame.loc[100, "kind"] = "bad"
    said = warnings_of(frame)
    assert "4 rows repeat earlier ones (3.8%)" in said
    assert "2 rows have the features of another row and a different 'kind'" in said


@pytest.mark.parametrize(
    "leak",
    [
        lambda f: f["kind"].map({"good": "A", "bad": "B"}),
        lambda f: f["kind"] == "good",
        lambda f: np.where(f["kind"] == "good", 1.0, -1.0) * (1 + f["size"].abs()),
        lambda f: np.where(f["kind"] == "good", "x", np.where(f["size"] > 50, "y", "z")),
    ],
)
def test_a_feature_that_tells_the_class(leak):
    frame = table()
    frame["told"] = leak(frame)
    assert "The column 'told' determines 'kind' by itself" in warnings_of(frame)
    # Where one row speaks against it, it no longer determines anything.
    frame.loc[len(frame)] = frame.loc[0].to_dict() | {"kind": "bad", "size": 1.0}
    frame.loc[len(frame)] = frame.loc[1].to_dict() | {"kind": "good", "size": 2.0}
    frame.loc[len(frame) - 2 :, "told"] = frame["told"][[0, 1]].to_numpy()
    assert "determines" not in warnings_of(frame)


def test_a_quantity_that_follows_from_a_feature_is_a_fair_task():
    frame = table().assign(hours=np.arange(100) % 37, cost=lambda f: 80 + 45 * f["hours"])
    assert warnings_of(frame, "cost", "regression") == ""
    frame["paid"] = frame["cost"].astype(float)
    frame.loc[3, "paid"] = np.nan
    said = warnings_of(frame, "cost", "regression")
    assert said == "The column 'paid' has the values of 'cost' itself: leave such a column out."


def test_rows_that_belong_together_are_pointed_out():
    frame = table().assign(patient_id=[f"P{i % 20}" for i in range(100)])
    said = warnings_of(frame)
    assert "'patient_id' has 20 values in 100 rows" in said and "by groups" in said
    features = ["size", "color"]
    assert "patient_id" in " ".join(check_table(frame, "kind", "binary", features))
    assert check_table(frame, "kind", "binary", features, split_by="patient_id") == ()
    assert warnings_of(table().assign(patient_id=np.arange(100))) == ""  # comes once each
    assert warnings_of(table().assign(number=np.arange(100) % 20)) == ""


@pytest.mark.parametrize(
    "times",
    [
        pd.date_range("2024-01-01", periods=100).strftime("%d.%m.%Y"),
        pd.date_range("2024-01-01", periods=100),
        np.arange(100, 0, -1),
    ],
)
def test_rows_in_the_order_of_time_are_pointed_out(times):
    assert "in the order of 'day'" in warnings_of(table().assign(day=times))
    mixed = np.asarray(times)[np.random.default_rng(0).permutation(100)]
    assert warnings_of(table().assign(day=mixed)) == ""
    if np.asarray(times).dtype.kind == "i":
        assert warnings_of(table().assign(weight=times)) == ""


def test_many_rows_without_a_target_are_pointed_out():
    frame = table(200)
    frame.loc[:99, "kind"] = None
    assert "'kind' is empty in 100 of 200 rows, which are left out" in warnings_of(frame)
    frame.loc[20:99, "kind"] = "good"
    assert "is empty in" not in warnings_of(frame)


def test_classes_of_a_categorical_are_those_that_come():
    frame = table().assign(kind=lambda f: pd.Categorical(f["kind"], ["good", "bad", "never"]))
    assert warnings_of(frame) == ""


def test_intervals_of_many_classes_are_found_at_once():
    frame = table(400).assign(kind=[f"k{i // 2}" for i in range(400)])
    frame["told"] = np.arange(400.0)
    assert "'told' determines 'kind'" in warnings_of(frame, task="multiclass")


def test_free_text_and_identifiers_are_no_leak():
    frame = table().assign(text=[f"word {i}" for i in range(100)])
    assert warnings_of(frame) == ""


def test_summaries():
    frame = table().assign(
        id=np.arange(100), when=pd.date_range("2024-01-01", periods=100).astype(str), gone=np.nan
    )
    frame.loc[:4, "size"] = np.nan
    found = {summary.column: summary for summary in summarize_columns(frame)}
    kinds = {name: (s.kind, s.missing, s.distinct, s.unused) for name, s in found.items()}
    assert kinds == {
        "size": ("number", 5, 95, ""),
        "color": ("category", 0, 2, ""),
        "kind": ("category", 0, 2, ""),
        "id": ("number", 0, 100, "it only tells rows apart"),
        "when": ("date", 0, 100, ""),
        "gone": ("empty", 100, 0, "it is empty"),
    }
    assert found["id"].histogram == found["when"].histogram == (10,) * 10
    assert found["kind"].histogram == (50, 50)
    assert sum(found["size"].histogram) == 95
    assert found["gone"].histogram == ()


VALUES = st.one_of(st.none(), st.integers(-3, 3), st.floats(), st.booleans(), st.text(max_size=3))


@settings(max_examples=60)
@given(st.lists(st.tuples(VALUES, VALUES, st.sampled_from("ab")), min_size=2, max_size=30))
def test_any_table_can_be_looked_at(rows):
    frame = pd.DataFrame(rows, columns=["x", "y", "kind"])
    assert len(summarize_columns(frame)) == 3
    assert all(text.endswith(".") for text in check_table(frame, "kind", "binary", ["x", "y"]))


def test_huge_numbers_have_a_histogram():
    frame = pd.DataFrame({"a": [1e308, -1e308, 0, np.inf]})
    assert summarize_columns(frame)[0].histogram == (1, 0, 0, 0, 0, 1, 0, 0, 0, 1)
