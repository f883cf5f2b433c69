"""Charts of activation functions: value, derivative, and what they make of a distribution."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.activations import ACTIVATIONS, Activation
from nnlib.instruments import largest_derivative
from nnlib.labs.gaussian import Histogram, saturated_regions
from pages.shared.charts import theme
from pages.shared.charts.chart import Chart
from pages.shared.charts.numbers import plain_number

Functions = Mapping[str, Activation]
NOTHING_CHOSEN = "Choose at least one activation in the sidebar."
POINTS = 601
HEIGHT = 440
_TITLES = {False: ("Activation functions", "f(z)"), True: ("Their derivatives", "f′(z)")}
_FIRST_COLOR = 8  # the gray one, for the linear function
_DASHES = ("solid", "dash", "dot")


def style_of(name: str) -> tuple[str, str]:
    """Return color and dash of an activation, by its place among all, whichever are shown."""
    place = list(ACTIVATIONS).index(name)
    color = theme.CLASS_COLORS[(_FIRST_COLOR + place) % len(theme.CLASS_COLORS)]
    return color, _DASHES[place // len(theme.CLASS_COLORS) % len(_DASHES)]


def plot_functions(functions: Functions, reach: float, *, derivative: bool = False) -> Chart:
    """Draw activation functions or their derivatives, saturated regions shaded.

    Parameters
    ----------
    reach : the z axis goes from -reach to reach
    derivative : whether to draw f' instead of f
    """
    title, y_title = _TITLES[derivative]
    name = "activation-derivatives" if derivative else "activation-functions"
    table = partial(_functions_table, dict(functions), reach)
    if not functions:
        nothing = theme.empty_figure(
            title, "pre-activation z", y_title, NOTHING_CHOSEN, height=HEIGHT
        )
        return Chart(nothing, name, table)
    figure = theme.new_figure(title, "pre-activation z", y_title, height=HEIGHT)
    z = _grid(reach)
    values = [_values(function, z, derivative) for function in functions.values()]
    low, high = min(v.min() for v in values), max(v.max() for v in values)
    margin = 0.05 * max(high - low, 1e-3)
    bounds = (low - margin, high + margin)
    curves = list(zip(functions.items(), values, strict=True))
    figure.add_traces(
        [_shade(f, label, reach, bounds) for (label, f), _ in curves]
        + [_curve(label, f, z, v, y_title) for (label, f), v in curves]
    )
    figure.update_layout(xaxis_range=(-reach, reach), yaxis_range=bounds)
    return Chart(figure, name, table)


def _functions_table(functions: Functions, reach: float) -> pd.DataFrame:
    """Return rows ``activation, z, value, derivative, saturated``."""
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
    return pd.DataFrame(
        {
            "activation": list(functions),
            "largest |f′|": [plain_number(largest_derivative(f), 4) for f in functions.values()],
            "saturated for": [_regions_text(f) for f in functions.values()],
        }
    )


def _regions_text(function: Activation) -> str:
    return " or ".join(_region_text(*ends) for ends in saturated_regions(function)) or "never"


def _region_text(low: float, high: float) -> str:
    if np.isinf(low):
        return f"z < {plain_number(high, 4)}"
    return (
        f"z > {plain_number(low, 4)}"
        if np.isinf(high)
        else f"{plain_number(low, 4)} < z < {plain_number(high, 4)}"
    )


def _grid(reach: float) -> NDArray[np.float64]:
    return np.linspace(-reach, reach, POINTS)


def _values(function: Activation, z: NDArray[Any], derivative: bool) -> NDArray[Any]:
    return function.derivative(z) if derivative else function.value(z)


def _inside(z: NDArray[Any], regions: list[tuple[float, float]]) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = np.any(
        [(low < z) & (z < high) for low, high in regions] or [z != z], axis=0
    )
    return inside


def _curve(
    name: str, function: Activation, z: NDArray[Any], y: NDArray[Any], y_title: str
) -> dict[str, Any]:
    shown = theme.escape(name)
    color, dash = style_of(function.name)
    return {
        "mode": "lines",
        "name": shown,
        "legendgroup": shown,
        "x": z,
        "y": y,
        "line": {"color": color, "width": 2.5, "dash": dash},
        "hovertemplate": f"<b>{shown}</b><br>z = %{{x:.6g}}<br>{y_title} = %{{y:.6g}}"
        "<extra></extra>",
    }


def _shade(
    function: Activation, name: str, reach: float, bounds: tuple[float, float]
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
        "mode": "lines",
        "name": f"{theme.escape(name)}, saturated",
        "legendgroup": theme.escape(name),
        "showlegend": False,
        "x": x,
        "y": y,
        "fill": "toself",
        "fillcolor": theme.faded(style_of(function.name)[0], 0.09),
        "line": {"width": 0},
        "hoverinfo": "skip",
    }


def plot_pushed(before: Histogram, after: Histogram, name: str) -> Chart:
    """Draw a normal distribution and what the activation makes of it.

    Parameters
    ----------
    before, after : of z and f(z) on the same bins, shares of shape (bins,)
    name : the activation as people write it
    """
    figure = theme.new_figure(
        "A normal distribution through the activation", "value", "share of values"
    )
    figure.add_traces(
        [
            bars(before, "before: z", theme.BATCH, opacity=0.5),
            bars(after, f"after: f(z), {theme.escape(name)}", theme.CLASS_COLORS[1], opacity=0.7),
        ]
    )
    figure.update_layout(barmode="overlay", bargap=0, yaxis_tickformat="~%")
    return Chart(figure, "distribution", partial(_pushed_table, before, after))


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


def _pushed_table(before: Histogram, after: Histogram) -> pd.DataFrame:
    """Return rows ``from, to, share_before, share_after``."""
    return pd.DataFrame(
        {
            "from": before.edges[:-1],
            "to": before.edges[1:],
            "share_before": before.shares,
            "share_after": after.shares,
        }
    )
