"""A network beside simpler models, on the same validation rows."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from nnlib.datasets.baselines import Result
from pages.shared.charts.chart import Chart
from pages.shared.charts.figure import Figure
from pages.shared.charts.theme import BATCH, VALIDATION, empty_figure, new_figure, plain_number

NETWORK = "this network"
NOT_FINITE = "The network's loss is not a finite number: the run diverged."


def plot_comparison(results: Sequence[Result], score: str, *, loss: bool = False) -> Chart:
    """Draw one measure of the network and of the other models on the validation rows, as bars.

    Parameters
    ----------
    results : the network is the one called "this network"
    score : what the score is called
    loss : whether to draw the loss, and not the score
    """
    measure, better = ("loss", "less") if loss else (score, "more")
    title = f"{measure[:1].upper()}{measure[1:]} on the validation rows"
    figure = _bars(results, title, f"{measure} ({better} is better)", loss)
    return Chart(
        figure,
        f"baselines-{'loss' if loss else 'score'}",
        partial(_comparison_table, results, score),
    )


def _bars(results: Sequence[Result], title: str, measure: str, loss: bool) -> Figure:
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


def _comparison_table(results: Sequence[Result], score: str) -> pd.DataFrame:
    """Return rows ``model, <score>, loss, seconds to fit``."""
    return pd.DataFrame(
        {
            "model": [r.name for r in results],
            score: [r.score for r in results],
            "loss": [r.loss for r in results],
            "seconds to fit": [r.seconds for r in results],
        }
    )
