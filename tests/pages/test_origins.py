"""Every figure's file says where it was made, and is read without being trusted."""

from __future__ import annotations

import base64
import io
import json
import struct
import subprocess
import zipfile
import zlib
from pathlib import Path
from typing import Any

import apptest
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnlib
from nnlib.config import DataReference
from nnlib.history import Event
from nnlib.lineage import Stretch
from pages.shared import figure_files
from pages.shared.charts.chart import Chart
from pages.shared.charts.figure import Figure
from pages.shared.export_settings import Source
from pages.shared.origins import MAX_BYTES, Origin, pdf_with, read_origin

PAGES = frozenset({"", "classification", "gradient_descent"})
EXPERIMENT = nnlib.Experiment(
    nnlib.NetworkConfig(hidden=(8, 4)),
    nnlib.TrainingConfig(learning_rate=1e-4),
    DataReference("</script><svg>\u00e9\u2028.csv", (("points", 200),), "ab" * 32),
)
LIVE = Source(
    "Classification",
    EXPERIMENT,
    "classification",
    {"data": ["spiral"], "inputs": ["x1", "x1^2"]},
    step=120,
    changed=True,
    lineage=(
        Stretch(
            EXPERIMENT.with_training(learning_rate=0.1), (Event(7, "learning_rate", 0.1, 1),), 9
        ),
        Stretch(EXPERIMENT, (), 120),
    ),
)
PLAIN = Source("Gradient descent", None, "gradient_descent", {"start_parabola": ["4"]})
TITLE = "Loss &lt;1&gt;<br>by step"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SKIA = (
    b"%PDF-1.4\n1 0 obj\n<</Producer (Skia)>>\nendobj\n2 0 obj\n<</Type /Catalog>>\nendobj\n"
    b"xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000046 00000 n \n"
    b"trailer\n<</Size 3\n/Root 2 0 R\n/Info 1 0 R>>\nstartxref\n79\n%%EOF\n"
)


def by_browser(kind: str, url: str, note: str) -> bytes:
    """Write a note into an image as ``plot.js`` does, by the node that Playwright brings along."""
    driver = Path(pytest.importorskip("playwright").__file__).parent / "driver"
    code = Path("pages/shared/plot.js").read_text("utf-8").partition("async function download")[0]
    code = code[code.index("// The checksum") :]
    code += f"""
      const blob = withOrigin({json.dumps(url)}, {json.dumps(kind)}, {json.dumps(note)});
      blob.arrayBuffer().then((b) => process.stdout.write(Buffer.from(b).toString("base64")));"""
    node = [str(driver / "node"), "-e", code]
    return base64.b64decode(subprocess.run(node, check=True, capture_output=True).stdout)


def html(of: Source) -> bytes:
    return figure_files.figure_to_html(go.Figure(layout_title_text=TITLE), "x", of).encode()


def archive(of: Source) -> bytes:
    figure = Figure({"title": {"text": TITLE}})
    return figure_files.zipped(Chart(figure, "x", lambda: pd.DataFrame({"loss": [1.0]})), of)


def png(of: Source) -> bytes:
    url = f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"
    return by_browser("png", url, of.note(TITLE))


def svg(of: Source) -> bytes:
    url = "data:image/svg+xml,%3Csvg%20class%3D%22main%22%3E%3Cg%2F%3E%3C%2Fsvg%3E"
    return by_browser("svg", url, of.note(TITLE))


def pdf(of: Source) -> bytes:
    return pdf_with(SKIA, of.note(TITLE))


FORMATS = {"html": html, "zip": archive, "png": png, "svg": svg, "pdf": pdf}


@pytest.mark.parametrize("of", [LIVE, PLAIN], ids=["a live run", "a page without one"])
@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_of_each_format_says_where_it_was_made(kind: str, of: Source):
    expected = Origin(
        of.path, dict(of.query), "Loss <1> by step", of.step, of.experiment, of.changed, of.lineage
    )
    assert read_origin(FORMATS[kind](of), PAGES) == expected


def test_an_image_stays_an_image():
    image = pytest.importorskip("PIL.Image").open(io.BytesIO(png(LIVE)))
    image.load()
    assert image.size == (1, 1)
    assert json.loads(image.text["training-dynamics"])["step"] == 120
    written = svg(LIVE)
    assert written.startswith(b'<svg class="main"><metadata') and written.endswith(b"<g/></svg>")


