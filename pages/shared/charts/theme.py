"""The one palette, figure template and number format that every chart uses.

A chart is drawn twice: on screen, where Streamlit's own theme replaces fonts and backgrounds so
that the figure follows light and dark mode, and in exported files, where the template below
stands alone. So a builder never sets a background or a font color, and every color of a trace has
a contrast of about 3 to 1 or more against the light *and* the dark background.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

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

LOG_AXIS = {
    "type": "log",
    "tickformat": "~g",
    # From two decades a tick, powers: 1e-6 and not 0.000001.
    "tickformatstops": [{"dtickrange": [2, None], "value": "~e"}],
}
"""Settings of a logarithmic axis: every tick has its full number, not only a 2 or a 5."""

DEFAULT_HEIGHT = 360
EXPORT_WIDTH = 900

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
    exponentformat="e",
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
"""Looks of a figure that stands alone; on screen Streamlit's theme goes over it."""


def new_figure(
    title: str,
    x_title: str,
    y_title: str,
    *,
    log_x: bool = False,
    log_y: bool = False,
    height: int = DEFAULT_HEIGHT,
) -> go.Figure:
    """Return an empty figure with the shared layout.

    Title above, legend below the x axis: the one place where it meets neither the title nor
    titles of subplots, however many rows it takes.

    Parameters
    ----------
    title, x_title, y_title : str
        What is seen, and what the axes carry with their units. Plotly reads pseudo-HTML in them:
        pass text from a person through `escape`.
    log_x, log_y : bool
        Whether an axis is logarithmic.
    height : int
        Height in pixels.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    # One layout at once: a figure that is updated piece by piece takes six times as long.
    return go.Figure(
        layout=_layout(title, height)
        | dict(
            xaxis=dict(title=dict(text=x_title), **(LOG_AXIS if log_x else {})),
            yaxis=dict(title=dict(text=y_title), **(LOG_AXIS if log_y else {})),
        )
    )


def _layout(title: str, height: int) -> dict[str, object]:
    return dict(
        template=TEMPLATE,
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
) -> go.Figure:
    """Return a titled figure without data that says why there is none.

    Parameters
    ----------
    title, x_title, y_title : str
        As in `new_figure`.
    message : str
        One plain sentence; it is escaped here.
    height : int
        Height in pixels.

    Returns
    -------
    plotly.graph_objects.Figure
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
    count : int
        Number of layers, at least 0.

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


def plain_number(value: float, digits: int = 3) -> str:
    """Return a number as people write it: ``0.0123``, ``1,234``, ``2.5e-7``.

    Parameters
    ----------
    value : float
        Any number, also NaN or an infinity.
    digits : int
        Significant digits; integers below a million keep all of theirs.

    Returns
    -------
    str
    """
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value):,}"
    # Rounding first decides the notation: 999999.6 at three digits is 1e6, not 1,000,000.
    rounded = float(f"{value:.{digits - 1}e}")
    if 1e-3 <= abs(rounded) < 1e6:
        decimals = max(digits - 1 - math.floor(math.log10(abs(rounded))), 0)
        text = f"{rounded:,.{decimals}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}e{int(exponent)}"


def for_export(figure: go.Figure, *, width: int | None = None) -> go.Figure:
    """Return a copy that looks in a file as it does on a light screen.

    Streamlit's theme is not there outside the page, so background, fonts and a size are set.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        The figure on screen; it is not changed.
    width : int, optional
        Width in pixels; without it the figure fills the window it is opened in.

    Returns
    -------
    plotly.graph_objects.Figure
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
    return copy
