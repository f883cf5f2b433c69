"""Drawing one's own data: a canvas to click on, and a table to edit."""

from __future__ import annotations

import streamlit as st

import nnlib
from nnlib.datasets import DatasetError
from pages.shared.charts.playground_canvas import plot_canvas
from pages.shared.data_input import ChosenData
from pages.shared.export import show_chart
from pages.shared.layout import show_error, wrapping_columns
from pages.shared.playground_points import (
    CLASSES,
    MOST_POINTS,
    REACH,
    Point,
    data_of,
    points_frame,
    points_of,
    read_points,
    write_points,
)

_KEY = "points"
_NEXT = "playground_points"  # in the session state: the text that the widget is to have next


def wants_to_draw() -> bool:
    """Draw the switch between data sets and one's own drawing."""
    with st.sidebar:
        on: bool = st.toggle(
            "Draw your own data",
            key="draw",
            bind="query-params",
            help="Takes the points that you click on a canvas, in place of a data set.",
        )
    return on


def drawn_data() -> ChosenData | None:
    """Draw the canvas and the table, and return the data set of their points, if there is one."""
    if _NEXT in st.session_state:  # ahead of the widget that has this key
        st.session_state[_KEY] = st.session_state.pop(_NEXT)
    train_fraction, seed = _choose_split()
    left, right = wrapping_columns(2, key="playground_drawing")
    with right:
        points, label = _choose_points()
    with left:
        _canvas(points, label)
    try:
        data = data_of(points, train_fraction, seed)
    except DatasetError as error:
        show_error(error)
        return None
    options = (("points", write_points(points)), ("train_fraction", train_fraction), ("seed", seed))
    return ChosenData(data, nnlib.DataReference("drawn points", options, data.fingerprint))


def _choose_split() -> tuple[float, int]:
    with st.sidebar:
        st.subheader("Data", anchor=False)
        share = st.slider(
            "Training share",
            0.1,
            0.9,
            0.7,
            step=0.05,
            key="drawn_train_fraction",
            bind="query-params",
            help="The share of your points that the network trains on; the rest is for validation.",
        )
        seed = st.number_input(
            "Split seed",
            0,
            10_000,
            key="drawn_seed",
            bind="query-params",
            help="Decides which of your points are trained on.",
        )
    return share, seed


def _choose_points() -> tuple[tuple[Point, ...], str]:
    """Draw class, buttons, text and table; return the points and the class of the next one."""
    label = st.pills(
        "Class of the next point",
        list(CLASSES),
        default=CLASSES[0],
        required=True,
        key="next_class",
        bind="query-params",
        help="A click on the canvas adds a point of this class.",
    )
    buttons = st.container(horizontal=True)
    text = st.text_input(
        "Points as text",
        key=_KEY,
        bind="query-params",
        help="Class and coordinates in hundredths of each point; the link to this page holds it.",
    )
    points = read_points(text)
    with buttons:
        if st.button("Undo", icon=":material/undo:", key="undo", help="Takes the last point back."):
            _become(points[:-1])
        if st.button("Clear", icon=":material/delete:", key="clear", help="Removes all points."):
            _become(())
    _table(points, text)
    return points, label or CLASSES[0]


def _table(points: tuple[Point, ...], text: str) -> None:
    axis = {"min_value": -REACH, "max_value": REACH, "step": 0.01, "required": True}
    edited = st.data_editor(
        points_frame(points),
        num_rows="dynamic",
        hide_index=True,
        height=250,
        key=f"table_{hash(text)}",  # the editor keeps what was edited, so new points need a new one
        column_config={
            "x1": st.column_config.NumberColumn("x1", format="%.2f", **axis),
            "x2": st.column_config.NumberColumn("x2", format="%.2f", **axis),
            "class": st.column_config.SelectboxColumn("class", options=CLASSES, required=True),
        },
    )
    if points_of(edited) != points:
        _become(points_of(edited))


def _canvas(points: tuple[Point, ...], label: str) -> None:
    clicked = show_chart(
        plot_canvas(points, CLASSES),
        key="canvas",
        name="drawn-points",
        data=lambda: points_frame(points),
        clicks=True,
    )
    if len(points) >= MOST_POINTS:
        st.caption(f"The canvas holds at most {MOST_POINTS} points.")
    elif clicked is not None:
        new = Point(round(clicked.x, 2), round(clicked.y, 2), label)
        _become((*points, new))


def _become(points: tuple[Point, ...]) -> None:
    """Run the page again with these points."""
    st.session_state[_NEXT] = write_points(points)
    st.rerun()
