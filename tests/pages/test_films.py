"""Pictures of a playing run between two redraws."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from small_runs import make_experiment

from nnlib.datasets import load
from pages.shared import live
from pages.shared.films import PICTURE_SECONDS, Picture
from pages.shared.runs import LiveRun, make_trainer
from pages.shared.turns import slice_seconds

PARTS = round(slice_seconds(0, filmed=True) / PICTURE_SECONDS)


@contextmanager
def turn(noted: list[str]) -> Iterator[None]:
    noted.append("begins")
    yield
    noted.append("ends")


@pytest.fixture
def run():
    run = LiveRun(make_trainer(make_experiment(epochs=100_000), load("xor")), True)
    run.films.develop("map", lambda trainer: [f"map at {trainer.step}"], lambda: Picture(0, []))
    return run


def developed(run, images=()):
    drawn = Picture(run.trainer.step, list(images))
    return run.films.develop("map", lambda trainer: [], lambda: drawn)


def test_a_slice_has_pictures_of_steps_in_order_and_the_last_is_what_is_drawn(run):
    run.play_slice(10 * PARTS)
    film = developed(run, ["map as drawn"])
    steps = [10 * k for k in range(1, PARTS + 1)]
    assert [picture.step for picture in film] == steps
    before = [[f"map at {step}"] for step in steps[:-1]]
    assert [picture.images for picture in film] == [*before, ["map as drawn"]]
    assert run.trainer.step == steps[-1]


def test_fewer_steps_than_pictures_are_each_shown(run):
    run.play_slice(2)
    assert [p.step for p in developed(run)] == [1, 2]
    run.play_slice(1)
    assert developed(run) == [(3, [])]


def test_a_slice_by_the_clock_is_filmed(run):
    run.play_slice(None)
    steps = [p.step for p in developed(run)]
    assert steps == sorted(set(steps)) and steps[-1] == run.trainer.step


def test_a_chart_that_is_no_longer_drawn_is_not_filmed(run):
    run.films.put_away()
    run.play_slice(60)
    assert developed(run) == [(60, [])]


def test_pictures_that_nobody_took_away_are_gone_with_the_next_slice(run):
    run.play_slice(12)
    run.play_slice(6)
    film = developed(run)
    assert [picture.step for picture in film] == [13, 14, 15, 16, 17, 18]


def test_others_have_their_turn_between_two_pictures(run):
    turns = []
    run.films.play(run.trainer, run._advance, lambda: turn(turns), 0.0001, PARTS)
    assert turns == ["begins", "ends"]
    run.films.play(run.trainer, run._advance, lambda: turn(turns), slice_seconds(0), 4)
    assert turns == ["begins", "ends"] * 5


def test_a_chart_out_of_view_is_not_filmed(run):
    run.films.unseen = frozenset({"map"})
    run.play_slice(60)
    assert developed(run) == [(60, [])]


@pytest.mark.parametrize(
    ("told", "unseen"),
    [
        (None, set()),
        ("a frame", set()),
        ({"frame": "1", "unseen": "map"}, set()),
        ({"frame": "1", "unseen": ["map", 3]}, {"map", "3"}),
    ],
)
def test_what_the_browser_says_is_out_of_view_is_taken_with_care(told, unseen):
    assert live._unseen(told) == unseen


def test_of_others_that_wait_no_picture_goes_ahead_of_its_figure(run):
    run.films.crowded = True
    run.play_slice(2)
    assert [p.step for p in developed(run)] == [1]


def test_what_a_person_asked_for_is_drawn_after_a_brief_slice_and_ahead_of_redraws(
    run, monkeypatch
):
    """A run of the page draws the live part; then its timer asks for another, and then a click."""
    slices, places = [], []
    timer, click = {"tick": {"due": {"frame": "1"}}}, {"tick": {"due": None}}

    def runs_of(part):
        def of_the_page(*arguments):
            for state in (timer, timer, click):
                monkeypatch.setattr(live.st, "session_state", state)
                part(*arguments)

        return of_the_page

    @contextmanager
    def in_turn(look, *, ahead):
        places.append(ahead)
        yield

    monkeypatch.setattr(run, "play_slice", lambda most, *, brief: slices.append(brief))
    monkeypatch.setattr(live.COMPUTE, "turn", in_turn)
    monkeypatch.setattr(live.st, "fragment", runs_of)
    monkeypatch.setattr(live, "ask_again", lambda play_name: None)
    live.live(lambda run: None, run)
    assert slices == places == [True, False, True]


def test_modules_leave_the_garbage_collector_once(monkeypatch):
    frozen = []
    monkeypatch.setattr(live.gc, "freeze", lambda: frozen.append(True))
    live._keep_what_is_loaded.cache_clear()
    live._keep_what_is_loaded()
    live._keep_what_is_loaded()
    assert frozen == [True]
