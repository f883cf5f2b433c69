"""Charts of the Learning rate page: what they show, their titles, hovers and tables."""

import numpy as np
import plotly.graph_objects as go
import pytest
from apptest import valid
from small_runs import make_arm

from nnlib.comparison import Arm
from nnlib.config import TrainingConfig
from nnlib.labs.descent import descend
from nnlib.labs.learning_rates import QUADRATIC
from nnlib.labs.range_test import RangeTest
from nnlib.schedules import SCHEDULES, make_schedule
from pages.shared.charts import comparison as runs
from pages.shared.charts import comparison_rates as charts
from pages.shared.learning_rate import charts_quadratic as quadratic
from pages.shared.learning_rate import charts_range as ranges
from pages.shared.learning_rate.charts_schedules import plot_schedules

STEPS = np.array([0, 1, 2, 4])


def arm(rate: float, losses: list[list[float]]) -> Arm:
    return make_arm(np.array(losses).T, label=f"η = {rate:g} <b>", rate=rate, layers=2, steps=STEPS)


GOOD = arm(0.1, [[1.0, 0.5, 0.3, 0.1], [1.0, 0.6, 0.4, 0.2]])
WORSE = arm(1.0, [[1.0, 3.0, 2.0, 4.0], [1.0, 2.0, 2.0, 2.0]])
LOST = arm(10.0, [[1.0, 9.0, np.nan, np.nan], [1.0, 2.0, np.inf, np.nan]])
ARMS = [GOOD, WORSE, LOST]
DESCENTS = {
    rate: descend(QUADRATIC, (3.0,), rate, tolerance=0.0, max_steps=5) for rate in (0.1, 0.5, 1.0)
}
TEST = RangeTest(
    np.array([1e-3, 1e-2, 0.1, 1.0]),
    np.array([2.0, 1.0, 0.5, np.inf]),
    np.array([2.0, 1.5, 1.0, np.inf]),
    np.ones((4, 2)),
    ("hidden 1", "output"),
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
    "range": lambda: ranges.plot_range_test(TEST),
    "range gradients": lambda: ranges.plot_range_gradients(TEST),
    "schedules": lambda: plot_schedules(RATES, 2.0, 20, 5),
}
EMPTY = [
    lambda: quadratic.plot_paths({}),
    lambda: quadratic.plot_losses({}),
    lambda: charts.plot_loss_map([]),
    lambda: charts.plot_final_losses([]),
    lambda: runs.plot_loss_curves([], "Losses"),
    lambda: runs.plot_gradient_panels([], "Gradients"),
    lambda: plot_schedules({}, 1.0, 10, 5),
]


@pytest.mark.parametrize("name", FIGURES)
def test_every_chart_has_titles_hovers_and_no_background_of_its_own(name: str):
    chart = FIGURES[name]()
    valid(chart, axes=False)
    assert len(chart.table())
    figure = chart.figure
    assert any(axis.title.text for axis in figure.select_xaxes())
    assert any(axis.title.text for axis in figure.select_yaxes())
    assert figure.layout.paper_bgcolor is None and figure.layout.plot_bgcolor is None
    assert "<b>" not in "".join(str(t.name) for t in figure.data)


@pytest.mark.parametrize("make", EMPTY)
def test_without_anything_there_is_a_titled_figure_that_says_so(make):
    chart = make()
    valid(chart)
    figure = chart.figure
    assert not figure.data
    assert figure.layout.annotations[0].text


def trace(figure: go.Figure, name: str):
    return next(t for t in figure.data if t.name and name in t.name)


def test_paths_have_a_panel_a_rate():
    figure = quadratic.plot_paths(DESCENTS).figure
    titles = [a.text for a in figure.layout.annotations]
    assert titles == ["η = 0.1: steady", "η = 0.5: one step", "η = 1: for ever"]
    np.testing.assert_array_equal(trace(figure, "η = 1").x, [3, -5, 3, -5, 3, -5])
    assert all(a.y <= 0.98 for a in figure.layout.annotations)


def test_a_loss_of_zero_is_a_gap():
    y = trace(quadratic.plot_losses(DESCENTS).figure, "η = 0.5").y
    assert y[0] == 16 and np.isnan(y[1])
    assert trace(quadratic.plot_gradients(DESCENTS).figure, "η = 1").y[0] == 8


def test_factor_marks_the_limit():
    figure = quadratic.plot_factor(DESCENTS).figure
    assert {shape.x0 for shape in figure.layout.shapes} == {1.0, 0.5}
    assert "limit 2/f″ = 1" in {a.text for a in figure.layout.annotations}
    assert trace(figure, "η = 0.1").y[0] == pytest.approx(0.8)


