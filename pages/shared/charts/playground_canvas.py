"""The canvas on which points are drawn by clicks."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from pages.shared.charts.theme import CLASS_COLORS, escape, new_figure

_HEIGHT = 440
_EDGE = 1.1


def plot_canvas(points: Sequence[tuple[float, float, str]], classes: str) -> go.Figure:
    """Draw the points so far, one trace a class of `classes` that has any.

    Parameters
    ----------
    points : sequence of (x, y, class)
    """
    count = len(points)
    noun = "point" if count == 1 else "points"
    figure = new_figure(f"Your drawing: {count} {noun}", "x1", "x2", height=_HEIGHT)
    used = [name for name in classes if any(p[2] == name for p in points)]
    for name in used:
        own = [p for p in points if p[2] == name]
        color = CLASS_COLORS[classes.index(name) % len(CLASS_COLORS)]
        figure.add_trace(
            {
                "type": "scatter",
                "mode": "markers",
                "name": f"class {escape(name)}",
                "showlegend": True,
                "x": [p[0] for p in own],
                "y": [p[1] for p in own],
                "marker": {"color": color, "size": 10},
                "hovertemplate": f"<b>class {escape(name)}</b><br>x1 %{{x:.2f}}<br>"
                "x2 %{y:.2f}<extra></extra>",
            }
        )
    reach = [max([_EDGE, *(abs(p[axis]) + 0.1 for p in points)]) for axis in (0, 1)]
    figure.update_xaxes(range=(-reach[0], reach[0]), showgrid=True, fixedrange=True)
    figure.update_yaxes(range=(-reach[1], reach[1]), fixedrange=True)
    return figure.update_layout(dragmode=False, uirevision="canvas")
