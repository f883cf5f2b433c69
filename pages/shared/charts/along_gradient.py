"""Charts of loss and gradient along the gradient, with and without batch normalization."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from nnlib.landscape import AlongGradient
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import drawable
from pages.shared.charts.look import STEP
from pages.shared.charts.theme import CLASS_COLORS, faded, new_figure

Found = Mapping[str, AlongGradient]


def plot_ranges(found: Found) -> Chart:
    """Draw the span from the smallest to the largest loss along the gradient, over the steps."""
    figure = new_figure("Loss along the gradient", STEP, "smallest to largest loss", log_y=True)
    for (name, one), color in zip(found.items(), CLASS_COLORS, strict=False):
        for label, values, fill in (("smallest", one.low, None), ("largest", one.high, "tonexty")):
            figure.add_scatter(
                mode="lines",
                name=name,
                legendgroup=name,
                showlegend=fill is not None,
                x=one.steps,
                y=drawable(values, log=True),
                fill=fill,
                fillcolor=faded(color, 0.3),
                line={"color": color, "width": 1},
                hovertemplate=f"<b>{name}</b>, step %{{x:,}}<br>{label} loss %{{y:.6g}}"
                "<extra></extra>",
            )
    return Chart(figure, "loss-along-gradient", partial(_table, found))


def plot_changes(found: Found) -> Chart:
    """Draw the largest change of the gradient along itself, over the steps."""
    figure = new_figure(
        "Change of the gradient along itself", STEP, "‖∇L there − ∇L here‖",
        log_y=True,
    )  # fmt: skip
    for (name, one), color in zip(found.items(), CLASS_COLORS, strict=False):
        figure.add_scatter(
            mode="lines",
            name=name,
            x=one.steps,
            y=drawable(one.change, log=True),
            line={"color": color, "width": 2},
            hovertemplate=f"<b>{name}</b>, step %{{x:,}}<br>change %{{y:.6g}}<extra></extra>",
        )
    return Chart(figure, "gradient-along-gradient", partial(_table, found))


def _table(found: Found) -> pd.DataFrame:
    """Return one row a look at a run."""
    columns = {
        "step": np.concatenate([one.steps for one in found.values()]),
        "run": np.repeat(list(found), [len(one.steps) for one in found.values()]),
        "smallest_loss": np.concatenate([one.low for one in found.values()]),
        "largest_loss": np.concatenate([one.high for one in found.values()]),
        "gradient_change": np.concatenate([one.change for one in found.values()]),
    }
    return pd.DataFrame(columns)
