"""Descents: steps by hand, reasons to stop, and the theory of the bowl against measurement."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nnlib.descent import (
    LINEAR_RACERS,
    RACERS,
    check_rates,
    descend,
    iteration_matrix,
    late_deviation,
    measured_rate,
    optimal_heavy_ball,
    optimal_learning_rate,
    predicted_rate,
    reached_minimum,
    stable_below,
    stationary_deviation,
)
from nnlib.surfaces import CURVES, SURFACES, bowl

PARABOLA = CURVES["parabola"]


def test_a_parabola_by_hand():
    run = descend(PARABOLA, (4.0,), 0.25, tolerance=0.5, max_steps=50)
    assert run.points[:, 0].tolist() == [4.0, 2.0, 1.0, 0.5, 0.25]
    assert run.values.tolist() == [21.0, 9.0, 6.0, 5.25, 5.0625]
    assert run.gradient_norms.tolist() == [8.0, 4.0, 2.0, 1.0, 0.5]
    assert (run.outcome, run.steps, run.steps_to_tolerance) == ("converged", 4, 4)


def test_momentum_and_nesterov_by_hand():
    # v: 2·4 = 8; then 0.5·8 + 2·3.2 = 10.4.
    heavy = descend(PARABOLA, (4.0,), 0.1, optimizer="momentum", momentum=0.5, max_steps=2)
    assert heavy.points[:, 0] == pytest.approx([4.0, 3.2, 2.16])
    # 4 - 0.1·(8 + 0.5·8) = 2.8; v = 0.5·8 + 5.6 = 9.6; 2.8 - 0.1·(5.6 + 4.8) = 1.76.
    ahead = descend(PARABOLA, (4.0,), 0.1, optimizer="nesterov", momentum=0.5, max_steps=2)
    assert ahead.points[:, 0] == pytest.approx([4.0, 2.8, 1.76])


def test_first_steps_of_the_adaptive_ones_do_not_depend_on_the_gradient():
    for name, length in (("adagrad", 0.01), ("adam", 0.01), ("rmsprop", 0.1)):
        run = descend(SURFACES["rosenbrock"], (-1.2, 1.0), 0.01, optimizer=name, max_steps=1)
        np.testing.assert_allclose(run.points[1] - run.points[0], [length, length], rtol=1e-4)


def test_step_limit_zero_steps_and_divergence():
    run = descend(PARABOLA, (5.0,), 1.0, max_steps=7)
    assert (run.outcome, run.steps, run.steps_to_tolerance) == ("step limit", 7, None)
    assert run.points[:, 0].tolist() == [5.0, -5.0] * 4
    still = descend(PARABOLA, (0.0,), 0.1)
    assert (still.outcome, still.steps) == ("converged", 0)
    away = descend(PARABOLA, (1.0,), 2.0, max_steps=100)  # times -3 each step
    assert (away.outcome, away.steps) == ("diverged", 13) and 3**12 < 1e6 < 3**13


@pytest.mark.parametrize("surface", SURFACES.values(), ids=list(SURFACES))
@pytest.mark.parametrize("optimizer", RACERS)
def test_huge_learning_rates_end_without_a_warning(surface, optimizer):
    run = descend(surface, surface.start, 10.0, optimizer=optimizer, max_steps=2000)
    assert run.outcome in ("converged", "step limit", "diverged", "escaped")
    assert len(run.points) == len(run.values) == len(run.gradient_norms) == run.steps + 1


@pytest.mark.parametrize("surface", SURFACES.values(), ids=list(SURFACES))
def test_gradient_descent_goes_down_from_the_default_start(surface):
    run = descend(surface, surface.start, surface.learning_rate, max_steps=2000)
    assert run.outcome != "diverged" and run.values[-1] < run.values[0]


def test_the_saddle_is_escaped_unless_the_start_is_on_its_stable_axis():
    saddle = SURFACES["saddle"]
    for name in RACERS:
        assert np.all(descend(saddle, (1.5, 0.0), 0.05, optimizer=name).points[:, 1] == 0)
    on_axis = descend(saddle, (1.5, 0.0), 0.05)
    assert on_axis.outcome == "converged" and abs(on_axis.points[-1, 0]) < 1e-4
    off_axis = descend(saddle, (1.5, 1e-3), 0.05, max_steps=2000)
    assert off_axis.outcome == "escaped" and off_axis.values[-1] < -1e9
    # So near the axis the tolerance is met on the way past the saddle point.
    assert descend(saddle, (1.5, 1e-9), 0.05, max_steps=2000).outcome == "converged"
    assert descend(saddle, (1.5, 0.0), 2.0).outcome == "diverged"


def test_absolute_value_never_settles_below_the_step_unless_it_hits_zero():
    curve = CURVES["absolute"]
    run = descend(curve, (5.0,), 0.3, max_steps=500)
    assert run.outcome == "step limit"
    late = run.points[-50:, 0]
    assert np.abs(late).max() <= 0.3 and np.abs(np.diff(late)) == pytest.approx(0.3)
    assert descend(curve, (5.0,), 0.5).outcome == "converged"


def test_noise_is_seeded_and_settles_where_theory_says():
    curve = CURVES["noisy"]

    def noisy(seed):
        rng = np.random.default_rng(seed)
        return descend(curve, (0.1,), 0.2, tolerance=0, max_steps=20_000, noise=3.0, rng=rng)

    run = noisy(1)
    assert (run.points == noisy(1).points).all() and (run.points != noisy(2).points).any()
    deviation = stationary_deviation(2.0, 0.2, 3.0)
    assert deviation == pytest.approx(3 * np.sqrt(0.2 / (4 * 0.8)))
    assert late_deviation(0.0, run) == pytest.approx(deviation, rel=0.05)
    assert stationary_deviation(2.0, 1.0, 3.0) is None
    with pytest.raises(ValueError, match="random generator"):
        descend(curve, (0.0,), 0.2, noise=1.0)


def test_a_start_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match="start needs 2 numbers"):
        descend(SURFACES["beale"], (1.0,), 0.1)


def test_reached_minimum_names_the_one_next_to_the_end():
    surface = SURFACES["himmelblau"]
    run = descend(surface, (-3.0, -3.0), 0.01, max_steps=2000)
    assert reached_minimum(surface, run) == 2
    assert reached_minimum(surface, descend(surface, (0.0, 0.0), 1e-5, max_steps=1)) is None
    local = descend(SURFACES["rastrigin"], (1.1, 0.0), 0.002, max_steps=2000)
    assert local.outcome == "converged"
    assert reached_minimum(SURFACES["rastrigin"], local) is None
    saddle = SURFACES["saddle"]
    assert reached_minimum(saddle, descend(saddle, (1.0, 0.0), 0.1)) is None


# ------------------------------------------------------------------ theory


@pytest.mark.parametrize("optimizer", LINEAR_RACERS)
@given(st.floats(0.01, 100), st.floats(1e-4, 0.5), st.floats(0, 0.99))
def test_predicted_rate_is_the_spectral_radius(optimizer, eigenvalue, rate, momentum):
    matrix = iteration_matrix(optimizer, eigenvalue, rate, momentum)
    radius = np.abs(np.linalg.eigvals(matrix)).max()
    predicted = predicted_rate(optimizer, [eigenvalue], rate, momentum)
    # Near a double eigenvalue the matrix has it to the root of the rounding error only.
    assert predicted == pytest.approx(radius, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("optimizer", LINEAR_RACERS)
@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(0.01, 0.3), st.floats(0, 0.99))
def test_iteration_matrix_is_what_the_optimizer_does(optimizer, x, y, rate, momentum):
    assume(max(abs(x), abs(y)) > 1e-3)
    surface = bowl(7, 0)
    run = descend(
        surface, (x, y), rate, optimizer=optimizer, momentum=momentum, tolerance=0, max_steps=3
    )
    for axis, eigenvalue in enumerate((1.0, 7.0)):
        matrix = iteration_matrix(optimizer, eigenvalue, rate, momentum)
        state = np.zeros(len(matrix))
        state[0] = run.points[0, axis]
        for step in range(1, len(run.points)):
            state = matrix @ state
            assert run.points[step, axis] == pytest.approx(state[0], abs=1e-9)


@pytest.mark.parametrize("optimizer", LINEAR_RACERS)
@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_the_limit_of_stability_is_where_the_rate_passes_one(optimizer, momentum):
    limit = stable_below(optimizer, 10.0, momentum)
    assert predicted_rate(optimizer, (1.0, 10.0), 0.999 * limit, momentum) < 1
    assert predicted_rate(optimizer, (1.0, 10.0), 1.001 * limit, momentum) > 1


def test_best_settings_by_hand_and_against_all_others():
    assert optimal_learning_rate(1, 9) == 0.2
    rate, momentum = optimal_heavy_ball(1, 9)
    assert (rate, momentum) == (0.25, 0.25)
    assert predicted_rate("sgd", (1, 9), 0.2, 0) == pytest.approx(0.8)
    assert predicted_rate("momentum", (1, 9), 0.25, 0.25) == pytest.approx(0.5)
    rates = np.linspace(0.01, 0.4, 40)
    assert min(predicted_rate("sgd", (1, 9), r, 0) for r in rates) >= 0.8 - 1e-12
    betas = np.linspace(0, 0.95, 39)
    best = min(predicted_rate("momentum", (1, 9), r, b) for r in rates for b in betas)
    assert best >= 0.5 - 1e-7


@pytest.mark.parametrize("condition", [2, 10, 100])
@pytest.mark.parametrize("angle", [0, 30, 90])
@pytest.mark.parametrize("share", [0.3, 0.9, 1.05])
def test_measured_rates_are_the_predicted_ones(condition, angle, share):
    rate = share * 2 / condition
    checks = check_rates(bowl(condition, angle), (-1.3, 0.7), rate, 0.8, 2000)
    assert [check.optimizer for check in checks] == list(LINEAR_RACERS)
    for check in checks:
        assert check.measured is not None
        assert check.measured == pytest.approx(check.predicted, rel=0.004)
        assert (rate < check.stable_below) == (check.predicted < 1)
        assert check.distances[0] == pytest.approx(np.hypot(1.3, 0.7))


def test_measured_rate_of_a_geometric_sequence():
    assert measured_rate(3 * 0.7 ** np.arange(40.0)) == pytest.approx(0.7)
    assert measured_rate(3 * 1.5 ** np.arange(40.0)) == pytest.approx(1.5)
    assert measured_rate(0.01 ** np.arange(400.0)) == pytest.approx(0.01)  # ends in zeros
    assert measured_rate(np.array([1.0, 0.0, 0.0])) is None
    assert measured_rate(0.7 ** np.arange(10.0)) is None
