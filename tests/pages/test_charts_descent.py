"""Figures of the descents: titles, fixed axes, bounded frames, hover, tables, empty states."""

import json

import numpy as np
import pytest
from apptest import valid

from nnlib.labs.curves import CURVES
from nnlib.labs.descent import descend, racers
from nnlib.labs.quadratics import check_rates
from nnlib.labs.surfaces import SURFACES, bowl
from nnlib.optimizers import OPTIMIZERS, SGD
from pages.shared.charts.theme import CLASS_COLORS
from pages.shared.descent import charts, charts_race
from pages.shared.descent.charts_frames import MOST_FRAMES, MOST_POINTS, thinned
from pages.shared.descent.charts_lines import racer_color, racer_label
from pages.shared.descent.charts_relief import plot_surface
from pages.shared.descent.charts_surface import plot_contour, relief


def race_on(surface, rate=None, steps=300, names=None):
    rate = surface.learning_rate if rate is None else rate
    return [
        descend(surface, surface.start, rate, optimizer=name, max_steps=steps)
        for name in names or racers()
    ]


@pytest.mark.parametrize("last", [0, 1, 5, 39, 40, 500, 2000])
def test_thinned_steps_start_end_and_are_few(last):
    steps = thinned(last, MOST_FRAMES)
    assert steps[0] == 0 and steps[-1] == last and len(steps) <= MOST_FRAMES
    assert (np.diff(steps) > 0).all() and (np.diff(steps, n=2) >= -1).all()


@pytest.mark.parametrize("surface", SURFACES.values(), ids=list(SURFACES))
@pytest.mark.parametrize("rate", [None, 10.0])
def test_maps_are_valid_and_bounded(surface, rate):
    race = race_on(surface, rate, steps=2000)
    for plot in (plot_contour, plot_surface):
        chart = plot(surface, race)
        assert len(json.dumps(valid(chart))) < 900_000
        figure = chart.figure
        assert 1 < len(figure.frames) <= MOST_FRAMES
        for step in figure.layout.sliders[0].steps:
            assert step.args[0][0] in {frame.name for frame in figure.frames}
        assert [b.label for b in figure.layout.updatemenus[0].buttons] == ["Play", "Pause"]
    assert plot_contour(surface, race).figure.layout.xaxis.range == surface.ranges[0]
    assert plot_contour(surface, race).figure.layout.yaxis.range == surface.ranges[1]


def test_frames_change_paths_and_heads_only_and_end_where_the_figure_is():
    surface = SURFACES["rosenbrock"]
    race = race_on(surface)
    figure = plot_contour(surface, race).figure
    first, last = figure.frames[0], figure.frames[-1]
    for frame in figure.frames:
        assert [figure.data[i].name for i in frame.traces[:-1]] == [
            racer_label(name) for name in racers()
        ]
    assert all(len(trace.x) == 1 for trace in first.data[:-1])
    for trace, index in zip(last.data, last.traces, strict=True):
        np.testing.assert_array_equal(trace.x, figure.data[index].x)
        np.testing.assert_array_equal(trace.y, figure.data[index].y)
        assert np.asarray(trace.x).dtype == np.float32 and len(trace.x) <= MOST_POINTS
    heads = figure.frames[5].data[-1]
    step = int(figure.frames[5].name)
    assert heads.x[1] == np.float32(race[1].points[step, 0])


def test_heights_are_logarithmic_above_the_minimum_and_hover_gives_the_value():
    surface = SURFACES["rosenbrock"]
    ground = relief(surface)
    assert relief(surface) is ground
    offset = 1e-3 * ground.value.max()
    np.testing.assert_allclose(ground.height, np.log10(ground.value + offset))
    contour = plot_contour(surface, race_on(surface)).figure.data[0]
    np.testing.assert_allclose(contour.customdata, ground.value, rtol=1e-6)
    assert "customdata" in contour.hovertemplate
    ticks = ground.ticks()
    assert ticks["ticktext"] == ["0", "10", "100", "1,000"]
    assert ticks["tickvals"][1] == pytest.approx(np.log10(10 + offset))
    saddle = relief(SURFACES["saddle"])
    assert (saddle.height == saddle.value).all() and saddle.ticks() == {}


