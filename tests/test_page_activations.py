"""The Activations page through Streamlit's AppTest, over its tabs and controls."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from nnlib import born_dead
from nnlib.activations import ACTIVATIONS
from nnlib.initializers import INITIALIZERS
from pages.shared.controls import label_of

ROOT = Path(__file__).resolve().parents[1]
LAYERS, LAB = "Through layers", "Dying ReLU lab"


def open_page(**query: str | list[str]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.run().switch_page("pages/activations.py")
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    assert not app.error
    return app


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


def test_nonsense_in_the_address_falls_back():
    app = open_page(lab="x", dead_width="-4", depth="many", activation="<b>", slope="9")
    assert app.slider(key="dead_width").value == 3
    assert app.slider(key="depth").value == 20


def test_controls_of_closed_tabs_are_kept():
    app = open_page(lab=LAB, depth="7", reach="3.0")
    assert app.slider(key="depth").value == 7
    assert app.slider(key="reach").value == 3.0
