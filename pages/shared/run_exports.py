"""Files of a run that a person takes away: history, experiment, model, predictions."""

import functools
import io
import json
from collections.abc import Iterable

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

import nnlib
from nnlib.datasets import Dataset, DatasetError, Table, read_table
from nnlib.datasets.dataset import Preprocessing
from nnlib.datasets.tables.options import options_of_values
from nnlib.datasets.tables.predictions import ROW, every_row, notes_on_gaps, prediction_frame
from nnlib.datasets.tables.writing import frame_to_csv
from nnlib.probes.input_features import plane_of
from nnlib.scripts import LIBRARIES, refusal, script_zip
from pages.shared.export import download
from pages.shared.export_settings import source
from pages.shared.layout import show_error
from pages.shared.plain_text import plain
from pages.shared.runs import LiveRun
from pages.shared.shelf_files import file_of
from pages.shared.uploads import choose_table, upload_limit


def show_run_exports(run: LiveRun, key: str) -> None:
    """Draw the downloads of a run, and the predictions on a second file."""
    run, name = run.whole, source().file_name("run").removesuffix("-run")
    left, right = st.columns(2)
    with left:
        st.markdown("**This run**")
        _whole_run(run, name, key)
        _downloads(run, name, key)
        _programs(run, name, key)
    with right:
        st.markdown("**Predict on new rows**")
        _predict_on_file(run, name, key)


def _whole_run(run: LiveRun, name: str, key: str) -> None:
    download(
        "Run (.zip)",
        f"{name}-run.zip",
        lambda: run_bytes(run),
        key=f"{key}_run_file",
        mime="application/zip",
        help="All of this run, with its data: dropped under Kept runs it lies on the shelf again; "
        "`python -m nnlib.replay run.zip` trains it again and compares.",
    )


def _downloads(run: LiveRun, name: str, key: str) -> None:
    download(
        "History (CSV)",
        f"{name}-history.csv",
        lambda: history_csv(run),
        key=f"{key}_history",
        mime="text/csv",
        help="Every recorded number: one row a series, step and layer.",
    )
    download(
        "Experiment (JSON)",
        f"{name}-experiment.json",
        lambda: experiment_document(run),
        key=f"{key}_experiment",
        mime="application/json",
        help="All settings of this run, and the changes made while it trained.",
    )
    download(
        "Trained model (.npz)",
        f"{name}-model.npz",
        lambda: model_bytes(run),
        key=f"{key}_model",
        help="Weights, settings and the preparation of the columns; nnlib.load_model reads it, "
        "and `python -m nnlib.predict model.npz new.csv` predicts with it.",
    )
    download(
        "Validation predictions (CSV)",
        f"{name}-validation-predictions.csv",
        lambda: frame_to_csv(_validation_predictions(run)),
        key=f"{key}_predictions",
        mime="text/csv",
        help="What the network says of each validation example, beside the truth; of a table "
        "with the row it has there.",
    )


def _programs(run: LiveRun, name: str, key: str) -> None:
    """Draw the downloads of the run as a program, or why there is none."""
    st.markdown("**This run as a program**")
    refused = {library: refusal(run.trainer, library) for library in LIBRARIES}
    with st.container(horizontal=True):
        for library, reason in refused.items():
            if not reason:
                download(
                    LIBRARIES[library].label,
                    f"{name}-{library}.zip",
                    functools.partial(_program, run, library),
                    key=f"{key}_{library}",
                    mime="application/zip",
                    help=f"A script that trains this run in {LIBRARIES[library].label}, with its "
                    "data, the same initial weights and the same order of minibatches.",
                )
    for reason in dict.fromkeys(filter(None, refused.values())):
        st.caption(reason)


def _program(run: LiveRun, library: str) -> bytes:
    with run.lock:
        return script_zip(run.trainer, library)


def _predict_on_file(run: LiveRun, name: str, key: str) -> None:
    data = run.trainer.data
    if data.preprocessing is None:
        made = plane_of(data).preprocessing is not None  # by the inputs of the playground
        st.caption(
            "Rows can be predicted where the columns themselves are the inputs: choose only x₁ and "
            "x₂ under Input features."
            if made
            else "Train on a CSV file of your own to predict on a second one."
        )
        return
    file = choose_table(
        f"{key}_new_rows",
        "CSV file with the same columns",
        "The rows are prepared as the training rows were; the column to predict may be left out.",
    )
    if file is None:
        st.caption(f"No rows are predicted yet. A file may have at most {upload_limit()} MB.")
        return
    try:
        reading = json.dumps(options_of_values(run.trainer.experiment.data.options))
        table, features, notes = _prepared_rows(
            file.file_id, reading, data.fingerprint, file.getvalue(), data.preprocessing
        )
    except DatasetError as error:
        show_error(error)
        return
    _show_predictions(run, table, features, notes, name, key)


