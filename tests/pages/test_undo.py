"""A changed setting, a preset or a Reset is taken back, with the run that it replaced."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any

import apptest
import numpy as np
from streamlit.testing.v1 import AppTest

from pages.shared import undo

open_classification = partial(
    apptest.open_page, "classification", epochs="5", classification_pace="full speed"
)


def press(app: AppTest, key: str) -> AppTest:
    return apptest.finished(app.button(key=key).click().run())


def trainer_of(app: AppTest) -> Any:
    return app.session_state["classification_run"].trainer


def test_nothing_can_be_taken_back_at_first():
    assert apptest.open_page("gradient_descent").button(key="undo_change").disabled


def test_a_setting_is_taken_back_with_the_run_that_it_replaced():
    app = apptest.finished(open_classification())
    before = trainer_of(app)
    apptest.finished(app.selectbox(key="activation").set_value("tanh").run())
    assert trainer_of(app) is not before
    app = press(app, "undo_change")
    assert app.selectbox(key="activation").value == "relu"
    assert trainer_of(app) is before and before.step == before.total_steps
    assert app.button(key="undo_change").disabled


def test_changes_are_taken_back_one_by_one():
    app = apptest.open_page("gradient_descent")
    key = "start_parabola"
    values = [app.slider(key=key).value]
    for _ in range(3):
        values.append(values[-1] - 1)
        apptest.checked(app.slider(key=key).set_value(values[-1]).run())
    while len(values) > 1:
        values.pop()
        apptest.checked(app.button(key="undo_change").click().run())
        assert app.slider(key=key).value == values[-1]
    assert app.button(key="undo_change").disabled


def test_a_reset_is_taken_back():
    app = apptest.finished(open_classification())
    before = trainer_of(app)
    app = press(app, "classification_reset")
    assert trainer_of(app).step == 0 and not app.button(key="undo_change").disabled
    assert trainer_of(press(app, "undo_change")) is before


def test_a_preset_is_taken_back_as_a_whole():
    app = apptest.finished(open_classification())
    before = trainer_of(app).experiment
    app = press(app, "preset_0")
    assert trainer_of(app).experiment != before
    assert trainer_of(press(app, "undo_change")).experiment == before


def test_a_run_that_goes_on_is_not_replaced():
    app = apptest.open_page("classification", epochs="5000")
    run = trainer_of(app)
    app.select_slider(key="learning_rate").set_value(0.1).run()
    assert [event.name for event in run.history.events] == ["learning_rate"]
    apptest.checked(app.button(key="undo_change").click().run())
    assert trainer_of(app) is run and run.config.learning_rate == 0.01
    assert [event.new for event in run.history.events] == [0.1, 0.01]


def test_a_fork_that_is_taken_back_begins_again_where_it_began():
    app = apptest.finished(open_classification())
    app.slider(key="step_shown").set_value(20).run()
    app = press(press(app, "go_on"), "classification_play")
    app = apptest.finished(app.toggle(key="batch_norm").set_value(True).run())
    app = press(app, "undo_change")
    assert not trainer_of(app).experiment.network.batch_norm
    assert trainer_of(press(app, "classification_reset")).step == 20


def test_what_is_kept_of_a_replaced_run_is_bounded_and_one_replaced_earlier_is_let_go():
    app = apptest.finished(open_classification())
    first = trainer_of(app)
    first.timeline.snapshots.clear()
    for second in range(1, 9):
        wide = replace(first._brief(), seconds=second, arrays={"x": np.zeros(2**17)})
        first.timeline.add(wide, perf_counter())
    assert first.timeline.nbytes > undo._MOST_REMEMBERED
    app = apptest.finished(app.selectbox(key="activation").set_value("tanh").run())
    assert 0 < first.timeline.nbytes <= undo._MOST_REMEMBERED
    gone = weakref.ref(first)
    del first
    apptest.finished(app.selectbox(key="activation").set_value("sigmoid").run())
    gc.collect()
    assert gone() is None


def test_another_page_has_a_past_of_its_own():
    app = apptest.finished(open_classification())
    apptest.finished(app.selectbox(key="activation").set_value("tanh").run())
    app.switch_page("pages/gradient_descent.py").run()
    assert apptest.checked(app).button(key="undo_change").disabled
