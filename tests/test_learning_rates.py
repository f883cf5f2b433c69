"""Learning rates compared: the quadratic against its theory, arms over seeds, the page's claims."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_runs import DATA, EXPLODING, make_experiment

import nnlib
from nnlib.datasets import load
from nnlib.descent import descend
from nnlib.learning_rates import (
    BEST_RATE,
    QUADRATIC,
    STABILITY_LIMIT,
    Arm,
    behavior,
    compare,
    factor_per_step,
    median_over_seeds,
)
from nnlib.schedules import SCHEDULES


def path(rate: float, steps: int = 30, start: float = 3.0):
    return descend(QUADRATIC, (start,), rate, tolerance=0.0, max_steps=steps)


def arm(losses, diverged=None) -> Arm:
    values = np.asarray(losses, float)
    seeds = values.shape[1]
    bad = np.zeros(seeds, bool) if diverged is None else np.array(diverged)
    steps = np.arange(len(values))
    return Arm("a", 0.1, steps, values, steps, np.ones((*values.shape, 1)), ("dense_1",), bad)


def test_quadratic_is_what_it_says():
    x = np.array([[3.0], [-1.0], [0.5]])
    np.testing.assert_allclose(QUADRATIC.values(x), x[:, 0] ** 2 + 2 * x[:, 0] + 1)
    h = 1e-6
    slopes = (QUADRATIC.values(x + h) - QUADRATIC.values(x - h)) / (2 * h)
    np.testing.assert_allclose(QUADRATIC.gradients(x)[:, 0], slopes, atol=1e-6)
    assert (STABILITY_LIMIT, BEST_RATE) == (1.0, 0.5)


@given(st.floats(0.001, 1.4))
def test_paths_follow_the_factor(rate: float):
    x = path(rate, 20).points[:, 0]
    expected = -1 + 4 * factor_per_step(rate) ** np.arange(len(x))
    np.testing.assert_allclose(x, expected, rtol=1e-6, atol=1e-6)


def test_at_the_limit_it_oscillates_for_ever_and_at_half_of_it_one_step_arrives():
    np.testing.assert_array_equal(path(1.0).points[:4, 0], [3, -5, 3, -5])
    np.testing.assert_array_equal(path(0.5).points[:, 0], [3, -1])
    assert (np.diff(path(1.05).values) > 0).all() and (np.diff(path(0.99).values) < 0).all()


@pytest.mark.parametrize(
    ("rate", "what"),
    [
        (0.01, "smooth"),
        (0.49, "smooth"),
        (0.5, "one step"),
        (0.8, "alternating"),
        (0.99, "alternating"),
        (1.0, "forever"),
        (1.01, "diverging"),
    ],
)
def test_behavior(rate: float, what: str):
    assert behavior(rate) == what


def test_0_2_and_0_8_have_the_same_losses():
    np.testing.assert_allclose(path(0.2, 10).values, path(0.8, 10).values)


def test_median_counts_infinity_as_the_largest():
    values = np.array([[1.0, np.inf, 3.0, 2.0], [np.inf, np.inf, np.inf, 1.0], [4, 1, 2, 3]])
    np.testing.assert_array_equal(median_over_seeds(values), [2.5, np.inf, 2.5])
    assert median_over_seeds(np.array([[5.0, 1.0, 9.0]]))[0] == 5.0


def test_outcomes():
    assert arm([[1.0, 1.0], [0.5, 0.7]]).outcome == "learned"
    assert arm([[1.0, 1.0], [1.5, 0.9]]).outcome == "worse than at the start"
    lost = arm([[1.0, 1.0, 1.0], [0.5, np.nan, 0.7]], [False, True, False])
    assert (lost.outcome, lost.final) == ("diverged", 0.7)
    assert np.isinf(lost.final_losses[1])


def test_arms_are_the_runs_of_their_seeds():
    experiment = make_experiment(seed=4)
    arms = compare(
        {f"{r}": experiment.with_training(learning_rate=r) for r in (0.01, 0.1)},
        2,
        DATA["binary"],
    )
    alone = nnlib.train(experiment.with_training(learning_rate=0.1, seed=5), DATA["binary"])
    np.testing.assert_allclose(
        arms[1].losses[:, 1], alone.history["train_loss"], rtol=2e-4, atol=1e-6
    )
    np.testing.assert_allclose(
        arms[1].gradient_norms[:, 1], alone.history["gradient_norm"], rtol=2e-3, atol=1e-6
    )
    assert [a.rate for a in arms] == [0.01, 0.1]
    np.testing.assert_array_equal(arms[0].losses[0], arms[1].losses[0])  # the same initial weights
    assert arms[0].losses[0, 0] != arms[0].losses[0, 1]


def test_a_stack_that_ends_early_is_filled_with_gaps():
    calm = EXPLODING.with_training(learning_rate=1e-3, epochs=10, schedule="cosine")
    wild = EXPLODING.with_training(epochs=10)
    arms = compare({"calm": calm, "wild": wild}, 2, DATA["regression"])
    assert arms[1].diverged.all() and not arms[0].diverged.any()
    assert arms[1].losses.shape == arms[0].losses.shape
    assert np.isinf(arms[1].final) and arms[0].outcome == "learned"


def test_progress_and_bounds():
    shares: list[float] = []
    compare({"a": make_experiment()}, 1, DATA["binary"], shares.append)
    assert shares[-1] == 1.0 and shares == sorted(shares)
    with pytest.raises(ValueError):
        compare({}, 1, DATA["binary"])
    with pytest.raises(ValueError):
        compare({"a": make_experiment()}, 0, DATA["binary"])


# ------------------------------------------------------------------ what the page says

DEFAULT = nnlib.Experiment(nnlib.NetworkConfig(), nnlib.TrainingConfig(optimizer="sgd", epochs=30))


@pytest.fixture(scope="module")
def default_sweep() -> list[Arm]:
    rates = [float(f"{rate:.3g}") for rate in np.geomspace(1e-4, 100, 25)]
    experiments = {f"{r:g}": DEFAULT.with_training(learning_rate=r) for r in rates}
    return compare(experiments, 5, load("moons"))


def test_above_the_best_rate_the_loss_turns_up_within_a_factor_of_a_few(default_sweep):
    best = min(default_sweep, key=lambda a: a.final)
    above = next(a for a in default_sweep if a.rate >= 3.1 * best.rate)
    assert above.final > 10 * best.final


def test_a_huge_rate_ends_finite_with_dead_layers(default_sweep):
    huge = next(a for a in default_sweep if a.rate == 10)
    assert np.isfinite(huge.final_losses).all() and huge.outcome == "worse than at the start"
    assert (huge.median_gradient_norms[-1] == 0).all()


def test_a_tenth_of_a_small_rate_moves_about_a_tenth_as_far(default_sweep):
    by_rate = {a.rate: a for a in default_sweep}
    small, tenth = (by_rate[r].first - by_rate[r].final for r in (1e-2, 1e-3))
    assert 0.05 < tenth / small < 0.2


def test_schedules_beat_a_high_constant_rate_and_lose_to_a_low_one():
    def finals(rate: float) -> dict[str, float]:
        base = DEFAULT.with_training(learning_rate=rate)
        arms = compare({s: base.with_training(schedule=s) for s in SCHEDULES}, 5, load("moons"))
        return {a.label: a.final for a in arms}

    high, low = finals(2.0), finals(0.1)
    assert max(high["warmup_cosine"], high["one_cycle"], high["cosine"]) < high["constant"]
    assert min(low, key=low.get) == "constant"
