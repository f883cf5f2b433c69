"""Calibration: predicted probabilities beside how often they came true."""

from functools import partial

import numpy as np
import pandas as pd

from nnlib.probes.inspection import Calibration
from pages.shared.charts.chart import Chart
from pages.shared.charts.theme import BATCH, VALIDATION, empty_figure, faded, new_figure
from pages.shared.tables.charts_curves import NOTHING, line_trace, unit_square


def plot_calibration(found: Calibration | None, what: str, outcome: str) -> Chart:
    """Draw how often predictions came true over their probability, with 95 % intervals.

    Parameters
    ----------
    found : nnlib.probes.inspection.Calibration or None
        None where there is nothing to compare.
    what : the predicted probability, for the x axis; already escaped
    outcome : what the share is of, for the y axis; already escaped
    """
    table = partial(_calibration_table, found)
    axes = (what, outcome)
    if found is None or not len(found.count):
        return Chart(empty_figure("Calibration", *axes, NOTHING, height=400), "calibration", table)
    figure = unit_square(f"Expected calibration error {found.error:.1%}", axes, "calibration")
    perfect = line_trace("perfectly calibrated", (0, 1), (0, 1), BATCH, dash="dash")
    points = line_trace("network, 95% interval", found.predicted, found.observed, VALIDATION)
    points |= {
        "mode": "lines+markers",
        "marker": {"size": 8},
        "customdata": np.stack([found.count, found.low, found.high], axis=1),
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": (found.high - found.observed).astype(np.float32),
            "arrayminus": (found.observed - found.low).astype(np.float32),
            "color": faded(VALIDATION, 0.5),
            "thickness": 1.5,
        },
        "hovertemplate": "mean probability %{x:.1%}<br>came true %{y:.1%} of "
        "%{customdata[0]:,} examples<br>95% interval %{customdata[1]:.1%} to "
        "%{customdata[2]:.1%}<extra></extra>",
    }
    return Chart(figure.add_traces([perfect | {"hoverinfo": "skip"}, points]), "calibration", table)


def plot_calibration_counts(found: Calibration | None, what: str) -> Chart:
    """Draw how many examples are in each bin of the calibration chart, at their mean."""
    table = partial(_calibration_table, found)
    title, axes = "How sure the network is", (what, "examples")
    if found is None or not len(found.count):
        return Chart(empty_figure(title, *axes, NOTHING, height=400), "calibration-counts", table)
    figure = new_figure(title, *axes, height=400)
    figure.add_bar(
        x=found.predicted.astype(np.float32),
        y=found.count,
        width=0.03,
        marker_color=VALIDATION,
        hovertemplate="%{y:,} examples<br>mean probability %{x:.1%}<extra></extra>",
    )
    return Chart(
        figure.update_layout(xaxis={"range": (-0.02, 1.02), "tickformat": ".0%"}),
        "calibration-counts",
        table,
    )


def _calibration_table(found: Calibration | None) -> pd.DataFrame:
    """Return rows ``mean probability, share that came true, low, high, examples``."""
    names = ("mean probability", "share that came true", "low", "high", "examples")
    if found is None:
        return pd.DataFrame(columns=list(names))
    columns = (found.predicted, found.observed, found.low, found.high, found.count)
    return pd.DataFrame(dict(zip(names, columns, strict=True)))
