"""The Classification page through Streamlit's AppTest, over its controls and broken inputs."""

import io
from pathlib import Path

import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_wine
from streamlit.testing.v1 import AppTest

import nnlib
from nnlib.datasets import DATASETS
from pages.shared.controls import label_of

ROOT = Path(__file__).resolve().parents[1]


def open_page(**query: str) -> AppTest:
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
