"""Charts of batch normalization: one unit's batch, many batches, and networks compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from nnlib.batch_statistics import (
    NOISY,
    PERCENTILES,
    WITH,
    WITHOUT,
    Normalized,
    Running,
    UnitArm,
    trains,
)
from nnlib.learning_rates import Arm
from pages.shared.charts.curves import STEP, drawable
from pages.shared.charts.learning_rate import LOSS, NO_ARMS, RATE, band, top_of, within
from pages.shared.charts.learning_rate_runs import leave_room
from pages.shared.charts.theme import (
    BATCH,
    CLASS_COLORS,
    empty_figure,
    escape,
    faded,
    new_figure,
)

if TYPE_CHECKING:
    import pandas as pd

ARM_COLORS = dict(zip((WITHOUT, WITH, NOISY), CLASS_COLORS, strict=False))
"""One color an arm, that of its place in charts of arms."""
_BEFORE, _AFTER = CLASS_COLORS[8], CLASS_COLORS[0]


# ------------------------------------------------------------------ one unit


def plot_batch(batch: Normalized) -> go.Figure:
    """Draw each value of the batch before and after, joined, with mean and deviation."""
    title = f"One unit's values for a batch of {len(batch.before)}"
    figure = new_figure(title, "value", "")
    figure.update_layout(uirevision="one batch")
    x = np.stack([batch.before, batch.after, np.full(len(batch.before), np.nan)], axis=1)
    y = np.tile([1.0, 0.0, np.nan], (len(x), 1))
    figure.add_trace(
        {
            "type": "scatter",
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
    return figure.update_yaxes(
        tickvals=[0, 1], ticktext=["after", "before"], range=(-0.45, 1.45), showgrid=False
    )


def _dots(values: NDArray[Any], height: float, name: str, color: str) -> dict[str, Any]:
    return {
        "type": "scatter",
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
        "type": "scatter",
        "name": f"mean ± deviation, {name}",
        "x": [mean],
        "y": [height + shift],
        "mode": "markers",
        "error_x": {"type": "constant", "value": deviation, "color": color, "thickness": 2},
        "marker": {"color": color, "size": 10, "symbol": "diamond"},
        "hovertemplate": f"{name}: mean %{{x:.5g}}, deviation {deviation:.5g}<extra></extra>",
    }


def batch_data(batch: Normalized) -> pd.DataFrame:
    """Return rows ``before, after``."""
    import pandas as pd

    return pd.DataFrame({"before": batch.before, "after": batch.after})


def plot_mean_deviation(
    sizes: Sequence[int], measured: NDArray[Any], deviation: float, chosen: int
) -> go.Figure:
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
            "type": "scatter",
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
            "type": "scatter",
            "name": "theory, σ/√B",
            "x": list(sizes),
            "y": deviation / np.sqrt(sizes),
            "mode": "lines",
            "line": {"color": CLASS_COLORS[1], "width": 2, "dash": "dash"},
            "hovertemplate": "batch size %{x}: theory %{y:.4g}<extra></extra>",
        }
    )
    figure.update_xaxes(tickvals=list(sizes), ticktext=[str(size) for size in sizes])
    return figure.update_yaxes(dtick="D2")


def mean_deviation_data(
    sizes: Sequence[int], measured: NDArray[Any], deviation: float
) -> pd.DataFrame:
    """Return rows ``batch_size, measured, theory``."""
    import pandas as pd

    return pd.DataFrame(
        {"batch_size": sizes, "measured": measured, "theory": deviation / np.sqrt(sizes)}
    )


def plot_running(running: Running, mean: float, variance: float) -> go.Figure:
    """Draw the mean and variance of batches, the running ones, and the population's."""
    title = "Statistics of each batch and the running ones, batch by batch"
    figure = new_figure(title, "batches seen", "")
    figure.set_subplots(rows=1, cols=2, subplot_titles=["mean", "variance"])
    x = np.arange(1, len(running.mean) + 1)
    panels = (
        (running.batch_mean, running.mean, mean),
        (running.batch_variance, running.variance, variance),
    )
    for column, (batches, moving, whole) in enumerate(panels, start=1):
        for trace in _running_traces(x, batches, moving, whole, named=column == 1):
            figure.add_trace(trace, row=1, col=column)
    leave_room(figure)
    return figure.update_xaxes(title_text="batches seen").update_yaxes(title_text="")


def _running_traces(
    x: NDArray[Any], batches: NDArray[Any], moving: NDArray[Any], whole: float, *, named: bool
) -> list[dict[str, Any]]:
    common = {"type": "scatter", "x": x, "showlegend": named}
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
            "hovertemplate": f"of the population: {whole:.4g}<extra></extra>",
        },
    ]


def running_data(running: Running) -> pd.DataFrame:
    """Return rows ``batch, batch_mean, running_mean, batch_variance, running_variance``."""
    import pandas as pd

    return pd.DataFrame(
        {
            "batch": np.arange(1, len(running.mean) + 1),
            "batch_mean": running.batch_mean,
            "running_mean": running.mean,
            "batch_variance": running.batch_variance,
            "running_variance": running.variance,
        }
    )


def plot_same_example(value: float, outputs: NDArray[Any], evaluated: float) -> go.Figure:
    """Draw what one value becomes in many batches, and what evaluation mode makes of it."""
    figure = new_figure(
        f"The value {value:.4g} after normalization, in many batches",
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
            "type": "scatter",
            "name": "evaluation mode, by the running statistics",
            "x": [evaluated, evaluated],
            "y": [0, counts.max() / len(outputs)],
            "mode": "lines",
            "line": {"color": _AFTER, "width": 3},
            "hovertemplate": f"evaluation mode: {evaluated:.5g}<extra></extra>",
        }
    )
    return figure.update_yaxes(tickformat=".0%")


