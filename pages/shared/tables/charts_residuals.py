"""Residuals of a regression: over the predictions, and how they are distributed."""

from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from pages.shared.charts.chart import Chart
from pages.shared.charts.numbers import plain_number
from pages.shared.charts.points import first_target
from pages.shared.charts.theme import BATCH, VALIDATION, empty_figure, escape, faded, new_figure

NOTHING_FINITE = "There are no finite predictions: the run diverged."
_MOST_RESIDUALS = 2000


def plot_residuals(y_true: ArrayLike, y_pred: ArrayLike, target_name: str) -> Chart:
    """Draw actual minus predicted over the predictions of a regression, in the target's units."""
    table = partial(_residuals_table, y_true, y_pred)
    name = escape(target_name)
    axes = (f"predicted {name}", f"residual: actual - predicted {name}")
    actual, predicted = first_target(y_true), first_target(y_pred)
    if not len(predicted) or not np.isfinite(predicted).all():
        return Chart(
            empty_figure("Residuals", *axes, NOTHING_FINITE, height=400), "residuals", table
        )
    rest = actual - predicted
    mean, deviation = plain_number(rest.mean()), plain_number(rest.std())
    title = f"Residuals: mean {mean}, standard deviation {deviation}"
    figure = new_figure(title, *axes, height=400)
    rows = np.arange(len(rest))
    if len(rows) > _MOST_RESIDUALS:
        rows = np.linspace(0, len(rest) - 1, _MOST_RESIDUALS).round().astype(int)
    figure.add_scatter(
        x=predicted[rows].astype(np.float32),
        y=rest[rows].astype(np.float32),
        mode="markers",
        name="examples",
        marker={"color": faded(VALIDATION, 0.65), "size": 7},
        hovertemplate="predicted %{x:.6g}<br>residual %{y:.6g}<extra></extra>",
    )
    figure.add_hline(y=0, line={"color": BATCH, "dash": "dash", "width": 1.5})
    return Chart(figure.update_layout(uirevision="residuals", showlegend=False), "residuals", table)


def plot_residual_histogram(y_true: ArrayLike, y_pred: ArrayLike, target_name: str) -> Chart:
    """Draw how the residuals of a regression are distributed."""
    table = partial(_residuals_table, y_true, y_pred)
    axes = (f"residual: actual - predicted {escape(target_name)}", "examples")
    rest = first_target(y_true) - first_target(y_pred)
    title = "How the residuals are distributed"
    if not len(rest) or not np.isfinite(rest).all():
        return Chart(
            empty_figure(title, *axes, NOTHING_FINITE, height=400), "residual-histogram", table
        )
    counts, edges = np.histogram(rest, bins=min(30, max(5, round(len(rest) ** 0.5))))
    figure = new_figure(title, *axes, height=400)
    figure.add_bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=counts,
        width=np.diff(edges),
        marker={"color": faded(VALIDATION, 0.75), "line": {"width": 0}},
        customdata=np.stack([edges[:-1], edges[1:]], axis=1),
        hovertemplate="%{customdata[0]:.4g} to %{customdata[1]:.4g}: %{y:,} examples"
        "<extra></extra>",
    )
    return Chart(
        figure.update_layout(bargap=0.02, uirevision="residual histogram"),
        "residual-histogram",
        table,
    )


def _residuals_table(y_true: ArrayLike, y_pred: ArrayLike) -> pd.DataFrame:
    """Return rows ``actual, predicted, residual``."""
    actual, predicted = first_target(y_true), first_target(y_pred)
    return pd.DataFrame({"actual": actual, "predicted": predicted, "residual": actual - predicted})
