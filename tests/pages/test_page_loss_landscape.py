"""The Loss landscape page through Streamlit's AppTest: its planes, and what it says of them."""

from functools import partial

import apptest
import numpy as np
import pytest
from apptest import Shown, finished, metrics, said, valid

from nnlib.landscape import random_walk_shares
from pages.shared import along_gradient
from pages.shared.landscape import charts, lines_view
from pages.shared.landscape.plane_view import share_text

SMALL = {"data": "Moons", "units_1": "8", "units_2": "8", "resolution": "21", "epochs": "4"}
open_page = partial(apptest.open_page, "loss_landscape", quiet=("error", "warning"), **SMALL)


def slice_of(app):
    return list(app.session_state["landscape_slice_results"].values())[-1]


def test_a_run_is_seen_in_the_plane_of_its_own_path(shown: Shown):
    app = open_page(batch_size="16")
    found = slice_of(app)
    assert metrics(app)["First component"] == share_text(found.variances[0])
    walk = random_walk_shares(len(found.steps))
    assert [m.delta for m in app.metric][2:] == [f"a random walk: {share_text(s)}" for s in walk]
    assert metrics(app)["Path in the plane"] == share_text(found.inside)
    for key in ("contour", "along_path", "variances"):
        valid(shown.charts[key])
    valid(shown.charts["relief"], axes=False)
    grid = shown.table("contour")
    assert len(grid) == 21**2 and grid["loss"].max() == pytest.approx(found.loss.max())
    np.testing.assert_allclose(shown.table("along_path")["run"], found.path_loss)
    before = dict(app.session_state["landscape_slice_results"])
    app.toggle(key="log_height").set_value(False).run()
    assert dict(app.session_state["landscape_slice_results"]) == before  # drawn anew, not computed
    surface = shown.charts["relief"].figure.data[0]
    np.testing.assert_allclose(surface.z, found.loss, rtol=1e-6)


def test_a_random_plane_says_how_little_of_the_path_it_holds(shown: Shown):
    app = open_page(directions="Random", batch_norm="true", split="Validation", half_width="0.5")
    found = slice_of(app)
    assert (found.x[0], found.x[-1], found.variances.size) == (-0.5, 0.5, 0)
    assert metrics(app)["Cosine of the axes"] == f"{found.cosine:+.3f}"
    assert found.inside < 0.3 and "computed anew" in said(app, "caption")
    assert "variances" not in shown.charts and "Validation" in shown.title("contour")
    app.number_input(key="draw").set_value(1).run()
    assert slice_of(app).cosine != found.cosine


def test_a_run_that_diverges_has_no_landscape():
    app = apptest.open_page("loss_landscape", **SMALL | {"data": "Diabetes", "learning_rate": "10"})
    assert "diverges" in said(app, "error") and not app.metric


def test_heights_have_holes_where_the_loss_is_not_finite_and_ticks_in_values_of_the_loss():
    losses = np.array([[0.01, 1.0], [np.inf, 0.05]])
    x = np.array([0.0, 1.0])
    three = np.zeros(3)
    found = charts.Slice(
        x, x, losses, losses, np.arange(3), np.array([[0.5, 0.5], [9, 0], [0, 0]]), three + 0.1,
        three + 0.1, 0.5, 0.0, np.array([0.7, 0.2, 0.1]), 9,
    )  # fmt: skip
    seen = charts.Heights.of(found, "train", True)
    assert np.isnan(seen.height[1, 0]) and np.isfinite(seen.height[1, 1])
    assert seen.height_of(np.zeros(1)) == -9
    ticks = seen.ticks()
    np.testing.assert_allclose(10 ** ticks["tickvals"], [float(t) for t in ticks["ticktext"]])
    places, _, heights = seen.seen()
    assert np.isnan(places).tolist() == np.isnan(heights).tolist() == [False, True, False]
    for chart in (charts.plot_contour(seen), charts.plot_variances(found)):
        valid(chart)
    assert not charts.Heights.of(found, "train", False).ticks()


