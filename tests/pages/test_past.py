"""A run that rests shows any of its steps, names it in its link, and goes on from there."""

from functools import partial

import apptest
import numpy as np
import pytest
from apptest import Shown, checked, finished
from streamlit.testing.v1 import AppTest

import nnlib
from pages.shared.playback import Playback
from pages.shared.runs import LiveRun

open_page = partial(
    apptest.open_page, "classification", classification_pace="full speed", epochs="10"
)


def run_of(app: AppTest) -> LiveRun:
    run: LiveRun = checked(app).session_state["classification_run"]
    return run


def weights(trainer: nnlib.Trainer) -> np.ndarray:
    return trainer.network.flat_parameters.copy()


def after(run: LiveRun, steps: int) -> nnlib.Trainer:
    """Return the same run as it is after so many steps, trained anew."""
    fresh = nnlib.Trainer(run.trainer.experiment, run.trainer.data)
    fresh.advance(steps=steps)
    return fresh


def look_at(app: AppTest, step: int) -> AppTest:
    return checked(app.slider(key="step_shown").set_value(step).run())


def test_all_that_shows_the_network_shows_it_at_the_step(shown: Shown):
    app = finished(open_page())
    run, last = run_of(app), shown.drawn("surface")
    assert "step" not in app.query_params
    app = look_at(app, 20)
    there = after(run, 20)
    assert app.query_params["step"] == "20"
    assert apptest.metrics(app)["Step"] == "20"
    loss = there.history.last("train_loss")
    assert float(apptest.metrics(app)["Train loss"]) == pytest.approx(float(loss), rel=1e-2)
    assert shown.drawn("surface") != last
    losses = shown.figures["losses"]
    assert max(losses.data[0].x) > 100
    assert [(s.x0, s.x1) for s in losses.layout.shapes][-1:] == [(20, 20)]
    app = look_at(app, run.trainer.step)
    assert shown.drawn("surface") == last and "step" not in app.query_params


def test_a_step_that_is_looked_at_is_marked_on_no_other_page(shown: Shown):
    app = look_at(finished(open_page()), 20)
    app.switch_page("pages/learning_rate.py")
    app.query_params.clear()
    app.query_params["view"] = "Schedules"
    checked(app.run())
    charts = {key: shown.figures[key].layout for key in shown.figures}
    assert any(layout.xaxis.title.text == "step" for layout in charts.values())
    assert not any(layout.shapes for layout in charts.values())


def test_a_link_opens_the_run_at_its_step():
    app = finished(open_page(step="30"))
    run = run_of(app)
    assert (run.trainer.step, run.running) == (30, False)
    np.testing.assert_array_equal(weights(run.trainer), weights(after(run, 30)))
    assert app.query_params["step"] == "30"
    app = finished(checked(app.button(key="classification_play").click().run()))
    assert run_of(app).trainer.done and "step" not in app.query_params


@pytest.mark.parametrize("named", ["x", "99999999999", "1e3"])
def test_a_link_to_no_step_trains_to_the_end(named: str):
    assert run_of(finished(open_page(step=named))).trainer.done


def test_a_link_to_the_beginning_waits_there():
    app = finished(open_page(step="0"))
    assert run_of(app).trainer.step == 0 and app.query_params["step"] == "0"
    assert run_of(finished(open_page(step="-3"))).trainer.step == 0


def test_a_run_that_was_changed_is_not_named_by_its_step_and_a_fork_has_the_rate_shown():
    app = finished(open_page(step="50"))
    app = checked(app.select_slider(key="learning_rate").set_value(0.1).run())
    app = finished(checked(app.button(key="classification_play").click().run()))
    app = look_at(app, 20)
    assert "step" not in app.query_params and "cannot name it" in app.slider(key="step_shown").help
    app = checked(app.button(key="go_on").click().run())
    assert run_of(app).trainer.config.learning_rate == 0.1
    app = checked(app.toggle(key="batch_norm").set_value(True).run())
    assert run_of(app).trainer.config.learning_rate == 0.1


def test_a_run_goes_on_from_there_with_any_setting_changed():
    app = look_at(finished(open_page()), 20)
    parent, before = run_of(app).trainer, weights(run_of(app).trainer)
    app = checked(app.button(key="go_on").click().run())
    fork = run_of(app).trainer
    assert fork is not parent and fork.step == fork.first_step == 20
    np.testing.assert_array_equal(weights(fork), weights(after(run_of(app), 20)))
    app = finished(checked(app.toggle(key="batch_norm").set_value(True).run()))
    fork = run_of(app).trainer
    expected = nnlib.fork(parent, 20, batch_norm=True)
    expected.advance(steps=expected.total_steps)
    assert fork.done and fork.first_step == 20 and fork.config == expected.config
    np.testing.assert_array_equal(weights(fork), weights(expected))
    np.testing.assert_array_equal(weights(parent), before)
    app = checked(app.button(key="classification_reset").click().run())
    assert run_of(app).trainer.step == 20


def test_playing_on_leaves_the_past():
    app = look_at(finished(open_page(step="30")), 10)
    assert run_of(app).seen == 10
    app = checked(app.button(key="classification_step").click().run())
    assert run_of(app).seen == run_of(app).trainer.step == 31


def test_the_past_is_shown_at_its_speed_whatever_a_redraw_takes():
    playback = Playback(speed=2, at=30)
    assert [playback.due(now) for now in (5.0, 5.25, 5.5, 6.5)] == [30, 30, 31, 33]
    assert playback.due(500.0) == 35  # the page was left meanwhile
    assert list(playback.shown) == [31, 33, 35]


def replay(app: AppTest) -> AppTest:
    return checked(app.button(key="replay").click().run())


def test_the_past_is_played_and_paused_and_ends_at_the_last_step(shown: Shown):
    app = finished(open_page(replay_speed="1 steps/s"))
    run = run_of(app)
    weights_at_end = weights(run.trainer)
    app = replay(app)
    assert run.seen == 0 and run.playback is not None and not run.running
    assert "step" not in app.query_params and app.button(key="replay").label == "Pause"
    run.playback.at = 20.0
    app = checked(app.run())
    assert run.seen == app.slider(key="step_shown").value == int(run.playback.at) >= 20
    assert [s.x0 for s in shown.figures["losses"].layout.shapes][-1:] == [run.seen]
    app = replay(app)
    paused = run.seen
    assert run.playback is None and app.query_params["step"] == str(paused)
    assert app.button(key="replay").label == "Replay"
    app = replay(app)
    assert run.playback is not None and run.playback.at == run.seen == paused
    run.playback.at = 1e6
    app = checked(app.run())
    assert run.playback is None and run.seen == run.trainer.step
    np.testing.assert_array_equal(weights(run.trainer), weights_at_end)


def test_a_late_word_of_the_browser_does_not_stop_the_playback_and_a_person_does():
    app = finished(open_page(replay_speed="1 steps/s"))
    run = run_of(app)
    app = replay(app)
    assert run.playback is not None
    run.playback.at = 50.0
    for at in (50.0, 60.0, 70.0, 80.0, 90.0):  # it says so again and again
        run.playback.at = at
        app = checked(app.slider(key="step_shown").set_value(0).run())
        assert run.playback is not None and run.seen >= at
    app = checked(app.run())
    look_at(app, 0)
    assert run.playback is None and run.seen == 0
    look_at(replay(app), 7)
    assert run.playback is None and run.seen == 7


def test_training_on_ends_the_playback():
    app = replay(look_at(finished(open_page(step="30")), 10))
    app = checked(app.button(key="classification_step").click().run())
    assert run_of(app).playback is None and run_of(app).seen == 31
