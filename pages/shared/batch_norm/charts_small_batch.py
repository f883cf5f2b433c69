"""The chart of a small batch of several features, before and after normalization."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.labs.batch_statistics import NormalizedFeatures
from pages.shared.charts.chart import Chart
from pages.shared.charts.comparison import leave_room
from pages.shared.charts.theme import CLASS_COLORS, new_figure

_FILE = "small-batch"


def plot_small_batch(batch: NormalizedFeatures) -> Chart:
    """Draw the values of each example over the features, before and after, a panel each."""
    figure = new_figure("A small batch, before and after normalization", "feature", "")
    figure.set_subplots(rows=1, cols=2, titles=["before: x", "after: y"])
    for column, values in enumerate((batch.before, batch.after), start=1):
        for index, row in enumerate(values):
            figure.add_trace(_example(index, row, named=column == 1), row=1, col=column)
    leave_room(figure)
    figure.update_xaxes(title_text="feature", dtick=1).update_yaxes(title_text="")
    figure.update_yaxes(title_text="value", col=1)
    return Chart(figure, _FILE, lambda: small_batch_table(batch))


def _example(index: int, row: NDArray[Any], *, named: bool) -> dict[str, Any]:
    name, color = f"example {index + 1}", CLASS_COLORS[index % len(CLASS_COLORS)]
    return {
        "name": name,
        "legendgroup": name,
        "showlegend": named,
        "x": np.arange(1, len(row) + 1),
        "y": row,
        "mode": "lines+markers",
        "line": {"color": color, "width": 1, "dash": "dot"},
        "marker": {"color": color, "size": 9},
        "hovertemplate": f"<b>{name}</b>, feature %{{x}}: %{{y:.5g}}<extra></extra>",
    }


def small_batch_table(batch: NormalizedFeatures) -> pd.DataFrame:
    """Return one row an example and feature: x, standardized, y, and y of evaluation mode."""
    rows, columns = np.indices(batch.before.shape)
    return pd.DataFrame(
        {
            "example": rows.ravel() + 1,
            "feature": columns.ravel() + 1,
            "x": batch.before.ravel(),
            "standardized": batch.standardized.ravel(),
            "y": batch.after.ravel(),
            "y_evaluation": batch.evaluated.ravel(),
        }
    )


def statistics_table(batch: NormalizedFeatures) -> pd.DataFrame:
    """Return one row a feature: statistics of the batch, γ, β, and the running statistics."""
    return pd.DataFrame(
        {
            "feature": np.arange(1, len(batch.mean) + 1),
            "mean": batch.mean,
            "variance": batch.variance,
            "gamma": batch.gamma,
            "beta": batch.beta,
            "running_mean": batch.running_mean,
            "running_variance": batch.running_variance,
        }
    )
