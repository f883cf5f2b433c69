"""Where texts come from: a person's own table, or two newsgroups."""

from typing import NamedTuple

import pandas as pd
import streamlit as st

from nnlib.datasets import DatasetError, Table, read_table
from nnlib.datasets.text import corpora
from nnlib.datasets.text.newsgroups import NEWSGROUPS, newsgroups
from pages.shared import widgets
from pages.shared.layout import show_error
from pages.shared.opened import ask_for_file_of_figure
from pages.shared.plain_text import plain
from pages.shared.uploads import take_table, taken

_KEY = "text_uploader"
_FAILED = "text_sentiment_newsgroups_failed"


class Source(NamedTuple):
    """Texts, what decides them beside the bag of words, and the column they are from."""

    corpus: corpora.Corpus
    options: tuple[tuple[str, str], ...] = ()
    column: str = "text"


def take_upload() -> bool:
    """Draw the upload widget and keep its file; return whether it is a new one."""
    return take_table(
        _KEY,
        "Your own CSV file of texts",
        "A table with a column of texts and one of labels; it stays in the memory of this session.",
    )


def own_texts() -> Source | None:
    """Draw what is to be known of the uploaded table; None where there is none yet."""
    upload = taken(_KEY)
    if upload is None:
        ask_for_file_of_figure()
        st.info(
            "Drop a CSV file on **Your own CSV file of texts** in the sidebar: one row a text, a "
            "column with the text and a column with its label. Or choose other texts there.",
            icon=":material/upload_file:",
        )
        return None
    table = _read(upload.digest, upload.content)
    corpora.guess_columns(table.frame)  # raises where there are no two columns
    with st.container(border=True):
        rows, columns = table.frame.shape
        st.markdown(f"**{plain(upload.name)}** · {rows:,} rows · {columns:,} columns")
        text, label, classes = _choose_columns(table.frame)
        with st.expander("First rows of your file", icon=":material/table:"):
            st.dataframe(table.frame.head(100), hide_index=True)
        corpus = _taken(upload.digest, text, label, classes, table, upload.stem)
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
    digest: str, text: str, label: str, classes: tuple[str, str] | None, _table: Table, _name: str
) -> corpora.Corpus:
    return corpora.corpus_from_frame(
        _table.frame, text, label, classes, name=_name, row_numbers=_table.lines
    )


def _choose_columns(frame: pd.DataFrame) -> tuple[str, str, tuple[str, str] | None]:
    names = [str(name) for name in frame.columns]
    guessed_text, guessed_label = corpora.guess_columns(frame)
    left, right = st.columns(2)
    text = widgets.selectbox(
        "text_column",
        "Column of texts",
        _first(guessed_text, names),
        help="The column whose words the network sees.",
        place=left,
    )
    others = [name for name in names if name != text]
    label = widgets.selectbox(
        "label_column",
        "Column of labels",
        _first(guessed_label, others),
        help="The column that says what each text is to be taken for.",
        place=right,
    )
    labels = list(frame.iloc[:, names.index(label)].dropna())
    kinds = corpora.label_names(labels)
    if len(kinds) <= 2 or corpora.soft_labels(labels) is not None:
        return text, label, None
    return text, label, _choose_classes(kinds[:50])


def _choose_classes(kinds: list[str]) -> tuple[str, str]:
    left, right = st.columns(2)
    first = widgets.selectbox(
        "class_0",
        "First class",
        kinds,
        help="Of all labels, two are told apart; texts with another one are left out.",
        place=left,
    )
    second = widgets.selectbox(
        "class_1",
        "Second class",
        [kind for kind in (*kinds[1:], kinds[0]) if kind != first],
        help="The network gives the probability of this class.",
        place=right,
    )
    return first, second


def _first(name: str, names: list[str]) -> list[str]:
    return ([name] if name in names else []) + [other for other in names if other != name]


def choose_groups() -> tuple[str, str]:
    """Draw the choice of two newsgroups."""
    first = ("sci.space", *(name for name in NEWSGROUPS if name != "sci.space"))
    second = ("rec.sport.baseball", *(name for name in NEWSGROUPS if name != "rec.sport.baseball"))
    return (
        widgets.selectbox("group_0", "First group", first, help="Class 0."),
        widgets.selectbox("group_1", "Second group", second, help="Class 1."),
    )


@st.cache_resource(max_entries=4, show_spinner="Fetching the newsgroups …")
def _fetched(first: str, second: str) -> corpora.Corpus:
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
