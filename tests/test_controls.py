"""Sliders whose stops come from the declarations of the configs."""

from dataclasses import fields

import pytest

from nnlib.config import NetworkConfig, TrainingConfig, setting_of
from pages.shared.controls import label_of, plain_value, scale_of
from pages.shared.runs import clock

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
    assert texts[:4] == ["1e-06", "2e-06", "5e-06", "1e-05"]
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
