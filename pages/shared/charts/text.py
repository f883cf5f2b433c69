"""Charts of a bag of words: what each word adds, what was learned, and how much data it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from nnlib._array import Array
from nnlib.text_learning import LearningCurve
from pages.shared.charts.theme import (
    BATCH,
    CLASS_COLORS,
    TRAIN,
    VALIDATION,
    empty_figure,
    escape,
    faded,
    new_figure,
    plain_number,
)

if TYPE_CHECKING:
    import pandas as pd

FIRST, SECOND, REST = CLASS_COLORS[0], CLASS_COLORS[1], BATCH
"""Towards the first class, towards the second, and what no word explains."""
MOST_BARS = 24
CONTRIBUTION = "contribution to the logit"
REMAINDER = "bias and nonlinearity"
_LONGEST_WORD = 28
_ROW = 22  # pixels a bar
_FRAME = 120  # pixels above and below the bars


@dataclass(frozen=True)
class Part:
    """A term of a text: its value in the bag, the gradient there, and their product."""

    term: str
    value: float
    gradient: float
    contribution: float


# ------------------------------------------------------------------ one sentence


def plot_contributions(parts: Sequence[Part], remainder: float, logit: float) -> go.Figure:
    """Draw what each term adds to the logit, and what is left over.

    Parameters
    ----------
    parts : sequence of Part
        In the order of the text; of more than `MOST_BARS` the largest are drawn, and the others
        as one bar.
    remainder, logit : float
        The logit minus the sum of contributions, and the logit.
    """
    title = f"What each word adds to the logit {plain_number(logit)}"
    if not parts:
        return empty_figure(title, CONTRIBUTION, "", "No word of this text is in the vocabulary.")
    shown, others = _largest(parts)
    bars = [
        (_short(part.term), part.contribution, _part_hover(part), _side(part.contribution))
        for part in shown
    ]
    if others:
        rest = sum(part.contribution for part in others)
        name = f"{len(others)} other terms"
        bars.append((name, rest, f"{name}<br>together {plain_number(rest)}", _side(rest)))
    hover = f"{REMAINDER}: logit minus all contributions<br>{plain_number(remainder)}"
    bars.append((f"<i>{REMAINDER}</i>", remainder, hover, REST))
    figure = _horizontal_bars(title, CONTRIBUTION, bars)
    return figure.update_layout(uirevision="contributions")


def _largest(parts: Sequence[Part]) -> tuple[list[Part], list[Part]]:
    if len(parts) <= MOST_BARS:
        return list(parts), []
    order = np.argsort([-abs(part.contribution) for part in parts], kind="stable")
    kept = set(order[: MOST_BARS - 1].tolist())
    return (
        [part for i, part in enumerate(parts) if i in kept],
        [part for i, part in enumerate(parts) if i not in kept],
    )


def _part_hover(part: Part) -> str:
    return (
        f"<b>{escape(part.term)}</b><br>value {plain_number(part.value)} × gradient "
        f"{plain_number(part.gradient)} = {plain_number(part.contribution)}"
    )


def _side(value: float) -> str:
    return SECOND if value > 0 else FIRST


def contributions_data(parts: Sequence[Part], remainder: float) -> pd.DataFrame:
    """Return rows ``term, value, gradient, contribution``, the remainder last."""
    import pandas as pd

    rows = [vars(part) for part in parts]
    rows.append({"term": f"({REMAINDER})", "contribution": remainder})
    return pd.DataFrame(rows, columns=["term", "value", "gradient", "contribution"])


def _horizontal_bars(
    title: str, x_title: str, bars: Sequence[tuple[str, float, str, str]]
) -> go.Figure:
    """Draw bars from top to bottom, each with a name, a length, a hover text and a color."""
    figure = new_figure(title, x_title, "", height=_FRAME + _ROW * max(len(bars), 4))
    names, lengths, hovers, colors = zip(*bars, strict=True)
    places = list(range(len(bars)))
    figure.add_trace(
        {
            "type": "bar",
            "orientation": "h",
            "y": places,
            "x": np.array(lengths, np.float32),
            "marker": {"color": list(colors)},
            "customdata": list(hovers),
            "hovertemplate": "%{customdata}<extra></extra>",
            "text": [_signed(length) for length in lengths],
            "textposition": "outside",
            "cliponaxis": False,
            "showlegend": False,
        }
    )
    figure.update_yaxes(
        tickmode="array",
        tickvals=places,
        ticktext=list(names),
        range=(len(bars) - 0.4, -0.6),
        showgrid=False,
    )
    low, high = min(0.0, *lengths), max(0.0, *lengths)
    room = 0.16 * (high - low or 1.0)  # for the numbers beside the bars
    figure.update_xaxes(
        range=(low - room * (low < 0), high + room * (high > 0)), zeroline=True, zerolinewidth=1
    )
    return figure


def _signed(value: float) -> str:
    return f"+{plain_number(value, 2)}" if value > 0 else plain_number(value, 2).replace("-", "−")


def _short(term: str) -> str:
    return escape(term if len(term) <= _LONGEST_WORD else f"{term[: _LONGEST_WORD - 1]}…")


# ------------------------------------------------------------------ the vocabulary


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Terms with what was learned of them.

    Attributes
    ----------
    terms : length d
    weights : mean gradient of the logit with respect to each term, shape (d,)
    texts : in how many training texts each is, shape (d,)
    share : mean label of these texts, shape (d,)
    """

    terms: tuple[str, ...]
    weights: Array
    texts: Array
    share: Array

    def strongest(self, count: int, least_texts: int) -> tuple[list[int], list[int]]:
        """Return the places of the most positive and the most negative terms, strongest first."""
        allowed = np.flatnonzero(self.texts >= least_texts)
        order = allowed[np.argsort(self.weights[allowed], kind="stable")]
        low = [int(i) for i in order[:count] if self.weights[i] < 0]
        high = [int(i) for i in order[::-1][:count] if self.weights[i] > 0]
        return high, low


