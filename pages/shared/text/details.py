"""What was learned from texts: words, held-out texts, the learning curve, the texts themselves."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

import nnlib
from nnlib.datasets.text.bag import TextData
from nnlib.evaluation import TRAIN_SAMPLE
from nnlib.labs import text_learning
from nnlib.probes.word_contributions import mean_logit_gradient
from pages.shared import widgets
from pages.shared.charts.confusion import plot_confusion_matrix
from pages.shared.charts.theme import plain_number
from pages.shared.export import show_chart
from pages.shared.layout import wrapping_columns
from pages.shared.plain_text import plain
from pages.shared.results import Tell, about, computed
from pages.shared.rows import Tile, show_metrics
from pages.shared.runs import LiveRun
from pages.shared.text import charts
from pages.shared.text.charts_compared import plot_learning_curve

CURVE_SIZES, CURVE_SEEDS = 6, 5
_MOST_MISTAKES = 50


def show_words(run: LiveRun, text: TextData) -> None:
    """Draw the terms that speak most for either class."""
    left, right = st.columns(2)
    count = widgets.slider(
        "word_count",
        "Words on each side",
        (5, 30, 12),
        help="How many terms are drawn for each class.",
        place=left,
    )
    least = widgets.slider(
        "word_texts",
        "In at least so many training texts",
        (1, 20, 3),
        help="Terms in fewer training texts are left out of the chart.",
        place=right,
    )
    words = vocabulary(run, text)
    names = text.data.class_names
    show_chart(charts.plot_vocabulary(words, names, count=count, least_texts=least), "words")
    layers = len(run.trainer.network.dense_layers)
    rows = min(len(text.data.X_train), TRAIN_SAMPLE)
    what = (
        "Without hidden layers this is the learned weight of each term itself."
        if layers == 1
        else "A network with hidden layers has no single weight for a word; this is how far one "
        "more of it moves the logit to first order, on average."
    )
    st.caption(
        f"The gradient of the logit with respect to each term, averaged over {rows:,} training "
        f"texts. {what} Words of few texts have hardly been learned; their initial weights still "
        "show."
    )


def vocabulary(run: LiveRun, text: TextData) -> charts.Vocabulary:
    """Return all terms with what the network, as it is now, has learned of them."""
    data = text.data
    with run.lock:
        weights = mean_logit_gradient(run.trainer.network, data.X_train[:TRAIN_SAMPLE])
    present = data.X_train > 0
    texts = present.sum(axis=0)
    share = (data.y_train.astype(np.float32) @ present) / np.maximum(texts, 1)
    return charts.Vocabulary(text.bag.vocabulary, weights, texts, share)


def show_held_out(run: LiveRun, text: TextData, seconds: float) -> None:
    """Draw the accuracy on held-out texts, beside two simpler answers, and the mistakes."""
    data, experiment = text.data, run.trainer.experiment
    with run.lock:
        own_right = text_learning.hard_answers(run.trainer.network, data.X_val, data.y_val)
        chances = run.trainer.predict_proba(data.X_val)[:, 1]
    own = text_learning.accuracy_of(own_right)
    linear_right = computed(
        "text_linear",
        experiment,
        lambda tell: _linear_answers(experiment, text, tell),
        ask=about(seconds),
        begin="Train without hidden layers",
    )
    majority = text_learning.majority_share(data.y_val)
    tiles = (
        Tile("This network, as it is now", _percent(own)),
        Tile(
            "No hidden layers, same training",
            "–" if linear_right is None else _percent(text_learning.accuracy_of(linear_right)),
        ),
        Tile("Always the more frequent class", f"{majority:.1%}" if np.isfinite(majority) else "–"),
    )
    show_metrics("held_out_metrics", tiles, least="13rem")
    st.caption(_interval_sentence(own, len(data.y_val)) + _stopping_sentence(experiment))
    if linear_right is not None and experiment.network.hidden:
        st.caption(_paired_sentence(text_learning.paired_answers(own_right, linear_right)))
    left, right = wrapping_columns(2, key="held_out_columns")
    hard = text_learning.hard_rows(data.y_val)
    actual, predicted = (data.y_val[hard] > 0.5).astype(int), (chances[hard] > 0.5).astype(int)
    with left:
        show_chart(plot_confusion_matrix(actual, predicted, data.class_names), key="confusion")
    with right:
        st.markdown("**Held-out texts that it gets most wrong**")
        st.dataframe(mistakes(text, chances), hide_index=True, height=330)


def _linear_answers(
    experiment: nnlib.Experiment, text: TextData, tell: Tell
) -> npt.NDArray[np.bool_]:
    """Train the same experiment without hidden layers, which is logistic regression."""
    trainer = nnlib.train(experiment.with_network(hidden=()), text.data, tell)
    return text_learning.hard_answers(trainer.network, text.data.X_val, text.data.y_val)


def _percent(accuracy: text_learning.Accuracy) -> str:
    return f"{accuracy.share:.1%}" if accuracy.total else "–"


def _interval_sentence(accuracy: text_learning.Accuracy, texts: int) -> str:
    if not accuracy.total:
        return "No held-out text has a hard label. "
    low, high = accuracy.interval
    left_out = texts - accuracy.total
    soft = f" {left_out:,} held-out texts with soft labels are not counted." if left_out else ""
    return (
        f"Right on {accuracy.correct:,} of {accuracy.total:,} held-out texts. With so many texts, "
        f"the accuracy on all such texts may well be anywhere from {low:.0%} to {high:.0%} "
        f"(Wilson's 95 % interval).{soft} "
    )


def _paired_sentence(answers: text_learning.PairedAnswers) -> str:
    """Say whether two networks on the same texts differ by more than chance."""
    first, second, p = answers.only_first, answers.only_second, answers.p_value
    if not first + second:
        return "Both networks are right on the same texts."
    verdict = "chance alone hardly explains it" if p < 0.05 else "it may be chance alone"
    chance = "less than 0.001" if p < 0.001 else plain_number(p, 2)
    return (
        "Whether two networks differ on the same texts is decided by those on which just one of "
        f"them is right: this network on {first:,}, the one without hidden layers on {second:,}. "
        "Were both equally good, so uneven a division, or a more uneven one, would come about with "
        f"probability {chance} (McNemar's exact test): {verdict}."
    )


def _stopping_sentence(experiment: nnlib.Experiment) -> str:
    if not experiment.training.patience:
        return ""
    return (
        "Early stopping chooses the weights by these same texts, so the accuracy is a little "
        "too good. "
    )


def mistakes(text: TextData, chances: np.ndarray) -> pd.DataFrame:
    """Return held-out texts on the wrong side of 1/2, the most certain mistakes first."""
    y, names = text.data.y_val, text.data.class_names
    wrong = np.flatnonzero(text_learning.hard_rows(y) & ((chances > 0.5) != (y > 0.5)))
    order = wrong[np.argsort(-np.abs(chances[wrong] - 0.5), kind="stable")][:_MOST_MISTAKES]
    return pd.DataFrame(
        {
            f"P({names[1]})": [f"{chances[i]:.1%}" for i in order],
            "label": [names[int(y[i])] for i in order],
            "text": [text.texts["val"][i] for i in order],
        }
    )


def show_curve(experiment: nnlib.Experiment, text: TextData, seconds: float) -> None:
    """Draw accuracy over the number of training texts."""
    if len(text.texts["train"]) < text_learning.LEAST_TEXTS:
        st.info(
            f"A learning curve needs at least {text_learning.LEAST_TEXTS} training texts; there "
            f"are {len(text.texts['train'])}. Choose other texts in the sidebar.",
            icon=":material/info:",
        )
        return
    curve = computed(
        "text_curve",
        experiment,
        lambda tell: text_learning.learning_curve(
            text, experiment, count=CURVE_SIZES, seeds=CURVE_SEEDS, progress=tell
        ),
        ask=about(seconds * CURVE_SEEDS * 2),  # each size is about half of the next
        begin="Train the learning curve",
    )
    if curve is None:
        return
    show_chart(plot_learning_curve(curve), "curve")
    gaps = np.isnan(curve.held_out).any()
    st.caption(
        f"Each point is the mean of {CURVE_SEEDS} networks; bands go from the worst to the best of "
        "them. Each network draws its training texts at random, learns a vocabulary of its own "
        f"from them, and trains for {experiment.training.epochs:,} epochs, so that fewer texts "
        f"also mean fewer steps. The {curve.texts:,} held-out texts are always the same."
        + (" Only texts with hard labels are counted." if text.corpus.is_soft else "")
        + (" Sizes at which a draw had no term in enough texts are left out." if gaps else "")
    )


def show_texts(text: TextData) -> None:
    """Draw the texts with their labels and splits, and how many words of them are known."""
    data = text.data
    known = np.array([[w.place is not None for w in text.bag.words(t)].count(True)
                      for t in text.texts["val"]])  # fmt: skip
    total = np.array([len(text.bag.words(t)) for t in text.texts["val"]])
    share = known.sum() / max(total.sum(), 1)
    st.caption(
        f"{len(data.y_train):,} training texts, {len(data.y_val):,} held-out texts, "
        f"{data.n_features:,} terms. The vocabulary is that of the training texts; it has "
        f"{share:.0%} of the words of the held-out texts."
    )
    for note in data.notes:
        st.caption(plain(note))
    frames = [
        pd.DataFrame({"split": name, "label": data.labels(split), "text": list(text.texts[split])})
        for split, name in (("train", "training"), ("val", "held out"))
    ]
    st.dataframe(pd.concat([f.head(200) for f in frames]), hide_index=True, height=360)
    if max(map(len, frames)) > 200:
        st.caption("The first 200 texts of each split are shown.")
