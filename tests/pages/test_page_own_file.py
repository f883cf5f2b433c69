"""A person's own table on the page: how it is read, the parts of columns, warnings, limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from test_page_classification import csv_of, open_page, run_of, upload

from nnlib.datasets.tables import dataset_of as tables
from nnlib.datasets.tables import reading
from pages.shared.own_file.columns import FEATURE, IGNORED, TARGET, _take_edit
from pages.shared.own_file.reading import AUTOMATIC, DECIMALS, DELIMITERS, ENCODINGS, QUOTES
from pages.shared.own_file.view import SETTINGS


def table(n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "customer_id": np.arange(n) + 1000,
            "size": rng.normal(50, 9, n).round(2),
            "story": [f"Story {i}: it was said that {i * 7} birds came." for i in range(n)],
            "when": pd.date_range("2024-01-01", periods=n).strftime("%d.%m.%Y"),
            "kind": np.tile(["good", "bad"], n // 2),
        }
    )


def texts(app: AppTest) -> str:
    kinds = ("markdown", "caption", "warning", "error", "info")
    shown = " ".join(element.value for kind in kinds for element in app.get(kind))
    return shown.replace("\\", "")


def own(content: bytes, name: str = "table.csv", **query: str) -> AppTest:
    app = upload(open_page(epochs="2", **query), content, name)
    assert not app.exception, app.exception
    return app


def columns_of(app: AppTest) -> pd.DataFrame:
    frames = [frame.value for frame in app.dataframe]
    return next(frame for frame in frames if "role" in frame.columns).set_index("column")


def settings_of(app: AppTest) -> Any:
    return next(e.proto for e in app.main.expander if e.label == SETTINGS)


def test_the_columns_are_told():
    app = own(csv_of(table()))
    assert "120 rows · 5 columns · separated by comma · utf-8 · predicts **kind**" in texts(app)
    assert not settings_of(app).expanded
    columns = columns_of(app)
    assert columns["role"].to_dict() == {
        "customer_id": IGNORED,
        "size": FEATURE,
        "story": IGNORED,
        "when": FEATURE,
        "kind": TARGET,
    }
    assert columns["kind"].tolist() == ["number", "number", "category", "date", "category"]
    assert columns.loc["when", "action"] == "elapsed days, month, day of week; standardized"
    assert columns.loc["when", "inputs"] == 3
    assert sum(columns.loc["size", "values"]) == 120
    assert run_of(app).trainer.data.n_features == 4


def test_a_useless_column_can_be_used_all_the_same():
    app = own(csv_of(table()), kept=["customer_id"], left_out=["when"])
    assert columns_of(app)["role"].tolist() == [FEATURE, FEATURE, IGNORED, IGNORED, TARGET]
    run = run_of(app)
    assert run.trainer.data.feature_names == ("size", "customer_id")[::-1]
    options = dict(run.trainer.experiment.data.options)
    assert options["keep"] == '["customer_id"]'
    assert options["features"] == '["customer_id", "size", "story"]'


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ({"size": IGNORED}, {"target": "kind", "left_out": ["size"], "kept": []}),
        ({"customer_id": FEATURE}, {"target": "kind", "left_out": [], "kept": ["customer_id"]}),
        ({"size": TARGET}, {"target": "size", "left_out": [], "kept": []}),
        ({"size": TARGET, "when": IGNORED}, {"target": "size", "left_out": ["when"], "kept": []}),
        ({"kind": FEATURE}, {"target": "kind", "left_out": [], "kept": []}),
        ({"kind": IGNORED}, {"target": "kind", "left_out": [], "kept": []}),
        ({"customer_id": TARGET}, {"target": "customer_id", "left_out": [], "kept": []}),
    ],
)
def test_an_edited_part_becomes_the_value_of_a_widget(monkeypatch, edits, expected):
    from nnlib.datasets import TableOptions

    state: dict[str, object] = {}
    monkeypatch.setattr("streamlit.session_state", state)
    monkeypatch.setattr("streamlit.rerun", lambda: None)
    useless, options = {"customer_id", "story"}, TableOptions("kind")
    roles = dict(zip(table(), [IGNORED, FEATURE, IGNORED, FEATURE, TARGET], strict=True))
    _take_edit(roles, roles, useless, options)
    assert state == {}
    _take_edit(roles | edits, roles, useless, options)
    assert state["own_roles_edit"] == expected


def test_an_edit_reaches_widgets_and_training():
    app = own(csv_of(table()))
    app.session_state["own_roles_edit"] = {
        "target": "size",
        "left_out": ["when"],
        "kept": ["customer_id"],
    }
    app.run()
    assert app.selectbox(key="target").value == "size"
    assert app.multiselect(key="left_out").value == ["when"]
    data = run_of(app).trainer.data
    assert data.target_names == ("size",) and data.task == "regression"
    assert data.feature_names == ("customer_id", "kind=bad", "kind=good")
    app.selectbox(key="target").set_value("when").run()  # which is left out, and no more
    assert app.multiselect(key="left_out").value == []
    assert not app.exception


@pytest.mark.parametrize(
    ("control", "chosen", "content"),
    [
        ("own_delimiter", "bar", "a,b|c,d|y\n" + "1,2|3,4|u\n5,6|7,1|v\n" * 20),
        ("own_decimal", "point", "a;y\n" + "1,5;u\n2,5;v\n" * 20),
        ("own_quote", "single", "a,b,y\n" + "'x,x',1,u\n'z,z',2,v\n" * 20),
        ("own_encoding", "Windows-1251", "город,y\nМосква,u\nКазань,v\n".replace("\n", "\r\n") * 9),
    ],
)
def test_how_a_file_is_written_can_be_corrected(control, chosen, content):
    encoding = "cp1251" if control == "own_encoding" else "utf-8"
    app = own(content.encode(encoding))
    assert app.selectbox(key=control).value == AUTOMATIC
    app.selectbox(key=control).set_value(chosen).run()
    named = {"own_delimiter": DELIMITERS, "own_decimal": DECIMALS, "own_quote": QUOTES}
    value = named.get(control, ENCODINGS)[chosen]
    options = dict(run_of(app).trainer.experiment.data.options)
    assert options[control.removeprefix("own_")] == value
    if control == "own_encoding":
        assert "город" in columns_of(app).index
    if control == "own_delimiter":
        assert list(columns_of(app).index) == ["a,b", "c,d", "y"]


def test_names_and_lines_before_the_table_can_be_corrected():
    rows = "".join(f"{i % 9},{i % 7},{'uv'[i % 2]}\n" for i in range(60))
    app = own(f"first,second,third\nx,y,z\n{rows}".encode())
    app.number_input(key="own_skip").set_value(1).run()
    assert "1 line skipped" in texts(app)
    assert list(columns_of(app).index) == ["x", "y", "z"]
    app.selectbox(key="own_header").set_value("none").run()
    assert list(columns_of(app).index) == ["column 1", "column 2", "column 3"]
    options = dict(run_of(app).trainer.experiment.data.options)
    assert (options["skip_lines"], options["header_rows"]) == (1, 0)


def test_guesses_about_columns_and_rows_can_be_changed():
    rows = "".join(f"0{i % 3},{'none' if i % 2 else 'red'},{i}\n" for i in range(60))
    app = own(f"code,colour,n\n{rows}Total,,1770\n".encode(), target="colour")
    assert "Read as codes because of leading zeros: 'code'." in texts(app)
    assert "'none' read as a label, not as a missing value: 'colour'." in texts(app)
    assert "A row of totals, in line 62, left out." in texts(app)
    assert columns_of(app).loc["code", "kind"] == "category"
    app.multiselect(key="own_as_number").set_value(["code"]).run()
    assert columns_of(app).loc["code", "kind"] == "number"
    app.text_input(key="own_missing").set_value("none n/k").run()
    assert columns_of(app).loc["colour", "missing"] == 30
    app.toggle(key="own_totals").set_value(True).run()
    assert "61 rows" in texts(app)


def test_how_a_file_was_read_is_told_although_nothing_can_be_learned():
    app = own(b"code,kind\n" + b"007,x\n008,x\n" * 20, target="kind")
    assert "has the same value in every row" in texts(app)
    assert "Read as codes because of leading zeros: 'code'." in texts(app)


def test_another_table_of_the_file_can_be_chosen():
    first = "a,b\n" + "".join(f"{i % 7},{'uv'[i % 2]}\n" for i in range(60))
    second = "\nsize,grade\n" + "".join(f"{i},{'xy'[i % 2]}\n" for i in range(30))
    app = own((first + second).encode())
    assert "The file has 2 tables; table 1, lines 1 to 61, was read." in texts(app)
    app.number_input(key="own_table").set_value(2).run()
    assert list(columns_of(app).index) == ["size", "grade"]
    assert dict(run_of(app).trainer.experiment.data.options)["table"] == 2


def test_another_delimiter_by_hand():
    content = ("a<>b<>y\n" + "1<>2<>u\n3<>5<>v\n" * 20).encode()
    app = own(content, own_delimiter="other", own_other_delimiter="<>")
    assert list(columns_of(app).index) == ["a", "b", "y"]


def test_a_nonsense_correction_is_one_sentence():
    app = own(csv_of(table()), own_encoding="UTF-16")
    assert len(app.error) == 1 and "It needs at least one feature" in texts(app)
    assert settings_of(app).expanded
    app.selectbox(key="own_encoding").set_value("UTF-8").run()
    assert not app.error and run_of(app).trainer.step > 0
    assert settings_of(app).expanded  # under the hands of who mends it nothing folds
    app = upload(app, csv_of(table(60)), "another.csv")
    assert not settings_of(app).expanded  # what is taken at once makes room for the charts


def test_warnings_are_shown():
    frame = table().assign(told=lambda f: f["kind"].str.upper())
    app = own(csv_of(pd.concat([frame, frame.iloc[:3]])), target="kind")
    assert len(app.warning) == 1
    assert "The column 'told' determines 'kind'" in texts(app)
    assert "3 rows repeat earlier ones" in texts(app)
    app.multiselect(key="left_out").set_value(["told"]).run()
    assert "determines" not in app.warning[0].value


def test_too_long_a_table_is_offered_as_a_sample(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("nnlib.datasets.tables.limits.MAX_ROWS", 50)
    monkeypatch.setattr("nnlib.datasets.tables.limits.MAX_CELLS", 50 * 5)
    app = own(csv_of(table()))
    assert "120 rows; the limit is 50" in texts(app)
    app.button(key="own_sample_button").click().run()
    assert app.toggle(key="own_sample").value is True
    first = run_of(app).trainer
    assert len(first.data.y_train) + len(first.data.y_val) == 50
    assert dict(first.experiment.data.options)["sample_seed"] == 0
    app.number_input(key="own_sample_seed").set_value(1).run()
    assert run_of(app).trainer.data.fingerprint != first.data.fingerprint


def test_too_many_inputs_times_rows_are_offered_as_a_sample(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tables, "MAX_INPUT_CELLS", 200)
    app = own(csv_of(table()))
    assert "the limit is 50 rows for 4 inputs" in texts(app)
    assert columns_of(app).loc["size", "role"] == FEATURE  # the parts can still be changed
    app.button(key="own_sample_button").click().run()
    assert len(run_of(app).trainer.data.y_train) == 40


def repeated() -> pd.DataFrame:
    return table().assign(patient=[f"P{i % 12:02}" for i in range(120)])


def test_rows_are_split_by_groups_where_a_person_says_so():
    app = own(csv_of(repeated()), target="kind")
    assert "'patient' has 12 values in 120 rows" in texts(app)
    app.selectbox(key="own_split").set_value("groups").run()
    assert app.selectbox(key="own_split_by").value == "patient"  # the likeliest comes first
    assert "'patient' has 12 values" not in texts(app)
    assert columns_of(app).loc["patient", "role"] == IGNORED
    trainer = run_of(app).trainer
    patients = [set(repeated()["patient"].iloc[rows - 2]) for rows in trainer.data.row_numbers]
    assert not patients[0] & patients[1]
    options = dict(trainer.experiment.data.options)
    assert (options["split"], options["split_by"]) == ("groups", "patient")
    app.multiselect(key="kept").set_value(["patient"]).run()
    assert columns_of(app).loc["patient", "role"] == FEATURE


def test_a_link_splits_by_time():
    app = own(csv_of(repeated()), target="kind", own_split="by time")
    assert app.selectbox(key="own_split_by").value == "when"
    numbers = run_of(app).trainer.data.row_numbers
    assert max(numbers.train) < min(numbers.val)
    app.selectbox(key="own_split").set_value("groups").run()
    app.selectbox(key="own_split_by").set_value("patient").run()
    app.selectbox(key="own_split").set_value("time").run()  # of which a patient is none
    assert app.selectbox(key="own_split_by").value == "when"
    app.selectbox(key="own_split").set_value("random").run()
    assert not app.exception and "split" not in dict(run_of(app).trainer.experiment.data.options)


def test_rows_without_a_target_are_left_out_and_told_in_view():
    frame = table()
    frame.loc[::2, "kind"] = None
    frame["kind"] = frame["kind"].where(frame.index % 4 > 1, frame["kind"].map({"bad": "good"}))
    app = own(csv_of(frame), target="kind", drop_missing_target="false")  # as an old link has it
    assert "'kind' is empty in 60 of 120 rows, which are left out" in texts(app)
    assert len(run_of(app).trainer.data.y_train) == 48


def test_an_empty_target_is_one_sentence_and_the_parts_can_be_changed():
    app = own(csv_of(table().assign(**{"class": np.nan})), target="class")
    assert len(app.error) == 1 and "'class' has no values" in texts(app)
    app.selectbox(key="target").set_value("kind").run()
    assert not app.exception and run_of(app).trainer.step > 0


def test_an_empty_column_that_is_called_class_is_no_guess():
    app = own(csv_of(table().assign(**{"class": np.nan})))
    assert app.selectbox(key="target").value == "kind"


def test_a_target_that_cannot_be_learned_leaves_the_parts_to_change():
    app = own(csv_of(table().assign(same=1)), target="same")
    assert "same value in every row" in texts(app)
    app.selectbox(key="target").set_value("kind").run()
    assert run_of(app).trainer.step > 0


def test_markup_in_names_is_text():
    name = "<b>x</b> **y** $z$ :red[w] [a](http://elsewhere.example)"
    frame = table().rename(columns={"story": name, "kind": "=kind `k`"})
    app = own(csv_of(frame), name="**bold** $x$.csv")
    shown = " ".join(e.value for kind in ("markdown", "caption") for e in app.get(kind))
    assert "**y**" not in shown and "$z$" not in shown and "](http" not in shown
    assert "**bold**" not in shown.replace("\\*\\*bold\\*\\*", "")


def test_limits_are_stated_in_view():
    app = open_page(epochs="1")
    assert (
        "At most 50 MB. No file of yours is taken yet; a larger one is refused, and the page"
        in (texts(app))
    )
    app = upload(app, csv_of(table()), "table.csv")
    assert f"{reading.MAX_ROWS:,} rows" in texts(app)
    assert "50 MB" in app.file_uploader(key="uploader").help
    assert "Taken: table.csv. A file of more than 50 MB is refused, and this one stays." in (
        texts(app)
    )


def test_a_lower_limit_of_the_server_is_the_one_that_is_said(monkeypatch):
    from pages.shared import uploads

    assert uploads.upload_limit() == 50
    monkeypatch.setattr("streamlit.get_option", lambda name: 10)
    assert uploads.upload_limit() == 10


def test_predictions_have_a_line_for_every_row_of_the_second_file():
    app = own(csv_of(table()), details="Export")
    lines = csv_of(table().assign(row=1)).decode().splitlines()
    lines[4] += ",too,much"
    second = ("new.csv", "\n".join(lines).encode(), "text/csv")
    app.file_uploader(key="classification_new_rows").set_value(second).run()
    assert not app.exception, app.exception
    shown = next(f.value for f in app.dataframe if "predicted" in f.value.columns)
    assert shown["row (file)"].tolist() == list(range(2, 22))
    assert shown.loc[shown["predicted"].isna(), "row (file)"].tolist() == [5]
    assert "1 row was left out in reading and has no prediction: line 5." in texts(app)
    assert "more values than there are columns" in texts(app)


def test_a_second_file_is_read_as_the_first_was():
    rows = "".join(f"{i + 1}.500;{i % 7},5;{'uv'[i % 2]}\n" for i in range(60))
    content = ("a;b;kind\n" + rows).encode()
    app = own(content, details="Export", own_decimal="comma")
    app.file_uploader(key="classification_new_rows").set_value(("n.csv", content, "text/csv")).run()
    assert not app.exception, app.exception
    shown = next(f.value for f in app.dataframe if "predicted" in f.value.columns)
    assert shown["a"].tolist() == [1000 * (i + 1) + 500 for i in range(20)]


def test_a_file_of_two_columns_says_when_it_can_predict():
    frame = pd.DataFrame({"a": np.arange(60) % 7 + 0.5, "b": np.arange(60) % 11 + 0.5})
    content = csv_of(frame.assign(kind=np.tile(["u", "v"], 30)))
    app = own(content, details="Export", inputs=["x₁²"])
    assert "choose only x₁ and x₂ under Input features" in texts(app)
    assert "classification_new_rows" not in [file.key for file in app.file_uploader]


def test_validation_predictions_name_the_rows_of_the_file():
    from pages.shared.run_exports import _validation_predictions

    run = run_of(own(csv_of(table())))
    predictions = _validation_predictions(run)
    assert predictions["actual"].tolist() == [
        table()["kind"][row - 2] for row in predictions["row"]
    ]


def test_names_of_predictions_give_way_to_those_of_the_file():
    from pages.shared.run_exports import distinct_names

    given = ["a", "row", "predicted", "predicted (network)"]
    names = distinct_names(given, ["predicted", "probability of x"])
    assert names == [
        "row (file)",
        *given,
        "predicted (network) (network)",
        "probability of x",
    ]


def test_classes_can_be_weighted_and_quantities_cannot():
    app = own(csv_of(table()), class_weight="balanced")
    assert run_of(app).trainer.experiment.training.class_weight == "balanced"
    app.selectbox(key="target").set_value("size").run()
    assert not app.exception
    assert run_of(app).trainer.experiment.training.class_weight == "none"
    assert "class_weight" not in [box.key for box in app.selectbox]
