"""The Vanishing gradients page through Streamlit's AppTest, over its views and controls."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from nnlib.activations import ACTIVATIONS
from nnlib.initializers import INITIALIZERS
from pages.shared.controls import label_of

ROOT = Path(__file__).resolve().parents[1]
BEFORE, REMEDIES, SCALE = "Before training", "Remedies", "Weight scale"


def open_page(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.run().switch_page("pages/vanishing_gradients.py")
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    assert not app.error
    return app


def verdict(app: AppTest) -> str:
    return next(box.value for box in [*app.success, *app.warning, *app.info] if "**" in box.value)


def test_opens_with_a_vanishing_signal():
    app = open_page()
    assert verdict(app).startswith("**Vanishing** at step ")
    assert "of 10" in verdict(app)


@pytest.mark.parametrize(
    ("query", "start"),
    [
        ({"activation": "ReLU", "initializer": "He normal", "depth": "30"}, "**Healthy**"),
        (
            {"activation": "ReLU", "initializer": "He normal", "initializer_scale": "2",
             "depth": "30"},
            "**Exploding**",
        ),
        ({"activation": "tanh", "initializer": "normal"}, "**Vanishing**"),
        ({"initializer": "zeros"}, "**No signal**"),
        ({"depth": "1"}, "**One hidden layer**"),
    ],
)  # fmt: skip
def test_verdicts_before_training(query, start):
    assert verdict(open_page(view=BEFORE, **query)).startswith(start)


def test_theory_stands_beside_the_measurement():
    table = next(
        t.value for t in open_page(view=BEFORE, width="256").dataframe if "forward" in t.value
    )
    assert len(table) == 9
    last = table.iloc[-1]
    assert last["backward"] == pytest.approx(last["measured"], rel=0.15)
    assert last["backward"] < 1 / 16 + 1e-9


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"batch_norm": "true"}, "batch normalization"),
        ({"skip": "true"}, "skip connections"),
        ({"initializer": "zeros"}, "all weights are zero"),
    ],
)
def test_without_theory_the_page_says_why(query, reason):
    app = open_page(view=BEFORE, **query)
    assert any(reason in box.value for box in app.info)


def test_remedies_are_compared():
    app = open_page(view=REMEDIES, epochs="20", seeds="2")
    table = next(t.value for t in app.dataframe if "setting" in t.value).set_index("setting")
    assert table.loc["as chosen", "before"] == "vanishing"
    assert table.loc["ReLU with He", "before"] == "healthy"
    assert table.loc["ReLU with He", "median"] < 0.3 < table.loc["as chosen", "median"]
    assert table.loc["clipping at norm 1", "ratio"] == table.loc["as chosen", "ratio"]


def test_a_long_comparison_waits_for_a_click():
    app = open_page(view=REMEDIES, depth="50", width="256")
    assert any("can take minutes" in box.value for box in app.info)
    assert not [t for t in app.dataframe if "setting" in t.value]


def test_a_click_begins_a_long_comparison(monkeypatch):
    monkeypatch.setattr("pages.shared.gradient_flow_comparisons._QUICK_WORK", 1)
    app = open_page(view=REMEDIES, depth="2", width="4", epochs="1", seeds="1")
    assert not [t for t in app.dataframe if "setting" in t.value]
    app.get_by_key("train_remedies").click().run()
    assert [t for t in app.dataframe if "setting" in t.value]
    app.run()
    assert [t for t in app.dataframe if "setting" in t.value]


def test_the_weight_scale_view_tells_of_relu():
    app = open_page(view=SCALE, depth="5", activation="GELU", initializer="He normal")
    assert any("√(n·var(w)) = 1.41" in text.value for text in app.caption)
    assert any("Does ReLU explode" in text.value for text in app.markdown)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(activation):
    assert verdict(open_page(view=BEFORE, activation=label_of(activation), depth="4"))


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_every_initializer(initializer):
    assert verdict(open_page(view=BEFORE, initializer=label_of(initializer), depth="4"))


@pytest.mark.parametrize("data", ["Digits 8×8", "Diabetes"])
def test_other_data(data):
    assert verdict(open_page(data=data, depth="3"))


def test_nonsense_in_the_link_is_not_taken():
    assert verdict(open_page(depth="999", width="7", activation="magic", seeds="-1"))
