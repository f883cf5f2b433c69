"""Charts of how well each class is recognized, and of the examples behind a cell of the matrix."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pages.shared.charts.chart import Chart
from pages.shared.charts.confusion import NO_EXAMPLES
from pages.shared.charts.images import Mistakes, draw_images
from pages.shared.charts.points import class_codes
from pages.shared.charts.theme import CLASS_COLORS, empty_figure, escape, new_figure

NONE_HERE = "There are no such examples in the validation split."
MOST_SHOWN = 12  # a mosaic of larger images would be slow to send
_LONGEST_NAME = 9
_MEASURES = (
    ("precision", "of those called {name}, the share that are {name}"),
    ("recall", "of those that are {name}, the share that is called so"),
    ("F1", "harmonic mean of precision and recall"),
)


@dataclass(frozen=True, eq=False)
class ClassScores:
    """Precision, recall and F1 of each class, shape (3, classes), and its examples (classes,).

    A score is NaN where it would be zero divided by zero: the precision of a class that is never
    predicted, the recall of one that does not occur.
    """

    scores: NDArray[np.float64]
    support: NDArray[np.int64]


def class_scores(y_true: ArrayLike, y_pred: ArrayLike, classes: int) -> ClassScores:
    """Return precision, recall and F1 of classes 0 to `classes` - 1; labels as `class_codes`."""
    from sklearn.metrics import precision_recall_fscore_support

    *scores, support = precision_recall_fscore_support(
        class_codes(y_true), class_codes(y_pred), labels=range(classes), zero_division=np.nan
    )
    return ClassScores(np.array(scores, np.float64), np.asarray(support, np.int64))


def plot_class_scores(y_true: ArrayLike, y_pred: ArrayLike, class_names: Sequence[str]) -> Chart:
    """Draw precision, recall and F1 of each class as bars, side by side."""
    found = class_scores(y_true, y_pred, len(class_names))
    table = partial(_scores_table, found, class_names)
    title, axes = "Precision, recall and F1 of each class", ("class", "score")
    if not found.support.sum():
        return Chart(empty_figure(title, *axes, NO_EXAMPLES), "class-scores", table)
    names = [escape(name) for name in class_names]
    figure = new_figure(title, *axes)
    for (measure, meaning), values, color in zip(
        _MEASURES, found.scores, CLASS_COLORS, strict=False
    ):
        figure.add_bar(
            name=measure,
            x=list(range(len(names))),
            y=values.astype(np.float32),
            marker_color=color,
            customdata=[
                f"<b>{name}</b>: {measure} "
                + (f"{value:.2%}" if np.isfinite(value) else "not defined")
                + f"<br>{meaning.format(name=name)}<br>{count:,} validation examples"
                for name, value, count in zip(names, values, found.support, strict=True)
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    ticks = {"tickmode": "array", "tickvals": list(range(len(names))), "ticktext": names}
    return Chart(
        figure.update_layout(
            barmode="group",
            bargap=0.25,
            xaxis=ticks if len(names) <= 20 else {},
            yaxis={"range": (0, 1.02), "tickformat": ".0%"},
        ),
        "class-scores",
        table,
    )


def _scores_table(found: ClassScores, class_names: Sequence[str]) -> pd.DataFrame:
    """Return rows ``class, precision, recall, F1, examples``."""
    measures = dict(zip((name for name, _ in _MEASURES), found.scores, strict=True))
    return pd.DataFrame({"class": list(class_names), **measures, "examples": found.support})


def examples_of(
    y_true: ArrayLike, probabilities: ArrayLike, actual: int | None, predicted: int | None
) -> Mistakes:
    """Return the examples of a cell of the confusion matrix, or the mistakes of a row or column.

    Parameters
    ----------
    y_true : shape (n,); class codes, or soft targets of shape (n, classes)
    probabilities : shape (n, classes); rows that are not finite are left out
    actual, predicted : class codes; None stands for every class. Where both are the same class, its
        correctly read examples come, the least sure first; else mistakes, the most confident first.
    """
    true, chances = class_codes(y_true), np.asarray(probabilities, np.float64)
    said, winning = chances.argmax(axis=1), chances.max(axis=1)
    correct = actual is not None and actual == predicted
    kept = np.isfinite(winning) & ((said == true) if correct else (said != true))
    kept &= True if actual is None else true == actual
    kept &= True if predicted is None else said == predicted
    rows = np.flatnonzero(kept)
    rows = rows[np.argsort(winning[rows] if correct else -winning[rows], kind="stable")]
    return Mistakes(rows, true[rows], said[rows], winning[rows])


def plot_examples(
    images: ArrayLike,
    found: Mistakes,
    class_names: Sequence[str],
    image_shape: tuple[int, int],
    what: str,
) -> Chart:
    """Draw the first examples found, each with "7, read as 1" and the probability of that.

    Parameters
    ----------
    images : array_like of shape (n, height * width)
    found : of `examples_of`
    what : begins the title, for instance "The most confident mistakes"; already escaped
    """
    table = partial(_examples_table, found, class_names)
    total = len(found.index)
    if not total:
        return Chart(empty_figure(what, "", "", NONE_HERE), "examples", table)
    shown = min(total, MOST_SHOWN)
    labels, hovers = [], []
    for row, a, p, chance in _rows(found, shown):
        names = (class_names[a], class_names[p])
        labels.append("{}, read as {}<br>".format(*map(_short, names)) + f"{chance:.0%}")
        full = "{}, read as {}<br>probability ".format(*map(escape, names))
        hovers.append(f"{full}{chance:.4%}<br>validation row {row}")
    count = f"{shown} of {total}" if shown < total else f"{total}"
    figure = draw_images(
        np.asarray(images)[found.index[:shown]],
        labels,
        image_shape,
        f"{what}: {count}",
        hovers=hovers,
    )
    return Chart(figure.update_layout(uirevision=what), "examples", table)


def _examples_table(found: Mistakes, class_names: Sequence[str]) -> pd.DataFrame:
    """Return rows ``row, actual, predicted, probability`` of all examples found."""
    names = np.array(class_names, object)
    return pd.DataFrame(
        {
            "row": found.index,
            "actual": names[found.actual],
            "predicted": names[found.predicted],
            "probability": found.probability,
        }
    )


def _rows(found: Mistakes, count: int) -> list[tuple[int, int, int, float]]:
    parts = (found.index, found.actual, found.predicted, found.probability)
    return list(zip(*(part[:count].tolist() for part in parts), strict=True))


def _short(name: str) -> str:
    return escape(name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…")
