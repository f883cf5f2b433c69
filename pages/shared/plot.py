"""Charts that are redrawn in place.

`st.plotly_chart` takes a changed figure for a new chart: it is unmounted and drawn anew, blank for
a moment, and zoom and hidden lines are lost. This component hands the figure to ``Plotly.react``
instead. The browser loads plotly.js from a copy of the Python package's own file, so the two have
one version and no other site is asked.
"""

import functools
import json
import zlib
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from pages.shared.charts.figure import Figure
from pages.shared.charts.theme import TEMPLATE
from pages.shared.films import Film
from pages.shared.scripts import script, served

_SOURCES = (Path(__file__).with_name(name).read_text("utf-8") for name in ("film.js", "plot.js"))
_COMPRESSION = 1  # a third of the bytes for a millisecond
_plot = st.components.v2.component(
    "plot",
    js=script("plot", f"const TEMPLATE = {TEMPLATE.to_json()};\n" + "".join(_SOURCES)),
    css=Path(__file__).with_suffix(".css").read_text("utf-8"),
    isolate_styles=False,
)


class Click(NamedTuple):
    """Where a person clicked, in the data coordinates of the first subplot."""

    x: float
    y: float


def show_figure(
    figure: Figure,
    *,
    key: str,
    config: dict[str, object],
    origin: str = "",
    axis: str = "",
    clicks: bool = False,
    save: dict[str, str] | None = None,
    film: Film = (),
    plays: bool = False,
) -> Click | None:
    """Draw a figure with its frames, or change the one that is there under this key.

    Parameters
    ----------
    figure : what is drawn
    key : unique on the page
    config : plotly's configuration: toolbar, image export
    origin : what an image says in its file of where it was made; see `pages.shared.origins`
    axis : what the horizontal axis of a chart of a run counts: step, epoch or seconds; one
        crosshair goes through all charts of the page that count the same
    clicks : whether a click between the axes starts a new run of the page, also where no point is
    save : the ``kind``, ``name`` and ``settings`` of an image that the browser is to save now
    film : what the images of the figure showed since the last redraw; the browser shows that first
    plays : whether the next figure will follow by itself, so that bytes count more than their
        unpacking

    Returns
    -------
    Click or None
        The click that started this run.
    """
    address = _plotly_address()
    if address is None:
        drawn = figure.checked().update_layout(template=TEMPLATE)
        st.plotly_chart(drawn, width="stretch", theme="streamlit", key=f"{key}_plot", config=config)
        return None
    drawing = figure.to_json()
    revision = f"{zlib.crc32(f'{drawing}{config}'.encode()):08x}"
    beside = {
        "key": key,
        "config": config,
        "origin": origin,
        "axis": axis,
        "plotly": address,
        "title": figure.title,
        "clicks": clicks,
        "save": save,
        "film": list(film),
    }
    result = _plot(
        key=f"{key}_plot",
        data=_packed(revision, drawing, beside, compressed=plays),
        height=figure.layout["height"],
        on_clicked_change=_do_nothing,
    )
    return Click(float(result.clicked["x"]), float(result.clicked["y"])) if result.clicked else None


def _packed(revision: str, drawing: str, beside: dict[str, object], *, compressed: bool) -> bytes:
    """Return what ``plot.js`` unpacks: the revision, and then all as JSON, or that compressed."""
    told = f'{{"figure":{drawing},"beside":{json.dumps(beside)}}}'.encode()
    return revision.encode() + (zlib.compress(told, _COMPRESSION) if compressed else told)


def _do_nothing() -> None:
    """Without a callback a component reports nothing."""


@functools.cache
def _plotly_address() -> str | None:
    """Return where the server has plotly.js, or None where the copy cannot be made."""
    import plotly

    source = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    return served(f"plotly-{plotly.__version__}.min.js", source)
