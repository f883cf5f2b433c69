"""Charts of what a network predicts: the ROC curve, and predictions against actual values."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pages.shared.charts import theme
from pages.shared.charts.chart import Chart
from pages.shared.charts.confusion import NO_EXAMPLES
from pages.shared.charts.curves import drawable
from pages.shared.charts.figure import Figure
from pages.shared.charts.points import class_codes, first_target
from pages.shared.charts.surface_values import NOT_FINITE

MOST_SVG_MARKERS = 2000
_MOST_ROC_POINTS = 1000


@dataclass(frozen=True, eq=False)
class RocCurve:
    """Rates at each threshold, all of shape (points,), and the area under the curve.

    An example counts as positive from its threshold on; the first threshold is infinite.
    """

    false_positive_rate: NDArray[np.float64]
    true_positive_rate: NDArray[np.float64]
    threshold: NDArray[np.float64]
    area: float


def roc_curve(y_true: ArrayLike, probability: ArrayLike) -> RocCurve | None:
    """Return the receiver operating characteristic, or None where it is not defined.

    Parameters
    ----------
    y_true : shape (n,); 0 and 1; both must occur
    probability : shape (n,); of class 1; all must be finite
    """
    actual, score = class_codes(y_true) == 1, np.asarray(probability, np.float64)
    if actual.all() or not actual.any() or not np.isfinite(score).all():
        return None
    order = np.argsort(-score, kind="stable")
    actual, score = actual[order], score[order]
    last = np.append(np.flatnonzero(np.diff(score)), len(score) - 1)  # of each equal score
    true_positives = np.concatenate([[0], np.cumsum(actual)[last]])
    false_positives = np.concatenate([[0], np.cumsum(~actual)[last]])
    tpr, fpr = true_positives / actual.sum(), false_positives / (~actual).sum()
    area = float(np.trapezoid(tpr, fpr))
    return RocCurve(fpr, tpr, np.concatenate([[np.inf], score[last]]), area)


def plot_roc(y_true: ArrayLike, probability: ArrayLike, positive_name: str) -> Chart:
    """Draw the ROC curve of a binary classification, with the area under it in the title.

    Parameters
    ----------
    y_true, probability : shape (n,); as in `roc_curve`
    positive_name : name of class 1
    """
    axes = (f"false positive rate (positive: {theme.escape(positive_name)})", "true positive rate")
    curve = roc_curve(y_true, probability)
    figure = (
        theme.empty_figure("ROC curve", *axes, _why_no_roc(y_true, probability))
        if curve is None
        else _roc_figure(curve, axes)
    )
    return Chart(figure, "roc", partial(_roc_table, curve))


def _roc_figure(curve: RocCurve, axes: tuple[str, str]) -> Figure:
    figure = theme.new_figure(f"ROC curve: area {curve.area:.4f}", *axes)
    kept = np.arange(len(curve.threshold))
    if len(kept) > _MOST_ROC_POINTS:
        kept = np.linspace(0, kept[-1], _MOST_ROC_POINTS).round().astype(int)
    roc = {
        "mode": "lines",
        "name": "network",
        "x": curve.false_positive_rate[kept].astype(np.float32),
        "y": curve.true_positive_rate[kept].astype(np.float32),
        "customdata": drawable(np.minimum(curve.threshold[kept], 1)),
        "line": {"color": theme.VALIDATION, "width": 2.5},
        "hovertemplate": "probability ≥ %{customdata:.4g}<br>false positive rate %{x:.2%}<br>"
        "true positive rate %{y:.2%}<extra></extra>",
    }
    figure.add_traces([_diagonal(0.0, 1.0, "guessing"), roc])
    figure.update_layout(
        uirevision="roc",
        xaxis={"range": (-0.02, 1.02), "tickformat": ".0%"},
        yaxis={"range": (-0.02, 1.02), "tickformat": ".0%"},
    )
    return figure


def _why_no_roc(y_true: ArrayLike, probability: ArrayLike) -> str:
    if not np.size(y_true):
        return NO_EXAMPLES
    if not np.isfinite(np.asarray(probability, np.float64)).all():
        return NOT_FINITE
    return "An ROC curve needs examples of both classes."


def _roc_table(curve: RocCurve | None) -> pd.DataFrame:
    """Return rows ``threshold, false positive rate, true positive rate`` of the whole curve."""
    names = ("threshold", "false positive rate", "true positive rate")
    if curve is None:
        return pd.DataFrame(columns=list(names))
    columns = (curve.threshold, curve.false_positive_rate, curve.true_positive_rate)
    return pd.DataFrame(dict(zip(names, columns, strict=True)))


def plot_predicted_against_actual(y_true: ArrayLike, y_pred: ArrayLike, target_name: str) -> Chart:
    """Draw predictions of a regression against the true values, with the diagonal of a perfect one.

    Parameters
    ----------
    y_true, y_pred : shape (n,) or (n, k); in the target's own units; of several targets, the first
        is drawn
    """
    actual, predicted = first_target(y_true), first_target(y_pred)
    figure = _predicted_figure(actual, predicted, theme.escape(target_name))
    table = partial(_predicted_table, actual, predicted)
    return Chart(figure, "predicted-against-actual", table)


def _predicted_figure(
    actual: NDArray[np.float64], predicted: NDArray[np.float64], name: str
) -> Figure:
    axes = (f"actual {name}", f"predicted {name}")
    finite = np.isfinite(predicted)
    if not finite.any():
        message = NOT_FINITE if len(actual) else NO_EXAMPLES
        return theme.empty_figure("Predicted against actual values", *axes, message)
    title = f"Predicted against actual {name}{_r2_text(actual, predicted)}"
    figure = theme.new_figure(title, *axes)
    low, high = float(actual.min()), float(actual.max())
    points = {
        "type": "scattergl" if len(actual) > MOST_SVG_MARKERS else "scatter",
        "mode": "markers",
        "name": "examples",
        "x": drawable(actual),
        "y": drawable(predicted),
        "marker": {"color": theme.faded(theme.VALIDATION, 0.65), "size": 7},
        "hovertemplate": "actual %{x:.6g}<br>predicted %{y:.6g}<extra></extra>",
    }
    figure.add_traces([points, _diagonal(low, high, "perfect prediction")])
    return figure.update_layout(uirevision="predicted against actual")


def _r2_text(actual: NDArray[np.float64], predicted: NDArray[np.float64]) -> str:
    spread = np.square(actual - actual.mean()).sum()
    if not spread or not np.isfinite(predicted).all():
        return ""
    return f": R² {1 - np.square(actual - predicted).sum() / spread:.3f}"


def _diagonal(low: float, high: float, name: str) -> dict[str, Any]:
    ends = np.array([low, high], np.float32)
    return {
        "mode": "lines",
        "name": name,
        "x": ends,
        "y": ends,
        "line": {"color": theme.BATCH, "width": 1.5, "dash": "dash"},
        "hoverinfo": "skip",
    }


def _predicted_table(actual: NDArray[np.float64], predicted: NDArray[np.float64]) -> pd.DataFrame:
    """Return one row an example: ``actual, predicted``, of the first target."""
    return pd.DataFrame({"actual": actual, "predicted": predicted})
