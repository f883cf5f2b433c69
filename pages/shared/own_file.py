"""A person's own table: uploaded, read, looked at, and made into a data set.

An uploaded file stays in the memory of its session. It is kept beside the upload widget, because
the widget forgets it when one visits another page.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import PurePath
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from nnlib import DataReference
from nnlib.datasets import Dataset, DatasetError, Table, check_table, from_frame, read_table
from nnlib.datasets.limits import (
    MAX_BYTES,
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_INPUT_CELLS,
    MAX_ROWS,
    MEGABYTE,
)
from pages.shared.layout import plain, show_error
from pages.shared.own_file_columns import choose_columns, show_columns, summaries
from pages.shared.own_file_reading import choose_reading, in_words
from pages.shared.widget_values import set_widget

_UPLOAD = "upload"  # in the session state: the last uploaded file
_SAMPLE = "own_sample"
_ASKED_TO_SAMPLE = "own_sample_asked"
LIMITS = (
    f"At most {MAX_BYTES // MEGABYTE} MB, also unpacked; {MAX_ROWS:,} rows; {MAX_CELLS:,} cells; "
    f"{MAX_COLUMNS:,} columns, and as many inputs once categories are encoded; {MAX_INPUT_CELLS:,} "
    "rows times inputs."
)


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


def take_upload() -> bool:
    """Draw the upload widget and keep its file; return whether it is a new one.

    By the returned value and not in a callback: while a fragment runs by itself, Streamlit may
    call a callback in one of the fragment's runs, where what it does to other widgets is lost.
    """
    file = st.file_uploader(
        "Your own CSV file",
        key="uploader",
        on_change=_forget_upload,
        help="A table with one row an example and the column to predict: CSV or other text, also "
        "packed by gzip or ZIP, an Excel workbook or a Parquet file. It stays in the memory of "
        f"this session. {LIMITS}",
    )
    kept: Upload | None = st.session_state.get(_UPLOAD)
    if file is None or (kept is not None and kept.file_id == file.file_id):
        return False
    content = file.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    st.session_state[_UPLOAD] = Upload(file.name, content, digest, file.file_id)
    return True


def _forget_upload() -> None:
    """Forget a file that the person has taken out of the widget."""
    if st.session_state["uploader"] is None:
        st.session_state.pop(_UPLOAD, None)


def own_data() -> tuple[Dataset, DataReference] | None:
    """Draw what is to be known and decided of the uploaded table.

    Returns None where there is no file yet, or nothing can be made of it; the page then says so.
    """
    upload: Upload | None = st.session_state.get(_UPLOAD)
    if upload is None:
        st.info(
            "Drop a CSV file on **Your own CSV file** in the sidebar: one row an example, one "
            "column to predict. Or choose a built-in data set there.",
            icon=":material/upload_file:",
        )
        return None
    with st.container(border=True):
        name, place = st.container(), st.container()
        asked, sampling = _choose_reading(place, upload)
        reading = asked | sampling
        try:
            table = _read(upload.digest, json.dumps(reading), upload.content)
        except DatasetError as error:
            name.markdown(f"**{plain(upload.name)}**")
            _refuse(error)
            return None
        name.markdown(f"**{plain(upload.name)}** · {in_words(table)}")
        return _prepared(upload, table, reading, sampling)


def _choose_reading(place: Any, upload: Upload) -> tuple[dict[str, Any], dict[str, int]]:
    """Draw how the file is read; return what is not found out, and the seed of a sample."""
    if st.session_state.pop(_ASKED_TO_SAMPLE, False):
        set_widget(_SAMPLE, True)
    with place, st.expander("How the file is read", icon=":material/description:"):
        asked = choose_reading(upload.content)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            sampled = st.toggle(
                "Random sample of a table that is too large",
                key=_SAMPLE,
                bind="query-params",
                help="Uses as many rows as the limits allow, drawn at random; a smaller table is "
                "used whole.",
            )
            if sampled:
                seed = st.number_input(
                    "Seed of the sample",
                    0,
                    10_000,
                    key="own_sample_seed",
                    bind="query-params",
                    help="Another seed draws other rows.",
                    width=180,
                )
        st.caption(LIMITS)
    return asked, {"sample_seed": int(seed)} if sampled else {}


def _refuse(error: DatasetError) -> None:
    show_error(error)
    if error.over_limit and st.button(
        "Use a random sample",
        icon=":material/casino:",
        key="own_sample_button",
        help="Uses as many rows as the limits allow, drawn at random.",
    ):
        st.session_state[_ASKED_TO_SAMPLE] = True
        st.rerun()


def _prepared(
    upload: Upload, table: Table, reading: dict[str, Any], sampling: dict[str, int]
) -> tuple[Dataset, DataReference] | None:
    key = json.dumps(reading)
    columns = summaries(upload.digest, key, table.frame)
    settings = choose_columns(table.frame, columns)
    data = None
    try:
        data = _prepare(upload.digest, key, json.dumps(settings | sampling), table, upload.stem)
        _warn(_check(upload.digest, key, json.dumps(settings), table.frame, data.task))
    except DatasetError as error:
        _refuse(error)
    show_columns(columns, settings, data)
    with st.expander("First rows of your file", icon=":material/table:"):
        st.dataframe(table.frame.head(100), hide_index=True)
    if data is None:
        return None
    options = tuple(
        (name, json.dumps(value) if isinstance(value, list) else value)
        for name, value in (settings | reading).items()
    )
    return data, DataReference(upload.name, options, data.fingerprint)


# Own files are seen by their session alone.
@st.cache_resource(scope="session", max_entries=2, show_spinner="Reading the file …")
def _read(digest: str, reading: str, _content: bytes) -> Table:
    return read_table(_content, **json.loads(reading))


@st.cache_resource(scope="session", max_entries=4, show_spinner="Preparing the table …")
def _prepare(digest: str, reading: str, settings: str, _table: Table, _name: str) -> Dataset:
    return from_frame(_table.frame, **json.loads(settings), name=_name, notes=_table.notes)


@st.cache_data(scope="session", max_entries=8, show_spinner=False)
def _check(
    digest: str, reading: str, settings: str, _frame: pd.DataFrame, task: str
) -> tuple[str, ...]:
    chosen = json.loads(settings)
    features = chosen.get("features") or [n for n in _frame.columns if n != chosen["target"]]
    return check_table(_frame, chosen["target"], task, features)


def _warn(warnings: tuple[str, ...]) -> None:
    if warnings:
        lines = [f"- {plain(warning)}" for warning in warnings]
        st.warning("\n".join(lines), icon=":material/warning:")
