"""The playground's pictures: maps of units, lines, clicks, output surfaces, gradients, drawings."""

import base64
import io
import json
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from small_runs import make_experiment

from nnlib.datasets import DatasetError, from_arrays, load
from nnlib.interventions import set_parameter
from nnlib.probes.input_features import InputMap, expand, plane_of
from nnlib.probes.unit_surfaces import unit_gradient_norms
from nnlib.training import Trainer
from pages.shared.charts.numbers import plain_number
from pages.shared.charts.pictures import CLEAR, heat_picture, signed_picture, signed_shades
from pages.shared.charts.theme import CLASS_COLORS
from pages.shared.playground import points as drawn
from pages.shared.playground.charts import Look, output_surface, picture_output, plot_output
from pages.shared.playground.charts_canvas import plot_canvas, points_frame
from pages.shared.playground.charts_diagram import SIDE, Pick, diagram_of
from pages.shared.playground.charts_network import pictures, plot_diagram
from pages.shared.playground.charts_strokes import Strokes, as_image, strokes_of
from pages.shared.playground.charts_units import plot_unit, plot_unit_gradients, unit_map


def valid(figure):
    layout = figure.layout
    assert layout.title.text and layout.uirevision and layout.height
    assert layout.xaxis.title.text and layout.yaxis.title.text
    return json.loads(figure.to_json())


def trained(data, hidden=(5, 3), steps=20, **network):
    trainer = Trainer(make_experiment({"hidden": hidden, **network}), data)
    trainer.advance(steps=steps)
    return trainer


SPLIT = {"train_fraction": 0.6, "test_fraction": 0.2, "n_samples": 100}


@pytest.fixture(scope="module")
def spiral():
    return trained(expand(load("spiral", **SPLIT), InputMap(("x1", "x2", "x1*x2"))))


@pytest.fixture(scope="module")
def three():
    return trained(load("spiral", arms=3, **SPLIT))


@pytest.fixture(scope="module")
def bumps():
    return trained(load("multi_gaussian", **SPLIT))


def pixels(address):
    content = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGBA")).astype(int)


def small_map(values, largest):
    shades = signed_shades(np.array([values]), np.array([largest]))
    return pixels(signed_picture(shades[0]))


def test_a_small_map_is_blue_below_zero_and_orange_above():
    picture = small_map([[-2.0, 0.0], [1.0, 2.0]], 2.0)
    blue, orange = (tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in CLASS_COLORS[:2])
    assert picture.shape == (2, 2, 4)
    assert picture[1, 0].tolist() == [*blue, 255]  # row 0 is the lowest
    assert picture[0, 1].tolist() == [*orange, 255]
    assert tuple(picture[0, 0][:3]) not in (blue, orange)


def test_zero_lets_a_dark_page_through_as_a_light_one():
    zero = small_map([[0.0]], 1.0)[0, 0]
    assert zero.tolist() == [128, 136, 150, 38]  # the middle of theme.DIVERGING


def test_a_picture_of_a_heat_map_has_the_colors_of_its_scale():
    trace = {
        "z": np.array([[0.0, 1.0], [2.0, np.nan]]),
        "zmin": 0,
        "zmax": 2,
        "colorscale": [(0, "#102030"), (0.5, "rgba(0, 0, 255, 0.2)"), (1, "rgba(255, 0, 0, 1)")],
    }
    lowest, middle, highest = (16, 32, 48, 255), (1, 0, 254, 52), (255, 0, 0, 255)
    upper, lower = pixels(heat_picture(trace))
    np.testing.assert_array_equal(lower, [lowest, middle])
    np.testing.assert_array_equal(upper, [highest, lowest])
    by_axis = heat_picture({"z": trace["z"]}, {**trace, "cmin": 0, "cmax": 2})
    assert by_axis == heat_picture(trace)


def test_a_map_that_is_not_finite_is_still_a_picture():
    assert small_map([[np.nan, np.inf]], 0.0).tolist() == [[[128, 136, 150, 38]] * 2]
    full = small_map([[np.nan, -np.inf, 3.0]], 2.0)
    assert full.tolist() == small_map([[0.0, -2.0, 2.0]], 2.0).tolist()


