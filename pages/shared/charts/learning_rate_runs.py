"""Charts of runs compared over their steps, of the range test, and of schedules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from nnlib.learning_rates import Arm
from nnlib.range_test import RangeTest
from nnlib.schedules import Schedule
from pages.shared.charts.curves import STEP, drawable, log_ticks
from pages.shared.charts.learning_rate import (
    LOSS,
    NO_ARMS,
    RATE,
    SMALLEST_SHOWN,
    band,
    top_of,
    within,
)
from pages.shared.charts.theme import (
    BATCH,
    CLASS_COLORS,
    LOG_AXIS,
    TRAIN,
    empty_figure,
    escape,
    faded,
    layer_colors,
    new_figure,
    plain_number,
)

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = 3
_PANEL_HEIGHT = 230


def plot_loss_curves(arms: Sequence[Arm], title: str) -> go.Figure:
    """Draw the training loss of each arm over the steps: the median, and the seeds' range."""
    if not arms:
        return empty_figure(title, STEP, LOSS, NO_ARMS)
    figure = new_figure(title, STEP, LOSS, log_y=True, height=400)
    top = top_of(arms)
    for i, arm in enumerate(arms):
        color = CLASS_COLORS[i % len(CLASS_COLORS)]
        ranked = arm.ranked_losses
        if arm.seeds > 1:
            low, high = within(ranked.min(1), top), within(ranked.max(1), top)
            figure.add_traces(band(arm.steps, low, high, color, 0.18 if len(arms) <= 3 else 0.07))
        figure.add_trace(_loss_line(arm, color))
    seen = np.concatenate([within(arm.ranked_losses, top).ravel() for arm in arms])
    span = np.log10([max(seen.min(), SMALLEST_SHOWN) * 0.8, seen.max() * 1.25])
    figure.update_layout(legend_traceorder="normal")  # bands would reverse it
    return figure.update_yaxes(range=span.tolist(), **log_ticks(seen))


def _loss_line(arm: Arm, color: str) -> dict[str, Any]:
    name = escape(arm.label)
    return {
        "type": "scatter",
        "name": name,
        "x": arm.steps,
        "y": drawable(arm.median_losses, log=True),
        "mode": "lines",
        "line": {"color": color, "width": 2},
        "hovertemplate": f"<b>{name}</b>, step %{{x:,}}<br>loss %{{y:.5g}}<extra></extra>",
    }


def loss_curves_data(arms: Sequence[Arm]) -> pd.DataFrame:
    """Return rows ``setting, step, median, lowest, highest``; infinite where diverged."""
    import pandas as pd

    rows = [
        (arm.label, int(step), float(m), float(r.min()), float(r.max()))
        for arm in arms
        for step, m, r in zip(arm.steps, arm.median_losses, arm.ranked_losses, strict=True)
    ]
    return pd.DataFrame(rows, columns=["setting", "step", "median", "lowest", "highest"])


