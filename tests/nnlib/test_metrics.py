"""Scores of predictions, and what the best constant prediction reaches."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from nnlib.losses import LOSSES
from nnlib.metrics import accuracy, balanced_accuracy, best_guess


@pytest.mark.parametrize("classes", [2, 4])
def test_balanced_accuracy_agrees_with_scikit_learn(classes):
    rng = np.random.default_rng(0)
    actual = rng.choice(classes, 200, p=np.r_[0.7, np.full(classes - 1, 0.3 / (classes - 1))])
    logits = rng.normal(size=(200, classes)) + np.eye(classes)[actual]
    expected = balanced_accuracy_score(actual, logits.argmax(axis=1))
    assert balanced_accuracy(logits, np.eye(classes)[actual]) == pytest.approx(expected)
    if classes == 2:
        single = (logits[:, 1:] - logits[:, :1], actual[:, np.newaxis])
        assert balanced_accuracy(*single) == pytest.approx(expected)


def test_a_class_that_does_not_occur_does_not_count_and_nothing_finite_is_no_score():
    targets = np.eye(3)[[0, 0, 1]]
    logits = np.eye(3)[[0, 1, 1]]
    assert balanced_accuracy(logits, targets) == (0.5 + 1) / 2
    assert np.isnan(balanced_accuracy(np.full((3, 3), np.nan), targets))
    stacked = balanced_accuracy(np.stack([logits, targets]), targets)
    assert stacked.tolist() == [0.75, 1]


def test_always_the_largest_class_is_often_right_but_not_balanced():
    targets = np.array([[1.0]] * 9 + [[0.0]])
    always = np.ones((10, 1))
    assert accuracy(always, targets) == 0.9 and balanced_accuracy(always, targets) == 0.5


def test_the_best_constant_of_classes_is_their_entropy_and_the_majority_share():
    shares = np.array([0.5, 0.3, 0.2])
    guess = best_guess(
        LOSSES["categorical_crossentropy"], np.repeat(np.eye(3), [5, 3, 2], axis=0), "accuracy"
    )
    assert guess.loss == pytest.approx(-(shares * np.log(shares)).sum())  # 1.0297
    assert guess.score == 0.5
    binary = best_guess(LOSSES["binary_crossentropy"], np.array([[1.0], [1], [1], [0]]), "accuracy")
    assert binary.loss == pytest.approx(0.5623351)
    assert binary.score == 0.75
    single = best_guess(LOSSES["categorical_crossentropy"], np.eye(3)[[1, 1]], "accuracy")
    assert single.loss == pytest.approx(0, abs=1e-12) and single.score == 1


def test_the_best_constant_of_a_quantity_is_its_variance_and_no_r2():
    targets = np.array([[1.0, 0.0], [3.0, 4.0], [5.0, 8.0]])
    guess = best_guess(LOSSES["mean_squared_error"], targets, "r2")
    assert guess.loss == pytest.approx((targets.var(axis=0)).mean())
    assert guess.score == pytest.approx(0)
    assert np.isnan(best_guess(LOSSES["mean_squared_error"], targets[:0], "r2").loss)


@pytest.mark.parametrize("name", LOSSES)
def test_no_other_constant_has_a_smaller_loss(name):
    rng = np.random.default_rng(1)
    loss = LOSSES[name]
    targets = rng.dirichlet([1.0, 2.0, 3.0], 40)
    best = loss.best_constant(targets)
    least = loss.value(np.broadcast_to(best, targets.shape), targets)
    for _ in range(50):
        other = best + rng.normal(0, 0.3, (1, 3))
        assert loss.value(np.broadcast_to(other, targets.shape), targets) >= least
