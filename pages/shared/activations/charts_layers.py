"""Charts of a stack of random layers: measured numbers of each layer next to the theory."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.labs.gaussian import Histogram
from nnlib.labs.propagation import LayerStatistics, MeasuredStack
from pages.shared.activations.charts import bars
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import drawable, log_ticks
from pages.shared.charts.figure import Figure
from pages.shared.charts.theme import BATCH, CLASS_COLORS, SEQUENTIAL, empty_figure, new_figure

LAYER = "layer, from input to output"
ALL_ZERO = "Every value is zero, which a logarithmic axis cannot show."
_PRE, _POST, _SIGNAL, _DEAD = CLASS_COLORS[0], CLASS_COLORS[1], CLASS_COLORS[6], CLASS_COLORS[3]
_KINDS = {True: "pre-activations z", False: "activations f(z)"}


def plot_variances(measured: MeasuredStack, theory: LayerStatistics) -> Chart:
    """Draw the variance of pre-activations and activations of each layer, with the theory."""
    pairs = [
        ("pre-activations z", measured.layers.pre_variance, theory.pre_variance, _PRE),
        ("activations f(z)", measured.layers.variance, theory.variance, _POST),
    ]
    figure = _against_theory("Variance by layer", "variance", pairs, log_y=True)
    return Chart(figure, "variance-by-layer", partial(_layers_table, measured, theory))


def plot_means(measured: MeasuredStack, theory: LayerStatistics) -> Chart:
    """Draw the mean of pre-activations and activations of each layer, with the theory."""
    pairs = [
        ("pre-activations z", measured.layers.pre_mean, theory.pre_mean, _PRE),
        ("activations f(z)", measured.layers.mean, theory.mean, _POST),
    ]
    figure = _against_theory("Mean by layer", "mean", pairs)
    return Chart(figure, "mean-by-layer", partial(_layers_table, measured, theory))


def plot_signal(measured: MeasuredStack, theory: LayerStatistics) -> Chart:
    """Draw the variance of the back-propagated signal dL/dz of each layer, with the theory."""
    pairs = [("signal ∂L/∂z", measured.layers.signal_variance, theory.signal_variance, _SIGNAL)]
    title = "Variance of a random signal on its way back"
    figure = _against_theory(title, "variance of ∂L/∂z", pairs, log_y=True)
    return Chart(figure, "back-propagated-signal", partial(_layers_table, measured, theory))


def plot_shares(measured: MeasuredStack, theory: LayerStatistics) -> Chart:
    """Draw the share of saturated pairs and of dead units of each layer."""
    figure = _against_theory(
        "Saturated activations and dead units",
        "share",
        [("saturated pairs", measured.layers.saturated, theory.saturated, _POST)],
        value_format=".2%",
    )
    figure.add_traces([_line("dead units, measured", measured.dead, _DEAD, "markers", ".2%")])
    figure.update_layout(yaxis=dict(tickformat=".0%", range=(-0.03, 1.03)))
    return Chart(figure, "saturated-and-dead", partial(_layers_table, measured, theory))


def _layers_table(measured: MeasuredStack, theory: LayerStatistics) -> pd.DataFrame:
    """Return one row a layer with every measured number and its theory."""
    columns: dict[str, NDArray[Any]] = {"layer": np.arange(1, len(measured.dead) + 1)}
    for name in theory.__dataclass_fields__:
        columns[f"{name}_measured"] = getattr(measured.layers, name)
        columns[f"{name}_theory"] = getattr(theory, name)
    return pd.DataFrame(columns | {"dead_measured": measured.dead})


def _against_theory(
    title: str,
    y_title: str,
    pairs: list[tuple[str, NDArray[Any], NDArray[Any], str]],
    *,
    log_y: bool = False,
    value_format: str = ".6g",
) -> Figure:
    numbers = np.concatenate([values for _, *both, _ in pairs for values in both])
    if log_y and not np.isfinite(drawable(numbers, log=True)).any():
        return empty_figure(title, LAYER, y_title, ALL_ZERO)
    figure = new_figure(title, LAYER, y_title, log_y=log_y)
    for name, measured, theory, color in pairs:
        figure.add_traces(
            [
                _line(f"{name}, theory", theory, color, "lines", value_format, log_y),
                _line(f"{name}, measured", measured, color, "markers", value_format, log_y),
            ]
        )
    figure.update_xaxes(range=_layer_range(len(pairs[0][1])), **_layer_ticks(len(pairs[0][1])))
    return figure.update_layout(yaxis=log_ticks(numbers) if log_y else {})


def _line(
    name: str, values: NDArray[Any], color: str, mode: str, value_format: str, log_y: bool = False
) -> dict[str, Any]:
    return {
        "mode": mode if len(values) > 1 else "markers",
        "name": name,
        "x": np.arange(1, len(values) + 1),
        "y": drawable(values, log=log_y),
        "line": {"color": color, "width": 2},
        "marker": {"color": color, "size": 7},
        "cliponaxis": False,
        "hovertemplate": f"<b>{name}</b><br>layer %{{x}}: %{{y:{value_format}}}<extra></extra>",
    }


def _layer_range(depth: int) -> tuple[float, float]:
    return (0.5, depth + 0.5)


def _layer_ticks(depth: int) -> dict[str, Any]:
    return {"dtick": 1, "tick0": 1} if depth <= 12 else {}


def plot_map(measured: MeasuredStack, *, pre_activation: bool) -> Chart:
    """Draw the distribution of every layer as one column of a map, on a logarithmic color scale.

    Parameters
    ----------
    pre_activation : whether to draw z instead of f(z)
    """
    shown = measured.pre_map if pre_activation else measured.map
    what = _KINDS[pre_activation]
    figure = new_figure(f"Distribution of the {what} in every layer", LAYER, what)
    edges = shown.edges[0]
    shares = np.where(shown.shares > 0, shown.shares, np.nan).T
    depth = shares.shape[1]
    figure.add_trace(
        {
            "type": "heatmap",
            "x": np.arange(1, depth + 1),
            "y": (edges[:-1] + edges[1:]) / 2,
            "z": np.log10(shares),
            "customdata": np.stack(
                [
                    shares,
                    np.repeat(edges[:-1, None], depth, axis=1),
                    np.repeat(edges[1:, None], depth, axis=1),
                ],
                axis=-1,
            ),
            "zmin": -4,
            "zmax": 0,
            "colorscale": [(i / 9, color) for i, color in enumerate(SEQUENTIAL)],
            "colorbar": {
                "title": {"text": "share"},
                "tickvals": [-4, -3, -2, -1, 0],
                "ticktext": ["0.01%", "0.1%", "1%", "10%", "100%"],
                "thickness": 12,
            },
            "hoverongaps": False,
            "hovertemplate": "layer %{x}<br>%{customdata[1]:.4g} to %{customdata[2]:.4g}: "
            "%{customdata[0]:.3%}<extra></extra>",
        }
    )
    figure.update_xaxes(range=_layer_range(depth), **_layer_ticks(depth))
    return Chart(figure, "distribution-by-layer", partial(_map_table, shown))


def _map_table(shown: Histogram) -> pd.DataFrame:
    """Return rows ``layer, from, to, share``."""
    depth, bins = shown.shares.shape
    return pd.DataFrame(
        {
            "layer": np.repeat(np.arange(1, depth + 1), bins),
            "from": shown.edges[:, :-1].ravel(),
            "to": shown.edges[:, 1:].ravel(),
            "share": shown.shares.ravel(),
        }
    )


def layer_histogram(measured: MeasuredStack, layer: int, *, pre_activation: bool) -> Histogram:
    """Return the histogram of one layer, counted from 1, on its own range."""
    every = measured.pre_histograms if pre_activation else measured.histograms
    return Histogram(every.edges[layer - 1], every.shares[layer - 1])


def plot_layer(
    shown: Histogram, expected: NDArray[np.float64], layer: int, *, pre_activation: bool
) -> Chart:
    """Draw the histogram of one layer with the shares that the theory expects in its bins.

    Parameters
    ----------
    shown : measured, shares of shape (bins,)
    expected : ndarray of shape (bins,)
    layer : counted from 1
    pre_activation : whether it is of z instead of f(z)
    """
    what = _KINDS[pre_activation]
    figure = new_figure(f"Histogram of the {what} in layer {layer}", what, "share of values")
    figure.add_traces(
        [
            bars(shown, "measured", _PRE if pre_activation else _POST, opacity=0.75),
            {
                "mode": "lines",
                "line": {"color": BATCH, "width": 2, "shape": "hvh"},
                "name": "theory",
                "x": (shown.edges[:-1] + shown.edges[1:]) / 2,
                "y": expected,
                "hovertemplate": "<b>theory</b>: %{y:.4%}<extra></extra>",
            },
        ]
    )
    figure.update_layout(bargap=0, yaxis_tickformat="~%")
    return Chart(figure, f"layer-{layer}", partial(_layer_table, shown, expected))


def _layer_table(shown: Histogram, expected: NDArray[np.float64]) -> pd.DataFrame:
    """Return rows ``from, to, share_measured, share_theory``."""
    return pd.DataFrame(
        {
            "from": shown.edges[:-1],
            "to": shown.edges[1:],
            "share_measured": shown.shares,
            "share_theory": expected,
        }
    )
