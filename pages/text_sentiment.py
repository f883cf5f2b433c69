"""Text sentiment: a bag of words, a small network, and which words decide."""

import math

import streamlit as st

import nnlib
from nnlib.datasets.text import TextData
from nnlib.text_learning import hard_accuracy
from pages.shared.controls import choose_network, choose_training
from pages.shared.layout import begin_page, show_error, three_texts, wrapping_columns
from pages.shared.run_exports import show_run_exports
from pages.shared.run_view import show_layers, show_losses_and_gradients, show_notices
from pages.shared.runs import LiveRun, live, live_run, progress, transport
from pages.shared.text_data import choose_text
from pages.shared.text_details import show_curve, show_held_out, show_texts, show_words
from pages.shared.text_order import show_order
from pages.shared.text_sentence import show_sentence

WHAT = r"""
A **bag of words** turns a text into numbers: one input for each term of the vocabulary, with how
often the term is in the text (**counts**). **TF-IDF** multiplies each count by a weight that is
smaller for common terms, and scales the text to length 1; of $n$ training texts, $n_j$ have term
$j$, and its weight is

$$\ln\frac{1+n}{1+n_j}+1.$$

Words are lower-case letters and digits; an apostrophe stays inside its word. The vocabulary is
learned from the training texts alone. A network maps the numbers to a logit $z$, and
$\sigma(z) = 1/(1+e^{-z})$ is the probability of the second class. The loss is the cross-entropy,
which takes soft labels between 0 and 1 too.

The **contribution** of a term is its value times the gradient, $x_j\,\partial z/\partial x_j$
(gradient × input, Shrikumar et al. 2016). For ReLU layers without biases these sum to $z$.
"""
LOOK_FOR = """
- **The gap.** A network can learn its training texts by heart; what counts is the accuracy on
  held-out texts (the validation split), and whether it beats a network without hidden layers.
- **Unknown words.** A word that no training text has is ignored, however telling it is.
- **Word order.** A bag of single words gives "not good, bad" and "not bad, good" exactly the same
  probability. With pairs of words the two can differ, if training texts have such pairs; whether
  for the better depends on the texts.
- **Contributions** show what moves this network, not what a word means. *This*, *was* and *the*
  may carry weight that chance gave them.
"""
TRY_NEXT = """
- Choose *Five sentences*. Their loss falls towards ln 2 / 5 = 0.139 and no further:
  a label of 0.5 costs at least ln 2, the other four nothing. What is the accuracy on the reviews?
- Remove the hidden layers (0). Is the accuracy on held-out texts any worse?
- Change the *seed of the split*. How much of the difference between two settings was chance?
- Raise the dropout rate or L2, or lower the epochs: which narrows the gap between the two losses?
- Switch to *words and pairs* and try a sentence with "not".
- Upload texts of your own. Which words decide there, and should they?
"""

KEY = "text_sentiment"
NETWORK = nnlib.NetworkConfig(hidden=(16, 8))
TRAINING = nnlib.TrainingConfig(learning_rate=0.01, batch_size=32, epochs=100)
SECONDS_A_STEP = 2e-4  # before any step has been timed


def main() -> None:
    """Draw the page."""
    begin_page(
        "Text sentiment",
        "💬",
        subtitle="Tell positive from negative sentences by their words, and see which words "
        "decide.",
    )
    chosen = choose_text()
    with st.sidebar:
        network, config = choose_network(NETWORK), choose_training(TRAINING)
    if chosen is not None:
        _train(nnlib.Experiment(network, config, chosen.reference), chosen.text)
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


def _train(experiment: nnlib.Experiment, text: TextData) -> None:
    """Draw the run that belongs to the experiment, live."""
    try:
        run = live_run(KEY, experiment, text.data)
    except ValueError as error:
        show_error(error)
        return
    pace = transport(run, KEY)
    live(_live, run, text, pace)


def _live(run: LiveRun, text: TextData, pace: int | None) -> None:
    """Train for a slice where the run plays, and redraw."""
    if run.running:
        run.play_slice(pace)
        if not run.running:
            st.rerun()  # the whole page: the timer stops and the buttons change
    progress(run)
    _metrics(run, text)
    show_notices(run)
    show_losses_and_gradients(run, KEY)
    _details(run, text)


def _metrics(run: LiveRun, text: TextData) -> None:
    """Draw losses and accuracies; a label of 0.5 can be told neither right nor wrong."""
    trainer, tiles = run.trainer, {"Step": f"{run.trainer.step:,}"}
    for split, name in (("train", "Train"), ("val", "Val.")):
        tiles[f"{name} loss"] = _number(_measured(trainer, split, "loss"), "{:.3g}")
    for split, name in (("train", "Train"), ("val", "Val.")):
        tiles[f"{name} accuracy"] = _number(_measured(trainer, split, "accuracy"), "{:.1%}")
    tiles["Terms"] = f"{text.data.n_features:,}"
    columns = wrapping_columns(len(tiles), key=f"{KEY}_metrics", least="8.5rem")
    for column, (label, value) in zip(columns, tiles.items(), strict=True):
        column.metric(label, value, border=True)
    if text.corpus.is_soft:
        soft = sum(0 < target < 1 for target in text.corpus.targets)
        st.caption(
            "Accuracy counts hard labels only. A soft label, between 0 and 1, can be told neither "
            f"right nor wrong; so labeled here: {soft:,} of {len(text.corpus.targets):,} texts."
        )


def _measured(trainer: nnlib.Trainer, split: str, what: str) -> float:
    data = trainer.data
    if what == "accuracy" and data.labels("train").dtype.kind == "f":
        return hard_accuracy(trainer.network, data.features(split), data.labels(split)).share
    if trainer.restored_step is not None:
        return float(trainer.evaluate(split)[what])
    last = trainer.history.last(f"{split}_{what}")
    return math.nan if last is None else float(last)


def _number(value: float, style: str) -> str:
    return style.format(value) if math.isfinite(value) else "–"


def _details(run: LiveRun, text: TextData) -> None:
    """Draw the tab that is open, and only that one."""
    seconds = _seconds_a_run(run.trainer)
    experiment = run.trainer.experiment
    draw = {
        "Try a sentence": lambda: show_sentence(run, text),
        "Word order": lambda: show_order(experiment, text, seconds),
        "Words": lambda: show_words(run, text),
        "Held-out texts": lambda: show_held_out(run, text, seconds),
        "Learning curve": lambda: show_curve(experiment, text, seconds),
        "Layers": lambda: show_layers(run, KEY),
        "Texts": lambda: show_texts(text),
        "Export": lambda: show_run_exports(run, KEY),
    }
    tabs = st.tabs(list(draw), key="details", on_change="rerun", bind="query-params")
    for name, tab in zip(draw, tabs, strict=True):
        if tab.open:
            with tab:
                draw[name]()


def _seconds_a_run(trainer: nnlib.Trainer) -> float:
    """Estimate how long a run takes, by the steps made so far."""
    a_step = trainer.seconds / trainer.step if trainer.step else SECONDS_A_STEP
    return a_step * trainer.total_steps


main()
