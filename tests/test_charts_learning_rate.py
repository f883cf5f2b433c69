"""Charts of the Learning rate page: what they show, their titles, hovers and tables."""

import numpy as np
import plotly.graph_objects as go
import pytest

from nnlib.config import TrainingConfig
from nnlib.descent import descend
from nnlib.learning_rates import QUADRATIC, Arm
from nnlib.range_test import RangeTest
from nnlib.schedules import SCHEDULES, make_schedule
from pages.shared.charts import learning_rate as charts
from pages.shared.charts import learning_rate_quadratic as quadratic
from pages.shared.charts import learning_rate_runs as runs

STEPS = np.array([0, 1, 2, 4])


def arm(rate: float, losses: list[list[float]], diverged: list[bool] | None = None) -> Arm:
    values = np.array(losses).T  # given by seed
    norms = np.stack([values, 2 * values], axis=2)
    bad = np.array(diverged or [False] * values.shape[1])
    return Arm(f"η = {rate:g} <b>", rate, STEPS, values, STEPS, norms, ("dense_1", "dense_2"), bad)


GOOD = arm(0.1, [[1.0, 0.5, 0.3, 0.1], [1.0, 0.6, 0.4, 0.2]])
WORSE = arm(1.0, [[1.0, 3.0, 2.0, 4.0], [1.0, 2.0, 2.0, 2.0]])
LOST = arm(10.0, [[1.0, 9.0, np.nan, np.nan], [1.0, 2.0, np.inf, np.nan]], [True, True])
ARMS = [GOOD, WORSE, LOST]
DESCENTS = {
    rate: descend(QUADRATIC, (3.0,), rate, tolerance=0.0, max_steps=5) for rate in (0.1, 0.5, 1.0)
}
TEST = RangeTest(
    np.array([1e-3, 1e-2, 0.1, 1.0]),
    np.array([2.0, 1.0, 0.5, np.inf]),
    np.array([2.0, 1.5, 1.0, np.inf]),
    np.ones((4, 2)),
    ("dense_1", "dense_2"),
    9,
)
RATES = {n: make_schedule(TrainingConfig(schedule=n, epochs=4), 5) for n in SCHEDULES}

FIGURES = {
    "paths": lambda: quadratic.plot_paths(DESCENTS),
    "quadratic losses": lambda: quadratic.plot_losses(DESCENTS),
    "quadratic gradients": lambda: quadratic.plot_gradients(DESCENTS),
    "factor": lambda: quadratic.plot_factor(DESCENTS),
    "map": lambda: charts.plot_loss_map(ARMS),
    "final": lambda: charts.plot_final_losses(ARMS),
    "curves": lambda: runs.plot_loss_curves(ARMS, "Losses"),
    "gradients": lambda: runs.plot_gradient_panels(ARMS, "Gradients"),
    "range": lambda: runs.plot_range_test(TEST),
    "range gradients": lambda: runs.plot_range_gradients(TEST),
    "schedules": lambda: runs.plot_schedules(RATES, 2.0, 20),
}
EMPTY = [
    lambda: quadratic.plot_paths({}),
    lambda: quadratic.plot_losses({}),
    lambda: charts.plot_loss_map([]),
    lambda: charts.plot_final_losses([]),
    lambda: runs.plot_loss_curves([], "Losses"),
    lambda: runs.plot_gradient_panels([], "Gradients"),
    lambda: runs.plot_schedules({}, 1.0, 10),
]


@pytest.mark.parametrize("name", FIGURES)
def test_every_chart_has_titles_hovers_and_no_background_of_its_own(name: str):
    figure = FIGURES[name]()
    assert figure.layout.title.text
    assert any(axis.title.text for axis in figure.select_xaxes())
    assert any(axis.title.text for axis in figure.select_yaxes())
    assert figure.layout.paper_bgcolor is None and figure.layout.plot_bgcolor is None
    for trace in figure.data:
        assert trace.hovertemplate or trace.hoverinfo == "skip"
    assert figure.layout.height
    assert "<b>" not in "".join(str(t.name) for t in figure.data)


@pytest.mark.parametrize("make", EMPTY)
def test_without_anything_there_is_a_titled_figure_that_says_so(make):
    figure = make()
    assert figure.layout.title.text and not figure.data
    assert figure.layout.annotations[0].text


def trace(figure: go.Figure, name: str):
    return next(t for t in figure.data if t.name and name in t.name)


def test_paths_have_a_panel_a_rate():
    figure = quadratic.plot_paths(DESCENTS)
    titles = [a.text for a in figure.layout.annotations]
    assert titles == ["η = 0.1: steady", "η = 0.5: one step", "η = 1: for ever"]
    np.testing.assert_array_equal(trace(figure, "η = 1").x, [3, -5, 3, -5, 3, -5])
    assert all(a.y <= 0.98 for a in figure.layout.annotations)


