"""The Sweeps page through Streamlit's AppTest, and its charts."""

import contextlib
import io
import sys
from dataclasses import replace
from functools import partial

import apptest
import numpy as np
import pytest
from apptest import Shown, finished, metrics, said, table, valid

import nnlib
from nnlib.search import Choice, Range, Search, When, importance, search
from nnlib.search.planes import over_two
from pages.shared.plot import Click
from pages.shared.sweeps import charts, charts_front, charts_knobs, charts_parallel, results
from pages.shared.sweeps.charts import record_of
from pages.shared.sweeps.chosen import Places
from pages.shared.sweeps.controls import SweepSettings
from pages.shared.sweeps.runs import LiveSweep
from pages.shared.sweeps.trial import query_of, script_of

SMALL = {
    "moons_n_samples": "60", "epochs": "2", "budget": "20", "sweep_seeds": "2",
    "knobs": ["Learning rate", "Width"], "width_range": ["2", "4"],
}  # fmt: skip
open_page = partial(apptest.open_page, "sweeps", **SMALL)


@pytest.fixture(autouse=True)
def few_shuffles(monkeypatch):
    monkeypatch.setattr(results, "SHUFFLES", 1)


def test_a_sweep_comes_to_its_end_and_says_what_matters(shown: Shown):
    app = finished(open_page(analysis="Two knobs"))
    found: Search = app.session_state["live_sweep"].search
    assert len(found.trials) == 20 and found.plan.seeds == 2
    assert metrics(app)["Trials"] == "20 of 20"
    assert "Seeds alone account for" in said(app, "markdown")
    best = shown.values("sweep_time", "best so far")
    assert best[-1] == found.best.value and (np.diff(best) <= 0).all()
    assert len(set(shown.table("sweep_curves")["trial"])) == 20
    valid(shown.charts["two_knobs"])


def test_widths_and_batch_sizes_are_powers_of_two():
    app = open_page(knobs=["Batch size", "Width"], batch_size_range=["5", "100"])
    sweep = app.session_state["live_sweep"]
    assert sweep.search.space == {"batch_size": Choice((8, 16, 32, 64)), "width": Choice((2, 4))}
    sweep.pause()


def test_more_trials_go_on_with_the_same_sweep():
    app = finished(open_page(seed="3", analysis="Trials"))
    before = app.session_state["live_sweep"].search.trials
    app.select_slider(key="budget").set_value(40)
    app = finished(app.run())
    found = app.session_state["live_sweep"].search
    assert len(found.trials) == 40 and found.trials[:20] == before
    widths = [trial.settings["width"] for trial in found.trials]
    assert table(app, "width")["width"].to_list() == widths
    assert f"Trial {found.best.number}, the best." in said(app, "markdown")
    app.button(key="trial_keep").click().run()
    (kept,) = app.session_state["shelf_of_runs"]
    assert kept.experiment == found.experiment(found.best)
    assert app.button(key="trial_keep").disabled


def test_a_stopped_sweep_shows_what_it_has_and_goes_on(shown: Shown):
    app = open_page(budget="1000", analysis="One knob")
    app.button(key="sweep_play").click().run()
    sweep = app.session_state["live_sweep"]
    had = len(sweep.search.trials)
    assert not sweep.running and 0 < had < 1000
    app.run()
    assert len(sweep.search.trials) == had
    valid(shown.charts["slice"])
    app.button(key="sweep_play").click().run()
    assert sweep.running and not sweep.search.done
    sweep.pause()
    app.slider(key="sweep_seeds").set_value(1).run()
    assert app.session_state["live_sweep"].search.plan.seeds == 1
    assert not app.session_state["live_sweep"].running


def test_a_budget_in_seconds_ends_the_sweep_and_more_lets_it_go_on():
    data = nnlib.datasets.load("moons", n_samples=60)
    settings = SweepSettings(
        (("learning_rate", Range(1e-3, 1.0)),),
        40,
        1e-9,
        "val_loss",
        0.0,
        1,
        "qmc",
        "none",
        False,
        0,
    )
    sweep = LiveSweep(settings.search(nnlib.Experiment(), data), (), limit=settings.seconds)
    sweep.play_slice()
    assert sweep.done and not sweep.running and not sweep.search.done and sweep.progress == 1
    assert sweep.allow(settings) and not sweep.running
    assert sweep.allow(replace(settings, seconds=60.0)) and sweep.running
    assert not sweep.allow(replace(settings, budget=len(sweep.search.trials) - 1))


