"""Charts of one unit's batch, and of what many batches do to its estimates."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.labs.batch_statistics import Normalized, Running
from pages.shared.charts.chart import Chart
from pages.shared.charts.comparison import leave_room
from pages.shared.charts.numbers import plain_number
from pages.shared.charts.theme import BATCH, CLASS_COLORS, faded, new_figure

_BEFORE, _AFTER = CLASS_COLORS[8], CLASS_COLORS[0]


def plot_batch(batch: Normalized) -> Chart:
    """Draw each value of the batch before and after, joined, with mean and deviation."""
    title = f"One unit's values for a batch of {len(batch.before)}"
    figure = new_figure(title, "value", "")
    figure.update_layout(uirevision="one batch")
    x = np.stack([batch.before, batch.after, np.full(len(batch.before), np.nan)], axis=1)
    y = np.tile([1.0, 0.0, np.nan], (len(x), 1))
    figure.add_trace(
        {
            "x": x.ravel(),
            "y": y.ravel(),
            "mode": "lines",
            "line": {"color": faded(BATCH, 0.35), "width": 1},
            "hoverinfo": "skip",
            "showlegend": False,
        }
    )
    rows = ((1.0, "before", _BEFORE, batch.before), (0.0, "after", _AFTER, batch.after))
    for (height, name, color, values), (mean, variance) in zip(rows, batch.moments, strict=True):
        figure.add_trace(_dots(values, height, name, color))
        figure.add_trace(_spread(mean, float(np.sqrt(variance)), height, name, color))
    figure.update_yaxes(
        tickvals=[0, 1], ticktext=["after", "before"], range=(-0.45, 1.45), showgrid=False
    )
    columns = {"before": batch.before, "after": batch.after}
    return Chart(figure, "batch", lambda: _frame(columns))


def _dots(values: NDArray[Any], height: float, name: str, color: str) -> dict[str, Any]:
    return {
        "name": name,
        "x": values,
        "y": np.full(len(values), height),
        "mode": "markers",
        "marker": {"color": color, "size": 8, "opacity": 0.7},
        "hovertemplate": f"{name}: %{{x:.5g}}<extra></extra>",
    }


def _spread(mean: float, deviation: float, height: float, name: str, color: str) -> dict[str, Any]:
    shift = 0.22 if height else -0.22
    return {
        "name": f"mean ± deviation, {name}",
        "x": [mean],
        "y": [height + shift],
        "mode": "markers",
        "error_x": {"type": "constant", "value": deviation, "color": color, "thickness": 2},
        "marker": {"color": color, "size": 10, "symbol": "diamond"},
        "hovertemplate": f"{name}: mean %{{x:.5g}}, "
        f"deviation {plain_number(deviation, 5)}<extra></extra>",
    }


def plot_mean_deviation(
    sizes: Sequence[int], measured: NDArray[Any], deviation: float, chosen: int
) -> Chart:
    """Draw how far batch means stray from the population's mean, over the batch size."""
    figure = new_figure(
        "How far the mean of a batch strays, by batch size",
        "batch size",
        "std. deviation of the batch mean",
        log_x=True,
        log_y=True,
    )
    figure.add_trace(
        {
            "name": "measured over many batches",
            "x": list(sizes),
            "y": measured,
            "mode": "markers",
            "marker": {
                "color": _AFTER,
                "size": [12 if size == chosen else 7 for size in sizes],
                "symbol": ["diamond" if size == chosen else "circle" for size in sizes],
            },
            "hovertemplate": "batch size %{x}: %{y:.4g}<extra></extra>",
        }
    )
    figure.add_trace(
        {
            "name": "theory, σ/√B",
            "x": list(sizes),
            "y": deviation / np.sqrt(sizes),
            "mode": "lines",
            "line": {"color": CLASS_COLORS[1], "width": 2, "dash": "dash"},
            "hovertemplate": "batch size %{x}: theory %{y:.4g}<extra></extra>",
        }
    )
    figure.update_xaxes(tickvals=list(sizes), ticktext=[str(size) for size in sizes])
    figure.update_yaxes(dtick="D2")
    theory = deviation / np.sqrt(sizes)
    columns = {"batch_size": list(sizes), "measured": measured, "theory": theory}
    return Chart(figure, "deviation-of-batch-means", lambda: _frame(columns))


