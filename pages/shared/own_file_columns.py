"""The columns of a person's table: what they hold, and the part that each has in training.

The parts are held by widgets that the URL knows: the column to predict, columns to leave out, and
columns to use although they look useless. The table of columns shows them and can be edited too;
an edit is carried over to those widgets in the next run of the page.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from nnlib.datasets import ColumnSummary, Dataset, guess_target, infer_task, summarize_columns
from pages.shared.layout import plain
from pages.shared.widget_values import set_widget

FEATURE, TARGET, IGNORED = "feature", "target", "ignored"
_TASKS = {
    "binary": "two classes",
    "multiclass": "several classes",
    "regression": "regression (a number)",
}
_EDIT, _EDITS = "own_roles_edit", "own_roles_edits"  # in the session state
_MOST_SHOWN = 12


# Own files are seen by their session alone.
@st.cache_resource(scope="session", max_entries=2, show_spinner="Looking at the columns …")
def summaries(digest: str, reading: str, _frame: pd.DataFrame) -> tuple[ColumnSummary, ...]:
    """Return summaries of the columns, once for each file and way to read it."""
    return summarize_columns(_frame)


def choose_columns(frame: pd.DataFrame, columns: tuple[ColumnSummary, ...]) -> dict[str, Any]:
    """Draw what is to be predicted, and from what; return the options of `from_frame`."""
    for key, value in st.session_state.pop(_EDIT, {}).items():
        set_widget(key, value)
    guess = guess_target(frame)
    # The guess comes first, which is what a select box shows by itself: Streamlit warns of an
    # `index` for a widget that an edit also sets.
    names = [guess, *(column.column for column in columns if column.column != guess)]
    left, right, share = st.columns([2, 2, 1.4])
    target = left.selectbox(
        "Column to predict",
        names,
        help="The network learns to predict this column from the others.",
        key="target",
        bind="query-params",
    )
    task = _choose_task(right, infer_task(frame[target]))
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
    settings: dict[str, Any] = {"target": target, "task": task, "train_fraction": train_fraction}
    settings |= _choose_features(columns, target)
    if frame[target].isna().any():
        settings["drop_missing_target"] = st.checkbox(
            "Leave out the rows in which this column is empty",
            help="Without this, a column to predict with empty cells is refused.",
            key="drop_missing_target",
            bind="query-params",
        )
    return {name: value for name, value in settings.items() if value is not None}


def _choose_task(place: Any, inferred: str) -> str | None:
    task = place.selectbox(
        "Task",
        ("automatic", *_TASKS),
        format_func=lambda name: _TASKS.get(name, f"automatic: {_TASKS[inferred]}"),
        help="Whether the column holds classes or a quantity.",
        key="task",
        bind="query-params",
    )
    return None if task == "automatic" else task


def _choose_features(columns: tuple[ColumnSummary, ...], target: str) -> dict[str, list[str]]:
    others = [column.column for column in columns if column.column != target]
    useless = [c.column for c in columns if c.unused and c.kind != "empty" and c.column != target]
    left_out = _choose_several(
        "Columns to leave out",
        others,
        "left_out",
        "The network does not see these columns.",
        "None: learn from all columns that can be used",
    )
    kept = _choose_several(
        "Columns to use all the same",
        [name for name in useless if name not in left_out],
        "kept",
        "Columns that only tell rows apart and free text are left out unless they are named here.",
        "None: leave out what only tells rows apart, and free text",
    )
    settings = {}
    if left_out:
        settings["features"] = [name for name in others if name not in left_out]
    if kept:
        settings["keep"] = kept
    return settings


def _choose_several(
    label: str, options: list[str], key: str, words: str, placeholder: str
) -> list[str]:
    if not options:
        return []
    given = st.session_state.get(key, [])
    possible = [name for name in given if name in options]
    if possible != list(given):  # the column became the one to predict, or the file is another
        set_widget(key, possible)
    chosen: list[str] = st.multiselect(
        label, options, help=words, placeholder=placeholder, key=key, bind="query-params"
    )
    return chosen


def show_columns(
    columns: tuple[ColumnSummary, ...], settings: dict[str, Any], data: Dataset | None
) -> None:
    """Draw the table of columns; an edit of a part there is taken over at once."""
    with st.expander("What happened to your columns", icon=":material/fact_check:", expanded=True):
        roles = {column.column: _role(column, settings) for column in columns}
        edited = st.data_editor(
            _table(columns, roles, data),
            key=f"own_roles_{st.session_state.get(_EDITS, 0)}",
            hide_index=True,
            height=38 + 35 * min(len(columns), _MOST_SHOWN),
            disabled=["column", "kind", "missing", "distinct", "values", "action", "inputs"],
            column_config=_config(),
        )
        _take_edit(dict(zip(roles, edited["role"], strict=True)), roles, columns, settings)
        _mention_free_text(columns)
        for note in () if data is None else data.notes:
            st.caption(plain(note))


def _role(column: ColumnSummary, settings: dict[str, Any]) -> str:
    name = column.column
    if name == settings["target"]:
        return TARGET
    chosen = name in settings.get("features", (name,))
    used = not column.unused or name in settings.get("keep", ())
    return FEATURE if chosen and used else IGNORED


def _table(
    columns: tuple[ColumnSummary, ...], roles: dict[str, str], data: Dataset | None
) -> pd.DataFrame:
    table = None if data is None else data.preprocessing
    decided = {} if table is None else {d.column: (d.action, d.n_features) for d in table.decisions}
    rows = [
        {
            "column": column.column,
            "role": roles[column.column],
            "kind": column.kind,
            "missing": column.missing,
            "distinct": column.distinct,
            "values": list(column.histogram),
            "action": decided.get(column.column, (column.unused, 0))[0],
            "inputs": decided.get(column.column, (column.unused, 0))[1],
        }
        for column in columns
    ]
    return pd.DataFrame(rows)


def _config() -> dict[str, Any]:
    config = st.column_config
    return {
        "column": config.TextColumn("Column"),
        "role": config.SelectboxColumn(
            "Part",
            options=[FEATURE, TARGET, IGNORED],
            required=True,
            help="Click twice to change it: what the network learns from, what it predicts, "
            "what it does not see.",
        ),
        "kind": config.TextColumn("Kind"),
        "missing": config.NumberColumn("Missing", format="localized"),
        "distinct": config.NumberColumn("Distinct", format="localized"),
        "values": config.BarChartColumn(
            "Values",
            y_min=0,
            help="Numbers and dates in ten bins of equal width; of categories the ten most "
            "frequent.",
        ),
        "action": config.TextColumn("What happened", width="medium"),
        "inputs": config.NumberColumn("Inputs"),
    }


def _take_edit(
    edited: dict[str, str],
    roles: dict[str, str],
    columns: tuple[ColumnSummary, ...],
    settings: dict[str, Any],
) -> None:
    """Carry an edited part over to the widgets that hold it, and run the page again."""
    changed = {name: role for name, role in edited.items() if role != roles[name]}
    if not changed:
        return
    unused = {column.column for column in columns if column.unused}
    left_out = {name for name in roles if name not in settings.get("features", roles)}
    left_out.discard(settings["target"])
    kept, target = set(settings.get("keep", ())), settings["target"]
    for name, role in changed.items():
        if role == IGNORED:
            kept.discard(name)
            left_out |= set() if name in unused else {name}
        else:
            left_out.discard(name)
            kept |= {name} if role == FEATURE and name in unused else set()
        if role == TARGET:
            target = name
            kept.discard(name)
    left_out.discard(target)
    st.session_state[_EDIT] = {
        "target": target,
        "left_out": [name for name in roles if name in left_out],
        "kept": [name for name in roles if name in kept],
    }
    st.session_state[_EDITS] = st.session_state.get(_EDITS, 0) + 1
    st.rerun()


def _mention_free_text(columns: tuple[ColumnSummary, ...]) -> None:
    texts = [column.column for column in columns if column.unused == "free text"]
    if texts:
        st.page_link(
            "pages/text_sentiment.py",
            label=f"The page Text sentiment learns from free text such as {plain(texts[0])}",
            icon=":material/arrow_forward:",
        )
