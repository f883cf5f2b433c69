"""Chart of how likely a ReLU network is dead before training, against its depth."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.labs.born_dead import DeadCounts
from pages.shared.charts.chart import Chart
from pages.shared.charts.theme import CLASS_COLORS, faded, new_figure

_MEASURED, _UPPER, _LOWER = CLASS_COLORS[3], CLASS_COLORS[8], CLASS_COLORS[5]


def plot_born_dead(
    counts: DeadCounts, upper: NDArray[np.float64], lower: NDArray[np.float64] | None, width: int
) -> Chart:
    """Draw the measured probability with its interval, and the bounds.

    Parameters
    ----------
    upper, lower : shape (depth,); bounds for 1, 2, … hidden layers; `lower` is None where there is
        none
    width : units of each hidden layer
    """
    figure = new_figure(
        f"Probability that a ReLU network of width {width} is born dead",
        "hidden layers",
        "probability",
        height=440,
    )
    low, high = counts.interval()
    depths = np.arange(1, len(upper) + 1)
    traces = [_band(depths, low, high), _curve("upper bound", depths, upper, _UPPER, "dash")]
    if lower is not None:
        traces.append(_curve("lower bound", depths, lower, _LOWER, "dot"))
    figure.add_traces([*traces, _measured(depths, counts, low, high)])
    figure.update_layout(
        xaxis=dict(range=(0.5, len(upper) + 0.5), **({"dtick": 1} if len(upper) <= 12 else {})),
        yaxis=dict(tickformat=".0%", range=(-0.02, 1.02)),
    )
    return Chart(figure, "born-dead", partial(_born_dead_table, counts, upper, lower))


def _band(x: NDArray[Any], low: NDArray[Any], high: NDArray[Any]) -> dict[str, Any]:
    return {
        "mode": "lines",
        "name": "95 % confidence interval",
        "x": np.concatenate([x, x[::-1]]),
        "y": np.concatenate([high, low[::-1]]),
        "fill": "toself",
        "fillcolor": faded(_MEASURED, 0.25),
        "line": {"width": 0},
        "hoverinfo": "skip",
    }


def _curve(name: str, x: NDArray[Any], y: NDArray[Any], color: str, dash: str) -> dict[str, Any]:
    return {
        "mode": "lines",
        "name": name,
        "x": x,
        "y": y,
        "line": {"color": color, "width": 2, "dash": dash},
        "hovertemplate": f"<b>{name}</b><br>%{{x}} hidden layers: %{{y:.3%}}<extra></extra>",
    }


def _measured(
    x: NDArray[Any], counts: DeadCounts, low: NDArray[Any], high: NDArray[Any]
) -> dict[str, Any]:
    return {
        "mode": "markers",
        "name": "measured",
        "x": x,
        "y": counts.share,
        "customdata": np.stack([counts.dead, low, high], axis=1),
        "marker": {"color": _MEASURED, "size": 7},
        "cliponaxis": False,
        "hovertemplate": "<b>measured</b><br>%{x} hidden layers: %{y:.3%}<br>"
        f"%{{customdata[0]:,}} of {counts.networks:,} networks<br>"
        "95 % interval %{customdata[1]:.3%} to %{customdata[2]:.3%}<extra></extra>",
    }


def _born_dead_table(
    counts: DeadCounts, upper: NDArray[np.float64], lower: NDArray[np.float64] | None
) -> pd.DataFrame:
    """Return one row a depth: counts, estimate, interval and bounds."""
    low, high = counts.interval()
    columns: dict[str, Any] = {
        "hidden_layers": np.arange(1, len(upper) + 1),
        "networks": counts.networks,
        "dead": counts.dead,
        "probability": counts.share,
        "interval_low": low,
        "interval_high": high,
        "upper_bound": upper,
    }
    return pd.DataFrame(columns | ({} if lower is None else {"lower_bound": lower}))
