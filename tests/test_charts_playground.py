"""The playground's pictures: maps of units, lines, clicks, output surfaces, gradients, drawings."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image
from small_runs import make_experiment

from nnlib.datasets import DatasetError, from_arrays, load
from nnlib.input_features import InputMap, expand, plane_of
from nnlib.training import Trainer
from nnlib.unit_surfaces import unit_gradient_norms
from pages.shared import playground_points as drawn
from pages.shared.charts import playground
from pages.shared.charts.playground import Look
from pages.shared.charts.playground_canvas import plot_canvas
from pages.shared.charts.playground_diagram import (
    Pick,
    diagram_data,
    diagram_of,
    plot_diagram,
)
from pages.shared.charts.playground_png import signed_picture
from pages.shared.charts.theme import CLASS_COLORS


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
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def test_a_small_map_is_blue_below_zero_and_orange_above():
    picture = pixels(signed_picture(np.array([[-2.0, 0.0], [1.0, 2.0]]), 2.0))
    blue, orange = (tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in CLASS_COLORS[:2])
    assert picture.shape == (2, 2, 3)
    assert tuple(picture[1, 0]) == blue and tuple(picture[0, 1]) == orange  # row 0 is the lowest
    assert min(picture[1, 1]) > 220  # zero is pale
    assert tuple(picture[0, 0]) not in (blue, orange)


def test_a_map_that_is_not_finite_is_still_a_picture():
    assert pixels(signed_picture(np.array([[np.nan, np.inf]]), 0.0)).shape == (1, 2, 3)


def test_the_diagram_has_a_map_a_unit_and_all_weights(spiral):
    diagram = diagram_of(spiral)
    assert diagram.shown == diagram.units == [3, 5, 3, 1]
    figure = plot_diagram(diagram, chosen=Pick(2, 1, 0))
    document = valid(figure)
    assert len(figure.layout.images) == 12
    lines = [t for t in figure.data if t.mode == "lines" and t.opacity < 1]
    assert sum(np.isnan(t.x).sum() for t in lines) == 3 * 5 + 5 * 3 + 3 * 1
    dots = next(t for t in figure.data if t.mode == "markers" and t.marker.size == 6)
    weight = spiral.network.parameters()["dense_2.weight"][0, 1]
    assert len(dots.x) == 5 and f"weight {weight:.6g}" in dots.customdata[0]
    texts = [text for t in figure.data if t.mode == "text" for text in t.text]
    assert {"x1", "x2", "x1·x2", "P(arm 2)", "inputs"} <= set(texts)
    assert any("hidden 2" in text and "‖∇W‖" in text for text in texts)
    assert len(json.dumps(document)) < 100_000


def test_lines_follow_weights_or_gradients(spiral):
    diagram = diagram_of(spiral)
    weights, gradients = (plot_diagram(diagram, edges=e) for e in ("weights", "gradients"))

    def total(figure, color):
        lines = [t for t in figure.data if t.mode == "lines" and t.opacity < 1]
        return sum(np.isnan(t.x).sum() for t in lines if t.line.color == color)

    for figure, values in ((weights, diagram.weights), (gradients, diagram.gradients)):
        negative = sum((matrix < 0).sum() for matrix in values)
        assert total(figure, CLASS_COLORS[0]) == negative
        assert total(figure, CLASS_COLORS[1]) == 33 - negative
    assert "gradients" in gradients.layout.title.text


def test_the_strongest_weight_has_the_thickest_line(spiral):
    spiral = trained(spiral.data)
    spiral.set_parameter("dense_3.weight", (2, 0), -50.0)
    figure = plot_diagram(diagram_of(spiral))
    lines = [t for t in figure.data if t.mode == "lines" and t.opacity < 1 and len(t.x)]
    thickest = max(lines, key=lambda t: t.line.width)
    assert thickest.line.color == CLASS_COLORS[0]
    np.testing.assert_allclose(thickest.x[:2], [2, 3])
    np.testing.assert_allclose(thickest.y[:2], [-1, 0])  # the third of three units, to the only one


def test_clicks_find_units_and_lines(spiral):
    diagram = diagram_of(spiral)
    assert diagram.pick(1.0, 2.0) == Pick(1, 0)
    assert diagram.pick(2.02, -1.1) == Pick(2, 2)
    assert diagram.pick(1.5, 1.5) == Pick(2, 0, 0)  # between unit 1 at 2 and unit 1 at 1
    assert diagram.pick(2.75, -0.25) == Pick(3, 0, 2)
    assert diagram.pick(0.0, 0.0) is None  # an input has no weights to set
    assert diagram.pick(2.5, 2.4) is None and diagram.pick(9.0, 0.0) is None


def test_of_wide_and_deep_networks_a_part_is_drawn():
    wide = plot_diagram(diagram_of(trained(load("xor"), hidden=(40,), steps=1)))
    assert any("and 24 more" in t for trace in wide.data if trace.text for t in trace.text)
    trainer = trained(load("xor"), hidden=(9,) * 60, steps=1)
    ticks = playground.plot_unit_gradients(trainer).layout.xaxis.ticktext
    assert ticks[0].startswith("h1") and ticks[60].startswith("out")
    deep = diagram_of(trainer)
    assert max(deep.shown) <= 4 and len(plot_diagram(deep).to_json()) < 300_000


def test_a_network_without_hidden_layers_and_with_normalization_is_drawn():
    valid(plot_diagram(diagram_of(trained(load("xor"), hidden=(), steps=1)), chosen=Pick(1, 0)))
    normalized = diagram_of(trained(load("xor"), steps=1, batch_norm=True))
    assert normalized.biases[0] is None
    valid(plot_diagram(normalized, chosen=Pick(1, 2)))


def test_a_diverged_network_is_drawn(bumps):
    trainer = Trainer(make_experiment(optimizer="sgd", learning_rate=100.0, epochs=100), bumps.data)
    trainer.network.flat_parameters[...] = np.nan
    valid(plot_diagram(diagram_of(trainer)))
    message = playground.plot_unit(playground.unit_map(trainer, Pick(1, 0)), trainer.data)
    assert "diverged" in message.layout.annotations[0].text
    surface = playground.output_surface(trainer)
    assert "diverged" in playground.plot_output(surface, trainer.data).layout.annotations[0].text


def test_the_table_of_the_diagram_is_the_whole_network(spiral):
    table = diagram_data(spiral)
    assert len(table) == spiral.network.n_parameters
    row = table[(table.parameter == "dense_1.weight") & (table.row == 2) & (table.column == 4)]
    assert row.value.item() == spiral.network.parameters()["dense_1.weight"][2, 4]
    assert row.gradient.item() == spiral.network.gradients()["dense_1.weight"][2, 4]


def test_the_output_is_drawn_over_the_plane_at_100_by_100(spiral):
    surface, plane = playground.output_surface(spiral), plane_of(spiral.data)
    assert surface.value.shape == (100, 100)
    figure = playground.plot_output(surface, plane)
    valid(figure)
    assert figure.layout.xaxis.title.text.startswith("x1")
    corner = np.array([[surface.x[0], surface.y[-1]]], np.float32)
    expected = spiral.predict_proba(spiral.data.input_map(corner))[0, 1]
    assert figure.data[0].z[-1, 0] == pytest.approx(expected, abs=1e-5)
    table = playground.output_data(surface, plane)
    assert list(table) == ["x1", "x2", "predicted class", "probability"] and len(table) == 10_000


@pytest.mark.parametrize("name", ["spiral", "three", "bumps"])
def test_unseen_points_come_and_go(name, request):
    trainer = request.getfixturevalue(name)
    surface, plane = playground.output_surface(trainer, 20), plane_of(trainer.data)

    def points(unseen):
        figure = playground.plot_output(surface, plane, Look(unseen=unseen))
        valid(figure)
        traces = [t for t in figure.data if t.type == "scatter"]
        return sum(t.x is not None and np.sum([x is not None for x in t.x]) for t in traces)

    assert points(True) == 100
    assert points(False) == 60


def test_discretized_classes_are_flat_and_claim_no_probability(three):
    surface = playground.output_surface(three, 20)
    figure = playground.plot_output(surface, three.data, Look(discretize=True))
    np.testing.assert_array_equal(figure.data[0].z, surface.winner)
    assert "%{z}" not in figure.data[0].hovertemplate
    assert figure.layout.title.text == "Decision regions: the most probable class"


def test_a_discretized_regression_is_above_or_below_the_training_mean(bumps):
    surface = playground.output_surface(bumps, 20)
    figure = playground.plot_output(surface, bumps.data, Look(discretize=True))
    mean = bumps.data.y_train.mean()
    np.testing.assert_array_equal(figure.data[0].z, surface.value >= mean)
    assert f"{mean:.3g}" in figure.layout.title.text


def test_one_unit_is_drawn_large(spiral):
    unit = playground.unit_map(spiral, Pick(1, 3))
    assert unit.values.shape == (100, 100) and unit.name == "hidden 1, unit 4"
    corner = np.array([[unit.x[-1], unit.y[0]]], np.float32)
    parameters = spiral.network.parameters()
    z = spiral.data.input_map(corner) @ parameters["dense_1.weight"] + parameters["dense_1.bias"]
    assert unit.values[0, -1] == pytest.approx(np.tanh(z[0, 3]), abs=1e-5)
    figure = playground.plot_unit(unit, plane_of(spiral.data))
    valid(figure)
    assert figure.data[0].zmin == -figure.data[0].zmax
    assert len(playground.unit_data(unit, plane_of(spiral.data))) == 10_000


def test_gradients_of_units_by_layer(spiral):
    figure = playground.plot_unit_gradients(spiral)
    valid(figure)
    assert figure.layout.yaxis.type == "log"
    norms = unit_gradient_norms(spiral.network)
    np.testing.assert_allclose(figure.data[0].y, norms[0], rtol=1e-6)
    total = figure.data[-1]
    assert total.y[1] == pytest.approx(np.linalg.norm(norms[1]))
    table = playground.unit_gradients_data(spiral)
    assert list(table.layer.unique()) == ["hidden 1", "hidden 2", "output"] and len(table) == 9


def test_without_a_step_there_is_no_gradient_and_a_dead_unit_is_counted():
    fresh = Trainer(make_experiment({"hidden": (4,), "activation": "relu"}), load("xor"))
    assert "no gradient yet" in playground.plot_unit_gradients(fresh).layout.annotations[0].text
    fresh.set_parameter("dense_1.bias", (0, 1), -100.0)
    fresh.advance(steps=1)
    ticks = playground.plot_unit_gradients(fresh).layout.xaxis.ticktext
    assert ticks[0] == "hidden 1<br>1 of 4 zero"


def test_class_names_are_shown_as_they_are():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (30, 2))
    names = ["<b>a</b>", "b & c"]
    data = from_arrays(X, np.array(names)[(X[:, 0] > 0).astype(int)], feature_names=["<i>", "&"])
    trainer = trained(data, steps=1)
    for figure in (
        plot_diagram(diagram_of(trainer)),
        playground.plot_output(playground.output_surface(trainer, 10), data, Look(True)),
        playground.plot_unit(playground.unit_map(trainer, Pick(1, 0), 10), data),
    ):
        assert "<b>a" not in figure.to_json() and "<i>" not in figure.to_json()


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
    frame = drawn.points_frame(drawn.EXAMPLE)
    assert drawn.points_of(frame) == drawn.EXAMPLE
    frame.loc[0, "class"] = "C"
    frame.loc[len(frame)] = [0.123, None, "A"]  # a row that is not filled in yet
    edited = drawn.points_of(frame)
    assert len(edited) == len(drawn.EXAMPLE) and edited[0].label == "C"
    assert drawn.points_of(drawn.points_frame(())) == ()


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
    figure = plot_canvas([(0.5, 0.5, "B"), (-1.4, 0, "D"), (0.1, 0.2, "B")], drawn.CLASSES)
    valid(figure)
    assert [t.name for t in figure.data] == ["class B", "class D"]
    assert figure.data[1].marker.color == CLASS_COLORS[3]
    assert figure.layout.xaxis.range[0] < -1.4
    assert plot_canvas([], drawn.CLASSES).layout.title.text == "Your drawing: 0 points"
