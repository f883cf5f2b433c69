"""Chart of the learning rate in effect, by schedule."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.schedules import Schedule
from pages.shared.charts.chart import Chart
from pages.shared.charts.comparison_rates import NO_ARMS, RATE
from pages.shared.charts.curves import drawable
from pages.shared.charts.look import STEP
from pages.shared.charts.theme import CLASS_COLORS, empty_figure, escape, new_figure

_MOST_STEPS = 1000


def plot_schedules(
    schedules: Mapping[str, Schedule],
    rate: float,
    steps: int,
    per_epoch: int,
    *,
    log_y: bool = False,
) -> Chart:
    """Draw the rate in effect at each step, for every schedule.

    Parameters
    ----------
    schedules : by their label; each gives the factor of a step
    rate : the configured learning rate, which the factors multiply
    steps, per_epoch : of the run, and of an epoch
    log_y : whether the axis of the rate is logarithmic
    """
    title, name = "Learning rate in effect, by schedule", "schedules"
    x = np.unique(np.linspace(0, steps - 1, min(steps, _MOST_STEPS)).round().astype(np.int64))
    rates = {label: np.array([rate * f(int(s)) for s in x]) for label, f in schedules.items()}

    def table() -> pd.DataFrame:
        return _table(x, rates, per_epoch)

    if not rates:
        return Chart(empty_figure(title, STEP, RATE, NO_ARMS), name, table)
    figure = new_figure(title, STEP, RATE, log_y=log_y, height=400)
    figure.add_traces(
        [
            {
                "name": escape(label),
                "x": x,
                "y": drawable(y, log=log_y),
                "mode": "lines",
                "line": {"color": CLASS_COLORS[i % len(CLASS_COLORS)], "width": 2},
                "hovertemplate": f"<b>{escape(label)}</b>, step %{{x:,}}<br>learning rate "
                "%{y:.4g}<extra></extra>",
            }
            for i, (label, y) in enumerate(rates.items())
        ]
    )
    if not log_y:
        figure.update_yaxes(rangemode="tozero")
    return Chart(figure, name, table)


def _table(
    steps: NDArray[np.int64], rates: Mapping[str, NDArray[np.float64]], per_epoch: int
) -> pd.DataFrame:
    """Return rows ``step, epoch, schedule, learning_rate``, at most 1000 steps a schedule."""
    rows = [
        (int(step), step / per_epoch, label, float(value))
        for label, values in rates.items()
        for step, value in zip(steps, values, strict=True)
    ]
    return pd.DataFrame(rows, columns=["step", "epoch", "schedule", "learning_rate"])
