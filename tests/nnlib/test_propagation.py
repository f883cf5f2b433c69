"""Variance propagation: quadrature against closed forms, theory against wide random stacks."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib.activations import ACTIVATIONS, ELU, LeakyReLU
from nnlib.initializers import INITIALIZERS, weight_variance
from nnlib.labs.gaussian import (
    gaussian_moments,
    histogram,
    normal_points,
    push,
    saturated_regions,
)
from nnlib.labs.propagation import RandomStack, expected_shares, measure, propagate


def phi(x: float) -> float:
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def cdf(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2


@pytest.mark.parametrize("name", INITIALIZERS)
@pytest.mark.parametrize("shape", [(60, 60), (40, 90), (90, 40)])
def test_weight_variance_is_that_of_the_initializer(name, shape):
    rng = np.random.default_rng(3)
    drawn = np.stack([INITIALIZERS[name](rng, *shape, 1.5) for _ in range(20)])
    assert np.mean(drawn**2) == pytest.approx(weight_variance(name, *shape, 1.5), rel=0.02)


@pytest.mark.parametrize(
    ("name", "regions"),
    [
        ("linear", []),
        ("relu", [(-math.inf, 0)]),
        ("leaky_relu", [(-math.inf, 0)]),
        ("tanh", [(-math.inf, -1.8184464592), (1.8184464592, math.inf)]),
        ("sigmoid", [(-math.inf, -3.6368929185), (3.6368929185, math.inf)]),
        ("softsign", [(-math.inf, 1 - math.sqrt(10)), (math.sqrt(10) - 1, math.inf)]),
        ("elu", [(-math.inf, -math.log(10))]),
        ("softplus", [(-math.inf, -math.log(9))]),
    ],
)
def test_saturated_regions(name, regions):
    found = saturated_regions(ACTIVATIONS[name])
    assert np.array(found).ravel() == pytest.approx(
        # The largest derivative of softplus is a limit, which its grid reaches to 5e-5.
        np.array(regions, float).ravel(),
        abs=1e-4 if name == "softplus" else 1e-9,
    )


def test_gelu_is_saturated_around_its_minimum_as_well():
    assert len(saturated_regions(ACTIVATIONS["gelu"])) == 2
    assert saturated_regions(LeakyReLU(0.2)) == []


@given(st.floats(-5, 5), st.floats(1e-3, 1e3))
def test_relu_moments_have_their_closed_form(mean, deviation):
    found = gaussian_moments(ACTIVATIONS["relu"], mean, deviation**2)
    t = mean / deviation
    first = mean * cdf(t) + deviation * phi(t)
    second = (mean**2 + deviation**2) * cdf(t) + mean * deviation * phi(t)
    assert found.mean == pytest.approx(first, rel=1e-6, abs=1e-12)
    assert found.second_moment == pytest.approx(second, rel=1e-6, abs=1e-12)
    assert found.slope_second_moment == pytest.approx(cdf(t), rel=1e-6, abs=1e-12)
    assert found.saturated == pytest.approx(1 - cdf(t), rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("variance", [1e-30, 1e-4, 0.3, 2.0, 1e4, 1e20])
def test_moments_of_other_activations_have_their_closed_forms(variance):
    s = math.sqrt(variance)
    linear = gaussian_moments(ACTIVATIONS["linear"], 0.7, variance)
    assert linear.mean == pytest.approx(0.7, rel=1e-9, abs=1e-9 * s)
    assert linear.variance == pytest.approx(variance, rel=1e-9)
    # E[z Φ(z)] = q / sqrt(2π (1 + q)), from E[Φ'(z)] by Stein's lemma
    gelu = gaussian_moments(ACTIVATIONS["gelu"], 0.0, variance)
    assert gelu.mean == pytest.approx(variance / math.sqrt(2 * math.pi * (1 + variance)), rel=1e-6)
    sigmoid = gaussian_moments(ACTIVATIONS["sigmoid"], 0.0, variance)
    assert sigmoid.mean == pytest.approx(0.5, rel=1e-9)
    leaky = gaussian_moments(LeakyReLU(0.1), 0.0, variance)
    assert leaky.second_moment == pytest.approx(variance * 1.01 / 2, rel=1e-9)


def test_elu_mean_has_its_closed_form():
    # E[e^z; z < 0] = e^{1/2} Φ(-1) for z ~ N(0, 1)
    expected = phi(0) + 2.0 * (math.exp(0.5) * cdf(-1) - 0.5)
    assert gaussian_moments(ELU(2.0), 0, 1).mean == pytest.approx(expected, rel=1e-9)


def test_selu_keeps_mean_zero_and_variance_one():
    found = gaussian_moments(ACTIVATIONS["selu"], 0, 1)
    assert found.mean == pytest.approx(0, abs=1e-9)
    assert found.variance == pytest.approx(1, rel=1e-9)


def test_no_variance_gives_the_value_at_the_mean():
    found = gaussian_moments(ACTIVATIONS["sigmoid"], 0.0, 0.0)
    assert (found.mean, found.variance, found.slope_second_moment) == (0.5, 0.0, 0.0625)


def test_tiny_variance_of_a_sigmoid_does_not_cancel():
    assert gaussian_moments(ACTIVATIONS["sigmoid"], 0, 1e-20).variance == pytest.approx(
        1e-20 / 16, rel=1e-6
    )


def test_he_keeps_and_glorot_halves_the_variance_of_relu():
    relu = ACTIVATIONS["relu"]
    he = propagate(RandomStack(relu, "he_normal", depth=4, mean=2.0, deviation=1.0))
    assert he.pre_variance == pytest.approx([10.0] * 4)
    assert he.signal_variance == pytest.approx([0.5] * 4)
    glorot = propagate(RandomStack(relu, "glorot_uniform", depth=4))
    assert glorot.pre_variance == pytest.approx([1, 0.5, 0.25, 0.125])
    assert glorot.variance[0] == pytest.approx(0.5 - 0.5 / math.pi)
    assert glorot.signal_variance == pytest.approx([0.0625, 0.125, 0.25, 0.5])


def test_linear_stack_grows_by_the_square_of_the_scale():
    theory = propagate(RandomStack(ACTIVATIONS["linear"], "lecun_normal", 3.0, depth=50))
    assert theory.pre_variance == pytest.approx(9.0 ** np.arange(1, 51))


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("initializer", ["lecun_uniform", "orthogonal"])
def test_wide_stacks_follow_the_theory(name, initializer):
    stack = RandomStack(
        ACTIVATIONS[name], initializer, 1.2, width=400, depth=4, mean=0.3, inputs=150
    )
    theory, found = propagate(stack), measure(stack, np.random.default_rng(1)).layers
    for field in ("pre_variance", "variance", "signal_variance"):
        assert getattr(found, field) == pytest.approx(getattr(theory, field), rel=0.25), field
    assert found.mean == pytest.approx(theory.mean, abs=0.12)
    assert found.saturated == pytest.approx(theory.saturated, abs=0.05)


def test_zeros_kill_every_unit():
    stack = RandomStack(ACTIVATIONS["relu"], "zeros", width=8, depth=3)
    found, theory = measure(stack, np.random.default_rng(0)), propagate(stack)
    assert found.dead.tolist() == [1, 1, 1]
    assert theory.pre_variance.tolist() == found.layers.pre_variance.tolist() == [0, 0, 0]
    assert theory.saturated.tolist() == found.layers.saturated.tolist() == [1, 1, 1]


def test_dead_units_are_off_for_every_input():
    stack = RandomStack(ACTIVATIONS["relu"], width=16, depth=30, inputs=50)
    found = measure(stack, np.random.default_rng(0))
    assert found.dead[0] < 0.1 < found.dead[-1]
    assert (found.dead <= found.layers.saturated + 1e-12).all()


def test_histogram_counts_every_value():
    found = histogram(np.array([0.0, 0.1, 0.9, 1.0, 5.0]), 0.0, 1.0, bins=2)
    assert found.shares == pytest.approx([0.4, 0.6])
    assert found.edges.tolist() == [0, 0.5, 1]
    same = histogram(np.full(7, 3.0), 3.0, 3.0)
    assert same.shares.max() == 1 and same.edges[0] < 3 < same.edges[-1]


def test_push_and_expected_shares():
    before, after = push(ACTIVATIONS["relu"], 0.0, 1.0)
    assert before.shares.sum() == pytest.approx(1) and after.shares.sum() == pytest.approx(1)
    assert after.shares.max() == pytest.approx(0.5, abs=0.06)
    stack = RandomStack(ACTIVATIONS["tanh"])
    shares = expected_shares(stack, 4.0, np.array([-2.0, 0.0, 2.0]), pre_activation=True)
    assert shares == pytest.approx([cdf(1) - 0.5] * 2, abs=1e-4)
    shares = expected_shares(stack, 4.0, np.array([0.0, np.tanh(2.0)]), pre_activation=False)
    assert shares == pytest.approx([cdf(1) - 0.5], abs=1e-4)
    assert normal_points(1.0, 2.0).mean() == pytest.approx(1.0)


def test_signal_is_the_gradient_of_central_differences():
    stack = RandomStack(ACTIVATIONS["tanh"], "glorot_normal", width=3, depth=3, inputs=4)
    found = measure(stack, np.random.default_rng(7)).layers.signal_variance
    rng = np.random.default_rng(7)
    x = rng.normal(0.0, 1.0, (4, 3))
    weights = [INITIALIZERS["glorot_normal"](rng, 3, 3, 1.0) for _ in range(3)]
    g = rng.normal(size=(4, 3))

    def loss(change):
        a = np.tanh(x @ weights[0] + change)
        for weight in weights[1:]:
            a = np.tanh(a @ weight)
        return (g * a).sum()

    steps = 1e-5 * np.eye(12).reshape(12, 4, 3)
    signal = np.array([(loss(step) - loss(-step)) / 2e-5 for step in steps])
    assert found[0] == pytest.approx(signal.var(), rel=1e-6)
