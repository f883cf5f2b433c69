"""What a count says of a probability."""

import numpy as np
import pytest

from nnlib.proportions import wilson_interval


def test_wilson_interval_of_published_cases():
    # Newcombe (1998), table I: 81 of 263 and 0 of 20.
    low, high = wilson_interval([81, 0], [263, 20])
    assert low == pytest.approx([0.2553, 0.0], abs=5e-5)
    assert high == pytest.approx([0.3662, 0.1611], abs=5e-5)


def test_wilson_interval_is_within_zero_and_one():
    low, high = wilson_interval([0, 50, 100], 100)
    assert low == pytest.approx([0, 0.403832, 0.963007], abs=1e-6)
    assert high == pytest.approx([0.036993, 0.596168, 1], abs=1e-6)


def test_wilson_interval_covers():
    drawn = np.random.default_rng(0).binomial(1000, 0.02, 20_000)
    low, high = wilson_interval(drawn, 1000)
    assert np.mean((low <= 0.02) & (high >= 0.02)) == pytest.approx(0.95, abs=0.015)