def _frame(columns: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(columns)


def plot_running(running: Running, mean: float, variance: float) -> Chart:
    """Draw the mean and variance of batches, the running ones, and the population's."""
    title = "Statistics of each batch and the running ones, batch by batch"
    figure = new_figure(title, "batches seen", "")
    figure.set_subplots(rows=1, cols=2, titles=["mean", "variance"])
    x = np.arange(1, len(running.mean) + 1)
    panels = (
        (running.batch_mean, running.mean, mean),
        (running.batch_variance, running.variance, variance),
    )
    for column, (batches, moving, whole) in enumerate(panels, start=1):
        for trace in _running_traces(x, batches, moving, whole, named=column == 1):
            figure.add_trace(trace, row=1, col=column)
    leave_room(figure)
    figure.update_xaxes(title_text="batches seen").update_yaxes(title_text="")
    columns = {
        "batch": x,
        "batch_mean": running.batch_mean,
        "running_mean": running.mean,
        "batch_variance": running.batch_variance,
        "running_variance": running.variance,
    }
    return Chart(figure, "running-statistics", lambda: _frame(columns))


def _running_traces(
    x: NDArray[Any], batches: NDArray[Any], moving: NDArray[Any], whole: float, *, named: bool
) -> list[dict[str, Any]]:
    common = {"x": x, "showlegend": named}
    hover = "<br>batch %{x}: %{y:.4g}<extra></extra>"
    return [
        common
        | {
            "name": "of the batch",
            "legendgroup": "batch",
            "y": batches,
            "mode": "markers",
            "marker": {"color": faded(BATCH, 0.6), "size": 4},
            "hovertemplate": f"of the batch{hover}",
        },
        common
        | {
            "name": "running",
            "legendgroup": "running",
            "y": moving,
            "mode": "lines",
            "line": {"color": _AFTER, "width": 2.5},
            "hovertemplate": f"running{hover}",
        },
        common
        | {
            "name": "of the population",
            "legendgroup": "population",
            "x": x[[0, -1]],
            "y": [whole, whole],
            "mode": "lines",
            "line": {"color": CLASS_COLORS[1], "width": 2, "dash": "dash"},
            "hovertemplate": f"of the population: {plain_number(whole, 4)}<extra></extra>",
        },
    ]


def plot_same_example(value: float, outputs: NDArray[Any], evaluated: float) -> Chart:
    """Draw what one value becomes in many batches, and what evaluation mode makes of it."""
    figure = new_figure(
        f"The value {plain_number(value, 4)} after normalization, in many batches",
        "normalized value",
        "share of batches",
    )
    figure.update_layout(uirevision="same example", bargap=0.02)
    counts, edges = np.histogram(outputs, bins=40)
    figure.add_trace(
        {
            "type": "bar",
            "name": "training mode, by the batch's own statistics",
            "x": (edges[1:] + edges[:-1]) / 2,
            "y": counts / len(outputs),
            "width": np.diff(edges),
            "marker": {"color": faded(BATCH, 0.7)},
            "hovertemplate": "%{x:.4g}: %{y:.1%} of the batches<extra></extra>",
        }
    )
    figure.add_trace(
        {
            "name": "evaluation mode, by those of the population",
            "x": [evaluated, evaluated],
            "y": [0, counts.max() / len(outputs)],
            "mode": "lines",
            "line": {"color": _AFTER, "width": 3},
            "hovertemplate": f"evaluation mode: {plain_number(evaluated, 5)}<extra></extra>",
        }
    )
    figure.update_yaxes(tickformat=".0%")
    columns = {
        "value": [value] * (len(outputs) + 1),
        "mode": ["training"] * len(outputs) + ["evaluation"],
        "normalized": [*outputs, evaluated],
    }
    return Chart(figure, "same-example", lambda: _frame(columns))
