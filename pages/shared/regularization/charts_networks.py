"""Charts that compare differently regularized networks: losses, sizes of weights, gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.comparison import Band
from nnlib.labs.overfitting import ENDS, SizeHistogram, Way, size_histogram
from pages.shared.charts import theme
from pages.shared.charts.bands import median_and_range
from pages.shared.charts.chart import Chart
from pages.shared.charts.comparison import bands_table
from pages.shared.charts.curves import (
    drawable,
    layer_lines,
    legend_note,
    log_ticks,
)
from pages.shared.charts.figure import Figure
from pages.shared.charts.look import AS_RECORDED, STEP
from pages.shared.charts.numbers import plain_number
from pages.shared.charts.recorded import Curve, curves_table

NOTHING = "Choose at least one network to compare in the sidebar."
WAY_COLORS = {
    name: theme.CLASS_COLORS[place]
    for name, place in {
        "No penalty": 3,
        "L1": 0,
        "L2": 5,
        "AdamW": 2,
        "Max-norm": 4,
        "Early stopping": 1,
        "True labels": 8,
    }.items()
}
"""Every way of regularizing that the page compares, with its color."""
END_NAMES = {
    "train": ("training, labels as trained", theme.TRAIN, "circle"),
    "true": ("training, true labels", theme.TRAIN, "circle-open"),
    "val": ("validation, true labels", theme.VALIDATION, "circle"),
}
_GRAY = "rgba(128, 136, 150, 0.9)"


def plot_losses(ways: Sequence[Way], split: str) -> Chart:
    """Draw the loss of a split over the steps: median of the seeds, smallest to largest."""
    title = {"train": "Training loss", "val": "Validation loss"}[split]
    name = f"{split}-loss"
    if not ways:
        return Chart(theme.empty_figure(title, STEP, "loss", NOTHING), name)
    figure = theme.new_figure(title, STEP, "loss", log_y=True)
    bands = {way.arm.label: way.arm.band(f"{split}_loss") for way in ways}
    values = np.concatenate([band.ranked.ravel() for band in bands.values()])
    top = float(values.max(where=np.isfinite(values), initial=0.0))
    for label, band in bands.items():
        look: dict[str, Any] = {"log": True, "limits": (0.0, top), "ends": True}
        hover = "step %{x:,}: %{y:.5g}"
        figure.add_traces(median_and_range(band, label, WAY_COLORS[label], hover, **look))
    figure.update_yaxes(log_ticks(values))
    figure.update_layout(legend_traceorder="normal")  # bands would reverse it
    figure.update_xaxes(rangemode="nonnegative", tickformat=",")
    return Chart(figure, name, lambda: bands_table(bands, ways[0].arm, "network"))


def plot_ends(ways: Sequence[Way], *, flipped: bool) -> Chart:
    """Draw the losses of the weights that remain, of all splits, joined by a line a network.

    Parameters
    ----------
    flipped : whether training labels are; then their points are also drawn by their true labels
    """
    title, axes = "Losses at the end, by split", ("loss at the end", "network")
    if not ways:
        return Chart(theme.empty_figure(title, *axes, NOTHING), "losses-at-the-end")
    figure = theme.new_figure(
        title, *axes, log_x=True, height=max(theme.DEFAULT_HEIGHT, 90 + 40 * len(ways))
    )
    shown = {key: look for key, look in END_NAMES.items() if flipped or key != "true"}
    for way in ways:
        ends = np.array([way.arm.final(ENDS[key]) for key in shown])
        figure.add_scatter(
            x=drawable(ends, log=True),
            y=[way.arm.label] * len(ends),
            mode="lines",
            line={"color": theme.faded(theme.BATCH, 0.6), "width": 3},
            showlegend=False,
            hoverinfo="skip",
        )
    for key, (name, color, symbol) in shown.items():
        _add_ends(figure, ways, key, name, {"color": color, "symbol": symbol, "size": 11})
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category")
    return Chart(figure, "losses-at-the-end", lambda: _ends_table(ways))


def _add_ends(
    figure: Figure, ways: Sequence[Way], key: str, name: str, marker: dict[str, object]
) -> None:
    band = _over_ways(ways, [way.arm.finals(ENDS[key]) for way in ways])
    figure.add_scatter(
        x=drawable(band.median, log=True),
        y=band.x,
        mode="markers",
        name=name,
        marker=marker,
        error_x=_range_bars(band) | {"color": marker["color"], "thickness": 1.5},
        customdata=np.stack([band.low, band.high], axis=1),
        hovertemplate=f"<b>%{{y}}</b>, {name}: %{{x:.4g}}<br>"
        "seeds from %{customdata[0]:.4g} to %{customdata[1]:.4g}<extra></extra>",
    )


def _over_ways(ways: Sequence[Way], values: Sequence[NDArray[Any]]) -> Band:
    return Band(np.array([way.arm.label for way in ways]), np.array(values))


def _range_bars(band: Band) -> dict[str, object]:
    with np.errstate(invalid="ignore"):  # where all seeds diverged there is nothing to draw
        above, below = band.high - band.median, band.median - band.low
    return {"array": drawable(above), "arrayminus": drawable(below)}


def _ends_table(ways: Sequence[Way]) -> pd.DataFrame:
    """Return rows ``network, seed, train_loss, true_loss, val_loss``; seeds count from 0."""
    parts = [
        pd.DataFrame(
            {"network": way.arm.label, "seed": range(way.arm.seeds)}
            | {f"{key}_loss": way.arm.finals(name) for key, name in ENDS.items()}
        )
        for way in ways
    ]
    return pd.concat(parts, ignore_index=True)


def plot_sizes(ways: Sequence[Way], threshold: float) -> Chart:
    """Draw the shares of weights by their size |w|, with the threshold of "near zero"."""
    title, axes = "Sizes of the weights", ("|w|", "share of the weights")
    sizes = {way.arm.label: _sizes_of(way) for way in ways}
    if not sizes:
        return Chart(theme.empty_figure(title, *axes, NOTHING), "weight-sizes")
    figure = theme.new_figure(title, *axes, log_x=True)
    for label, histogram in sizes.items():
        edges, shares = histogram.edges, histogram.shares
        figure.add_scatter(
            x=np.sqrt(edges[:-1] * edges[1:]).astype(np.float32),
            y=shares.astype(np.float32),
            customdata=np.stack([edges[:-1], edges[1:]], axis=1).astype(np.float32),
            mode="lines",
            name=label,
            line={"color": WAY_COLORS[label], "width": 2, "shape": "hvh"},
            hovertemplate=f"<b>{label}</b><br>|w| from %{{customdata[0]:.2g}} to "
            "%{customdata[1]:.2g}: %{y:.2%}<extra></extra>",
        )
    line = {"color": _GRAY, "dash": "dash", "width": 1.5}
    figure.add_shape(
        type="line", x0=threshold, x1=threshold, y0=0, y1=1, yref="y domain", line=line
    )
    figure.update_yaxes(tickformat="~%", rangemode="tozero")
    return Chart(figure, "weight-sizes", lambda: _sizes_table(sizes))


def _sizes_of(way: Way) -> SizeHistogram:
    return size_histogram(way.weights[np.isfinite(way.weights)])


def _sizes_table(sizes: dict[str, SizeHistogram]) -> pd.DataFrame:
    """Return rows ``network, from, to, share``; the first and last bin have no outer end."""
    parts = [
        pd.DataFrame(
            {"network": label, "from": of.edges[:-1], "to": of.edges[1:], "share": of.shares}
        )
        for label, of in sizes.items()
    ]
    return pd.concat(parts, ignore_index=True)


def plot_near_zero(ways: Sequence[Way], threshold: float) -> Chart:
    """Draw the share of weights near zero: median of the seeds, smallest to largest."""
    title, axes = (
        f"Weights with |w| below {plain_number(threshold)}",
        ("network", "share of the weights"),
    )
    if not ways:
        return Chart(theme.empty_figure(title, *axes, NOTHING), "near-zero-weights")
    figure = theme.new_figure(title, *axes)
    band = _over_ways(ways, [way.near_zero(threshold) for way in ways])
    figure.add_bar(
        x=band.x,
        y=drawable(band.median),
        marker={"color": [WAY_COLORS[label] for label in band.x]},
        error_y=_range_bars(band) | {"color": _GRAY},
        hovertemplate="<b>%{x}</b>: %{y:.2%}<extra></extra>",
    )
    figure.update_yaxes(tickformat="~%", range=(0, 1.02))
    return Chart(figure, "near-zero-weights", lambda: _near_zero_table(band))


def _near_zero_table(band: Band) -> pd.DataFrame:
    """Return rows ``network, seed, near_zero``; seeds count from 0."""
    ways, seeds = band.values.shape
    return pd.DataFrame(
        {
            "network": np.repeat(band.x, seeds),
            "seed": np.tile(np.arange(seeds), ways),
            "near_zero": band.values.ravel(),
        }
    )


def plot_gradients(way: Way) -> Chart:
    """Draw the gradient norm of each layer over the steps, of the first seed."""
    arm = way.arm
    kept = arm.series["gradient_norm"]
    epochs, norms = kept.steps / arm.steps_per_epoch, np.asarray(kept.values[:, 0], np.float64)
    curves = [Curve(name, kept.steps, epochs, norms[:, i]) for i, name in enumerate(arm.layers)]
    title = f"Gradient norm by layer: {arm.label}"
    figure = theme.new_figure(title, STEP, "norm of the weight gradient", log_y=True)
    figure.add_traces(layer_lines(curves, AS_RECORDED, log_y=True, value_format=".4g"))
    figure.update_layout(xaxis_tickformat=",", legend=legend_note(len(curves), "layers"))
    return Chart(figure, "gradient-norms", lambda: curves_table(curves, "layer", "gradient_norm"))
