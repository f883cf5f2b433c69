"""Threads of the compiled engine: the same bits on any number, and idle processors only."""

from threading import Event, Thread, current_thread

import numpy as np
import pytest
from small_runs import DATA, EXPLODING, assert_same_bits, make_experiment

from nnlib import Trainer
from nnlib.compiled import threads


@pytest.fixture
def three(monkeypatch):
    monkeypatch.setattr(threads, "most_threads", lambda: 3)
    threads._helpers.cache_clear()
    yield
    threads._helpers().shutdown()
    threads._helpers.cache_clear()
    assert threads._busy == 0


def parts_of(items: int, most: int) -> list[tuple[int, int, int, str]]:
    parts = []
    threads.share(lambda *part: parts.append((*part, current_thread().name)), items, most)
    return sorted(parts)


def test_all_items_are_worked_on_once_by_as_many_threads_as_are_idle(three):
    assert [part[:3] for part in parts_of(8, 5)] == [(0, 0, 2), (1, 2, 5), (2, 5, 8)]
    assert [part[:3] for part in parts_of(2, 5)] == [(0, 0, 1), (1, 1, 2)]
    assert parts_of(8, 1) == [(0, 0, 8, "MainThread")]
    go_on, begun = Event(), Event()

    def other_session(part: int, begin: int, end: int) -> None:
        begun.set()
        go_on.wait(5)

    session = Thread(target=threads.share, args=(other_session, 2, 2))
    session.start()
    begun.wait(5)
    assert len(parts_of(8, 5)) == 1
    go_on.set()
    session.join(5)
    assert len(parts_of(8, 5)) == 3


def test_an_error_in_one_part_comes_out_and_gives_all_threads_back(three):
    def work(part: int, begin: int, end: int) -> None:
        if part == 1:
            raise FloatingPointError("in a thread")

    with pytest.raises(FloatingPointError, match="in a thread"):
        threads.share(work, 3, 3)


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_an_evaluation_has_the_same_bits_on_any_number_of_threads(three, monkeypatch, task):
    pytest.importorskip("numba")
    from nnlib.compiled import engine

    monkeypatch.setattr(engine, "_SHARED_SECONDS", 0.0)
    data = DATA[task]
    x, targets = np.tile(data.X_train, (30, 1)), np.tile(data.targets("train"), (30, 1))
    measured, rooms = [], []
    for count in (1, 3):
        monkeypatch.setattr(engine, "most_threads", lambda count=count: count)
        trainer = Trainer([make_experiment(seed=i) for i in range(2)], data, engine="compiled")
        trainer.advance(steps=5)
        measured.append(trainer._engine.measure(x, targets))
        rooms.append(len(trainer._engine._rooms))
    one, many = measured
    assert {name: values.tolist() for name, values in one.items()} == {
        name: values.tolist() for name, values in many.items()
    }
    assert rooms == [1, 3] and len(x) > 5 * 128


@pytest.mark.parametrize("exploding", [False, True])
def test_a_stack_has_the_same_bits_on_any_number_of_threads(three, monkeypatch, exploding):
    pytest.importorskip("numba")
    from nnlib.compiled import engine

    network = {"batch_norm": True, "dropout": 0.3}
    stack = [make_experiment(network, seed=i, learning_rate=0.01 + 0.01 * i) for i in range(5)]
    if exploding:
        rates = (0.01, 100.0, 0.02, 50.0)
        stack = [EXPLODING.with_training(learning_rate=rate) for rate in rates]
    monkeypatch.setattr(engine, "_SHARED_SECONDS", 0.0)
    runs, rooms = [], []
    for count in (1, 3):
        monkeypatch.setattr(engine, "most_threads", lambda count=count: count)
        trainer = Trainer(
            stack, DATA["regression" if exploding else "multiclass"], engine="compiled"
        )
        trainer.advance(steps=60)
        runs.append(trainer)
        rooms.append(len(trainer._engine._rooms))
    assert_same_bits(*runs)
    assert rooms == [1, 3]
