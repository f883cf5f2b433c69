"""Charts that compare texts: two orders of the same words, and more and more training texts."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from nnlib._array import Array
from nnlib.labs.text_learning import LearningCurve
from pages.shared.charts import theme
from pages.shared.charts.bands import fill_between
from pages.shared.charts.chart import Chart


def plot_order(
    sentences: Sequence[str], chances: Mapping[str, Sequence[float]], class_name: str
) -> Chart:
    """Draw the probability of each sentence, one group of bars for each bag of words.

    Parameters
    ----------
    chances : by the name of the bag of words, one probability for each sentence
    class_name : of the class that the probability is of
    """
    title = "Two sentences under two bags of words"
    y_title = f"probability of {theme.escape(class_name)}"
    if not sentences or not chances:
        reason = "There is nothing to compare."
        return Chart(theme.empty_figure(title, "terms", y_title, reason), "word-order")
    figure = theme.new_figure(title, "terms in the bag", y_title)
    for i, sentence in enumerate(sentences):
        values = [float(chances[bag][i]) for bag in chances]
        figure.add_trace(
            {
                "type": "bar",
                "name": f"“{theme.escape(sentence[:60])}”",
                "x": list(chances),
                "y": values,
                "marker": {"color": theme.CLASS_COLORS[(2, 4)[i % 2]]},
                "text": [f"{value:.1%}" for value in values],
                "textposition": "outside",
                "cliponaxis": False,
                "hovertemplate": "%{x}<br>probability %{y:.6f}<extra>%{fullData.name}</extra>",
            }
        )
    figure.update_yaxes(range=(0, 1.08), tickformat=".0%")
    figure.add_hline(
        y=0.5, line={"color": theme.faded(theme.BATCH, 0.6), "width": 1, "dash": "dot"}
    )
    return Chart(figure, "word-order", lambda: _order_table(sentences, chances))


def _order_table(sentences: Sequence[str], chances: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """Return rows ``terms, sentence, probability``."""
    return pd.DataFrame(
        [
            {"terms": bag, "sentence": sentence, "probability": float(value)}
            for bag, values in chances.items()
            for sentence, value in zip(sentences, values, strict=True)
        ]
    )


def plot_learning_curve(curve: LearningCurve) -> Chart:
    """Draw accuracy over the number of training texts: mean, and band from least to greatest."""
    title = "Accuracy against the number of training texts"
    figure = theme.new_figure(title, "training texts", "accuracy", log_x=True)
    for values, name, color in (
        (curve.training, "training texts", theme.TRAIN),
        (curve.held_out, "held-out texts", theme.VALIDATION),
    ):
        figure.add_traces(_band_and_mean(curve, values, name, color))
    figure.add_hline(
        y=curve.majority,
        line={"color": theme.faded(theme.BATCH, 0.8), "width": 1, "dash": "dot"},
    )
    figure.add_annotation(
        text="always the more frequent class",
        x=1,
        xref="x domain",
        y=curve.majority,
        xanchor="right",
        yanchor="top",
        showarrow=False,
        font_size=11,
    )
    figure.update_xaxes(tickmode="array", tickvals=curve.sizes.tolist(), tickformat=",")
    figure.update_yaxes(tickformat=".0%")
    return Chart(figure, "learning-curve", lambda: _curve_table(curve))


def _band_and_mean(
    curve: LearningCurve, values: Array, name: str, color: str
) -> list[dict[str, Any]]:
    known = ~np.isnan(values).any(axis=1)
    sizes, values, terms = curve.sizes[known], values[known], curve.vocabulary[known]
    if not len(sizes):
        return []
    low, high, mean = values.min(axis=1), values.max(axis=1), values.mean(axis=1)
    hover = [
        f"{size:,} training texts, {theme.plain_number(round(float(t.mean())))} terms<br>"
        f"mean {m:.1%}, from {a:.1%} to {b:.1%} over {values.shape[1]} seeds"
        for size, t, m, a, b in zip(sizes, terms, mean, low, high, strict=True)
    ]
    return [
        *fill_between(sizes, low, high, color, group=name),
        {
            "mode": "lines+markers",
            "x": sizes,
            "y": mean,
            "name": name,
            "legendgroup": name,
            "line": {"color": color, "width": 2},
            "customdata": hover,
            "hovertemplate": "%{customdata}<extra>%{fullData.name}</extra>",
        },
    ]


def _curve_table(curve: LearningCurve) -> pd.DataFrame:
    """Return one row a size and seed."""
    sizes, seeds = curve.held_out.shape
    return pd.DataFrame(
        {
            "training_texts": np.repeat(curve.sizes, seeds),
            "run": np.tile(np.arange(1, seeds + 1), sizes),
            "terms": curve.vocabulary.ravel(),
            "training_accuracy": curve.training.ravel(),
            "held_out_accuracy": curve.held_out.ravel(),
        }
    )
