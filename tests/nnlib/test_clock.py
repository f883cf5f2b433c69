"""The seconds of a run at its steps: bounded memory, all engines, forks, files with and without."""

import io
from dataclasses import replace

import numpy as np
import pytest
from small_runs import DATA, FULL, assert_same_bits, run

from nnlib.clock import MAX_TICKS, Clock
from nnlib.forks import fork
from nnlib.run_files import load_run, save_run
from nnlib.snapshot_files import load_snapshot, save_snapshot
from nnlib.training import Trainer


def told(seconds: np.ndarray) -> Clock:
    clock = Clock()
    for step, time in enumerate(seconds):
        clock.tick(step, float(time))
    return clock


def test_seconds_are_those_told_and_straight_between():
    clock = Clock()
    assert np.isnan(clock.at([0, 5])).all()
    for step, seconds in ((10, 1.0), (20, 2.0), (20, 9.0), (40, 8.0)):
        clock.tick(step, seconds)
    np.testing.assert_allclose(clock.at([10, 15, 20, 30, 40]), [1, 1.5, 2, 5, 8])
    assert np.isnan(clock.at(9)) and clock.at(41) == 8


def test_a_long_run_fits_and_every_step_has_its_seconds_to_a_500th_of_the_whole():
    rng = np.random.default_rng(0)
    paces = np.repeat(rng.exponential(size=30), 1000)  # of a machine that is busy at times
    seconds = np.cumsum(paces * rng.exponential(size=30_000))
    clock = told(seconds)
    assert MAX_TICKS // 4 < len(clock.ticks) <= MAX_TICKS
    at = clock.at(np.arange(30_000))
    assert np.abs(at - seconds).max() <= seconds[-1] / 450
    assert at[-1] == seconds[-1] and at[0] == seconds[0]
    assert (np.diff(at) > 0).all()


def test_a_clock_out_of_its_ticks_goes_on():
    seconds = np.cumsum(np.random.default_rng(1).exponential(size=5000))
    clock = told(seconds[:3000])
    again = Clock.of(clock.ticks)
    copy = clock.copy()
    for step in range(3000, 5000):
        again.tick(step, float(seconds[step]))
    np.testing.assert_array_equal(copy.ticks, clock.ticks)
    assert len(again.ticks) <= MAX_TICKS
    assert np.abs(again.at(np.arange(5000)) - seconds).max() < seconds[-1] / 200


@pytest.mark.parametrize(
    "ticks",
    [
        np.zeros(2),
        np.zeros((1, 3)),
        np.array([[0.0, 0.0], [0.0, 1.0]]),
        np.array([[0.0, 1.0], [1.0, 0.0]]),
        np.array([[0.5, 1.0]]),
        np.array([[0.0, np.inf]]),
        np.array([[1e300, 0.0]]),
        np.zeros((1, 2), np.float32),
        np.stack([np.arange(MAX_TICKS + 1.0)] * 2, axis=1),
    ],
)
def test_what_is_no_clock_is_refused(ticks):
    with pytest.raises(ValueError, match="no ticks of a clock"):
        Clock.of(ticks)


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize("stack", [False, True])
def test_records_know_their_seconds(engine, stack):
    trainer = Trainer([FULL, FULL] if stack else FULL, DATA["multiclass"], engine=engine)
    reached = [(0, 0.0)]
    for _ in range(4):
        trainer.advance(steps=3)
        reached.append((trainer.step, trainer.seconds))
    steps, seconds = np.array(reached).T
    at = trainer.history.clock.at(steps)
    assert (at <= seconds).all() and at[0] == 0 and (np.diff(at) > 0).all()
    assert (at[1:] > seconds[:-1]).all()  # within the call that made the step
    history = trainer.history.replica(1) if stack else trainer.history
    for name in history.names:
        assert len(history.seconds(name)) == len(history.steps(name))
        assert (np.diff(history.seconds(name)) > 0).all()


def test_a_step_looked_at_and_a_fork_have_the_seconds_of_the_run():
    trainer = run(FULL, steps=12)
    there = trainer.at(5)
    assert there.seconds == trainer.history.clock.at(5)
    branch = fork(trainer, 5, learning_rate=0.1)
    assert branch.seconds == there.seconds
    assert branch.history.seconds("train_loss").tolist() == [there.seconds]
    branch.advance(steps=4)
    assert branch.history.clock.at(9) > there.seconds and np.isnan(branch.history.clock.at(4))


def test_going_back_forgets_the_seconds_that_came_later():
    trainer = run(FULL, steps=6)
    snapshot, clock = trainer.snapshot(), trainer.history.clock
    trainer.advance(steps=6)
    trainer.restore(snapshot)
    assert trainer.history.clock is clock  # others may look at it
    assert trainer.history.clock.ticks[-1, 0] == 6
    trainer.advance(steps=1)
    assert trainer.history.clock.at(7) == trainer.history.clock.ticks[-1, 1] > snapshot.seconds


def test_files_keep_the_seconds_and_older_ones_without_are_read(monkeypatch):
    trainer = run(FULL, steps=12)
    file = io.BytesIO()
    save_run(file, trainer)
    file.seek(0)
    back = load_run(file).end()
    np.testing.assert_array_equal(back.history.clock.ticks, trainer.history.clock.ticks)
    assert_same_bits(back, trainer)
    older = io.BytesIO()
    written = np.savez_compressed
    monkeypatch.setattr(
        np,
        "savez_compressed",
        lambda to, **arrays: written(to, **{n: x for n, x in arrays.items() if "clock" not in n}),
    )
    save_snapshot(older, trainer.snapshot())
    older.seek(0)
    snapshot = load_snapshot(older)
    assert np.isnan(snapshot.history.seconds("train_loss")).all()
    fresh = Trainer(FULL, DATA["multiclass"])
    fresh.restore(snapshot)
    fresh.advance(steps=2)
    assert_same_bits(fresh, run(FULL, steps=14))
    known = fresh.history.seconds("train_loss")
    assert np.isnan(known[0]) and fresh.history.clock.at(12) == trainer.seconds


def test_the_clock_changes_no_bit(monkeypatch):
    with_clock = run(FULL, steps=12)
    monkeypatch.setattr(Clock, "tick", lambda self, step, seconds: None)
    without = run(replace(FULL), steps=12)
    assert not len(without.history.clock.ticks)
    assert_same_bits(without, with_clock)
