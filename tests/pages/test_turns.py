"""Turns at computing: in order, given up on request, and never lost."""

import threading
import time

import pytest
from small_runs import DATA, make_experiment

from nnlib import Trainer
from pages.shared import runs
from pages.shared.turns import Turns, slice_seconds


def start(turns: Turns, name: str, order: list[str], **options) -> threading.Thread:
    def work():
        with turns.turn(**options):
            order.append(name)

    waiting = turns.waiting
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    until(lambda: turns.waiting > waiting or not thread.is_alive())
    return thread


def until(holds, seconds: float = 5.0):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.005)


def test_served_in_order_of_arrival():
    turns, order = Turns(), []
    with turns.turn():
        threads = [start(turns, name, order) for name in "abcde"]
        assert turns.waiting == 5 and order == []
    for thread in threads:
        thread.join(5)
    assert order == list("abcde") and turns.waiting == 0


@pytest.mark.parametrize(
    ("late", "expected"), [(100.0, "abcderl"), (0.0, "abcrdel")], ids=["in time", "late"]
)
def test_what_a_person_waits_for_goes_ahead_and_stops_nobody(monkeypatch, late, expected):
    monkeypatch.setattr("pages.shared.turns._LATE_SECONDS", late)
    turns, order = Turns(), []
    with turns.turn():
        threads = [start(turns, name, order) for name in "rl"]
        threads += [start(turns, name, order, ahead=True) for name in "abcde"]
        assert turns.waiting == 7
    for thread in threads:
        thread.join(5)
    assert order == list(expected) and turns.waiting == 0


def test_who_asks_again_at_once_comes_after_those_who_wait():
    turns, order = Turns(), []
    with turns.turn():
        other = start(turns, "other", order)
    with turns.turn():
        order.append("again")
    other.join(5)
    assert order == ["other", "again"]


def test_the_holder_may_take_it_again():
    turns = Turns()
    with turns.turn():
        with turns.turn():
            pass
        other = start(turns, "other", order := [])
        assert order == []
    other.join(5)
    assert order == ["other"]


def test_two_places_let_two_in_and_the_third_wait():
    turns, order = Turns(2), []
    with turns.turn():
        start(turns, "second", order).join(5)
        assert order == ["second"]
        release = threading.Event()

        def hold():
            with turns.turn():
                release.wait(5)

        holder = threading.Thread(target=hold, daemon=True)
        holder.start()
        until(lambda: turns._free == 0)
        third = start(turns, "third", order)
        assert turns.waiting == 1 and order == ["second"]
        release.set()
        third.join(5)
    assert order == ["second", "third"]


def test_who_gives_up_leaves_the_queue_to_the_next():
    turns, order = Turns(), []

    def leave():
        raise RuntimeError("stopped")

    with turns.turn():
        leaver = threading.Thread(target=lambda: pytest.raises(RuntimeError, take), daemon=True)

        def take():
            with turns.turn(leave):
                order.append("leaver")

        leaver.start()
        until(lambda: turns.waiting == 1)
        next_one = start(turns, "next", order)
        leaver.join(5)
        assert turns.waiting == 1
    next_one.join(5)
    assert order == ["next"] and turns.waiting == 0


def test_an_error_passes_the_turn_on():
    turns = Turns()
    with pytest.raises(ValueError), turns.turn():
        raise ValueError
    start(turns, "a", order := []).join(5)
    assert order == ["a"]


def test_slices_are_shorter_where_others_wait(monkeypatch: pytest.MonkeyPatch):
    assert slice_seconds(0) == pytest.approx(0.3)
    assert slice_seconds(1) == pytest.approx(0.15)
    assert slice_seconds(50) == pytest.approx(0.03)
    assert slice_seconds(1, filmed=True) == pytest.approx(0.4)
    monkeypatch.setattr("pages.shared.turns.BRIEF_SECONDS", 0.01)  # where a person waits
    assert slice_seconds(0, filmed=True, brief=True) == pytest.approx(0.01)


@pytest.mark.parametrize(("engine", "waits"), [("numpy", True), ("compiled", False)])
def test_only_a_run_by_numpy_waits_while_another_session_draws(engine: str, waits: bool):
    trainer = Trainer(make_experiment(), DATA["multiclass"], engine="numpy")
    trainer.history.engine = engine
    run = runs.LiveRun(trainer, running=True)
    thread = threading.Thread(target=run.play_slice, args=(1,), daemon=True)
    with runs.COMPUTE.turn():
        thread.start()
        until(lambda: runs.COMPUTE.waiting or not thread.is_alive())
        assert trainer.step == (0 if waits else 1)
    thread.join(5)
    assert trainer.step == 1
