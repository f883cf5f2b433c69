"""Bands, and what a page says of the difference of two settings."""

import numpy as np
import pytest
from small_runs import make_arm

from nnlib.comparison import Band
from nnlib.paired import paired_difference
from pages.shared.charts.bands import fill_between, median_and_range
from pages.shared.charts.comparison import difference_text, differences_table, plot_loss_curves

X = np.array([1, 2, 3])
VALUES = np.array([[1.0, 2.0, 3.0], [4.0, np.nan, 5.0], [1.0, np.nan, np.nan]])


def test_a_band_is_drawn_in_one_way():
    low, high = fill_between(X, np.array([1, 0, 2]), np.array([2, 3, 4]), "#112233", log=True)
    assert "fill" not in low and high["fill"] == "tonexty"
    assert np.isnan(low["y"][1]) and not low["showlegend"] and not high["showlegend"]
    assert fill_between(X, X, X, "#112233", name="interval")[1]["showlegend"]
    many = fill_between(X, X, X, "#112233", among=9)[1]["fillcolor"]
    assert many != high["fillcolor"]


def test_seeds_that_diverged_are_drawn_at_the_limit():
    low, high, line = median_and_range(Band(X, VALUES), "a", "#112233", "x %{x}", limits=(0, 9))
    np.testing.assert_array_equal(line["y"], [2, 5, 9])
    np.testing.assert_array_equal(low["y"], [1, 4, 1])
    np.testing.assert_array_equal(high["y"], [3, 9, 9])
    np.testing.assert_array_equal(line["customdata"][1], [4, np.inf])
    (alone,) = median_and_range(Band(X, VALUES[:, :1]), "a", "#112233", "x %{x}")
    assert "seeds" not in alone["hovertemplate"]


@pytest.mark.parametrize(
    ("first", "second", "ratio", "text"),
    [
        ([8.0, 4.0], [4.0, 2.0], True, "0.5× (0.5× to 0.5×): lower"),
        ([0.5, 0.25], [0.75, 0.5], False, "+0.25 (+0.25 to +0.25): higher"),
        ([0.75, 0.5], [0.5, 0.25], False, "−0.25 (−0.25 to −0.25): lower"),
        ([1.0, 2.0, 3.0], [3.0, 2.0, 1.0], True, "within the noise"),
        ([1.0], [2.0], True, "a single seed tells nothing of noise"),
        ([1.0, 2.0], [2.0, np.inf], True, "a seed diverged: no interval"),
    ],
)
def test_differences_in_words(first, second, ratio, text):
    assert text in difference_text(paired_difference(first, second, ratio=ratio))


def test_the_table_compares_with_its_first_arm():
    arms = [
        make_arm([[9.0] * 3, [2.0, 2.2, 1.9]], label="plain", guess=9.0),
        make_arm([[9.0] * 3, [1.0, 1.1, 0.9]], label="better", guess=9.0),
        make_arm([[9.0] * 3, [1.0, np.nan, 2e9]], label="lost", guess=9.0),
    ]
    table = differences_table(arms)
    assert list(table["outcome"]) == ["learned", "learned", "diverged"]
    assert table["difference"][0] == "" and table["difference"][1].endswith("lower")
    assert table["difference"][2] == "a seed diverged: no interval"
    assert np.isinf(table["highest"][2]) and table["median"][2] == 2e9


def test_one_arm_of_many_keeps_its_color_and_an_empty_chart_says_so():
    arms = [make_arm([[9.0] * 2, [2.0, 2.2]], label=str(i)) for i in range(4)]
    figure = plot_loss_curves(arms, "Losses").figure
    assert [t.name for t in figure.data if t.name] == ["0", "1", "2", "3"]
    assert not plot_loss_curves([], "Losses").figure.data