def test_between_two_seeds_lies_a_barrier(shown: Shown):
    app = open_page(view="Between two runs", other_seed="5", batch_norm="true")
    ((line,),) = [app.session_state["landscape_line_results"].values()]
    assert metrics(app)["Error barrier"] == f"{line.barrier('train_accuracy'):.1%}"
    assert lines_view.line_sentence(line) in said(app, "markdown")
    assert "computed anew" in said(app, "caption")
    for key in ("line_loss", "line_score"):
        valid(shown.charts[key])
    np.testing.assert_allclose(shown.values("line_loss", "validation"), line.measured["val_loss"],
                               rtol=1e-6)  # fmt: skip
    app = open_page(view="Between two runs", data="Diabetes")
    assert "Error barrier" not in metrics(app) and "Loss barrier" in metrics(app)


def test_two_kept_runs_have_a_line_and_fewer_say_what_to_do(shown: Shown):
    app = open_page(view="Between two runs", pair="Kept runs")
    assert "no two kept runs" in said(app, "info")
    app.switch_page("pages/classification.py")
    app.query_params.update({"data": "Moons", "epochs": "2", "classification_pace": "full speed"})
    app.run()
    for seed in (0, 1):
        finished(app.number_input(key="seed").set_value(seed).run())
        next(b for b in app.button if b.label == "Keep this run").click().run()
    app.switch_page("pages/loss_landscape.py")
    app.query_params.update({"view": "Between two runs", "pair": "Kept runs", "data": "Moons"})
    app.run()
    assert not app.exception and not app.error
    ((line,),) = [app.session_state["landscape_kept_line_results"].values()]
    assert [box.label for box in app.selectbox if box.key in ("first_run", "second_run")]
    ends = [k.history["train_loss"][-1] for k in app.session_state["shelf_of_runs"]]
    assert line.measured["train_loss"][[0, -1]] == pytest.approx(ends, rel=1e-4)
    valid(shown.charts["line_loss"])


def test_runs_that_part_say_from_where_they_are_settled(shown: Shown):
    app = open_page(view="Runs that part", pairs="2", batch_size="64")
    ((found,),) = [app.session_state["landscape_parting_results"].values()]
    assert lines_view.parting_sentence(found) in said(app, "markdown")
    for key in ("barriers", "parted_lines"):
        valid(shown.charts[key])
    table = shown.table("barriers")
    assert len(table) == 2 * len(found.steps)
    np.testing.assert_allclose(
        table["val_error_barrier"], found.barriers("val_accuracy").ravel(), rtol=1e-12
    )
    np.testing.assert_allclose(
        shown.values("barriers", "training, median"),
        found.barriers("train_accuracy").mean(axis=1), rtol=1e-6, atol=1e-9,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("heights", "said_so"),
    [
        ([[0.01], [0.0]], "Stable from the start"),
        ([[0.3], [0.01]], "Stable from step 8 on"),
        ([[0.0], [0.02]], "Not stable"),
        ([[np.nan], [0.02]], "No verdict"),
    ],
)
def test_the_verdict_is_that_of_the_last_barrier(heights, said_so):
    class Found:
        steps, total_steps = np.array([0, 8]), 20

        def barriers(self, name):
            return np.array(heights)

    assert said_so in lines_view.parting_sentence(Found())


def test_along_the_gradient_both_networks_are_seen(shown: Shown):
    app = open_page(view="Along the gradient", batch_size="32")
    ((found,),) = [app.session_state["along_gradient_results"].values()]
    assert metrics(app)["Range of the loss"] == f"{along_gradient.ratio(found, 'ranges')}×"
    medians = [np.median(found[name].change) for name in ("without", "with normalization")]
    shown_ratio = float(metrics(app)["Change of the gradient"].rstrip("×"))
    assert shown_ratio == pytest.approx(medians[0] / medians[1], rel=0.01)
    for key in ("ranges", "changes"):
        valid(shown.charts[key])
    assert "batch_norm" not in {toggle.key for toggle in app.toggle}
    table = shown.table("ranges")
    assert len(table) == sum(len(one.steps) for one in found.values())
    assert (table["largest_loss"] >= table["smallest_loss"]).all()
