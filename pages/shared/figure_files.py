"""The files that a chart becomes: HTML, PDF, and a table beside what it was made from."""

from __future__ import annotations

import functools
import importlib.util
import io
import re
import threading
import zipfile

import plotly.graph_objects as go

from nnlib.datasets.tables.writing import frame_to_csv
from pages.shared import origins
from pages.shared.charts import theme
from pages.shared.charts.chart import Chart
from pages.shared.export_settings import Source

# Plotly's own button would upload the chart, and the data in it, to Plotly's cloud. Nothing is done
# with points that are selected, and where the axes fit the data is where they started.
_NO_BUTTONS = ["sendChartToCloud", "select2d", "lasso2d", "autoScale2d"]
CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": _NO_BUTTONS}
NO_SOURCE = Source("")
_NO_FILE_NAME = re.compile(r"[^\w.-]+")
_ONE_BROWSER_AT_A_TIME = threading.Lock()


def zipped(chart: Chart, of: Source) -> bytes:
    """Return a ZIP file of a chart's table and, as JSON beside it, what it was made from.

    In the CSV itself a comment or a column of settings would be in the way: spreadsheets have no
    comments, and whoever computes with the table wants nothing but numbers in it.
    """
    assert chart.table is not None
    file, title = io.BytesIO(), chart.drawing.title or chart.name
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{chart.name}.csv", frame_to_csv(chart.table()))
        archive.writestr(f"{chart.name}.json", of.document(title))
    return file.getvalue()


def figure_to_html(figure: go.Figure, name: str, of: Source = NO_SOURCE) -> str:
    """Return one HTML file with the interactive chart that needs no network (about 5 MB).

    The settings are below its title and, as JSON, in an element of their own; see `origins`.
    """
    # Plotly writes its configuration into the page's script as it is.
    image = {"format": "png", "filename": _NO_FILE_NAME.sub("-", name), "scale": 2}
    html: str = theme.for_export(figure, settings=of.line).to_html(
        include_plotlyjs=True, config=CONFIG | {"toImageButtonOptions": image}
    )
    element = origins.html_element(of.note(figure.layout.title.text or name))
    return html.replace("</body>", f"{element}</body>")


def figure_to_image(figure: go.Figure, kind: str, of: Source = NO_SOURCE) -> bytes:
    """Return the chart as a ``png`` (at twice the size), ``svg`` or ``pdf`` file, by kaleido.

    A PDF file says what it was made from.

    Raises
    ------
    RuntimeError
        Without a Chrome or Chromium; see `missing_for_images`.
    """
    import kaleido

    ready = theme.for_export(figure, width=theme.EXPORT_WIDTH, settings=of.line)
    size = {"width": ready.layout.width, "height": ready.layout.height}
    # Each image starts a browser of its own; one after the other keeps memory bounded. MathJax
    # would be fetched from another site, and no chart needs it.
    with _ONE_BROWSER_AT_A_TIME:
        image: bytes = kaleido.calc_fig_sync(
            ready,
            opts={"format": kind, "scale": 2 if kind == "png" else 1, **size},
            kopts={"mathjax": False},
        )
    return (
        origins.pdf_with(image, of.note(figure.layout.title.text or "")) if kind == "pdf" else image
    )


@functools.cache
def missing_for_images() -> str | None:
    """Return a sentence on what image files still need here, or None where they can be made.

    It is looked up once a process, since a download that fails can only say that it failed.
    """
    if importlib.util.find_spec("kaleido") is None:
        return (
            "PNG, SVG and PDF files need the package kaleido: `.venv/bin/pip install kaleido`, "
            "then start the dashboard again. The camera button of a chart works without it."
        )
    from choreographer.browsers.chromium import Chromium

    if Chromium.find_browser(skip_local=False) is None:
        return (
            "PNG, SVG and PDF files need Chrome or Chromium on the machine that runs the "
            "dashboard. The camera button of a chart works without it."
        )
    return None
