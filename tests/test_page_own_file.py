"""A person's own table on the page: how it is read, the parts of columns, warnings, limits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from test_page_classification import csv_of, open_page, run_of, upload

from nnlib.datasets import reading, tables
from pages.shared.own_file_columns import FEATURE, IGNORED, TARGET, _take_edit
from pages.shared.own_file_reading import AUTOMATIC, DECIMALS, DELIMITERS, ENCODINGS, QUOTES


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


def test_the_columns_are_told():
    app = own(csv_of(table()))
    assert "120 rows · 5 columns · separated by comma · utf-8" in texts(app)
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
    from nnlib.datasets import summarize_columns

    state: dict[str, object] = {}
    monkeypatch.setattr("streamlit.session_state", state)
    monkeypatch.setattr("streamlit.rerun", lambda: None)
    columns = summarize_columns(table())
    roles = dict(zip(table(), [IGNORED, FEATURE, IGNORED, FEATURE, TARGET], strict=True))
    _take_edit(roles, roles, columns, {"target": "kind"})
    assert state == {}
    _take_edit(roles | edits, roles, columns, {"target": "kind"})
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


def test_another_delimiter_by_hand():
    content = ("a<>b<>y\n" + "1<>2<>u\n3<>5<>v\n" * 20).encode()
    app = own(content, own_delimiter="other", own_other_delimiter="<>")
    assert list(columns_of(app).index) == ["a", "b", "y"]


def test_a_nonsense_correction_is_one_sentence():
    app = own(csv_of(table()), own_encoding="UTF-16")
    assert len(app.error) == 1 and "It needs at least one feature" in texts(app)
    app.selectbox(key="own_encoding").set_value("UTF-8").run()
    assert not app.error and run_of(app).trainer.step > 0


def test_warnings_are_shown():
    frame = table().assign(told=lambda f: f["kind"].str.upper())
    app = own(csv_of(pd.concat([frame, frame.iloc[:3]])), target="kind")
    assert len(app.warning) == 1
    assert "The column 'told' determines 'kind'" in texts(app)
    assert "3 rows repeat earlier ones" in texts(app)
    app.multiselect(key="left_out").set_value(["told"]).run()
    assert "determines" not in app.warning[0].value


def test_too_long_a_table_is_offered_as_a_sample(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("nnlib.datasets.limits.MAX_ROWS", 50)
    monkeypatch.setattr("nnlib.datasets.limits.MAX_CELLS", 50 * 5)
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


def test_limits_are_stated():
    app = own(csv_of(table()))
    assert f"{reading.MAX_ROWS:,} rows" in texts(app)
    assert "50 MB" in app.file_uploader(key="uploader").help
