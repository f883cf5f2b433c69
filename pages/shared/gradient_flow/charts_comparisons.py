"""Charts of what the scale of the weights does to the signal, and what remedies do."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from nnlib.labs.gradient_flow import LIMIT, ScaleSweep
from nnlib.labs.gradient_flow_remedies import Treated
from pages.shared.charts.chart import Chart
from pages.shared.charts.comparison import differences_table
from pages.shared.charts.curves import drawable
from pages.shared.charts.figure import Figure
from pages.shared.charts.theme import BATCH, CLASS_COLORS, empty_figure, escape, faded, new_figure

_COLORS = (CLASS_COLORS[0], CLASS_COLORS[1], CLASS_COLORS[2], CLASS_COLORS[4])


def plot_scale_sweep(
    sweeps: Sequence[ScaleSweep], labels: Sequence[str], own: float = 0.0
) -> Chart:
    """Draw the factor per layer on the signal over the weight scale: theory and measurement.

    Parameters
    ----------
    sweeps, labels : one of each for an activation
    own : weight scale to mark as the one that is chosen, if it lies within the sweep
    """
    title, file = "Factor per layer on the signal, by weight scale", "signal-factor-by-weight-scale"
    x_title, y_title = "weight scale √(n·var(w))", "factor per layer on ‖∂L/∂z‖"
    if not sweeps:
        return Chart(empty_figure(title, x_title, y_title, "Nothing has been chosen."), file)
    figure = new_figure(title, x_title, y_title, log_x=True, log_y=True, height=420)
    for i, (sweep, label) in enumerate(zip(sweeps, labels, strict=True)):
        figure.add_traces(_sweep_traces(sweep, escape(label), _COLORS[i % len(_COLORS)]))
    figure.add_hline(1, line={"color": BATCH, "width": 1.5, "dash": "dot"})
    for scale, text in ((1.0, "Glorot, LeCun"), (float(np.sqrt(2)), "He")):
        _mark_scale(figure, scale, text, top=True)
    if sweeps[0].scales.min() <= own <= sweeps[0].scales.max():
        _mark_scale(figure, own, "as chosen", top=False)
    ticks = [0.25, 0.5, 1, 2, 4, 8]
    figure.update_xaxes(tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks])
    figure.update_yaxes(dtick="D2")
    return Chart(figure, file, lambda: _sweep_table(sweeps))


def _sweep_traces(sweep: ScaleSweep, name: str, color: str) -> list[dict[str, Any]]:
    parts = {
        "theory": (sweep.predicted, {"mode": "lines", "line": {"color": color, "width": 2}}),
        "measured": (
            sweep.measured,
            {"mode": "markers", "marker": {"color": color, "size": 7, "symbol": "circle-open"}},
        ),
    }
    return [
        {
            "name": f"{name}, {part}",
            "legendgroup": name,
            "x": sweep.scales,
            "y": drawable(values, log=True),
            "hovertemplate": f"<b>{name}</b>, {part}<br>scale %{{x:.3g}}: %{{y:.4g}}"
            "<extra></extra>",
        }
        | style
        for part, (values, style) in parts.items()
    ]


def _mark_scale(figure: Figure, scale: float, text: str, *, top: bool) -> None:
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


def _sweep_table(sweeps: Sequence[ScaleSweep]) -> pd.DataFrame:
    """Return rows ``activation, weight_scale, predicted, measured``."""
    return pd.DataFrame(
        [
            (sweep.activation, float(scale), float(p), float(m))
            for sweep in sweeps
            for scale, p, m in zip(sweep.scales, sweep.predicted, sweep.measured, strict=True)
        ],
        columns=["activation", "weight_scale", "predicted", "measured"],
    )


def plot_factors(treated: Sequence[Treated]) -> Chart:
    """Draw the factor per layer on the signal before training, a point a seed."""
    title = "Factor per layer on the signal, before training"
    y_title = "factor per layer on ‖∂L/∂z‖"
    if not treated:
        return Chart(empty_figure(title, "", y_title, "Nothing has been chosen."), "signal-factors")
    figure = new_figure(title, "", y_title, log_y=True, height=400)
    for i, one in enumerate(treated):
        factors = np.array([verdict.factor for verdict in one.verdicts])
        name, color = escape(one.arm.label), CLASS_COLORS[i % len(CLASS_COLORS)]
        figure.add_trace(
            {
                "name": name,
                "showlegend": False,
                "x": [name] * len(factors),
                "y": drawable(factors, log=True),
                "mode": "markers",
                "marker": {"color": color, "size": 9, "opacity": 0.8},
                "hovertemplate": f"<b>{name}</b><br>factor %{{y:.4g}}<extra></extra>",
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
    figure.update_xaxes(type="category")
    return Chart(figure, "signal-factors", lambda: _factors_table(treated))


def _factors_table(treated: Sequence[Treated]) -> pd.DataFrame:
    """Return rows ``setting, seed_number, factor, ratio, verdict``, before training."""
    rows = [
        (one.arm.label, seed, verdict.factor, verdict.ratio, verdict.kind)
        for one in treated
        for seed, verdict in enumerate(one.verdicts, 1)
    ]
    return pd.DataFrame(rows, columns=["setting", "seed_number", "factor", "ratio", "verdict"])


def remedies_table(treated: Sequence[Treated]) -> pd.DataFrame:
    """Return one row a remedy: the signal before training, and what training came to."""
    table = differences_table([one.arm for one in treated])
    table.insert(1, "before", [_kinds(one) for one in treated])
    table.insert(2, "ratio", [one.ratio for one in treated])
    return table


def _kinds(one: Treated) -> str:
    kinds = [verdict.kind for verdict in one.verdicts]
    distinct = sorted(set(kinds), key=lambda kind: (-kinds.count(kind), kind))
    if len(distinct) == 1:
        return distinct[0]
    return ", ".join(f"{kind} ({kinds.count(kind)})" for kind in distinct)