def test_divergence_is_in_legend_and_table_and_the_view_is_cut_at_its_frame():
    surface = SURFACES["rosenbrock"]
    race = race_on(surface, 0.1, names=("sgd", "adam"))
    figure = plot_contour(surface, race).figure
    name = f"gradient descent (diverged at step {race[0].steps})"
    assert name in [trace.name for trace in figure.data]
    view = plot_surface(surface, race).figure
    path = next(trace for trace in view.data if trace.name == name)
    assert np.isnan(path.x).any() and np.nanmax(np.abs(path.x)) <= 2
    low, high = charts_race.plot_values(surface, race).figure.layout.yaxis.range
    assert high == pytest.approx(np.log10(24.2) + 3)  # and not 1e30
    assert 10**low < race[1].values.min()
    table = charts_race.race_table(surface, race)
    assert table["outcome"][0] == f"diverged at step {race[0].steps}"
    assert table["where it ended"].tolist()[0] == "off the map"
    assert table["steps to tolerance"].isna()[0] and table["final f"].isna()[0]
    assert table["final f"][1] == race[1].values[-1]


def test_race_table_says_where_and_when():
    surface = SURFACES["himmelblau"]
    race = race_on(surface, steps=2000, names=("sgd", "momentum"))
    table = charts_race.race_table(surface, race)
    assert table["optimizer"].tolist() == ["gradient descent", "momentum"]
    assert table["steps to tolerance"][0] == race[0].steps
    assert table["where it ended"][0] == "lowest point (−3.779, −3.283)"
    rastrigin = SURFACES["rastrigin"]
    (place,) = charts_race.race_table(rastrigin, race_on(rastrigin, names=("sgd",)))[
        "where it ended"
    ]
    assert place == "small gradient, not a lowest point"
    saddle = SURFACES["saddle"]
    stuck = [descend(saddle, (1.0, 0.0), 0.1)]
    assert charts_race.race_table(saddle, stuck)["where it ended"].tolist() == ["saddle point"]
    free = [descend(saddle, (1.0, 0.1), 0.1, max_steps=1000)]
    assert charts_race.race_table(saddle, free)["outcome"][0].startswith("escaped at step ")


@pytest.mark.parametrize("curve", CURVES.values(), ids=list(CURVES))
@pytest.mark.parametrize("rate", [0.05, 3.0])
def test_paths_on_curves(curve, rate):
    run = descend(curve, curve.start, rate, max_steps=200)
    chart = charts.plot_path(curve, run)
    valid(chart)
    figure = chart.figure
    assert figure.layout.xaxis.range == curve.ranges[0]
    low, high = figure.layout.yaxis.range
    grid = curve.values(np.linspace(*curve.ranges[0], 50)[:, None])
    assert low < grid.min() and grid.max() < high
    assert figure.data[1].x[0] == np.float32(curve.start[0])
    assert len(figure.frames) <= MOST_FRAMES
    valid(charts.plot_progress(curve, run, 1e-4))
    table = chart.table()
    assert table["step"].tolist() == list(range(run.steps + 1))
    assert table["f"][0] == curve.value(curve.start[0])


def test_lines_over_steps_are_the_numbers_above_the_lowest_value():
    surface = SURFACES["styblinski_tang"]
    race = race_on(surface, names=("sgd",))
    chart = charts_race.plot_values(surface, race)
    valid(chart)
    figure = chart.figure
    np.testing.assert_allclose(figure.data[0].y[:3], race[0].values[:3] - surface.lowest, rtol=1e-6)
    assert figure.layout.yaxis.type == "log"
    norms = charts_race.plot_measured(race, "slope", 1e-3)
    valid(norms)
    norms = norms.figure
    assert norms.layout.shapes[0].y0 == 1e-3 and norms.layout.annotations[0].y == -3
    saddle = charts_race.plot_values(SURFACES["saddle"], race_on(SURFACES["saddle"])).figure
    assert saddle.layout.yaxis.type is None and saddle.layout.yaxis.range[0] == -6
    assert len(chart.table()) == race[0].steps + 1


