"""The one palette and figure template that every chart uses; numbers are as `numbers` has them.

A chart is drawn twice: on screen, where Streamlit's own theme replaces fonts and backgrounds so
that the figure follows light and dark mode, and in exported files, where the template below
stands alone. So a builder never sets a background or a font color, and every color of a trace has
a contrast of about 3 to 1 or more against the light *and* the dark background.
"""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import plotly.io as pio

from pages.shared.charts.figure import Figure
from pages.shared.charts.numbers import LOG_AXIS as LOG_AXIS
from pages.shared.charts.numbers import plain_number as plain_number
from pages.shared.charts.numbers import tick_aliases

CLASS_COLORS = (
    "#2275e8",
    "#e3770a",
    "#0c9f69",
    "#e23242",
    "#9751d7",
    "#079db6",
    "#e24ea0",
    "#749331",
    "#697b98",
    "#b98a0f",
)
"""One color a class, and for anything else that is a category."""

SEQUENTIAL = (
    "#4e61de",
    "#765adc",
    "#9653d1",
    "#b14dbe",
    "#c849a6",
    "#da4888",
    "#e64c67",
    "#ed5640",
    "#e76a0c",
    "#d6810c",
)
"""Ten steps from the input side (blue) to the output side (orange)."""

TRAIN = CLASS_COLORS[0]
VALIDATION = CLASS_COLORS[1]
BATCH = CLASS_COLORS[8]

DIVERGING = [(0.0, CLASS_COLORS[0]), (0.5, "rgba(128, 136, 150, 0.15)"), (1.0, CLASS_COLORS[1])]
"""Color scale for signed values, negative to positive; use it with ``zmid=0``."""

DEFAULT_HEIGHT = 360
EXPORT_WIDTH = 900
_LINE_OF_SETTINGS = 130  # characters, in small type

_FONT = "Source Sans Pro, Helvetica, Arial, sans-serif"
_INK = "#1f2937"
_MUTED = "#4b5563"
_GRID = "#e5e7eb"
# Streamlit's theme has no color for axis lines, so this one must do on both backgrounds.
_LINE = "rgba(128, 136, 150, 0.5)"

_AXIS = dict(
    automargin=True,
    title=dict(standoff=10),
    gridcolor=_GRID,
    zeroline=False,
    linecolor=_LINE,
    tickcolor=_LINE,
    tickfont=dict(color=_MUTED),
    ticklabeloverflow="allow",  # else every label is measured at every redraw; margins make room
    exponentformat="power",
    labelalias=tick_aliases(),
    separatethousands=True,
)
TEMPLATE = go.layout.Template(
    layout=dict(
        font=dict(family=_FONT, size=13, color=_INK),
        title=dict(font=dict(size=17, weight=600)),
        colorway=CLASS_COLORS,
        colorscale=dict(
            sequential=[(i / 9, color) for i, color in enumerate(SEQUENTIAL)], diverging=DIVERGING
        ),
        paper_bgcolor="#ffffff",
        plot_bgcolor="#ffffff",
        hoverlabel=dict(bgcolor="#ffffff", bordercolor=_GRID, font=dict(color=_INK)),
        xaxis=_AXIS | dict(showgrid=False, showline=True, ticks="outside", ticklen=4),
        yaxis=_AXIS,
    )
)
"""Looks of a figure that stands alone; on screen Streamlit's theme goes over it.

A figure does not carry it: the browser has it already, and `for_export` puts it into files.
"""
pio.templates.default = None  # else Plotly puts its own into every figure


def new_figure(
    title: str,
    x_title: str,
    y_title: str,
    *,
    log_x: bool = False,
    log_y: bool = False,
    height: int = DEFAULT_HEIGHT,
    more: Mapping[str, Any] | None = None,
) -> Figure:
    """Return an empty figure with the shared layout.

    Title above, legend below the x axis: the one place where it meets neither the title nor
    titles of subplots, however many rows it takes.

    Parameters
    ----------
    title, x_title, y_title : what is seen, and what the axes carry with their units. Plotly reads
        pseudo-HTML in them: pass text from a person through `escape`.
    log_x, log_y : whether an axis is logarithmic
    height : height in pixels
    more : further settings of the layout, and of its parts
    """
    layout = _layout(title, height) | dict(
        xaxis=dict(title=dict(text=x_title), **(LOG_AXIS if log_x else {})),
        yaxis=dict(title=dict(text=y_title), **(LOG_AXIS if log_y else {})),
    )
    for part, settings in (more or {}).items():
        old = layout.get(part)
        layout[part] = {**old, **settings} if isinstance(old, dict) else settings
    return Figure(layout)


