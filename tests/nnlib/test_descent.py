"""Descents: steps by hand, and the reasons to stop."""

import numpy as np
import pytest

from nnlib.labs.curves import CURVES
from nnlib.labs.descent import descend, racers, reached_minimum
from nnlib.labs.quadratics import late_deviation, stationary_deviation
from nnlib.labs.surfaces import SURFACES

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


def test_nesterovs_points_are_where_the_gradient_is_taken_and_not_the_parameters():
    # Sutskever et al. (2013), eq. 3 and 4: V = μV - η∇f(θ + μV), θ = θ + V.
    surface, rate, momentum = SURFACES["rosenbrock"], 5e-4, 0.9
    run = descend(
        surface, surface.start, rate, optimizer="nesterov", momentum=momentum, max_steps=60
    )
    theta, velocity = np.array(surface.start), np.zeros(2)
    for point in run.points:
        ahead = theta + momentum * velocity
        np.testing.assert_allclose(point, ahead, rtol=1e-9)
        velocity = momentum * velocity - rate * np.array(surface.partials(*ahead))
        theta = theta + velocity


def test_a_tolerance_on_the_step_ends_where_the_step_is_short():
    # From 10 with η = 0.1 the step to point t is 2·0.8^(t - 1) long: ≤ 1e-6 first at t = 67.
    run = descend(PARABOLA, (10.0,), 0.1, tolerance=1e-6, measure="step", max_steps=100)
    assert (run.outcome, run.steps) == ("converged", 67)
    np.testing.assert_allclose(run.step_lengths[1:], 2 * 0.8 ** np.arange(67), rtol=1e-9)
    assert run.measured is not run.gradient_norms and np.isnan(run.measured[0])
    # By the slope, 20·0.8^t, it takes longer; and a small rate makes a step short anywhere.
    assert descend(PARABOLA, (10.0,), 0.1, tolerance=1e-6, max_steps=100).steps == 76
    early = descend(PARABOLA, (10.0,), 1e-5, tolerance=1e-3, measure="step")
    assert (early.outcome, early.steps) == ("converged", 1) and early.points[-1, 0] > 9.99
    at_rest = descend(PARABOLA, (0.0,), 0.1, measure="step")
    assert (at_rest.outcome, at_rest.steps) == ("converged", 1)


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
@pytest.mark.parametrize("optimizer", racers())
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
    for name in racers():
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
