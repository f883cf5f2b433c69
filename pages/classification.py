"""Classification and regression: train a network on any data and watch it learn."""

from collections.abc import Callable
from functools import partial

import streamlit as st

import nnlib
from nnlib.datasets import Dataset
from nnlib.evaluation import TRAIN_SAMPLE
from nnlib.probes.input_features import has_plane
from pages.shared import run_view, widgets
from pages.shared.classification.presets import PRESETS
from pages.shared.classification.view import show_data, show_predictions
from pages.shared.controls import choose_network, choose_training
from pages.shared.data_input import choose_data
from pages.shared.findings import show_findings
from pages.shared.images.view import show_images
from pages.shared.layout import Next, begin_page, show_error, three_texts
from pages.shared.playground.controls import regenerated, too_large, with_input_features
from pages.shared.playground.draw import drawn_data, wants_to_draw
from pages.shared.playground.view import show_playground
from pages.shared.presets import choose_preset
from pages.shared.run_exports import show_run_exports
from pages.shared.runs import LiveRun
from pages.shared.tables.view import show_analysis
from pages.shared.transport import progress, show_run
from pages.shared.trials import show_trial

WHAT = r"""
A feed-forward network maps the inputs $x$ through its hidden layers,
$a_l = f(W_l^\top a_{l-1} + b_l)$ with $a_0 = x$, to one output a class (of two classes a single
one, for the second), or to a value. In each **step**, back-propagation gives the gradient of the
mean loss over one minibatch, and the optimizer changes the weights by it; in its plainest form
$W \leftarrow W - \eta\,\partial L / \partial W$ with the learning rate $\eta$. An **epoch** is one
pass over the training split. The loss is the cross-entropy $-\sum_k t_k \log p_k$ for classes and
the mean squared error, of standardized targets, for a quantity.
"""
LOOK_FOR = f"""
- **Training and validation loss** are taken with the same weights at the same moment, dropout off,
  the training loss on at most {TRAIN_SAMPLE:,} training examples that are drawn once. A validation
  loss that rises while the training loss falls is overfitting. The faint line is the loss of single
  minibatches as training sees it, with dropout and class weights.
- **Gradient norms** that shrink by a constant factor from layer to layer towards the input are
  vanishing. Plain SGD then hardly moves the early layers; Adam and RMSprop divide by the size of
  the gradient, so they move them all the same.
- **The dashed lines** are what the best *constant* prediction reaches, the same for every example:
  the majority's share of accuracy and the entropy of the class shares as loss, or the variance of
  a quantity. A network that is no better has learned nothing from the inputs. Where classes are
  not equally large, the **balanced accuracy** counts each of them alike.
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
TRY_NEXT = (
    Next(
        "Choose the learning rate 1 while the run plays: does the loss jump? Then lower it again.",
        {"learning_rate": 1.0},
    ),
    Next(
        "On the spiral, choose *sigmoid*, four hidden layers and the *normal* "
        "initializer: which layer's gradient is the smallest, and what does *batch "
        "normalization* change?",
        {"data": "spiral", "layers": 4, "activation": "sigmoid", "initializer": "normal"},
    ),
    Next(
        "On the spiral, choose 50 points and two layers of 100 units; then compare L2, "
        "dropout and early stopping.",
        {"data": "spiral", "spiral_n_samples": 50, "layers": 2, "units_1": 100, "units_2": 100},
    ),
    Next(
        "On the circle, take only $x_1^2$ and $x_2^2$ as input features and 0 hidden "
        "layers: why is that enough? On the spiral, which features let a single hidden "
        "layer do?",
        {"data": "circle", "inputs": ["x1^2", "x2^2"], "layers": 0},
    ),
    Next(
        "Pause, set the largest weight of the network to zero, and see which tiles "
        "change; then play on."
    ),
    Next("Draw three classes of your own, one inside another."),
    Next("Drop your own CSV file on the sidebar. Does the network beat a guess?"),
)


KEY = "classification"


def main() -> None:
    """Draw the page."""
    begin_page(
        "Classification",
        "🎯",
        subtitle="Train a network on a built-in data set or your own CSV file, and watch its "
        "losses and gradients live. Quantities can be predicted as well as classes.",
    )
    choose_preset(PRESETS)
    chosen = drawn_data() if wants_to_draw() else regenerated(choose_data())
    chosen = with_input_features(chosen)
    with st.sidebar:
        network = choose_network()
        problem = None if chosen is None else too_large(network, chosen.data)
        classes = chosen is not None and chosen.data.task != "regression"
        config = choose_training(of_classes=classes)
    if problem is not None:
        show_error(problem)
    elif chosen is not None:
        experiment = nnlib.Experiment(network, config, chosen.reference)
        show_trial(KEY)
        show_run(KEY, experiment, chosen.data, _live)
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


def _live(run: LiveRun) -> None:
    """Draw all that belongs to the run."""
    progress(run)
    show_findings(run, KEY)
    run_view.show_losses_and_gradients(run, KEY)
    run_view.show_numbers(run, KEY)
    run_view.show_notices(run)
    _details(run)


def _details(run: LiveRun) -> None:
    """Draw the tab that is open, and only that one."""
    views = _views(run.trainer.data)
    for draw, tab in zip(views.values(), widgets.tabs("details", list(views)), strict=True):
        if tab.open:
            with tab:
                draw(run)


def _views(data: Dataset) -> dict[str, Callable[[LiveRun], None]]:
    """Return the tabs that suit the data, by name."""
    image = data.image_shape is not None
    return {
        **({"Playground": show_playground} if has_plane(data) else {}),
        "Predictions": show_predictions,
        "Layers": partial(run_view.show_layers, key=KEY),
        "Activations": partial(run_view.show_activations, key=KEY),
        **({"Images": show_images} if image else {"Analysis": show_analysis}),
        "Data": show_data,
        "Export": partial(show_run_exports, key=KEY),
    }


main()
