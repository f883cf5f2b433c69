"""Charts of an L2 penalty beside decoupled weight decay, on networks and on single weights."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from nnlib.comparison import Arm
from nnlib.labs.weight_decay import Shrinkage, losses_by_decay, norms_by_decay
from pages.shared.charts.bands import median_and_range
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import log_ticks
from pages.shared.charts.theme import BATCH, CLASS_COLORS, new_figure

Rules = Mapping[str, Sequence[Arm]]
RULE_COLORS = {"SGD + L2": CLASS_COLORS[8], "Adam + L2": CLASS_COLORS[3], "AdamW": CLASS_COLORS[2]}


def plot_decay(rules: Rules, decays: Sequence[float], quantity: str) -> Chart:
    """Draw "loss" (validation) or "norm" (of all weights) at the end over the decay."""
    losses = quantity == "loss"
    title = "Validation loss by decay" if losses else "Norm of all weights by decay"
    figure = new_figure(
        title, "decay d", "validation loss at the end" if losses else "‖w‖", log_x=True, log_y=True
    )
    measure = losses_by_decay if losses else norms_by_decay
    bands = {name: measure(arms, decays) for name, arms in rules.items()}
    values = np.concatenate([band.ranked.ravel() for band in bands.values()])
    top = float(values.max(where=np.isfinite(values), initial=0.0))
    look: dict[str, Any] = {"log": True, "limits": (0.0, top), "ends": True}
    for name, band in bands.items():
        hover = "d = %{x:.3g}: %{y:.5g}"
        figure.add_traces(median_and_range(band, name, RULE_COLORS[name], hover, **look))
    figure.update_layout(legend_traceorder="normal")  # bands would reverse it
    figure.update_yaxes(log_ticks(values))
    return Chart(figure, f"decay-{quantity}", lambda: _decay_table(rules, decays))


def _decay_table(rules: Rules, decays: Sequence[float]) -> pd.DataFrame:
    """Return rows ``rule, decay, seed, val_loss, weight_norm``; seeds count from 0."""
    parts = []
    for name, arms in rules.items():
        losses, norms = losses_by_decay(arms, decays), norms_by_decay(arms, decays)
        seeds = losses.values.shape[1]
        parts.append(
            pd.DataFrame(
                {
                    "rule": name,
                    "decay": np.repeat(losses.x, seeds),
                    "seed": np.tile(np.arange(seeds), len(losses.x)),
                    "val_loss": losses.values.ravel(),
                    "weight_norm": norms.values.ravel(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def plot_shrinkage(result: Shrinkage) -> Chart:
    """Draw what is left of weights on which noise of several sizes and decay act."""
    figure = new_figure(
        "What decay leaves of a weight",
        "standard deviation of the gradient's noise",
        "mean weight left, of 1",
        log_x=True,
    )
    for name, values in result.remaining.items():
        figure.add_scatter(
            x=result.gradient_scales.astype(np.float32),
            y=values.astype(np.float32),
            mode="lines+markers",
            name=name,
            # AdamW lies on SGD, which is drawn first and wider so that both are seen.
            line={"color": RULE_COLORS[name], "width": 7 if name.startswith("SGD") else 2.5},
            hovertemplate=f"<b>{name}</b>: %{{y:.4f}}<br>noise %{{x:.3g}}<extra></extra>",
        )
    figure.add_scatter(
        x=result.gradient_scales[[0, -1]].astype(np.float32),
        y=np.full(2, result.expected, np.float32),
        mode="lines",
        name="(1 − ηd)ᵗ",
        line={"color": BATCH, "width": 1.5, "dash": "dash"},
        hovertemplate="(1 − ηd)ᵗ = %{y:.4f}<extra></extra>",
    )
    figure.update_yaxes(rangemode="tozero")
    return Chart(figure, "shrinkage", lambda: _shrinkage_table(result))


def _shrinkage_table(result: Shrinkage) -> pd.DataFrame:
    """Return rows ``noise`` with the mean weight that each rule leaves."""
    return pd.DataFrame({"noise": result.gradient_scales, **result.remaining})
