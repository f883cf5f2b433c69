"""Learning-rate schedules, step by step against PyTorch's schedulers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import load_reference

from nnlib.config import TrainingConfig, setting_of
from nnlib.schedules import SCHEDULES, make_schedule

NAMES = ("constant", "step", "exponential", "cosine", "warmup_cosine", "one_cycle")


def reference_config(schedule: str, **changes) -> TrainingConfig:
    reference = load_reference()["schedules"]
    settings = {
        "epochs": reference["total_steps"] // reference["steps_per_epoch"],
        "decay_epochs": reference["decay_epochs"],
        "decay_factor": reference["decay_factor"],
        "warmup_fraction": reference["warmup_fraction"],
    }
    return TrainingConfig(schedule=schedule, **(settings | changes))


def test_registry_and_setting_name_the_same_schedules():
    assert tuple(SCHEDULES) == NAMES == setting_of(TrainingConfig, "schedule").choices


@pytest.mark.parametrize("name", NAMES[1:])
def test_equals_pytorch(name):
    reference = load_reference()["schedules"]
    factor = make_schedule(reference_config(name), reference["steps_per_epoch"])
    rates = [reference["learning_rate"] * factor(step) for step in range(reference["total_steps"])]
    np.testing.assert_allclose(rates, reference["rates"][name], rtol=1e-9, atol=1e-15)


def test_constant():
    factor = make_schedule(TrainingConfig(epochs=3), 7)
    assert {factor(step) for step in range(50)} == {1.0}


def test_step_waits_for_whole_periods():
    config = TrainingConfig(schedule="step", decay_factor=0.5, decay_epochs=2, epochs=6)
    factor = make_schedule(config, 3)
    assert [factor(step) for step in range(18)] == [1.0] * 6 + [0.5] * 6 + [0.25] * 6


def test_exponential_reaches_the_factor_at_the_end_of_each_period():
    config = TrainingConfig(schedule="exponential", decay_factor=0.5, decay_epochs=2, epochs=6)
    factor = make_schedule(config, 3)
    assert [factor(step) for step in (0, 6, 12)] == pytest.approx([1, 0.5, 0.25])
    ratios = [factor(step + 1) / factor(step) for step in range(17)]
    assert ratios == pytest.approx([0.5 ** (1 / 6)] * 17)


def test_cosine_is_symmetric_about_its_middle():
    factor = make_schedule(TrainingConfig(schedule="cosine", epochs=4), 5)
    assert factor(0) == 1
    assert factor(10) == pytest.approx(0.5)
    assert [factor(s) + factor(20 - s) for s in range(21)] == pytest.approx([1] * 21)


def test_warm_up_starts_above_zero_and_no_warm_up_is_plain_cosine():
    config = TrainingConfig(schedule="warmup_cosine", warmup_fraction=0.5, epochs=4)
    factor = make_schedule(config, 5)
    assert [factor(step) for step in range(11)] == pytest.approx([*np.arange(1, 11) / 10, 1])
    plain = make_schedule(TrainingConfig(schedule="cosine", epochs=4), 5)
    cold = make_schedule(TrainingConfig(schedule="warmup_cosine", warmup_fraction=0.0, epochs=4), 5)
    assert [cold(step) for step in range(20)] == [plain(step) for step in range(20)]


def test_one_cycle_starts_at_a_25th_peaks_at_30_percent_and_ends_near_zero():
    factor = make_schedule(TrainingConfig(schedule="one_cycle", epochs=20), 5)
    factors = [factor(step) for step in range(100)]
    assert factors[0] == pytest.approx(1 / 25)
    assert factors[29] == max(factors) == pytest.approx(1)
    assert factors[-1] == pytest.approx(1 / 250_000)


@given(
    name=st.sampled_from(NAMES),
    epochs=st.integers(1, 30),
    steps_per_epoch=st.integers(1, 9),
    warmup_fraction=st.floats(0, 0.9),
    decay_epochs=st.integers(1, 50),
)
def test_factors_of_any_run_lie_between_zero_and_one(
    name, epochs, steps_per_epoch, warmup_fraction, decay_epochs
):
    config = TrainingConfig(
        schedule=name,
        epochs=epochs,
        warmup_fraction=warmup_fraction,
        decay_epochs=decay_epochs,
    )
    factor, total = make_schedule(config, steps_per_epoch), epochs * steps_per_epoch
    factors = [factor(step) for step in range(total)]
    assert all(0 < value <= 1 for value in factors)
    assert factor(total + 1) == factor(total + 100) <= factors[-1] + 1e-12


@pytest.mark.parametrize("name", ["step", "exponential", "cosine"])
def test_decaying_schedules_never_rise(name):
    factor = make_schedule(reference_config(name), 5)
    assert (np.diff([factor(step) for step in range(61)]) <= 0).all()
