"""The curves of growth as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.growth import Cost

COLORS, FLOOR = {"numpy": "#2275e8", "compiled": "#e3770a"}, "#697b98"


def write_chart(costs: Sequence[Cost], path: Path) -> None:
    """Draw time a step (above) and peak memory (below) over each axis, both logarithmic.

    Raises
    ------
    ImportError, RuntimeError
        if plotly or kaleido is not installed, or there is no Chromium to draw with
    """
    from plotly.subplots import make_subplots

    axes = list(dict.fromkeys(cost.point.axis for cost in costs))
    figure = make_subplots(2, len(axes), shared_xaxes=True, vertical_spacing=0.06)
    for column, axis in enumerate(axes, 1):
        of = {e: [c for c in costs if (c.point.axis, c.point.engine) == (axis, e)] for e in COLORS}
        x = [cost.point.value for cost in of["numpy"]]
        drawn = [(1, e, COLORS[e], [c.seconds * 1e6 for c in along]) for e, along in of.items()]
        drawn += [(2, e, COLORS[e], [c.bytes / 1e6 for c in along]) for e, along in of.items()]
        if axis == "parameters":
            floor = [cost.floor * 1e6 for cost in of["numpy"]]
            drawn.append((1, "matrix products", FLOOR, floor))
        for row, name, color, y in drawn:
            figure.add_scatter(
                x=x, y=y, name=name, line_color=color, row=row, col=column,
                mode="lines+markers", showlegend=axis == "parameters" and row == 1,
            )  # fmt: skip
        figure.update_xaxes(title_text=axis, row=2, col=column)
    figure.update_xaxes(type="log", dtick=1)
    figure.update_yaxes(type="log", dtick=1)
    figure.update_yaxes(title_text="µs a step", row=1, col=1)
    figure.update_yaxes(title_text="MB", row=2, col=1)
    figure.update_layout(
        template="plotly_white", width=1000, height=520, margin=dict(l=60, r=20, t=40, b=50),
        legend=dict(orientation="h", y=1.1),
    )  # fmt: skip
    figure.write_image(path)
