"""Charts that are redrawn in place.

`st.plotly_chart` takes a changed figure for a new chart: it is unmounted and drawn anew, blank for
a moment, and zoom and hidden lines are lost. This component hands the figure to ``Plotly.react``
instead. The browser loads plotly.js from a copy of the Python package's own file, so the two have
one version and no other site is asked.
"""

from __future__ import annotations

import functools
import shutil
from pathlib import Path
from typing import NamedTuple

import plotly.graph_objects as go
import streamlit as st

_PLOTLY_FILE = "plotly.min.js"
_STATIC = Path(__file__).resolve().parents[2] / "static"
_plot = st.components.v2.component(
    "plot",
    js=Path(__file__).with_suffix(".js").read_text("utf-8"),
    css=".updatemenu-item-rect {fill: var(--st-secondary-background-color) !important}",
    isolate_styles=False,
)


class Click(NamedTuple):
    """Where a person clicked, in the data coordinates of the first subplot."""

    x: float
    y: float


def show_figure(
    figure: go.Figure, *, key: str, config: dict[str, object], clicks: bool = False
) -> Click | None:
    """Draw a figure with its frames, or change the one that is there under this key.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        With `layout.height` set.
    key : str
        Unique on the page.
    config : dict
        Plotly's configuration: toolbar, image export.
    clicks : bool
        Whether a click between the axes starts a new run of the page, also where no point is.

    Returns
    -------
    Click or None
        The click that started this run.
    """
    address = _plotly_address()
    if address is None:
        st.plotly_chart(figure, width="stretch", theme="streamlit", key=key, config=config)
        return None
    data = {
        "figure": figure.to_json(),
        "config": config,
        "plotly": address,
        "title": figure.layout.title.text,
        "clicks": clicks,
    }
    result = _plot(
        key=f"{key}_plot", data=data, height=figure.layout.height, on_clicked_change=_do_nothing
    )
    return Click(float(result.clicked["x"]), float(result.clicked["y"])) if result.clicked else None


def _do_nothing() -> None:
    """Without a callback a component reports nothing."""


@functools.cache
def _plotly_address() -> str | None:
    """Return where the server has plotly.js, or None where the copy cannot be made."""
    import plotly

    source = Path(plotly.__file__).parent / "package_data" / _PLOTLY_FILE
    copy = _STATIC / f"plotly-{plotly.__version__}.min.js"
    try:
        if not copy.exists():
            _STATIC.mkdir(exist_ok=True)
            partial = copy.with_suffix(".partial")
            shutil.copyfile(source, partial)
            partial.replace(copy)  # never half a file, also if two servers start at once
    except OSError:
        return None
    return f"app/static/{copy.name}"