def plot_vocabulary(
    words: Vocabulary, class_names: Sequence[str], *, count: int = 15, least_texts: int = 1
) -> go.Figure:
    """Draw the terms that speak most for either class, the second class on top."""
    title = f"Words that speak most for {escape(class_names[1])} and for {escape(class_names[0])}"
    x_title = "mean gradient of the logit"
    high, low = words.strongest(count, least_texts)
    if not high and not low:
        return empty_figure(title, x_title, "", "No word is in as many training texts.")
    bars = [
        (
            _short(words.terms[i]),
            float(words.weights[i]),
            f"<b>{escape(words.terms[i])}</b><br>mean gradient {plain_number(words.weights[i])}"
            f"<br>in {int(words.texts[i]):,} training texts, whose mean label is "
            f"{plain_number(words.share[i], 2)}",
            _side(words.weights[i]),
        )
        for i in [*high, *reversed(low)]
    ]
    return _horizontal_bars(title, x_title, bars).update_layout(uirevision="vocabulary")


def vocabulary_data(words: Vocabulary) -> pd.DataFrame:
    """Return all terms, the most positive first."""
    import pandas as pd

    frame = pd.DataFrame(
        {
            "term": words.terms,
            "mean_logit_gradient": words.weights,
            "training_texts": words.texts,
            "mean_label": words.share,
        }
    )
    return frame.sort_values("mean_logit_gradient", ascending=False, ignore_index=True)


# ------------------------------------------------------------------ word order


