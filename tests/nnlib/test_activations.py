"""Activations against PyTorch's values, against 60-digit arithmetic, and far out in float32."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import load_reference

from nnlib.activations import ACTIVATIONS
from nnlib.special import normal_cdf

NAMES = (
    "linear", "sigmoid", "tanh", "softsign", "relu", "leaky_relu", "elu", "selu", "gelu", "silu",
    "softplus",
)  # fmt: skip
KINKED = {"relu", "leaky_relu", "selu"}  # f' jumps at 0
NOT_MONOTONE = {"gelu", "silu"}
SELU_SCALE, SELU_FLOOR = 1.0507009873554805, -1.7580993408473766

# name: f(-1e4), f(1e4), f'(-1e4), f'(1e4)
LIMITS = {
    "linear": (-1e4, 1e4, 1, 1),
    "sigmoid": (0, 1, 0, 0),
    "tanh": (-1, 1, 0, 0),
    "softsign": (-1e4 / 10001, 1e4 / 10001, 10001.0**-2, 10001.0**-2),
    "relu": (0, 1e4, 0, 1),
    "leaky_relu": (-100, 1e4, 0.01, 1),
    "elu": (-1, 1e4, 0, 1),
    "selu": (SELU_FLOOR, 1e4 * SELU_SCALE, 0, SELU_SCALE),
    "gelu": (0, 1e4, 0, 1),
    "silu": (0, 1e4, 0, 1),
    "softplus": (0, 1e4, 0, 1),
}


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


def test_registry_names_every_activation():
    assert tuple(ACTIVATIONS) == NAMES
    assert all(ACTIVATIONS[name].name == name for name in NAMES)


def test_value_and_derivative_equal_pytorch(name):
    table = load_reference()["activations"]
    z = np.array(table["z"])
    np.testing.assert_allclose(ACTIVATIONS[name].value(z), table[name]["value"], 1e-12, 1e-14)
    np.testing.assert_allclose(
        ACTIVATIONS[name].derivative(z), table[name]["derivative"], 1e-12, 1e-14
    )


@pytest.mark.parametrize("name", ["gelu", "softplus", "sigmoid", "silu", "tanh"])
def test_tails_keep_their_relative_accuracy(name):
    # Saturation is studied on derivatives of 1e-30, where absolute accuracy says nothing.
    table = load_reference()["extreme"]
    z = np.array(table["z"])
    value, derivative = ACTIVATIONS[name].value(z), ACTIVATIONS[name].derivative(z)
    np.testing.assert_allclose(value, table[name]["value"], rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(derivative, table[name]["derivative"], rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize(
    ("dtype", "low", "high", "most"),
    [
        (np.float64, -37, 0, 5e-13),
        (np.float32, -2, 0, 5e-7),
        (np.float32, -12, -2, 2e-5),
    ],
)
def test_the_normal_distribution_is_as_accurate_as_it_says(dtype, low, high, most):
    z = np.random.default_rng(0).uniform(low, high, 20_000).astype(dtype)
    exact = np.array([0.5 * math.erfc(-float(v) / math.sqrt(2)) for v in z])
    error = np.abs(normal_cdf(z) / exact - 1).max()
    assert most / 10 < error < most


@pytest.mark.parametrize("method", ["value", "derivative"])
def test_float32_is_stable_up_to_ten_thousand(name, method):
    z = np.concatenate([np.geomspace(1e4, 1e-6, 500) * -1, [0], np.geomspace(1e-6, 1e4, 500)])
    with np.errstate(all="raise", under="ignore"):
        narrow = getattr(ACTIVATIONS[name], method)(z.astype(np.float32))
    wide = getattr(ACTIVATIONS[name], method)(z.astype(np.float32).astype(np.float64))
    assert narrow.dtype == np.float32
    np.testing.assert_allclose(narrow, wide, rtol=1e-5, atol=2e-7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_limits(name, dtype):
    z = np.array([-1e4, 1e4], dtype)
    low, high, slope_low, slope_high = LIMITS[name]
    rtol = 1e-6 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(ACTIVATIONS[name].value(z), [low, high], rtol)
    np.testing.assert_allclose(ACTIVATIONS[name].derivative(z), [slope_low, slope_high], rtol)


@pytest.mark.parametrize("size", [1e20, 3e38])
def test_the_largest_float32_numbers_still_have_finite_results(name, size):
    z = np.array([-size, size], np.float32)
    with np.errstate(over="ignore", under="ignore", invalid="raise", divide="raise"):
        value, derivative = ACTIVATIONS[name].value(z), ACTIVATIONS[name].derivative(z)
    if name != "selu" or size < 1e38:  # its scale passes the largest float32 there
        assert np.isfinite(value).all()
    np.testing.assert_allclose(derivative, LIMITS[name][2:], atol=1e-7)


@pytest.mark.parametrize("name", sorted(set(NAMES) - NOT_MONOTONE))
def test_monotone_where_it_should_be(name):
    z = np.linspace(-50, 50, 20001, dtype=np.float32)
    value = ACTIVATIONS[name].value(z)
    rounding = np.spacing(abs(value[1:]))  # NumPy's float32 expm1 wobbles in its last digit
    assert (np.diff(value) >= -rounding).all()
    assert (ACTIVATIONS[name].derivative(z) >= 0).all()


@pytest.mark.parametrize(("name", "lowest"), [("gelu", -0.16997120747), ("silu", -0.27846454276)])
def test_the_two_with_a_dip_reach_their_minimum(name, lowest):
    z = np.linspace(-4, 1, 100001)
    assert ACTIVATIONS[name].value(z).min() == pytest.approx(lowest, abs=1e-9)


@pytest.mark.parametrize("name", ["tanh", "softsign", "linear"])
def test_odd_functions(name):
    z = np.linspace(0, 20, 200)
    np.testing.assert_array_equal(ACTIVATIONS[name].value(-z), -ACTIVATIONS[name].value(z))
    np.testing.assert_array_equal(ACTIVATIONS[name].derivative(-z), ACTIVATIONS[name].derivative(z))


@pytest.mark.parametrize(
    ("name", "value", "slope"),
    [
        ("linear", 0, 1),
        ("sigmoid", 0.5, 0.25),
        ("tanh", 0, 1),
        ("softsign", 0, 1),
        ("relu", 0, 0),
        ("leaky_relu", 0, 0.01),
        ("elu", 0, 1),
        ("selu", 0, -SELU_FLOOR),
        ("gelu", 0, 0.5),
        ("silu", 0, 0.5),
        ("softplus", np.log(2), 0.5),
    ],
)
def test_at_zero_the_derivative_is_the_one_from_the_left(name, value, slope):
    zero = np.zeros(1)
    assert ACTIVATIONS[name].value(zero)[0] == pytest.approx(value, abs=1e-15)
    assert ACTIVATIONS[name].derivative(zero)[0] == pytest.approx(slope, abs=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("method", ["value", "derivative"])
def test_out_receives_the_result_and_the_input_stays(name, method, dtype):
    z = np.random.default_rng(0).normal(0, 3, (2, 5, 4)).astype(dtype)
    before = z.copy()
    call = getattr(ACTIVATIONS[name], method)
    expected = call(z)
    out = np.full_like(z, np.nan)
    assert call(z, out=out) is out
    assert expected.shape == z.shape
    assert expected.dtype == dtype
    assert not np.shares_memory(expected, z)
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(z, before)


def test_backward_multiplies_the_gradient_by_the_derivative(name):
    rng = np.random.default_rng(1)
    z, gradient = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 3, 4))
    expected = gradient * ACTIVATIONS[name].derivative(z)
    result = ACTIVATIONS[name].backward(gradient, z, np.empty_like(z))
    np.testing.assert_allclose(result, expected, rtol=1e-15)


@given(z=st.floats(-30, 30), name=st.sampled_from(NAMES))
def test_derivative_is_the_slope_of_the_value(z, name):
    if abs(z) < 1e-3:  # the kink, and the jump of the second derivative of elu and softsign
        z = 1e-3
    step = 1e-5
    below, above = ACTIVATIONS[name].value(np.array([z - step, z + step]))
    slope = ACTIVATIONS[name].derivative(np.array([z]))[0]
    assert slope == pytest.approx((above - below) / (2 * step), rel=1e-7, abs=1e-8)


@given(z=st.floats(-1e4, 1e4, width=32), name=st.sampled_from(NAMES))
def test_finite_everywhere_in_float32(z, name):
    with np.errstate(all="raise", under="ignore"):
        point = np.array([z], np.float32)
        assert np.isfinite(ACTIVATIONS[name].value(point)).all()
        assert np.isfinite(ACTIVATIONS[name].derivative(point)).all()