def test_a_click_chooses_the_nearest_trial(record):
    done = [trial for trial in record.done if "rate" in trial.settings]
    places = Places.of(record, done, "rate")
    chosen = done[7]
    near = Click(chosen.settings["rate"] * 1.02, chosen.value * 1.01)
    assert places.log == (True, True) and places.nearest(near) == chosen.number
    by_number = Places.of(record, record.done)
    assert by_number.nearest(Click(chosen.number + 0.2, chosen.value * 1.01)) == chosen.number
    assert Places.of(record, done, "rate", "kind") is None


def test_what_cannot_be_searched_is_told():
    app = open_page(knobs=["Momentum"])
    assert "Momentum is left out" in said(app, "caption")
    assert "at least one knob" in said(app, "error")


def test_the_link_to_a_trial_gives_its_run():
    data = nnlib.datasets.load("moons", n_samples=60)
    reference = nnlib.DataReference(
        "moons", (("n_samples", 60), ("noise", 0.1), ("train_fraction", 0.8)), data.fingerprint
    )
    experiment = nnlib.Experiment(
        nnlib.NetworkConfig(hidden=(7, 3), activation="tanh", dropout=0.25),
        nnlib.TrainingConfig(
            optimizer="momentum", momentum=0.7, learning_rate=0.05, epochs=2, batch_size=8, l2=1e-5
        ),
        reference,
    )
    app = apptest.open_page("classification", quiet=("error", "warning"), **query_of(experiment))
    made = app.session_state["classification_run"].trainer.experiment
    assert (made.network, made.training) == (experiment.network, experiment.training)
    assert made.data.fingerprint == data.fingerprint


@pytest.mark.parametrize("pruner", ["none", "median"])
def test_the_program_runs_the_same_search(monkeypatch, pruner):
    monkeypatch.setattr(sys, "argv", ["sweep.py"])
    data = nnlib.datasets.load("moons", n_samples=60)
    reference = nnlib.DataReference("moons", (("n_samples", 60),), data.fingerprint)
    base = nnlib.Experiment(training=nnlib.TrainingConfig(epochs=2), data=reference)
    space = (
        ("optimizer", Choice(("sgd", "momentum"))),
        ("momentum", Range(0.5, 0.9, when=When("optimizer", ("momentum",)))),
    )
    settings = SweepSettings(space, 5, None, "val_score", 0.0, 2, "qmc", pruner, True, 4)
    here = settings.search(base, data)
    program: dict = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(script_of(here, settings), program)
    here.advance()
    assert program["found"].trials == here.trials


def values(s):
    if s["x"] > 0.9:
        raise ValueError("too far")
    return 0.1 + s["x"] + s["rate"] + s.get("m", 0.0)


SPACE = {
    "x": Range(0, 1),
    "rate": Range(1e-4, 1.0, log=True),
    "n": Range(1, 4, whole=True),
    "kind": Choice(("a", "b")),
    "m": Range(0, 1, when=When("kind", ("b",))),
}


@pytest.fixture(scope="module")
def record():
    found = search(SPACE, None, 40, objective=values, sampler="qmc")
    found.objective = replace(found.objective, log=True)
    return record_of(found)


def test_the_history_has_every_trial(record):
    spec = valid(charts.plot_history(record))
    ended, best, lost = spec["data"]
    assert len(ended["text"]) + len(lost["x"]) == 40 and lost["visible"]
    assert spec["layout"]["yaxis"]["type"] == "log"
    table = charts.plot_history(record).table()
    assert set(table["end"]) == {"done", "failed"}
    assert set(table.loc[table["end"] == "failed", "reason"]) == {"too far"}


def test_parallel_coordinates_have_a_line_for_each_trial_that_is_done(record):
    (trace,) = valid(charts_parallel.plot_parallel(record), hover=False)["data"]
    assert [d["label"] for d in trace["dimensions"]] == ["x", "rate", "n", "kind", "m", "value"]
    *_, kind, m, value = charts_parallel.plot_parallel(record).figure.data[0].dimensions
    assert set(np.array(m.ticktext)[:1]) == {"–"}
    absent = np.array(kind["values"]) == 0
    assert (np.array(m["values"])[absent] < 0).all() and (np.array(m["values"])[~absent] >= 0).all()
    done = [trial.value for trial in record.done]
    np.testing.assert_allclose(10 ** np.array(value["values"]), done)


