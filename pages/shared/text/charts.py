"""Charts of a bag of words: what each word of a text adds, and what was learned of all words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nnlib._array import Array
from pages.shared.charts import theme
from pages.shared.charts.chart import Chart
from pages.shared.charts.figure import Figure

FIRST, SECOND, REST = theme.CLASS_COLORS[0], theme.CLASS_COLORS[1], theme.BATCH
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


def plot_contributions(parts: Sequence[Part], remainder: float, logit: float) -> Chart:
    """Draw what each term adds to the logit, and what is left over.

    Parameters
    ----------
    parts : in the order of the text; of more than `MOST_BARS` the largest are drawn, and the others
        as one bar
    remainder, logit : the logit minus the sum of contributions, and the logit
    """
    title = f"What each word adds to the logit {theme.plain_number(logit)}"
    name = "word-contributions"
    if not parts:
        reason = "No word of this text is in the vocabulary."
        return Chart(theme.empty_figure(title, CONTRIBUTION, "", reason), name)
    shown, others = _largest(parts)
    bars = [
        (_short(part.term), part.contribution, _part_hover(part), _side(part.contribution))
        for part in shown
    ]
    if others:
        rest = sum(part.contribution for part in others)
        other = f"{len(others)} other terms"
        bars.append((other, rest, f"{other}<br>together {theme.plain_number(rest)}", _side(rest)))
    hover = f"{REMAINDER}: logit minus all contributions<br>{theme.plain_number(remainder)}"
    bars.append((f"<i>{REMAINDER}</i>", remainder, hover, REST))
    figure = _horizontal_bars(title, CONTRIBUTION, bars).update_layout(uirevision=name)
    return Chart(figure, name, lambda: _contributions_table(parts, remainder))


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
        f"<b>{theme.escape(part.term)}</b><br>value {theme.plain_number(part.value)} × gradient "
        f"{theme.plain_number(part.gradient)} = {theme.plain_number(part.contribution)}"
    )


def _side(value: float) -> str:
    return SECOND if value > 0 else FIRST


def _contributions_table(parts: Sequence[Part], remainder: float) -> pd.DataFrame:
    """Return rows ``term, value, gradient, contribution``, the remainder last."""
    rows = [vars(part) for part in parts]
    rows.append({"term": f"({REMAINDER})", "contribution": remainder})
    return pd.DataFrame(rows, columns=["term", "value", "gradient", "contribution"])


def _horizontal_bars(
    title: str, x_title: str, bars: Sequence[tuple[str, float, str, str]]
) -> Figure:
    """Draw bars from top to bottom, each with a name, a length, a hover text and a color."""
    figure = theme.new_figure(title, x_title, "", height=_FRAME + _ROW * max(len(bars), 4))
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
    return f"+{theme.plain_number(value, 2)}" if value > 0 else theme.plain_number(value, 2)


def _short(term: str) -> str:
    return theme.escape(term if len(term) <= _LONGEST_WORD else f"{term[: _LONGEST_WORD - 1]}…")


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
) -> Chart:
    """Draw the terms that speak most for either class, the second class on top."""
    first, second = map(theme.escape, class_names)
    title = f"Words that speak most for {second} and for {first}"
    x_title = "mean gradient of the logit"
    high, low = words.strongest(count, least_texts)
    if not high and not low:
        reason = "No word is in as many training texts."
        return Chart(theme.empty_figure(title, x_title, "", reason), "words")
    bars = [
        (
            _short(words.terms[i]),
            float(words.weights[i]),
            f"<b>{theme.escape(words.terms[i])}</b><br>"
            f"mean gradient {theme.plain_number(words.weights[i])}<br>"
            f"in {int(words.texts[i]):,} training texts, whose mean label is "
            f"{theme.plain_number(words.share[i], 2)}",
            _side(words.weights[i]),
        )
        for i in [*high, *reversed(low)]
    ]
    figure = _horizontal_bars(title, x_title, bars).update_layout(uirevision="vocabulary")
    return Chart(figure, "words", lambda: _vocabulary_table(words))


def _vocabulary_table(words: Vocabulary) -> pd.DataFrame:
    """Return all terms, the most positive first."""
    frame = pd.DataFrame(
        {
            "term": words.terms,
            "mean_logit_gradient": words.weights,
            "training_texts": words.texts,
            "mean_label": words.share,
        }
    )
    return frame.sort_values("mean_logit_gradient", ascending=False, ignore_index=True)
