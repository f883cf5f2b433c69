"""Choosing data: the built-in sets with their options, or a person's own CSV file.

An uploaded file stays in the memory of its session. It is kept beside the upload widget, because
the widget forgets it when one visits another page.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from nnlib import DataReference
from nnlib.datasets import (
    DATASETS,
    Dataset,
    DatasetError,
    DatasetInfo,
    Option,
    Table,
    from_frame,
    guess_target,
    infer_task,
    load,
    read_table,
)
from pages.shared.layout import plain, show_error

OWN_FILE = "csv"
_OWN_FILE_LABEL = "Your own CSV file"
_UPLOAD = "upload"  # in the session state: the last uploaded file
_TASKS = {
    "binary": "two classes",
    "multiclass": "several classes",
    "regression": "regression (a number)",
}
_DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", r"\s+": "blanks"}


class Upload(NamedTuple):
    """A file that a person handed over."""

    name: str
    content: bytes
    digest: str
    file_id: str

    @property
    def stem(self) -> str:
        """The file's name without its ending."""
        return PurePath(self.name).stem or "table"


class ChosenData(NamedTuple):
    """A data set and the reference that an experiment keeps of it."""

    data: Dataset
    reference: DataReference


def choose_data(default: str = "spiral") -> ChosenData | None:
    """Draw the data controls: in the sidebar, and for an own file also on the page.

    Returns None where there is no data yet, or none can be made of what was given; the page then
    says so in a sentence. (`st.stop` here would leave the live part of the last run ticking.)
    """
    with st.sidebar:
        st.subheader("Data", anchor=False)
        place = st.container()  # the upload may set the select box, so it is drawn first
        _take_upload()
        with place:
            name = _choose_name(default)
        options = {} if name == OWN_FILE else _choose_options(DATASETS[name])
    try:
        return _own_data() if name == OWN_FILE else built_in(name, options)
    except DatasetError as error:
        show_error(error)
        return None


def link_to_own_file(label: str) -> None:
    """Draw the link to where a person's own file is trained on."""
    st.page_link(
        "pages/classification.py",
        label=label,
        icon=":material/upload_file:",
        query_params={"data": _OWN_FILE_LABEL},
    )


def _choose_name(default: str) -> str:
    # The default comes first, which is what a select box shows by itself: Streamlit warns of an
    # `index` for a widget that `_take_upload` also sets.
    names = (default, *(name for name in DATASETS if name != default), OWN_FILE)
    chosen: str = st.selectbox(
        "Data set",
        names,
        # The text is also what the URL holds, so it must not depend on the uploaded file.
        format_func=lambda name: _OWN_FILE_LABEL if name == OWN_FILE else DATASETS[name].label,
        help="What the network learns from; uploading a file chooses it.",
        key="data",
        bind="query-params",
    )
    if chosen != OWN_FILE:
        info = DATASETS[chosen]
        task = "Regression" if info.task == "regression" else "Classification"
        st.caption(f"{task}. {info.description}")
    return chosen


def _take_upload() -> None:
    """Draw the upload widget; a new file is kept and chosen as the data set.

    By the returned value and not in a callback: while a fragment runs by itself, Streamlit may
    call a callback in one of the fragment's runs, where what it does to other widgets is lost.
    """
    file = st.file_uploader(
        "Your own CSV file",
        key="uploader",
        on_change=_forget_upload,
        help="A table with one row an example and the column to predict; it stays in the "
        "memory of this session.",
    )
    kept: Upload | None = st.session_state.get(_UPLOAD)
    if file is None or (kept is not None and kept.file_id == file.file_id):
        return
    content = file.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    st.session_state[_UPLOAD] = Upload(file.name, content, digest, file.file_id)
    st.session_state["data"] = OWN_FILE


def _forget_upload() -> None:
    """Forget a file that the person has taken out of the widget."""
    if st.session_state["uploader"] is None:
        st.session_state.pop(_UPLOAD, None)


def _choose_options(info: DatasetInfo) -> dict[str, int | float]:
    with st.expander("Points, noise and split", icon=":material/settings:"):
        return {
            option.name: _option(option, f"{info.name}_{option.name}") for option in info.options
        }


def _option(option: Option, key: str) -> Any:
    if option.choices:
        return st.selectbox(
            option.label,
            option.choices,
            index=option.choices.index(int(option.default)),
            help=option.help,
            key=key,
            bind="query-params",
        )
    if isinstance(option.default, int):
        return st.number_input(
            option.label,
            int(option.low),
            int(option.high),
            option.default,
            help=option.help,
            key=key,
            bind="query-params",
        )
    return st.slider(
        option.label,
        float(option.low),
        float(option.high),
        option.default,
        step=0.01,
        help=option.help,
        key=key,
        bind="query-params",
    )