@pytest.mark.parametrize("name", SPACE)
def test_a_slice_has_the_trials_that_have_the_knob(record, name):
    chart = charts_knobs.plot_slice(record, name)
    valid(chart)
    having = [trial for trial in record.done if name in trial.settings]
    assert len(chart.figure.data[0].y) == len(having)


@pytest.mark.parametrize(
    ("x", "y", "kinds"),
    [("x", "rate", ["contour", "scatter"]), ("n", "kind", ["heatmap"]), ("x", "kind", ["scatter"])],
)
def test_two_knobs_are_cells_or_a_surface_or_points(record, x, y, kinds):
    chart = charts_knobs.plot_two(record, x, y)
    valid(chart)
    assert [trace.type for trace in chart.figure.data] == kinds


def test_cells_and_options_have_places_of_one_size_in_order():
    space = {"n": Choice((8, 16, 32, 64)), "rate": Range(1e-4, 1.0, log=True)}
    options = {"objective": lambda s: s["n"] * s["rate"], "sampler": "grid"}
    grid = record_of(search(space, None, 16, **options))
    layout = charts_knobs.plot_two(grid, "n", "rate").figure.layout
    assert layout.xaxis.type == layout.yaxis.type == "category"
    assert list(layout.xaxis.categoryarray) == ["8", "16", "32", "64"]
    assert list(layout.yaxis.categoryarray)[0] == "10⁻⁴"
    axis = charts_knobs.plot_slice(grid, "n").figure.layout.xaxis
    assert (axis.type, list(axis.categoryarray)) == ("category", ["8", "16", "32", "64"])


def test_a_level_without_a_value_has_blank_cells():
    def objective(s):
        if s["n"] > 32:
            raise ValueError("too large")
        return s["n"] * s["rate"]

    space = {"n": Choice((8, 16, 32, 64)), "rate": Range(0.1, 1.0)}
    found = search(space, None, 16, objective=objective, sampler="grid")
    (cells,) = charts_knobs.plot_two(record_of(found), "n", "rate").figure.data
    assert list(cells.x) == ["8", "16", "32", "64"]
    assert np.isnan(cells.z[:, 3]).all() and np.isfinite(cells.z[:, :3]).all()


def test_a_cell_is_the_median_of_its_trials(record):
    plane = over_two(
        record.done,
        np.array([trial.value for trial in record.done]),
        ("n", "kind"),
        (record.space["n"], record.space["kind"]),
    )
    for i, kind in enumerate(plane.y):
        for j, n in enumerate(plane.x):
            own = [
                t.value for t in record.done if (t.settings["n"], t.settings["kind"]) == (n, kind)
            ]
            assert plane.trials[i, j] == len(own)
            assert plane.scores[i, j] == pytest.approx(np.median(own))


def test_a_smooth_surface_is_that_of_a_smooth_function_and_blank_far_from_trials():
    space = {"x": Range(0, 1), "y": Range(0, 1)}
    found = search(space, None, 300, objective=lambda s: s["x"] + 2 * s["y"], sampler="qmc")
    inside = [t for t in found.trials if t.settings["x"] < 0.7]
    scores = np.array([trial.value for trial in inside])
    plane = over_two(inside, scores, ("x", "y"), tuple(found.space.values()))
    x, y = np.meshgrid(plane.x, plane.y)
    assert np.isnan(plane.scores[x > 0.9]).all()
    middle = (abs(x - 0.35) < 0.1) & (abs(y - 0.5) < 0.25)
    np.testing.assert_allclose(plane.scores[middle], (x + 2 * y)[middle], atol=0.12)


def test_importances_stand_beside_chance(record):
    found = search({"x": Range(0, 1), "y": Range(0, 1)}, None, 40, objective=lambda s: s["x"])
    measured = importance(found, "ped_anova")
    drawn = valid(charts_knobs.plot_importance(measured))
    assert drawn["data"][0]["y"] == list(measured.values)
    assert drawn["layout"]["shapes"][0]["x0"] == measured.floor


def test_before_the_first_trial_every_chart_says_so():
    empty = record_of(Search(SPACE, None, 4, objective=values))
    for chart in (
        charts.plot_history(empty),
        charts.plot_curves(empty),
        charts_front.plot_front(empty),
        charts_parallel.plot_parallel(empty),
        charts_knobs.plot_slice(empty, "x"),
        charts_knobs.plot_two(empty, "x", "rate"),
    ):
        valid(chart)
        assert len(chart.figure.layout.annotations) == 1
