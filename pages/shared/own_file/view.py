"""A person's own table: uploaded, read, looked at, and made into a data set."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import pandas as pd
import streamlit as st

from nnlib import DataReference
from nnlib.datasets import (
    Dataset,
    DatasetError,
    Table,
    TableOptions,
    check_table,
    make_dataset,
    read_table,
)
from nnlib.datasets.tables.limits import (
    MAX_BYTES,
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_INPUT_CELLS,
    MAX_ROWS,
    MEGABYTE,
)
from pages.shared import widgets
from pages.shared.layout import show_error
from pages.shared.opened import ask_for_file_of_figure
from pages.shared.own_file.columns import choose_columns, look_at, show_columns
from pages.shared.own_file.reading import choose_kinds, choose_reading, in_words
from pages.shared.plain_text import plain
from pages.shared.uploads import Upload, take_table, taken
from pages.shared.widget_values import set_widget

_KEY = "uploader"
_SAMPLE = "own_sample"
_ASKED_TO_SAMPLE, _REFUSED = "own_sample_asked", "own_file_refused"
SETTINGS = "Change how it is read and used"
_MOST_TOLD = 2  # notes that are in sight; all are with the columns
LIMITS = (
    f"At most {MAX_BYTES // MEGABYTE} MB, also unpacked; {MAX_ROWS:,} rows; {MAX_CELLS:,} cells; "
    f"{MAX_COLUMNS:,} columns, and as many inputs once categories are encoded; {MAX_INPUT_CELLS:,} "
    "rows times inputs."
)


def take_upload() -> bool:
    """Draw the upload widget and keep its file; return whether it is a new one."""
    return take_table(
        _KEY,
        "Your own CSV file",
        "A table with one row an example and the column to predict: CSV or other text, also "
        "packed by gzip or ZIP, an Excel workbook or a Parquet file. It stays in the memory of "
        f"this session. {LIMITS}",
    )


def own_data() -> tuple[Dataset, DataReference] | None:
    """Draw what is to be known and decided of the uploaded table.

    Returns None where there is no file yet, or nothing can be made of it; the page then says so.
    """
    upload = taken(_KEY)
    if upload is None:
        ask_for_file_of_figure()
        st.info(
            "Drop a CSV file on **Your own CSV file** in the sidebar: one row an example, one "
            "column to predict. Or choose a built-in data set there.",
            icon=":material/upload_file:",
        )
        return None
    with st.container(border=True, gap="xsmall"):
        name, told = st.container(), st.container()
        # Folded, so that charts come first; of a file that was refused open until another comes,
        # or it would fold under the hands of who mends it.
        unfolded = st.session_state.get(_REFUSED) == upload.digest
        with st.expander(SETTINGS, icon=":material/tune:", expanded=unfolded):
            chosen = _chosen(upload, name, told)
    if chosen is None and not unfolded:
        st.session_state[_REFUSED] = upload.digest
        st.rerun()
    return chosen


def _chosen(upload: Upload, name: Any, told: Any) -> tuple[Dataset, DataReference] | None:
    """Draw the settings; in their own places what is known of the file, and what is to be told."""
    asked, sampling, within = _choose_reading(upload)
    reading = asked | sampling
    try:
        table = _read(upload.digest, json.dumps(reading), upload.content)
        with within:
            parquet = table.dialect.encoding == "Parquet"
            kinds = {} if parquet else choose_kinds(list(table.frame.columns))
        if kinds:  # the names had to be known
            reading |= kinds
            table = _read(upload.digest, json.dumps(reading), upload.content)
    except DatasetError as error:
        name.markdown(f"**{plain(upload.name)}**")
        with told:
            _refuse(error)
        return None
    key = json.dumps(reading)
    look = look_at(upload.digest, key, table.frame)
    options = choose_columns(table.frame, look)
    predicted = f"predicts **{plain(str(options.target))}**"
    name.markdown(f"**{plain(upload.name)}** · {in_words(table)} · {predicted}")
    with told:
        data = _prepared(upload, table, key, replace(options, **sampling))
    show_columns(look.columns, options, data, table.notes if data is None else data.notes)
    with st.expander("First rows of your file", icon=":material/table:"):
        st.dataframe(table.frame.head(100), hide_index=True)
    if data is None:
        return None
    return data, DataReference(upload.name, _settled(options, reading), data.fingerprint)


def _choose_reading(upload: Upload) -> tuple[dict[str, Any], dict[str, Any], Any]:
    """Draw how the file is read; return what is not found out, and the seed of a sample.

    The last is a place for what can be chosen only once the names of the columns are known.
    """
    if st.session_state.pop(_ASKED_TO_SAMPLE, False):
        set_widget(_SAMPLE, True)
    with st.expander("How the file is read", icon=":material/description:"):
        asked = choose_reading(upload.content)
        within = st.container()
        with st.container(horizontal=True, vertical_alignment="bottom"):
            sampled = widgets.toggle(
                _SAMPLE,
                "Random sample of a table that is too large",
                help="Uses as many rows as the limits allow, drawn at random; a smaller table is "
                "used whole.",
            )
            if sampled:
                seed = widgets.number_input(
                    "own_sample_seed",
                    "Seed of the sample",
                    (0, 10_000),
                    help="Another seed draws other rows.",
                    width=180,
                )
        st.caption(LIMITS)
    return asked, {"sample_seed": int(seed)} if sampled else {}, within


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


def _prepared(upload: Upload, table: Table, key: str, options: TableOptions) -> Dataset | None:
    """Make the data set, and tell what a person should know of it."""
    try:
        data = _prepare(upload.digest, key, options, table, upload.stem)
        whole = replace(options, sample_seed=None)
        _warn(_check(upload.digest, key, whole, table.frame, data.task))
    except DatasetError as error:
        _refuse(error)
        return None
    for note in data.notes[:_MOST_TOLD]:
        st.caption(plain(note))
    if len(data.notes) > _MOST_TOLD:
        st.caption(f"{len(data.notes) - _MOST_TOLD} more notes are below, with the columns.")
    return data


def _settled(
    options: TableOptions, reading: dict[str, Any]
) -> tuple[tuple[str, str | int | float | bool], ...]:
    """Return what makes the data set, as an experiment keeps it: texts and numbers."""
    chosen = {
        name: value
        for name, value in asdict(options).items()
        if value not in (None, ()) and value != getattr(TableOptions, name, None)
    }
    settled = chosen | {"train_fraction": options.train_fraction} | reading
    return tuple(
        (name, value if isinstance(value, str | int | float | bool) else json.dumps(value))
        for name, value in settled.items()
    )


# Own files are seen by their session alone.
@st.cache_resource(scope="session", max_entries=2, show_spinner="Reading the file …")
def _read(digest: str, reading: str, _content: bytes) -> Table:
    return read_table(_content, **json.loads(reading))


@st.cache_resource(scope="session", max_entries=4, show_spinner="Preparing the table …")
def _prepare(
    digest: str, reading: str, options: TableOptions, _table: Table, _name: str
) -> Dataset:
    return make_dataset(
        _table.frame, options, name=_name, notes=_table.notes, row_numbers=_table.lines
    )


@st.cache_data(scope="session", max_entries=8, show_spinner=False)
def _check(
    digest: str, reading: str, options: TableOptions, _frame: pd.DataFrame, task: str
) -> tuple[str, ...]:
    features = options.features or [name for name in _frame.columns if name != options.target]
    return check_table(_frame, str(options.target), task, features, options.split_by)


def _warn(warnings: tuple[str, ...]) -> None:
    if warnings:
        lines = [f"- {plain(warning)}" for warning in warnings]
        st.warning("\n".join(lines), icon=":material/warning:")