def lines_of(diagram, edges="weights"):
    """Return the strokes that are weights; frames are never pale."""
    return [each for each in strokes_of(diagram, edges) if each.opacity < 1]


def test_the_diagram_has_a_map_a_unit_and_all_weights(spiral):
    diagram = diagram_of(spiral)
    assert diagram.shown == diagram.units == [3, 5, 3, 1]
    figure = plot_diagram(diagram, chosen=Pick(2, 1, 0)).figure
    document = valid(figure)
    assert len(figure.layout.images) == 2
    assert sum(len(each.points) for each in lines_of(diagram)) == 3 * 5 + 5 * 3 + 3 * 1
    dots = next(t for t in figure.data if t.mode == "markers" and t.marker.size == 6)
    weight = spiral.network.parameters()["dense_2.weight"][0, 1]
    assert len(dots.x) == 5 and f"weight {weight:.6g}" in dots.customdata[0]
    texts = [text for t in figure.data if t.mode == "text" for text in t.text]
    assert {"x1", "x2", "x1·x2", "P(arm 2)", "inputs"} <= set(texts)
    assert any("hidden 2" in text and "‖∇W‖" in text for text in texts)
    assert len(json.dumps(document)) < 100_000


def test_each_unit_has_its_map_at_its_place(spiral):
    diagram = diagram_of(spiral)
    image = plot_diagram(diagram).figure.layout.images[1]
    picture = pixels(image.source)
    down, across = picture.shape[0] / image.sizey, picture.shape[1] / image.sizex
    clear = np.ones(picture.shape[:2], bool)
    for layer, maps in enumerate(diagram.maps):
        for values, y in zip(maps, diagram.places(layer), strict=True):
            top = (image.y - y - diagram.half_height) * down
            left = (layer - diagram.half_width - image.x) * across
            assert (top, left) == pytest.approx((round(top), round(left)))
            place = np.s_[round(top) : round(top) + SIDE, round(left) : round(left) + SIDE]
            largest = 1.0 if layer == 3 else np.abs(values).max()
            np.testing.assert_array_equal(picture[place], small_map(values, largest))
            clear[place] = False
    assert not picture[clear].any() and clear.any()
    assert pixels(signed_picture(np.array([[CLEAR]], np.uint8))).tolist() == [[[0, 0, 0, 0]]]


def test_pictures_in_between_are_the_images_of_the_diagram(spiral):
    diagram = diagram_of(spiral)
    for edges in ("weights", "gradients"):
        images = plot_diagram(diagram, edges=edges).figure.layout.images
        assert [image.source for image in images] == pictures(diagram, edges)


def test_the_legend_says_what_the_marks_of_the_chosen_unit_are(spiral):
    figure = plot_diagram(diagram_of(spiral), chosen=Pick(2, 1)).figure
    named = [t for t in figure.data if t.showlegend is not False]
    assert [t.name for t in named] == [
        "the unit shown large",
        "its incoming weights: point at a dot",
    ]
    marked = {t.line.color or t.marker.color for t in named}
    assert marked == {CLASS_COLORS[3]} and figure.layout.showlegend is not False


def test_lines_end_at_the_units_whose_maps_let_the_page_through(spiral):
    diagram = diagram_of(spiral)
    x = np.concatenate([each.points[..., 0] for each in lines_of(diagram)])
    np.testing.assert_allclose(np.abs(x - np.rint(x)), diagram.half_width)


def test_lines_follow_weights_or_gradients(spiral):
    diagram = diagram_of(spiral)

    def total(edges, color):
        return sum(len(each.points) for each in lines_of(diagram, edges) if each.color == color)

    for edges, values in (("weights", diagram.weights), ("gradients", diagram.gradients)):
        negative = sum((matrix < 0).sum() for matrix in values)
        assert total(edges, CLASS_COLORS[0]) == negative
        assert total(edges, CLASS_COLORS[1]) == 33 - negative
        assert edges in plot_diagram(diagram, edges=edges).figure.layout.title.text


