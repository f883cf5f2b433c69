"""Networks with and without batch normalization: arms, and what the page claims of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_runs import DATA, make_arm, make_experiment

from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.datasets import load
from nnlib.instruments import Every, Instrument, Moment
from nnlib.labs import normalized_networks as trained
from nnlib.training import Trainer

MOONS = load("moons")
DEFAULT = Experiment(
    NetworkConfig(hidden=(32, 32, 32), activation="sigmoid", initializer="glorot_normal"),
    TrainingConfig(optimizer="sgd", learning_rate=0.1, batch_size=32, epochs=20),
)
"""The network with which the page opens."""


def test_all_arms_start_from_the_same_weights():
    arms = trained.arms_of(DEFAULT)
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
    arms = trained.arms_of(experiment)
    sweeps = trained.sweep_rates(arms, rates, 2, DATA["multiclass"], calls.append)
    assert list(sweeps) == [trained.WITHOUT, trained.WITH, trained.NOISY]
    assert all(tuple(arm.rate for arm in of) == rates for of in sweeps.values())
    assert calls[-1] == 1.0
    single = Trainer(arms[trained.WITH].with_training(learning_rate=0.1), DATA["multiclass"])
    single.advance(epochs=2)
    expected = single.history["train_loss"][-1]
    assert sweeps[trained.WITH][1].finals()[0] == pytest.approx(expected, rel=1e-4)


def test_what_counts_as_training():
    half = make_arm([[2.0, 2.0], [1.0, 1.0]])
    assert trained.trains(half)
    assert not trained.trains(make_arm([[2.0, 2.0], [1.01, 1.01]]))
    assert not trained.trains(make_arm([[2.0, 2.0], [1.0, np.nan]]))
    losses = ([[1.0, 1.0], [1.0, 1.0]], [[2.0, 2.0], [1.0, 1.0]], [[2.0, 2.0], [1.0, 1.0]])
    ladder = [make_arm(v, rate=r) for v, r in zip(losses, (0.1, 1.0, 10.0), strict=True)]
    assert trained.range_that_trains(ladder) == (1.0, 10.0)
    assert trained.range_that_trains(ladder[:1]) is None


def test_percentiles_are_those_of_what_the_activation_is_given():
    experiment = make_experiment({"hidden": (6, 5)}, epochs=1)
    watched = trained.watch_unit({"a": experiment}, 2, 1, DATA["binary"])[0]
    assert watched.steps[0] == 0
    seen: list[np.ndarray] = []

    def keep(moment: Moment) -> np.ndarray:
        seen.append(moment.network.activation_layers[-1].z[0, :, 2].copy())
        return np.zeros(1)

    instrument = Instrument("z", "run", keep, cadence=Every(1))
    Trainer([experiment], DATA["binary"], instruments=[instrument]).advance(steps=1)
    expected = np.percentile(seen[0], (15, 50, 85))
    np.testing.assert_allclose(watched.percentiles[0], expected, rtol=1e-6)
    assert watched.arm.seeds == 1


def test_wander_is_the_move_of_the_median_by_the_spread():
    watched = trained.watch_unit({"a": make_experiment(epochs=1)}, 0, 1, DATA["binary"])[0]
    made = replace(
        watched,
        steps=np.array([0, 5, 10]),
        percentiles=np.array([[-1.0, 0.0, 1.0], [-1.0, 0.5, 1.0], [-1.0, 0.0, 1.0]]),
    )
    assert made.wander == 0.25


# --- the page's claims ----------------------------------------------------------------------------


@pytest.mark.parametrize(("rate", "same_distance", "epochs"), [
    (0.1, False, 20), (0.1, True, 200), (1.0, True, 20), (10.0, True, 2), (100.0, True, 1),
])  # fmt: skip
def test_the_same_distance_takes_small_rates_more_epochs(rate, same_distance, epochs):
    assert trained.epochs_at(rate, 20, same_distance=same_distance) == epochs


def test_given_the_same_rate_times_epochs_the_plain_network_trains_at_small_rates():
    rates = (0.1, 0.32)
    arms = {k: e for k, e in trained.arms_of(DEFAULT).items() if k != trained.NOISY}
    near = trained.sweep_rates(arms, rates, 3, MOONS)
    far = trained.sweep_rates(arms, rates, 3, MOONS, same_distance=True)
    assert not any(map(trained.trains, near[trained.WITHOUT]))
    for label in arms:
        assert all(map(trained.trains, far[label]))
    lower = [b.final() < a.final() / 2 for a, b in zip(*far.values(), strict=True)]
    assert all(lower)


def test_the_highest_rate_that_trains_is_about_three_times_as_high():
    rates = (3.2, 5.6, 10.0, 18.0, 32.0, 56.0)
    arms = {k: e for k, e in trained.arms_of(DEFAULT).items() if k != trained.NOISY}
    sweeps = trained.sweep_rates(arms, rates, 5, MOONS)
    plain, normalized = (trained.range_that_trains(sweeps[label]) for label in arms)
    assert plain and normalized and 2.5 < normalized[1] / plain[1] < 4


def test_normalized_networks_train_over_a_far_wider_range_of_rates_in_the_same_epochs():
    rates = (0.01, 0.1, 1.0, 3.2, 10.0)
    sweeps = trained.sweep_rates(trained.arms_of(DEFAULT), rates, 3, MOONS)
    for label in (trained.WITH, trained.NOISY):
        low, high = trained.range_that_trains(sweeps[label]) or (1.0, 1.0)
        assert high / low >= 100
    assert not trained.trains(sweeps[trained.WITHOUT][0])
    low, high = trained.range_that_trains(sweeps[trained.WITHOUT]) or (1.0, 1.0)
    assert high / low < 10


@pytest.mark.parametrize("unit", [0, 5])
def test_with_noise_the_median_moves_further_and_the_network_trains_nearly_as_well(unit):
    plain, quiet, noisy = trained.watch_unit(trained.arms_of(DEFAULT), unit, 3, MOONS)
    assert noisy.wander > 1.2 * quiet.wander
    assert noisy.arm.final() < 1.5 * quiet.arm.final()
    assert noisy.arm.final() < 0.5 * plain.arm.final()
