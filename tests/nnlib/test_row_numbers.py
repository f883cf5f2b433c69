"""The lines of a person's file stay with its rows, from reading to predictions."""

from __future__ import annotations

import io
import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from nnlib.config import DataReference, Experiment, NetworkConfig, TrainingConfig
from nnlib.datasets import DatasetError, from_csv, from_frame, read_table
from nnlib.datasets.tables.options import options_of_values
from nnlib.datasets.tables.predictions import every_row
from nnlib.datasets.text.bag import BagSettings, make_text_data
from nnlib.datasets.text.corpora import corpus_from_frame
from nnlib.labs.overfitting import fewer_examples
from nnlib.model import save_model
from nnlib.predict import main, predict_table
from nnlib.training import Trainer, train

# --- reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "lines", "left_out"),
    [
        ("a,b,c\n1,2,x\n3,4,y\n", [2, 3], []),
        ("a,b,c\n1,2,x\n\n3,4,y\n", [2, 4], []),
        ("Report of May\n\na,b,c\n1,2,x\n3,4,y\n", [4, 5], []),
        ('a,b,c\n1,2,"x\nx"\n3,4,y\n', [3, 4], []),  # a row ends on its last line
        ("a,b,c\n1,2,x\nNA,NA,NA\n3,4,y\n5,6,x\n", [2, 4, 5], [3]),
        ("a,b,c\n" + "1,2,x\n" * 9 + "1,2,x,8\n" + "3,4,y\n", [*range(2, 11), 12], [11]),
        ("a,b,c\n1,2,x\na,b,c\n3,4,y\n", [2, 4], []),  # names that come again are no row
    ],
    ids=["plain", "blank line", "title", "two lines", "empty", "too long", "joined"],
)
def test_rows_keep_their_lines(text, lines, left_out):
    table = read_table(text.encode())
    assert table.lines.tolist() == lines
    assert table.left_out.tolist() == left_out
    assert len(table.frame) == len(lines)


def test_rows_of_a_sample_keep_their_lines(monkeypatch):
    monkeypatch.setattr("nnlib.datasets.tables.limits.MAX_ROWS", 10)
    text = "a,b\n" + "".join(f"{line},x\n" for line in range(2, 42))
    table = read_table(text.encode(), sample_seed=3)
    assert table.frame["a"].tolist() == table.lines.tolist()
    assert sorted([*table.lines, *table.left_out]) == list(range(2, 42))


def test_rows_of_workbooks_and_parquet_are_counted():
    frame = pd.DataFrame({"a": [1.5, np.nan, 3.5], "b": ["x", None, "y"]})
    book, parquet = io.BytesIO(), io.BytesIO()
    frame.to_excel(book, index=False)
    frame.to_parquet(parquet)
    assert read_table(book.getvalue()).lines.tolist() == [2, 4]
    table = read_table(parquet.getvalue())
    assert (table.lines.tolist(), table.left_out.tolist()) == ([1, 3], [2])


# --- data sets ------------------------------------------------------------------------------------

ROWS = [f"{i}.5,{'uv'[i % 2]}\n" for i in range(30)]


def test_a_data_set_knows_the_lines_of_its_rows():
    rows = [*ROWS]
    rows[7] = "7.5,\n"  # has no target
    data = from_csv(("a,kind\n" + "".join(rows)).encode(), "kind", test_fraction=0.1)
    assert sorted(np.concatenate(data.row_numbers)) == [line for line in range(2, 32) if line != 9]
    for split, lines in zip(("train", "val", "test"), data.row_numbers, strict=True):
        kinds = [data.class_names[code] for code in data.labels(split)]
        assert kinds == ["uv"[line % 2] for line in lines]


def test_rows_of_a_table_are_counted_from_one_and_stay_read_only():
    frame = pd.DataFrame(
        {"a": np.arange(20.0), "y": [0, 1] * 10}, index=list("abcdefghijklmnopqrst")
    )
    data = pickle.loads(pickle.dumps(from_frame(frame, "y")))
    assert sorted(np.concatenate(data.row_numbers)) == list(range(1, 21))
    assert not any(numbers.flags.writeable for numbers in data.row_numbers)
    few = fewer_examples(data, 5, np.random.default_rng(0))
    assert len(few.row_numbers.train) == 5 and set(few.row_numbers.train) < set(range(1, 21))


