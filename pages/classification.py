"""Classification and regression: train a network on any data and watch it learn."""

import numpy as np
import streamlit as st

import nnlib
from nnlib.datasets import Dataset
from nnlib.input_features import has_plane, plane_of
from nnlib.training import TRAIN_SAMPLE
from pages.shared.charts import data as data_charts
from pages.shared.charts import predictions, training
from pages.shared.controls import choose_network, choose_training
from pages.shared.data_input import choose_data
from pages.shared.export import show_chart
from pages.shared.image_view import show_images
from pages.shared.layout import begin_page, show_error, three_texts, wrapping_columns
from pages.shared.playground_controls import regenerated, too_large, with_input_features
from pages.shared.playground_draw import drawn_data, wants_to_draw
from pages.shared.playground_view import show_playground
from pages.shared.run_exports import show_run_exports
from pages.shared.run_view import (
    show_activations,
    show_layers,
    show_losses_and_gradients,
    show_metrics,
    show_notices,
)
from pages.shared.runs import LiveRun, live, live_run, progress, transport
from pages.shared.table_view import show_analysis

WHAT = r"""
A feed-forward network maps the inputs $x$ through its hidden layers,
$a_l = f(W_l^\top a_{l-1} + b_l)$ with $a_0 = x$, to one output a class, or a value to predict. In
each **step**, back-propagation gives the gradient of the mean loss over one minibatch, and the
optimizer changes the weights by it; in its plainest form $W \leftarrow W - \eta\,\partial L /
\partial W$ with the learning rate $\eta$. An **epoch** is one pass over the training split. The
loss is the cross-entropy $-\sum_k t_k \log p_k$ for classes and the mean squared error, of
standardized targets, for a quantity.
"""
LOOK_FOR = f"""
- **Training and validation loss** are taken with the same weights at the same moment, dropout off,
  the training loss on at most {TRAIN_SAMPLE:,} training examples that are drawn once. A validation
  loss that rises while the training loss falls is overfitting. The faint line is the loss of single
  minibatches as training sees it, dropout on.
- **Gradient norms** that shrink by a constant factor from layer to layer towards the input are
  vanishing; then the early layers hardly learn.
- **Update ratio**: how far one step moves a layer's weights, relative to their size. Around 0.001
  is a common rule of thumb; far above it training tends to be unstable, far below it slow.
- **Images** (for images) and **Analysis** (for other data) ask what the network goes by: which
  pixels or columns move its output. They show what *this network* uses, not what causes what.
- **Dead units** of a ReLU layer give zero for the whole minibatch and pass no gradient back.
- **The network's picture**, for data of two features: each tile is what a unit gives over the
  plane, blue below zero and orange above, each hidden unit on a scale of its own; an output tile is
  blue where its probability is below one half. Gradients in it are those of the last minibatch,
  penalties and clipping included.
"""
TRY_NEXT = """
- Raise the learning rate while the run plays, until the loss jumps; then lower it again.
- On the spiral, choose *sigmoid*, four hidden layers and the *normal* initializer: which layer's
  gradient is the smallest, and what does *batch normalization* change?
- Choose 50 points and two layers of 100 units; then compare L2, dropout and early stopping.
- On the circle, take only $x_1^2$ and $x_2^2$ as input features and no hidden layer: why is that
  enough? On the spiral, which features let a single hidden layer do?
- Pause, set the largest weight of the network to zero, and see which tiles change; then play on.
- Draw three classes of your own, one inside another.
- Drop your own CSV file on the sidebar. Does the network beat a guess?
"""


KEY = "classification"


def main() -> None:
    """Draw the page."""
    begin_page(
        "Classification",
        "🎯",
        subtitle="Train a network on a built-in data set or your own CSV file, and watch its "
        "losses and gradients live. Quantities can be predicted as well as classes.",
    )
    chosen = drawn_data() if wants_to_draw() else regenerated(choose_data())
    chosen = with_input_features(chosen)
    with st.sidebar:
        network = choose_network()
        problem = None if chosen is None else too_large(network, chosen.data)
        config = choose_training()
    if problem is not None:
        show_error(problem)
    elif chosen is not None:
        _train(nnlib.Experiment(network, config, chosen.reference), chosen.data)
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


def _train(experiment: nnlib.Experiment, data: Dataset) -> None:
    """Draw the run that belongs to the experiment, live."""
    try:
        run = live_run(KEY, experiment, data)
    except ValueError as error:
        show_error(error)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        pace = transport(run, KEY)
        log_loss, smoothing = _loss_options()
    live(_live, run, pace, log_loss, smoothing)


