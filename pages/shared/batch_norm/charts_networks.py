"""Charts of networks with and without batch normalization: many rates, and one unit."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.comparison import Arm
from nnlib.labs.normalized_networks import NOISY, PERCENTILES, WITH, WITHOUT, UnitArm, trains
from pages.shared.charts.bands import fill_between
from pages.shared.charts.chart import Chart
from pages.shared.charts.comparison import leave_room
from pages.shared.charts.comparison_rates import LOSS, NO_ARMS, RATE, top_of, within
from pages.shared.charts.curves import drawable
from pages.shared.charts.look import STEP
from pages.shared.charts.theme import CLASS_COLORS, empty_figure, escape, new_figure

ARM_COLORS = dict(zip((WITHOUT, WITH, NOISY), CLASS_COLORS, strict=False))
"""One color an arm, that of its place in charts of arms."""


def plot_rates(sweeps: Mapping[str, Sequence[Arm]]) -> Chart:
    """Draw the final loss of each arm over the rate: median, range of the seeds, and failures."""
    title = "Final training loss against the learning rate"
    if not sweeps:
        return Chart(empty_figure(title, RATE, LOSS, NO_ARMS), "final-loss-by-rate")
    figure = new_figure(title, RATE, LOSS, log_x=True, log_y=True, height=400)
    top = max(top_of(arms) for arms in sweeps.values())
    for label, arms in sweeps.items():
        color = ARM_COLORS[label]
        rates = np.array([arm.rate for arm in arms])
        finals = np.array([arm.finals() for arm in arms])
        if finals.shape[1] > 1:
            low, high = within(finals.min(1), top), within(finals.max(1), top)
            figure.add_traces(fill_between(rates, low, high, color, log=True, among=len(sweeps)))
        figure.add_trace(_rate_line(label, arms, rates, top, color))
    figure.update_layout(legend_traceorder="normal")
    return Chart(figure, "final-loss-by-rate", lambda: _rates_table(sweeps))


def _rate_line(
    label: str, arms: Sequence[Arm], rates: NDArray[Any], top: float, color: str
) -> dict[str, Any]:
    return {
        "name": label,
        "x": rates,
        "y": drawable(within(np.array([arm.final() for arm in arms]), top), log=True),
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


def _rates_table(sweeps: Mapping[str, Sequence[Arm]]) -> pd.DataFrame:
    """Return one row an arm and rate: median, lowest, highest final loss, outcome, trains."""
    return pd.DataFrame(
        [
            (
                label,
                arm.rate,
                arm.experiment.training.epochs,
                arm.final(),
                float(arm.finals().min()),
                float(arm.finals().max()),
                arm.outcome,
                trains(arm),
            )
            for label, arms in sweeps.items()
            for arm in arms
        ],
        columns=[
            "arm",
            "learning_rate",
            "epochs",
            "median",
            "lowest",
            "highest",
            "outcome",
            "trains",
        ],  # fmt: skip
    )


def plot_unit(watched: Sequence[UnitArm], unit: int) -> Chart:
    """Draw the percentiles of what one unit's activation is given, a panel an arm."""
    title = f"Input to unit {unit + 1} of the last hidden layer, over training"
    if not watched:
        return Chart(empty_figure(title, STEP, "pre-activation", NO_ARMS), "unit-percentiles")
    figure = new_figure(title, STEP, "pre-activation", height=400)
    figure.update_layout(uirevision="unit")
    figure.set_subplots(
        rows=1,
        cols=len(watched),
        shared_yaxes="all",
        horizontal_spacing=0.03,
        titles=[escape(one.arm.label) for one in watched],
    )
    for column, one in enumerate(watched, start=1):
        for trace in _unit_traces(one, named=column == 1):
            figure.add_trace(trace, row=1, col=column)
    leave_room(figure)
    figure.update_xaxes(title_text=STEP, tickformat=",")
    figure.update_yaxes(title_text="")
    figure.update_yaxes(title_text="pre-activation", col=1)
    return Chart(figure, "unit-percentiles", lambda: _unit_table(watched))


def _unit_traces(one: UnitArm, *, named: bool) -> list[dict[str, Any]]:
    color = ARM_COLORS[one.arm.label]
    low, middle, high = one.percentiles.T
    name = f"{PERCENTILES[0]}th to {PERCENTILES[2]}th percentile" if named else ""
    median = {
        "x": one.steps,
        "y": drawable(middle),
        "name": "median",
        "showlegend": named,
        "mode": "lines",
        "line": {"color": color, "width": 2.5},
        "customdata": np.stack([low, high], axis=1),
        "hovertemplate": "median %{y:.4g}<br>15th percentile %{customdata[0]:.4g}, 85th "
        "%{customdata[1]:.4g}<br>step %{x:,}<extra></extra>",
    }
    return [*fill_between(one.steps, low, high, color, name=name), median]


def _unit_table(watched: Sequence[UnitArm]) -> pd.DataFrame:
    """Return rows ``arm, step, p15, p50, p85``."""
    return pd.DataFrame(
        [
            (one.arm.label, int(step), *(float(value) for value in row))
            for one in watched
            for step, row in zip(one.steps, one.percentiles, strict=True)
        ],
        columns=["arm", "step", *(f"p{q}" for q in PERCENTILES)],
    )
