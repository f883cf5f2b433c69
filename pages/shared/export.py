"""Charts as they are shown and taken away: toolbar images, interactive HTML, data, vector files.

Every file is made at the click, so a chart that nobody exports costs nothing.
"""

from __future__ import annotations

import functools
import importlib.util
import re
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import plotly.graph_objects as go
import streamlit as st

from nnlib.datasets.writing import frame_to_csv
from pages.shared.charts import theme
from pages.shared.plot import Click, show_figure

if TYPE_CHECKING:
    import pandas as pd

    FrameSource = pd.DataFrame | Callable[[], pd.DataFrame]

TOOLBAR_FORMATS = ("png", "svg")
_FORMAT_KEY = "toolbar_format"
_MIME = {
    "html": "text/html",
    "csv": "text/csv",
    "png": "image/png",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
}
# Plotly's own button would upload the chart, and the data in it, to Plotly's cloud.
_CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["sendChartToCloud"]}
_NO_FILE_NAME = re.compile(r"[^\w.-]+")
_ONE_BROWSER_AT_A_TIME = threading.Lock()


def show_chart(
    figure: go.Figure,
    *,
    key: str,
    name: str,
    data: FrameSource | None = None,
    menu: bool = True,
    clicks: bool = False,
) -> Click | None:
    """Draw a chart with its export menu below.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        The chart.
    key : str
        Unique on the page.
    name : str
        File name of the exports, without ending.
    data : pandas.DataFrame or callable, optional
        The numbers in the chart, or a function that makes them when they are asked for.
    menu : bool
        Whether to draw the menu.
    clicks : bool
        Whether a click between the axes starts a new run of the page.

    Returns
    -------
    Click or None
        The click that started this run, in data coordinates.
    """
    with st.container(gap=None, key=key):
        clicked = show_figure(figure, key=key, config=toolbar(name), clicks=clicks)
        if menu:
            export_menu(figure, key=key, name=name, data=data)
    return clicked


def toolbar(name: str) -> dict[str, object]:
    """Return the Plotly configuration in which the camera button saves ``name`` at twice the size.

    The format, PNG or SVG, is the one chosen in an export menu; it holds for all charts.
    """
    chosen = st.session_state.get(_FORMAT_KEY, TOOLBAR_FORMATS[0])
    return _CONFIG | {
        # Without a width and a height the image has the size of the chart on screen.
        "toImageButtonOptions": {
            "format": chosen,
            "filename": name,
            "scale": 2,
            "width": None,
            "height": None,
        },
    }


def export_menu(figure: go.Figure, *, key: str, name: str, data: FrameSource | None = None) -> None:
    """Draw the button that opens a chart's downloads.

    The content is made only while the menu is open, so a live chart does not pay for it.

    Parameters
    ----------
    figure, key, name, data
        As in `show_chart`.
    """
    with st.container(horizontal=True, horizontal_alignment="right"):
        menu = st.popover(
            "Export",
            type="tertiary",
            icon=":material/download:",
            key=f"{key}_export",
            on_change="rerun",
        )
    if not menu.open:
        return
    with menu:
        _download(
            "html", "Interactive chart, HTML", name, key, lambda: figure_to_html(figure, name)
        )
        if data is not None:
            _download("csv", "Data, CSV", name, key, lambda: frame_to_csv(_frame(data)))
        _image_downloads(figure, key, name)
        _toolbar_choice(key)


def download(
    label: str,
    file_name: str,
    make: Callable[[], bytes | str],
    *,
    key: str,
    mime: str = "application/octet-stream",
    help: str | None = None,
) -> None:
    """Draw a download button whose file is made at the click, without a rerun of the page.

    Parameters
    ----------
    label, file_name : str
        The button's text and the file's name.
    make : callable
        Returns the content. It runs outside the page's script, so it must not use Streamlit, and
        if it raises a person sees only that the file could not be made: check beforehand.
    key : str
        Unique on the page.
    mime : str
        The content's type.
    help : str, optional
        One sentence for the tooltip.
    """
    st.download_button(
        label,
        make,
        file_name=file_name,
        mime=mime,
        key=key,
        on_click="ignore",
        help=help,
        width="stretch",
    )


def _download(kind: str, label: str, name: str, key: str, make: Callable[[], bytes | str]) -> None:
    download(label, f"{name}.{kind}", make, key=f"{key}_{kind}", mime=_MIME[kind])


def _frame(data: FrameSource) -> pd.DataFrame:
    return data() if callable(data) else data


def _image_downloads(figure: go.Figure, key: str, name: str) -> None:
    missing = missing_for_images()
    if missing:
        st.caption(missing)
        return
    for column, kind in zip(st.columns(3), ("png", "svg", "pdf"), strict=True):
        with column:
            make = functools.partial(figure_to_image, figure, kind)
            _download(kind, kind.upper(), name, key, make)
    st.caption("A PNG, SVG or PDF takes a few seconds: a browser draws it in the background.")


def _toolbar_choice(key: str) -> None:
    current = st.session_state.get(_FORMAT_KEY, TOOLBAR_FORMATS[0])
    chosen = st.segmented_control(
        "Camera button saves",
        TOOLBAR_FORMATS,
        default=current,
        required=True,
        format_func=str.upper,
        key=f"{key}_{_FORMAT_KEY}",
        help="The format in which the camera button of every chart saves what you see.",
    )
    if chosen != current:
        st.session_state[_FORMAT_KEY] = chosen
        st.rerun()


def figure_to_html(figure: go.Figure, name: str) -> str:
    """Return one HTML file with the interactive chart that needs no network (about 5 MB)."""
    # Plotly writes its configuration into the page's script as it is.
    image = {"format": "png", "filename": _NO_FILE_NAME.sub("-", name), "scale": 2}
    html: str = theme.for_export(figure).to_html(
        include_plotlyjs=True, config=_CONFIG | {"toImageButtonOptions": image}
    )
    return html


def figure_to_image(figure: go.Figure, kind: str) -> bytes:
    """Return the chart as a ``png`` (at twice the size), ``svg`` or ``pdf`` file, by kaleido.

    Raises
    ------
    RuntimeError
        Without a Chrome or Chromium; see `missing_for_images`.
    """
    import kaleido

    ready = theme.for_export(figure, width=theme.EXPORT_WIDTH)
    size = {"width": ready.layout.width, "height": ready.layout.height}
    # Each image starts a browser of its own; one after the other keeps memory bounded. MathJax
    # would be fetched from another site, and no chart needs it.
    with _ONE_BROWSER_AT_A_TIME:
        image: bytes = kaleido.calc_fig_sync(
            ready,
            opts={"format": kind, "scale": 2 if kind == "png" else 1, **size},
            kopts={"mathjax": False},
        )
    return image


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


# Also the full-width forms, which some spreadsheets read as the plain ones.
