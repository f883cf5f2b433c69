"""Files of a run that a person takes away: history, experiment, model, predictions."""

from __future__ import annotations

import io
import json

import pandas as pd
import streamlit as st

import nnlib
from nnlib.datasets import Dataset, DatasetError
from nnlib.datasets.writing import frame_to_csv, prediction_frame
from pages.shared.data_input import read_own_rows
from pages.shared.export import download
from pages.shared.layout import plain, show_error
from pages.shared.runs import LiveRun


def show_run_exports(run: LiveRun, key: str) -> None:
    """Draw the downloads of a run, and the predictions on a second file."""
    trainer = run.trainer
    name = plain_name(trainer.data.name)
    left, right = st.columns(2)
    with left:
        st.markdown("**This run**")
        download(
            "History (CSV)",
            f"{name}-history.csv",
            lambda: frame_to_csv(history_frame(trainer.history)),
            key=f"{key}_history",
            mime="text/csv",
            help="Every recorded number: one row a series, step and layer.",
        )
        download(
            "Experiment (JSON)",
            f"{name}-experiment.json",
            lambda: experiment_document(trainer),
            key=f"{key}_experiment",
            mime="application/json",
            help="All settings of this run, and the changes made while it trained.",
        )
        download(
            "Trained model (.npz)",
            f"{name}-model.npz",
            lambda: _model_bytes(run),
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
            help="What the network says of each validation example, beside the truth.",
        )
    with right:
        st.markdown("**Predict on new rows**")
        _predict_on_file(run, name, key)


def _predict_on_file(run: LiveRun, name: str, key: str) -> None:
    data = run.trainer.data
    if data.preprocessing is None:
        st.caption("Train on a CSV file of your own to predict on a second one.")
        return
    file = st.file_uploader(
        "CSV file with the same columns",
        key=f"{key}_new_rows",
        help="The rows are prepared as the training rows were; the column to predict may be left"
        " out.",
    )
    if file is None:
        return
    try:
        frame = read_own_rows(file)
        features, notes = data.preprocessing.transform_with_notes(frame)
    except DatasetError as error:
        show_error(error)
        return
    for note in notes:
        st.caption(plain(note))
    with run.lock:
        predicted = prediction_frame(run.trainer.model, features)
    result = pd.concat([frame.reset_index(drop=True), _without_clash(predicted, frame)], axis=1)
    st.dataframe(result.head(20), hide_index=True, height=180)
    download(
        "Predictions (CSV)",
        f"{name}-predictions.csv",
        lambda: frame_to_csv(result),
        key=f"{key}_new_predictions",
        mime="text/csv",
        help="The new rows with the network's predictions as further columns.",
    )


def _without_clash(predicted: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Rename predicted columns that the file already has."""
    taken = {str(column) for column in frame.columns}
    clashes = {c: f"{c} (network)" for c in predicted.columns if c in taken}
    return predicted.rename(columns=clashes)


def history_frame(history: nnlib.History) -> pd.DataFrame:
    """Return the history as a tidy table, without columns that say nothing for a single run."""
    frame = pd.DataFrame(history.rows())
    return frame if frame.empty or frame["replica"].any() else frame.drop(columns="replica")


def experiment_document(trainer: nnlib.Trainer) -> str:
    """Return the experiment as JSON, with what happened to it while it trained."""
    document = json.loads(trainer.experiment.to_json())
    document["run"] = {
        "steps": trainer.step,
        "epochs": trainer.epoch,
        "status": trainer.status,
        "changes": [vars(event) for event in trainer.history.events],
    }
    return json.dumps(document, indent=2)


def _model_bytes(run: LiveRun) -> bytes:
    buffer = io.BytesIO()
    with run.lock:
        nnlib.save_model(buffer, run.trainer)
    return buffer.getvalue()


def _validation_predictions(run: LiveRun) -> pd.DataFrame:
    data = run.trainer.data
    with run.lock:
        predicted = prediction_frame(run.trainer.model, data.features("val"))
    return pd.concat([_actual_frame(data), predicted], axis=1)


def _actual_frame(data: Dataset) -> pd.DataFrame:
    labels = data.labels("val")
    if data.task != "regression" and labels.ndim == 1 and labels.dtype.kind in "iu":
        return pd.DataFrame({"actual": [data.class_names[code] for code in labels]})
    if labels.ndim == 1:
        return pd.DataFrame({"actual": labels})
    names = data.class_names or data.target_names
    return pd.DataFrame(labels, columns=[f"actual {name}" for name in names])


def plain_name(name: str) -> str:
    """Return a data set's name as a file name: letters, digits and dashes."""
    return "-".join("".join(c if c.isalnum() else " " for c in name).split()) or "run"
