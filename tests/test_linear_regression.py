"""Penalized linear regression against scikit-learn, closed forms and minimum conditions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import ElasticNet, Lasso, Ridge

from nnlib import linear_regression as linear
from nnlib.linear_regression import PolynomialFeatures

STRENGTHS = [0.003, 0.01, 0.05, 0.3, 1.0, 10.0]


def problem(seed: int = 0, n: int = 30, degree: int = 15):
    x, y = linear.noisy_line(np.random.default_rng(seed), n, 0.5)
    return PolynomialFeatures.of(x, degree)(x), y


def test_line_is_the_line():
    x, y = linear.noisy_line(np.random.default_rng(0), 50, 0.0)
    assert y == pytest.approx(2 * x + 1)
    assert -1 <= x.min() < -0.8 and 0.8 < x.max() <= 1


def test_features_are_standardized_on_the_training_points_alone():
    x = np.array([-1.0, 0.0, 1.0])
    features = PolynomialFeatures.of(x, 2)
    assert features(x).mean(axis=0) == pytest.approx([0, 0])
    assert features(x).std(axis=0) == pytest.approx([1, 1])
    # x: mean 0, variance 2/3; x²: mean 2/3, variance 2/9
    assert features(np.array([2.0]))[0] == pytest.approx(
        [2 / np.sqrt(2 / 3), (10 / 3) * 1.5 * 2**0.5]
    )


def test_soft_threshold():
    values = np.array([-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0])
    assert linear.soft_threshold(values, 1.0).tolist() == [-2, 0, 0, 0, 0, 0, 2]
    assert not np.signbit(linear.soft_threshold(values, 1.0)[1:6]).any()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("strength", STRENGTHS)
def test_agrees_with_scikit_learn(seed: int, strength: float):
    features, y = problem(seed)
    exact = {"max_iter": 2_000_000, "tol": 1e-12}
    pairs = [
        (Ridge(alpha=len(y) * strength), linear.fit_ridge(features, y, [strength])),
        (Lasso(alpha=strength, **exact), linear.fit_elastic_net(features, y, [strength], 1.0)),
        (
            ElasticNet(alpha=strength, l1_ratio=0.5, **exact),
            linear.fit_elastic_net(features, y, [strength], 0.5),
        ),
    ]
    for theirs, ours in pairs:
        theirs.fit(features, y)
        assert ours.weights[0] == pytest.approx(theirs.coef_, abs=1e-4)
        assert ours.intercepts[0] == pytest.approx(theirs.intercept_, abs=1e-4)


@given(
    seed=st.integers(0, 1000),
    degree=st.integers(1, 15),
    n=st.integers(20, 60),
    exponent=st.floats(-4, 1),
    ratio=st.floats(0.05, 1),
)
def test_meets_the_conditions_of_a_minimum(seed, degree, n, exponent, ratio):
    features, y = problem(seed, n, degree)
    strength = 10**exponent
    w = linear.fit_elastic_net(features, y, [strength], ratio).weights[0]
    residual = y - y.mean() - features @ w
    gradient = features.T @ residual / n - strength * (1 - ratio) * w
    active = w != 0
    assert gradient[active] == pytest.approx(strength * ratio * np.sign(w[active]), abs=1e-8)
    assert (np.abs(gradient[~active]) <= strength * ratio + 1e-8).all()


def test_orthogonal_features_are_soft_thresholded():
    features = np.array([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])
    y = features @ [2.0, 0.3] + 5
    fits = linear.fit_elastic_net(features, y, [0.5], 1.0)
    assert fits.weights[0] == pytest.approx([1.5, 0.0]) and fits.zeros[0] == 1
    assert fits.intercepts[0] == pytest.approx(5)  # the intercept is not penalized
    assert linear.fit_ridge(features, y, [1.0]).weights[0] == pytest.approx([1.0, 0.15])


def test_from_max_correlation_on_every_l1_weight_is_zero():
    features, y = problem()
    most = float(np.abs(features.T @ (y - y.mean())).max() / len(y))
    zeros = linear.fit_elastic_net(features, y, [most * 0.99, most * 1.0001], 1.0).zeros
    assert zeros[1] == 15 and zeros[0] < 15
    assert (linear.fit_ridge(features, y, STRENGTHS).zeros == 0).all()


@pytest.mark.parametrize("ratio", [0.0, 0.5, 1.0])
def test_training_error_never_falls_with_the_strength(ratio: float):
    features, y = problem()
    if ratio:
        fits = linear.fit_elastic_net(features, y, STRENGTHS, ratio)
    else:
        fits = linear.fit_ridge(features, y, STRENGTHS)
    assert (np.diff(fits.errors(features, y)) >= -1e-12).all()


def test_order_of_the_strengths_does_not_matter():
    features, y = problem()
    there = linear.fit_elastic_net(features, y, STRENGTHS, 1.0).weights
    back = linear.fit_elastic_net(features, y, STRENGTHS[::-1], 1.0).weights
    assert there == pytest.approx(back[::-1], abs=1e-9)


def test_least_squares_fits_as_many_points_as_weights():
    features, y = problem(n=5, degree=4)
    assert linear.fit_least_squares(features, y).errors(features, y)[0] == pytest.approx(
        0, abs=1e-16
    )


def test_soft_thresholding_gives_exact_zeros_and_the_sign_in_the_gradient_does_not():
    features, y = problem(n=20)
    exact = linear.fit_elastic_net(features, y, [0.05], 1.0)
    soft = linear.descend(features, y, 0.05, 1.0, 5000, proximal=True)
    sign = linear.descend(features, y, 0.05, 1.0, 5000, proximal=False)
    assert (soft.weights[-1] == 0).sum() == exact.zeros[0] > 0
    assert (sign.weights[-1] == 0).sum() == 0
    # What belongs at zero stays within about a step of η·λ on either side of it.
    zero = exact.weights[0] == 0
    assert 0 < np.abs(sign.weights[-1][zero]).max() < 3 * sign.learning_rate * 0.05
    value = linear.objective(features, y, soft.weights[-1], 0.05, 1.0)
    least = linear.objective(features, y, exact.weights[0], 0.05, 1.0)
    assert least <= value == pytest.approx(least, rel=1e-3)


def test_objective_by_hand():
    features, y = np.array([[-1.0], [1.0]]), np.array([0.0, 4.0])
    # b = 2, residuals (-2 + 1, 2 - 1), so 1/2 + 0.1·(0.5·1 + 0.25·1)
    assert linear.objective(features, y, np.array([1.0]), 0.1, 0.5) == pytest.approx(0.575)


@pytest.mark.parametrize(
    "call",
    [
        lambda f, y: linear.fit_ridge(f, y, [0.0]),
        lambda f, y: linear.fit_elastic_net(f, y, [-1.0], 1.0),
        lambda f, y: linear.fit_elastic_net(f, y, [1.0], 0.0),
        lambda f, y: PolynomialFeatures.of(y, 0),
        lambda f, y: PolynomialFeatures.of(np.ones(5), 2),
    ],
)
def test_nonsense_is_refused(call):
    with pytest.raises(ValueError, match=r"\.$"):
        call(*problem())
