"""Exported files say where they come from."""

import io
import json
import re
import zipfile

import apptest
import pandas as pd
import plotly.graph_objects as go
import pytest

import nnlib
from nnlib.config import DataReference
from pages.shared.charts.chart import Chart
from pages.shared.charts.figure import Figure
from pages.shared.charts.numbers import plain_number
from pages.shared.export_settings import Source, settings_line
from pages.shared.figure_files import figure_to_html, zipped

EXPERIMENT = nnlib.Experiment(
    nnlib.NetworkConfig(hidden=(8, 4), activation="tanh", batch_norm=True),
    nnlib.TrainingConfig(learning_rate=1e-4, l2=0.001, momentum=0.5),
    DataReference("two_moons", (("points", 200), ("noise", 0.1))),
)


def test_the_line_has_what_is_read_and_not_as_usual():
    assert settings_line(EXPERIMENT) == (
        "two moons (points 200, noise 0.1) · 8-4 hidden units · tanh · He normal · "
        "batch normalization · Adam · learning rate 10⁻⁴ · batch size 32 · epochs 100 · "
        "L2 strength 0.001 · seed 0"
    )


def test_files_are_named_after_page_and_data():
    assert Source("Classification", EXPERIMENT).file_name("losses") == (
        "classification-two_moons-losses"
    )
    assert Source("Gradient descent").file_name("paths") == "gradient-descent-paths"
    assert Source("Gradient descent").file_name("gradient-descent-path") == "gradient-descent-path"


def test_a_table_comes_with_what_it_was_made_from():
    of = Source("Classification", EXPERIMENT)
    figure = Figure({"title": {"text": "Loss &lt;1&gt;<br>by step"}})
    chart = Chart(figure, of.file_name("losses"), lambda: pd.DataFrame({"loss": [0.5]}))
    with zipfile.ZipFile(io.BytesIO(zipped(chart, of))) as archive:
        table, settings = archive.namelist()
        assert table == "classification-two_moons-losses.csv"
        assert pd.read_csv(archive.open(table))["loss"].tolist() == [0.5]
        said = json.loads(archive.read(settings))
    assert (said["title"], said["page"]) == ("Loss <1> by step", "Classification")
    assert nnlib.Experiment.from_json(json.dumps(said["experiment"])) == EXPERIMENT
    assert "learning rate 10⁻⁴" in said["settings"]


def test_without_an_experiment_the_table_comes_with_what_all_widgets_say():
    app = apptest.open_page("gradient_descent", start_parabola="4")
    values = app.session_state["values_of_this_page"]
    assert (values["start_parabola"], values["tolerance"]) == (4.0, 1e-4)
    said = json.loads(Source("Gradient descent", values=values).document("Path"))
    assert said["values"]["tolerance"] == 1e-4 and said["experiment"] is None


def test_without_an_experiment_the_address_says_what_was_chosen():
    assert Source("Activations", query={"depth": ["5"]}).line == "Activations · depth 5"


def test_html_holds_the_settings_to_read():
    assert "16-16 hidden units" in figure_to_html(
        go.Figure(), "x", Source("Page", nnlib.Experiment())
    )


@pytest.mark.parametrize("value", [1e-6, 0.0001, -734550224.189, -2.5, 10000, 1234.5, 3e20])
def test_no_number_has_an_e_or_a_hyphen(value):
    assert not re.search(r"e[+-]?\d|-|\d{5}", plain_number(value))