def plot_gradient_panels(arms: Sequence[Arm], title: str) -> go.Figure:
    """Draw the norm of each layer's gradient over the steps, one panel an arm, medians."""
    if not arms:
        return empty_figure(title, STEP, "gradient norm", NO_ARMS)
    columns = min(_COLUMNS, len(arms))
    rows = -(-len(arms) // columns)
    figure = new_figure(title, STEP, "", log_y=True, height=max(400, 100 + _PANEL_HEIGHT * rows))
    figure.set_subplots(
        rows=rows,
        cols=columns,
        shared_xaxes="all",
        shared_yaxes="all",
        horizontal_spacing=0.03,
        vertical_spacing=0.25 / rows,
        subplot_titles=[escape(arm.label) for arm in arms],
    )
    for i, arm in enumerate(arms):
        place = {"row": i // columns + 1, "col": i % columns + 1}
        figure.add_traces(
            _layer_lines(arm, named=i == 0),
            rows=[place["row"]] * len(arm.layers),
            cols=[place["col"]] * len(arm.layers),
        )
    figure.update_xaxes(title_text="", tickformat=",")
    figure.update_xaxes(title_text=STEP, row=rows)
    shown = np.concatenate([arm.median_gradient_norms.ravel() for arm in arms])
    figure.update_yaxes(title_text="", **LOG_AXIS, **log_ticks(shown))
    leave_room(figure)
    return figure.update_yaxes(title_text="gradient norm", col=1)


def leave_room(figure: go.Figure, share: float = 0.06) -> None:
    """Move panels and their titles down, away from the figure's title, in place.

    The plot gives up the height: a larger margin would be lost in exports.
    """
    for axis in figure.select_yaxes():
        axis.domain = [end * (1 - share) for end in axis.domain]
    for title in figure.layout.annotations:
        title.y *= 1 - share


def _layer_lines(arm: Arm, *, named: bool) -> list[dict[str, Any]]:
    medians = arm.median_gradient_norms
    return [
        {
            "type": "scatter",
            "name": layer,
            "legendgroup": layer,
            "showlegend": named,
            "x": arm.gradient_steps,
            "y": drawable(medians[:, i], log=True),
            "mode": "lines",
            "line": {"color": color, "width": 2},
            "hovertemplate": f"<b>{escape(arm.label)}</b>, {layer}<br>step %{{x:,}} · gradient "
            "norm %{y:.4g}<extra></extra>",
        }
        for i, (layer, color) in enumerate(
            zip(arm.layers, layer_colors(len(arm.layers)), strict=True)
        )
    ]


def gradient_panels_data(arms: Sequence[Arm]) -> pd.DataFrame:
    """Return rows ``setting, step, layer, median_gradient_norm``."""
    import pandas as pd

    rows = [
        (arm.label, int(step), layer, float(value))
        for arm in arms
        for step, record in zip(arm.gradient_steps, arm.median_gradient_norms, strict=True)
        for layer, value in zip(arm.layers, record, strict=True)
    ]
    return pd.DataFrame(rows, columns=["setting", "step", "layer", "median_gradient_norm"])


# ------------------------------------------------------------------ the range test


def plot_range_test(test: RangeTest) -> go.Figure:
    """Draw the minibatch loss over the rising rate, with the lowest point and the suggestion."""
    figure = new_figure(
        "Minibatch loss while the learning rate rises", RATE, "minibatch loss", log_x=True
    )
    hover = "rate %{x:.3g}: %{y:.4g}<extra></extra>"
    common = {"type": "scatter", "x": test.rates, "mode": "lines"}
    figure.add_traces(
        [
            common
            | {
                "name": "single minibatches",
                "y": drawable(test.losses),
                "line": {"color": faded(BATCH, 0.55), "width": 1},
                "hovertemplate": f"single minibatch, {hover}",
            },
            common
            | {
                "name": "smoothed",
                "y": drawable(test.smoothed),
                "line": {"color": TRAIN, "width": 2.5},
                "hovertemplate": f"<b>smoothed</b>, {hover}",
            },
        ]
    )
    _mark_rate(figure, float(test.rates[test.lowest]), "lowest", CLASS_COLORS[8])
    if test.suggestion is not None:
        _mark_rate(figure, test.suggestion, "suggested", CLASS_COLORS[2])
    finite = test.smoothed[np.isfinite(test.smoothed)]
    if len(finite):  # one spike of a single minibatch would press everything else down
        figure.update_yaxes(range=(0, 1.15 * float(finite.max())))
    return figure


def _mark_rate(figure: go.Figure, rate: float, name: str, color: str) -> None:
    figure.add_vline(rate, line={"color": color, "width": 1.5, "dash": "dash"})
    figure.add_annotation(
        x=float(np.log10(rate)),  # annotations on a logarithmic axis take the exponent
        y=1,
        yref="paper",
        yanchor="bottom",
        text=f"{name} {plain_number(rate)}",
        showarrow=False,
        xanchor="right" if name == "suggested" else "left",
        font={"color": color},
    )


def plot_range_gradients(test: RangeTest) -> go.Figure:
    """Draw the norm of each layer's gradient over the rising rate."""
    title = "Gradient norm of each layer while the rate rises"
    figure = new_figure(title, RATE, "gradient norm", log_x=True, log_y=True)
    figure.add_traces(
        [
            {
                "type": "scatter",
                "name": layer,
                "x": test.rates,
                "y": drawable(test.gradient_norms[:, i], log=True),
                "mode": "lines",
                "line": {"color": color, "width": 1.5},
                "hovertemplate": f"<b>{layer}</b>, rate %{{x:.3g}}: %{{y:.4g}}<extra></extra>",
            }
            for i, (layer, color) in enumerate(
                zip(test.layers, layer_colors(len(test.layers)), strict=True)
            )
        ]
    )
    return figure.update_yaxes(**log_ticks(test.gradient_norms))


def range_test_data(test: RangeTest) -> pd.DataFrame:
    """Return one row a step: rate, loss, smoothed loss, and each layer's gradient norm."""
    import pandas as pd

    columns: dict[str, NDArray[Any]] = {
        "step": np.arange(len(test.rates)),
        "learning_rate": test.rates,
        "batch_loss": test.losses,
        "smoothed": test.smoothed,
    }
    norms = {f"gradient_norm_{n}": test.gradient_norms[:, i] for i, n in enumerate(test.layers)}
    return pd.DataFrame(columns | norms)


# ------------------------------------------------------------------ schedules


def plot_schedules(
    schedules: dict[str, Schedule], rate: float, steps: int, *, log_y: bool = False
) -> go.Figure:
    """Draw the rate in effect at each step, for every schedule.

    Parameters
    ----------
    schedules : dict of str to callable
        By their label; each gives the factor of a step.
    rate : float
        The configured learning rate, which the factors multiply.
    steps : int
        Of the run.
    log_y : bool
        Whether the axis of the rate is logarithmic.
    """
    title = "Learning rate in effect, by schedule"
    if not schedules:
        return empty_figure(title, STEP, RATE, NO_ARMS)
    figure = new_figure(title, STEP, RATE, log_y=log_y, height=400)
    x = _drawn_steps(steps)
    figure.add_traces(
        [
            {
                "type": "scatter",
                "name": escape(name),
                "x": x,
                "y": drawable(np.array([rate * f(int(s)) for s in x]), log=log_y),
                "mode": "lines",
                "line": {"color": CLASS_COLORS[i % len(CLASS_COLORS)], "width": 2},
                "hovertemplate": f"<b>{escape(name)}</b>, step %{{x:,}}<br>learning rate "
                "%{y:.4g}<extra></extra>",
            }
            for i, (name, f) in enumerate(schedules.items())
        ]
    )
    return figure if log_y else figure.update_yaxes(rangemode="tozero")


def _drawn_steps(steps: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, steps - 1, min(steps, 1000)).round().astype(np.int64))


def schedules_data(schedules: dict[str, Schedule], rate: float, steps: int) -> pd.DataFrame:
    """Return rows ``schedule, step, learning_rate``, at most 1000 steps a schedule."""
    import pandas as pd

    x = _drawn_steps(steps)
    rows = [(n, int(s), rate * f(int(s))) for n, f in schedules.items() for s in x]
    return pd.DataFrame(rows, columns=["schedule", "step", "learning_rate"])
