"""Charts of the Images tab: right numbers, titles, tables, honest empty states."""

import json

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from nnlib.probes.saliency import ClassImages
from pages.shared.images import charts_saliency as image_saliency
from pages.shared.images import charts_scores as image_scores

NAMES = ("zero", "<b>one</b>", "two")
ACTUAL = np.array([0, 0, 1, 1, 1, 2])
CHANCES = np.array(
    [[0.9, 0.1, 0], [0.2, 0.7, 0.1], [0.1, 0.8, 0.1], [0.3, 0.6, 0.1], [0.95, 0, 0.05], [1, 0, 0]]
)
SAID = CHANCES.argmax(axis=1)
IMAGES = np.random.default_rng(0).random((6, 12)).astype(np.float32)


def valid(figure, *, axes=True):
    layout = figure.layout
    assert layout.title.text and layout.uirevision and layout.height
    if axes:
        assert layout.xaxis.title.text and layout.yaxis.title.text
    text = figure.to_json()
    assert "<b>one" not in text
    return json.loads(text)


def test_scores_are_scikit_learns_and_what_is_not_defined_is_a_gap():
    found = image_scores.class_scores(ACTUAL, SAID, 3)
    options = {"average": None, "zero_division": np.nan}
    for row, score in zip(found.scores, (precision_score, recall_score, f1_score), strict=True):
        np.testing.assert_allclose(row, score(ACTUAL, SAID, **options))
    assert found.support.tolist() == [2, 3, 1]
    assert np.isnan(found.scores[0, 2])  # "two" is never predicted
    figure = image_scores.plot_class_scores(ACTUAL, SAID, NAMES).figure
    valid(figure)
    assert [bar.name for bar in figure.data] == ["precision", "recall", "F1"]
    assert "not defined" in figure.data[0].customdata[2]
    assert "&lt;b&gt;one" in figure.data[1].customdata[1]
    table = image_scores.plot_class_scores(ACTUAL, SAID, NAMES).table()
    assert table["recall"].tolist() == pytest.approx([1 / 2, 2 / 3, 0])
    assert table.columns.tolist() == ["class", "precision", "recall", "F1", "examples"]


@pytest.mark.parametrize(
    ("cell", "rows"),
    [
        ((None, None), [5, 4, 1]),
        ((None, 0), [5, 4]),
        ((0, None), [1]),
        ((1, 0), [4]),
        ((1, 1), [3, 2]),
        ((2, 2), []),
    ],
)
def test_examples_of_a_cell_come_in_order(cell, rows):
    found = image_scores.examples_of(ACTUAL, CHANCES, *cell)
    assert found.index.tolist() == rows
    figure = image_scores.plot_examples(IMAGES, found, NAMES, (4, 3), "Some").figure
    valid(figure, axes=False)
    if not rows:
        assert figure.layout.annotations[0].text == image_scores.NONE_HERE
        return
    assert figure.layout.title.text == f"Some: {len(rows)}"
    np.testing.assert_array_equal(figure.data[0].z[:4, :3], IMAGES[rows[0]].reshape(4, 3))
    assert f"row {rows[0]}" in figure.data[1].hovertext[0]
    table = image_scores.plot_examples(IMAGES, found, NAMES, (4, 3), "Some").table()
    assert table["row"].tolist() == rows


def test_of_many_examples_the_first_are_drawn():
    chances = np.tile([0.4, 0.6], (50, 1))
    found = image_scores.examples_of(np.zeros(50, int), chances, None, None)
    chart = image_scores.plot_examples(np.ones((50, 4)), found, ("a", "b"), (2, 2), "Mistakes")
    assert chart.figure.layout.title.text == f"Mistakes: {image_scores.MOST_SHOWN} of 50"
    assert len(chart.table()) == 50


def test_an_image_and_its_gradient_keep_their_places():
    pixels, gradient = IMAGES[0], np.linspace(-2, 1, 12)
    figure = image_saliency.plot_image(pixels, (4, 3), "Example", 0, 1).figure
    valid(figure)
    np.testing.assert_array_equal(figure.data[0].z, pixels.reshape(4, 3))
    assert (figure.data[0].zmin, figure.data[0].zmax) == (0, 1)
    assert figure.layout.yaxis.autorange == "reversed"  # row 0 is on top
    figure = image_saliency.plot_saliency(gradient, (4, 3), NAMES[1]).figure
    valid(figure)
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-2, 2)
    table = image_saliency.plot_saliency(gradient, (4, 3), NAMES[1]).table()
    assert table.iloc[4][["row", "column", "gradient"]].tolist() == [1, 1, gradient[4]]
    figure = image_saliency.plot_saliency(np.full(12, np.nan), (4, 3), "a").figure
    assert "diverged" in figure.layout.annotations[0].text


def test_probabilities_name_the_best_and_mark_the_true_class():
    figure = image_saliency.plot_probabilities(CHANCES[3], NAMES, actual=0).figure
    valid(figure)
    assert figure.layout.title.text == "Read as &lt;b&gt;one&lt;/b&gt;: 60.0%"
    colors = figure.data[0].marker.color
    assert colors[0] != colors[1] == colors[2]
    assert image_saliency.plot_probabilities(CHANCES[3], NAMES).table()[
        "probability"
    ].sum() == pytest.approx(1)
    figure = image_saliency.plot_probabilities([np.nan] * 3, NAMES).figure
    assert "diverged" in figure.layout.annotations[0].text


def test_class_images_are_stretched_to_their_brightest_pixel():
    images = np.array([[0.0, 0.5, 0.25, 0.0], [0, 0, 0, 0], [1, 2, 0, 0]]) - 1
    made = ClassImages(images, np.array([0.9, 0.5, 0.8]), np.array([0.95, 0.4, 0.7]), 8)
    figure = image_saliency.plot_class_images(made, NAMES, (2, 2), -1.0).figure
    valid(figure, axes=False)
    canvas = figure.data[0].z
    np.testing.assert_allclose(canvas[:2, :2], [[0, 1], [0.5, 0]])
    assert np.nanmax(canvas) == 1 and "95.0000%" in figure.data[1].hovertext[0]
    assert len(image_saliency.plot_class_images(made, NAMES, (2, 2), -1.0).table()) == 12
    lost = ClassImages(images * np.nan, np.full(3, np.nan), np.full(3, np.nan), 8)
    figure = image_saliency.plot_class_images(lost, NAMES, (2, 2), -1.0).figure
    assert "diverged" in figure.layout.annotations[0].text
