"""Saved models with their preprocessing, and the command that predicts with them."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.datasets import Dataset, DatasetError, from_frame, load
from nnlib.datasets.text.bag import BagSettings, make_text_data
from nnlib.datasets.text.corpora import Corpus
from nnlib.model import Model, load_model, save_model
from nnlib.predict import main, predict_frame
from nnlib.training import train

ROOT = Path(__file__).resolve().parents[2]
RNG = np.random.default_rng(4)
FRAME = pd.DataFrame(
    {
        "size": np.where(RNG.random(120) < 0.1, np.nan, RNG.normal(10, 4, 120)),
        "color": RNG.choice(["red", "green", "=blue"], 120),
        "id": [f"row-{i}" for i in range(120)],
    }
)
FRAME["kind"] = np.where(FRAME["color"] == "red", "=warm", "cold")
FRAME["price"] = 100 + 20 * (FRAME["color"] == "red")
EXPERIMENT = Experiment(
    NetworkConfig(hidden=(8,)), TrainingConfig(epochs=30, learning_rate=0.02, batch_size=16)
)


def saved(data: Dataset) -> tuple[Model, Model]:
    """Return a trained model, and the same saved and loaded."""
    trainer = train(EXPERIMENT, data)
    buffer = io.BytesIO()
    save_model(buffer, trainer.model)
    buffer.seek(0)
    return trainer.model, load_model(buffer)


@pytest.mark.parametrize("target", ["kind", "price"])
def test_a_loaded_model_prepares_and_predicts_as_the_saved_one(target):
    features = ["size", "color", "id"]
    model, loaded = saved(from_frame(FRAME, target, features=features))
    expected, notes = predict_frame(model, FRAME)
    predicted, notes_again = predict_frame(loaded, FRAME)
    pd.testing.assert_frame_equal(predicted, expected)
    assert notes == notes_again
    if target == "kind":
        assert (predicted["predicted"] == FRAME["kind"]).mean() > 0.95


def test_second_tables_are_prepared_by_what_training_learned():
    _, model = saved(from_frame(FRAME, "kind", features=["size", "color", "id"]))
    first = predict_frame(model, FRAME)[0]
    shuffled = FRAME[["color", "size"]].iloc[:5].assign(new=1)
    predicted, notes = predict_frame(model, shuffled)
    pd.testing.assert_frame_equal(predicted, first.iloc[:5])
    assert any("did not have are ignored: 'new'" in note for note in notes)
    with pytest.raises(DatasetError, match="lacks the columns 'color'"):
        predict_frame(model, FRAME[["size"]])


def test_texts_are_prepared_as_in_training():
    words = ["good", "lovely", "bad", "awful"]
    texts = tuple(f"a {words[i % 4]} day number{i}" for i in range(40))
    corpus = Corpus("made", texts, tuple(float(i % 4 < 2) for i in range(40)))
    made = make_text_data(corpus, BagSettings("tf-idf", 2, 200, 1))
    model, loaded = saved(made.data)
    assert loaded.preprocessing == made.bag
    frame = pd.DataFrame({"text": ["a lovely day", "an awful day"]})
    pd.testing.assert_frame_equal(predict_frame(loaded, frame)[0], predict_frame(model, frame)[0])


def test_a_model_of_numbers_cannot_prepare_a_table():
    _, model = saved(load("moons"))
    assert model.preprocessing is None
    with pytest.raises(DatasetError, match="not trained on a table"):
        predict_frame(model, FRAME)


def test_a_damaged_preprocessing_is_no_model(tmp_path):
    model, _ = saved(from_frame(FRAME, "kind"))
    path = tmp_path / "model.npz"
    broken = replace(model.preprocessing, encoding=model.preprocessing.encoding)
    save_model(path, replace(model, preprocessing=broken))
    content = dict(np.load(path))
    text = content["description"].tobytes().replace(b'"kind": "table"', b'"kind": "magic"')
    content["description"] = np.frombuffer(text, np.uint8)
    np.savez(path, **content)
    with pytest.raises(ValueError, match="not a model"):
        load_model(path)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("predict")
    save_model(
        folder / "model.npz",
        train(EXPERIMENT, from_frame(FRAME, "kind", features=["size", "color", "id"])).model,
    )
    FRAME[["color", "size", "id"]].to_csv(folder / "new.csv", index=False)
    return folder


def test_the_command_works_without_the_dashboard(files):
    code = "import sys; sys.modules['streamlit'] = None; sys.modules['plotly'] = None; "
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code + "from nnlib.predict import main; "
         "sys.exit(main(sys.argv[1:]))", files / "model.npz", files / "new.csv"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "another order" in run.stderr
    table = pd.read_csv(io.StringIO(run.stdout))
    assert len(table) == len(FRAME)
    # A class name that a spreadsheet would run is written as text.
    assert set(table["predicted"]) == {"'=warm", "cold"}
    assert "'=warm" in run.stdout and "probability of =warm" in run.stdout


@pytest.mark.parametrize(
    ("model", "table", "said"),
    [
        ("none.npz", "new.csv", "cannot be read"),
        ("new.csv", "new.csv", "cannot be read"),
        ("model.npz", "none.csv", "could not be read"),
        ("model.npz", "model.npz", ""),
    ],
)
def test_the_command_says_in_a_sentence_what_is_wrong(files, capsys, model, table, said):
    assert main([str(files / model), str(files / table)]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert said in err and "Traceback" not in err
