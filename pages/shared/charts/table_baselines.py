"""A network beside simpler models, on the same validation rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from pages.shared.charts.theme import BATCH, VALIDATION, empty_figure, new_figure, plain_number

if TYPE_CHECKING:
    import pandas as pd

    from pages.shared.table_baselines import Result

NETWORK = "this network"
NOT_FINITE = "The network's loss is not a finite number: the run diverged."


def plot_comparison(
    results: Sequence[Result], title: str, measure: str, *, loss: bool = False
) -> go.Figure:
    """Draw one measure of the network and of the other models as bars.

    Parameters
    ----------
    results : sequence of Result
        The network is the one called "this network".
    title, measure : str
        What is seen; the name of the measure, with which way is better.
    loss : bool
        Whether the measure is the loss, and not the score.
    """
    values = [result.loss if loss else result.score for result in results]
    if not np.isfinite(values).all():
        return empty_figure(title, measure, "model", NOT_FINITE, height=300)
    names = [result.name for result in results]
    percent = "accuracy" in measure
    texts = [f"{value:.1%}" if percent else plain_number(value) for value in values]
    figure = new_figure(title, measure, "", height=300)
    figure.add_bar(
        x=np.asarray(values, np.float32),
        y=names,
        orientation="h",
        text=texts,
        textposition="auto",
        insidetextanchor="end",
        marker_color=[VALIDATION if name == NETWORK else BATCH for name in names],
        hovertemplate="<b>%{y}</b><br>%{x:.4%}<extra></extra>"
        if percent
        else "<b>%{y}</b><br>%{x:.5g}<extra></extra>",
    )
    axis = {"tickformat": ".0%", "range": (0, 1)} if percent else {"rangemode": "tozero"}
    return figure.update_layout(
        uirevision=title, xaxis=axis, yaxis={"autorange": "reversed", "title": {"text": "model"}}
    )


def comparison_data(results: Sequence[Result], score: str) -> pd.DataFrame:
    """Return rows ``model, <score>, loss, seconds to fit``."""
    import pandas as pd

    return pd.DataFrame(
        {
            "model": [r.name for r in results],
            score: [r.score for r in results],
            "loss": [r.loss for r in results],
            "seconds to fit": [r.seconds for r in results],
        }
    )
