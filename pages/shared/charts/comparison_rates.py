"""Charts of networks that are trained at many learning rates at once."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.comparison import Arm
from pages.shared.charts.bands import fill_between
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import drawable, log_ticks
from pages.shared.charts.figure import Figure
from pages.shared.charts.look import STEP
from pages.shared.charts.theme import (
    BATCH,
    CLASS_COLORS,
    SEQUENTIAL,
    TRAIN,
    empty_figure,
    new_figure,
    plain_number,
)

RATE = "learning rate"
NO_ARMS = "Nothing has been chosen."
LOSS = "training loss"
_LARGEST_SHOWN = 10.0  # times the loss before training, at the end of a color scale or an axis
SMALLEST_SHOWN = 1e-8
_DIVERGED, _WORSE = CLASS_COLORS[3], CLASS_COLORS[1]


def plot_loss_map(arms: Sequence[Arm]) -> Chart:
    """Draw the median training loss as a color over steps and learning rate.

    Parameters
    ----------
    arms : one a rate, with rising rates at even distances on a logarithmic scale
    """
    title, name = "Training loss at every learning rate, step by step", "loss-by-step-and-rate"
    if not arms:
        return Chart(empty_figure(title, STEP, RATE, NO_ARMS), name)
    figure = new_figure(title, STEP, RATE, log_y=True, height=400)
    losses = np.array([arm.losses.median for arm in arms])
    shown = within(losses, top_of(arms))
    z = np.where(np.isfinite(losses), np.log10(shown), np.nan)
    hover = [
        [f"{plain_number(arm.rate)}<br>step {step:,} · loss {_loss_text(loss)}" for step, loss in
         zip(arm.losses.x, row, strict=True)]
        for arm, row in zip(arms, losses, strict=True)
    ]  # fmt: skip
    figure.add_trace(
        {
            "type": "heatmap",
            "x": _edges(arms[0].losses.x.astype(float)),
            "y": 10 ** _edges(np.log10([arm.rate for arm in arms])),
            "z": z.astype(np.float32),
            "text": hover,
            "colorscale": [(i / 9, color) for i, color in enumerate(SEQUENTIAL)],
            "colorbar": {"title": {"text": "loss"}, "thickness": 14, **_power_ticks(z)},
            "hoverongaps": True,
            "hovertemplate": "learning rate %{text}<extra></extra>",
        }
    )
    figure.update_xaxes(tickformat=",")
    return Chart(figure, name, partial(_map_table, arms))


def _loss_text(loss: float) -> str:
    return plain_number(loss, 4) if np.isfinite(loss) else "not finite: diverged"


def _edges(centers: NDArray[Any]) -> NDArray[np.float64]:
    """Return the borders between neighbors, and as far outside at both ends."""
    centers = np.asarray(centers, np.float64)
    if len(centers) == 1:
        return np.array([centers[0] - 0.5, centers[0] + 0.5])
    middle = (centers[1:] + centers[:-1]) / 2
    first, last = 2 * centers[0] - middle[0], 2 * centers[-1] - middle[-1]
    return np.concatenate([[first], middle, [last]])


def _power_ticks(z: NDArray[Any]) -> dict[str, Any]:
    """Return the ticks of a color bar over logarithms, labeled with the numbers themselves."""
    finite = z[np.isfinite(z)]
    if not len(finite):
        return {}
    digits = (1,) if np.ptp(finite) > 2.5 else (1, 2, 5)
    ticks = [
        d * 10.0**p
        for p in range(int(np.floor(finite.min())), int(np.ceil(finite.max())) + 1)
        for d in digits
    ]
    return {
        "tickvals": np.log10(ticks).tolist(),
        "ticktext": [plain_number(tick) for tick in ticks],
    }


def _map_table(arms: Sequence[Arm]) -> pd.DataFrame:
    """Return rows ``learning_rate, step, median_loss``; empty cells are not finite."""
    return pd.DataFrame(
        {
            "learning_rate": [arm.rate for arm in arms for _ in arm.losses.x],
            "step": [int(step) for arm in arms for step in arm.losses.x],
            "median_loss": [
                loss if np.isfinite(loss) else None for arm in arms for loss in arm.losses.median
            ],
        }
    )


def plot_final_losses(arms: Sequence[Arm]) -> Chart:
    """Draw the final loss over the rate: median, band over the seeds, and what went wrong."""
    title, name = "Final training loss against the learning rate", "final-loss-by-rate"
    if not arms:
        return Chart(empty_figure(title, RATE, LOSS, NO_ARMS), name)
    figure = new_figure(title, RATE, LOSS, log_x=True, log_y=True, height=400)
    top = top_of(arms)
    rates = np.array([arm.rate for arm in arms])
    low, high = (np.array([f(arm.finals()) for arm in arms]) for f in (np.min, np.max))
    middle = np.array([arm.final() for arm in arms])
    if arms[0].seeds > 1:
        figure.add_traces(fill_between(rates, within(low, top), within(high, top), TRAIN, log=True))
    figure.add_trace(_median_line(arms, rates, within(middle, top)))
    figure.add_traces(_failures(arms, top))
    _mark_start(figure, arms[0].first)
    figure.update_layout(legend_traceorder="normal")  # the band would reverse it
    figure.update_yaxes(**log_ticks(within(np.append(low, top), top)))
    return Chart(figure, name, partial(_finals_table, arms))


def _mark_start(figure: Figure, first: float) -> None:
    if not 0 < first < np.inf:
        return
    figure.add_hline(first, line={"color": BATCH, "width": 1.5, "dash": "dot"})
    figure.add_annotation(
        x=0,
        xref="paper",
        xanchor="left",
        y=float(np.log10(first)),  # annotations on a logarithmic axis take the exponent
        yanchor="bottom",
        text="before training",
        showarrow=False,
        font={"color": BATCH},
    )


def top_of(arms: Sequence[Arm]) -> float:
    """Return the largest loss that is drawn as it is."""
    return _LARGEST_SHOWN * max((arm.first for arm in arms if np.isfinite(arm.first)), default=1.0)


def within(values: NDArray[Any], top: float) -> NDArray[Any]:
    """Return values no higher than the chart is; infinite ones are at its top."""
    clipped: NDArray[Any] = np.clip(values, SMALLEST_SHOWN, top)
    return clipped


def _median_line(arms: Sequence[Arm], rates: NDArray[Any], y: NDArray[Any]) -> dict[str, Any]:
    return {
        "name": _median_name(arms[0]),
        "x": rates,
        "y": drawable(y, log=True),
        "mode": "lines+markers",
        "line": {"color": TRAIN, "width": 2},
        "marker": {"color": TRAIN, "size": 5},
        "text": [_final_text(arm) for arm in arms],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _median_name(arm: Arm) -> str:
    return f"median of {arm.seeds} seeds, with their range" if arm.seeds > 1 else "one seed"


def _final_text(arm: Arm) -> str:
    losses = arm.finals()
    lines = [f"<b>learning rate {plain_number(arm.rate)}</b>", f"loss {_loss_text(arm.final())}"]
    if arm.seeds > 1:
        lines.append(f"from {_loss_text(losses.min())} to {_loss_text(losses.max())}")
    if arm.diverged.any():
        lines.append(f"{int(arm.diverged.sum())} of {arm.seeds} seeds diverged")
    return "<br>".join(lines)


def _failures(arms: Sequence[Arm], top: float) -> list[dict[str, Any]]:
    marks = {
        "diverged": ("not finite in at least one seed", "x", _DIVERGED),
        "stalled": ("finite, but a seed is no better than a guess", "triangle-up", _WORSE),
    }
    traces = []
    for outcome, (name, symbol, color) in marks.items():
        failed = [arm for arm in arms if arm.outcome == outcome]
        height = [top if outcome == "diverged" else min(arm.final(), top) for arm in failed]
        traces.append(
            {
                "name": name,
                "x": [arm.rate for arm in failed],
                "y": height,
                "mode": "markers",
                "marker": {"color": color, "symbol": symbol, "size": 10},
                "cliponaxis": False,
                "text": [_final_text(arm) for arm in failed],
                "hovertemplate": "%{text}<extra></extra>",
                "visible": bool(failed),
            }
        )
    return traces


def _finals_table(arms: Sequence[Arm]) -> pd.DataFrame:
    """Return one row an arm: median, lowest and highest final loss, and what became of it."""
    return pd.DataFrame(
        {
            "setting": [arm.label for arm in arms],
            "learning_rate": [arm.rate for arm in arms],
            "median": [arm.final() for arm in arms],
            "lowest": [float(arm.finals().min()) for arm in arms],
            "highest": [float(arm.finals().max()) for arm in arms],
            "seeds": [arm.seeds for arm in arms],
            "seeds_diverged": [int(arm.diverged.sum()) for arm in arms],
            "outcome": [arm.outcome for arm in arms],
        }
    )
