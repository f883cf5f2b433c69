"""Calibration: predicted probabilities beside how often they came true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from nnlib.inspection import Calibration
from pages.shared.charts.table_curves import NOTHING, line_trace, unit_square
from pages.shared.charts.theme import BATCH, VALIDATION, empty_figure, faded, new_figure

if TYPE_CHECKING:
    import pandas as pd


def plot_calibration(found: Calibration | None, what: str, outcome: str) -> go.Figure:
    """Draw how often predictions came true over their probability, with 95 % intervals.

    Parameters
    ----------
    found : nnlib.inspection.Calibration or None
        None where there is nothing to compare.
    what : str
        The predicted probability, for the x axis; already escaped.
    outcome : str
        What the share is of, for the y axis; already escaped.
    """
    axes = (what, outcome)
    if found is None or not len(found.count):
        return empty_figure("Calibration", *axes, NOTHING, height=400)
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
    return figure.add_traces([perfect | {"hoverinfo": "skip"}, points])


def plot_calibration_counts(found: Calibration | None, what: str) -> go.Figure:
    """Draw how many examples are in each bin of the calibration chart, at their mean."""
    title, axes = "How sure the network is", (what, "examples")
    if found is None or not len(found.count):
        return empty_figure(title, *axes, NOTHING, height=400)
    figure = new_figure(title, *axes, height=400)
    figure.add_bar(
        x=found.predicted.astype(np.float32),
        y=found.count,
        width=0.03,
        marker_color=VALIDATION,
        hovertemplate="%{y:,} examples<br>mean probability %{x:.1%}<extra></extra>",
    )
    return figure.update_layout(xaxis={"range": (-0.02, 1.02), "tickformat": ".0%"})


def calibration_data(found: Calibration | None) -> pd.DataFrame:
    """Return rows ``mean probability, share that came true, low, high, examples``."""
    import pandas as pd

    names = ("mean probability", "share that came true", "low", "high", "examples")
    if found is None:
        return pd.DataFrame(columns=list(names))
    columns = (found.predicted, found.observed, found.low, found.high, found.count)
    return pd.DataFrame(dict(zip(names, columns, strict=True)))
