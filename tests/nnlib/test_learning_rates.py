"""Learning rates compared: the quadratic against its theory, the page's claims."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnlib
from nnlib.comparison import Arm, compare
from nnlib.datasets import load
from nnlib.labs.descent import descend
from nnlib.labs.learning_rates import (
    BEST_RATE,
    QUADRATIC,
    STABILITY_LIMIT,
    behavior,
    factor_per_step,
)
from nnlib.schedules import SCHEDULES


def path(rate: float, steps: int = 30, start: float = 3.0):
    return descend(QUADRATIC, (start,), rate, tolerance=0.0, max_steps=steps)


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


# ------------------------------------------------------------------ what the page says

DEFAULT = nnlib.Experiment(nnlib.NetworkConfig(), nnlib.TrainingConfig(optimizer="sgd", epochs=30))


@pytest.fixture(scope="module")
def default_sweep() -> list[Arm]:
    rates = [float(f"{rate:.3g}") for rate in np.geomspace(1e-4, 100, 25)]
    experiments = {f"{r:g}": DEFAULT.with_training(learning_rate=r) for r in rates}
    return compare(experiments, 5, load("moons"))


def test_above_the_best_rate_the_loss_turns_up_within_a_factor_of_a_few(default_sweep):
    best = min(default_sweep, key=lambda a: a.final())
    above = next(a for a in default_sweep if a.rate >= 3.1 * best.rate)
    assert above.final() > 10 * best.final()


def test_a_huge_rate_ends_finite_with_dead_layers(default_sweep):
    huge = next(a for a in default_sweep if a.rate == 10)
    assert np.isfinite(huge.finals()).all() and huge.outcome == "stalled"
    assert all((huge.band("gradient_norm", i).median[-1] == 0) for i in range(len(huge.layers)))


def test_a_tenth_of_a_small_rate_moves_about_a_tenth_as_far(default_sweep):
    by_rate = {a.rate: a for a in default_sweep}
    small, tenth = (by_rate[r].first - by_rate[r].final() for r in (1e-2, 1e-3))
    assert 0.05 < tenth / small < 0.2


def test_schedules_beat_a_high_constant_rate_and_lose_to_a_low_one():
    def finals(rate: float) -> dict[str, float]:
        base = DEFAULT.with_training(learning_rate=rate)
        arms = compare({s: base.with_training(schedule=s) for s in SCHEDULES}, 5, load("moons"))
        return {a.label: a.final() for a in arms}

    high, low = finals(2.0), finals(0.1)
    assert max(high["warmup_cosine"], high["one_cycle"], high["cosine"]) < high["constant"]
    assert min(low, key=low.get) == "constant"
