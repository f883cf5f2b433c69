"""Paired differences: the interval is that of the t test, and it errs as often as it says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nnlib.paired import paired_difference, t_inside, t_quantile

TABLE = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 9: 2.262, 30: 2.042}
"""The two-sided 5 % points as every table has them."""


@pytest.mark.parametrize(("freedom", "t"), TABLE.items())
def test_the_printed_table(freedom: int, t: float):
    assert t_quantile(0.975, freedom) == pytest.approx(t, abs=6e-4)


@given(st.floats(0.51, 0.9999), st.integers(1, 40))
def test_quantiles_are_those_of_scipy_and_invert_the_distribution(level: float, freedom: int):
    t = t_quantile(level, freedom)
    assert t == pytest.approx(stats.t.ppf(level, freedom), rel=1e-8)
    assert t_inside(t, freedom) == pytest.approx(2 * level - 1, abs=1e-12)


@pytest.mark.parametrize(("level", "freedom"), [(0.5, 3), (1.0, 3), (0.975, 0)])
def test_bounds(level: float, freedom: int):
    with pytest.raises(ValueError):
        t_quantile(level, freedom)


def test_the_interval_is_that_of_the_paired_t_test():
    rng = np.random.default_rng(0)
    first, second = rng.normal(1, 1, 8), rng.normal(2, 1, 8)
    found = paired_difference(first, second, ratio=False)
    expected = stats.ttest_rel(second, first).confidence_interval(0.95)
    assert (found.low, found.high) == (pytest.approx(expected.low), pytest.approx(expected.high))
    assert found.center == pytest.approx((second - first).mean())


def test_factors_need_numbers_above_zero():
    zero = paired_difference([1.0, 2.0], [0.0, 1.0])
    assert not zero.ratio and zero.center == -1


def test_readings():
    apart = [1.0, 1.1, 0.9, 1.05, 0.95]
    assert paired_difference(apart, 2 * np.array(apart[::-1])).reading == "higher"
    assert paired_difference(apart, apart[::-1]).reading == "within the noise"
    assert paired_difference(apart, apart).reading == "within the noise"
    assert paired_difference([1.0], [2.0]).reading == "unknown"
    lost = paired_difference(apart, [*apart[:4], np.inf])
    assert (lost.reading, lost.diverged, lost.seeds) == ("unknown", (0, 1), 5)
    with pytest.raises(ValueError):
        paired_difference([1.0, 2.0], [1.0])


def test_of_settings_that_do_not_differ_about_one_interval_in_twenty_says_so():
    rng = np.random.default_rng(1)
    drawn = np.exp(rng.normal(0, 1, (2000, 2, 5)))
    wrong = np.mean([paired_difference(a, b).reading != "within the noise" for a, b in drawn])
    assert 0.04 < wrong < 0.065
