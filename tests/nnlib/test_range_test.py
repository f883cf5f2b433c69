"""The range test: its rates, its smoothing, where it ends and what it suggests."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_runs import DATA, make_experiment

from nnlib.comparison import compare
from nnlib.datasets import load
from nnlib.labs.range_test import (
    STOP_FACTOR,
    RangeTest,
    geometric_rates,
    range_test,
    smoothed_losses,
)
from nnlib.training import Trainer


def fake(smoothed: list[float], asked: int | None = None) -> RangeTest:
    steps = len(smoothed)
    values = np.array(smoothed)
    rates = geometric_rates(1e-3, 1.0, steps)
    return RangeTest(rates, values, values, np.ones((steps, 1)), ("output",), asked or steps)


def test_rates_rise_by_a_constant_ratio():
    np.testing.assert_allclose(geometric_rates(1e-3, 10.0, 5), [1e-3, 1e-2, 0.1, 1.0, 10.0])


def test_smoothing_is_the_bias_corrected_average():
    # averages 0.5·2 = 1, 0.5·1 + 0.5·4 = 2.5, 0.5·2.5 + 0.5·1 = 1.75 over 1/2, 3/4, 7/8
    np.testing.assert_allclose(smoothed_losses(np.array([2.0, 4.0, 1.0]), 0.5), [2, 10 / 3, 2])
    np.testing.assert_array_equal(smoothed_losses(np.array([3.0, 1.0]), 0.0), [3.0, 1.0])


@given(st.floats(0, 100), st.floats(0, 0.98), st.integers(1, 50))
def test_a_constant_loss_stays_what_it_is(loss: float, smoothing: float, steps: int):
    np.testing.assert_allclose(smoothed_losses(np.full(steps, loss), smoothing), loss)


def test_the_rate_of_each_step_is_the_one_that_is_reported():
    experiment = make_experiment(optimizer="sgd", seed=3)
    low, steps = 1e-3, 10
    test = range_test(experiment, DATA["multiclass"], low=low, high=0.1, steps=steps)
    trainer = Trainer(
        experiment.with_training(learning_rate=low, epochs=10), DATA["multiclass"], instruments=[]
    )
    losses = []
    for rate in test.rates:
        trainer.change(learning_rate=float(rate))
        x, targets = (part.copy() for part in peek(trainer))
        losses.append(float(trainer.loss.value(trainer.network.predict_logits(x), targets)))
        trainer.advance(steps=1)
    np.testing.assert_allclose(test.losses, losses, rtol=1e-5)
    assert test.gradient_norms.shape == (10, 3) and test.layers[0] == "hidden 1"
    assert not test.ended_early


def peek(trainer: Trainer):
    """Return the minibatch that comes next, from a twin that has made as many steps."""
    twin = Trainer(trainer.experiment, trainer.data, instruments=[])
    for _ in range(trainer.step):
        twin._minibatches.next()
    return twin._minibatches.next()


def test_ends_at_the_first_smoothed_loss_beyond_four_times_the_lowest():
    experiment = make_experiment({"activation": "relu"}, optimizer="sgd")
    test = range_test(experiment, DATA["regression"], low=1e-3, high=100.0, steps=200)
    assert test.ended_early and len(test.rates) < 200
    finite = np.where(np.isnan(test.smoothed), np.inf, test.smoothed)
    beyond = finite > STOP_FACTOR * np.minimum.accumulate(finite)
    assert beyond[-1] and not beyond[:-1].any()
    assert test.suggestion == pytest.approx(test.rates[np.argmin(test.smoothed)] / 10)


def test_suggestion_is_a_tenth_of_the_rate_of_the_lowest_loss():
    test = fake([2.0, 1.5, 1.0, 3.0])
    assert test.lowest == 2 and test.suggestion == pytest.approx(0.01)
    assert not test.lowest_at_end and not test.ended_early
    assert test.fall == pytest.approx(0.5)


def test_no_suggestion_without_a_fall():
    assert fake([1.0, 0.96, 1.2]).suggestion is None
    assert fake([1.0, 0.94, 1.2]).suggestion is not None
    assert fake([np.nan]).suggestion is None


def test_lowest_at_the_end_is_told_apart():
    assert fake([2.0, 1.0]).lowest_at_end
    assert not fake([2.0, 1.0], asked=3).lowest_at_end


@pytest.mark.parametrize(
    "settings",
    [
        {"low": 0.0},
        {"low": 1.0, "high": 1.0},
        {"steps": 5},
        {"steps": 1001},
        {"smoothing": 1.0},
        {"smoothing": -0.1},
    ],
)
def test_bounds(settings: dict):
    with pytest.raises(ValueError):
        range_test(make_experiment(), DATA["binary"], **settings)


def test_longest_test_keeps_every_step():
    test = range_test(make_experiment(), DATA["binary"], low=1e-5, high=1e-4, steps=1000)
    assert len(test.rates) == len(test.losses) == 1000


def test_schedule_and_patience_of_the_experiment_are_not_used():
    plain, other = (
        range_test(make_experiment(**extra), DATA["binary"], high=0.1, steps=20)
        for extra in ({}, {"schedule": "cosine", "patience": 1, "learning_rate": 7.0})
    )
    np.testing.assert_array_equal(plain.losses, other.losses)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize("name", ["moons", "digits", "diabetes"])
def test_suggestion_learns_much(name: str, optimizer: str):
    data = load(name)
    experiment = make_experiment(
        {"hidden": (16, 16), "activation": "relu"}, optimizer=optimizer, epochs=20, batch_size=32
    )
    found = range_test(experiment, data, steps=100).suggestion
    assert found is not None
    (arm,) = compare({"suggested": experiment.with_training(learning_rate=found)}, 3, data)
    assert arm.final() < 0.4 * arm.first