def _loss_options() -> tuple[bool, float]:
    with st.popover("Loss chart", icon=":material/tune:", help="How the losses are drawn."):
        log_loss = st.toggle(
            "Logarithmic axis",
            key="log_loss",
            bind="query-params",
            help="Shows losses of very different size on one axis.",
        )
        smoothing = st.slider(
            "Smoothing",
            0.0,
            0.99,
            0.0,
            key="smoothing",
            bind="query-params",
            help="Averages the losses over recent records; 0 shows them as they are.",
        )
    return log_loss, smoothing


def _live(run: LiveRun, pace: int | None, log_loss: bool, smoothing: float) -> None:
    """Train for a slice where the run plays, and redraw."""
    if run.running:
        run.play_slice(pace)
        if not run.running:
            st.rerun()  # the whole page: the timer stops and the buttons change
    progress(run)
    show_metrics(run, KEY)
    show_notices(run)
    show_losses_and_gradients(run, KEY, log_loss=log_loss, smoothing=smoothing)
    _details(run)


def _details(run: LiveRun) -> None:
    """Draw the tab that is open, and only that one."""
    image = run.trainer.data.image_shape is not None
    names = [
        *(["Playground"] if has_plane(run.trainer.data) else []),
        "Predictions",
        "Layers",
        "Activations",
        "Images" if image else "Analysis",
        "Data",
        "Export",
    ]
    draw = {
        "Playground": show_playground,
        "Predictions": _predictions,
        "Layers": lambda run: show_layers(run, KEY),
        "Activations": lambda run: show_activations(run, KEY),
        "Images": show_images,
        "Analysis": show_analysis,
        "Data": _data,
        "Export": lambda run: show_run_exports(run, KEY),
    }
    tabs = st.tabs(names, key="details", on_change="rerun", bind="query-params")
    for name, tab in zip(names, tabs, strict=True):
        if tab.open:
            with tab:
                draw[name](run)


def _predictions(run: LiveRun) -> None:
    """Draw what the network predicts, and how often it is right."""
    data, trainer = run.trainer.data, run.trainer
    charts = [_surface] if data.n_features == 1 and not has_plane(data) else []
    if data.task == "regression":
        charts += [_predicted_against_actual]
    else:
        charts += [_confusion_matrix, *([_roc] if data.task == "binary" else [])]
    columns = wrapping_columns(2, key="predictions_tab")
    for index, draw in enumerate([*charts, _scores]):
        with columns[index % 2]:
            draw(trainer)


def _surface(trainer: nnlib.Trainer) -> None:
    show_chart(
        predictions.plot_decision_surface(trainer),
        key="surface",
        name="decision-surface",
        data=lambda: predictions.decision_surface_data(trainer),
    )


def _predicted_against_actual(trainer: nnlib.Trainer) -> None:
    data = trainer.data
    actual, predicted = data.labels("val"), trainer.predict(data.features("val"))
    show_chart(
        predictions.plot_predicted_against_actual(actual, predicted, data.target_names[0]),
        key="predicted",
        name="predicted-against-actual",
        data=lambda: predictions.predicted_data(actual, predicted),
    )


def _confusion_matrix(trainer: nnlib.Trainer) -> None:
    data = trainer.data
    actual, predicted = _hard(data.labels("val")), trainer.predict(data.features("val"))
    show_chart(
        predictions.plot_confusion_matrix(actual, predicted, data.class_names),
        key="confusion",
        name="confusion-matrix",
        data=lambda: predictions.confusion_data(actual, predicted, data.class_names),
    )


def _roc(trainer: nnlib.Trainer) -> None:
    data = trainer.data
    actual = _hard(data.labels("val"))
    probability = trainer.predict_proba(data.features("val"))[:, 1]
    show_chart(
        predictions.plot_roc(actual, probability, data.class_names[1]),
        key="roc",
        name="roc",
        data=lambda: predictions.roc_data(actual, probability),
    )


def _scores(trainer: nnlib.Trainer) -> None:
    history = trainer.history
    show_chart(
        training.plot_scores(history),
        key="scores",
        name="scores",
        data=lambda: training.scores_data(history),
    )


def _data(run: LiveRun) -> None:
    data = run.trainer.data
    rows = " · ".join(
        f"{len(data.features(split)):,} {name}"
        for split, name in (("train", "training"), ("val", "validation"), ("test", "test"))
    )
    st.caption(f"Rows: {rows}. Inputs of the network: {data.n_features:,}.")
    show_chart(
        data_charts.plot_data_preview(plane_of(data)),
        key="preview",
        name="data",
        data=lambda: data_charts.data_preview_data(plane_of(data)),
    )


def _hard(labels: np.ndarray) -> np.ndarray:
    """Return class codes, also of soft labels."""
    if labels.ndim == 2:
        return labels.argmax(axis=1)
    return labels if labels.dtype.kind in "iu" else (labels > 0.5).astype(int)


main()