def test_a_pdf_file_is_updated_at_its_end():
    written = pdf(LIVE)
    assert written.startswith(SKIA) and written.endswith(b"%%EOF\n")
    table = int(written.rsplit(b"startxref\n", 1)[1].split()[0])
    assert written[table:].startswith(b"xref\n1 1\n")
    place = int(written[table:].split(b"\n")[2][:10])
    assert written[place:].startswith(b"1 0 obj\n<</Producer (Skia)")
    assert b"/Prev 79" in written[table:]
    again = pdf_with(written, PLAIN.note("again"))
    assert read_origin(again, PAGES).title == "again" and again.count(b"/Prev") == 2
    with pytest.raises(ValueError, match="no table"):
        pdf_with(b"%PDF-1.5\nnothing", "{}")


def test_a_page_tells_its_path_its_address_and_all_its_values():
    app = apptest.open_page("gradient_descent", start_parabola="4")
    found: Any = app.session_state["source_of_exports"]
    assert (found.path, found.experiment) == ("gradient_descent", None)
    live = apptest.open_page("classification", learning_rate="0.02")
    found = live.session_state["source_of_exports"]
    assert found.path == "classification" and found.query == {"learning_rate": ["0.02"]}
    assert found.step == live.session_state["classification_run"].trainer.step
    assert found.experiment.data.fingerprint


def document(**changes: Any) -> bytes:
    return json.dumps(json.loads(LIVE.note("t")) | changes).encode()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


HEAD = b"\x89PNG\r\n\x1a\n"
NOTE = b"training-dynamics" + bytes(5)


def many_entries() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.json", b" " * 2**25)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no PNG"),
        (b"a,b\n1,2\n", "no PNG"),
        (PIXEL, "does not say"),
        (b"<!DOCTYPE html><html></html>", "does not say"),
        (b"<svg></svg>", "does not say"),
        (SKIA, "does not say"),
        (b"{}", "does not say"),
        (b" " * (MAX_BYTES + 1), "at most 25 MB"),
        (b"PK\x03\x04", "damaged"),
        (b'{"format":', "damaged"),
        (b"[" * 100_000, "no PNG"),
        (b'{"a":' * 20_000, "damaged"),
        (document(path="../secret"), "page that is not here"),
        (document(path=["classification"]), "damaged"),
        (document(query={"a b": ["1"]}), "damaged"),
        (document(query={"a": "1"}), "damaged"),
        (document(query={"a": [1]}), "damaged"),
        (document(query={"a": ["x" * 3000]}), "damaged"),
        (document(query={f"k{i}": ["1"] for i in range(300)}), "damaged"),
        (document(query=[]), "damaged"),
        (document(step=-1), "damaged"),
        (document(step=True), "damaged"),
        (document(step=1.5), "damaged"),
        (document(experiment={"network": {"hidden": [10**9]}}), "damaged"),
        (document(experiment="x"), "damaged"),
        (document(title="x" * 200_000), "damaged"),
        (HEAD + chunk(b"iTXt", NOTE + b"{"), "damaged"),
        (HEAD + chunk(b"iTXt", NOTE + LIVE.note("t").encode())[:-4] + b"abcd", "damaged"),
        (HEAD + b"\xff\xff\xff\xffiTXt" + bytes(20), "does not say"),
        (b"%PDF-1.4\n/TrainingDynamics <7b>", "damaged"),
        (b"%PDF-1.4\n/TrainingDynamics <7>", "damaged"),
        (b'<svg><metadata id="training-dynamics">&#xFFFFFFFFF;</metadata>', "damaged"),
    ],
)
def test_what_is_not_ours_is_refused_in_a_sentence(content: bytes, said: str):
    with pytest.raises(ValueError, match=said):
        read_origin(content, PAGES)


def test_an_archive_that_unpacks_to_much_is_refused():
    with pytest.raises(ValueError, match="damaged|does not say"):
        read_origin(many_entries(), PAGES)


@settings(max_examples=200)
@given(st.data())
def test_no_damage_gets_through_as_anything_but_a_sentence(data: st.DataObject):
    content = bytearray(data.draw(st.sampled_from([document(), pdf(LIVE), archive(LIVE)])))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read_origin(bytes(content), PAGES)
    except ValueError as error:
        assert str(error).endswith(".")
    else:
        assert found.path in PAGES
