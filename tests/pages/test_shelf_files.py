"""A run's file puts the run on the shelf again, and no file breaks the page or fills the memory."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import apptest
import numpy as np
import pytest
from apptest import Shown, checked, finished, said
from small_runs import DATA, EXPLODING, make_experiment
from streamlit.testing.v1 import AppTest

import nnlib
from pages.shared import shelf, shelf_files
from pages.shared.shelf_files import file_of, read_run

open_page = partial(
    apptest.open_page, "classification", classification_pace="full speed", epochs="2"
)


def trained(steps: int = 6, *, data: str = "multiclass", **training: Any) -> nnlib.Trainer:
    trainer = nnlib.Trainer(make_experiment(**training), DATA[data])
    trainer.advance(steps=steps)
    return trainer


def drop(app: AppTest, content: bytes, number: int = 0) -> AppTest:
    upload = app.file_uploader(key=f"run_file_{number}").set_value(("r.zip", content, "zip"))
    return checked(upload.run())


def kept(app: AppTest) -> list[shelf.KeptRun]:
    runs: list[shelf.KeptRun] = app.session_state["shelf_of_runs"]
    return runs


def test_a_file_puts_a_run_on_the_shelf_of_a_new_session(shown: Shown):
    app = finished(open_page(learning_rate="0.1"))
    first = app.session_state["classification_run"].trainer
    content = file_of(first)

    app = drop(finished(open_page()), content)
    assert [k.identity for k in kept(app)] == [shelf.identity_of(first)]
    assert shown.names("losses")[0] == "learning rate 0.1"
    np.testing.assert_allclose(
        shown.values("losses", "learning rate 0.1"), first.history["val_loss"]
    )
    app = finished(checked(app.button(key="kept_again").click().run()))
    assert app.select_slider(key="learning_rate").value == 0.1
    run = app.session_state["classification_run"].trainer
    np.testing.assert_array_equal(run.network.flat_parameters, first.network.flat_parameters)

    app = drop(app, content, 1)
    assert "on the shelf already" in said(app, "error") and len(kept(app)) == 1
    app = drop(app, b"PK" + content[2:400], 1)
    assert "not a run saved by nnlib" in said(app, "error")
    app = drop(app, file_of(trained()), 1)
    assert len(kept(app)) == 2 and "1 of them trained on other data" in said(app, "caption")
    assert app.button(key="kept_again").disabled is False and not said(app, "error")


def test_a_run_whose_parts_do_not_fit_the_data_is_refused_and_so_is_one_too_much(
    monkeypatch: pytest.MonkeyPatch,
):
    app = finished(open_page())
    trainer = app.session_state["classification_run"].trainer
    other = nnlib.Trainer(trainer.experiment.with_network(hidden=(3,)), trainer.data)
    same = (trainer.experiment,)
    snapshot = replace(other.snapshot(), experiments=same, started=same)
    whole = file_of(trainer)
    app = drop(app, repacked(whole, "snapshot.npz", lambda old: written(snapshot)))
    assert "not" in said(app, "error") and not kept(app)
    monkeypatch.setattr(shelf, "MOST_BYTES", 2**12)
    assert "Delete a kept run" in said(drop(app, whole), "error") and not kept(app)


def written(snapshot: nnlib.Snapshot) -> bytes:
    stream = io.BytesIO()
    nnlib.save_snapshot(stream, snapshot)
    return stream.getvalue()


def repacked(whole: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(stream, "w") as new:
        for entry in old.namelist():
            content = old.read(entry)
            new.writestr(entry, change(content) if entry == name else content)
    return stream.getvalue()


RUNS: dict[str, Callable[[], nnlib.Trainer]] = {
    "single": trained,
    "regression that diverged": lambda: trained(100, data="regression", **EXPLODING_SETTINGS),
    "no hidden layers": lambda: at_start(make_experiment({"hidden": ()})),
    "at its start": lambda: trained(0),
    "fork": lambda: nnlib.fork(trained(), 3, learning_rate=0.5),
}
EXPLODING_SETTINGS = {"learning_rate": EXPLODING.training.learning_rate}


def at_start(experiment: nnlib.Experiment) -> nnlib.Trainer:
    trainer = nnlib.Trainer(experiment, DATA["multiclass"])
    trainer.advance(steps=2)
    return trainer


@pytest.mark.parametrize("name", RUNS)
def test_every_kind_of_single_run_is_read(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shelf, "free_place", lambda: 3)
    trainer = RUNS[name]()
    run = read_run(file_of(trainer))
    assert run.place == 3 and run.identity == shelf.identity_of(trainer)
    assert run.can_be_named == (name != "fork") and run.score_name == trainer.score_name
    assert run.run.data is None


Document = dict[str, Any]


def with_description(change: Callable[[Document, dict[str, np.ndarray]], object]) -> bytes:
    """Return the file of a run whose snapshot is another one."""

    def write(old: bytes) -> bytes:
        with np.load(io.BytesIO(old), allow_pickle=False) as archive:
            arrays = dict(archive)
        document = json.loads(arrays["description"].tobytes())
        change(document, arrays)
        arrays["description"] = np.frombuffer(json.dumps(document).encode(), np.uint8)
        stream = io.BytesIO()
        np.savez(stream, allow_pickle=False, **arrays)
        return stream.getvalue()

    return repacked(file_of(trained()), "snapshot.npz", write)


def reshaped(name: str, change: Callable[[np.ndarray], np.ndarray]) -> bytes:
    def spoil(document: Document, arrays: dict[str, np.ndarray]) -> None:
        arrays[f"history.{name}"] = change(arrays[f"history.{name}"])

    return with_description(spoil)


def renamed(document: Document, arrays: dict[str, np.ndarray]) -> None:
    series = document["history"]["series"]
    series["x"] = series.pop("train_loss")
    for part in ("steps", "values"):
        arrays[f"history.x.{part}"] = arrays.pop(f"history.train_loss.{part}")


def event(**fields: Any) -> Document:
    return {"step": 1, "name": "learning_rate", "old": 0.1, "new": 0.2, "kind": "setting"} | fields


HOSTILE: dict[str, Callable[[], bytes]] = {
    "no archive": lambda: b"",
    "losses of many": lambda: reshaped("train_loss.values", lambda v: v[:, None]),
    "gradients of none": lambda: reshaped("gradient_norm.values", lambda v: v[:, 0]),
    "steps to come": lambda: reshaped("train_loss.steps", lambda s: s + 100),
    "steps before": lambda: reshaped("train_loss.steps", lambda s: s - 100),
    "another series": lambda: with_description(renamed),
    "years of steps": lambda: with_description(lambda d, _: d.update(step=2**40)),
    "no seconds": lambda: with_description(lambda d, _: d.update(seconds=float("nan"))),
    "long texts": lambda: with_description(
        lambda d, _: d["history"].update(layer_names=["x" * 2_000_000])
    ),
    "no epochs": lambda: with_description(lambda d, _: d["history"].update(steps_per_epoch=0)),
    "another network": lambda: with_description(
        lambda d, _: d["experiments"][0]["network"].update(hidden=[7])
    ),
    "many events": lambda: with_description(
        lambda d, _: d["history"].update(events=[event()] * 20_000)
    ),
    "another setting": lambda: with_description(
        lambda d, _: d["history"].update(events=[event(name="self")])
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_one_sentence(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shelf, "free_place", lambda: 0)
    with pytest.raises(ValueError, match=r"^This file is not a run saved by nnlib\.$"):
        read_run(HOSTILE[name]())


def test_a_stack_and_a_file_that_unpacks_to_too_much_are_refused(monkeypatch: pytest.MonkeyPatch):
    both = [make_experiment(seed=s) for s in (0, 1)]
    with pytest.raises(ValueError, match="several runs"):
        read_run(file_of(nnlib.Trainer(both, DATA["multiclass"])))
    monkeypatch.setattr(shelf_files, "MOST_UNPACKED", 2**12)
    with pytest.raises(ValueError, match="larger than 0 MB once it is unpacked"):
        read_run(file_of(trained()))
