"""Drawing one's own data: a canvas to click on, and a table to edit."""

import pandas as pd
import streamlit as st

import nnlib
from nnlib.datasets import DatasetError
from pages.shared import widgets
from pages.shared.data_input import ChosenData
from pages.shared.export import show_chart
from pages.shared.layout import show_error, wrapping_columns
from pages.shared.playground.charts_canvas import plot_canvas, points_frame
from pages.shared.playground.points import (
    CLASSES,
    MOST_POINTS,
    REACH,
    Point,
    data_of,
    points_of,
    read_points,
    write_points,
)

_KEY = "points"
_NEXT = "playground_points"  # in the session state: the text that the widget is to have next


def wants_to_draw() -> bool:
    """Draw the switch between data sets and one's own drawing."""
    with st.sidebar:
        on: bool = widgets.toggle(
            "draw",
            "Draw your own data",
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
        share = widgets.slider(
            "drawn_train_fraction",
            "Training share",
            (0.1, 0.9, 0.7, 0.05),
            help="The share of your points that the network trains on; the rest is for validation.",
        )
        seed = widgets.number_input(
            "drawn_seed",
            "Split seed",
            (0, 10_000),
            help="Decides which of your points are trained on.",
        )
    return share, seed


def _choose_points() -> tuple[tuple[Point, ...], str]:
    """Draw class, buttons, text and table; return the points and the class of the next one."""
    label = widgets.pills(
        "next_class",
        "Class of the next point",
        list(CLASSES),
        CLASSES[0],
        required=True,
        help="A click on the canvas adds a point of this class.",
    )
    buttons = st.container(horizontal=True)
    text = widgets.text_input(
        _KEY,
        "Points as text",
        help="Class and coordinates in hundredths of each point; the link to this page holds it.",
    )
    points = read_points(text)
    with buttons:
        if st.button(
            "Undo point", icon=":material/undo:", key="undo", help="Takes back the last point."
        ):
            _become(points[:-1])
        if st.button("Clear", icon=":material/delete:", key="clear", help="Removes all points."):
            _become(())
    _table(points, text)
    return points, label or CLASSES[0]


def _table(points: tuple[Point, ...], text: str) -> None:
    edited: pd.DataFrame = st.data_editor(
        points_frame(points),
        num_rows="dynamic",
        hide_index=True,
        height=250,
        key=f"table_{hash(text)}",  # the editor keeps what was edited, so new points need a new one
        column_config={
            **{
                name: st.column_config.NumberColumn(
                    name, min_value=-REACH, max_value=REACH, step=0.01, format="%.2f", required=True
                )
                for name in ("x1", "x2")
            },
            "class": st.column_config.SelectboxColumn(
                "class", options=list(CLASSES), required=True
            ),
        },
    )
    if points_of(edited) != points:
        _become(points_of(edited))


def _canvas(points: tuple[Point, ...], label: str) -> None:
    clicked = show_chart(plot_canvas(points, CLASSES), key="canvas", clicks=True)
    if len(points) >= MOST_POINTS:
        st.caption(f"The canvas holds at most {MOST_POINTS} points.")
    elif clicked is not None:
        new = Point(round(clicked.x, 2), round(clicked.y, 2), label)
        _become((*points, new))


def _become(points: tuple[Point, ...]) -> None:
    """Run the page again with these points."""
    st.session_state[_NEXT] = write_points(points)
    st.rerun()