def test_map_covers_every_rate_and_leaves_out_what_is_not_finite():
    (heat,) = charts.plot_loss_map(ARMS).figure.data
    assert heat.z.shape == (3, 4) and len(heat.x) == 5 and len(heat.y) == 4
    np.testing.assert_allclose(np.sqrt(heat.y[1:] * heat.y[:-1]), [0.1, 1.0, 10.0])
    assert 10 ** heat.z[0, -1] == pytest.approx(0.15)
    assert np.isnan(heat.z[2, 2:]).all() and "diverged" in heat.text[2][3]
    assert "step 4 · loss 0.15" in heat.text[0][3]


def test_final_losses_mark_what_went_wrong():
    chart = charts.plot_final_losses(ARMS)
    figure = chart.figure
    assert list(trace(figure, "not finite").x) == [10.0]
    assert list(trace(figure, "no better").x) == [1.0]
    median = trace(figure, "median of 2 seeds")
    np.testing.assert_allclose(median.y, [0.15, 3.0, 10.0], rtol=1e-6)  # the top of the chart
    assert "2 of 2 seeds diverged" in median.text[2]
    note = next(a for a in figure.layout.annotations if a.text == "before training")
    assert note.y == 0  # log10 of the loss 1
    table = chart.table()
    assert list(table["outcome"]) == ["learned", "stalled", "diverged"]
    assert list(table["median"])[:2] == [pytest.approx(0.15), 3.0] and np.isinf(table["median"][2])


def test_a_single_seed_has_no_band():
    single = arm(0.1, [[1.0, 0.5, 0.3, 0.1]])
    assert len(runs.plot_loss_curves([single], "Losses").figure.data) == 1
    assert len(runs.plot_loss_curves([GOOD], "Losses").figure.data) == 3
    low, high, middle = runs.plot_loss_curves([GOOD], "Losses").figure.data
    assert (low.y[-1], high.y[-1]) == (np.float32(0.1), np.float32(0.2))
    assert middle.y[-1] == pytest.approx(0.15)


def test_gradient_panels_have_a_line_a_layer():
    figure = runs.plot_gradient_panels([GOOD, WORSE], "Gradients").figure
    assert [t.name for t in figure.data] == ["hidden 1", "output"] * 2
    assert [t.showlegend for t in figure.data] == [True, True, False, False]
    np.testing.assert_allclose(figure.data[1].y, 2 * GOOD.losses.median, rtol=1e-6)
    assert all(axis.type == "log" for axis in figure.select_yaxes())


def test_range_test_marks_lowest_and_suggestion():
    figure = ranges.plot_range_test(TEST).figure
    texts = [a.text for a in figure.layout.annotations]
    assert texts == ["lowest 0.1", "suggested 0.01"]
    assert [a.x for a in figure.layout.annotations] == [-1, pytest.approx(-2)]
    assert np.isnan(trace(figure, "smoothed").y[-1])
    assert figure.layout.yaxis.range[1] == pytest.approx(2.3)


def test_schedules_are_drawn_in_effect():
    figure = plot_schedules(RATES, 2.0, 20, 5).figure
    assert set(trace(figure, "constant").y) == {2.0}
    assert trace(figure, "cosine").y[0] == 2.0
    assert trace(figure, "one_cycle").y[0] == pytest.approx(2 / 25)
    assert plot_schedules(RATES, 2.0, 20, 5, log_y=True).figure.layout.yaxis.type == "log"
    assert len(trace(plot_schedules(RATES, 2.0, 5000, 5).figure, "step").x) == 1000


def test_tables():
    assert len(quadratic.plot_paths(DESCENTS).table()) == 6 + 2 + 6
    assert list(quadratic.plot_paths({}).table().columns)[0] == "learning_rate"
    factors = quadratic.factors_table(DESCENTS)
    assert list(factors["factor"]) == [pytest.approx(0.8), 0, -1]
    assert list(factors["last_x"])[1:] == [-1, -5]
    rows = charts.plot_loss_map(ARMS).table()
    assert len(rows) == 12 and rows["median_loss"].isna().sum() == 2
    losses = runs.plot_loss_curves(ARMS, "Losses").table()
    assert list(losses.columns) == ["step", "epoch", "setting", "loss", "lowest", "highest"]
    assert len(losses) == 12 and list(losses.iloc[3])[:2] == [4, 2.0]
    assert list(losses.iloc[3])[3:] == pytest.approx([0.15, 0.1, 0.2])
    assert len(runs.plot_gradient_panels(ARMS, "Gradients").table()) == 24
    assert list(ranges.plot_range_test(TEST).table()["gradient_norm_output"]) == [1] * 4
    scheduled = plot_schedules(RATES, 2.0, 20, 5).table()
    assert len(scheduled) == 20 * len(SCHEDULES) and scheduled["epoch"].max() == 19 / 5
    assert list(scheduled.columns) == ["step", "epoch", "schedule", "learning_rate"]
