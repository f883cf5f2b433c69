"""A race over its steps, the table of its results, and the rates of the bowl beside the theory."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.labs.descent import Descent, Measure, reached_minimum
from nnlib.labs.quadratics import RateCheck
from nnlib.labs.surfaces import Objective
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import drawable
from pages.shared.charts.figure import Figure
from pages.shared.charts.look import STEP
from pages.shared.charts.theme import empty_figure, new_figure, plain_number
from pages.shared.descent.charts_frames import MOST_POINTS, thinned
from pages.shared.descent.charts_lines import (
    MEASURES,
    NO_RACER,
    line_over_steps,
    log_ticks_of,
    racer_color,
    racer_label,
    with_tolerance,
)

_DECADES_ABOVE = 3  # of the start's value, seen of a run that blows up


def plot_values(surface: Objective, race: Sequence[Descent]) -> Chart:
    """Draw f over steps: above its lowest value and logarithmic where it has one."""
    log = surface.lowest is not None
    title, y_title = "Loss over steps", "f − lowest value" if log else "f"
    name, table = "loss-over-steps", partial(race_steps, race)
    if not race:
        return Chart(empty_figure(title, STEP, y_title, NO_RACER), name, table)
    figure = new_figure(title, STEP, y_title, log_y=log)
    base = surface.lowest or 0.0
    series = [run.values - base for run in race]
    _add_lines(figure, race, series, log=log)
    _cut_divergence(figure, race, series)
    if not log:  # f falls without end; what is on the map fits the axis
        ((_, reach), _) = surface.ranges
        low, high = surface.value(0.0, reach), surface.value(reach, 0.0)
        figure.update_yaxes(range=(1.5 * low, 1.1 * high))
    return Chart(figure, name, table)


def plot_measured(race: Sequence[Descent], measure: Measure, tolerance: float) -> Chart:
    """Draw what the tolerance is compared with over steps, and the tolerance."""
    title = {"slope": "Gradient norm over steps", "step": "Step length over steps"}[measure]
    name, table = title.lower().replace(" ", "-"), partial(race_steps, race)
    if not race:
        return Chart(empty_figure(title, STEP, MEASURES[measure], NO_RACER), name, table)
    figure = new_figure(title, STEP, MEASURES[measure], log_y=True)
    series = [run.measured for run in race]
    _add_lines(figure, race, series, log=True)
    _cut_divergence(figure, race, series)
    return Chart(with_tolerance(figure, tolerance, series), name, table)


def _add_lines(
    figure: Figure, race: Sequence[Descent], series: Sequence[NDArray[Any]], *, log: bool
) -> None:
    for run, values in zip(race, series, strict=True):
        steps = thinned(run.steps, MOST_POINTS)
        name, color = racer_label(run.optimizer), racer_color(run.optimizer)
        figure.add_trace(line_over_steps(name, steps, values[steps], color, log=log))


def _cut_divergence(
    figure: Figure, race: Sequence[Descent], series: Sequence[NDArray[Any]]
) -> None:
    """Keep a logarithmic axis to what the others need, where some run blew up."""
    if all(run.outcome != "diverged" for run in race):
        return
    shown = drawable(np.concatenate(series), log=True).astype(np.float64)
    start = float(next((value for value in series[0] if np.isfinite(value)), 0.0))
    if not np.isfinite(shown).any() or start <= 0:
        return
    low = np.log10(min(float(np.nanmin(shown)), start))
    figure.update_yaxes(range=(float(low) - 0.2, float(np.log10(start)) + _DECADES_ABOVE))


def race_table(surface: Objective, race: Sequence[Descent]) -> pd.DataFrame:
    """Return one row an optimizer: how it ended, steps to tolerance, where it was at the end."""
    return pd.DataFrame(
        {
            "optimizer": [racer_label(run.optimizer) for run in race],
            "outcome": [_outcome(run) for run in race],
            "steps to tolerance": pd.array([run.steps_to_tolerance for run in race], "Int64"),
            "where it ended": [_place(surface, run) for run in race],
            "final f": [_final(run, run.values) for run in race],
            "final ‖∇f‖": [_final(run, run.gradient_norms) for run in race],
            "final x": [_final(run, run.points[:, 0]) for run in race],
            "final y": [_final(run, run.points[:, 1]) for run in race],
        }
    )


def _final(run: Descent, values: NDArray[Any]) -> float:
    """Return the last value; none of a run that left the map, where it only says how it ended."""
    return float("nan") if run.outcome in ("diverged", "escaped") else float(values[-1])


def _outcome(run: Descent) -> str:
    if run.outcome == "step limit":
        return f"still moving after {run.steps:,} steps"
    return f"{run.outcome} at step {run.steps:,}"


def _place(surface: Objective, run: Descent) -> str:
    if run.outcome in ("diverged", "escaped"):
        return "off the map"
    reached = reached_minimum(surface, run)
    if reached is not None:
        point = ", ".join(plain_number(value, 4) for value in surface.minima[reached])
        return f"lowest point ({point})"
    if run.outcome == "step limit":
        return "on the way"
    if run.measure == "step":
        return "short step, not a lowest point"
    return "saddle point" if surface.lowest is None else "small gradient, not a lowest point"


def race_steps(race: Sequence[Descent]) -> pd.DataFrame:
    """Return one row an optimizer and step: where it is, f, gradient norm, length of the step."""
    columns = ["optimizer", "step", "x", "y", "f", "gradient norm", "step length"]
    tables = [
        pd.DataFrame(
            {
                "optimizer": racer_label(run.optimizer),
                "step": np.arange(run.steps + 1),
                "x": run.points[:, 0],
                "y": run.points[:, 1],
                "f": run.values,
                "gradient norm": run.gradient_norms,
                "step length": run.step_lengths,
            }
        )
        for run in race
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def plot_rates(checks: Sequence[RateCheck]) -> Chart:
    """Draw the distance to the minimum over steps, and the predicted slope dashed.

    The dashed line starts at the same distance and shrinks by the predicted factor each step.
    """
    title, y_title = "Distance to the minimum: run and prediction", "‖x − x*‖"
    name, table = "distance-to-the-minimum", partial(_distances, checks)
    if not checks:
        return Chart(empty_figure(title, STEP, y_title, NO_RACER), name, table)
    figure = new_figure(title, STEP, y_title, log_y=True)
    for check in checks:
        label, color = racer_label(check.optimizer), racer_color(check.optimizer)
        steps = thinned(len(check.distances) - 1, MOST_POINTS)
        figure.add_trace(line_over_steps(label, steps, check.distances[steps], color))
        dashed = line_over_steps(f"{label}, predicted", steps, _predicted(check)[steps], color)
        dashed["line"] = {"color": color, "width": 1.5, "dash": "dash"}
        figure.add_trace(dashed | {"showlegend": False})
    figure.update_layout(
        xaxis={"rangemode": "nonnegative"},
        yaxis=log_ticks_of([check.distances for check in checks]),
    )
    return Chart(figure, name, table)


def _predicted(check: RateCheck) -> NDArray[Any]:
    with np.errstate(over="ignore", under="ignore"):
        predicted: NDArray[Any] = check.distances[0] * check.predicted ** np.arange(
            len(check.distances), dtype=float
        )
    return predicted


def _distances(checks: Sequence[RateCheck]) -> pd.DataFrame:
    """Return one row a method and step: ``optimizer, step, distance, predicted distance``."""
    columns = ["optimizer", "step", "distance", "predicted distance"]
    tables = [
        pd.DataFrame(
            {
                "optimizer": racer_label(check.optimizer),
                "step": np.arange(len(check.distances)),
                "distance": check.distances,
                "predicted distance": _predicted(check),
            }
        )
        for check in checks
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def rates_table(checks: Sequence[RateCheck]) -> pd.DataFrame:
    """Return one row a method: its limit of stability, predicted and measured factor per step."""
    return pd.DataFrame(
        {
            "optimizer": [racer_label(check.optimizer) for check in checks],
            "stable below η": [check.stable_below for check in checks],
            "predicted rate": [check.predicted for check in checks],
            "measured rate": [
                np.nan if check.measured is None else check.measured for check in checks
            ],
        }
    )
