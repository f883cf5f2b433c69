"""A figure's file that is dropped on the front page leads back to where it was made."""

from __future__ import annotations

import json
from typing import Any

import apptest
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import layout
from pages.shared.runs import LiveRun

LINK = {"learning_rate": "0.1", "epochs": "20", "inputs": ["x1^2", "x2^2", "x1"]}


def note_of(app: AppTest, **changes: Any) -> bytes:
    """Return what a chart's file of this page says."""
    said: Any = app.session_state["source_of_exports"]
    return json.dumps(json.loads(said.note("Loss")) | changes).encode()


def drop(app: AppTest, content: bytes) -> AppTest:
    uploader = app.file_uploader(key="figure_file")
    apptest.checked(uploader.set_value(("loss.json", content, "application/json")).run())
    assert not app.session_state["front_run"].running and app.title[0].value == layout.PRODUCT
    return apptest.checked(app.run())  # as the browser asks for it, after all else


@pytest.fixture(scope="module")
def made() -> bytes:
    return note_of(apptest.finished(apptest.open_page("classification", **LINK)))


def front() -> AppTest:
    return apptest.checked(AppTest.from_file(apptest.FRONT_DOOR, default_timeout=60).run())


def infos(app: AppTest) -> str:
    return " ".join(each.value for each in (*app.info, *app.warning))


def test_one_is_where_the_figure_was_made(made: bytes):
    step = 30
    app = drop(front(), json.dumps(json.loads(made) | {"step": step}).encode())
    while app.session_state["classification_run"].running:
        apptest.checked(app.run())
    trainer = app.session_state["classification_run"].trainer
    assert trainer.experiment.to_json() == json.dumps(json.loads(made)["experiment"], indent=2)
    assert trainer.data.n_features == 3
    assert trainer.step == step and app.query_params["step"] == str(step)
    assert f"settings of the figure “Loss”, which was made at step {step}" in infos(app)
    app.select_slider(key="learning_rate").set_value(0.2).run()
    assert "figure" not in infos(apptest.checked(app))


def test_a_run_that_was_changed_is_not_said_to_be_the_same(made: bytes):
    app = drop(front(), json.dumps(json.loads(made) | {"changed": True}).encode())
    assert "was changed while it trained" in infos(app)


def run_on(app: AppTest) -> LiveRun:
    run: LiveRun = apptest.checked(app).session_state["classification_run"]
    return run


def test_a_run_that_was_forked_and_changed_is_trained_again():
    app = apptest.finished(apptest.open_page("classification", **LINK))
    app = apptest.checked(app.slider(key="step_shown").set_value(30).run())
    app = apptest.checked(app.button(key="go_on").click().run())
    app = apptest.checked(app.toggle(key="batch_norm").set_value(True).run())
    app = apptest.finished(app)
    app = apptest.checked(app.slider(key="step_shown").set_value(50).run())
    there = run_on(app).as_seen().trainer
    link = json.loads(note_of(app))["query"] | {"batch_norm": ["true"]}  # as the browser has it
    fresh = drop(front(), note_of(app, query=link))
    assert "This is the run of the figure “Loss”, trained again to step 50." in infos(fresh)
    run = run_on(fresh)
    assert (run.trainer.first_step, run.trainer.step, run.running) == (30, 50, False)
    np.testing.assert_array_equal(
        run.trainer.network.flat_parameters, there.network.flat_parameters
    )
    apptest.checked(fresh.button(key="classification_reset").click().run())
    assert run_on(fresh).trainer.step == 30


def test_other_data_are_told_until_the_figure_is_forgotten(made: bytes):
    document = json.loads(made)
    document["experiment"]["data"]["fingerprint"] = "0" * 64
    app = drop(front(), json.dumps(document).encode())
    assert "made from other data, spiral" in infos(app)
    next(b for b in app.button if b.label == "Forget the figure").click().run()
    assert "figure" not in infos(apptest.checked(app))


def test_a_figure_of_an_own_file_asks_for_it(made: bytes):
    document = json.loads(made)
    document["query"] = {"data": ["Your own CSV file"]}
    document["experiment"]["data"] = {"name": "*bold*.csv", "options": [], "fingerprint": "1" * 64}
    app = drop(front(), json.dumps(document).encode())
    assert "from your file **\\*bold\\*\\.csv**" in infos(app)
    table = "a,b,c\n" + "\n".join(f"{i % 7},{i % 5},{'xy'[i % 2]}" for i in range(60))
    app.file_uploader(key="uploader").set_value(("bold.csv", table.encode(), "text/csv")).run()
    assert "made from other data" in infos(apptest.checked(app))


def test_what_is_no_figure_is_refused_on_the_spot():
    app = front()
    app.file_uploader(key="figure_file").set_value(("a.png", b"\x89PNG\r\n\x1a\n", "image/png"))
    assert "does not say what it was made from" in app.run().error[0].value
