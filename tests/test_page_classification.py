"""The Classification page through Streamlit's AppTest, over its controls and broken inputs."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_wine
from streamlit.testing.v1 import AppTest

import nnlib
from nnlib.datasets import DATASETS, load
from nnlib.input_features import INPUT_FEATURES, load_expanded, map_of, plane_of
from pages.shared.controls import label_of

ROOT = Path(__file__).resolve().parents[1]


def open_page(**query: str | list[str]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.run().switch_page("pages/classification.py")
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def run_of(app: AppTest):
    assert not app.exception, app.exception
    return app.session_state["classification_run"]


def upload(app: AppTest, content: bytes, name: str = "table.csv") -> AppTest:
    return app.file_uploader(key="uploader").set_value((name, content, "text/csv")).run()


def csv_of(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_csv(buffer, index=False)
    return buffer.getvalue()


def test_opens_with_a_run_that_plays():
    run = run_of(open_page())
    assert run.trainer.step > 0 and run.running
    assert run.trainer.data.name == "spiral"


@pytest.mark.parametrize("name", [name for name in DATASETS if name != "mnist"])
def test_every_data_set_trains(name: str):
    app = open_page(data=DATASETS[name].label, epochs="2")
    trainer = run_of(app).trainer
    assert trainer.experiment.data.name == name
    assert trainer.step > 0


def test_full_mnist_without_a_network_is_one_sentence(monkeypatch: pytest.MonkeyPatch):
    def unreachable(*args: object, **keywords: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr("sklearn.datasets.fetch_openml", unreachable)
    app = open_page(data=DATASETS["mnist"].label)
    assert not app.exception
    assert len(app.error) == 1


def test_controls_make_the_experiment():
    app = open_page(
        layers="3",
        units_2="7",
        activation="tanh",
        initializer="Glorot uniform",
        batch_norm="true",
        optimizer="Nesterov momentum",
        learning_rate="0.05",
        schedule="one-cycle",
        batch_size="64",
        epochs="5",
        seed="11",
        l2="0.001",
        patience="3",
    )
    experiment = run_of(app).trainer.experiment
    assert experiment.network == nnlib.NetworkConfig(
        hidden=(16, 7, 16), activation="tanh", initializer="glorot_uniform", batch_norm=True
    )
    assert experiment.training == nnlib.TrainingConfig(
        optimizer="nesterov",
        learning_rate=0.05,
        schedule="one_cycle",
        batch_size=64,
        epochs=5,
        seed=11,
        l2=0.001,
        patience=3,
    )


@pytest.mark.parametrize("activation", list(nnlib.ACTIVATIONS))
def test_every_activation_trains(activation: str):
    trainer = run_of(open_page(activation=label_of(activation), epochs="1")).trainer
    assert trainer.step > 0 and trainer.experiment.network.activation == activation


@pytest.mark.parametrize("initializer", list(nnlib.INITIALIZERS))
def test_every_initializer_trains(initializer: str):
    trainer = run_of(open_page(initializer=label_of(initializer), epochs="1")).trainer
    assert trainer.step > 0 and trainer.experiment.network.initializer == initializer


@pytest.mark.parametrize("optimizer", list(nnlib.OPTIMIZERS))
@pytest.mark.parametrize("schedule", list(nnlib.SCHEDULES))
def test_every_optimizer_and_schedule_trains(optimizer: str, schedule: str):
    app = open_page(optimizer=label_of(optimizer), schedule=label_of(schedule), epochs="1")
    trainer = run_of(app).trainer
    assert trainer.step > 0
    assert (trainer.config.optimizer, trainer.config.schedule) == (optimizer, schedule)


def test_learning_rate_changes_the_run_and_an_architecture_starts_a_new_one():
    app = open_page(epochs="100000")
    app.button(key="classification_pause").click().run()
    before = run_of(app)
    step = before.trainer.step
    app.select_slider(key="learning_rate").set_value(0.05).run()
    assert run_of(app) is before and before.trainer.step == step
    (event,) = before.trainer.history.events
    assert (event.step, event.name, event.old, event.new) == (step, "learning_rate", 0.01, 0.05)
    app.number_input(key="layers").set_value(1).run()
    after = run_of(app)
    assert after is not before and after.trainer.experiment.network.hidden == (16,)
    assert not after.running and after.trainer.step == 0


def test_step_epoch_and_reset():
    app = open_page(epochs="100000")
    app.button(key="classification_reset").click().run()
    trainer = run_of(app).trainer
    weights = trainer.network.flat_parameters.copy()
    assert trainer.step == 0
    app.button(key="classification_step").click().run()
    assert run_of(app).trainer.step == 1
    app.button(key="classification_epoch").click().run()
    assert run_of(app).trainer.step == 1 + trainer.steps_per_epoch
    app.button(key="classification_reset").click().run()
    assert (run_of(app).trainer.network.flat_parameters == weights).all()


def test_more_epochs_let_a_finished_run_go_on_and_another_rate_starts_anew():
    app = open_page(epochs="1", classification_pace="full speed")
    run = run_of(app)
    assert run.trainer.status == "finished" and not run.running
    app.select_slider(key="epochs").set_value(50).run()
    assert run_of(app) is run and run.trainer.step > run.trainer.steps_per_epoch
    app = open_page(epochs="1", classification_pace="full speed")
    run = run_of(app)
    app.select_slider(key="learning_rate").set_value(0.1).run()
    assert run_of(app) is not run and run_of(app).trainer.config.learning_rate == 0.1


def test_divergence_is_told_with_step_and_layer():
    app = open_page(
        data="Diabetes",
        optimizer="SGD",
        learning_rate="100",
        activation="linear",
        classification_pace="full speed",
    )
    assert run_of(app).trainer.status == "diverged"
    (warning,) = app.warning
    assert "diverged" in warning.value and "dense_" in warning.value


def test_own_csv_is_read_prepared_and_trained_on():
    frame = load_wine(as_frame=True).frame
    frame["region"] = ["upper" if a > 13 else "lower" for a in frame["alcohol"]]
    frame.loc[[2, 40], "ash"] = None
    app = upload(open_page(epochs="3"), csv_of(frame), "wine.csv")
    data = run_of(app).trainer.data
    assert (data.name, data.task, len(data.class_names)) == ("wine", "multiclass", 3)
    assert any(name.startswith("region=") for name in data.feature_names)
    decisions = next(t.value for t in app.dataframe if "action" in t.value.columns)
    assert set(decisions["column"]) == set(frame.columns)
    app.selectbox(key="target").set_value("alcohol").run()
    assert run_of(app).trainer.data.task == "regression"
    app.multiselect(key="left_out").set_value(["region", "ash"]).run()
    assert run_of(app).trainer.data.n_features == 12  # eleven measurements and the target


def test_two_sessions_share_nothing():
    first = upload(open_page(), csv_of(load_diabetes(as_frame=True).frame), "secret.csv")
    second = open_page(data="Your own CSV file")
    assert run_of(first).trainer.data.name == "secret"
    assert "classification_run" not in second.session_state
    assert len(second.info) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a\n1\n2\n",
        b"a,b\n",
        b"\x00\x01\x02" * 100,
        b"PK\x03\x04" + b"\x00" * 200,
        b"a,b\n1,x\n2,x\n3,x\n4,x\n5,x\n6,x\n",
        b"a,target\n1,x\n2,\n3,y\n4,x\n5,y\n6,x\n7,y\n8,x\n",
        ",".join(f"c{i}" for i in range(5000)).encode() + b"\n" + b",".join([b"1"] * 5000) + b"\n",
    ],
    ids=["empty", "one column", "no rows", "binary", "zip", "one class", "gap", "too wide"],
)
def test_bad_files_get_one_sentence_and_no_traceback(content: bytes):
    app = upload(open_page(), content)
    assert not app.exception
    assert len(app.error) == 1 and app.error[0].value


def test_a_split_without_validation_rows_is_one_sentence():
    app = open_page(spiral_train_fraction="0.95", spiral_test_fraction="0.05")
    assert not app.exception
    assert len(app.error) == 1


# The playground: what it offers on a plane.


def plane_of_run(app: AppTest):
    return plane_of(run_of(app).trainer.data)


def test_input_features_reach_network_and_experiment():
    app = open_page(inputs=["x₁²", "x₂", "sin k·x₁"], sine_frequency="3", epochs="2")
    trainer = run_of(app).trainer
    assert trainer.data.feature_names == ("x2", "x1²", "sin 3·x1")
    assert trainer.network.dense_layers[0].fan_in == 3
    options = dict(trainer.experiment.data.options)
    assert (options["inputs"], options["sine_frequency"]) == ("x2 x1^2 sin(k*x1)", 3.0)
    again = load_expanded(trainer.experiment.data)
    assert again.fingerprint == trainer.data.fingerprint == trainer.experiment.data.fingerprint


@pytest.mark.parametrize("name", list(INPUT_FEATURES))
def test_every_input_feature_can_be_switched_on(name: str):
    label = INPUT_FEATURES[name].label()
    data = run_of(open_page(inputs=[label], epochs="1")).trainer.data
    assert data.n_features == 1 and plane_of(data).n_features == 2
    assert map_of(data).names == (name,)


def test_without_input_features_there_is_one_sentence():
    app = open_page(epochs="1")
    app.get_by_key("inputs").set_value([]).run()
    assert not app.exception
    assert "at least one" in app.error[0].value


def test_data_of_more_features_offer_none():
    app = open_page(data="Iris", epochs="1")
    assert run_of(app).trainer.data.n_features == 4
    with pytest.raises(KeyError):
        app.get_by_key("inputs")


def test_noise_split_and_size_are_those_asked_for():
    app = open_page(
        spiral_n_samples="200",
        spiral_noise="0.3",
        spiral_train_fraction="0.5",
        spiral_test_fraction="0.25",
        epochs="1",
    )
    plane = plane_of_run(app)
    assert [len(plane.features(s)) for s in ("train", "val", "test")] == [100, 50, 50]
    expected = load("spiral", n_samples=200, noise=0.3, train_fraction=0.5, test_fraction=0.25)
    assert plane.fingerprint == expected.fingerprint


def test_regenerate_draws_other_points_and_a_link_gives_them_again():
    app = open_page(epochs="1")
    before = plane_of_run(app).fingerprint
    app.button(key="regenerate").click().run()
    after = plane_of_run(app).fingerprint
    assert after != before and after == load("spiral", seed=1).fingerprint
    assert not app.warning
    assert plane_of_run(open_page(epochs="1", draw_number="1")).fingerprint == after


def test_too_large_a_network_is_one_sentence_with_both_numbers():
    app = open_page(layers="3", units_1="300", units_2="300", units_3="300")
    assert not app.exception and "classification_run" not in app.session_state
    count = nnlib.build_network(
        nnlib.NetworkConfig(hidden=(300, 300, 300)), 2, 1, np.random.default_rng(0)
    ).n_parameters
    (error,) = app.error
    assert f"{count:,}".replace(",", "\\,") in error.value and "100" in error.value
    assert any(f"{count:,} parameters" in caption.value for caption in app.caption)


def test_deeper_and_wider_than_six_layers_of_eight_units_trains():
    query = {f"units_{i}": "20" for i in range(1, 13)}
    trainer = run_of(open_page(layers="12", epochs="1", **query)).trainer
    assert trainer.experiment.network.hidden == (20,) * 12 and trainer.step > 0


def test_a_weight_is_set_by_hand_and_training_goes_on_from_it():
    app = open_page(
        epochs="100000", unit_layer="hidden 2", unit="3", unit_source="unit 2", batch_size="1"
    )
    app.button(key="classification_pause").click().run()
    run = run_of(app)
    old = float(run.trainer.network.parameters()["dense_2.weight"][1, 2])
    assert any(f"The weight is {old:.4g}" in caption.value for caption in app.caption)
    losses = [metric.value for metric in app.metric if "loss" in metric.label]
    app.number_input(key="new_weight").set_value(7.5)
    app.button(key="set_weight").click().run()
    assert run_of(app).trainer.network.parameters()["dense_2.weight"][1, 2] == 7.5
    event = run.trainer.history.events[-1]
    assert (event.name, event.new) == ("dense_2.weight[1, 2]", 7.5)
    assert [metric.value for metric in app.metric if "loss" in metric.label] != losses
    step = run.trainer.step
    app.button(key="classification_step").click().run()
    assert run.trainer.step == step + 1
    assert run.trainer.network.parameters()["dense_2.weight"][1, 2] == pytest.approx(7.5, abs=0.1)
    app.button(key="classification_reset").click().run()
    assert run_of(app).trainer.history.events == []


def test_a_bias_is_set_by_hand():
    app = open_page(epochs="100000", unit_layer="output", unit_source="bias")
    app.button(key="classification_reset").click().run()
    app.number_input(key="new_weight").set_value(-2.0)
    app.button(key="set_weight").click().run()
    assert run_of(app).trainer.network.parameters()["dense_3.bias"][0, 0] == -2.0


def test_a_choice_that_a_smaller_network_does_not_have_becomes_one_it_has():
    app = open_page(epochs="1", unit_layer="hidden 2", unit="16", unit_source="unit 15")
    app.number_input(key="units_2").set_value(3).run()
    app.number_input(key="units_1").set_value(4).run()
    assert not app.exception
    assert app.number_input(key="unit").value == 3
    app.number_input(key="layers").set_value(0).run()
    assert not app.exception
    assert app.selectbox(key="unit_layer").value == "output"


def test_a_target_loss_ends_the_run():
    app = open_page(target_loss="0.1", epochs="1000", classification_pace="full speed")
    trainer = run_of(app).trainer
    for _ in range(20):
        if trainer.done:
            break
        app.run()
    assert trainer.status == "target reached" and float(trainer.history.last("train_loss")) <= 0.1


def test_drawn_points_are_trained_on():
    app = open_page(
        draw="true", points="A-50_0A-60_10A-55_-9B50_5B66_-10B70_20C0_90C5_80", epochs="5"
    )
    trainer = run_of(app).trainer
    assert trainer.data.class_names == ("A", "B", "C")
    assert len(trainer.data.X_train) + len(trainer.data.X_val) == 8
    assert dict(trainer.experiment.data.options)["points"].startswith("A-50_0A-60_10")
    app.button(key="undo").click().run()
    assert app.session_state["points"].endswith("C0_90")
    assert "two classes of two points" in app.error[0].value  # one point of C is left
    app.button(key="clear").click().run()
    assert app.session_state["points"] == "none" and not app.exception
    assert len(app.error) == 1


def test_the_drawing_opens_with_an_example_that_trains():
    trainer = run_of(open_page(draw="true", epochs="2")).trainer
    assert trainer.data.name == "drawn points" and trainer.step > 0


@pytest.mark.parametrize("name", ["Circle", "XOR", "Two Gaussians", "Spiral", "Plane", "Six bumps"])
@pytest.mark.parametrize("discretize", ["true", "false"])
def test_the_data_sets_of_the_playground_are_drawn(name: str, discretize: str):
    app = open_page(data=name, discretize=discretize, lines="gradients", unseen="false", epochs="1")
    assert run_of(app).trainer.step > 0


def test_the_test_split_is_scored():
    app = open_page(
        spiral_train_fraction="0.6",
        spiral_test_fraction="0.2",
        epochs="100",
        classification_pace="full speed",
    )
    trainer = run_of(app).trainer
    for _ in range(20):
        if trainer.done:
            break
        app.run()
    score = trainer.evaluate("test")["accuracy"]
    assert score > 0.95
    assert any(f"Test points: accuracy {score:.1%}" in c.value for c in app.caption)


def test_every_tab_draws_with_input_features():
    app = open_page(inputs=["x₁", "x₁·x₂"], epochs="1")
    for name in ("Predictions", "Layers", "Activations", "Data", "Export", "Playground"):
        app.query_params["details"] = name
        app.run()
        assert not app.exception


def test_nonsense_in_the_link_falls_back():
    app = open_page(
        inputs=["zzz"],
        draw_number="-5",
        unit="99",
        unit_layer="hidden 9",
        unit_source="nobody",
        lines="?",
        details="?",
        epochs="1",
    )
    assert run_of(app).trainer.data.feature_names == ("x1", "x2")
    assert not app.error and app.number_input(key="unit").value in (1, 16)
    app = open_page(draw="true", points="???", next_class="Z", epochs="1")
    assert not app.exception and "two classes of two points" in app.error[0].value
