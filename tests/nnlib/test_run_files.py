"""Runs as files: what is in one, training it again bit for bit, and what is refused."""

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_runs import DATA, EXPLODING, FULL, assert_same_bits, make_experiment

from nnlib.datasets import from_frame, load
from nnlib.forks import fork
from nnlib.instruments import Instrument
from nnlib.interventions import set_parameter
from nnlib.replay import main, replay
from nnlib.run_files import load_run, save_run
from nnlib.training import Trainer


def changed_on_the_way() -> Trainer:
    trainer = Trainer(make_experiment(), DATA["binary"])
    trainer.advance(steps=3)
    trainer.change(learning_rate=0.1, epochs=6)
    trainer.advance(steps=2)
    set_parameter(trainer, "dense_2.bias", (0, 1), -0.5)
    trainer.advance(steps=4)
    return trainer


def trained(experiment, task="multiclass", steps=100) -> Trainer:
    trainer = Trainer(experiment, DATA[task])
    trainer.advance(steps=steps)
    return trainer


def forked() -> Trainer:
    trainer = fork(trained(FULL), 5, batch_norm_after=True, epochs=6)
    trainer.advance(steps=100)
    return trainer


MAKE = {
    "whole": lambda: trained(FULL),
    "in the middle": lambda: trained(FULL, steps=4),
    "changed on the way": changed_on_the_way,
    "early stopping": lambda: trained(make_experiment(patience=1, learning_rate=0.5)),
    "diverged": lambda: trained(EXPLODING, "regression"),
    "stack": lambda: trained([make_experiment({"dropout": 0.2}, seed=s) for s in (0, 3)]),
    "fork": forked,
    "no hidden layers": lambda: trained(make_experiment({"hidden": ()})),
}


def written(trainer: Trainer, **options) -> io.BytesIO:
    file = io.BytesIO()
    save_run(file, trainer, **options)
    file.seek(0)
    return file


@pytest.mark.parametrize("name", MAKE)
def test_a_run_out_of_its_file_agrees_bit_for_bit_and_goes_on(name):
    trainer = MAKE[name]()
    run = load_run(written(trainer))
    result = replay(run)
    assert result.agrees, result
    assert "agree bit for bit" in result.sentence
    again = run.end()
    assert (again.status, again.step) == (trainer.status, trainer.step) == (run.status, again.step)
    for one in (trainer, again):
        one.advance(steps=3)
    assert_same_bits(again, trainer)


def test_what_is_in_the_file():
    trainer = changed_on_the_way()
    with zipfile.ZipFile(written(trainer)) as archive:
        assert set(archive.namelist()) == {"run.json", "history.csv", "snapshot.npz", "data.npz"}
        document = json.loads(archive.read("run.json"))
        rows = list(csv.DictReader(io.StringIO(archive.read("history.csv").decode())))
    assert document["experiments"][0]["training"]["learning_rate"] == 0.1
    assert [e["name"] for e in document["events"]] == [
        "learning_rate",
        "epochs",
        "dense_2.bias[0, 1]",
    ]
    assert document["versions"]["numpy"] == np.__version__
    losses = [float(row["value"]) for row in rows if row["series"] == "train_loss"]
    np.testing.assert_array_equal(losses, trainer.history["train_loss"])


