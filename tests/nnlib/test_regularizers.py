"""Penalties and max-norm against Keras, clipping against PyTorch, and replicas of each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import load_reference

from nnlib.regularizers import (
    add_penalty_gradient,
    clip_by_norm,
    clip_by_value,
    penalty,
    project_max_norm,
)


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


# --- penalties ------------------------------------------------------------------------------------


def test_elastic_penalty_and_its_gradient_equal_keras():
    rule = load_reference()["keras"]
    weights = np.array(rule["weights"])
    value = penalty(weights.ravel(), rule["l1"], rule["l2"])
    assert value.shape == ()
    assert value == pytest.approx(rule["penalty"], rel=1e-12)
    gradient = np.ones_like(weights)
    add_penalty_gradient(gradient, weights, rule["l1"], rule["l2"])
    np.testing.assert_allclose(gradient, 1 + np.array(rule["penalty_gradient"]), rtol=1e-12)


@pytest.mark.parametrize(("l1", "l2", "value"), [(0, 0, 0), (0.5, 0, 2.0), (0, 0.5, 5.0)])
def test_l1_and_l2_by_hand(l1, l2, value):
    assert penalty(np.array([-3.0, 0.0, 1.0]), l1, l2) == pytest.approx(value)


@pytest.mark.parametrize(("l1", "l2"), [(0.0, 0.0), (0.1, 0.0), (0.0, 0.1), (0.1, 0.2)])
def test_penalty_gradient_is_the_slope_of_the_penalty(l1, l2):
    weights, step = normal(0, 6), 1e-6
    gradient = np.zeros(6)
    add_penalty_gradient(gradient, weights, l1, l2)
    for i in range(6):
        shift = np.eye(6)[i] * step
        slope = penalty(weights + shift, l1, l2) - penalty(weights - shift, l1, l2)
        assert gradient[i] == pytest.approx(slope / (2 * step), rel=1e-8, abs=1e-9)


def test_penalty_strengths_of_a_stack():
    weights, l1, l2 = normal(1, 3, 5), np.array([0.0, 0.1, 0.2]), np.array([0.3, 0.0, 0.1])
    values, gradients = penalty(weights, l1, l2), normal(2, 3, 5)
    singles = gradients.copy()
    add_penalty_gradient(gradients, weights, l1[:, np.newaxis], l2[:, np.newaxis])
    for r in range(3):
        assert values[r] == pytest.approx(float(penalty(weights[r], l1[r], l2[r])), rel=1e-14)
        add_penalty_gradient(singles[r], weights[r], float(l1[r]), float(l2[r]))
    np.testing.assert_allclose(gradients, singles, rtol=1e-14)


def test_penalty_leaves_the_weights_and_the_float_type():
    weights, gradient = np.ones(4, np.float32), np.zeros(4, np.float32)
    add_penalty_gradient(gradient, weights, 0.1, 0.2)
    assert gradient.dtype == np.float32
    assert (weights == 1).all()


# --- clipping -------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", ["0.5", "100.0"])
def test_clipping_by_norm_equals_pytorch(limit):
    reference = load_reference()["clipping"]
    gradient = np.array(reference["gradient"])
    clip_by_norm(gradient, float(limit))
    np.testing.assert_allclose(gradient, reference["by_norm"][limit], rtol=1e-12)


def test_clipping_by_value_equals_pytorch():
    reference = load_reference()["clipping"]
    gradient = np.array(reference["gradient"])
    clip_by_value(gradient, 0.3)
    np.testing.assert_array_equal(gradient, reference["by_value"]["0.3"])


@given(seed=st.integers(0, 10**6), limit=st.floats(1e-3, 1e3))
def test_clipping_by_norm_keeps_the_direction(seed, limit):
    gradient = normal(seed, 7)
    clipped = gradient.copy()
    clip_by_norm(clipped, limit)
    assert np.linalg.norm(clipped) <= min(limit, np.linalg.norm(gradient)) * (1 + 1e-12)
    cosine = clipped @ gradient / np.linalg.norm(clipped) / np.linalg.norm(gradient)
    assert cosine == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_value])
def test_a_limit_of_zero_is_off(clip):
    gradient, stack = 100 * normal(3, 6), 100 * normal(4, 2, 6)
    before = gradient.copy(), stack.copy()
    clip(gradient, 0.0)
    clip(stack, np.array([[0.0], [1.0]]))
    np.testing.assert_array_equal(gradient, before[0])
    np.testing.assert_array_equal(stack[0], before[1][0])
    assert abs(stack[1]).max() <= 1


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_value])
def test_replicas_are_clipped_each_by_its_own_limit(clip):
    stack, limits = normal(5, 3, 6), np.array([[0.1], [0.5], [50.0]])
    singles = stack.copy()
    clip(stack, limits)
    for r in range(3):
        clip(singles[r], float(limits[r, 0]))
    np.testing.assert_allclose(stack, singles, rtol=1e-14)


@pytest.mark.parametrize("size", [1e-25, 1e25])
def test_clipping_by_norm_in_float32_neither_overflows_nor_underflows(size):
    gradient = np.array([3, 4], np.float32) * np.float32(size)
    with np.errstate(all="raise"):
        clip_by_norm(gradient, 1.0)
    assert gradient.dtype == np.float32
    expected = [0.6, 0.8] if size > 1 else [3e-25, 4e-25]
    np.testing.assert_allclose(gradient, expected, rtol=1e-6)


def test_clipping_a_zero_gradient():
    gradient = np.zeros(3)
    with np.errstate(all="raise"):
        clip_by_norm(gradient, 1.0)
    np.testing.assert_array_equal(gradient, 0)


# --- max-norm -------------------------------------------------------------------------------------


def test_max_norm_equals_keras():
    rule = load_reference()["keras"]
    weights = np.array(rule["weights"])
    project_max_norm(weights, rule["max_norm"])
    # Keras adds 1e-7 to the norm it divides by.
    np.testing.assert_allclose(weights, rule["max_norm_weights"], rtol=1e-6)


@pytest.mark.parametrize("lead", [(), (2,)])
def test_max_norm_bounds_columns_and_leaves_short_ones(lead):
    weights = normal(6, *lead, 5, 4) * np.array([0.01, 1, 10, 100])
    before = weights.copy()
    project_max_norm(weights, 2.0)
    norms, old = np.linalg.norm(weights, axis=-2), np.linalg.norm(before, axis=-2)
    np.testing.assert_allclose(norms, np.minimum(old, 2.0), rtol=1e-13)
    np.testing.assert_array_equal(weights[..., 0], before[..., 0])
    np.testing.assert_allclose(weights / before, (norms / old)[..., np.newaxis, :] + 0 * before)


def test_max_norm_of_a_stack_with_one_limit_off_and_a_dead_unit():
    weights = normal(7, 2, 5, 4) * 10
    weights[:, :, 1] = 0
    before = weights.copy()
    with np.errstate(all="raise"):
        project_max_norm(weights, np.array([0.0, 1.5]).reshape(2, 1, 1))
    np.testing.assert_array_equal(weights[0], before[0])
    np.testing.assert_allclose(np.linalg.norm(weights[1], axis=0), [1.5, 0, 1.5, 1.5], rtol=1e-13)
