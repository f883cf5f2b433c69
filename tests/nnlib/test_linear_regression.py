"""Penalized linear regression against scikit-learn, closed forms and minimum conditions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import ElasticNet, Lasso, Ridge

from nnlib.labs import linear_regression as linear
from nnlib.labs.linear_descent import descend, settling_steps
from nnlib.labs.linear_draws import VALIDATION_POINTS, LinearProblem, descend_both, solve
from nnlib.labs.linear_regression import PolynomialFeatures

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
@pytest.mark.parametrize("intercept", [True, False])
def test_agrees_with_scikit_learn(seed: int, strength: float, intercept: bool):
    features, y = problem(seed)
    exact = {"max_iter": 2_000_000, "tol": 1e-12, "fit_intercept": intercept}
    theirs_by_ratio = {
        0.0: Ridge(alpha=len(y) * strength, fit_intercept=intercept),
        1.0: Lasso(alpha=strength, **exact),
        0.5: ElasticNet(alpha=strength, l1_ratio=0.5, **exact),
    }
    for ratio, theirs in theirs_by_ratio.items():
        ours = linear.fit(features, y, [strength], ratio, intercept=intercept)
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
    soft = descend(features, y, 0.05, 1.0, 5000, proximal=True)
    sign = descend(features, y, 0.05, 1.0, 5000, proximal=False)
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
        lambda f, y: PolynomialFeatures.of(10 * np.ones(5), 7, standardized=False),
    ],
)
def test_nonsense_is_refused(call):
    with pytest.raises(ValueError, match=r"\.$"):
        call(*problem())


# --- steps ----------------------------------------------------------------------------------------


def test_a_single_power_needs_one_step():
    features, y = problem(degree=1)
    run = descend(features, y, 0.1, 1.0, 3, proximal=True)
    exact = linear.fit(features, y, [0.1], 1.0).weights[0]
    assert run.weights[1] == pytest.approx(exact)
    assert settling_steps(features, y, np.array([0]), 0.0, run.learning_rate) == pytest.approx(1)


@pytest.mark.parametrize("degree", [2, 5, 15])
@pytest.mark.parametrize("ratio", [1.0, 0.7])
def test_once_the_zeros_are_found_the_distance_falls_as_said(degree: int, ratio: float):
    features, y = problem(n=20, degree=degree)
    exact = linear.fit(features, y, [0.02], ratio).weights[0]
    run = descend(features, y, 0.02, ratio, 200_000, proximal=True)
    active = np.flatnonzero(exact)
    steps = settling_steps(features, y, active, 0.02 * (1 - ratio), run.learning_rate)
    distance = np.linalg.norm(run.weights - exact, axis=1)
    found = ((run.weights == 0) == (exact == 0)).all(axis=1) & (distance > 1e-7)
    first, last = np.flatnonzero(found)[[-2, -1]]
    assert found[first : last + 1].all()
    fall = np.log(distance[first] / distance[last]) / (run.steps[last] - run.steps[first])
    assert fall == pytest.approx(-np.log1p(-1 / steps), rel=0.02)


# --- draws ----------------------------------------------------------------------------------------


def test_a_draw_is_fitted_at_every_strength_and_the_first_one_is_shown():
    result = solve(LinearProblem(1.0, 0.02, 15, 20, 0.5, seed=0, draws=3))
    assert result.errors.train.values.shape == result.errors.validation.values.shape == (37, 3)
    assert len(result.drawn.x) == 20 and len(result.drawn.x_val) == VALIDATION_POINTS
    train, validation = result.chosen_errors()
    at = result.path.strengths.tolist().index(0.02)
    assert train == pytest.approx(result.errors.train.values[at, 0])
    assert validation == pytest.approx(result.errors.validation.values[at, 0])
    assert len(result.zero) == result.chosen.zeros[0] > 0
    soft = descend_both(result, 5000)["soft thresholding"]
    assert np.flatnonzero(soft.weights[-1] == 0).tolist() == result.zero.tolist()


def test_the_slides_line_through_the_origin_is_ridge_in_closed_form():
    """x in 0…10, y = 2x + 1, no intercept; what the slide calls L1 is (XᵀX + λI)⁻¹Xᵀy."""
    slide = LinearProblem(0.0, 1.0, 1, 20, 0.5, 0, 1, (0.0, 10.0), False, False)
    result = solve(slide)
    x, y = result.drawn.x, result.drawn.y
    assert 0 <= x.min() < x.max() <= 10
    assert result.chosen.weights[0, 0] == pytest.approx(x @ y / (x @ x + len(x) * 1.0))
    assert result.chosen.intercepts[0] == 0
    curve_x, curve_y = result.curve()
    assert curve_x[[0, -1]].tolist() == [0, 10] and curve_y[0] == 0
    # Through the origin the least squares slope takes over a part of the intercept of 1.
    free = solve(LinearProblem(None, 1.0, 1, 200, 0.0, 0, 1, (0.0, 10.0), False, False))
    x = free.drawn.x
    assert free.chosen.weights[0, 0] == pytest.approx(2 + x.sum() / (x @ x))
    assert free.chosen.weights[0, 0] == pytest.approx(2.15, abs=0.02)
