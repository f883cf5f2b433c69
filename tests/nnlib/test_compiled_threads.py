"""Threads of the compiled engine: the same bits on any number, and idle processors only."""

from math import inf
from threading import Event, Thread, current_thread

import numpy as np
import pytest
from small_runs import DATA, EXPLODING, assert_same_bits, make_data, make_experiment

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


@pytest.fixture
def taken(monkeypatch) -> list[int]:
    """How many threads took part, work after work; as many are asked as `most_threads` says."""
    pytest.importorskip("numba")
    from nnlib.compiled import engine

    numbers: list[int] = []

    def share(work, most):
        numbers.append(threads.share(work, most))
        return numbers[-1]

    monkeypatch.setattr(engine, "share", share)
    monkeypatch.setattr(engine, "_SHARED_SECONDS", 0.0)
    monkeypatch.setattr(engine, "_SHARED_STEP_SECONDS", 0.0)
    monkeypatch.setattr(engine, "_TOGETHER", 3)
    return numbers


def ask_for(count: int, monkeypatch) -> None:
    from nnlib.compiled import engine

    monkeypatch.setattr(engine, "most_threads", lambda: count)


def parts_of(most: int) -> list[tuple[int, int, str]]:
    parts = []
    assert threads.share(lambda *part: parts.append((*part, current_thread().name)), most) == len(
        parts
    )
    return sorted(parts)


def test_work_is_done_once_in_as_many_parts_as_threads_are_idle(three):
    assert [part[:2] for part in parts_of(5)] == [(0, 3), (1, 3), (2, 3)]
    assert [part[:2] for part in parts_of(2)] == [(0, 2), (1, 2)]
    assert parts_of(1) == [(0, 1, "MainThread")]
    go_on, begun = Event(), Event()

    def other_session(part: int, parts: int) -> None:
        begun.set()
        go_on.wait(5)

    session = Thread(target=threads.share, args=(other_session, 2))
    session.start()
    begun.wait(5)
    assert len(parts_of(5)) == 1
    go_on.set()
    session.join(5)
    assert len(parts_of(5)) == 3


def test_an_error_in_one_part_comes_out_and_gives_all_threads_back(three):
    def work(part: int, parts: int) -> None:
        if part == 1:
            raise FloatingPointError("in a thread")

    with pytest.raises(FloatingPointError, match="in a thread"):
        threads.share(work, 3)


def test_several_threads_are_taken_while_they_are_faster_and_both_are_tried_again():
    pace = threads.Pace(2)
    assert pace.next(0.01) == (2, 200)  # two seconds of steps
    pace.keep(2, 2, 200, 2.0)
    assert pace.next(0.01) == (1, 5)  # a trial of some 50 ms
    pace.keep(1, 1, 5, 0.04)
    assert pace.next(0.01)[0] == 1
    pace.keep(1, 1, 250, 2.0)
    assert pace.next(0.008)[0] == 2
    pace.keep(2, 2, 10, 0.03)
    assert pace.next(0.003)[0] == 2
    assert threads.Pace(1).next(0.01) == (1, inf)


def test_threads_that_others_have_are_asked_for_again_later():
    pace = threads.Pace(2)
    pace.keep(2, 1, 100, 1.0)
    assert pace.next(0.01)[0] == 1
    pace.keep(1, 1, 100, 1.0)
    assert pace.next(0.01)[0] == 2


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_an_evaluation_has_the_same_bits_on_any_number_of_threads(three, taken, monkeypatch, task):
    data = DATA[task]
    x, targets = np.tile(data.X_train, (30, 1)), np.tile(data.targets("train"), (30, 1))
    measured = []
    for count in (1, 3):
        ask_for(count, monkeypatch)
        trainer = Trainer([make_experiment(seed=i) for i in range(2)], data, engine="compiled")
        trainer.advance(steps=5)
        measured.append(trainer._engine.measure(x, targets))
        assert taken[-1] == count
    one, many = measured
    assert {name: values.tolist() for name, values in one.items()} == {
        name: values.tolist() for name, values in many.items()
    }
    assert len(x) > 5 * 128


@pytest.mark.parametrize("exploding", [False, True])
def test_a_stack_has_the_same_bits_on_any_number_of_threads(three, taken, monkeypatch, exploding):
    network = {"batch_norm": True, "dropout": 0.3}
    stack = [make_experiment(network, seed=i, learning_rate=0.01 + 0.01 * i) for i in range(5)]
    if exploding:
        rates = (0.01, 100.0, 0.02, 50.0)
        stack = [EXPLODING.with_training(learning_rate=rate) for rate in rates]
    runs = []
    for count in (1, 3):
        ask_for(count, monkeypatch)
        trainer = Trainer(
            stack, DATA["regression" if exploding else "multiclass"], engine="compiled"
        )
        trainer.advance(steps=60)
        runs.append(trainer)
        assert max(taken) == count
    assert_same_bits(*runs)


ALONE = {
    "plain": make_experiment(batch_size=40),
    "wide": make_experiment({"hidden": (70, 33)}, batch_size=64, optimizer="adam"),
    "dropout and skips": make_experiment(
        {"hidden": (20, 20, 20), "dropout": 0.3, "skip": True, "skip_scaled": True}, batch_size=50
    ),
    "penalties": make_experiment(batch_size=40, l1=1e-3, l2=1e-2, optimizer="momentum"),
    "clipped": make_experiment(batch_size=40, clip_norm=0.1, clip_value=0.01),
    "bounded": make_experiment(batch_size=40, max_norm=0.5, optimizer="adamw"),
    "weighted": make_experiment(batch_size=100, class_weight="balanced"),
    "stopped": make_experiment(batch_size=40, patience=1, epochs=30, learning_rate=0.1),
    "small batches": make_experiment(batch_size=10),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("name", ALONE)
def test_a_single_run_has_the_same_bits_on_any_number_of_threads(
    three, taken, monkeypatch, name, task, dtype
):
    if name == "weighted" and task == "regression":
        return
    data, runs = make_data(task, n=150), []  # three minibatches an epoch, the last one short
    for count in (1, 2, 3):
        ask_for(count, monkeypatch)
        taken.clear()
        trainer = Trainer(ALONE[name], data, dtype, engine="compiled")
        trainer.advance(steps=90)
        assert trainer.history.engine == "compiled" and max(taken) == count
        runs.append(trainer)
    for other in runs[1:]:
        assert_same_bits(runs[0], other)


def test_a_single_run_diverges_at_the_same_step_on_any_number_of_threads(three, taken, monkeypatch):
    runs = []
    for count in (1, 3):
        ask_for(count, monkeypatch)
        trainer = Trainer(
            EXPLODING.with_training(batch_size=40),
            make_data("regression", n=150),
            engine="compiled",
        )
        trainer.advance(steps=90)
        assert max(taken) == count and trainer.history.divergence is not None
        runs.append(trainer)
    assert_same_bits(*runs)


def test_batch_normalization_has_its_sums_over_the_batch_and_so_one_thread(
    three, taken, monkeypatch
):
    ask_for(3, monkeypatch)
    trainer = Trainer(make_experiment({"batch_norm": True}), make_data(), engine="compiled")
    trainer.advance(steps=20)
    assert max(taken[:-1]) == 1  # but for the evaluation