def same_example_data(value: float, outputs: NDArray[Any], evaluated: float) -> pd.DataFrame:
    """Return rows ``value, mode, normalized``, the one of evaluation mode last."""
    import pandas as pd

    return pd.DataFrame(
        {
            "value": value,
            "mode": ["training"] * len(outputs) + ["evaluation"],
            "normalized": [*outputs, evaluated],
        }
    )


# ------------------------------------------------------------------ networks


def plot_rates(sweeps: Mapping[str, Sequence[Arm]]) -> go.Figure:
    """Draw the final loss of each arm over the rate: median, range of the seeds, and failures."""
    title = "Final training loss against the learning rate"
    if not sweeps:
        return empty_figure(title, RATE, LOSS, NO_ARMS)
    figure = new_figure(title, RATE, LOSS, log_x=True, log_y=True, height=400)
    top = max(top_of(arms) for arms in sweeps.values())
    for label, arms in sweeps.items():
        color = ARM_COLORS[label]
        rates = np.array([arm.rate for arm in arms])
        finals = np.array([arm.final_losses for arm in arms])
        if finals.shape[1] > 1:
            low, high = within(finals.min(1), top), within(finals.max(1), top)
            figure.add_traces(band(rates, low, high, color, 0.12))
        figure.add_trace(_rate_line(label, arms, rates, top, color))
    figure.update_layout(legend_traceorder="normal")
    return figure


def _rate_line(
    label: str, arms: Sequence[Arm], rates: NDArray[Any], top: float, color: str
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": label,
        "x": rates,
        "y": drawable(within(np.array([arm.final for arm in arms]), top), log=True),
        "mode": "lines+markers",
        "line": {"color": color, "width": 2},
        "marker": {
            "color": color,
            "size": 9,
            "symbol": ["circle" if trains(arm) else "x-thin-open" for arm in arms],
        },
        "text": [arm.outcome + (", trains" if trains(arm) else "") for arm in arms],
        "hovertemplate": f"<b>{label}</b><br>rate %{{x:.3g}}: loss %{{y:.4g}}<br>%{{text}}"
        "<extra></extra>",
    }


def rates_data(sweeps: Mapping[str, Sequence[Arm]]) -> pd.DataFrame:
    """Return one row an arm and rate: median, lowest, highest final loss, outcome, trains."""
    import pandas as pd

    return pd.DataFrame(
        [
            (
                label,
                arm.rate,
                arm.final,
                float(arm.final_losses.min()),
                float(arm.final_losses.max()),
                arm.outcome,
                trains(arm),
            )
            for label, arms in sweeps.items()
            for arm in arms
        ],
        columns=["arm", "learning_rate", "median", "lowest", "highest", "outcome", "trains"],
    )


def plot_unit(watched: Sequence[UnitArm], unit: int) -> go.Figure:
    """Draw the percentiles of what one unit's activation is given, a panel an arm."""
    title = f"Input to unit {unit + 1} of the last hidden layer, over training"
    if not watched:
        return empty_figure(title, STEP, "pre-activation", NO_ARMS)
    figure = new_figure(title, STEP, "pre-activation", height=400)
    figure.update_layout(uirevision="unit")
    figure.set_subplots(
        rows=1,
        cols=len(watched),
        shared_yaxes="all",
        horizontal_spacing=0.03,
        subplot_titles=[escape(one.arm.label) for one in watched],
    )
    for column, one in enumerate(watched, start=1):
        for trace in _unit_traces(one, named=column == 1):
            figure.add_trace(trace, row=1, col=column)
    leave_room(figure)
    figure.update_xaxes(title_text=STEP, tickformat=",")
    figure.update_yaxes(title_text="")
    return figure.update_yaxes(title_text="pre-activation", col=1)


def _unit_traces(one: UnitArm, *, named: bool) -> list[dict[str, Any]]:
    color = ARM_COLORS[one.arm.label]
    common = {"type": "scatter", "x": one.steps, "mode": "lines", "showlegend": False}
    low, middle, high = (drawable(column) for column in one.percentiles.T)
    hover = "step %{x:,}: %{y:.4g}<extra></extra>"
    edge = common | {"line": {"color": color, "width": 1}}
    return [
        edge | {"y": low, "hovertemplate": f"{PERCENTILES[0]}th percentile<br>{hover}"},
        edge
        | {
            "y": high,
            "fill": "tonexty",
            "fillcolor": faded(color, 0.2),
            "name": "15th to 85th percentile",
            "showlegend": named,
            "hovertemplate": f"{PERCENTILES[2]}th percentile<br>{hover}",
        },
        common
        | {
            "y": middle,
            "name": "median",
            "showlegend": named,
            "line": {"color": color, "width": 2.5},
            "hovertemplate": f"median<br>{hover}",
        },
    ]


def unit_data(watched: Sequence[UnitArm]) -> pd.DataFrame:
    """Return rows ``arm, step, p15, p50, p85``."""
    import pandas as pd

    return pd.DataFrame(
        [
            (one.arm.label, int(step), *(float(value) for value in row))
            for one in watched
            for step, row in zip(one.steps, one.percentiles, strict=True)
        ],
        columns=["arm", "step", *(f"p{q}" for q in PERCENTILES)],
    )
