"""Charts as they are shown and taken away: toolbar images, interactive HTML, data, vector files.

Every file is made at the click, so a chart that nobody exports costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from nnlib.datasets.tables.writing import frame_to_csv
from nnlib.diagnosis.finding import Place
from pages.shared.charts.chart import Chart
from pages.shared.charts.marks import mark_place
from pages.shared.export_settings import Source, source
from pages.shared.figure_files import (
    CONFIG,
    figure_to_html,
    figure_to_image,
    missing_for_images,
    zipped,
)
from pages.shared.films import Film
from pages.shared.plot import Click, show_figure

TOOLBAR_FORMATS = ("png", "svg")
_FORMAT_KEY = "toolbar_format"
_MIME = {
    "html": "text/html",
    "csv": "text/csv",
    "zip": "application/zip",
    "png": "image/png",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
}
MARKED = "marked_place"
"""In the session: the place that every chart over steps marks."""


def show_chart(
    chart: Chart, key: str, *, menu: bool = True, clicks: bool = False, film: Film = ()
) -> Click | None:
    """Draw a chart with its export menu below.

    Parameters
    ----------
    chart : Chart
        What to draw.
    key : str
        Unique on the page.
    menu : bool
        Whether to draw the menu.
    clicks : bool
        Whether a click between the axes starts a new run of the page.
    film : sequence of Picture
        What it showed since the last redraw.

    Returns
    -------
    Click or None
        The click that started this run, in data coordinates.
    """
    of = source()
    chart = replace(chart, name=of.file_name(chart.name))
    cursor = None if of.cursor is None else Place((), (of.cursor, of.cursor))
    places = (st.session_state.get(MARKED), cursor)
    for place in filter(None, places):
        chart = mark_place(chart, place)
    saved = st.session_state.pop(f"{key}_save", None)
    save = saved and {"kind": saved, "name": chart.name, "settings": of.line}
    title = chart.drawing.title or chart.name
    with st.container(gap=None, key=key):
        clicked = show_figure(
            chart.drawing,
            key=key,
            config=toolbar(chart.name),
            origin=of.note(title),
            axis=chart.axis.over if chart.axis is not None and chart.drawing.traces else "",
            clicks=clicks,
            save=save,
            film=film,
            plays=of.plays,
        )
        if menu:
            export_menu(chart, key=key)
    return clicked


def toolbar(name: str) -> dict[str, object]:
    """Return the Plotly configuration in which the camera button saves ``name`` at twice the size.

    The format, PNG or SVG, is the one chosen in an export menu; it holds for all charts.
    """
    chosen = st.session_state.get(_FORMAT_KEY, TOOLBAR_FORMATS[0])
    return CONFIG | {
        # Without a width and a height the image has the size of the chart on screen.
        "toImageButtonOptions": {
            "format": chosen,
            "filename": name,
            "scale": 2,
            "width": None,
            "height": None,
        },
    }


def export_menu(chart: Chart, *, key: str) -> None:
    """Draw the button that opens a chart's downloads.

    The content is made only while the menu is open, so a live chart does not pay for it.

    Parameters
    ----------
    chart, key
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
    name, table, of = chart.name, chart.table, source()
    with menu:
        _saved_by_the_browser(key)
        _download(
            "html",
            "Interactive chart, HTML",
            name,
            key,
            lambda: figure_to_html(chart.figure, name, of),
        )
        if table is not None:
            _download("csv", "Data, CSV", name, key, lambda: frame_to_csv(table()))
            _download("zip", "Data and settings, ZIP", name, key, lambda: zipped(chart, of))
        _image_downloads(chart, key, of)
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


def _saved_by_the_browser(key: str) -> None:
    """Draw the buttons of the images that the person's own browser makes, which needs nothing."""
    for column, kind, label in zip(
        st.columns(2), TOOLBAR_FORMATS, ("PNG, 1920 × 1080", "SVG"), strict=True
    ):
        column.button(
            label,
            key=f"{key}_save_{kind}",
            on_click=st.session_state.__setitem__,
            args=(f"{key}_save", kind),
            help="Saves the chart for a slide, with its settings below the title.",
            width="stretch",
        )


def _image_downloads(chart: Chart, key: str, of: Source) -> None:
    missing = missing_for_images()
    if missing:
        st.caption(missing)
        return
    _download("pdf", "PDF", chart.name, key, lambda: figure_to_image(chart.figure, "pdf", of))
    st.caption("A PDF takes a few seconds: a browser draws it in the background.")


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
