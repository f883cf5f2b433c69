"""Charts of the range test: loss and gradient norms while the learning rate rises."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.labs.range_test import RangeTest
from pages.shared.charts import theme
from pages.shared.charts.chart import Chart
from pages.shared.charts.comparison_rates import RATE
from pages.shared.charts.curves import drawable, log_ticks
from pages.shared.charts.figure import Figure


def plot_range_test(test: RangeTest) -> Chart:
    """Draw the minibatch loss over the rising rate, with the lowest point and the suggestion."""
    figure = theme.new_figure(
        "Minibatch loss while the learning rate rises", RATE, "minibatch loss", log_x=True
    )
    hover = "rate %{x:.3g}: %{y:.4g}<extra></extra>"
    common = {"x": test.rates, "mode": "lines"}
    figure.add_traces(
        [
            common
            | {
                "name": "single minibatches",
                "y": drawable(test.losses),
                "line": {"color": theme.faded(theme.BATCH, 0.55), "width": 1},
                "hovertemplate": f"single minibatch, {hover}",
            },
            common
            | {
                "name": "smoothed",
                "y": drawable(test.smoothed),
                "line": {"color": theme.TRAIN, "width": 2.5},
                "hovertemplate": f"<b>smoothed</b>, {hover}",
            },
        ]
    )
    _mark_rate(figure, float(test.rates[test.lowest]), "lowest", theme.CLASS_COLORS[8])
    if test.suggestion is not None:
        _mark_rate(figure, test.suggestion, "suggested", theme.CLASS_COLORS[2])
    finite = test.smoothed[np.isfinite(test.smoothed)]
    if len(finite):  # one spike of a single minibatch would press everything else down
        figure.update_yaxes(range=(0, 1.15 * float(finite.max())))
    return Chart(figure, "range-test", partial(_table, test))


def _mark_rate(figure: Figure, rate: float, name: str, color: str) -> None:
    figure.add_vline(rate, line={"color": color, "width": 1.5, "dash": "dash"})
    figure.add_annotation(
        x=float(np.log10(rate)),  # annotations on a logarithmic axis take the exponent
        y=1,
        yref="paper",
        yanchor="bottom",
        text=f"{name} {theme.plain_number(rate)}",
        showarrow=False,
        xanchor="right" if name == "suggested" else "left",
        font={"color": color},
    )


def plot_range_gradients(test: RangeTest) -> Chart:
    """Draw the norm of each layer's gradient over the rising rate."""
    title = "Gradient norm of each layer while the rate rises"
    figure = theme.new_figure(title, RATE, "gradient norm", log_x=True, log_y=True)
    figure.add_traces(
        [
            {
                "name": layer,
                "x": test.rates,
                "y": drawable(test.gradient_norms[:, i], log=True),
                "mode": "lines",
                "line": {"color": color, "width": 1.5},
                "hovertemplate": f"<b>{layer}</b>, rate %{{x:.3g}}: %{{y:.4g}}<extra></extra>",
            }
            for i, (layer, color) in enumerate(
                zip(test.layers, theme.layer_colors(len(test.layers)), strict=True)
            )
        ]
    )
    figure.update_yaxes(**log_ticks(test.gradient_norms))
    return Chart(figure, "range-test-gradients", partial(_table, test))


def _table(test: RangeTest) -> pd.DataFrame:
    """Return one row a step: rate, loss, smoothed loss, and each layer's gradient norm."""
    columns: dict[str, NDArray[Any]] = {
        "step": np.arange(len(test.rates)),
        "learning_rate": test.rates,
        "batch_loss": test.losses,
        "smoothed": test.smoothed,
    }
    norms = {f"gradient_norm_{n}": test.gradient_norms[:, i] for i, n in enumerate(test.layers)}
    return pd.DataFrame(columns | norms)
