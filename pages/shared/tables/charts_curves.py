"""ROC and precision-recall curves of every class against the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pages.shared.charts import theme
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import legend_note
from pages.shared.charts.figure import Figure
from pages.shared.charts.points import class_codes

NOTHING = "These curves need finite predictions, and examples of at least two classes."
MOST_POINTS = 300
_MOST_LEGEND = 10


@dataclass(frozen=True, eq=False)
class ClassCurve:
    """A curve of one class against all others: its points, and the area that sums it up."""

    code: int
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    area: float
    share: float  # of the class among the examples


def _classes_with_both(
    y_true: ArrayLike, probabilities: ArrayLike
) -> list[tuple[int, NDArray[np.bool_], NDArray[np.float64]]]:
    """Return code, membership and probability of each class that has examples and others too.

    Of two classes only the second: the first one's curves say nothing new of the ROC.
    """
    actual, chances = class_codes(y_true), np.asarray(probabilities, np.float64)
    if not np.isfinite(chances).all():
        return []
    codes = [1] if chances.shape[1] == 2 else range(chances.shape[1])
    members = ((k, actual == k, chances[:, k]) for k in codes)
    return [(k, member, p) for k, member, p in members if member.any() and not member.all()]


def roc_curves(y_true: ArrayLike, probabilities: ArrayLike) -> list[ClassCurve]:
    """Return the ROC curve of each class against the others, (false, true) positive rate.

    Parameters
    ----------
    y_true : shape (n,); class codes, or soft targets as `class_codes` takes them
    probabilities : shape (n, classes); of two classes, the curve of the second is given
    """
    from sklearn.metrics import roc_auc_score, roc_curve

    curves = []
    for k, member, p in _classes_with_both(y_true, probabilities):
        false_rate, true_rate, _ = roc_curve(member, p)
        area = float(roc_auc_score(member, p))
        curves.append(ClassCurve(k, false_rate, true_rate, area, float(member.mean())))
    return curves


def precision_recall_curves(y_true: ArrayLike, probabilities: ArrayLike) -> list[ClassCurve]:
    """Return the precision-recall curve of each class, (recall, precision), and its average.

    The area is the average precision Σ (R_i - R_{i-1}) P_i, without interpolation. Parameters as
    for `roc_curves`.
    """
    from sklearn.metrics import average_precision_score, precision_recall_curve

    curves = []
    for k, member, p in _classes_with_both(y_true, probabilities):
        precision, recall, _ = precision_recall_curve(member, p)
        area = float(average_precision_score(member, p))
        curves.append(ClassCurve(k, recall[::-1], precision[::-1], area, float(member.mean())))
    return curves


def plot_roc_curves(curves: Sequence[ClassCurve], class_names: Sequence[str]) -> Chart:
    """Draw ROC curves; the title has the area, of several classes their unweighted mean."""
    table = partial(_curves_table, curves, class_names, "false positive rate", "true positive rate")
    axes = ("false positive rate", "true positive rate")
    if not curves:
        return Chart(theme.empty_figure("ROC curves", *axes, NOTHING, height=400), "roc", table)
    title = f"ROC: {_area_text(curves, class_names, 'area')}"
    figure = unit_square(title, axes, "roc")
    diagonal = line_trace("guessing", (0, 1), (0, 1), theme.BATCH, dash="dash")
    figure.add_traces([diagonal | {"hoverinfo": "skip"}])
    figure.add_traces(
        [
            _curve(curve, class_names, "area", ("false positive", "true positive"))
            for curve in curves
        ]
    )
    figure.update_layout(legend=legend_note(len(curves), "classes", _MOST_LEGEND))
    if len(curves) > 1:
        grid, mean = macro_roc(curves)
        macro = line_trace("macro average", grid, mean, theme.BATCH, width=4)
        hover = "<b>macro average</b><br>false positive %{x:.1%}<br>true positive %{y:.1%}"
        figure.add_traces([macro | {"hovertemplate": f"{hover}<extra></extra>"}])
    return Chart(figure, "roc", table)


def macro_roc(curves: Sequence[ClassCurve]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a grid of false positive rates and the mean of the classes' true positive rates."""
    grid = np.linspace(0, 1, 101)
    return grid, np.mean([_interpolated(curve, grid) for curve in curves], axis=0)


