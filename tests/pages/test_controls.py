"""Sliders whose stops come from the declarations of the configs."""

from dataclasses import dataclass, fields
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from nnlib.config import NetworkConfig, TrainingConfig, is_read, of_training, setting, setting_of
from pages.shared.controls import label_of, plain_value, scale_of
from pages.shared.transport import clock

LOGARITHMIC = [
    (config, field.name)
    for config in (NetworkConfig, TrainingConfig)
    for field in fields(config)
    if setting_of(config, field.name).log
]


@pytest.mark.parametrize(("config", "name"), LOGARITHMIC)
def test_every_stop_is_valid_and_the_default_and_the_bounds_are_among_them(config, name):
    setting, default = setting_of(config, name), getattr(config(), name)
    stops = scale_of(setting, default)
    assert {default, setting.low, setting.high} <= set(stops)
    assert stops == sorted(set(stops))
    assert setting.off is None or setting.off == stops[0]
    for stop in stops:
        assert getattr(config(**{name: stop}), name) == stop


def test_learning_rates_are_round_numbers():
    stops = scale_of(setting_of(TrainingConfig, "learning_rate"), 0.01)
    texts = [plain_value(stop) for stop in stops]
    assert texts[:4] == ["0.000001", "0.000002", "0.000005", "0.00001"]
    assert texts[-4:] == ["10", "20", "50", "100"]


def test_batch_sizes_have_powers_of_two():
    stops = scale_of(setting_of(TrainingConfig, "batch_size"), 32)
    assert {1, 2, 4, 8, 16, 32, 64, 128, 256, 65536} <= set(stops)
    assert plain_value(65536) == "65536"


@pytest.mark.parametrize(
    ("name", "label"), [("relu", "ReLU"), ("he_normal", "He normal"), ("softplus", "softplus")]
)
def test_names_are_written_for_people(name, label):
    assert label_of(name) == label


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (61, "1:01"), (3599.6, "1:00:00"), (3725, "1:02:05")]
)
def test_clock(seconds, text):
    assert clock(seconds) == text


@dataclass(frozen=True)
class Everything:
    """A field of each kind of widget."""

    switch: bool = setting(True, "Switch", "A switch.")
    kind: str = setting("tanh", "Kind", "A choice.", choices=("relu", "tanh"))
    rate: float = of_training("learning_rate", 0.02, low=0.01, high=0.1)
    stop: int = setting(4, "Stop", "Given stops.", stops=(1, 4, 9))
    few: int = setting(3, "Few", "A small whole number.", low=1, high=10)
    many: int = setting(3, "Many", "A large whole number.", low=0, high=1000, key="how_many")
    share: float = setting(0.5, "Share", "Even steps.", low=0.0, high=1.0, step=0.25)


def drawn_everything() -> None:
    import streamlit as st
    from test_controls import Everything

    from pages.shared.controls import choose

    st.session_state["result"] = choose(Everything, own={"share": {"label": "Part"}})


def test_each_field_of_a_dataclass_gives_a_widget_and_its_value():
    page = AppTest.from_function(drawn_everything).run()
    assert page.session_state["result"] == Everything()
    assert page.slider(key="share").label == "Part"
    page.toggle(key="switch").set_value(False)
    page.selectbox(key="kind").set_value("relu")
    page.select_slider(key="rate").set_value(0.05)
    page.select_slider(key="stop").set_value(9)
    page.slider(key="few").set_value(10)
    page.number_input(key="how_many").set_value(1000)
    page.slider(key="share").set_value(0.25).run()
    expected = Everything(False, "relu", 0.05, 9, 10, 1000, 0.25)
    assert page.session_state["result"] == expected
    assert all(
        widget.help for kind in (page.slider, page.selectbox, page.toggle) for widget in kind
    )


def test_a_link_gives_every_field_its_value():
    page = AppTest.from_function(drawn_everything)
    link = {"switch": "false", "kind": "ReLU", "rate": "0.05", "stop": "9", "how_many": "7"}
    for name, value in link.items():
        page.query_params[name] = value
    chosen = page.run().session_state["result"]
    assert (chosen.switch, chosen.kind, chosen.rate) == (False, "relu", 0.05)
    assert (chosen.stop, chosen.many, chosen.few) == (9, 7, 3)


@pytest.mark.parametrize(
    ("config", "name", "read"),
    [
        (TrainingConfig(optimizer="adam"), "momentum", False),
        (TrainingConfig(optimizer="nesterov"), "momentum", True),
        (TrainingConfig(optimizer="adamw"), "weight_decay", True),
        (TrainingConfig(schedule="cosine"), "decay_factor", False),
        (TrainingConfig(schedule="step"), "decay_epochs", True),
        (TrainingConfig(schedule="warmup_cosine"), "warmup_fraction", True),
        (NetworkConfig(), "batch_norm_after", False),
        (NetworkConfig(batch_norm=True), "batch_norm_after", True),
        (TrainingConfig(), "epochs", True),
    ],
)
def test_only_settings_that_the_other_choices_read_are_drawn(config, name, read):
    assert is_read(config, name) is read


def test_widgets_are_bound_to_the_address_in_one_place():
    pages = Path(__file__).resolve().parents[2] / "pages"
    binding = [p.name for p in pages.rglob("*.py") if "query-params" in p.read_text()]
    assert binding == ["widgets.py"]
