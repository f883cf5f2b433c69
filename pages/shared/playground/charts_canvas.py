"""The canvas on which points are drawn by clicks."""

from collections.abc import Sequence
from functools import partial

import pandas as pd

from pages.shared.charts.chart import Chart
from pages.shared.charts.theme import CLASS_COLORS, escape, new_figure

DrawnPoint = tuple[float, float, str]
"""Coordinates and class."""
_HEIGHT = 440
_EDGE = 1.1


def points_frame(points: Sequence[DrawnPoint]) -> pd.DataFrame:
    """Return the table of points: ``x1, x2, class``."""
    frame = pd.DataFrame(points, columns=["x1", "x2", "class"])
    return frame.astype({"x1": float, "x2": float, "class": object})


def plot_canvas(points: Sequence[DrawnPoint], classes: str) -> Chart:
    """Draw the points so far, one trace a class of `classes` that has any."""
    count = len(points)
    noun = "point" if count == 1 else "points"
    figure = new_figure(f"Your drawing: {count} {noun}", "x1", "x2", height=_HEIGHT)
    used = [name for name in classes if any(p[2] == name for p in points)]
    for name in used:
        own = [p for p in points if p[2] == name]
        color = CLASS_COLORS[classes.index(name) % len(CLASS_COLORS)]
        figure.add_trace(
            {
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
    right = max([_EDGE, *(abs(x) + 0.1 for x, _, _ in points)])
    top = max([_EDGE, *(abs(y) + 0.1 for _, y, _ in points)])
    figure.update_xaxes(range=(-right, right), showgrid=True, fixedrange=True)
    figure.update_yaxes(range=(-top, top), fixedrange=True)
    figure.update_layout(dragmode=False, uirevision="canvas")
    return Chart(figure, "drawn-points", partial(points_frame, points))
