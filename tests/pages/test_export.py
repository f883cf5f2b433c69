"""What leaves the dashboard: CSV that is safe and exact, HTML that is whole, image availability."""

import csv
import io

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_runs import DATA, make_experiment

import nnlib
from nnlib.datasets.tables import writing
from pages.shared import figure_files
from pages.shared.charts import theme
from pages.shared.charts.recorded import run_curves
from pages.shared.export_settings import Source
from pages.shared.origins import read_origin


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd", "'+cmd"),
        ("-x", "'-x"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("-5", "-5"),
        ("+3.2e-4", "+3.2e-4"),
        ("-5+A1", "'-5+A1"),
        ("plain", "plain"),
        ("a=b", "a=b"),
    ],
)
@pytest.mark.parametrize("dtype", ["object", "string", "category"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(cell, written, dtype):
    frame = pd.DataFrame({"text": pd.Series([cell], dtype=dtype)})
    assert writing.frame_to_csv(frame).decode() == f"text\r\n{written}\r\n"


def test_a_carriage_return_in_front_is_guarded_and_quoted():
    assert writing.frame_to_csv(pd.DataFrame({"t": ["\r=1"]})) == b't\r\n"\'\r=1"\r\n'


def test_column_names_are_guarded_and_may_repeat():
    frame = pd.DataFrame([["=a", -1.5]], columns=["=x", "=x"])
    assert writing.frame_to_csv(frame) == b"'=x,'=x\r\n'=a,-1.5\r\n"


def test_missing_cells_and_mixed_columns_are_left_alone():
    frame = pd.DataFrame({"t": ["=a", None, -3]}, dtype=object)
    assert writing.frame_to_csv(frame) == b't\r\n\'=a\r\n""\r\n-3\r\n'


def test_the_frame_itself_is_not_changed():
    frame = pd.DataFrame({"=t": ["=a"]})
    writing.frame_to_csv(frame)
    assert frame.columns[0] == "=t" and frame.iloc[0, 0] == "=a"


@given(st.lists(st.floats(), min_size=1, max_size=20))
def test_numbers_come_back_bit_for_bit(numbers):
    written = writing.frame_to_csv(pd.DataFrame({"value": numbers, "other": 1.0}))
    rows = list(csv.DictReader(io.StringIO(written.decode(), newline="")))
    back = [float(row["value"] or "nan") for row in rows]
    np.testing.assert_array_equal(back, numbers)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8))
def test_no_text_cell_starts_a_formula(text):
    cell = writing._without_formula(text)
    assert cell == text or cell == f"'{text}"
    if cell[:1] in {"=", "@", "\t", "\r"}:
        pytest.fail(f"{text!r} is written as {cell!r}")


def test_html_is_whole_and_a_script_in_a_name_stays_text():
    figure = theme.new_figure("</script><script>alert(1)</script>", "step", "loss").checked()
    figure.add_scatter(x=[0, 1], y=[1, 2], name="</script>")
    html = figure_files.figure_to_html(figure, "loss")
    assert len(html) > 1e6
    assert 'src="http' not in html
    assert "<script>alert(1)" not in html


@pytest.mark.parametrize(
    ("kind", "start"), [("png", b"\x89PNG"), ("svg", b"<svg"), ("pdf", b"%PDF")]
)
def test_images_by_kaleido(kind, start):
    if figure_files.missing_for_images():
        pytest.skip(figure_files.missing_for_images())
    figure = go.Figure(layout={"height": 200}).add_scatter(y=[1, 2])
    image = figure_files.figure_to_image(figure, kind, Source("", step=7))
    assert image.startswith(start)
    if kind == "pdf":
        assert read_origin(image, frozenset({""})).step == 7


def test_without_kaleido_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    figure_files.missing_for_images.cache_clear()
    assert "pip install kaleido" in figure_files.missing_for_images()
    figure_files.missing_for_images.cache_clear()


def test_without_a_browser_a_sentence_says_so(monkeypatch):
    chromium = pytest.importorskip("choreographer.browsers.chromium").Chromium
    monkeypatch.setattr(chromium, "find_browser", lambda **options: None)
    figure_files.missing_for_images.cache_clear()
    assert "Chrome or Chromium" in figure_files.missing_for_images()
    figure_files.missing_for_images.cache_clear()


def test_the_table_of_a_chart_does_not_grow_with_the_run():
    trainer = nnlib.Trainer(make_experiment(epochs=100), DATA["binary"])
    trainer.advance(steps=20)
    (curve, *_) = run_curves(trainer.history, {"train_loss": "training"})
    before = curve.values.copy()
    trainer.advance(steps=200)
    assert np.array_equal(curve.values, before)
    assert not np.shares_memory(curve.values, trainer.history["train_loss"])
