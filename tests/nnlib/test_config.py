"""Configs: what they refuse and how they say it, equality, hashing, and JSON."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib.activations import ACTIVATIONS
from nnlib.config import DataReference, Experiment, NetworkConfig, TrainingConfig, setting_of
from nnlib.initializers import INITIALIZERS
from nnlib.optimizers import OPTIMIZERS
from nnlib.schedules import SCHEDULES

CONFIGS = (NetworkConfig, TrainingConfig)
DECLARED = [(c, f.name) for c in CONFIGS for f in fields(c)]
NUMBERS = [
    (c, name)
    for c, name in DECLARED
    if setting_of(c, name).low is not None and setting_of(c, name).high is not None
]


# --- validation -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TrainingConfig(learning_rate=-1.0), r"learning_rate must be between .*, not -1"),
        (lambda: TrainingConfig(learning_rate="fast"), r"learning_rate must be a number.*'fast'"),
        (lambda: TrainingConfig(learning_rate=True), r"learning_rate must be a number"),
        (lambda: TrainingConfig(learning_rate=float("nan")), r"learning_rate must be .*nan"),
        (lambda: TrainingConfig(learning_rate=float("inf")), r"learning_rate must be between"),
        (lambda: TrainingConfig(batch_size=2.5), r"batch_size must be a whole number, not 2\.5"),
        (lambda: TrainingConfig(batch_size=0), r"batch_size must be between 1 and .*, not 0"),
        (lambda: TrainingConfig(epochs=0), r"epochs must be between 1 and .*, not 0"),
        (lambda: TrainingConfig(l2=-0.1), r"l2 must be .*not -0\.1"),
        (lambda: TrainingConfig(seed=-1), r"seed must be between 0 and .*, not -1"),
        (lambda: TrainingConfig(optimizer="adma"), r"optimizer must be one of sgd, .*'adma'"),
        (lambda: TrainingConfig(schedule=None), r"schedule must be one of constant, .*None"),
        (lambda: NetworkConfig(activation="Relu"), r"activation must be one of linear, .*'Relu'"),
        (lambda: NetworkConfig(initializer="he"), r"initializer must be one of zeros, .*'he'"),
        (lambda: NetworkConfig(dropout=1.0), r"dropout must be between 0 and 0\.9, not 1"),
        (lambda: NetworkConfig(batch_norm=1), r"batch_norm must be true or false, not 1"),
        (lambda: NetworkConfig(hidden=16), r"hidden must be a list of layer widths, not 16"),
        (lambda: NetworkConfig(hidden="16"), r"hidden must be a list of layer widths, not '16'"),
        (lambda: NetworkConfig(hidden=(4, 0)), r"hidden layers have between 1 and .*, not 0"),
        (lambda: NetworkConfig(hidden=(4, 2.0)), r"hidden must hold whole numbers, not 2\.0"),
        (lambda: NetworkConfig(hidden=(True,)), r"hidden must hold whole numbers, not True"),
        (lambda: NetworkConfig(hidden=(1,) * 1000), r"hidden can have at most \d+ layers"),
    ],
)
def test_a_wrong_value_is_refused_with_a_sentence(make, message):
    with pytest.raises(ValueError, match=message) as caught:
        make()
    text = str(caught.value)
    assert text.endswith(".")
    assert "\n" not in text


@pytest.mark.parametrize("config_class", [*CONFIGS, Experiment, DataReference])
def test_unknown_fields_are_refused(config_class):
    with pytest.raises(TypeError, match="learning_rte"):
        config_class(learning_rte=0.1)


@pytest.mark.parametrize(("config_class", "name"), NUMBERS)
def test_bounds_are_inclusive_and_enforced(config_class, name):
    setting = setting_of(config_class, name)
    whole = isinstance(getattr(config_class(), name), int)
    cast = int if whole else float
    for value in (setting.low, setting.high):
        assert getattr(config_class(**{name: cast(value)}), name) == value
    beyond = [setting.high + 1 if whole else setting.high * 1.001]
    if setting.low != 0 and not whole:
        beyond.append(setting.low * 0.999)
    else:
        beyond.append(setting.low - 1)
    for value in beyond:
        if value != setting.off:
            with pytest.raises(ValueError, match=f"{name} must be"):
                config_class(**{name: value})
    if setting.off is not None:
        assert getattr(config_class(**{name: cast(setting.off)}), name) == setting.off


@pytest.mark.parametrize(("config_class", "name"), DECLARED)
def test_every_field_is_described(config_class, name):
    setting = setting_of(config_class, name)
    assert setting.label
    assert setting.label[0].isupper()
    assert setting.help.endswith(".")
    default = getattr(config_class(), name)
    if setting.choices:
        assert default in setting.choices
    if setting.low is not None:
        assert default == setting.off or setting.low <= default <= setting.high
    if setting.log:
        assert setting.low > 0


def test_choices_are_the_registries():
    assert setting_of(NetworkConfig, "activation").choices == tuple(ACTIVATIONS)
    assert setting_of(NetworkConfig, "initializer").choices == tuple(INITIALIZERS)
    assert setting_of(TrainingConfig, "optimizer").choices == tuple(OPTIMIZERS)
    assert setting_of(TrainingConfig, "schedule").choices == tuple(SCHEDULES)


# --- values ---------------------------------------------------------------------------------------


def test_configs_are_frozen():
    for config, name in ((NetworkConfig(), "dropout"), (TrainingConfig(), "seed")):
        with pytest.raises(FrozenInstanceError):
            setattr(config, name, 0)
    with pytest.raises(FrozenInstanceError):
        Experiment().network = NetworkConfig()


def test_equal_experiments_have_equal_hashes_and_different_ones_differ():
    assert Experiment() == Experiment()
    assert hash(Experiment()) == hash(Experiment())
    others = {
        Experiment(),
        Experiment().with_training(seed=1),
        Experiment().with_network(hidden=(3,)),
        Experiment(data=DataReference(name="digits")),
    }
    assert len(others) == 4


def test_numpy_and_python_numbers_make_the_same_config():
    numpy = NetworkConfig(hidden=np.array([8, 4]), dropout=np.float64(0.5), batch_norm=np.True_)
    python = NetworkConfig(hidden=[8, 4], dropout=0.5, batch_norm=True)
    assert numpy == python
    assert hash(numpy) == hash(python)
    assert Experiment(network=numpy).to_json() == Experiment(network=python).to_json()
    assert type(TrainingConfig(learning_rate=1).learning_rate) is float
    assert type(TrainingConfig(seed=np.int64(3)).seed) is int


def test_with_training_and_with_network_change_a_copy_and_validate():
    original = Experiment()
    changed = original.with_training(learning_rate=0.5).with_network(hidden=[3])
    assert changed.training.learning_rate == 0.5
    assert changed.network.hidden == (3,)
    assert original == Experiment()
    with pytest.raises(TypeError):
        original.with_training(learning_rte=0.5)
    with pytest.raises(ValueError, match="learning_rate"):
        original.with_training(learning_rate=-1)


def test_data_options_may_be_given_as_a_mapping():
    by_mapping = DataReference("moons", {"noise": 0.1, "n": 100})
    assert by_mapping == DataReference("moons", (("noise", 0.1), ("n", 100)))
    hash(by_mapping)


# --- JSON -----------------------------------------------------------------------------------------


def values_of(config_class: type, name: str) -> st.SearchStrategy:
    setting = setting_of(config_class, name)
    default = getattr(config_class(), name)
    if name == "hidden":
        return st.lists(st.integers(1, 64), max_size=6).map(tuple)
    if setting.choices:
        return st.sampled_from(setting.choices)
    if isinstance(default, bool):
        return st.booleans()
    if isinstance(default, int):
        return st.integers(int(setting.low), int(setting.high))
    values = st.floats(setting.low, setting.high)
    return values if setting.off is None else values | st.just(setting.off)


def configs(config_class: type) -> st.SearchStrategy:
    return st.builds(
        config_class, **{f.name: values_of(config_class, f.name) for f in fields(config_class)}
    )


OPTION_VALUES = st.text() | st.integers() | st.booleans() | st.floats(allow_nan=False)
REFERENCES = st.builds(
    DataReference,
    st.text(),
    st.dictionaries(st.text(), OPTION_VALUES, max_size=4).map(lambda d: tuple(d.items())),
    st.text(),
)


@given(st.builds(Experiment, configs(NetworkConfig), configs(TrainingConfig), REFERENCES))
def test_json_round_trip(experiment):
    again = Experiment.from_json(experiment.to_json())
    assert again == experiment
    assert hash(again) == hash(experiment)
    assert again.to_json() == experiment.to_json()


def test_json_is_readable_and_fields_left_out_take_their_defaults():
    document = json.loads(Experiment().to_json())
    assert set(document) == {"network", "training", "data"}
    assert document["training"]["learning_rate"] == TrainingConfig().learning_rate
    partial = Experiment.from_json('{"training": {"seed": 4}}')
    assert partial == Experiment().with_training(seed=4)
    assert Experiment.from_json("{}") == Experiment()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "experiment must be an object"),
        ("3", "experiment must be an object"),
        ('{"training": 3}', "training must be an object"),
        ('{"trainng": {}}', "experiment has no field trainng"),
        ('{"training": {"learning_rte": 1}}', "training has no field learning_rte"),
        ('{"training": {"learning_rate": "1"}}', "learning_rate must be a number"),
        ('{"training": {"learning_rate": NaN}}', "learning_rate must be between"),
        ('{"training": {"learning_rate": null}}', "learning_rate must be a number"),
        ('{"network": {"hidden": [0]}}', "hidden layers have"),
        ('{"network": {"hidden": null}}', "hidden must be a list"),
        ('{"network": {"activation": ["relu"]}}', "activation must be one of"),
    ],
)
def test_bad_json_is_refused_with_a_sentence(text, message):
    with pytest.raises(ValueError, match=message):
        Experiment.from_json(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"data": {"options": [1]}}',
        '{"data": {"options": 1}}',
        '{"data": {"options": [["noise", [1]]]}}',  # a list would not be hashable
        '{"training": {"seed": 1' + "0" * 400 + "}}",
        '{"training": {"learning_rate": 1' + "0" * 400 + "}}",
    ],
)
def test_malformed_json_raises_nothing_but_value_errors(text):
    # A link or an uploaded file can hold anything.
    with pytest.raises(ValueError, match=r"\.$"):
        Experiment.from_json(text)
