"""Charts of what the scale of the weights does to the signal, and what remedies do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from nnlib.gradient_flow import LIMIT, ScaleSweep
from nnlib.gradient_flow_remedies import Treated
from pages.shared.charts.curves import drawable
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

_COLORS = (CLASS_COLORS[0], CLASS_COLORS[1], CLASS_COLORS[2], CLASS_COLORS[4])


# ------------------------------------------------------------------ the weight scale


def plot_scale_sweep(
    sweeps: Sequence[ScaleSweep], labels: Sequence[str], own: float = 0.0
) -> go.Figure:
    """Draw the factor per layer on the signal over the weight scale: theory and measurement.

    Parameters
    ----------
    sweeps, labels : one of each for an activation
    own : weight scale to mark as the one that is chosen, if it lies within the sweep
    """
    title = "Factor per layer on the signal, by weight scale"
    x_title, y_title = "weight scale √(n·var(w))", "factor per layer on ‖∂L/∂z‖"
    if not sweeps:
        return empty_figure(title, x_title, y_title, "Nothing has been chosen.")
    figure = new_figure(title, x_title, y_title, log_x=True, log_y=True, height=420)
    for i, (sweep, label) in enumerate(zip(sweeps, labels, strict=True)):
        color, name = _COLORS[i % len(_COLORS)], escape(label)
        figure.add_trace(
            {
                "type": "scatter",
                "name": f"{name}, theory",
                "legendgroup": name,
                "x": sweep.scales,
                "y": drawable(sweep.predicted, log=True),
                "mode": "lines",
                "line": {"color": color, "width": 2},
                "hovertemplate": f"<b>{name}</b>, theory<br>scale %{{x:.3g}}: %{{y:.4g}}"
                "<extra></extra>",
            }
        )
        figure.add_trace(
            {
                "type": "scatter",
                "name": f"{name}, measured",
                "legendgroup": name,
                "x": sweep.scales,
                "y": drawable(sweep.measured, log=True),
                "mode": "markers",
                "marker": {"color": color, "size": 7, "symbol": "circle-open"},
                "hovertemplate": f"<b>{name}</b>, measured<br>scale %{{x:.3g}}: %{{y:.4g}}"
                "<extra></extra>",
            }
        )
    figure.add_hline(1, line={"color": BATCH, "width": 1.5, "dash": "dot"})
    for scale, text in ((1.0, "Glorot, LeCun"), (float(np.sqrt(2)), "He")):
        _mark_scale(figure, scale, text, top=True)
    if sweeps[0].scales.min() <= own <= sweeps[0].scales.max():
        _mark_scale(figure, own, "as chosen", top=False)
    ticks = [0.25, 0.5, 1, 2, 4, 8]
    figure.update_xaxes(tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks])
    return figure.update_yaxes(dtick="D2")


def _mark_scale(figure: go.Figure, scale: float, text: str, *, top: bool) -> None:
    """Draw a vertical line, named at its left at the top, or at its right at the bottom."""
    dash = {} if top else {"dash": "dash"}
    figure.add_vline(scale, line={"color": faded(BATCH, 0.6 if top else 1), "width": 1.5} | dash)
    figure.add_annotation(
        x=float(np.log10(scale)),
        y=1 if top else 0,
        yref="paper",
        text=text,
        textangle=-90,
        xanchor="right" if top else "left",
        yanchor="top" if top else "bottom",
        showarrow=False,
        font={"color": BATCH, "size": 11},
    )


def scale_sweep_data(sweeps: Sequence[ScaleSweep]) -> pd.DataFrame:
    """Return rows ``activation, weight_scale, predicted, measured``."""
    import pandas as pd

    return pd.DataFrame(
        [
            (sweep.activation, float(scale), float(p), float(m))
            for sweep in sweeps
            for scale, p, m in zip(sweep.scales, sweep.predicted, sweep.measured, strict=True)
        ],
        columns=["activation", "weight_scale", "predicted", "measured"],
    )


# ------------------------------------------------------------------ remedies


def plot_ratios(treated: Sequence[Treated]) -> go.Figure:
    """Draw first against last hidden layer's signal before training, a point a seed."""
    title = "First against last hidden layer's signal, before training"
    y_title = "ratio of ‖∂L/∂z‖"
    if not treated:
        return empty_figure(title, "", y_title, "Nothing has been chosen.")
    figure = new_figure(title, "", y_title, log_y=True, height=400)
    for i, one in enumerate(treated):
        ratios = np.array([verdict.ratio for verdict in one.verdicts])
        name, color = escape(one.arm.label), CLASS_COLORS[i % len(CLASS_COLORS)]
        figure.add_trace(
            {
                "type": "scatter",
                "name": name,
                "showlegend": False,
                "x": [name] * len(ratios),
                "y": drawable(ratios, log=True),
                "mode": "markers",
                "marker": {"color": color, "size": 9, "opacity": 0.8},
                "hovertemplate": f"<b>{name}</b><br>ratio %{{y:.4g}}<extra></extra>",
            }
        )
    for limit, text in ((LIMIT, "exploding above"), (1 / LIMIT, "vanishing below")):
        figure.add_hline(limit, line={"color": BATCH, "width": 1, "dash": "dot"})
        figure.add_annotation(
            x=1,
            xref="paper",
            xanchor="right",
            y=float(np.log10(limit)),
            yanchor="bottom" if limit > 1 else "top",
            text=text,
            showarrow=False,
            font={"color": BATCH, "size": 11},
        )
    return figure.update_xaxes(type="category")


def ratios_data(treated: Sequence[Treated]) -> pd.DataFrame:
    """Return one row a remedy: verdicts, median ratio and final loss over the seeds."""
    import pandas as pd

    return pd.DataFrame(
        {
            "setting": [one.arm.label for one in treated],
            "before": [_kinds(one) for one in treated],
            "ratio": [one.ratio for one in treated],
            "median": [one.arm.final for one in treated],
            "lowest": [float(one.arm.final_losses.min()) for one in treated],
            "highest": [float(one.arm.final_losses.max()) for one in treated],
        }
    )


def _kinds(one: Treated) -> str:
    kinds = [verdict.kind for verdict in one.verdicts]
    distinct = sorted(set(kinds), key=lambda kind: (-kinds.count(kind), kind))
    if len(distinct) == 1:
        return distinct[0]
    return ", ".join(f"{kind} ({kinds.count(kind)})" for kind in distinct)