def test_the_strongest_weight_has_the_thickest_line(spiral):
    spiral = trained(spiral.data)
    set_parameter(spiral, "dense_3.weight", (2, 0), -50.0)
    diagram = diagram_of(spiral)
    thickest = max(filter(lambda each: len(each.points), lines_of(diagram)), key=lambda e: e.width)
    assert thickest.color == CLASS_COLORS[0]
    half = diagram.half_width  # from the third of three units, to the only one
    np.testing.assert_allclose(thickest.points, [[(2 + half, -1), (3 - half, 0)]])


def test_lines_and_frames_are_one_image_of_the_whole_picture():
    strokes = [
        Strokes(np.array([[(0.0, 2.0), (1.0, -1.0)]]), "#123456", 2.5, 0.5),
        Strokes(np.empty((0, 2, 2)), "#abcdef", 1.0),
    ]
    kind, text = as_image(strokes, (-0.5, 1.5), (-2.0, 3.0)).split(",", 1)
    assert kind == "data:image/svg+xml" and not set(text) & set("#<>")
    svg = ElementTree.fromstring(unquote(text))
    assert svg.attrib["viewBox"] == "0 0 800 500"
    (path,) = svg
    assert path.attrib["d"] == "M200 100l400 300"  # from the upper left corner, downwards
    looks = {name: path.attrib[name] for name in ("stroke", "stroke-width", "opacity")}
    assert looks == {"stroke": "#123456", "stroke-width": "2.5", "opacity": "0.5"}


def test_clicks_find_units_and_lines(spiral):
    diagram = diagram_of(spiral)
    assert diagram.pick(1.0, 2.0) == Pick(1, 0)
    assert diagram.pick(2.02, -1.1) == Pick(2, 2)
    assert diagram.pick(1.5, 1.5) == Pick(2, 0, 0)  # between unit 1 at 2 and unit 1 at 1
    assert diagram.pick(2.75, -0.25) == Pick(3, 0, 2)
    assert diagram.pick(0.0, 0.0) is None  # an input has no weights to set
    assert diagram.pick(2.5, 2.4) is None and diagram.pick(9.0, 0.0) is None


def test_of_wide_and_deep_networks_a_part_is_drawn():
    wide = plot_diagram(diagram_of(trained(load("xor"), hidden=(40,), steps=1))).figure
    assert any("and 24 more" in t for trace in wide.data if trace.text for t in trace.text)
    trainer = trained(load("xor"), hidden=(9,) * 60, steps=1)
    ticks = plot_unit_gradients(trainer).figure.layout.xaxis.ticktext
    assert ticks[0].startswith("h1") and ticks[60].startswith("out")
    deep = diagram_of(trainer)
    assert max(deep.shown) <= 4 and len(plot_diagram(deep).figure.to_json()) < 300_000


def test_a_network_without_hidden_layers_and_with_normalization_is_drawn():
    bare = diagram_of(trained(load("xor"), hidden=(), steps=1))
    valid(plot_diagram(bare, chosen=Pick(1, 0)).figure)
    normalized = diagram_of(trained(load("xor"), steps=1, batch_norm=True))
    assert normalized.biases[0] is None
    valid(plot_diagram(normalized, chosen=Pick(1, 2)).figure)
    table = plot_diagram(normalized).table()
    assert set(table.parameter[table.layer == "hidden 1"]) == {"weight", "scale", "shift"}


def test_a_diverged_network_is_drawn(bumps):
    trainer = Trainer(make_experiment(optimizer="sgd", learning_rate=100.0, epochs=100), bumps.data)
    trainer.network.flat_parameters[...] = np.nan
    valid(plot_diagram(diagram_of(trainer)).figure)
    message = plot_unit(unit_map(trainer, Pick(1, 0)), trainer.data).figure
    assert "diverged" in message.layout.annotations[0].text
    message = plot_output(output_surface(trainer), trainer.data).figure
    assert "diverged" in message.layout.annotations[0].text


