"""Initializers: moments, bounds, scale, and where their randomness comes from."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nnlib.initializers import INITIALIZERS

FAN_IN, FAN_OUT = 300, 200
NAMES = (
    "zeros", "uniform", "normal", "lecun_normal", "lecun_uniform", "glorot_normal",
    "glorot_uniform", "he_normal", "he_uniform", "orthogonal",
)  # fmt: skip
DEVIATION = {
    "normal": 0.05,
    "lecun_normal": math.sqrt(1 / FAN_IN),
    "glorot_normal": math.sqrt(2 / (FAN_IN + FAN_OUT)),
    "he_normal": math.sqrt(2 / FAN_IN),
}
BOUND = {
    "uniform": 0.05,
    "lecun_uniform": math.sqrt(3 / FAN_IN),
    "glorot_uniform": math.sqrt(6 / (FAN_IN + FAN_OUT)),
    "he_uniform": math.sqrt(6 / FAN_IN),
}


def draw(name: str, seed: int = 0, fan_in: int = FAN_IN, fan_out: int = FAN_OUT, **scale: float):
    return INITIALIZERS[name](np.random.default_rng(seed), fan_in, fan_out, **scale)


def test_registry_names_every_initializer():
    assert set(INITIALIZERS) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_shape_type_and_determinism(name):
    weights = draw(name, fan_in=3, fan_out=5)
    assert weights.shape == (3, 5)
    assert weights.dtype == np.float64
    np.testing.assert_array_equal(weights, draw(name, fan_in=3, fan_out=5))
    if name != "zeros":
        assert (weights != draw(name, seed=1, fan_in=3, fan_out=5)).all()


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"zeros"}))
def test_draws_from_the_generator_it_is_given(name):
    rng = np.random.default_rng(0)
    first, second = INITIALIZERS[name](rng, 4, 4), INITIALIZERS[name](rng, 4, 4)
    assert not np.allclose(first, second)


@pytest.mark.parametrize("name", sorted(DEVIATION))
def test_normal_has_its_moments_and_is_not_truncated(name):
    standard = draw(name) / DEVIATION[name]
    count = standard.size  # 60 000: the standard errors below are four to five sigma
    assert abs(standard.mean()) < 5 / math.sqrt(count)
    assert abs(standard.std() - 1) < 5 / math.sqrt(2 * count)
    assert abs((standard**4).mean() - 3) < 5 * math.sqrt(96 / count)
    assert abs(standard).max() > 3.5


@pytest.mark.parametrize("name", sorted(BOUND))
def test_uniform_fills_its_interval_and_stays_inside(name):
    standard = draw(name) / BOUND[name]
    count = standard.size
    assert abs(standard).max() <= 1
    assert standard.max() > 0.999
    assert standard.min() < -0.999
    assert abs(standard.mean()) < 5 / math.sqrt(3 * count)
    assert abs((standard**2).mean() - 1 / 3) < 5 * math.sqrt(4 / 45 / count)


def test_zeros():
    assert not draw("zeros", scale=3.0).any()


@pytest.mark.parametrize("shape", [(6, 6), (9, 4), (4, 9)])
def test_orthogonal(shape):
    weights = draw("orthogonal", fan_in=shape[0], fan_out=shape[1], scale=1.5)
    gram = weights.T @ weights if shape[0] >= shape[1] else weights @ weights.T
    np.testing.assert_allclose(gram, 1.5**2 * np.eye(min(shape)), atol=1e-12)


def test_orthogonal_prefers_no_direction():
    # Without the sign correction, a QR factorization leaves the diagonal with one sign.
    corners = np.array([draw("orthogonal", seed, 3, 3)[0, 0] for seed in range(400)])
    assert abs(corners.mean()) < 5 * math.sqrt(1 / 3 / 400)
    assert abs((corners**2).mean() - 1 / 3) < 0.08


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"zeros"}))
def test_scale_multiplies_the_weights(name):
    np.testing.assert_allclose(draw(name, scale=2.5), 2.5 * draw(name), rtol=1e-12, atol=1e-15)
