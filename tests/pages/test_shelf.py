"""Runs that are kept: their names, their curves under those of others, and their memory."""

import gc
import weakref
from dataclasses import replace
from functools import partial

import apptest
import numpy as np
import pandas as pd
import pytest
import streamlit as st
from apptest import Shown, checked, finished, table
from streamlit.testing.v1 import AppTest

import nnlib
from nnlib.config import DataReference
from pages.shared.charts.numbers import plain_number
from pages.shared.run_names import names_of
from pages.shared.runs import LiveRun
from pages.shared.shelf import MOST_RUNS, KeptRun

BASE = nnlib.Experiment()
open_page = partial(
    apptest.open_page, "classification", classification_pace="full speed", epochs="5"
)


def test_names_are_what_makes_runs_differ():
    faster = BASE.with_training(learning_rate=0.03)
    both = faster.with_network(batch_norm=True)
    assert names_of([faster, both, BASE]) == [
        "batch norm off, learning rate 0.03",
        "batch norm on, learning rate 0.03",
        f"batch norm off, learning rate {BASE.training.learning_rate:g}",
    ]
    assert names_of([BASE, BASE]) == ["run (1)", "run (2)"]
    assert names_of([BASE]) == ["run"] and names_of([]) == []


def on(name: str, **options: float | str) -> nnlib.Experiment:
    return replace(BASE, data=DataReference(name, tuple(options.items()), f"{name}{options}"))


def test_names_say_the_data_and_the_beginning_where_these_differ():
    assert names_of([on("spiral", noise=0.1), on("two_moons", noise=0.1)]) == [
        "spiral",
        "two moons",
    ]
    three = [on("spiral", noise=0.1, seed=0), on("spiral", noise=0.3, seed=0), on("digits", seed=7)]
    assert names_of(three) == ["spiral, noise 0.1", "spiral, noise 0.3", "digits"]
    assert names_of(three[:2]) == ["noise 0.1", "noise 0.3"]
    both = [on("spiral"), on("digits").with_training(learning_rate=0.03)]
    assert names_of(both)[1] == "digits, learning rate 0.03"
    assert names_of([on("a.csv", target="t" * 90), on("a.csv")])[0] == f"target {'t' * 30}…"
    assert names_of([BASE, BASE, BASE], [0, 2000, 0]) == [
        "from the start (1)",
        "from step 2,000 on",
        "from the start (2)",
    ]
    faster = BASE.with_training(learning_rate=0.03)
    assert names_of([BASE, faster], [0, 20])[1] == "learning rate 0.03, from step 20 on"
    assert names_of([BASE, BASE], [20, 20]) == ["run (1)", "run (2)"]


def kept(app: AppTest) -> list[KeptRun]:
    runs: list[KeptRun] = checked(app).session_state["shelf_of_runs"]
    return runs


def press(app: AppTest, key: str) -> AppTest:
    return checked(app.button(key=key).click().run())


def at_rate(app: AppTest, rate: float) -> AppTest:
    return finished(checked(app.select_slider(key="learning_rate").set_value(rate).run()))


@pytest.fixture
def two(shown: Shown) -> AppTest:
    """Return the page with a run at rate 0.01 on the shelf, and one at 0.1."""
    return at_rate(press(finished(open_page()), "keep_run"), 0.1)


def test_a_kept_run_lies_under_the_next_one(two: AppTest, shown: Shown):
    assert shown.names("losses")[0] == "learning rate 0.01"
    record = kept(two)[0].history
    np.testing.assert_array_equal(
        shown.values("losses", "learning rate 0.01", "x"), record.steps("val_loss")
    )
    np.testing.assert_allclose(shown.values("losses", "learning rate 0.01"), record["val_loss"])
    drawn = shown.table("losses")
    rows = drawn[drawn["curve"] == "learning rate 0.01"]
    np.testing.assert_array_equal(rows["loss"], record["val_loss"])
    assert (drawn["curve"] == "validation").any()
    name, together = "learning rate 0.01, all layers", (record["gradient_norm"] ** 2).sum(axis=1)
    assert shown.names("gradient_norms")[0] == name
    np.testing.assert_allclose(shown.values("gradient_norms", name), together**0.5, rtol=1e-6)
    rows = shown.table("gradient_norms").query("layer == @name")
    np.testing.assert_allclose(rows["gradient_norm"], together**0.5)
    assert rows["step"].tolist() == record.steps("gradient_norm").tolist()
    assert "all layers" in shown.figures["gradient_norms"].data[0].hovertemplate


def edit(app: AppTest, monkeypatch: pytest.MonkeyPatch, column: str, value: object) -> AppTest:
    """Change the first row of the table of kept runs, once, as AppTest cannot."""
    editor, edits = st.data_editor, [value]

    def edited(table: pd.DataFrame, **options: object) -> pd.DataFrame:
        result = editor(table, **options).copy()
        if edits:
            result.loc[0, column] = edits.pop()
        return result

    monkeypatch.setattr(st, "data_editor", edited)
    return checked(app.run())