def test_the_table_of_the_diagram_is_the_whole_network(spiral):
    trainer = trained(spiral.data)
    chart = plot_diagram(diagram_of(trainer))
    weight = trainer.network.parameters()["dense_1.weight"][2, 4]
    gradient = trainer.network.gradients()["dense_1.weight"][2, 4]
    bias = trainer.network.parameters()["dense_3.bias"][0, 0]
    trainer.advance(steps=1)  # the table is that of the picture, not of the run that goes on
    table = chart.table()
    assert len(table) == trainer.network.n_parameters
    row = table[(table.layer == "hidden 1") & (table["from"] == "x1·x2") & (table.unit == 5)]
    assert row.parameter.item() == "weight"
    assert (row.value.item(), row.gradient.item()) == (weight, gradient)
    assert table[(table.layer == "output") & (table.parameter == "bias")].value.item() == bias


@pytest.mark.parametrize("look", [Look(), Look(discretize=True)])
def test_pictures_in_between_are_the_map_of_the_output(spiral, look):
    surface, plane = output_surface(spiral), plane_of(spiral.data)
    trace = plot_output(surface, plane, look).figure.data[0].to_plotly_json()
    scale = [tuple(step) for step in trace["colorscale"]]
    assert picture_output(surface, plane, look) == [heat_picture({**trace, "colorscale": scale})]


def test_the_output_is_drawn_over_the_plane_at_100_by_100(spiral):
    surface, plane = output_surface(spiral), plane_of(spiral.data)
    assert surface.value.shape == (100, 100)
    chart = plot_output(surface, plane)
    figure = chart.figure
    valid(figure)
    assert figure.layout.xaxis.title.text.startswith("x1")
    corner = np.array([[surface.x[0], surface.y[-1]]], np.float32)
    expected = spiral.predict_proba(spiral.data.input_map(corner))[0, 1]
    assert figure.data[0].z[-1, 0] == pytest.approx(expected, abs=1e-5)
    table = chart.table()
    assert list(table) == ["x1", "x2", "predicted class", "probability"] and len(table) == 10_000


@pytest.mark.parametrize("name", ["spiral", "three", "bumps"])
def test_unseen_points_come_and_go(name, request):
    trainer = request.getfixturevalue(name)
    surface, plane = output_surface(trainer, 20), plane_of(trainer.data)

    def points(unseen):
        figure = plot_output(surface, plane, Look(unseen=unseen)).figure
        valid(figure)
        traces = [t for t in figure.data if t.type == "scatter"]
        return sum(t.x is not None and np.sum([x is not None for x in t.x]) for t in traces)

    assert points(True) == 100
    assert points(False) == 60


def test_discretized_classes_are_flat_and_claim_no_probability(three):
    surface = output_surface(three, 20)
    figure = plot_output(surface, three.data, Look(discretize=True)).figure
    np.testing.assert_array_equal(figure.data[0].z, surface.winner)
    assert "%{z}" not in figure.data[0].hovertemplate
    assert figure.layout.title.text == "Decision regions: the most probable class"


def test_a_discretized_regression_is_above_or_below_the_training_mean(bumps):
    surface = output_surface(bumps, 20)
    figure = plot_output(surface, bumps.data, Look(discretize=True)).figure
    mean = bumps.data.y_train.mean()
    np.testing.assert_array_equal(figure.data[0].z, surface.value >= mean)
    assert plain_number(mean) in figure.layout.title.text


def test_one_unit_is_drawn_large(spiral):
    unit = unit_map(spiral, Pick(1, 3))
    assert unit.values.shape == (100, 100) and unit.name == "hidden 1, unit 4"
    corner = np.array([[unit.x[-1], unit.y[0]]], np.float32)
    parameters = spiral.network.parameters()
    z = spiral.data.input_map(corner) @ parameters["dense_1.weight"] + parameters["dense_1.bias"]
    assert unit.values[0, -1] == pytest.approx(np.tanh(z[0, 3]), abs=1e-5)
    chart = plot_unit(unit, plane_of(spiral.data))
    figure = chart.figure
    valid(figure)
    assert figure.data[0].zmin == -figure.data[0].zmax
    assert len(chart.table()) == 10_000


def test_gradients_of_units_by_layer(spiral):
    chart = plot_unit_gradients(spiral)
    figure = chart.figure
    valid(figure)
    assert figure.layout.yaxis.type == "log"
    norms = unit_gradient_norms(spiral.network)
    np.testing.assert_allclose(figure.data[0].y, norms[0], rtol=1e-6)
    total = figure.data[-1]
    assert total.y[1] == pytest.approx(np.linalg.norm(norms[1]))
    table = chart.table()
    assert list(table.layer.unique()) == ["hidden 1", "hidden 2", "output"] and len(table) == 9


