"""Charts of activation functions: value, derivative, and what they make of a distribution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from nnlib.activations import ACTIVATIONS, Activation
from nnlib.propagation import Histogram, saturated_regions
from nnlib.recorders import largest_derivative
from pages.shared.charts.theme import (
    BATCH,
    CLASS_COLORS,
    SEQUENTIAL,
    empty_figure,
    escape,
    faded,
    new_figure,
)

if TYPE_CHECKING:
    import pandas as pd

Functions = Mapping[str, Activation]
NOTHING_CHOSEN = "Choose at least one activation in the sidebar."
POINTS = 601
HEIGHT = 440
_TITLES = {False: ("Activation functions", "f(z)"), True: ("Their derivatives", "f′(z)")}
_COLORS = dict(zip(ACTIVATIONS, (*CLASS_COLORS[8:], *CLASS_COLORS[:8], SEQUENTIAL[1]), strict=True))


def color_of(name: str) -> str:
    """Return the color in which an activation is drawn, whichever others are shown."""
    return _COLORS[name]


def plot_functions(functions: Functions, reach: float, *, derivative: bool = False) -> go.Figure:
    """Draw activation functions or their derivatives, saturated regions shaded.

    Parameters
    ----------
    functions : mapping of the name in the legend to the activation
    reach : float
        The z axis goes from -reach to reach.
    derivative : bool
        Whether to draw f' instead of f.
    """
    title, y_title = _TITLES[derivative]
    if not functions:
        return empty_figure(title, "pre-activation z", y_title, NOTHING_CHOSEN, height=HEIGHT)
    figure = new_figure(title, "pre-activation z", y_title, height=HEIGHT)
    z = _grid(reach)
    values = [_values(function, z, derivative) for function in functions.values()]
    low, high = min(v.min() for v in values), max(v.max() for v in values)
    margin = 0.05 * max(high - low, 1e-3)
    bounds = (low - margin, high + margin)
    curves = list(zip(functions.items(), values, strict=True))
    figure.add_traces(
        [_shade(f, _COLORS[f.name], name, reach, bounds) for (name, f), _ in curves]
        + [_curve(name, f, z, v, y_title) for (name, f), v in curves]
    )
    return figure.update_layout(xaxis_range=(-reach, reach), yaxis_range=bounds)


def functions_data(functions: Functions, reach: float) -> pd.DataFrame:
    """Return rows ``activation, z, value, derivative, saturated``."""
    import pandas as pd

    z = _grid(reach)
    columns = ["activation", "z", "value", "derivative", "saturated"]
    tables = [
        pd.DataFrame(
            {
                "activation": name,
                "z": z,
                "value": function.value(z),
                "derivative": function.derivative(z),
                "saturated": _inside(z, saturated_regions(function)),
            }
        )
        for name, function in functions.items()
    ]
    return pd.concat(tables) if tables else pd.DataFrame(columns=columns)


def saturation_table(functions: Functions) -> pd.DataFrame:
    """Return one row an activation: its largest derivative, and where it is saturated."""
    import pandas as pd

    return pd.DataFrame(
        {
            "activation": list(functions),
            "largest |f′|": [f"{largest_derivative(f):.4g}" for f in functions.values()],
            "saturated for": [_regions_text(f) for f in functions.values()],
        }
    )


def _regions_text(function: Activation) -> str:
    return " or ".join(_region_text(*ends) for ends in saturated_regions(function)) or "never"


def _region_text(low: float, high: float) -> str:
    if np.isinf(low):
        return f"z < {high:.4g}"
    return f"z > {low:.4g}" if np.isinf(high) else f"{low:.4g} < z < {high:.4g}"


def _grid(reach: float) -> NDArray[np.float64]:
    return np.linspace(-reach, reach, POINTS)


def _values(function: Activation, z: NDArray[Any], derivative: bool) -> NDArray[Any]:
    return function.derivative(z) if derivative else function.value(z)


def _inside(z: NDArray[Any], regions: list[tuple[float, float]]) -> NDArray[np.bool_]:
    return np.any([(low < z) & (z < high) for low, high in regions] or [z != z], axis=0)


def _curve(
    name: str, function: Activation, z: NDArray[Any], y: NDArray[Any], y_title: str
) -> dict[str, Any]:
    shown = escape(name)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": shown,
        "legendgroup": shown,
        "x": z,
        "y": y,
        "line": {
            "color": _COLORS[function.name],
            "width": 2.5,
            # There are ten colors for eleven activations; this one's is near ELU's.
            "dash": "dash" if function.name == "softplus" else "solid",
        },
        "hovertemplate": f"<b>{shown}</b><br>z = %{{x:.6g}}<br>{y_title} = %{{y:.6g}}"
        "<extra></extra>",
    }


def _shade(
    function: Activation, color: str, name: str, reach: float, bounds: tuple[float, float]
) -> dict[str, Any]:
    """Return rectangles over the saturated regions; hiding the curve hides them too."""
    x: list[float | None] = []
    y: list[float | None] = []
    for low, high in saturated_regions(function):
        left, right = max(low, -reach), min(high, reach)
        if left < right:
            x += [left, left, right, right, left, None]
            y += [bounds[0], bounds[1], bounds[1], bounds[0], bounds[0], None]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": f"{escape(name)}, saturated",
        "legendgroup": escape(name),
        "showlegend": False,
        "x": x,
        "y": y,
        "fill": "toself",
        "fillcolor": faded(color, 0.09),
        "line": {"width": 0},
        "hoverinfo": "skip",
    }


def plot_pushed(before: Histogram, after: Histogram, name: str) -> go.Figure:
    """Draw a normal distribution and what the activation makes of it.

    Parameters
    ----------
    before, after : nnlib.propagation.Histogram
        Of z and f(z) on the same bins, shares of shape (bins,).
    name : str
        The activation as people write it.
    """
    figure = new_figure("A normal distribution through the activation", "value", "share of values")
    figure.add_traces(
        [
            bars(before, "before: z", BATCH, opacity=0.5),
            bars(after, f"after: f(z), {escape(name)}", CLASS_COLORS[1], opacity=0.7),
        ]
    )
    return figure.update_layout(barmode="overlay", bargap=0, yaxis_tickformat="~%")


def bars(shown: Histogram, name: str, color: str, *, opacity: float = 1.0) -> dict[str, Any]:
    """Return a histogram as bars, with the bin and its share on hover."""
    edges = shown.edges
    return {
        "type": "bar",
        "name": name,
        "x": (edges[:-1] + edges[1:]) / 2,
        "width": np.diff(edges),
        "y": shown.shares,
        "customdata": np.stack([edges[:-1], edges[1:]], axis=1),
        "marker": {"color": color, "opacity": opacity, "line": {"width": 0}},
        "hovertemplate": f"<b>{name}</b><br>%{{customdata[0]:.4g}} to %{{customdata[1]:.4g}}: "
        "%{y:.4%}<extra></extra>",
    }


def pushed_data(before: Histogram, after: Histogram) -> pd.DataFrame:
    """Return rows ``from, to, share_before, share_after``."""
    import pandas as pd

    return pd.DataFrame(
        {
            "from": before.edges[:-1],
            "to": before.edges[1:],
            "share_before": before.shares,
            "share_after": after.shares,
        }
    )
