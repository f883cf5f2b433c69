"""Test functions: known values, exact gradients, and minima that are minima."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib.labs.curves import CURVES
from nnlib.labs.surfaces import SURFACES, bowl

ALL = [*SURFACES.values(), *CURVES.values()]
NAMES = [objective.name for objective in ALL]
FRACTION = st.floats(0, 1)


def numeric_gradient(objective, point, step=1e-6):
    shifts = step * np.eye(objective.dimensions)
    return (objective.values(point + shifts) - objective.values(point - shifts)) / (2 * step)


@pytest.mark.parametrize("objective", ALL, ids=NAMES)
@given(FRACTION, FRACTION)
def test_gradients_agree_with_central_differences(objective, u, v):
    low, high = np.array(objective.ranges).T
    point = low + (high - low) * np.array([u, v])[: objective.dimensions]
    if objective.name == "absolute" and abs(point[0]) < 1e-3:
        return  # there is no derivative
    exact = objective.gradients(point)
    scale = 1 + np.abs(exact).max()
    assert np.abs(exact - numeric_gradient(objective, point)).max() < 1e-5 * scale


@pytest.mark.parametrize("objective", ALL, ids=NAMES)
def test_minima_are_flat_and_nothing_in_view_is_lower(objective):
    axes = [np.linspace(low, high, 401) for low, high in objective.ranges]
    grid = np.stack(np.meshgrid(*axes), axis=-1)
    values = objective.values(grid)
    if objective.lowest is None:
        assert objective.minima == () and values.min() < -3.9
        return
    assert values.min() >= objective.lowest - 1e-12
    points = np.array(objective.minima)
    np.testing.assert_allclose(objective.values(points), objective.lowest, atol=1e-12)
    np.testing.assert_allclose(objective.gradients(points), 0, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "point", "value", "gradient"),
    [
        ("rosenbrock", (-1.2, 1.0), 24.2, (-215.6, -88.0)),
        ("beale", (0.0, 0.0), 14.203125, (-12.75, 0.0)),
        ("beale", (1.0, 1.0), 14.203125, (0.0, 27.75)),
        ("himmelblau", (0.0, 0.0), 170.0, (-14.0, -22.0)),
        ("saddle", (1.0, 2.0), -3.0, (2.0, -4.0)),
        ("rastrigin", (0.5, 0.0), 20.25, (1.0, 0.0)),
        ("styblinski_tang", (1.0, -1.0), -15.0, (-11.5, 16.5)),
    ],
)
def test_values_and_gradients_by_hand(name, point, value, gradient):
    surface = SURFACES[name]
    assert surface.values(np.array(point)) == pytest.approx(value)
    assert surface.gradients(np.array(point)) == pytest.approx(gradient, abs=1e-12)


def test_published_minima():
    assert SURFACES["styblinski_tang"].lowest == pytest.approx(-78.33233140754284, abs=1e-12)
    assert len(SURFACES["himmelblau"].minima) == 4
    assert CURVES["parabola"].lowest == 5 and CURVES["parabola"].value(3.0) == 14.0


@given(st.floats(1, 1000), st.floats(0, 90))
def test_the_bowl_has_the_curvature_it_says(condition, angle):
    made = bowl(condition, angle)
    hessian = np.column_stack([made.gradients(unit) for unit in np.eye(2)])
    values, vectors = np.linalg.eigh(hessian)
    np.testing.assert_allclose(values, (1, condition), rtol=1e-9)
    assert made.eigenvalues == (1.0, condition)
    if condition > 1.01:  # the flat direction is turned by the angle
        flat = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
        assert abs(flat @ vectors[:, 0]) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("condition", [0.5, 0, -3, float("inf"), float("nan")])
def test_a_bowl_without_curvature_is_refused(condition):
    with pytest.raises(ValueError, match="condition number"):
        bowl(condition)


@pytest.mark.parametrize("objective", ALL, ids=NAMES)
def test_values_are_one_a_point_and_far_away_there_is_no_warning(objective):
    points = np.full((3, 4, objective.dimensions), 0.3)
    assert objective.values(points).shape == (3, 4)
    assert objective.gradients(points).shape == points.shape
    if objective.name != "rastrigin":
        objective.values(points * 1e300)
        objective.gradients(points * 1e300)