def _interpolated(curve: ClassCurve, grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the curve at the grid's places; where it rises straight up, its upper end."""
    places, first = np.unique(curve.x[::-1], return_index=True)
    return np.interp(grid, places, curve.y[::-1][first])


def plot_precision_recall(curves: Sequence[ClassCurve], class_names: Sequence[str]) -> Chart:
    """Draw precision-recall curves; the title has the average precision, or its mean."""
    table = partial(_curves_table, curves, class_names, "recall", "precision")
    axes = ("recall", "precision")
    if not curves:
        return Chart(
            theme.empty_figure("Precision-recall curves", *axes, NOTHING, height=400),
            "precision-recall",
            table,
        )
    title = f"Precision-recall: {_area_text(curves, class_names, 'average precision')}"
    figure = unit_square(title, axes, "precision recall")
    figure.add_traces(
        [_curve(c, class_names, "average precision", ("recall", "precision"), "vh") for c in curves]
    )
    figure.update_layout(legend=legend_note(len(curves), "classes", _MOST_LEGEND))
    if len(curves) == 1:
        share = curves[0].share
        guess = line_trace("guessing", (0, 1), (share, share), theme.BATCH, dash="dash")
        hover = f"guessing: the share of the class, {share:.1%}<extra></extra>"
        figure.add_traces([guess | {"hovertemplate": hover}])
    return Chart(figure, "precision-recall", table)


def _area_text(curves: Sequence[ClassCurve], class_names: Sequence[str], area: str) -> str:
    if len(curves) == 1:
        return f"{area} {curves[0].area:.4f} for {theme.escape(class_names[curves[0].code])}"
    mean = float(np.mean([curve.area for curve in curves]))
    return f"macro average {area.removeprefix('average ')} {mean:.4f}"


def unit_square(title: str, axes: tuple[str, str], revision: str) -> Figure:
    """Return an empty figure of two shares, each from 0 to 1."""
    unit = {"range": (-0.02, 1.02), "tickformat": ".0%"}
    return theme.new_figure(title, *axes, height=400).update_layout(
        uirevision=revision, xaxis=unit, yaxis=unit
    )


def _curve(
    curve: ClassCurve,
    class_names: Sequence[str],
    area: str,
    axes: tuple[str, str],
    shape: str = "linear",
) -> dict[str, Any]:
    kept = _thinned(len(curve.x))
    name = theme.escape(class_names[curve.code])
    trace = line_trace(
        name, curve.x[kept], curve.y[kept], theme.CLASS_COLORS[curve.code % len(theme.CLASS_COLORS)]
    )
    trace["line"]["shape"] = shape
    hover = f"<b>{name}</b> against the rest<br>{axes[0]} %{{x:.1%}}<br>{axes[1]} %{{y:.1%}}"
    return trace | {
        "hovertemplate": f"{hover}<br>{area} {curve.area:.4f}<extra></extra>",
        "showlegend": curve.code < _MOST_LEGEND,
    }


def line_trace(
    name: str, x: ArrayLike, y: ArrayLike, color: str, *, width: float = 2.0, dash: str = "solid"
) -> dict[str, Any]:
    """Return a line without a hover of its own."""
    return {
        "mode": "lines",
        "name": name,
        "x": np.asarray(x, np.float32),
        "y": np.asarray(y, np.float32),
        "line": {"color": color, "width": width, "dash": dash},
    }


def _thinned(count: int) -> NDArray[np.intp]:
    if count <= MOST_POINTS:
        return np.arange(count)
    return np.linspace(0, count - 1, MOST_POINTS).round().astype(np.intp)


def _curves_table(
    curves: Sequence[ClassCurve], class_names: Sequence[str], x: str, y: str
) -> pd.DataFrame:
    """Return rows ``class, <x>, <y>`` of all points of all curves."""
    empty = np.empty(0)
    return pd.DataFrame(
        {
            "class": [class_names[c.code] for c in curves for _ in c.x],
            x: np.concatenate([empty, *(c.x for c in curves)]),
            y: np.concatenate([empty, *(c.y for c in curves)]),
        }
    )
