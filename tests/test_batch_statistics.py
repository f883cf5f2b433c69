"""Batch statistics: one unit's batch, many batches, arms, and what the page claims of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_runs import DATA, make_experiment

from nnlib import batch_statistics as statistics
from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.datasets import load
from nnlib.recorders import Every, Moment, Recorder
from nnlib.training import Trainer

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


def test_running_statistics_tend_to_those_of_the_population():
    population = statistics.POPULATIONS["skewed"]
    batches = population.draw(np.random.default_rng(0), (2000, 32))
    running = statistics.run_statistics(batches)
    assert running.mean[200:].mean() == pytest.approx(population.mean, abs=0.03)
    assert running.variance[200:].mean() == pytest.approx(population.deviation**2, rel=0.03)


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


# --- networks -------------------------------------------------------------------------------------


def test_all_arms_start_from_the_same_weights():
    arms = statistics.arms_of(DEFAULT)
    assert [(a.network.batch_norm, a.network.batch_norm_noise) for a in arms.values()] == [
        (False, 0.0),
        (True, 0.0),
        (True, 0.5),
    ]
    weights = [
        np.concatenate([d.weight.ravel() for d in Trainer(arm, MOONS).network.dense_layers])
        for arm in arms.values()
    ]
    np.testing.assert_array_equal(weights[0], weights[1])
    np.testing.assert_array_equal(weights[0], weights[2])


def test_sweep_is_sorted_by_arm_and_rate():
    experiment, rates, calls = make_experiment(epochs=2), (0.001, 0.1), []
    arms = statistics.arms_of(experiment)
    sweeps = statistics.sweep_rates(arms, rates, 2, DATA["multiclass"], calls.append)
    assert list(sweeps) == [statistics.WITHOUT, statistics.WITH, statistics.NOISY]
    assert all(tuple(arm.rate for arm in of) == rates for of in sweeps.values())
    assert calls[-1] == 1.0
    single = Trainer(arms[statistics.WITH].with_training(learning_rate=0.1), DATA["multiclass"])
    single.advance(epochs=2)
    expected = single.history["train_loss"][-1]
    assert sweeps[statistics.WITH][1].losses[-1, 0] == pytest.approx(expected, rel=1e-4)


def test_what_counts_as_training():
    arm = statistics.sweep_rates({"a": make_experiment(epochs=1)}, (0.1,), 2, DATA["binary"])["a"][
        0
    ]
    half = replace(arm, losses=np.array([[2.0, 2.0], [1.0, 1.0]]), diverged=np.array([False] * 2))
    assert statistics.trains(half)
    assert not statistics.trains(replace(half, losses=np.array([[2.0, 2.0], [1.01, 1.01]])))
    assert not statistics.trains(replace(half, diverged=np.array([False, True])))
    worse = replace(half, losses=np.array([[1.0, 1.0], [1.0, 1.0]]))
    ladder = [replace(arm, rate=rate) for arm, rate in ((worse, 0.1), (half, 1.0), (half, 10.0))]
    assert statistics.range_that_trains(ladder) == (1.0, 10.0)
    assert statistics.range_that_trains([worse]) is None


def test_percentiles_are_those_of_what_the_activation_is_given():
    experiment = make_experiment({"hidden": (6, 5)}, epochs=1)
    watched = statistics.watch_unit({"a": experiment}, 2, 1, DATA["binary"])[0]
    assert watched.steps[0] == 0
    seen: list[np.ndarray] = []

    def keep(moment: Moment) -> np.ndarray:
        seen.append(moment.network.activation_layers[-1].z[0, :, 2].copy())
        return np.zeros(1)

    recorder = Recorder("z", "run", keep, Every(1))
    Trainer([experiment], DATA["binary"], recorders=[recorder]).advance(steps=1)
    expected = np.percentile(seen[0], (15, 50, 85))
    np.testing.assert_allclose(watched.percentiles[0], expected, rtol=1e-6)
    assert watched.arm.losses.shape[1] == 1


def test_wander_is_the_move_of_the_median_by_the_spread():
    watched = statistics.watch_unit({"a": make_experiment(epochs=1)}, 0, 1, DATA["binary"])[0]
    made = replace(
        watched,
        steps=np.array([0, 5, 10]),
        percentiles=np.array([[-1.0, 0.0, 1.0], [-1.0, 0.5, 1.0], [-1.0, 0.0, 1.0]]),
    )
    assert made.wander == 0.25


# --- the page's claims ----------------------------------------------------------------------------


def test_normalized_networks_train_over_a_far_wider_range_of_rates():
    rates = (0.01, 0.1, 1.0, 3.2, 10.0)
    sweeps = statistics.sweep_rates(statistics.arms_of(DEFAULT), rates, 3, MOONS)
    for label in (statistics.WITH, statistics.NOISY):
        low, high = statistics.range_that_trains(sweeps[label]) or (1.0, 1.0)
        assert high / low >= 100
    assert not statistics.trains(sweeps[statistics.WITHOUT][0])
    low, high = statistics.range_that_trains(sweeps[statistics.WITHOUT]) or (1.0, 1.0)
    assert high / low < 10


@pytest.mark.parametrize("unit", [0, 5])
def test_with_noise_the_median_moves_further_and_the_network_trains_nearly_as_well(unit):
    plain, quiet, noisy = statistics.watch_unit(statistics.arms_of(DEFAULT), unit, 3, MOONS)
    assert noisy.wander > 1.2 * quiet.wander
    assert noisy.arm.final < 1.5 * quiet.arm.final
    assert noisy.arm.final < 0.5 * plain.arm.final
