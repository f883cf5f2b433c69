"""The tab of a network on images: mistakes, filters, class images, saliency, one's own digit."""

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nnlib.datasets import Dataset
from nnlib.probes.saliency import ClassImages, class_images
from pages.shared import widgets
from pages.shared.charts.confusion import plot_confusion_matrix
from pages.shared.charts.images import plot_first_layer_weights
from pages.shared.charts.theme import escape
from pages.shared.controls import plain_value
from pages.shared.export import show_chart
from pages.shared.images.charts_saliency import plot_class_images
from pages.shared.images.charts_scores import examples_of, plot_class_scores, plot_examples
from pages.shared.images.saliency import ALL, show_own_digit, show_saliency
from pages.shared.layout import wrapping_columns
from pages.shared.results import Tell, computed
from pages.shared.runs import LiveRun
from pages.shared.weights_key import weights_key

VIEWS = ("Overview", "Class images", "Saliency", "Your own digit")
FILTERS = 12
PENALTIES = (0.0, 0.0003, 0.001, 0.003, 0.01)


def show_images(run: LiveRun) -> None:
    """Draw the view that is chosen; the data are images with classes."""
    view = widgets.segmented_control(
        "image_view",
        "View of images",
        VIEWS,
        VIEWS[0],
        label_visibility="collapsed",
        help="Where the network is wrong, what it has learned, what one image's result hangs on, "
        "or a digit that you draw.",
    )
    draw = dict(zip(VIEWS, (_overview, _class_images, show_saliency, show_own_digit), strict=True))
    draw[view](run)


def _overview(run: LiveRun) -> None:
    data, trainer = run.trainer.data, run.trainer
    actual, probabilities = data.labels("val"), trainer.predict_proba(data.features("val"))
    said = probabilities.argmax(axis=1)
    left, right = wrapping_columns(2, key="images_tab")
    with left:
        _clickable_matrix(actual, said, data)
        show_chart(plot_class_scores(actual, said, data.class_names), "class_scores")
    with right:
        _gallery(data, actual, probabilities)
        _filters(run)


def _clickable_matrix(actual: np.ndarray, said: np.ndarray, data: Dataset) -> None:
    """Draw the confusion matrix; a click chooses the two classes below before they are drawn."""
    chart = plot_confusion_matrix(actual, said, data.class_names)
    clicked = show_chart(chart, key="image_confusion", clicks=True)
    if clicked is not None:
        last = len(data.class_names) - 1
        st.session_state["shown_actual"] = int(np.clip(round(clicked.y), 0, last))
        st.session_state["shown_predicted"] = int(np.clip(round(clicked.x), 0, last))


def _gallery(data: Dataset, actual: np.ndarray, probabilities: np.ndarray) -> None:
    assert data.image_shape is not None
    columns = st.columns(2)
    true = _choose_class(columns[0], "Actual class", "shown_actual", data)
    said = _choose_class(columns[1], "Predicted class", "shown_predicted", data)
    st.caption("Or click a cell of the confusion matrix to see its examples.")
    found, what = examples_of(actual, probabilities, true, said), _what(data, true, said)
    images = data.features("val")
    show_chart(plot_examples(images, found, data.class_names, data.image_shape, what), "worst")


def _choose_class(place: DeltaGenerator, label: str, key: str, data: Dataset) -> int | None:
    names = ("all", *data.class_names)
    chosen = widgets.selectbox(
        key,
        label,
        range(ALL, len(data.class_names)),
        format_func=lambda k: names[k + 1],
        help="Of all classes, mistakes are shown; of one class twice, its correctly read images.",
        place=place,
    )
    return None if chosen == ALL else chosen


def _what(data: Dataset, true: int | None, said: int | None) -> str:
    """Return how the title of the gallery begins."""
    if true is not None and true == said:
        return f"The least sure {escape(data.class_names[true])} that are read correctly"
    what = "The most confident mistakes"
    if true is not None:
        what += f", actual {escape(data.class_names[true])}"
    return what if said is None else f"{what}, read as {escape(data.class_names[said])}"


def _filters(run: LiveRun) -> None:
    data, trainer = run.trainer.data, run.trainer
    assert data.image_shape is not None
    weights = trainer.network.dense_layers[0].weight
    show_chart(plot_first_layer_weights(weights, data.image_shape, FILTERS), key="filters")


def _choose_climb() -> tuple[float, int, int]:
    """Draw penalty, starts and seed of the climbs, and return them."""
    with st.container(horizontal=True):
        penalty = widgets.select_slider(
            "ink_penalty",
            "Penalty on ink",
            PENALTIES,
            format_func=lambda value: plain_value(value) if value else "none",
            help="How much brightness costs in log-probability; it leaves what the network needs.",
        )
        starts = widgets.number_input(
            "climbs",
            "Starts",
            (1, 50, 8),
            help="So many climbs from different noise are averaged for each class.",
        )
        seed = widgets.number_input(
            "climb_seed",
            "Seed of the starts",
            (0, 9999, 0),
            help="Decides the noise that the climbs start from.",
        )
    return penalty, starts, seed


def _class_images(run: LiveRun) -> None:
    data, trainer = run.trainer.data, run.trainer
    assert data.image_shape is not None
    if run.running:
        st.info("Pause the run to see which inputs each class answers to.", icon=":material/pause:")
        return
    penalty, starts, seed = _choose_climb()
    low, high = float(data.X_train.min()), float(data.X_train.max())

    def climb(tell: Tell) -> ClassImages:
        rng = np.random.default_rng(seed)
        with run.lock:
            return class_images(
                trainer.network, data.task, low, high, rng, starts=starts, penalty=penalty
            )

    key = (weights_key(trainer), penalty, starts, seed)
    made = computed("class_images", key, climb, doing="Climbing …")
    if made is None:
        return
    show_chart(plot_class_images(made, data.class_names, data.image_shape, low), "class_images")
    st.caption(
        "Not an average of examples: gradient ascent on the input, from noise, that raises the "
        "probability of one class; below each, the probability that the network gives the mean "
        "image. A network can be nearly certain of an image that a person would not take for a "
        "digit (Nguyen, Yosinski & Clune 2015). Each image is drawn up to its own brightest pixel."
    )