def built_in(name: str, options: Mapping[str, int | float] | None = None) -> ChosenData:
    """Return a built-in data set; options that are not given have their defaults."""
    defaults = {option.name: option.default for option in DATASETS[name].options}
    pairs = tuple((defaults | dict(options or {})).items())
    data = _load(name, pairs)
    return ChosenData(data, DataReference(name, pairs, data.fingerprint))


# The built-in sets are the same for everybody and immutable, so all sessions share them.
@st.cache_resource(max_entries=16, show_spinner="Loading the data …")
def _load(name: str, options: tuple[tuple[str, int | float], ...]) -> Dataset:
    return load(name, **dict(options))


def _own_data() -> ChosenData | None:
    upload: Upload | None = st.session_state.get(_UPLOAD)
    if upload is None:
        st.info(
            "Drop a CSV file on **Your own CSV file** in the sidebar: one row an example, one "
            "column to predict. Or choose a built-in data set there.",
            icon=":material/upload_file:",
        )
        return None
    table = _read(upload.digest, upload.content)
    with st.container(border=True):
        rows, columns = table.frame.shape
        st.markdown(
            f"**{plain(upload.name)}** · {rows:,} rows · {columns:,} columns · "
            f"{_delimiter(table)} · {plain(table.dialect.encoding)}"
        )
        settings = _choose_columns(table.frame)
        with st.expander("First rows of your file", icon=":material/table:"):
            st.dataframe(table.frame.head(100), hide_index=True)
        data = _prepare(upload.digest, json.dumps(settings), table, upload.stem)
        _show_decisions(data)
    options = tuple((k, json.dumps(v) if isinstance(v, list) else v) for k, v in settings.items())
    return ChosenData(data, DataReference(upload.name, options, data.fingerprint))


def _delimiter(table: Table) -> str:
    delimiter = table.dialect.delimiter
    return f"separated by {_DELIMITER_NAMES.get(delimiter, plain(delimiter))}"


# Own files are seen by their session alone.
@st.cache_resource(scope="session", max_entries=2, show_spinner="Reading the file …")
def _read(digest: str, _content: bytes) -> Table:
    return read_table(_content)


@st.cache_resource(scope="session", max_entries=4, show_spinner="Preparing the table …")
def _prepare(digest: str, settings: str, _table: Table, _name: str) -> Dataset:
    return from_frame(_table.frame, **json.loads(settings), name=_name, notes=_table.notes)


def _choose_columns(frame: pd.DataFrame) -> dict[str, Any]:
    names = [str(name) for name in frame.columns]
    left, right, share = st.columns([2, 2, 1.4])
    target = left.selectbox(
        "Column to predict",
        names,
        index=names.index(guess_target(frame)),
        help="The network learns to predict this column from the others.",
        key="target",
        bind="query-params",
    )
    inferred = infer_task(frame[target])
    task = right.selectbox(
        "Task",
        ("automatic", *_TASKS),
        format_func=lambda t: _TASKS.get(t, f"automatic: {_TASKS[inferred]}"),
        help="Whether the column holds classes or a quantity.",
        key="task",
        bind="query-params",
    )
    train_fraction = share.slider(
        "Training share",
        0.1,
        0.95,
        0.8,
        step=0.05,
        help="The share of rows that the network trains on; the rest is for validation.",
        key="own_train_fraction",
        bind="query-params",
    )
    others = [name for name in names if name != target]
    left_out = st.multiselect(
        "Columns to leave out",
        others,
        help="The network does not see these columns.",
        placeholder="None: learn from all columns that can be used",
        key="left_out",
        bind="query-params",
    )
    settings: dict[str, Any] = {
        "target": target,
        "task": None if task == "automatic" else task,
        "train_fraction": train_fraction,
    }
    if left_out:
        settings["features"] = [name for name in others if name not in left_out]
    if frame[target].isna().any():
        settings["drop_missing_target"] = st.checkbox(
            "Leave out the rows in which this column is empty",
            help="Without this, a column to predict with empty cells is refused.",
            key="drop_missing_target",
            bind="query-params",
        )
    return {name: value for name, value in settings.items() if value is not None}


def _show_decisions(data: Dataset) -> None:
    if data.preprocessing is None:
        return
    with st.expander("What happened to your columns", icon=":material/fact_check:", expanded=True):
        st.dataframe(
            pd.DataFrame([vars(decision) for decision in data.preprocessing.decisions]),
            hide_index=True,
            height=220,
            column_config={
                "column": "Column",
                "kind": "Kind",
                "missing": "Missing",
                "distinct": "Distinct",
                "action": st.column_config.TextColumn("What happened", width="large"),
                "n_features": "Inputs",
            },
        )
        for note in data.notes:
            st.caption(plain(note))


def read_own_rows(file: Any) -> pd.DataFrame:
    """Return the table in an uploaded file, for predictions.

    Raises
    ------
    DatasetError
        if the file is no table
    """
    return read_table(file.getvalue()).frame
