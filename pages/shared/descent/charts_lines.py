"""What the charts of descents share: names and colors of the optimizers, lines over steps."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlib.labs.descent import racers
from nnlib.optimizers import OPTIMIZERS
from pages.shared.charts.curves import drawable, log_ticks
from pages.shared.charts.figure import Figure
from pages.shared.charts.theme import CLASS_COLORS, plain_number

NO_RACER = "Choose at least one optimizer in the sidebar."
MEASURES = {"slope": "‖∇f‖", "step": "step length"}
"""What the tolerance may be compared with, as axes and hovers call it."""


def racer_label(name: str) -> str:
    """Return how an optimizer is called in the race; gradients are exact, so "sgd" is not."""
    own = {"sgd": "gradient descent", "nesterov": "Nesterov"}
    return own.get(name) or OPTIMIZERS[name].label


def racer_color(name: str) -> str:
    """Return an optimizer's color, by its place among all that can race."""
    return CLASS_COLORS[racers().index(name) % len(CLASS_COLORS)]


def line_over_steps(
    name: str, steps: NDArray[np.int64], values: NDArray[Any], color: str, *, log: bool = True
) -> dict[str, Any]:
    """Return a trace of values over steps."""
    return {
        "mode": "lines" if len(steps) > 1 else "markers",
        "name": name,
        "x": steps.astype(np.int32),
        "y": drawable(values, log=log),
        "line": {"color": color, "width": 2},
        "marker": {"color": color},
        "hovertemplate": f"<b>{name}</b>: %{{y:.6g}}<br>step %{{x:,}}<extra></extra>",
    }


def with_tolerance(figure: Figure, tolerance: float, series: Sequence[NDArray[Any]]) -> Figure:
    """Return a figure of these series with a dotted line at the tolerance."""
    figure.add_shape(
        type="line",
        xref="paper",
        x0=0,
        x1=1,
        y0=tolerance,
        y1=tolerance,
        line={"dash": "dot", "width": 1.5, "color": "rgba(128, 136, 150, 0.9)"},
    )
    figure.add_annotation(
        text=f"tolerance {plain_number(tolerance)}",
        xref="paper",
        x=1,
        xanchor="right",
        y=float(np.log10(tolerance)),  # Plotly places annotations by exponent, shapes by value
        yanchor="top",
        showarrow=False,
    )
    return figure.update_layout(
        xaxis={"rangemode": "nonnegative"}, yaxis=log_ticks_of([*series, np.array([tolerance])])
    )


def log_ticks_of(series: Sequence[NDArray[Any]]) -> dict[str, str]:
    """Return the ticks of a logarithmic axis for what of the series can be drawn on it."""
    return log_ticks(drawable(np.concatenate(series), log=True).astype(np.float64))