def test_a_kept_run_is_renamed_and_hidden(
    two: AppTest, shown: Shown, monkeypatch: pytest.MonkeyPatch
):
    app = edit(two, monkeypatch, "run", " the <b>slow</b> one ")
    assert kept(app)[0].own_name == "the <b>slow</b> one"
    assert shown.names("losses")[0] == "the &lt;b&gt;slow&lt;/b&gt; one"
    assert shown.names("gradient_norms")[0] == "the &lt;b&gt;slow&lt;/b&gt; one, all layers"
    assert table(app, "run")["run"][0] == "the <b>slow</b> one"
    count = len(shown.names("losses"))
    app = edit(app, monkeypatch, "shown", value=False)
    assert len(shown.names("losses")) == count - 1 and not table(app, "run")["shown"][0]
    app = edit(app, monkeypatch, "shown", value=True)
    assert len(shown.names("losses")) == count


def test_a_chart_that_says_why_it_is_empty_stays_so_above_kept_runs(two: AppTest, shown: Shown):
    press(two, "classification_reset")
    assert shown.names("gradient_norms") == [] and len(shown.names("losses")) > 1


def test_runs_on_other_data_are_not_drawn_and_the_page_says_why(two: AppTest, shown: Shown):
    app = finished(checked(two.selectbox(key="data").set_value("moons").run()))
    assert "learning rate 0.01" not in shown.names("losses")
    assert any("1 of them trained on other data" in c.value for c in app.caption)
    assert app.button(key="kept_again").disabled and app.button(key="kept_compare").disabled


def run_on(app: AppTest) -> LiveRun:
    run: LiveRun = checked(app).session_state["classification_run"]
    return run


def test_a_kept_run_is_made_current_without_training_it_again(two: AppTest):
    end, left = kept(two)[0].run.snapshot, run_on(two)
    app = press(two, "kept_again")
    assert app.select_slider(key="learning_rate").value == 0.01
    run = run_on(app)
    assert run is not left and not run.running
    assert (run.trainer.step, run.trainer.seconds) == (end.step, end.seconds)
    weights = run.trainer.network.flat_parameters
    np.testing.assert_array_equal(weights, end.arrays["network.flat_parameters"])
    assert run_on(press(app, "undo_change")).trainer is left.trainer


def test_a_deleted_run_gives_its_memory_back(two: AppTest, shown: Shown):
    gone = weakref.ref(kept(two)[0])
    app = press(two, "kept_delete")
    assert kept(app) == [] and "learning rate 0.01" not in shown.names("losses")
    gc.collect()
    assert gone() is None


def test_the_shelf_has_room_for_so_many_and_none_is_kept_twice():
    app = press(finished(open_page()), "keep_run")
    assert app.button(key="keep_run").disabled and "already" in app.button(key="keep_run").help
    kept(app).extend(kept(app) * (MOST_RUNS - 1))
    app = at_rate(app, 0.1)
    assert app.button(key="keep_run").disabled and "delete one" in app.button(key="keep_run").help


def test_a_run_that_one_goes_on_from_is_kept():
    app = finished(open_page())
    app = checked(app.slider(key="step_shown").set_value(20).run())
    assert len(kept(press(app, "go_on"))) == 1


def test_a_fork_is_made_current_and_begins_where_it_began(shown: Shown):
    app = finished(open_page())
    app = checked(app.slider(key="step_shown").set_value(20).run())
    app = finished(press(press(app, "go_on"), "classification_play"))
    app = press(app, "keep_run")
    assert table(app, "from step")["run"].tolist() == ["from the start", "from step 20 on"]
    app = press(app, "kept_delete")
    fork = run_on(app).trainer
    app = press(at_rate(app, 0.03), "kept_again")
    run = run_on(app)
    assert (run.trainer.first_step, run.trainer.step) == (20, fork.step)
    app = finished(press(press(app, "classification_reset"), "classification_play"))
    assert run_on(app) is run and run.trainer.first_step == 20
    np.testing.assert_array_equal(run.trainer.network.flat_parameters, fork.network.flat_parameters)


def test_a_kept_run_and_the_one_on_the_page_are_twins(two: AppTest, shown: Shown):
    app = press(two, "kept_compare")
    said = " ".join(m.value for m in app.markdown)
    assert "same bits up to step 0; at step **1** they part, in hidden 1, hidden 2, output" in said
    own, other = run_on(app).trainer, kept(app)[0].run.end(run_on(app).trainer.data)
    apart = np.linalg.norm(own.network.flat_parameters - other.network.flat_parameters)
    drawn = shown.values("twin_parameters", "learning rate 0.01")
    assert drawn[-1] == pytest.approx(apart, rel=1e-4)
    loss = [float(run.evaluate("val")["loss"]) for run in (own, other)]
    assert shown.values("twin_losses", "learning rate 0.01")[-1] == pytest.approx(
        loss[1] - loss[0], rel=1e-4
    )
    app = press(app, "twin_seeds_begin")
    assert table(app, "difference")["setting"].tolist() == ["this run", "kept: learning rate 0.01"]
    seeds = table(app, "difference")
    assert seeds["lowest"][0] <= own.history["val_loss"][-1] <= seeds["highest"][0]
    assert not press(app, "twin_close").button(key="kept_compare").disabled


def test_a_row_has_the_last_and_the_best_and_a_run_counts_the_room_that_it_takes(two: AppTest):
    run, record = kept(two)[0], kept(two)[0].history
    row = table(two, "best loss").iloc[0]
    assert row["best loss"] == plain_number(record["val_loss"].min())
    assert row["final accuracy"] == plain_number(record["val_accuracy"][-1])
    assert row["best accuracy"] == plain_number(record["val_accuracy"].max())
    records = sum(one.steps.nbytes + one.values.nbytes for one in record.series.values())
    assert records < run.nbytes < 2 * records + 2 * run.run.snapshot.nbytes
