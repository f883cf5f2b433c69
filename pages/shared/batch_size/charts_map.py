"""Charts of what every batch size and learning rate needs to reach a loss."""

from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.comparison import median_over_seeds
from nnlib.noise import Fit, TradeOff
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import log_ticks
from pages.shared.charts.theme import (
    BATCH,
    CLASS_COLORS,
    SEQUENTIAL,
    TRAIN,
    new_figure,
    plain_number,
)

RATE, BATCH_SIZE = "learning rate", "batch size"
_HEIGHT = 400


def plot_map(found: TradeOff, what: Literal["steps", "examples"]) -> Chart:
    """Draw the median steps or examples to the loss as a color over batch size and rate."""
    medians = median_over_seeds(getattr(found, what)).T  # (rates, batch sizes)
    title = f"{what.capitalize()} until the training loss is {plain_number(found.target)}"
    figure = new_figure(title, BATCH_SIZE, RATE, log_x=True, log_y=True, height=_HEIGHT)
    z = np.where(np.isfinite(medians), np.log10(np.maximum(medians, 1)), np.nan)
    figure.add_trace(
        {
            "type": "heatmap",
            "x": _edges(found.batch_sizes),
            "y": _edges(found.rates),
            "z": z.astype(np.float32),
            "text": _cells(found, medians, what),
            "colorscale": [(i / 9, color) for i, color in enumerate(SEQUENTIAL)],
            "colorbar": {"title": {"text": what}, "thickness": 14, **_powers(z)},
            "hoverongaps": True,
            "hovertemplate": "%{text}<extra></extra>",
        }
    )
    reached = found.reached
    figure.add_scatter(
        x=np.array(found.batch_sizes)[reached],
        y=np.array(found.rates)[found.best[reached]],
        name="fewest steps of each batch size",
        mode="lines+markers",
        line={"color": "#ffffff", "width": 1.5, "dash": "dot"},
        marker={"color": "#ffffff", "size": 7, "line": {"color": "#1f2937", "width": 1}},
        hovertemplate="<b>fewest steps</b><br>batch size %{x:,}, rate %{y:.3g}<extra></extra>",
    )
    sizes, rates = list(found.batch_sizes), list(found.rates)
    figure.update_xaxes(tickvals=sizes, ticktext=[f"{size:,}" for size in sizes])
    figure.update_yaxes(tickvals=rates, ticktext=[plain_number(rate, 2) for rate in rates])
    return Chart(figure, f"{what}-by-batch-size-and-rate", partial(_map_table, found))


def _cells(found: TradeOff, medians: NDArray[Any], what: str) -> list[list[str]]:
    return [
        [
            f"batch size {size:,}, rate {plain_number(rate)}<br>"
            + (f"{value:,.0f} {what}" if np.isfinite(value) else "not reached by most seeds")
            for size, value in zip(found.batch_sizes, row, strict=True)
        ]
        for rate, row in zip(found.rates, medians, strict=True)
    ]


