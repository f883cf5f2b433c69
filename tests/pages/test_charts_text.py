"""Charts of the Text sentiment page: what they show, their titles, hovers and tables."""

import numpy as np
import pytest

from nnlib.labs.text_learning import LearningCurve
from pages.shared.text import charts, charts_compared
from pages.shared.text.charts import FIRST, MOST_BARS, REST, SECOND, Part, Vocabulary

PARTS = [Part("not", 1, -2.0, -2.0), Part("<b>good", 2, 0.75, 1.5)]
WORDS = Vocabulary(
    ("a", "bad", "good", "<b>rare"),
    np.array([0.0, -1.5, 2.0, 9.0]),
    np.array([9, 5, 4, 1]),
    np.array([0.5, 0.2, 0.75, 1]),
)
CURVE = LearningCurve(
    np.array([16, 64, 256]),
    np.array([[np.nan, 0.5], [0.6, 0.7], [0.75, 0.85]]),
    np.array([[np.nan, 1.0], [1.0, 1.0], [0.95, 1.0]]),
    np.array([[0, 20], [60, 64], [200, 204]]),
    0.5,
    100,
)
PAIR = ("not good, bad", "not bad, <i>good")
CHANCES = {"single words": [0.25, 0.25], "words and pairs": [0.125, 0.75]}
CHARTS = {
    "contributions": lambda: charts.plot_contributions(PARTS, 0.25, -0.25),
    "vocabulary": lambda: charts.plot_vocabulary(WORDS, ("<b>no", "yes")),
    "order": lambda: charts_compared.plot_order(PAIR, CHANCES, "<b>"),
    "curve": lambda: charts_compared.plot_learning_curve(CURVE),
}
EMPTY = [
    lambda: charts.plot_contributions([], 0.5, 0.5),
    lambda: charts.plot_vocabulary(WORDS, ("no", "yes"), least_texts=20),
    lambda: charts_compared.plot_order((), {}, "yes"),
]


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_has_titles_hovers_and_no_background_of_its_own(name: str):
    figure = CHARTS[name]().figure
    assert figure.layout.title.text and figure.layout.xaxis.title.text
    assert figure.layout.paper_bgcolor is None and figure.layout.plot_bgcolor is None
    for trace in figure.data:
        assert trace.hovertemplate or trace.hoverinfo == "skip"
    assert "<b>good" not in figure.to_json() and "<b>rare" not in figure.to_json()
    assert "<b>no" not in figure.to_json() and "<i>good" not in figure.to_json()
    assert len(figure.to_json()) < 20_000


@pytest.mark.parametrize("make", EMPTY)
def test_without_anything_there_is_a_titled_figure_that_says_so(make):
    figure = make().figure
    assert figure.layout.title.text and figure.layout.xaxis.title.text and not figure.data
    assert figure.layout.annotations[0].text


def test_contributions_in_order_with_the_remainder_last():
    figure = CHARTS["contributions"]().figure
    (bars,) = figure.data
    np.testing.assert_array_equal(bars.x, [-2, 1.5, 0.25])
    assert list(bars.marker.color) == [FIRST, SECOND, REST]
    assert list(figure.layout.yaxis.ticktext)[:2] == ["not", "&lt;b&gt;good"]
    assert list(bars.text) == ["−2", "+1.5", "+0.25"]
    assert "value 2 × gradient 0.75 = 1.5" in bars.customdata[1]
    assert "logit −0.25" in figure.layout.title.text
    low, high = figure.layout.xaxis.range
    assert low < -2 and high > 1.5


def test_of_many_terms_the_largest_are_drawn_and_nothing_is_lost():
    parts = [Part(f"w{i}", 1, i, float(i)) for i in range(40)]
    (bars,) = (figure := charts.plot_contributions(parts, 0.0, 780.0).figure).data
    assert len(bars.x) == MOST_BARS + 1
    assert bars.x.sum() == sum(range(40))
    assert figure.layout.yaxis.ticktext[-2] == f"{40 - MOST_BARS + 1} other terms"


def test_vocabulary_has_the_strongest_of_either_side():
    assert WORDS.strongest(5, 2) == ([2], [1])
    assert WORDS.strongest(1, 1) == ([3], [1])
    figure = charts.plot_vocabulary(WORDS, ("no", "yes"), least_texts=2).figure
    (bars,) = figure.data
    np.testing.assert_array_equal(bars.x, [2, -1.5])
    assert "in 4 training texts, whose mean label is 0.75" in bars.customdata[0]


def test_order_has_a_bar_a_sentence_and_bag():
    figure = CHARTS["order"]().figure
    assert [list(t.y) for t in figure.data] == [[0.25, 0.125], [0.25, 0.75]]
    assert list(figure.data[0].x) == list(CHANCES)
    assert figure.layout.yaxis.range == (0, 1.08)


def test_curve_has_means_bands_and_the_majority():
    figure = CHARTS["curve"]().figure
    lines = {t.name: t for t in figure.data if t.mode == "lines+markers"}
    np.testing.assert_allclose(lines["held-out texts"].y, [0.65, 0.8])
    assert list(lines["training texts"].x) == [64, 256]
    bands = [t.y for t in figure.data if t.mode == "lines"]
    np.testing.assert_allclose(bands, [[1, 0.95], [1, 1], [0.6, 0.75], [0.7, 0.85]])
    assert figure.layout.xaxis.type == "log" and figure.layout.shapes[0].y0 == 0.5
    assert "from 60.0% to 70.0% over 2 seeds" in lines["held-out texts"].customdata[0]


def test_tables():
    table = CHARTS["contributions"]().table()
    assert list(table["term"]) == ["not", "<b>good", "(bias and nonlinearity)"]
    assert table["contribution"].sum() == -0.25
    assert list(CHARTS["vocabulary"]().table()["term"]) == ["<b>rare", "good", "a", "bad"]
    rows = CHARTS["order"]().table()
    assert len(rows) == 4 and rows["probability"].sum() == 1.375
    rows = CHARTS["curve"]().table()
    assert list(rows["training_texts"]) == [16, 16, 64, 64, 256, 256]
    assert list(rows["run"]) == [1, 2] * 3 and rows["held_out_accuracy"].isna().sum() == 1