def _layout(title: str, height: int) -> dict[str, Any]:
    return dict(
        height=height,
        # The figure keeps zoom and hidden traces for as long as its title is the same.
        uirevision=title,
        title=dict(
            text=title,
            x=0,
            xref="container",
            xanchor="left",
            y=1,
            yref="container",
            yanchor="top",
            pad=dict(t=8, b=12, l=0),
            automargin=True,
        ),
        legend=dict(
            orientation="h",
            xref="paper",
            x=0,
            xanchor="left",
            yref="container",
            y=0,
            yanchor="bottom",
        ),
        hovermode="closest",
        margin=dict(l=8, r=16, t=40, b=8),
    )


def empty_figure(
    title: str, x_title: str, y_title: str, message: str, *, height: int = DEFAULT_HEIGHT
) -> Figure:
    """Return a titled figure without data that says why there is none.

    Parameters
    ----------
    title, x_title, y_title : as in `new_figure`
    message : one plain sentence; it is escaped here
    height : height in pixels
    """
    figure = new_figure(title, x_title, y_title, height=height)
    figure.update_xaxes(range=(0, 1), showticklabels=False, ticks="", showgrid=False)
    figure.update_yaxes(range=(0, 1), showticklabels=False, ticks="", showgrid=False)
    return figure.add_annotation(
        text=escape(message),
        x=0.5,
        y=0.5,
        xref="paper",
        yref="paper",
        showarrow=False,
        font_size=15,
    )


def layer_colors(count: int) -> list[str]:
    """Return one color a layer, in order from input to output.

    Parameters
    ----------
    count : number of layers, at least 0

    Returns
    -------
    list of str
        Hexadecimal colors at even distances on `SEQUENTIAL`; a single layer gets its first.
    """
    if count <= 1:
        return list(SEQUENTIAL[:count])
    last = len(SEQUENTIAL) - 1
    return [_between(SEQUENTIAL, last * layer / (count - 1)) for layer in range(count)]


def _between(colors: Sequence[str], position: float) -> str:
    left = min(int(position), len(colors) - 2)
    share = position - left
    mixed = (
        round((1 - share) * a + share * b)
        for a, b in zip(_channels(colors[left]), _channels(colors[left + 1]), strict=True)
    )
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def faded(color: str, opacity: float) -> str:
    """Return a hexadecimal color with an opacity in [0, 1], as Plotly's ``rgba(...)``."""
    red, green, blue = _channels(color)
    return f"rgba({red}, {green}, {blue}, {opacity:g})"


def escape(text: object) -> str:
    """Return a text that Plotly shows as it is, instead of reading ``<b>`` or ``&lt;`` in it."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def for_export(figure: go.Figure, *, width: int | None = None, settings: str = "") -> go.Figure:
    """Return a copy that looks in a file as it does on a light screen.

    Streamlit's theme is not there outside the page, so background, fonts and a size are set.

    Parameters
    ----------
    figure : the figure on screen; it is not changed
    width : width in pixels; without it the figure fills the window it is opened in
    settings : what the chart was made from; it stands below the title
    """
    copy = go.Figure(figure)
    copy.update_layout(
        template=TEMPLATE,
        paper_bgcolor="#ffffff",
        plot_bgcolor="#ffffff",
        font=dict(family=_FONT, color=_INK),
        width=width,
        height=figure.layout.height or DEFAULT_HEIGHT,
        margin=dict(l=16, r=24, t=48, b=16),
        title_pad=dict(t=12, b=12, l=16),
    )
    if settings:
        lines = "<br>".join(textwrap.wrap(escape(settings), _LINE_OF_SETTINGS))
        copy.update_layout(title_subtitle=dict(text=lines, font=dict(size=11, color=_MUTED)))
    return copy
