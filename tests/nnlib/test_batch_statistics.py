"""Batch statistics: one unit's batch, many batches, arms, and what the page claims of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.datasets import load
from nnlib.labs import batch_statistics as statistics

MOONS = load("moons")
DEFAULT = Experiment(
    NetworkConfig(hidden=(32, 32, 32), activation="sigmoid", initializer="glorot_normal"),
    TrainingConfig(optimizer="sgd", learning_rate=0.1, batch_size=32, epochs=20),
)
"""The network with which the page opens."""


@pytest.mark.parametrize("name", statistics.POPULATIONS)
def test_populations_have_the_moments_they_state(name):
    population = statistics.POPULATIONS[name]
    values = population.draw(np.random.default_rng(0), (400_000,))
    assert values.mean() == pytest.approx(population.mean, abs=0.02)
    assert values.std() == pytest.approx(population.deviation, rel=0.01)


def test_literal_batch():
    batch = statistics.normalize(np.array([1.0, 2.0, 6.0]), gamma=2.0, beta=5.0)
    variance = 14 / 3  # mean 3: 4 + 1 + 9, divided by 3
    expected = 5 + 2 * np.array([-2.0, -1.0, 3.0]) / np.sqrt(variance + 1e-5)
    np.testing.assert_allclose(batch.after, expected, rtol=1e-12)
    assert batch.moments[0] == pytest.approx((3, variance))


@given(
    seed=st.integers(0, 1000),
    size=st.integers(2, 64),
    gamma=st.floats(-3, 3),
    beta=st.floats(-3, 3),
)
def test_mean_and_variance_after_are_those_of_gamma_and_beta(seed, size, gamma, beta):
    values = np.random.default_rng(seed).normal(10, 5, size)
    (_, before), (mean, variance) = statistics.normalize(values, gamma, beta).moments
    assert mean == pytest.approx(beta, abs=1e-8)
    assert variance == pytest.approx(gamma**2 * before / (before + 1e-5), rel=1e-6, abs=1e-12)


@given(a=st.floats(-1e3, 1e3), b=st.floats(-1e3, 1e3))
def test_two_examples_become_plus_and_minus_one(a, b):
    if abs(a - b) < 1:
        return
    after = statistics.normalize(np.array([a, b]), 1.5, 0.25).after
    sign = np.sign(a - b)
    np.testing.assert_allclose(after, [0.25 + 1.5 * sign, 0.25 - 1.5 * sign], atol=1e-4)


def test_running_statistics_move_a_tenth_of_the_way():
    batches = np.array([[1.0, 3.0], [4.0, 8.0]])
    running = statistics.run_statistics(batches)
    np.testing.assert_allclose(running.batch_mean, [2, 6])
    np.testing.assert_allclose(running.batch_variance, [2, 8])  # unbiased
    np.testing.assert_allclose(running.mean, [0.2, 0.9 * 0.2 + 0.6])
    np.testing.assert_allclose(running.variance, [1.1, 0.9 * 1.1 + 0.8])


def test_running_statistics_hover_around_those_of_the_population():
    population = statistics.POPULATIONS["skewed"]
    batches = population.draw(np.random.default_rng(0), (2000, 32))
    running = statistics.run_statistics(batches)
    assert running.mean[200:].mean() == pytest.approx(population.mean, abs=0.03)
    assert running.variance[200:].mean() == pytest.approx(population.deviation**2, rel=0.03)


@pytest.mark.parametrize("size", [2, 16])
def test_running_means_never_come_to_rest(size):
    """They stray as much after 20,000 batches as after 200: like the mean of 19 batches."""
    population = statistics.POPULATIONS["normal"]
    batches = population.draw(np.random.default_rng(0), (20_000, size))
    running = statistics.run_statistics(batches).mean
    expected = statistics.spread_of_running_means(population.deviation, size)
    assert expected == pytest.approx(population.deviation / np.sqrt(19 * size))
    for part in (running[200:10_000], running[10_000:]):
        assert (part - population.mean).std() == pytest.approx(expected, rel=0.1)


FOUR_BY_THREE = np.arange(1.0, 13).reshape(4, 3)


def test_the_numbers_of_a_batch_of_four_examples_and_three_features():
    gamma, beta = [1.0, 2.0, 1.0], [0.0, 1.0, -1.0]
    batch = statistics.normalize_features(FOUR_BY_THREE, gamma, beta)
    np.testing.assert_allclose(batch.mean, [5.5, 6.5, 7.5])
    np.testing.assert_allclose(batch.variance, [11.25] * 3)
    column = [-1.3416, -0.4472, 0.4472, 1.3416]
    np.testing.assert_allclose(batch.standardized, np.tile(column, (3, 1)).T, atol=5e-5)
    np.testing.assert_allclose(batch.after, batch.standardized * gamma + beta, rtol=1e-12)
    np.testing.assert_allclose(batch.running_mean, [0.55, 0.65, 0.75])
    np.testing.assert_allclose(batch.running_variance, [0.9 + 0.1 * 15] * 3)
    expected = (FOUR_BY_THREE - batch.running_mean) / np.sqrt(2.4 + 1e-5) * gamma + beta
    np.testing.assert_allclose(batch.evaluated, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("values", "gamma", "beta"),
    [([[1.0, 2.0]], [1, 1], [0, 0]), (FOUR_BY_THREE, [1, 1], [0, 0, 0]),
     (FOUR_BY_THREE, [1, 1, 1], [0])],
)  # fmt: skip
def test_what_does_not_fit_is_refused(values, gamma, beta):
    with pytest.raises(ValueError, match="need"):
        statistics.normalize_features(values, gamma, beta)


def test_an_example_is_noisy_in_training_and_not_in_evaluation():
    population = statistics.POPULATIONS["normal"]
    spreads = []
    for size in (4, 64):
        others = population.draw(np.random.default_rng(1), (500, size - 1))
        outputs, evaluated = statistics.same_example(5.0, others, 3.0, 4.0, 2.0, 1.0)
        assert evaluated == pytest.approx(1 + 2 * (5 - 3) / np.sqrt(4 + 1e-5))
        spreads.append(outputs.std())
    assert spreads[0] > 2.5 * spreads[1]
    assert outputs.mean() == pytest.approx(evaluated, rel=0.05)


@pytest.mark.parametrize("name", statistics.POPULATIONS)
def test_the_batch_mean_strays_by_sigma_over_the_root_of_the_batch_size(name):
    population, sizes = statistics.POPULATIONS[name], (2, 8, 64)
    measured = statistics.deviation_of_means(population, sizes, 4000, np.random.default_rng(0))
    np.testing.assert_allclose(measured, population.deviation / np.sqrt(sizes), rtol=0.05)