def plot_order(
    sentences: Sequence[str], chances: dict[str, Sequence[float]], class_name: str
) -> go.Figure:
    """Draw the probability of each sentence, one group of bars for each bag of words.

    Parameters
    ----------
    sentences : sequence of str
    chances : dict of sequence of float
        By the name of the bag of words, one probability for each sentence.
    class_name : str
        Of the class that the probability is of.
    """
    title = "Two sentences under two bags of words"
    y_title = f"probability of {escape(class_name)}"
    if not sentences or not chances:
        return empty_figure(title, "terms", y_title, "There is nothing to compare.")
    figure = new_figure(title, "terms in the bag", y_title)
    for i, sentence in enumerate(sentences):
        values = [float(chances[bag][i]) for bag in chances]
        figure.add_trace(
            {
                "type": "bar",
                "name": f"“{escape(sentence[:60])}”",
                "x": list(chances),
                "y": values,
                "marker": {"color": CLASS_COLORS[(2, 4)[i % 2]]},
                "text": [f"{value:.1%}" for value in values],
                "textposition": "outside",
                "cliponaxis": False,
                "hovertemplate": "%{x}<br>probability %{y:.6f}<extra>%{fullData.name}</extra>",
            }
        )
    figure.update_yaxes(range=(0, 1.08), tickformat=".0%")
    return figure.add_hline(y=0.5, line={"color": faded(BATCH, 0.6), "width": 1, "dash": "dot"})


def order_data(sentences: Sequence[str], chances: dict[str, Sequence[float]]) -> pd.DataFrame:
    """Return rows ``terms, sentence, probability``."""
    import pandas as pd

    return pd.DataFrame(
        [
            {"terms": bag, "sentence": sentence, "probability": float(value)}
            for bag, values in chances.items()
            for sentence, value in zip(sentences, values, strict=True)
        ]
    )


# ------------------------------------------------------------------ the learning curve


def plot_learning_curve(curve: LearningCurve) -> go.Figure:
    """Draw accuracy over the number of training texts: mean, and band from least to greatest."""
    title = "Accuracy against the number of training texts"
    figure = new_figure(title, "training texts", "accuracy", log_x=True)
    for values, name, color in (
        (curve.training, "training texts", TRAIN),
        (curve.held_out, "held-out texts", VALIDATION),
    ):
        figure.add_traces(_band_and_mean(curve, values, name, color))
    figure.add_hline(
        y=curve.majority,
        line={"color": faded(BATCH, 0.8), "width": 1, "dash": "dot"},
        annotation={"text": "always the more frequent class", "font": {"size": 11}},
        annotation_position="bottom right",
    )
    figure.update_xaxes(tickmode="array", tickvals=curve.sizes.tolist(), tickformat=",")
    return figure.update_yaxes(tickformat=".0%")


def _band_and_mean(
    curve: LearningCurve, values: Array, name: str, color: str
) -> list[dict[str, Any]]:
    known = ~np.isnan(values).any(axis=1)
    sizes, values, terms = curve.sizes[known], values[known], curve.vocabulary[known]
    if not len(sizes):
        return []
    low, high, mean = values.min(axis=1), values.max(axis=1), values.mean(axis=1)
    edge = {"type": "scatter", "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    hover = [
        f"{size:,} training texts, {plain_number(round(float(t.mean())))} terms<br>"
        f"mean {m:.1%}, from {a:.1%} to {b:.1%} over {values.shape[1]} seeds"
        for size, t, m, a, b in zip(sizes, terms, mean, low, high, strict=True)
    ]
    return [
        {**edge, "x": sizes, "y": low, "showlegend": False},
        {**edge, "x": sizes, "y": high, "showlegend": False, "fill": "tonexty",
         "fillcolor": faded(color, 0.18)},
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": sizes,
            "y": mean,
            "name": name,
            "line": {"color": color, "width": 2},
            "customdata": hover,
            "hovertemplate": "%{customdata}<extra>%{fullData.name}</extra>",
        },
    ]  # fmt: skip


def learning_curve_data(curve: LearningCurve) -> pd.DataFrame:
    """Return one row a size and seed."""
    import pandas as pd

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
