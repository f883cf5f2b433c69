"""The Activations page through Streamlit's AppTest, over its tabs and controls."""

from functools import partial

import apptest
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from nnlib.activations import ACTIVATIONS, Tanh
from nnlib.initializers import INITIALIZERS
from nnlib.labs import born_dead
from nnlib.labs.propagation import RandomStack, measure, propagate
from pages.shared.activations.presets import PRESETS
from pages.shared.controls import label_of

LAYERS, LAB = "Through layers", "Dying ReLU lab"


class Twice(Tanh):
    name, label = "twice", "twice tanh"

    def value(self, z, out=None):
        return 2 * super().value(z, out=out)

    def derivative(self, z, out=None):
        return 2 * super().derivative(z, out=out)


open_page = partial(apptest.open_page, "activations", quiet=("error",))


def texts(app: AppTest) -> str:
    return " ".join(caption.value for caption in app.caption)


def test_opens_on_functions():
    app = open_page()
    table = app.dataframe[0].value
    assert table["activation"].tolist() == ["sigmoid", "tanh", "ReLU"]
    assert table["saturated for"].tolist()[2] == "z < 0"
    assert not app.metric


def test_every_activation_together_with_parameters():
    names = [label_of(name) for name in ACTIVATIONS]
    app = open_page(functions=names, slope="0.2", alpha="2.0")
    table = app.dataframe[0].value.set_index("activation")
    assert len(table) == len(names)
    assert table.loc["leaky ReLU, slope 0.2", "saturated for"] == "never"
    assert table.loc["ELU, α 2", "largest |f′|"] == "2"


def test_no_activation_is_no_error():
    app = open_page()
    app.multiselect(key="functions").set_value([]).run()
    assert not app.exception and not app.dataframe


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_goes_through_layers(name):
    app = open_page(lab=LAYERS, activation=label_of(name), depth="5", width="16", mean="0.5")
    assert "After: mean" in texts(app)
    assert "One stack of 5 layers of 16 units" in texts(app)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_every_initializer_goes_through_layers(name):
    open_page(lab=LAYERS, initializer=label_of(name), depth="50", width="8", scale="5")


def test_numbers_of_the_pushed_distribution():
    # ReLU of N(0, 1): mean 1/sqrt(2π), variance 1/2 - 1/(2π)
    assert "After: mean 0.399, variance 0.341; 50.0%" in texts(open_page(lab=LAYERS))
    assert "After: mean 0, variance 0.394" in texts(open_page(lab=LAYERS, activation="tanh"))


def test_layer_past_the_end_is_the_last():
    open_page(lab=LAYERS, depth="3", layer="40", quantity="pre-activations")


def test_default_lab_shows_the_estimate_its_interval_and_the_bounds():
    app = open_page(lab=LAB)
    counts = born_dead.count_dead("he_normal", 3, 30, 2000, np.random.default_rng(0))
    low, high = counts.interval()
    assert [metric.value for metric in app.metric] == [
        f"{counts.share[-1]:.2%}",
        f"{low[-1]:.2%} – {high[-1]:.2%}",
        f"{born_dead.lower_bound(3, 30)[-1]:.2%} – {1 - (7 / 8) ** 29:.2%}",
    ]


@pytest.mark.parametrize("initializer", born_dead.SYMMETRIC)
def test_every_symmetric_initializer_in_the_lab(initializer):
    app = open_page(
        lab=LAB,
        dead_initializer=label_of(initializer),
        dead_width="2",
        dead_depth="2",
        networks="10000",
        dead_seed="4",
    )
    exact = 0.125 if initializer == "orthogonal" else 0.15625
    assert float(app.metric[0].value.rstrip("%")) / 100 == pytest.approx(exact, abs=0.015)
    assert app.metric[2].value.startswith("at most") == (initializer == "orthogonal")
    assert app.metric[2].value.endswith("25.00%")


def test_nonsense_in_the_address_goes_to_the_default_or_the_nearest():
    app = open_page(lab="x", dead_width="-4", depth="many", activation="<b>", slope="9")
    assert app.slider(key="dead_width").value == 1
    assert app.slider(key="depth").value == 20
    assert app.slider(key="slope").value == 0.5 and len(app.warning) == 5


def test_controls_of_closed_tabs_are_kept():
    app = open_page(lab=LAB, depth="7", reach="3.0")
    assert app.slider(key="depth").value == 7
    assert app.slider(key="reach").value == 3.0


def press(app, name: str):
    index = [preset.name for preset in PRESETS].index(name)
    apptest.checked(app.button(key=f"preset_{index}").click().run(), quiet=("error",))
    return apptest.checked(app.run(), quiet=("error",))


