"""The log that a person hands over, and what is in its columns."""

import streamlit as st

from nnlib.datasets.errors import DatasetError
from nnlib.logs import ROLES, SAMPLES, Log, RawLog, guess_roles, log_of, read_log
from pages.shared import uploads, widgets
from pages.shared.layout import show_error
from pages.shared.results import computed

OWN = "Your own log"
_NONE = "not in this log"
EXAMPLES = {
    "PyTorch, first layer dead": "torch-dead-layer.jsonl",
    "PyTorch, rate too high": "torch-rate-too-high.jsonl",
    "PyTorch, deep sigmoid": "torch-vanishing.jsonl",
    "PyTorch, healthy": "torch-healthy.jsonl",
    "Keras, rare class": "keras-rare-class.jsonl",
    "Keras' CSVLogger": "keras-csvlogger-overfitting.csv",
}
"""Logs of real runs, made by the snippets that the page shows."""


def choose_log() -> Log | None:
    """Draw the choice of a log and of what its columns hold; None where there is none to read."""
    with st.sidebar:
        name = widgets.selectbox(
            "log",
            "Log",
            (*EXAMPLES, OWN),
            help="Logs of real runs to look at, or that of a run of your own.",
        )
        if name == OWN:
            uploads.take_table(
                "log_file",
                "CSV or JSON lines",
                "What Lightning's or Keras' CSV logger wrote, an export of W&B or TensorBoard, the "
                "history of a Hugging Face trainer, or the file of a snippet below.",
            )
    raw = _raw(name)
    if raw is None:
        return None
    roles = _choose_roles(raw, name)
    try:
        return log_of(raw, roles)
    except DatasetError as error:
        show_error(error)
        return None


def _raw(name: str) -> RawLog | None:
    if name != OWN:
        path = SAMPLES / EXAMPLES[name]
        return computed("log", name, lambda _: read_log(path.read_bytes(), path.name))
    upload = uploads.taken("log_file")
    if upload is None:
        st.info("Upload the log of your run in the sidebar.", icon=":material/upload:")
        return None
    return computed("log", upload.digest, lambda _: read_log(upload.content, upload.name))


def _choose_roles(raw: RawLog, name: str) -> dict[str, str] | None:
    """Draw what is taken from which column, folded; None where nothing was changed."""
    guessed = guess_roles(raw.counts)
    chosen = {}
    with st.sidebar.expander("What is in the columns", icon=":material/view_column:"):
        for role, label in ROLES.items():
            options = [_NONE, *raw.columns]
            chosen[role] = st.selectbox(
                label[0].upper() + label[1:],
                options,
                index=options.index(guessed.get(role, _NONE)),
                key=f"role_{role}_{name}_{len(options)}",
                help="Guessed by the names that libraries usually give; change it where wrong.",
            )
    roles = {role: column for role, column in chosen.items() if column != _NONE}
    return None if roles == guessed else roles