def _edges(centers: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the borders between neighbors on a logarithmic axis, and as far outside."""
    logs = np.log(centers)
    if len(logs) == 1:
        logs = logs[0] + np.array([-0.6, 0.0, 0.6])
        return np.asarray(np.exp((logs[1:] + logs[:-1]) / 2))
    middle = (logs[1:] + logs[:-1]) / 2
    ends = (2 * logs[0] - middle[0], 2 * logs[-1] - middle[-1])
    return np.asarray(np.exp([ends[0], *middle, ends[1]]))


def _powers(z: NDArray[Any]) -> dict[str, Any]:
    """Return ticks of a color bar over logarithms, labeled with the numbers."""
    finite = z[np.isfinite(z)]
    if not len(finite):
        return {}
    powers = range(int(np.floor(finite.min())), int(np.ceil(finite.max())) + 1)
    ticks = [digit * 10**power for power in powers for digit in (1, 2, 5)]
    return {"tickvals": np.log10(ticks).tolist(), "ticktext": [f"{tick:,}" for tick in ticks]}


def _map_table(found: TradeOff) -> pd.DataFrame:
    """Return a row a cell; empty where most seeds do not reach the loss."""
    steps, examples = (median_over_seeds(values) for values in (found.steps, found.examples))
    shape = steps.shape
    return pd.DataFrame(
        {
            "batch_size": np.repeat(found.batch_sizes, shape[1]),
            "learning_rate": np.tile(found.rates, shape[0]),
            "median_steps": np.where(np.isfinite(steps), steps, np.nan).ravel(),
            "median_examples": np.where(np.isfinite(examples), examples, np.nan).ravel(),
            "seeds_that_reach_it": np.isfinite(found.steps).sum(axis=-1).ravel(),
        }
    )


def plot_trade_off(found: TradeOff, fit: Fit | None) -> Chart:
    """Draw steps against examples at the best rates, and the curve that was fitted to them."""
    title = "Steps against examples, each batch size at its best rate"
    figure = new_figure(title, "examples", "steps", log_x=True, log_y=True, height=_HEIGHT)
    steps, examples = found.at_best(found.steps), found.at_best(found.examples)
    sizes = np.array(found.batch_sizes)[found.reached]
    x, y = median_over_seeds(examples), median_over_seeds(steps)
    if fit is not None and len(sizes):
        wide = np.geomspace(sizes.min() / 2, sizes.max() * 2, 100)
        _add_curve(figure, fit, wide)
    figure.add_scatter(
        x=x,
        y=y,
        name="measured, with the range of the seeds",
        mode="markers+text",
        marker={"color": CLASS_COLORS[1], "size": 9},
        text=[f"{size:,}" for size in sizes],
        textposition="top right",
        error_y=_ranges(y, steps),
        error_x=_ranges(x, examples),
        customdata=sizes,
        hovertemplate="<b>batch size %{customdata:,}</b><br>%{y:,.0f} steps · %{x:,.0f} examples"
        "<extra></extra>",
    )
    figure.update_yaxes(**log_ticks(y))
    figure.update_xaxes(**log_ticks(x))
    return Chart(figure, "steps-against-examples", partial(trade_off_table, found, fit))


def _ranges(middle: NDArray[Any], seeds: NDArray[Any]) -> dict[str, Any]:
    if not len(middle):
        return {}
    high = np.where(np.isfinite(seeds), seeds, middle[:, np.newaxis]).max(axis=1)
    return {
        "type": "data",
        "array": high - middle,
        "arrayminus": middle - seeds.min(axis=1),
        "thickness": 1,
        "color": CLASS_COLORS[1],
    }


def _add_curve(figure: Any, fit: Fit, sizes: NDArray[Any]) -> None:
    steps, examples = fit.curve(sizes)
    figure.add_scatter(
        x=examples,
        y=steps,
        name="(S/S_min − 1)·(E/E_min − 1) = 1",
        mode="lines",
        line={"color": TRAIN, "width": 2},
        customdata=sizes,
        hovertemplate="<b>fitted</b>, batch size %{customdata:,.0f}<br>%{y:,.0f} steps · "
        "%{x:,.0f} examples<extra></extra>",
    )
    dashed = {"color": BATCH, "width": 1.5, "dash": "dash"}
    for name, x, y in (
        ("S_min", [examples.min(), examples.max()], [fit.least_steps] * 2),
        ("E_min", [fit.least_examples] * 2, [steps.min(), steps.max()]),
    ):
        value = y[0] if name == "S_min" else x[0]
        figure.add_scatter(
            x=x,
            y=y,
            name=name,
            mode="lines",
            line=dashed,
            showlegend=False,
            hovertemplate=f"<b>{name}</b>: {value:,.1f}<extra></extra>",
        )


def trade_off_table(found: TradeOff, fit: Fit | None) -> pd.DataFrame:
    """Return a row for each batch size that reaches the loss, at its best rate."""
    reached = found.reached
    steps, examples = found.at_best(found.steps), found.at_best(found.examples)
    table = pd.DataFrame(
        {
            "batch_size": np.array(found.batch_sizes)[reached],
            "learning_rate": np.array(found.rates)[found.best[reached]],
            "steps": median_over_seeds(steps),
            "fewest": steps.min(axis=1) if len(steps) else [],
            "most": steps.max(axis=1) if len(steps) else [],
            "examples": median_over_seeds(examples),
        }
    )
    if fit is not None:
        table["curve"] = table["steps"] / fit.misses
        table["off"] = fit.misses
    return table
