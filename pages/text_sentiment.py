"""Text sentiment: a bag of words, a small network, and which words decide."""

import math

import streamlit as st

import nnlib
from nnlib.datasets.text.bag import TextData
from nnlib.labs.text_learning import hard_accuracy
from pages.shared import run_view, widgets
from pages.shared.controls import choose_network, choose_training
from pages.shared.findings import show_findings
from pages.shared.layout import Next, begin_page, three_texts
from pages.shared.presets import Preset, choose_preset
from pages.shared.rows import Tile, show_metrics
from pages.shared.run_exports import show_run_exports
from pages.shared.runs import LiveRun
from pages.shared.text.data import SLIDE, choose_text
from pages.shared.text.details import show_curve, show_held_out, show_texts, show_words
from pages.shared.text.order import show_order
from pages.shared.text.sentence import EXAMPLES, show_sentence
from pages.shared.transport import progress, show_run
from pages.shared.trials import show_trial

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
TRY_NEXT = (
    Next(
        "Choose *Five sentences*. Their loss falls towards ln 2 / 5 = 0.139 and no "
        "further: a label of 0.5 costs at least ln 2, the other four nothing. What is "
        "the accuracy on the reviews?",
        {"texts": "five"},
    ),
    Next(
        "Remove the hidden layers (0). Is the accuracy on held-out texts any worse?", {"layers": 0}
    ),
    Next(
        "Change the *seed of the split* to 1. How much of the difference between two "
        "settings was chance?",
        {"split_seed": 1},
    ),
    Next(
        "Raise the dropout to 0.5, or L2, or lower the epochs: which narrows the gap "
        "between the two losses?",
        {"dropout": 0.5},
    ),
    Next('Switch to *words and pairs* and try a sentence with "not".', {"ngrams": 2}),
    Next("Upload texts of your own. Which words decide there, and should they?"),
)

KEY = "text_sentiment"
NETWORK = nnlib.NetworkConfig(hidden=(16, 8))
TRAINING = nnlib.TrainingConfig(learning_rate=0.01, batch_size=32, epochs=100)
_BAG = {"vectorizer": "counts", "ngrams": 1, "max_features": 2000, "min_texts": 1}
_SPLIT = {"text_train_fraction": 0.8, "split_seed": 0}
_READ = {"details": "Try a sentence", "sentence": EXAMPLES[0]}
PRESETS = (
    Preset(
        "Reviews", "Short reviews, a bag of single words.", {"texts": "reviews"} | _BAG | _SPLIT
    ),
    Preset(
        "Five texts, 4 to 1",
        "The slide's five texts, four for training and one held out, and its two new sentences to "
        "click below.",
        {"texts": SLIDE} | _BAG | _SPLIT | _READ,
    ),
    Preset(
        "Five texts by heart",
        "All five texts for training and the reviews held out: learned, and of no use elsewhere.",
        {"texts": "five"} | _BAG | _READ,
    ),
)
SECONDS_A_STEP = 2e-4  # before any step has been timed


def main() -> None:
    """Draw the page."""
    begin_page(
        "Text sentiment",
        "💬",
        subtitle="Tell positive from negative sentences by their words, and see which words "
        "decide.",
    )
    choose_preset(PRESETS)
    chosen = choose_text()
    with st.sidebar:
        network, config = choose_network(NETWORK), choose_training(TRAINING)
    if chosen is not None:
        experiment = nnlib.Experiment(network, config, chosen.reference)
        show_trial(KEY)
        show_run(KEY, experiment, chosen.text.data, _live, chosen.text)
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


def _live(run: LiveRun, text: TextData) -> None:
    """Draw all that belongs to the run."""
    progress(run)
    show_findings(run, KEY)
    run_view.show_losses_and_gradients(run, KEY)
    _metrics(run, text)
    run_view.show_notices(run)
    _details(run, text)


def _metrics(run: LiveRun, text: TextData) -> None:
    """Draw losses and accuracies; a label of 0.5 can be told neither right nor wrong."""
    trainer, tiles = run.trainer, [Tile("Step", f"{run.trainer.step:,}")]
    for what, style in (("loss", ""), ("accuracy", "{:.1%}")):
        for split, name in (("train", "Train"), ("val", "Val.")):
            tiles.append(
                Tile(
                    f"{name} {what}",
                    run_view.number_or_dash(_measured(trainer, split, what), style),
                )
            )
    show_metrics(f"{KEY}_metrics", [*tiles, Tile("Terms", f"{text.data.n_features:,}")])
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
        "Layers": lambda: run_view.show_layers(run, KEY),
        "Texts": lambda: show_texts(text),
        "Export": lambda: show_run_exports(run, KEY),
    }
    tabs = widgets.tabs("details", list(draw))
    for name, tab in zip(draw, tabs, strict=True):
        if tab.open:
            with tab:
                draw[name]()


def _seconds_a_run(trainer: nnlib.Trainer) -> float:
    """Estimate how long a run takes, by the steps made so far."""
    a_step = trainer.seconds / trainer.step if trainer.step else SECONDS_A_STEP
    return a_step * trainer.total_steps


main()