def _show_predictions(
    run: LiveRun,
    table: Table,
    features: NDArray[np.float32],
    notes: tuple[str, ...],
    name: str,
    key: str,
) -> None:
    """Draw the first rows with their predictions, what was odd about them, and the download."""
    with run.lock:
        predicted = prediction_frame(run.trainer.model, features)
    for note in (*table.notes, *notes, *notes_on_gaps(table, predicted)):
        st.caption(plain(note))
    result = every_row(table, pd.concat([table.frame, predicted], axis=1))
    result.columns = distinct_names(table.frame.columns, predicted.columns)
    st.dataframe(result.head(20), hide_index=True, height=180)
    download(
        "Predictions (CSV)",
        f"{name}-predictions.csv",
        lambda: frame_to_csv(result),
        key=f"{key}_new_predictions",
        mime="text/csv",
        help="Every row of the file with its line, and the network's predictions as further "
        "columns; they are empty where a row could not be read.",
    )


# Own files are seen by their session alone; while a run plays, this is drawn many times a second.
@st.cache_resource(scope="session", max_entries=2, show_spinner="Reading the rows …")
def _prepared_rows(
    file_id: str, reading: str, fingerprint: str, _content: bytes, _preprocessing: Preprocessing
) -> tuple[Table, NDArray[np.float32], tuple[str, ...]]:
    """Return a second file as it was read, its features, and what was odd about it."""
    table = read_table(_content, **json.loads(reading))
    return table, *_preprocessing.transform_with_notes(table.frame)


def distinct_names(given: Iterable[str], predicted: Iterable[str]) -> list[str]:
    """Return the names of a file's columns between those of row number and predictions.

    Where the file has such a name already, the other says where it is from.
    """
    names = [str(name) for name in given]
    taken = set(names)
    return [
        _unlike(ROW, taken, " (file)"),
        *names,
        *(_unlike(name, taken, " (network)") for name in predicted),
    ]


def _unlike(name: str, taken: set[str], whose: str) -> str:
    while name in taken:
        name += whose
    return name


def history_frame(history: nnlib.History) -> pd.DataFrame:
    """Return the history as a tidy table, without columns that say nothing for a single run."""
    frame = pd.DataFrame([dict(row) for row in history.rows()])
    return frame if frame.empty or frame["replica"].any() else frame.drop(columns="replica")


def history_csv(run: LiveRun) -> bytes:
    """Return the history as a CSV file; a download is made beside the script, hence the lock."""
    with run.lock:
        frame = history_frame(run.trainer.history)
    return frame_to_csv(frame)


def experiment_document(run: LiveRun) -> str:
    """Return the experiment as JSON, with what happened to it while it trained."""
    with run.lock:
        trainer = run.trainer
        document = json.loads(trainer.experiment.to_json())
        document["run"] = {
            "steps": trainer.step,
            "epochs": trainer.epoch,
            "status": trainer.status,
            "engine": trainer.history.engine,
            "changes": [vars(event) for event in trainer.history.events],
        }
    return json.dumps(document, indent=2)


def model_bytes(run: LiveRun) -> bytes:
    """Return the model file of the weights as they are now."""
    buffer = io.BytesIO()
    with run.lock:
        nnlib.save_model(buffer, run.trainer.model)
    return buffer.getvalue()


def run_bytes(run: LiveRun) -> bytes:
    """Return the file of the run as it stands."""
    with run.lock:
        return file_of(run.trainer)


def _validation_predictions(run: LiveRun) -> pd.DataFrame:
    data = run.trainer.data
    with run.lock:
        predicted = prediction_frame(run.trainer.model, data.features("val"))
    parts = [_actual_frame(data), predicted]
    if data.row_numbers is not None:
        parts = [pd.DataFrame({ROW: data.row_numbers.val}), *parts]
    return pd.concat(parts, axis=1)


def _actual_frame(data: Dataset) -> pd.DataFrame:
    labels = data.labels("val")
    if data.task != "regression" and labels.ndim == 1 and labels.dtype.kind in "iu":
        return pd.DataFrame({"actual": [data.class_names[code] for code in labels]})
    if labels.ndim == 1:
        return pd.DataFrame({"actual": labels})
    names = data.class_names or data.target_names
    return pd.DataFrame(labels, columns=[f"actual {name}" for name in names])