@pytest.mark.parametrize("preset", PRESETS, ids=[preset.name for preset in PRESETS])
def test_a_preset_shows_the_same_wherever_one_comes_from(shown, preset):
    press(open_page(), preset.name)
    fresh = {key: shown.drawn(key) for key in shown.figures}
    press(open_page(lab=LAB, depth="7", width="8", mean="1", seed="3", functions="ELU",
                    activation="tanh", dead_width="9", networks="1000", reach="9",
                    quantity="pre-activations"), preset.name)  # fmt: skip
    assert {key: shown.drawn(key) for key in shown.figures} == fresh


def test_what_the_presets_say(shown):
    press(open_page(), "Self-normalizing")
    table = shown.table("variances")
    assert table["pre_variance_measured"].iloc[0] > 4.5
    assert abs(table["pre_variance_measured"].iloc[-1] - 1) < 0.2
    assert abs(table["mean_measured"].iloc[-1]) < 0.1
    app = press(open_page(), "Born dead")
    assert float(app.metric[0].value.rstrip("%")) > 90
    press(open_page(), "Sigmoid, deep")
    assert shown.table("signal")["signal_variance_measured"].iloc[0] < 1e-20


def test_narrow_relu_networks_lie_below_the_line_as_the_page_says(shown):
    text = " ".join(apptest.said(open_page(lab=LAYERS), "markdown", "caption").split())
    assert "scatters around" not in text
    assert "Hanin & Nica 2020" in text and "mostly downwards" in text
    for width, low, high in ((128, 0.25, 0.55), (16, 0, 1.5e-3)):
        stack = RandomStack(ACTIVATIONS["relu"], width=width, depth=50, inputs=30)
        theory = propagate(stack).pre_variance[-1]
        assert theory == pytest.approx(2)
        found = [
            measure(stack, np.random.default_rng(seed)).layers.pre_variance[-1] / theory
            for seed in range(60)
        ]
        assert low < np.median(found) < high


def test_every_control_of_the_functions_changes_them(shown):
    app = open_page()
    for kind, key, value in (
        ("slider", "reach", 5.5),
        ("multiselect", "functions", ["relu", "elu", "leaky_relu"]),
        ("slider", "alpha", 1.1),
        ("slider", "slope", 0.2),
    ):
        before = shown.drawn("values"), shown.drawn("derivatives")
        getattr(app, kind)(key=key).set_value(value).run()
        assert shown.drawn("values") != before[0] and shown.drawn("derivatives") != before[1]
    assert "ELU, α 1.1" in shown.names("derivatives")


def test_every_control_of_the_layers_changes_them_and_the_link_reproduces_it(shown):
    app = open_page(lab=LAYERS, width="16")
    for kind, key, value, chart in (
        ("slider", "depth", 19, "variances"),
        ("select_slider", "scale", 1.1, "variances"),
        ("selectbox", "initializer", "lecun_uniform", "variances"),
        ("number_input", "seed", 1, "variances"),
        ("slider", "mean", 0.5, "pushed"),
        ("slider", "deviation", 1.5, "pushed"),
        ("select_slider", "width", 32, "variances"),
        ("selectbox", "activation", "tanh", "shares"),
        ("number_input", "layer", 3, "layer_histogram"),
        ("segmented_control", "quantity", "pre-activations", "map"),
    ):
        before = shown.drawn(chart)
        getattr(app, kind)(key=key).set_value(value).run()
        assert shown.drawn(chart) != before, key
    assert len(shown.figures) == 7
    drawn = {key: shown.drawn(key) for key in shown.figures}
    open_page(lab=LAYERS, depth="19", scale="1.1", initializer="LeCun uniform", seed="1",
              mean="0.5", deviation="1.5", width="32", activation="tanh", layer="3",
              quantity="pre-activations")  # fmt: skip
    assert {key: shown.drawn(key) for key in shown.figures} == drawn


def test_every_control_of_the_lab_changes_it(shown):
    app = open_page(lab=LAB, dead_width="2")
    for kind, key, value in (
        ("slider", "dead_width", 3),
        ("slider", "dead_depth", 29),
        ("select_slider", "networks", 5_000),
        ("number_input", "dead_seed", 1),
        ("selectbox", "dead_initializer", "orthogonal"),
    ):
        before = shown.drawn("born_dead")
        assert "lower bound" in shown.names("born_dead")
        getattr(app, kind)(key=key).set_value(value).run()
        assert shown.drawn("born_dead") != before, key
    assert "lower bound" not in shown.names("born_dead")
    assert app.metric[0].label == "Born dead, 29 hidden layers"


@pytest.mark.parametrize("tab", ["Functions", LAYERS, LAB])
def test_a_twelfth_activation_needs_no_other_line(shown, monkeypatch, tab):
    monkeypatch.setitem(ACTIVATIONS, "twice", Twice())
    app = open_page(lab=tab, functions=["sigmoid", "twice tanh"], activation="twice tanh")
    if tab == "Functions":
        assert shown.values("derivatives", "twice tanh").max() == pytest.approx(2)
        assert app.dataframe[0].value["activation"].tolist() == ["sigmoid", "twice tanh"]
    if tab == LAYERS:
        assert "after: f(z), twice tanh" in shown.names("pushed")