def test_rates_show_run_and_prediction():
    checks = check_rates(bowl(10, 0), (-1.0, 1.0), 0.1, 0.5, 100)
    chart = charts_race.plot_rates(checks)
    valid(chart)
    figure = chart.figure
    assert [trace.line.dash for trace in figure.data] == [None, "dash"] * 3
    assert figure.data[1].y[10] == pytest.approx(np.sqrt(2) * 0.9 ** figure.data[1].x[10])
    drawn = chart.table().set_index(["optimizer", "step"])
    assert drawn.loc[("momentum", 3), "distance"] == checks[1].distances[3]
    assert drawn.loc[("gradient descent", 10), "predicted distance"] == pytest.approx(
        np.sqrt(2) * 0.9**10
    )
    table = charts_race.rates_table(checks)
    assert table["predicted rate"][0] == pytest.approx(0.9)
    assert table["stable below η"].tolist() == pytest.approx([0.2, 0.3, 0.15])


def test_without_racers_there_are_titled_empty_figures():
    surface = SURFACES["beale"]
    for chart in (
        plot_contour(surface, []),
        plot_surface(surface, []),
        charts_race.plot_values(surface, []),
        charts_race.plot_measured([], "slope", 1e-4),
        charts_race.plot_measured([], "step", 1e-4),
        charts_race.plot_rates([]),
    ):
        spec = valid(chart)
        assert len(chart.table()) == 0
        assert spec["data"] == [] and len(spec["layout"]["annotations"]) == 1
    assert len(charts_race.race_table(surface, [])) == 0


def test_the_window_holds_a_far_start_and_is_otherwise_the_curves_range():
    curve = CURVES["parabola"]
    for start in (10.0, -12.0):
        figure = charts.plot_path(curve, descend(curve, (start,), 0.1)).figure
        low, high = figure.layout.xaxis.range
        assert low == -high and high == pytest.approx(1.08 * abs(start))
        assert figure.layout.yaxis.range[1] > curve.value(start)


def test_a_tolerance_on_the_step_is_drawn_with_the_steps():
    curve = CURVES["parabola"]
    run = descend(curve, (10.0,), 0.1, tolerance=1e-6, measure="step", max_steps=100)
    figure = charts.plot_progress(curve, run, 1e-6).figure
    assert [trace.name for trace in figure.data][-1] == "|step|"
    assert np.isnan(figure.data[2].y[0]) and figure.data[2].y[1] == pytest.approx(2)
    assert figure.layout.shapes[0].y0 == 1e-6
    chart = charts_race.plot_measured([run], "step", 1e-6)
    assert chart.name == "step-length-over-steps" and "Step" in chart.figure.layout.title.text
    np.testing.assert_allclose(chart.figure.data[0].y[1:4], [2, 1.6, 1.28], rtol=1e-6)


def test_optimizers_are_colored_by_place_so_that_a_new_one_needs_no_list(monkeypatch):
    class Half(SGD):
        name, label = "half", "half steps"

    monkeypatch.setitem(OPTIMIZERS, "half", Half)
    assert racers()[-1] == "half" and "adamw" not in racers()
    colors = [racer_color(name) for name in racers()]
    assert colors == list(CLASS_COLORS[: len(colors)])
    surface = SURFACES["himmelblau"]
    race = race_on(surface)
    for chart in (plot_contour(surface, race), charts_race.plot_values(surface, race)):
        valid(chart)
        assert "half steps" in chart.table()["optimizer"].tolist()