def test_without_a_step_there_is_no_gradient_and_a_dead_unit_is_counted():
    fresh = Trainer(make_experiment({"hidden": (4,), "activation": "relu"}), load("xor"))
    assert "no gradient yet" in plot_unit_gradients(fresh).figure.layout.annotations[0].text
    set_parameter(fresh, "dense_1.bias", (0, 1), -100.0)
    fresh.advance(steps=1)
    ticks = plot_unit_gradients(fresh).figure.layout.xaxis.ticktext
    assert ticks[0] == "hidden 1<br>1 of 4 zero"


def test_class_names_are_shown_as_they_are():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (30, 2))
    names = ["<b>a</b>", "b & c"]
    data = from_arrays(X, np.array(names)[(X[:, 0] > 0).astype(int)], feature_names=["<i>", "&"])
    trainer = trained(data, steps=1)
    for chart in (
        plot_diagram(diagram_of(trainer)),
        plot_output(output_surface(trainer, 10), data, Look(True)),
        plot_unit(unit_map(trainer, Pick(1, 0), 10), data),
    ):
        assert "<b>a" not in chart.figure.to_json() and "<i>" not in chart.figure.to_json()


def test_drawn_points_are_written_and_read():
    points = (drawn.Point(-0.52, 0.31, "A"), drawn.Point(1.2, -0.05, "J"))
    assert drawn.write_points(points) == "A-52_31J120_-5"
    assert drawn.read_points("A-52_31J120_-5") == points
    assert drawn.read_points("") == drawn.EXAMPLE
    assert drawn.read_points(drawn.write_points(())) == ()
    assert drawn.read_points("nonsense<script>B10_10") == (drawn.Point(0.1, 0.1, "B"),)
    assert drawn.read_points("A999_-999") == (drawn.Point(1.5, -1.5, "A"),)
    assert len(drawn.read_points("A1_1" * 1000)) == drawn.MOST_POINTS


def test_the_table_of_points_can_be_edited():
    frame = points_frame(drawn.EXAMPLE)
    assert drawn.points_of(frame) == drawn.EXAMPLE
    frame.loc[0, "class"] = "C"
    frame.loc[len(frame)] = [0.123, None, "A"]  # a row that is not filled in yet
    edited = drawn.points_of(frame)
    assert len(edited) == len(drawn.EXAMPLE) and edited[0].label == "C"
    assert drawn.points_of(points_frame(())) == ()


def test_drawn_points_make_a_data_set():
    data = drawn.data_of(drawn.EXAMPLE, 0.5, seed=0)
    assert data.task == "binary" and data.class_names == ("A", "B")
    assert len(data.X_train) == 6 and len(data.X_val) == 6
    everything = np.concatenate([data.X_train, data.X_val])
    assert {tuple(p) for p in everything.round(2).tolist()} == {
        tuple(np.float32(p[:2]).round(2).tolist()) for p in drawn.EXAMPLE
    }
    more = (*drawn.EXAMPLE, drawn.Point(0, 0, "C"), drawn.Point(0, 0.1, "C"))
    assert drawn.data_of(more, 0.5, 0).task == "multiclass"


@pytest.mark.parametrize("points", [(), drawn.EXAMPLE[:6], drawn.EXAMPLE[:7]])
def test_too_few_points_are_one_sentence(points):
    with pytest.raises(DatasetError, match="two classes of two points"):
        drawn.data_of(points, 0.7, 0)


def test_the_canvas_shows_each_class_in_its_color():
    points = drawn.read_points("B50_50D-140_0B10_20")
    chart = plot_canvas(points, drawn.CLASSES)
    figure = chart.figure
    valid(figure)
    assert drawn.points_of(chart.table()) == points
    assert [t.name for t in figure.data] == ["class B", "class D"]
    assert figure.data[1].marker.color == CLASS_COLORS[3]
    assert figure.layout.xaxis.range[0] < -1.4
    assert plot_canvas((), drawn.CLASSES).figure.layout.title.text == "Your drawing: 0 points"
