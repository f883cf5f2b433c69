"""Figures of the descents: titles, fixed axes, bounded frames, hover, tables, empty states."""

import json

import numpy as np
import pytest

from nnlib.descent import RACERS, check_rates, descend
from nnlib.surfaces import CURVES, SURFACES, bowl
from pages.shared.charts import descent as charts
from pages.shared.charts.descent_frames import MOST_FRAMES, MOST_POINTS, thinned
from pages.shared.charts.descent_surface import plot_contour, plot_surface, relief


def race_on(surface, rate=None, steps=300, names=RACERS):
    rate = surface.learning_rate if rate is None else rate
    return [
        descend(surface, surface.start, rate, optimizer=name, max_steps=steps) for name in names
    ]


def valid(figure):
    layout = figure.layout
    assert layout.title.text and layout.uirevision
    assert layout.xaxis.title.text and layout.yaxis.title.text
    for trace in figure.data:
        assert trace.hovertemplate or trace.hoverinfo == "skip"
    text = figure.to_json()
    assert "Infinity" not in text
    return json.loads(text)


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
        figure = plot(surface, race)
        assert len(json.dumps(valid(figure))) < 900_000
        assert 1 < len(figure.frames) <= MOST_FRAMES
        for step in figure.layout.sliders[0].steps:
            assert step.args[0][0] in {frame.name for frame in figure.frames}
        assert [b.label for b in figure.layout.updatemenus[0].buttons] == ["Play", "Pause"]
    assert plot_contour(surface, race).layout.xaxis.range == surface.ranges[0]
    assert plot_contour(surface, race).layout.yaxis.range == surface.ranges[1]


def test_frames_change_paths_and_heads_only_and_end_where_the_figure_is():
    surface = SURFACES["rosenbrock"]
    race = race_on(surface)
    figure = plot_contour(surface, race)
    first, last = figure.frames[0], figure.frames[-1]
    for frame in figure.frames:
        assert [figure.data[i].name for i in frame.traces[:-1]] == [
            charts.racer_label(name) for name in RACERS
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
    contour = plot_contour(surface, race_on(surface)).data[0]
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
    figure = plot_contour(surface, race)
    name = f"gradient descent (diverged at step {race[0].steps})"
    assert name in [trace.name for trace in figure.data]
    view = plot_surface(surface, race)
    path = next(trace for trace in view.data if trace.name == name)
    assert np.isnan(path.x).any() and np.nanmax(np.abs(path.x)) <= 2
    low, high = charts.plot_values(surface, race).layout.yaxis.range
    assert high == pytest.approx(np.log10(24.2) + 3)  # and not 1e30
    assert 10**low < race[1].values.min()
    table = charts.race_data(surface, race)
    assert table["outcome"][0] == f"diverged at step {race[0].steps}"
    assert table["where it ended"].tolist()[0] == "off the map"
    assert table["steps to tolerance"].isna()[0] and table["final f"].isna()[0]
    assert table["final f"][1] == race[1].values[-1]


def test_race_table_says_where_and_when():
    surface = SURFACES["himmelblau"]
    race = race_on(surface, steps=2000, names=("sgd", "momentum"))
    table = charts.race_data(surface, race)
    assert table["optimizer"].tolist() == ["gradient descent", "momentum"]
    assert table["steps to tolerance"][0] == race[0].steps
    assert table["where it ended"][0] == "lowest point (-3.779, -3.283)"
    rastrigin = SURFACES["rastrigin"]
    (place,) = charts.race_data(rastrigin, race_on(rastrigin, names=("sgd",)))["where it ended"]
    assert place == "small gradient, not a lowest point"
    saddle = SURFACES["saddle"]
    stuck = [descend(saddle, (1.0, 0.0), 0.1)]
    assert charts.race_data(saddle, stuck)["where it ended"].tolist() == ["saddle point"]
    free = [descend(saddle, (1.0, 0.1), 0.1, max_steps=1000)]
    assert charts.race_data(saddle, free)["outcome"][0].startswith("escaped at step ")


@pytest.mark.parametrize("curve", CURVES.values(), ids=list(CURVES))
@pytest.mark.parametrize("rate", [0.05, 3.0])
def test_paths_on_curves(curve, rate):
    run = descend(curve, curve.start, rate, max_steps=200)
    figure = charts.plot_path(curve, run)
    valid(figure)
    assert figure.layout.xaxis.range == curve.ranges[0]
    low, high = figure.layout.yaxis.range
    grid = curve.values(np.linspace(*curve.ranges[0], 50)[:, None])
    assert low < grid.min() and grid.max() < high
    assert figure.data[1].x[0] == np.float32(curve.start[0])
    assert len(figure.frames) <= MOST_FRAMES
    valid(charts.plot_progress(curve, run, 1e-4))
    table = charts.path_data(run)
    assert table["step"].tolist() == list(range(run.steps + 1))
    assert table["f"][0] == curve.value(curve.start[0])


def test_lines_over_steps_are_the_numbers_above_the_lowest_value():
    surface = SURFACES["styblinski_tang"]
    race = race_on(surface, names=("sgd",))
    figure = charts.plot_values(surface, race)
    valid(figure)
    np.testing.assert_allclose(figure.data[0].y[:3], race[0].values[:3] - surface.lowest, rtol=1e-6)
    assert figure.layout.yaxis.type == "log"
    norms = charts.plot_gradient_norms(race, 1e-3)
    valid(norms)
    assert norms.layout.shapes[0].y0 == 1e-3 and norms.layout.annotations[0].y == -3
    saddle = charts.plot_values(SURFACES["saddle"], race_on(SURFACES["saddle"]))
    assert saddle.layout.yaxis.type is None and saddle.layout.yaxis.range[0] == -6
    assert len(charts.race_steps_data(race)) == race[0].steps + 1


def test_rates_show_run_and_prediction():
    checks = check_rates(bowl(10, 0), (-1.0, 1.0), 0.1, 0.5, 100)
    figure = charts.plot_rates(checks)
    valid(figure)
    assert [trace.line.dash for trace in figure.data] == [None, "dash"] * 3
    assert figure.data[1].y[10] == pytest.approx(np.sqrt(2) * 0.9 ** figure.data[1].x[10])
    table = charts.rates_data(checks)
    assert table["predicted rate"][0] == pytest.approx(0.9)
    assert table["stable below η"].tolist() == pytest.approx([0.2, 0.3, 0.15])


def test_without_racers_there_are_titled_empty_figures():
    surface = SURFACES["beale"]
    for figure in (
        plot_contour(surface, []),
        plot_surface(surface, []),
        charts.plot_values(surface, []),
        charts.plot_gradient_norms([], 1e-4),
        charts.plot_rates([]),
    ):
        spec = valid(figure)
        assert spec["data"] == [] and len(spec["layout"]["annotations"]) == 1
    assert len(charts.race_steps_data([])) == 0
    assert len(charts.race_data(surface, [])) == 0
