"""The curves of growth as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.growth import Cost

TIME, FLOOR, MEMORY = "#2275e8", "#697b98", "#e3770a"


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
        along = [cost for cost in costs if cost.point.axis == axis]
        x = [cost.point.value for cost in along]
        drawn = [
            (1, "nnlib, time a step", TIME, [cost.seconds * 1e6 for cost in along]),
            (2, "nnlib, peak memory", MEMORY, [cost.bytes / 1e6 for cost in along]),
        ]
        if axis == "parameters":
            drawn.insert(1, (1, "matrix products", FLOOR, [c.floor * 1e6 for c in along]))
        for row, name, color, y in drawn:
            figure.add_scatter(
                x=x, y=y, name=name, line_color=color, row=row, col=column,
                mode="lines+markers", showlegend=axis == "parameters",
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
