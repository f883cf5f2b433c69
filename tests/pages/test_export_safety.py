"""What a spreadsheet or a browser would run in an export stays text, wherever it comes from."""

import io
import json
import re
import tempfile

import pandas as pd
import pytest

import nnlib
from nnlib.datasets.tables import writing
from pages.shared import figure_files
from pages.shared.charts import theme
from pages.shared.export_settings import Source

NASTY = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a\r\nSet-Cookie: b=c",
    '"><svg onload=alert(1)>',
    "../../etc/passwd",
    "\u202egnp.exe",
)


@pytest.mark.parametrize("first", list("=+-@\t\r\n＝＋－＠"))
def test_every_start_of_a_formula_is_guarded_in_cells_and_names(first: str):
    text = f"{first}HYPERLINK(1)"
    written = writing.frame_to_csv(pd.DataFrame({text: [text, "b"], "n": [-1.5, 2e-300]}))
    back = pd.read_csv(io.BytesIO(written), keep_default_na=False)
    assert list(back.columns) == [f"'{text}", "n"]
    assert list(back.iloc[:, 0]) == [f"'{text}", "b"]
    assert list(back["n"]) == [-1.5, 2e-300]


def test_a_separator_or_quote_in_a_cell_does_not_start_another_one():
    cell = 'a";=1+1;"b,=2+2\n=3+3'
    written = writing.frame_to_csv(pd.DataFrame({"t": [cell]}))
    assert pd.read_csv(io.BytesIO(written)).iloc[0, 0] == cell
    assert written == b't\r\n"a"";=1+1;""b,=2+2\n=3+3"\r\n'


@pytest.mark.parametrize("name", NASTY)
def test_file_names_hold_letters_digits_and_dashes_only(name: str):
    experiment = nnlib.Experiment(data=nnlib.DataReference(name))
    assert re.fullmatch(r"[\w-]+", Source("Page", experiment).file_name("run"))


@pytest.mark.parametrize("text", NASTY[:4])
def test_names_cannot_leave_the_script_of_an_html_export(text: str):
    figure = theme.new_figure(theme.escape(text), text, text).checked()
    figure.add_scatter(x=["a", text], y=[1, 2], name=text, customdata=[text, text])
    html = figure_files.figure_to_html(figure, text)
    empty = figure_files.figure_to_html(theme.new_figure("", "", "").checked(), "")
    assert html.count("<script") == empty.count("<script")
    assert html.count("</script") == empty.count("</script")
    assert text not in html


def test_plotly_shows_escaped_text_as_it_is():
    assert theme.escape("<b>&lt;</b>") == "&lt;b&gt;&amp;lt;&lt;/b&gt;"


def test_files_are_made_in_memory(monkeypatch, tmp_path):
    """On a full disk, exports still work: none of them opens a file for writing."""

    def no_disk(*args, **options):
        raise OSError(28, "No space left on device")

    for name in ("TemporaryFile", "NamedTemporaryFile", "mkstemp", "mkdtemp"):
        monkeypatch.setattr(tempfile, name, no_disk)
    opened = open

    def read_only(file, mode="r", *args, **options):
        return opened(file, mode, *args, **options) if set(mode) <= set("rbt") else no_disk()

    monkeypatch.setattr("builtins.open", read_only)
    drawing = theme.new_figure("losses", "step", "loss")
    figure = drawing.add_scatter(x=[0, 1], y=[2.0, 1.0]).checked()
    assert len(figure_files.figure_to_html(figure, "losses")) > 1e6
    assert writing.frame_to_csv(pd.DataFrame({"a": [1]})) == b"a\r\n1\r\n"
    assert json.loads(figure.to_json())["data"]
