"""Where texts come from: a person's own table, or two newsgroups.

An uploaded file stays in the memory of its session, beside the widget, which forgets it when one
visits another page.
"""

from __future__ import annotations

import hashlib
from pathlib import PurePath
from typing import NamedTuple

import pandas as pd
import streamlit as st

from nnlib.datasets import DatasetError, Table, read_table
from nnlib.datasets.text_corpora import (
    Corpus,
    corpus_from_frame,
    guess_columns,
    label_names,
    soft_labels,
)
from nnlib.datasets.text_newsgroups import NEWSGROUPS, newsgroups
from pages.shared.layout import plain, show_error

_UPLOAD = "text_sentiment_upload"
_FAILED = "text_sentiment_newsgroups_failed"


class Upload(NamedTuple):
    """A file that a person handed over."""

    name: str
    content: bytes
    digest: str
    file_id: str


class Source(NamedTuple):
    """Texts, what decides them beside the bag of words, and the column they are from."""

    corpus: Corpus
    options: tuple[tuple[str, str], ...] = ()
    column: str = "text"


def take_upload() -> bool:
    """Draw the upload widget and keep its file; return whether it is a new one."""
    file = st.file_uploader(
        "Your own CSV file of texts",
        key="text_uploader",
        on_change=_forget_upload,
        help="A table with a column of texts and one of labels; it stays in the memory of this "
        "session.",
    )
    kept: Upload | None = st.session_state.get(_UPLOAD)
    if file is None or (kept is not None and kept.file_id == file.file_id):
        return False
    content = file.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    st.session_state[_UPLOAD] = Upload(file.name, content, digest, file.file_id)
    return True


def _forget_upload() -> None:
    if st.session_state["text_uploader"] is None:
        st.session_state.pop(_UPLOAD, None)


def own_texts() -> Source | None:
    """Draw what is to be known of the uploaded table; None where there is none yet."""
    upload: Upload | None = st.session_state.get(_UPLOAD)
    if upload is None:
        st.info(
            "Drop a CSV file on **Your own CSV file of texts** in the sidebar: one row a text, a "
            "column with the text and a column with its label. Or choose other texts there.",
            icon=":material/upload_file:",
        )
        return None
    table = _read(upload.digest, upload.content)
    guess_columns(table.frame)  # raises where there are no two columns
    with st.container(border=True):
        rows, columns = table.frame.shape
        st.markdown(f"**{plain(upload.name)}** · {rows:,} rows · {columns:,} columns")
        text, label, classes = _choose_columns(table.frame)
        with st.expander("First rows of your file", icon=":material/table:"):
            st.dataframe(table.frame.head(100), hide_index=True)
        name = PurePath(upload.name).stem or "texts"
        corpus = _taken(upload.digest, text, label, classes, table, name)
        for note in (*table.notes, *corpus.notes):
            st.caption(plain(note))
    options = (("file", upload.digest), ("text", text), ("label", label))
    return Source(corpus, (*options, ("classes", " / ".join(classes or ()))), text)


# Own files are seen by their session alone.
@st.cache_resource(scope="session", max_entries=2, show_spinner="Reading the file …")
def _read(digest: str, _content: bytes) -> Table:
    return read_table(_content)


@st.cache_resource(scope="session", max_entries=2, show_spinner=False)
def _taken(
    digest: str,
    text: str,
    label: str,
    classes: tuple[str, str] | None,
    _table: Table,
    _name: str,
) -> Corpus:
    return corpus_from_frame(_table.frame, text, label, classes, name=_name)


def _choose_columns(frame: pd.DataFrame) -> tuple[str, str, tuple[str, str] | None]:
    names = [str(name) for name in frame.columns]
    guessed_text, guessed_label = guess_columns(frame)
    left, right = st.columns(2)
    text = left.selectbox(
        "Column of texts",
        _first(guessed_text, names),
        help="The column whose words the network sees.",
        key="text_column",
        bind="query-params",
    )
    others = [name for name in names if name != text]
    label = right.selectbox(
        "Column of labels",
        _first(guessed_label, others),
        help="The column that says what each text is to be taken for.",
        key="label_column",
        bind="query-params",
    )
    labels = list(frame.iloc[:, names.index(label)].dropna())
    kinds = label_names(labels)
    if len(kinds) <= 2 or soft_labels(labels) is not None:
        return text, label, None
    return text, label, _choose_classes(kinds[:50])


def _choose_classes(kinds: list[str]) -> tuple[str, str]:
    left, right = st.columns(2)
    first = left.selectbox(
        "First class",
        kinds,
        help="Of all labels, two are told apart; texts with another one are left out.",
        key="class_0",
        bind="query-params",
    )
    second = right.selectbox(
        "Second class",
        [kind for kind in (*kinds[1:], kinds[0]) if kind != first],
        help="The network gives the probability of this class.",
        key="class_1",
        bind="query-params",
    )
    return first, second


def _first(name: str, names: list[str]) -> list[str]:
    return ([name] if name in names else []) + [other for other in names if other != name]


def choose_groups() -> tuple[str, str]:
    """Draw the choice of two newsgroups."""
    first = ("sci.space", *(name for name in NEWSGROUPS if name != "sci.space"))
    second = (
        "rec.sport.baseball",
        *(name for name in NEWSGROUPS if name != "rec.sport.baseball"),
    )
    return (
        st.selectbox("First group", first, help="Class 0.", key="group_0", bind="query-params"),
        st.selectbox("Second group", second, help="Class 1.", key="group_1", bind="query-params"),
    )


@st.cache_resource(max_entries=4, show_spinner="Fetching the newsgroups …")
def _fetched(first: str, second: str) -> Corpus:
    return newsgroups(first, second)


def two_newsgroups(groups: tuple[str, str]) -> Source | None:
    """Return the posts; a failure is kept until one tries again, so that no rerun waits for it."""
    failed = st.session_state.get(_FAILED)
    if failed is None or failed[0] != groups:
        try:
            corpus = _fetched(*groups)
        except DatasetError as error:
            failed = st.session_state[_FAILED] = (groups, error)
        else:
            st.session_state.pop(_FAILED, None)
            return Source(corpus, (("groups", " ".join(groups)),))
    show_error(failed[1])
    if st.button("Try again", icon=":material/refresh:", key="newsgroups_again"):
        del st.session_state[_FAILED]
        st.rerun()
    return None