def test_a_table_keeps_its_preparation_and_the_numbers_of_its_rows():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=40), "b": list("xy") * 20, "y": list("ppqq") * 10})
    trainer = Trainer(make_experiment(), from_frame(frame, "y"))
    trainer.advance(steps=2)
    run = load_run(written(trainer))
    assert run.preparation == json.loads(json.dumps(trainer.data.preprocessing.document()))
    table = frame[["a", "b"]]
    for ours, theirs in zip(
        run.data.preprocessing.transform_with_notes(table),
        trainer.data.preprocessing.transform_with_notes(table),
        strict=True,
    ):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(run.data.row_numbers, trainer.data.row_numbers, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert run.data.notes == trainer.data.notes


def test_a_file_without_data_wants_those_of_the_run():
    run = load_run(written(trained(FULL), with_data=False))
    assert run.data is None
    with pytest.raises(ValueError, match="without its data"):
        replay(run)
    with pytest.raises(ValueError, match="not the data of this run"):
        replay(run, DATA["binary"])
    assert replay(run, DATA["multiclass"]).agrees


def test_a_difference_is_told_with_its_step_and_its_size():
    run = load_run(written(trained(make_experiment())))
    history = run.snapshot.history
    values = history.series["train_loss"].values
    at = int(history.steps("train_loss")[3])
    values[3] *= 1.25
    arrays = dict(run.snapshot.arrays)
    arrays["network.flat_parameters"] = arrays["network.flat_parameters"] + np.float32(0.5)
    result = replay(replace(run, snapshot=replace(run.snapshot, arrays=arrays)))
    assert not result.agrees
    assert result.first == (at, "train_loss")
    assert result.records_by == pytest.approx(0.2)
    assert result.weights_by == pytest.approx(0.5, rel=1e-5)
    assert f"from step {at} on, first in train_loss" in result.sentence


def test_the_command_says_whether_a_run_agrees(tmp_path, capsys):
    path = tmp_path / "run.zip"
    save_run(path, trained(FULL))
    command = [sys.executable, "-m", "nnlib.replay", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("History and weights agree bit for bit: ")
    run = load_run(path)
    run.snapshot.history.series["train_loss"].values[-1] += 1
    changed = run.end()
    save_run(path, changed)
    assert main([str(path)]) == 1
    path.write_bytes(b"nothing")
    assert main([str(path)]) == 2
    assert main([str(tmp_path / "none.zip")]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("The history differs from step")
    assert lines[-2] == "This file is not a run saved by nnlib."
    assert "No such file" in lines[-1]


def test_the_command_loads_built_in_data_by_name(tmp_path, capsys):
    data = load("moons", n_samples=60)
    reference = replace(make_experiment().data, name="moons", options=(("n_samples", 60),))
    trainer = Trainer(replace(make_experiment(), data=reference), data)
    trainer.advance(steps=3)
    save_run(tmp_path / "run.zip", trainer, with_data=False)
    assert main([str(tmp_path / "run.zip")]) == 0
    save_run(tmp_path / "run.zip", trained(FULL), with_data=False)
    assert main([str(tmp_path / "run.zip")]) == 2
    assert "does not hold the data" in capsys.readouterr().out


def test_what_no_file_can_hold_is_refused():
    own = Instrument("own", "run", lambda moment: moment.loss)
    for options, message in (
        ({"schedule": lambda step: 0.5}, "a schedule of its own"),
        ({"instruments": [own]}, "The instrument own"),
    ):
        with pytest.raises(ValueError, match=message):
            written(Trainer(make_experiment(), DATA["binary"], **options))


# --- hostile files --------------------------------------------------------------------------------


def repacked(file: io.BytesIO, **changes) -> io.BytesIO:
    """Return the file with some entries changed by a function of their bytes."""
    changed = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            change = changes.get(name.partition(".")[0], lambda data: data)
            new.writestr(name, change(old.read(name)))
    changed.seek(0)
    return changed


def with_values(**values):
    return lambda text: json.dumps(json.loads(text) | values).encode()


REFUSED = {
    "another format": {"run": with_values(format="nnlib model 1")},
    "another dtype": {"run": with_values(dtype="object")},
    "unknown instrument": {"run": with_values(instruments={"__import__": 1})},
    "cadence of zero": {"run": with_values(instruments={"batch_loss": 0})},
    "no JSON": {"run": lambda text: text[:-5]},
    "a deep JSON": {"run": lambda text: b"[" * 100_000},
    "other data": {"data": lambda old: written_data("binary")},
    "no arrays": {"snapshot": lambda old: b"PK"},
}


def written_data(task: str) -> bytes:
    with zipfile.ZipFile(written(trained(make_experiment(), task))) as archive:
        return archive.read("data.npz")


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_file_is_refused_in_one_sentence(name):
    file = repacked(written(trained(FULL, steps=4)), **REFUSED[name])
    with pytest.raises(ValueError) as refused:
        load_run(file)
    assert str(refused.value) == "This file is not a run saved by nnlib."


def test_a_large_network_is_not_built_for_a_small_file():
    def enlarge(document: dict) -> None:
        for name in ("experiments", "started"):
            document[name][0]["network"]["hidden"] = [4096] * 64

    with pytest.raises(ValueError, match="not a run saved by nnlib"):
        load_run(repacked(written(trained(make_experiment())), snapshot=described(enlarge)))


def described(change):
    """Return what changes the description of a snapshot."""

    def write(old: bytes) -> bytes:
        with np.load(io.BytesIO(old), allow_pickle=False) as archive:
            arrays = dict(archive)
        document = json.loads(arrays["description"].tobytes())
        change(document)
        arrays["description"] = np.frombuffer(json.dumps(document).encode(), np.uint8)
        stream = io.BytesIO()
        np.savez(stream, allow_pickle=False, **arrays)
        return stream.getvalue()

    return write


def leaves(document, path=()):
    items = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from leaves(value, (*path, key))


def test_any_value_may_be_another_one():
    file, rng = written(changed_on_the_way()), np.random.default_rng(1)
    odd = [None, -1, 0, 1e308, 2**70, "x", "", [], {}, True, [[1]], float("nan")]

    def spoil(document: dict) -> None:
        paths = list(leaves(document))
        *above, last = paths[rng.integers(len(paths))]
        for key in above:
            document = document[key]
        document[last] = odd[rng.integers(len(odd))]

    def spoiled(text: bytes) -> bytes:
        document = json.loads(text)
        spoil(document)
        return json.dumps(document).encode()

    refused = 0
    for trial in range(120):
        part = {"run": spoiled} if trial % 2 else {"snapshot": described(spoil)}
        try:
            run = load_run(repacked(file, **part))
        except ValueError as error:
            refused += 1
            assert str(error) == "This file is not a run saved by nnlib."
            continue
        with suppress(ValueError):  # an event that does not fit shows when it is due
            replay(run)
    assert refused > 30


def test_a_file_that_unpacks_to_too_much_is_refused():
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("run.json", b" " * 20_000_000)
    assert bomb.tell() < 100_000
    bomb.seek(0)
    with pytest.raises(ValueError, match="This run is larger than 10 MB once it is unpacked"):
        load_run(bomb, most_bytes=10 * 2**20)


def test_damaged_files_are_refused_in_one_sentence_or_still_fit():
    whole, rng = written(trained(FULL, steps=3)).getvalue(), np.random.default_rng(0)
    for trial in range(60):
        damaged = bytearray(whole)
        if trial % 3 == 0:
            del damaged[rng.integers(len(whole)) :]
        for place in rng.integers(max(1, len(damaged)), size=6) if damaged else ():
            damaged[place] = rng.integers(256)
        try:
            load_run(io.BytesIO(bytes(damaged)))
        except ValueError as error:
            # A damaged directory may say that the archive is a large one.
            assert re.match(r"This (file is not a run saved|run is larger than)", str(error))