def test_a_loss_of_zero_is_a_gap():
    y = trace(quadratic.plot_losses(DESCENTS), "η = 0.5").y
    assert y[0] == 16 and np.isnan(y[1])
    assert trace(quadratic.plot_gradients(DESCENTS), "η = 1").y[0] == 8


def test_factor_marks_the_limit():
    figure = quadratic.plot_factor(DESCENTS)
    assert {shape.x0 for shape in figure.layout.shapes} == {1.0, 0.5}
    assert "limit 2/f″ = 1" in {a.text for a in figure.layout.annotations}
    assert trace(figure, "η = 0.1").y[0] == pytest.approx(0.8)


def test_map_covers_every_rate_and_leaves_out_what_is_not_finite():
    (heat,) = charts.plot_loss_map(ARMS).data
    assert heat.z.shape == (3, 4) and len(heat.x) == 5 and len(heat.y) == 4
    np.testing.assert_allclose(np.sqrt(heat.y[1:] * heat.y[:-1]), [0.1, 1.0, 10.0])
    assert 10 ** heat.z[0, -1] == pytest.approx(0.15)
    assert np.isnan(heat.z[2, 2:]).all() and "diverged" in heat.text[2][3]
    assert "step 4 · loss 0.15" in heat.text[0][3]


def test_final_losses_mark_what_went_wrong():
    figure = charts.plot_final_losses(ARMS)
    assert list(trace(figure, "not finite").x) == [10.0]
    assert list(trace(figure, "no better").x) == [1.0]
    median = trace(figure, "median of 2 seeds")
    np.testing.assert_allclose(median.y, [0.15, 3.0, 10.0], rtol=1e-6)  # the top of the chart
    assert "2 of 2 seeds diverged" in median.text[2]
    note = next(a for a in figure.layout.annotations if a.text == "before training")
    assert note.y == 0  # log10 of the loss 1
    table = charts.final_losses_data(ARMS)
    assert list(table["outcome"]) == ["learned", "worse than at the start", "diverged"]
    assert list(table["median"])[:2] == [pytest.approx(0.15), 3.0] and np.isinf(table["median"][2])


def test_a_single_seed_has_no_band():
    single = arm(0.1, [[1.0, 0.5, 0.3, 0.1]])
    assert len(runs.plot_loss_curves([single], "Losses").data) == 1
    assert len(runs.plot_loss_curves([GOOD], "Losses").data) == 3
    low, high, middle = runs.plot_loss_curves([GOOD], "Losses").data
    assert (low.y[-1], high.y[-1]) == (np.float32(0.1), np.float32(0.2))
    assert middle.y[-1] == pytest.approx(0.15)


def test_gradient_panels_have_a_line_a_layer():
    figure = runs.plot_gradient_panels([GOOD, WORSE], "Gradients")
    assert [t.name for t in figure.data] == ["dense_1", "dense_2"] * 2
    assert [t.showlegend for t in figure.data] == [True, True, False, False]
    np.testing.assert_allclose(figure.data[1].y, 2 * GOOD.median_losses, rtol=1e-6)
    assert all(axis.type == "log" for axis in figure.select_yaxes())


def test_range_test_marks_lowest_and_suggestion():
    figure = runs.plot_range_test(TEST)
    texts = [a.text for a in figure.layout.annotations]
    assert texts == ["lowest 0.1", "suggested 0.01"]
    assert [a.x for a in figure.layout.annotations] == [-1, pytest.approx(-2)]
    assert np.isnan(trace(figure, "smoothed").y[-1])
    assert figure.layout.yaxis.range[1] == pytest.approx(2.3)


def test_schedules_are_drawn_in_effect():
    figure = runs.plot_schedules(RATES, 2.0, 20)
    assert set(trace(figure, "constant").y) == {2.0}
    assert trace(figure, "cosine").y[0] == 2.0
    assert trace(figure, "one_cycle").y[0] == pytest.approx(2 / 25)
    assert runs.plot_schedules(RATES, 2.0, 20, log_y=True).layout.yaxis.type == "log"
    assert len(trace(runs.plot_schedules(RATES, 2.0, 5000), "step").x) == 1000


def test_tables():
    assert len(quadratic.paths_data(DESCENTS)) == 6 + 2 + 6
    assert list(quadratic.paths_data({}).columns)[0] == "learning_rate"
    factors = quadratic.factors_data(DESCENTS)
    assert list(factors["factor"]) == [pytest.approx(0.8), 0, -1]
    assert list(factors["last_x"])[1:] == [-1, -5]
    rows = charts.loss_map_data(ARMS)
    assert len(rows) == 12 and rows["median_loss"].isna().sum() == 2
    assert len(runs.loss_curves_data(ARMS)) == 12
    assert len(runs.gradient_panels_data(ARMS)) == 24
    assert list(runs.range_test_data(TEST)["gradient_norm_dense_2"]) == [1] * 4
    assert len(runs.schedules_data(RATES, 2.0, 20)) == 20 * len(SCHEDULES)