def test_texts_know_their_lines():
    rows = [f'"text {i}, of a kind",{"uv"[i % 2]}' for i in range(40)]
    rows[3], rows[5], rows[9] = '"",u', rows[4], "no label,"
    table = read_table(("text,label\n" + "\n".join(rows)).encode())
    corpus = corpus_from_frame(table.frame, "text", "label", row_numbers=table.lines)
    expected = [line for line in range(2, 42) if line not in (5, 7, 11)]
    assert list(corpus.rows) == expected
    made = make_text_data(corpus, BagSettings())
    assert sorted(np.concatenate(made.data.row_numbers)) == expected
    for split, lines in (
        ("train", made.data.row_numbers.train),
        ("val", made.data.row_numbers.val),
    ):
        assert [f"text {line - 2}, of a kind" for line in lines] == list(made.texts[split])


# --- predictions ----------------------------------------------------------------------------------

EXPERIMENT = Experiment(NetworkConfig(hidden=(4,)), TrainingConfig(epochs=3))


def second_file() -> bytes:
    """Return a file with a row too long (line 5) and one without a value (line 8)."""
    rows = [*ROWS]
    rows[3], rows[6] = "3.5,u,9,9\n", "NA,NA\n"
    return ("a,kind\n" + "".join(rows)).encode()


@pytest.mark.parametrize("target", ["kind", "a"])
def test_every_row_of_a_file_has_a_line_of_predictions(target):
    model = train(EXPERIMENT, from_csv(("a,kind\n" + "".join(ROWS)).encode(), target)).model
    table = read_table(second_file())
    predicted, notes = predict_table(model, table)
    assert predicted["row"].tolist() == list(range(2, 32))
    empty = predicted.loc[predicted["predicted"].isna(), "row"]
    assert empty.tolist() == [5, 8]
    assert predicted.drop(columns="row").isna().any(axis=1).sum() == 2
    assert any("2 rows were left out in reading" in note and "lines 5, 8" in note for note in notes)
    assert notes[: len(table.notes)] == table.notes != ()


def test_whole_numbers_stay_whole_beside_rows_left_out():
    table = read_table(second_file().replace(b".5,", b",").replace(b"NA,NA", b"8,u"))
    assert table.left_out.tolist() == [5]
    result = every_row(table, table.frame)
    assert set(result["a"].dropna().map(type)) == {int}
    assert result.loc[result["row"] == 4, "a"].item() == 2


def test_the_command_writes_every_row_and_its_notes(tmp_path, capsysbinary):
    model = train(EXPERIMENT, from_csv(("a,kind\n" + "".join(ROWS)).encode(), "kind")).model
    save_model(tmp_path / "model.npz", model)
    (tmp_path / "new.csv").write_bytes(second_file())
    assert main([str(tmp_path / "model.npz"), str(tmp_path / "new.csv")]) == 0
    out, err = capsysbinary.readouterr()
    written = pd.read_csv(io.BytesIO(out))
    assert written["row"].tolist() == list(range(2, 32))
    assert written.loc[written["predicted"].isna(), "row"].tolist() == [5, 8]
    assert b"more values than there are columns" in err  # a note on the reading
    assert b"left out in reading and have no prediction: lines 5, 8." in err


def test_the_command_reads_values_as_training_did(tmp_path, capsysbinary):
    rows = [f"{i + 1}.500;{'00'[i % 2 :]}7;{'uv'[i % 2]}\n" for i in range(30)]
    content = ("a;zip;kind\n" + "".join(rows)).encode()
    reading = {"decimal": ",", "kinds": {"zip": "number"}}
    data = from_csv(content, "kind", **reading)
    assert sorted(data.feature_names) == ["a"]  # 1.500 is a thousand and a half; 007 is 7
    kept = (("decimal", ","), ("kinds", '{"zip": "number"}'), ("target", "kind"), ("skip_lines", 9))
    trainer = train(replace(EXPERIMENT, data=DataReference("f", kept)), data)
    save_model(tmp_path / "model.npz", trainer.model)
    (tmp_path / "new.csv").write_bytes(content)
    assert main([str(tmp_path / "model.npz"), str(tmp_path / "new.csv")]) == 0
    written = pd.read_csv(io.BytesIO(capsysbinary.readouterr()[0]))
    expected = trainer.predict_proba(data.X_val)[:, 0]
    column = f"probability of {data.class_names[0]}"
    found = written.set_index("row")[column][data.row_numbers.val]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_options_that_are_no_json_are_one_sentence():
    with pytest.raises(DatasetError, match="does not say as JSON what 'kinds' is"):
        options_of_values([("kinds", "{")])


@pytest.mark.parametrize("target", ["kind", "a"])
def test_a_network_that_diverged_predicts_nothing_and_says_so(target):
    trainer = Trainer(EXPERIMENT, from_csv(("a,kind\n" + "".join(ROWS)).encode(), target))
    trainer.network.flat_parameters[...] = np.nan
    predicted, notes = predict_table(trainer.model, read_table(second_file()))
    assert predicted.drop(columns="row").isna().all(axis=None)
    assert any("no finite numbers in 28 of 28 rows" in note for note in notes)
