"""Logs of runs that were trained elsewhere: read, understood, and diagnosed."""

import json
from pathlib import Path

import numpy as np
import pytest

import nnlib
from nnlib.datasets import DatasetError
from nnlib.logs import SAMPLES, guess_roles, log_of, read_log

LIGHTNING = """epoch,step,train_loss_epoch,train_loss_step,val_loss
0,9,,0.70,
0,19,,0.60,
0,19,0.65,,
0,19,,,0.64
1,39,,0.50,
1,39,0.55,,
1,39,,,0.58
"""
KERAS = "epoch,accuracy,loss,val_accuracy,val_loss\n" + "".join(
    f"{e},0.9,{1 / (e + 1)},0.8,{0.3 + 0.05 * e}\n" for e in range(20)
)
WANDB = (
    '"Step","deep-sun-1 - loss","deep-sun-1 - loss__MIN","deep-sun-1 - loss__MAX",'
    '"deep-sun-1 - val/loss"\n"0","0.7","0.1","9","0.8"\n"10","NaN","0.1","9",""\n'
)
TENSORBOARD = "Wall time,Step,Value\n1700000000.1,0,0.7\n1700000001.1,50,0.5\n"
HUGGING_FACE = json.dumps(
    {
        "log_history": [
            {"loss": 0.7, "learning_rate": 5e-5, "epoch": 0.5, "step": 50},
            {"eval_loss": 0.6, "eval_accuracy": 0.7, "epoch": 1.0, "step": 100},
            {"loss": 0.5, "learning_rate": 2e-5, "epoch": 1.0, "step": 100},
            {"train_loss": 0.6, "train_runtime": 12.0, "epoch": 1.0, "step": 100},
        ]
    }
)


def read(text: str, name: str = "log.csv", **settings: object) -> nnlib.logs.Log:
    return log_of(read_log(text.encode(), name), settings=settings)


def series(log: nnlib.logs.Log, name: str) -> dict[int, float]:
    return dict(zip(log.history.steps(name).tolist(), log.history[name].tolist(), strict=True))


def diagnosed(name: str, **settings: object) -> nnlib.Diagnosis:
    return nnlib.diagnose_log(log_of(read_log((SAMPLES / name).read_bytes(), name), None, settings))


def test_rows_of_lightning_hold_only_some_columns() -> None:
    log = read(LIGHTNING)
    assert series(log, "train_loss") == {19: 0.65, 39: 0.55}
    assert series(log, "val_loss") == {19: 0.64, 39: 0.58}
    assert series(log, "batch_loss") == {9: 0.7, 19: 0.6, 39: 0.5}
    assert (log.epochs, log.by_epoch) == (2, False)


def test_epochs_of_keras_begin_at_0_and_are_records_at_their_end() -> None:
    log = read(KERAS)
    assert log.by_epoch and log.epochs == 20 and log.last_step == 20
    assert log.history.steps("val_loss")[0] == 1
    assert log.settings["task"] == "classification"


def test_exports_of_wandb_name_the_run_and_have_bounds() -> None:
    log = read(WANDB)
    assert series(log, "train_loss")[0] == 0.7
    assert series(log, "val_loss") == {0: 0.8}  # a blank cell is none, a NaN is a value
    assert log.history.divergence is not None and log.history.divergence.step == 10


def test_an_export_of_tensorboard_says_in_its_name_what_it_holds() -> None:
    assert series(read(TENSORBOARD, "run_validation-tag-epoch_loss.csv"), "val_loss")[50] == 0.5
    assert series(read(TENSORBOARD, "run_train-tag-epoch_loss.csv"), "train_loss")[50] == 0.5


def test_a_trainer_of_hugging_face_mixes_records() -> None:
    log = read(HUGGING_FACE, "trainer_state.json")
    assert series(log, "train_loss") == {50: 0.7, 100: 0.5}
    assert series(log, "val_loss") == {100: 0.6}
    assert series(log, "learning_rate") == {50: 5e-5, 100: 2e-5}


def test_a_loss_of_every_step_is_that_of_minibatches() -> None:
    rows = "".join(f"{i // 10},{i},{i % 10}\n" for i in range(40))
    log = read("epoch,step,loss\n" + rows)
    assert len(log.history["batch_loss"]) == 40
    assert len(log.history["train_loss"]) <= 5 and np.ptp(log.history["train_loss"][:-1]) < 1.5


def test_columns_can_be_corrected() -> None:
    raw = read_log(b"t,alpha,beta\n0,1.0,2.0\n5,0.5,1.5\n")
    assert guess_roles(raw.counts) == {}
    log = log_of(raw, {"step": "t", "train_loss": "alpha", "val_loss": "beta"})
    assert series(log, "val_loss") == {0: 2.0, 5: 1.5}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "This file is empty."),
        (b"a,b\nx,y\n", "This file holds no column of numbers."),
        (b"a,b\n1,2\n", "No column of this log holds a loss by its name."),
        (b'{"loss": 1}\nnot json\n{"loss": 2}\n', "Line 2 of this file is not JSON."),
        (b"[1, 2]", "This file holds no column of numbers."),
        (b'{"log_history": 3}', "This file holds no records."),
    ],
)
def test_what_is_no_log_is_refused_in_a_sentence(content: bytes, problem: str) -> None:
    with pytest.raises(DatasetError) as caught:
        log_of(read_log(content))
    assert caught.value.problem == problem


def test_a_line_that_was_cut_off_ends_the_log() -> None:
    assert len(
        read('{"step": 0, "loss": 1}\n{"step": 1, "loss": 2}\n{"step":').history["train_loss"]
    )


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("torch-vanishing.jsonl", "vanishing_gradients"),
        ("torch-dead-layer.jsonl", "dead_relu"),
        ("torch-rate-too-high.jsonl", "lr_too_high"),
        ("keras-rare-class.jsonl", "class_imbalance"),
        ("keras-csvlogger-overfitting.csv", "overfitting"),
    ],
)
def test_the_known_fault_of_a_real_run_is_named_from_its_log(name: str, fault: str) -> None:
    diagnosis = diagnosed(name, classes=2)
    assert [f.fault for f in diagnosis.problems] == [fault]
    assert diagnosis.findings[0].evidence


def test_a_healthy_run_is_called_so() -> None:
    diagnosis = diagnosed("torch-healthy.jsonl")
    assert not diagnosis.findings and len(diagnosis.healthy) == 4


def test_a_rule_without_its_evidence_is_silent_and_says_what_it_misses() -> None:
    diagnosis = nnlib.diagnose_log(read(KERAS))
    assert not diagnosis.findings
    missing = {s.missing for s in diagnosis.silent}
    assert {"how many classes there are", "a column “signal_norm”"} <= missing
    told = nnlib.diagnose_log(read(KERAS, classes=2))
    assert [f.fault for f in told.findings] == ["overfitting"]
    assert told.findings[0].where.steps is None  # its positions are epochs
    assert "how many classes there are" not in {s.missing for s in told.silent}


def test_a_loss_that_overflows_is_found_without_the_learning_rate_and_then_has_no_remedy() -> None:
    found = nnlib.diagnose_log(read(WANDB, classes=2)).findings
    assert [(f.fault, f.remedies) for f in found] == [("lr_too_high", ())]
    told = nnlib.diagnose_log(read(WANDB, classes=2, learning_rate=1.0)).findings
    assert told[0].remedies[0].changes == {"training": {"learning_rate": 0.1}}


def test_every_sample_is_small_and_has_a_name() -> None:
    assert all(path.stat().st_size < 120_000 for path in Path(SAMPLES).iterdir())
