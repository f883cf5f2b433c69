"""The history: bounded memory, order, span, and its views as rows and single replicas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib.history import MAX_RECORDS, Divergence, Event, History, Series


def filled(count: int, shape: tuple[int, ...] = (), always: bool = False) -> Series:
    series = Series(shape, tuple("abc"[: shape[-1]]) if shape else ())
    for step in range(count):
        series.append(step, np.full(shape, float(step)), always)
    return series


@given(count=st.integers(0, 3 * MAX_RECORDS))
def test_steps_rise_and_carry_their_own_values(count):
    series = filled(count, (2,))
    assert len(series.steps) == len(series.values) <= series.capacity
    assert (np.diff(series.steps) > 0).all()
    np.testing.assert_array_equal(series.values, np.stack([series.steps] * 2, axis=1))
    if count <= MAX_RECORDS:
        np.testing.assert_array_equal(series.steps, np.arange(count))


@pytest.mark.parametrize("count", [MAX_RECORDS + 1, 5 * MAX_RECORDS, 20_000])
def test_a_full_series_keeps_its_whole_span_evenly(count):
    series = filled(count)
    assert series.capacity // 2 <= len(series.steps) <= series.capacity
    assert series.steps[0] == 0
    assert set(np.diff(series.steps)) == {np.diff(series.steps)[0]}
    assert series.steps[-1] >= count - np.diff(series.steps)[0]


def test_memory_is_bounded_and_that_of_a_short_run_is_small():
    series = filled(10)
    assert 160 <= series.nbytes <= 2 * 160
    full = filled(MAX_RECORDS).nbytes
    for step in range(10, 20_000):
        series.append(step, 0.0)
        assert series.nbytes <= full == 16 * MAX_RECORDS
    assert series.copy().nbytes == 16 * len(series.steps)


@pytest.mark.parametrize("shape", [(), (64, 10), (64, 65), (1000, 100)])
def test_large_records_get_fewer_places_so_that_memory_stays_bounded(shape):
    series = Series(shape)
    assert 64 <= series.capacity <= MAX_RECORDS
    assert series._values.nbytes <= 8 * max(4_000_000, 64 * int(np.prod(shape)))
    for step in range(3 * series.capacity):
        series.append(step, np.zeros(shape))
    assert len(series.steps) <= series.capacity
    assert np.diff(series.steps).max() <= 4


def test_the_last_record_can_be_forced_past_the_resolution():
    series = filled(2 * MAX_RECORDS + 2)
    last = 2 * MAX_RECORDS + 2
    series.append(last + 1, 7.0)
    series.append(last + 2, 8.0, always=True)
    assert series.steps[-1] == last + 2
    assert series.values[-1] == 8.0


def test_one_step_is_recorded_once():
    series = filled(3)
    series.append(2, 99.0, always=True)
    np.testing.assert_array_equal(series.steps, [0, 1, 2])
    np.testing.assert_array_equal(series.values, [0.0, 1.0, 2.0])


def test_forced_records_do_not_shift_the_ones_that_are_due():
    plain, forced = Series(()), Series(())
    for step in range(5000):
        plain.append(step, step)
        forced.append(step, step)
    forced.append(5000, 0.0, always=True)
    assert set(plain.steps) <= set(forced.steps)


def history() -> History:
    result = History(("dense_1", "dense_2"), steps_per_epoch=4)
    result.series["loss"] = Series((2,))
    result.series["norm"] = Series((2, 2), ("dense_1", "dense_2"))
    for step in range(3):
        result.series["loss"].append(step, [step, 10 + step])
    result.series["norm"].append(0, [[1, 2], [3, 4]])
    result.series["norm"].append(2, [[5, 6], [7, 8]])
    result.events.append(Event(1, "learning_rate", 0.1, 0.2))
    result.divergences.append(Divergence(2, "dense_2", "weights", (1,)))
    return result


def test_access_by_name():
    result = history()
    assert result.names == ("loss", "norm")
    assert "loss" in result
    assert "val_loss" not in result
    assert result["loss"].shape == (3, 2)
    assert result["norm"].shape == (2, 2, 2)
    np.testing.assert_array_equal(result.steps("norm"), [0, 2])
    assert result.labels("norm") == ("dense_1", "dense_2")
    assert result.labels("loss") == ()
    np.testing.assert_array_equal(result.last("loss"), [2, 12])
    assert result.last("val_loss") is None
    with pytest.raises(KeyError):
        result["val_loss"]


def test_an_empty_history_has_no_divergence_and_no_last_record():
    empty = History()
    empty.series["loss"] = Series(())
    assert empty.divergence is None
    assert empty.last("loss") is None
    assert list(empty.rows()) == []
    assert empty["loss"].shape == (0,)


def test_rows_hold_every_number_once():
    told = history()
    told.clock.tick(0, 0.5)
    told.clock.tick(4, 4.5)
    rows = list(told.rows())
    assert len(rows) == 3 * 2 + 2 * 4
    assert rows[1] == {
        "series": "loss", "step": 0, "epoch": 0.0, "seconds": 0.5, "replica": "1", "layer": "",
        "value": 10.0,
    }  # fmt: skip
    assert rows[-1] == {
        "series": "norm", "step": 2, "epoch": 0.5, "seconds": 2.5, "replica": "1",
        "layer": "dense_2", "value": 8.0,
    }  # fmt: skip


def test_rows_of_a_single_run_have_no_replica():
    single = History()
    single.series["loss"] = Series(())
    single.series["loss"].append(4, 0.5)
    assert [(row["replica"], row["seconds"]) for row in single.rows()] == [("", "")]


def test_one_replica_as_a_history_of_its_own():
    stack = history()
    first, second = stack.replica(0), stack.replica(1)
    np.testing.assert_array_equal(first["loss"], [0, 1, 2])
    np.testing.assert_array_equal(second["norm"], [[3, 4], [7, 8]])
    np.testing.assert_array_equal(second.steps("norm"), [0, 2])
    assert second.labels("norm") == ("dense_1", "dense_2")
    assert second.layer_names == stack.layer_names
    assert second.steps_per_epoch == 4
    assert second.events == stack.events
    assert first.divergence is None
    assert second.divergence == stack.divergences[0]


def test_a_replica_of_a_thinned_stack_keeps_every_record():
    stack = History()
    stack.series["loss"] = Series((3,))
    for step in range(2500):
        stack.series["loss"].append(step, [step, -step, 0])
    single = stack.replica(1)
    np.testing.assert_array_equal(single.steps("loss"), stack.steps("loss"))
    np.testing.assert_array_equal(single["loss"], -stack.steps("loss"))


@pytest.mark.parametrize("portions", [1, 7, 400, 5000])
def test_records_offered_together_are_kept_as_one_after_another(portions):
    one, many = Series((2,)), Series((2,))
    steps, values = np.arange(5000) * 3, np.random.default_rng(0).normal(size=(5000, 2))
    for step, value in zip(steps, values, strict=True):
        one.append(step, value)
    for i in range(0, 5000, portions):
        many.extend(steps[i : i + portions], values[i : i + portions])
    np.testing.assert_array_equal(many.steps, one.steps)
    np.testing.assert_array_equal(many.values, one.values)
    assert many.pace == one.pace
