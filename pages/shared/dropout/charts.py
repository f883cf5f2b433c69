"""Charts of networks trained at several dropout rates: losses, scores and gradients by rate."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from nnlib.comparison import Arm, Band
from nnlib.labs.dropout_rates import finals_by_rate, late_norms
from pages.shared.charts import theme
from pages.shared.charts.bands import median_and_range
from pages.shared.charts.chart import Chart
from pages.shared.charts.comparison import bands_table
from pages.shared.charts.curves import NOTHING_YET, drawable, log_ticks
from pages.shared.charts.figure import Figure
from pages.shared.charts.look import STEP


def _color(index: int) -> str:
    """Return the color of the rate at this place among those compared."""
    return theme.CLASS_COLORS[index % len(theme.CLASS_COLORS)]


def _finite_range(values: np.ndarray) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)


def plot_bands(
    arms: Sequence[Arm],
    series: str,
    title: str,
    y_title: str,
    *,
    layer: int | None = None,
    log_y: bool = False,
) -> Chart:
    """Draw one line a rate, the median over seeds, in a band from the smallest to the largest.

    Parameters
    ----------
    series, layer : as for `Arm.band`
    """
    name = f"dropout-{series.replace('_', '-')}"
    if not arms or series not in arms[0].series:
        return Chart(theme.empty_figure(title, STEP, y_title, NOTHING_YET), name)
    bands = {arm.label: arm.band(series, layer) for arm in arms}
    values = np.concatenate([band.ranked.ravel() for band in bands.values()])
    share = y_title == "accuracy"
    look: dict[str, Any] = {"log": log_y, "limits": _finite_range(values), "ends": True}
    hover = f"step %{{x:,}}: %{{y:{'.2%' if share else '.5g'}}}"
    figure = theme.new_figure(title, STEP, y_title, log_y=log_y)
    for i, (label, band) in enumerate(bands.items()):
        figure.add_traces(median_and_range(band, label, _color(i), hover, **look))
    if log_y:
        figure.update_yaxes(log_ticks(values))
    if share:
        figure.update_yaxes(tickformat="~%")
    figure.update_layout(legend_traceorder="normal")  # bands would reverse it
    figure.update_xaxes(rangemode="nonnegative", tickformat=",")
    what = series.removeprefix("train_").removeprefix("val_").removeprefix("batch_")
    return Chart(figure, name, lambda: bands_table(bands, arms[0], "rate", what))


def plot_final(arms: Sequence[Arm], measure: str, quantity: str) -> Chart:
    """Draw training and validation value at the end of the runs over the dropout rate.

    Parameters
    ----------
    measure : "loss", "accuracy" or "r2"
    quantity : how people call it
    """
    title, name = f"At the end of training: {quantity} by dropout rate", f"dropout-final-{measure}"
    splits = {"training": ("train", theme.TRAIN), "validation": ("val", theme.VALIDATION)}
    bands = {
        split: finals_by_rate(arms, f"{key}_{measure}")
        for split, (key, _) in splits.items()
        if arms and f"{key}_{measure}" in arms[0].series
    }
    if not bands:
        return Chart(theme.empty_figure(title, "dropout rate", quantity, NOTHING_YET), name)
    figure = theme.new_figure(title, "dropout rate", quantity)
    for split, band in bands.items():
        hover = f"<b>{split}</b>, rate %{{x:g}}<br>median %{{y:.5g}}"
        _add_points(figure, band, split, splits[split][1], hover)
    if quantity == "accuracy":
        figure.update_yaxes(tickformat="~%")
    return Chart(figure, name, lambda: _points_table(bands, "split", "rate", measure))


def plot_layer_profile(arms: Sequence[Arm]) -> Chart:
    """Draw the late gradient norm of every layer, one line a rate with the range over seeds."""
    title = "Gradient norm by layer, last quarter of training"
    axes, name = ("layer, from input to output", "‖∂L/∂W‖"), "dropout-gradient-profile"
    if not arms:
        return Chart(theme.empty_figure(title, *axes, NOTHING_YET), name)
    bands = {arm.label: late_norms(arm) for arm in arms}
    figure = theme.new_figure(title, *axes, log_y=True)
    for i, (label, band) in enumerate(bands.items()):
        _add_points(figure, band, label, _color(i), f"<b>{label}</b>, layer %{{x}}: %{{y:.4g}}")
    medians = np.concatenate([band.median for band in bands.values()])
    figure.update_yaxes(theme.LOG_AXIS | log_ticks(medians))
    figure.update_xaxes(dtick=1)
    return Chart(figure, name, lambda: _points_table(bands, "rate", "layer", "gradient_norm"))


def _add_points(figure: Figure, band: Band, name: str, color: str, hover: str) -> None:
    """Add the medians as a line of points, with bars over the range of the seeds."""
    with np.errstate(invalid="ignore"):  # where all seeds diverged there is nothing to draw
        above, below = band.high - band.median, band.median - band.low
    bars = {"type": "data", "symmetric": False, "thickness": 1.5}
    figure.add_trace(
        {
            "mode": "lines+markers",
            "name": name,
            "x": band.x,
            "y": drawable(band.median),
            "error_y": bars | {"array": drawable(above), "arrayminus": drawable(below)},
            "line": {"color": color, "width": 2},
            "marker": {"color": color, "size": 8},
            "customdata": np.stack([band.low, band.high], axis=1),
            "hovertemplate": f"{hover}<br>seeds from %{{customdata[0]:.5g}} to "
            "%{customdata[1]:.5g}<extra></extra>",
        }
    )


def _points_table(bands: dict[str, Band], kind: str, x: str, what: str) -> pd.DataFrame:
    """Return rows ``<kind>, <x>, <what>, lowest, highest``."""
    parts = [
        pd.DataFrame({kind: name, x: of.x, what: of.median, "lowest": of.low, "highest": of.high})
        for name, of in bands.items()
    ]
    return pd.concat(parts, ignore_index=True)
