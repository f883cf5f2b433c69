"""The theory of the bowl against matrices, by hand, and against measurement."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nnlib.labs.descent import descend
from nnlib.labs.quadratics import (
    LINEAR_RACERS,
    check_rates,
    measured_rate,
    optimal_heavy_ball,
    optimal_learning_rate,
    predicted_rate,
    stable_below,
)
from nnlib.labs.surfaces import bowl


def iteration_matrix(
    optimizer: str, eigenvalue: float, learning_rate: float, momentum: float
) -> np.ndarray:
    """Return the matrix that one step applies to (position, velocity) along an eigenvector.

    The position is relative to the minimum; the velocity is that of `nnlib.optimizers`, a decayed
    sum of gradients.
    """
    pull = learning_rate * eigenvalue
    if optimizer == "sgd":
        return np.array([[1 - pull]])
    if optimizer == "momentum":
        return np.array([[1 - pull, -learning_rate * momentum], [eigenvalue, momentum]])
    ahead = -learning_rate * momentum * momentum
    return np.array([[1 - pull * (1 + momentum), ahead], [eigenvalue, momentum]])


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
