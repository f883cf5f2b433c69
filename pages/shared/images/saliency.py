"""One image and what the network's output for it hangs on: an example, or a digit of one's own."""

import numpy as np
import streamlit as st

from nnlib.datasets import Dataset, DatasetError
from nnlib.probes.saliency import class_direction, input_gradients
from pages.shared import widgets
from pages.shared.charts.points import class_codes
from pages.shared.charts.theme import escape
from pages.shared.images import input as image_input
from pages.shared.images.board import SIDE, drawing_board
from pages.shared.images.charts_saliency import plot_image, plot_probabilities, plot_saliency
from pages.shared.layout import show_error, wrapping_columns
from pages.shared.results import computed
from pages.shared.rows import show_row
from pages.shared.runs import LiveRun

ALL = -1
"""What a select box of classes holds where no single class is chosen."""


def show_saliency(run: LiveRun) -> None:
    """Draw a validation example, what the network says of it, and what that hangs on."""
    data = run.trainer.data
    count = len(data.features("val"))
    left, right = wrapping_columns(2, key="saliency_choice")
    row = widgets.number_input(
        "saliency_row",
        "Validation example",
        (0, count - 1, 0),
        help="Row of the validation split; the gallery of mistakes shows the rows on hover.",
        place=left,
    )
    with right:
        chosen = _choose_saliency_class(data)
    actual = int(class_codes(data.labels("val"))[row])
    title = f"Validation example {row:,}, actual {escape(data.class_names[actual])}"
    _explain(run, data.features("val")[row], title, chosen, actual)


def _choose_saliency_class(data: Dataset) -> int | None:
    names = ("predicted class", *data.class_names)
    chosen = widgets.selectbox(
        "saliency_class",
        "Gradient of the logit of",
        range(ALL, len(data.class_names)),
        format_func=lambda k: names[k + 1],
        help="Of which class the logit is differentiated with respect to the pixels.",
    )
    return None if chosen == ALL else chosen


def _explain(
    run: LiveRun, pixels: np.ndarray, title: str, chosen: int | None, actual: int | None
) -> None:
    """Draw an image, what the network says of it, and what that hangs on."""
    data, trainer = run.trainer.data, run.trainer
    assert data.image_shape is not None
    chances = trainer.predict_proba(pixels[np.newaxis])[0]
    about = int(chances.argmax()) if chosen is None else chosen
    direction = class_direction(data.task, data.n_outputs, about)
    with run.lock:
        gradient = input_gradients(trainer.network, pixels[np.newaxis], direction)[0]
    show_row(
        "explained",
        least="17rem",
        own_image=plot_image(pixels, data.image_shape, title, *_range(data)),
        own_chances=plot_probabilities(chances, data.class_names, actual),
        saliency=plot_saliency(gradient, data.image_shape, data.class_names[about]),
    )
    st.caption(
        "Orange: more ink at this pixel would raise the logit, to first order; blue: it would "
        "lower it. The gradient is local: it says what a small change would do, not which pixels "
        "the result rests on. Inputs are in standard deviations over all pixels."
    )


def _range(data: Dataset) -> tuple[float, float]:
    return float(data.X_train.min()), float(data.X_train.max())


def show_own_digit(run: LiveRun) -> None:
    """Draw the board and the upload, and what the network says of the digit."""
    data = run.trainer.data
    left, right = wrapping_columns(2, key="own_digit")
    with left:
        st.markdown("**Draw a digit**")
        drawn = drawing_board("digit_board")
    with right:
        file = st.file_uploader(
            "Or upload a picture of one",
            type=[*map(str.lower, image_input.FORMATS), "jpg"],
            key="digit_file",
            max_upload_size=5,
            help="A single dark digit on bright paper, or the reverse; it stays in the memory of "
            "this session.",
        )
        chosen = _choose_saliency_class(data)
        st.caption(
            "The picture is turned into gray, inverted where the background is bright, cropped to "
            "the ink, scaled and centered as the images of the data set are."
        )
    try:
        ink = image_input.ink_of_file(file.getvalue()) if file is not None else _drawn_ink(drawn)
    except DatasetError as error:
        show_error(error)
        return
    if ink is None:
        st.info("Draw a digit on the board, or upload a picture.", icon=":material/draw:")
        return
    key = data.fingerprint
    frame = computed(
        "image_frame", key, lambda tell: image_input.frame_of(data), doing="Measuring the ink …"
    )
    if frame is None:
        return
    _explain(run, image_input.network_input(ink, frame), "What the network sees", chosen, None)


def _drawn_ink(drawn: bytes) -> image_input.Ink | None:
    return image_input.ink_of_drawing(drawn, SIDE) if drawn else None
