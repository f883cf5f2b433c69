"""The confusion matrix: which classes a network takes for which."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pages.shared.charts.chart import Chart
from pages.shared.charts.figure import Figure
from pages.shared.charts.points import class_codes
from pages.shared.charts.theme import CLASS_COLORS, empty_figure, escape, faded, new_figure

NO_EXAMPLES = "There are no examples to predict."
MOST_COUNTED_CLASSES = 20
_SHARES = [(0.0, faded(CLASS_COLORS[0], 0.06)), (1.0, CLASS_COLORS[0])]
_WHITE_TEXT_FROM = 0.8  # share of a row from which its cell is dark enough for white text


def confusion_matrix(y_true: ArrayLike, y_pred: ArrayLike, classes: int) -> NDArray[np.int64]:
    """Return counts of shape (classes, classes): row the actual class, column the predicted."""
    pairs = class_codes(y_true) * classes + class_codes(y_pred)
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def plot_confusion_matrix(
    y_true: ArrayLike, y_pred: ArrayLike, class_names: Sequence[str]
) -> Chart:
    """Draw counts of actual against predicted classes, colored by share of the actual class.

    Parameters
    ----------
    y_true, y_pred : shape (n,); class codes, or soft targets as `class_codes` takes them
    class_names : up to 20 classes have their counts written in the cells
    """
    counts = confusion_matrix(y_true, y_pred, len(class_names))
    figure = _matrix_figure(counts, class_names)
    return Chart(figure, "confusion-matrix", partial(_matrix_table, counts, class_names))


def _matrix_figure(counts: NDArray[np.int64], class_names: Sequence[str]) -> Figure:
    total = int(counts.sum())
    axes = ("predicted class", "actual class")
    if not total:
        return empty_figure("Confusion matrix", *axes, NO_EXAMPLES)
    correct = np.trace(counts) / total
    title = f"Confusion matrix: {correct:.1%} of {total:,} correct"
    figure = new_figure(title, *axes, height=max(360, 26 * len(class_names) + 130))
    rows = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(rows, 1)
    names = [escape(name) for name in class_names]
    figure.add_traces([_shares_map(shares, counts, rows, names)])
    if len(names) <= MOST_COUNTED_CLASSES:
        figure.add_traces(_count_texts(counts, shares, names))
    ticks = {"tickmode": "array", "tickvals": list(range(len(names))), "ticktext": _short(names)}
    if len(names) > MOST_COUNTED_CLASSES:
        ticks = {}  # codes; as many names could not be read
    figure.update_layout(
        uirevision="confusion matrix",
        xaxis={"showgrid": False, "title": {"standoff": 10}, **ticks},
        yaxis={"autorange": "reversed", "showgrid": False, **ticks},
    )
    return figure


def _shares_map(
    shares: NDArray[np.float64],
    counts: NDArray[np.int64],
    rows: NDArray[np.int64],
    names: list[str],
) -> dict[str, Any]:
    hover = [
        [
            f"actual {actual}, predicted {predicted}<br>{count:,} of {int(total):,} ({share:.1%})"
            for predicted, count, share in zip(names, line, shared, strict=True)
        ]
        for actual, line, shared, (total,) in zip(names, counts, shares, rows, strict=True)
    ]
    return {
        "type": "heatmap",
        "z": shares.astype(np.float32),
        "zmin": 0,
        "zmax": 1,
        "colorscale": _SHARES,
        "xgap": 1,
        "ygap": 1,
        "text": hover,
        "hovertemplate": "%{text}<extra></extra>",
        "colorbar": {
            "title": {"text": "share of actual class", "side": "right"},
            "tickformat": ".0%",
            "thickness": 14,
        },
    }


def _count_texts(
    counts: NDArray[np.int64], shares: NDArray[np.float64], names: list[str]
) -> list[dict[str, Any]]:
    """Return one trace of white counts on dark cells, one in the page's text color elsewhere."""
    dark = shares >= _WHITE_TEXT_FROM
    traces = []
    for cells, font in ((dark, {"color": "#ffffff"}), (~dark & (counts > 0), {})):
        rows, columns = np.nonzero(cells)
        traces.append(
            {
                "mode": "text",
                "x": columns,
                "y": rows,
                "text": [f"{count:,}" for count in counts[cells]],
                "textfont": {"size": 13 if len(names) <= 10 else 10, **font},
                "hoverinfo": "skip",
                "showlegend": False,
            }
        )
    return traces


def _short(names: Sequence[str], most: int = 16) -> list[str]:
    """Cut long names for axes; the hover has them in full. A cut never parts an escape."""
    return [n if len(n) <= most or "&" in n else f"{n[: most - 1]}…" for n in names]


def _matrix_table(counts: NDArray[np.int64], class_names: Sequence[str]) -> pd.DataFrame:
    """Return one row a pair of classes: ``actual, predicted, count, share of actual``."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    names = np.array(class_names, object)
    return pd.DataFrame(
        {
            "actual": np.repeat(names, len(names)),
            "predicted": np.tile(names, len(names)),
            "count": counts.ravel(),
            "share of actual": shares.ravel(),
        }
    )
