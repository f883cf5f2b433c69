"""The columns of a person's table: what they hold, and the part that each has in training.

The parts are held by widgets that the URL knows: the column to predict, columns to leave out, and
columns to use although they look useless. The table of columns shows them and can be edited too;
an edit is carried over to those widgets in the next run of the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from nnlib.datasets import (
    ColumnSummary,
    Dataset,
    DatasetError,
    TableOptions,
    TablePreprocessing,
    guess_target,
    infer_task,
    summarize_columns,
)
from nnlib.datasets.tables.dividing import GROUPS, RANDOM, TIME, likely_divisions
from pages.shared import widgets
from pages.shared.plain_text import plain
from pages.shared.widget_values import set_widget

FEATURE, TARGET, IGNORED = "feature", "target", "ignored"
_TASKS = {
    "binary": "two classes",
    "multiclass": "several classes",
    "regression": "regression (a number)",
}
_SPLITS = {RANDOM: "at random", GROUPS: "by groups", TIME: "by time"}
_EDIT, _EDITS = "own_roles_edit", "own_roles_edits"  # in the session state
_MOST_SHOWN = 12


class Look(NamedTuple):
    """What is seen of a table before anything is decided.

    `target` is a guess; `likely` are columns by which rows seem to belong together.
    """

    columns: tuple[ColumnSummary, ...]
    target: str
    likely: tuple[tuple[str, str], ...]


# Own files are seen by their session alone.
@st.cache_resource(scope="session", max_entries=2, show_spinner="Looking at the columns …")
def look_at(digest: str, reading: str, _frame: pd.DataFrame) -> Look:
    """Look at a table, once for each file and way to read it."""
    likely = tuple(likely_divisions(_frame))
    return Look(summarize_columns(_frame), guess_target(_frame), likely)


def choose_columns(frame: pd.DataFrame, look: Look) -> TableOptions:
    """Draw what is to be predicted, from what, and how the rows are split."""
    for key, value in st.session_state.pop(_EDIT, {}).items():
        set_widget(key, value)
    # The guess comes first, which is what a select box shows by itself: Streamlit warns of an
    # `index` for a widget that an edit also sets.
    others = [column.column for column in look.columns if column.column != look.target]
    left, right = st.columns(2)
    target = widgets.selectbox(
        "target",
        "Column to predict",
        [look.target, *others],
        help="The network learns to predict this column from the others; rows in which it is empty "
        "are left out.",
        place=left,
    )
    task = _choose_task(right, frame[target])
    split = _choose_split(look, target)
    return TableOptions(target, task, **split, **_choose_features(look.columns, target, split))


def _choose_split(look: Look, target: str) -> dict[str, Any]:
    """Draw how the rows are divided into training and validation."""
    share, how, by = st.columns(3)
    train_fraction = widgets.slider(
        "own_train_fraction",
        "Training share",
        (0.1, 0.95, 0.8, 0.05),
        help="The share of rows that the network trains on; the rest is for validation.",
        place=share,
    )
    split = widgets.selectbox(
        "own_split",
        "Split of the rows",
        tuple(_SPLITS),
        format_func=_SPLITS.__getitem__,
        help="At random; by groups, so that rows that belong together, such as visits of one "
        "patient, are all trained on or all validated on; or by time, training on the earliest.",
        place=how,
    )
    if split == RANDOM:
        return {"train_fraction": train_fraction}
    kinds = ("number", "date") if split == TIME else ("category", "number", "boolean", "date")
    likely = [name for division, name in look.likely if division == split]
    possible = [column.column for column in look.columns if column.kind in kinds]
    names = dict.fromkeys(name for name in (*likely, *possible) if name != target)
    if st.session_state.get("own_split_by") not in (None, *names):  # it can split another way only
        set_widget("own_split_by", next(iter(names), None))
    column = widgets.selectbox(
        "own_split_by",
        "Column to split by",
        tuple(names),
        help="No value of this column is in both training and validation.",
        place=by,
    )
    return {"train_fraction": train_fraction, "split": split, "split_by": column}


def _choose_task(place: Any, column: pd.Series[Any]) -> str | None:
    try:
        automatic = f"automatic: {_TASKS[infer_task(column)]}"
    except DatasetError:  # an empty column, which is refused further on
        automatic = "automatic"
    task = widgets.selectbox(
        "task",
        "Task",
        ("automatic", *_TASKS),
        format_func=lambda name: _TASKS.get(name, automatic),
        help="Whether the column holds classes or a quantity.",
        place=place,
    )
    return None if task == "automatic" else task


def _choose_features(
    columns: tuple[ColumnSummary, ...], target: str, split: dict[str, Any]
) -> dict[str, Any]:
    others = [column.column for column in columns if column.column != target]
    useless = _useless(columns, TableOptions(target, **split))
    left_out = choose_several(
        "Columns to leave out",
        others,
        "left_out",
        "The network does not see these columns.",
        "None: learn from all columns that can be used",
    )
    kept = choose_several(
        "Columns to use all the same",
        [name for name in others if name in useless and name not in left_out],
        "kept",
        "Columns that only tell rows apart or split them, and free text, are left out unless they "
        "are named here.",
        "None: leave out what only tells rows apart, and free text",
    )
    features = [name for name in others if name not in left_out] if left_out else None
    return {"features": features, "keep": kept}


def _useless(columns: tuple[ColumnSummary, ...], options: TableOptions) -> set[str]:
    """Return the columns that are left out unless a person names them."""
    useless = {column.column for column in columns if column.unused and column.kind != "empty"}
    return useless | ({str(options.split_by)} if options.split == GROUPS else set())


def choose_several(
    label: str, options: list[str], key: str, words: str, placeholder: str
) -> list[str]:
    """Draw a choice of several columns; one that the file does not have is forgotten."""
    if not options:
        return []
    given = st.session_state.get(key, [])
    possible = [name for name in given if name in options]
    if possible != list(given):  # the column became the one to predict, or the file is another
        set_widget(key, possible)
    chosen: list[str] = widgets.multiselect(
        key, label, options, help=words, placeholder=placeholder
    )
    return chosen


def show_columns(
    columns: tuple[ColumnSummary, ...],
    options: TableOptions,
    data: Dataset | None,
    notes: Sequence[str],
) -> None:
    """Draw the table of columns and notes; an edit of a part there is taken over at once."""
    with st.expander("What happened to your columns", icon=":material/fact_check:", expanded=True):
        useless = _useless(columns, options)
        roles = {column.column: _role(column, options, useless) for column in columns}
        edited = st.data_editor(
            _table(columns, roles, data),
            key=f"own_roles_{st.session_state.get(_EDITS, 0)}",
            hide_index=True,
            height=38 + 35 * min(len(columns), _MOST_SHOWN),
            disabled=["column", "kind", "missing", "distinct", "values", "action", "inputs"],
            column_config=_config(),
        )
        _take_edit(dict(zip(roles, edited["role"], strict=True)), roles, useless, options)
        _mention_free_text(columns)
        for note in notes:
            st.caption(plain(note))


def _role(column: ColumnSummary, options: TableOptions, useless: set[str]) -> str:
    name = column.column
    if name == options.target:
        return TARGET
    chosen = options.features is None or name in options.features
    used = column.kind != "empty" and (name not in useless or name in options.keep)
    return FEATURE if chosen and used else IGNORED


def _table(
    columns: tuple[ColumnSummary, ...], roles: dict[str, str], data: Dataset | None
) -> pd.DataFrame:
    table = None if data is None else data.preprocessing
    decisions = table.decisions if isinstance(table, TablePreprocessing) else ()
    decided = {d.column: (d.action, d.n_features) for d in decisions}
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
    edited: dict[str, str], roles: dict[str, str], useless: set[str], options: TableOptions
) -> None:
    """Carry an edited part over to the widgets that hold it, and run the page again."""
    changed = {name: role for name, role in edited.items() if role != roles[name]}
    if not changed:
        return
    left_out = set() if options.features is None else set(roles) - {*options.features}
    kept, target = set(options.keep), options.target
    for name, role in changed.items():
        if role == IGNORED:
            kept.discard(name)
            left_out |= set() if name in useless else {name}
        else:
            left_out.discard(name)
            kept |= {name} if role == FEATURE and name in useless else set()
        if role == TARGET:
            target = name
            kept.discard(name)
    left_out -= {target, options.target}
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
