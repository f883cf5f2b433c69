"""The one place where a person chooses how all curves of a live run are drawn."""

from typing import get_args

import streamlit as st

from pages.shared import widgets
from pages.shared.charts.look import Look, Over, Scale
from pages.shared.links import start_from_address, switch

_SCALE, _OLD_SCALE = "curves_scale", "log_loss"


def choose_look() -> Look:
    """Draw what all curves of the page's run lie over, their scale and their smoothing."""
    _take_old_link()
    menu = st.popover(
        "Curves",
        icon=":material/show_chart:",
        key="curves",
        help="How all curves of the run are drawn, and those of kept runs with them.",
    )
    over: Over = widgets.segmented_control(
        "curves_over",
        "Over",
        get_args(Over),
        help="What the curves lie over. Seconds are those of computing, without the drawing; runs "
        "of one machine can be compared over them.",
        place=menu,
    )
    scale: Scale = widgets.segmented_control(
        _SCALE,
        "Vertical axis",
        get_args(Scale),
        help="Automatic takes the scale that suits what is drawn: logarithmic for norms, linear "
        "for losses, scores and shares. On a logarithmic one, what is 0 or below is a gap.",
        place=menu,
    )
    smoothing = widgets.slider(
        "smoothing",
        "Smoothing",
        (0.0, 0.99, 0.0),
        help="Averages each curve over its recent records, which stay visible in a faint line; 0 "
        "shows them alone. The learning rate is set and not measured, so it stays as it is.",
        place=menu,
    )
    return Look(over, scale, smoothing)


def _take_old_link() -> None:
    """Read the switch that the logarithmic axis of the losses was in older links."""
    read = switch(st.query_params.pop(_OLD_SCALE, ""))
    if read is not None and read[0] and _SCALE not in st.query_params:
        start_from_address({_SCALE: ["logarithmic"]})
