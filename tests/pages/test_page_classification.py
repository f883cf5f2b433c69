"""The Classification page through Streamlit's AppTest, over its controls and broken inputs."""

import io
import re
from functools import partial

import apptest
import numpy as np
import pandas as pd
import pytest
from apptest import finished, link_of, said
from sklearn.datasets import load_diabetes, load_wine
from streamlit.testing.v1 import AppTest

import nnlib
from nnlib.datasets import DATASETS
from pages.shared.controls import label_of

open_page = partial(apptest.open_page, "classification")


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

    monkeypatch.setattr("nnlib.datasets.bundled.find_full_mnist", lambda: ())
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


@pytest.mark.parametrize(
    ("optimizer", "schedule"),
    [
        *((name, "constant") for name in nnlib.OPTIMIZERS),
        *(("adam", name) for name in nnlib.SCHEDULES if name != "constant"),
    ],
)
def test_every_optimizer_and_schedule_trains(optimizer: str, schedule: str):
    app = open_page(optimizer=label_of(optimizer), schedule=label_of(schedule), epochs="1")
    trainer = run_of(app).trainer
    assert trainer.step > 0
    assert (trainer.config.optimizer, trainer.config.schedule) == (optimizer, schedule)


def test_learning_rate_changes_the_run_and_an_architecture_starts_a_new_one():
    app = open_page(epochs="100000")
    app.button(key="classification_play").click().run()
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


@pytest.mark.parametrize(("optimizer", "layers"), [("SGD", "2"), ("Adam", "20")])
def test_divergence_is_told_with_step_and_layer_and_clipping_where_it_helps(optimizer, layers):
    app = open_page(
        data="Diabetes",
        optimizer=optimizer,
        layers=layers,
        learning_rate="100",
        activation="linear",
        classification_pace="full speed",
    )
    assert run_of(app).trainer.status == "diverged"
    (warning,) = app.warning
    assert re.search(r"diverged: at step .* of (hidden \d+|output) stopped", warning.value)
    assert ("clip the gradient norm" in warning.value) == (optimizer == "SGD")


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
        ",".join(f"c{i}" for i in range(5000)).encode() + b"\n" + b",".join([b"1"] * 5000) + b"\n",
    ],
    ids=["empty", "one column", "no rows", "binary", "zip", "one class", "too wide"],
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


def test_values_of_a_link_that_cannot_be_had_are_told_once_and_leave_the_address():
    query = {"learning_rate": "7", "layers": "999", "data": "Nonsense", "l2": "0.00001"}
    app = open_page(epochs="1", **query)
    told = [
        line for line in said(app, "warning").replace("\\", "").splitlines() if "the link" in line
    ]
    assert len(told) == 3
    assert any("Learning rate" in line and "is the nearest" in line for line in told)
    assert any("Data set" in line and "Nonsense" in line for line in told)
    assert app.number_input(key="layers").value == 64
    assert app.select_slider(key="l2").value == 1e-5
    link = link_of(app)
    assert not {"7", "999", "Nonsense"} & {text for values in link.values() for text in values}


def test_a_run_that_has_ended_plays_again_to_the_same_end():
    app = finished(open_page(epochs="3", classification_pace="10 steps"))
    run, play = run_of(app), app.button(key="classification_play")
    assert "Play again" in play.label and app.button(key="classification_step").disabled
    last, weights = run.trainer.step, run.trainer.network.flat_parameters.copy()
    play.click().run()
    assert run_of(app).running and 0 < run_of(app).trainer.step < last
    trainer = run_of(finished(app)).trainer
    assert trainer.step == last
    np.testing.assert_array_equal(trainer.network.flat_parameters, weights)


def test_a_target_loss_ends_the_run():
    app = open_page(target_loss="0.1", epochs="1000", classification_pace="full speed")
    trainer = run_of(finished(app)).trainer
    assert trainer.status == "target reached" and float(trainer.history.last("train_loss")) <= 0.1
