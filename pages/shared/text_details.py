"""What was learned from texts: words, held-out texts, the learning curve, the texts themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

import nnlib
from nnlib.datasets.text import TextData
from nnlib.text_learning import (
    LEAST_TEXTS,
    Accuracy,
    hard_accuracy,
    hard_rows,
    learning_curve,
    majority_share,
)
from nnlib.training import TRAIN_SAMPLE
from nnlib.word_contributions import mean_logit_gradient
from pages.shared.charts import predictions
from pages.shared.charts import text as charts
from pages.shared.export import show_chart
from pages.shared.layout import plain, wrapping_columns
from pages.shared.runs import LiveRun
from pages.shared.text_costly import costly

CURVE_SIZES, CURVE_SEEDS = 6, 5
_MOST_MISTAKES = 50


def show_words(run: LiveRun, text: TextData) -> None:
    """Draw the terms that speak most for either class."""
    left, right = st.columns(2)
    count = left.slider(
        "Words on each side",
        5,
        30,
        12,
        help="How many terms are drawn for each class.",
        key="word_count",
        bind="query-params",
    )
    least = right.slider(
        "In at least so many training texts",
        1,
        20,
        3,
        help="Terms in fewer training texts are left out of the chart.",
        key="word_texts",
        bind="query-params",
    )
    words = vocabulary(run, text)
    show_chart(
        charts.plot_vocabulary(words, text.data.class_names, count=count, least_texts=least),
        key="words",
        name="words",
        data=lambda: charts.vocabulary_data(words),
    )
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


# ------------------------------------------------------------------ held-out texts


def show_held_out(run: LiveRun, text: TextData, seconds: float) -> None:
    """Draw the accuracy on held-out texts, beside two simpler answers, and the mistakes."""
    data, experiment = text.data, run.trainer.experiment
    with run.lock:
        own = hard_accuracy(run.trainer.network, data.X_val, data.y_val)
        chances = run.trainer.predict_proba(data.X_val)[:, 1]
    linear = costly(
        "text_linear",
        experiment,
        lambda progress: _linear_accuracy(experiment, text),
        seconds,
        "Train without hidden layers",
    )
    columns = wrapping_columns(3, key="held_out_metrics", least="13rem")
    columns[0].metric("This network, as it is now", _percent(own), border=True)
    columns[1].metric(
        "No hidden layers, same training", _percent(linear) if linear else "–", border=True
    )
    majority = majority_share(data.y_val)
    columns[2].metric(
        "Always the more frequent class",
        f"{majority:.1%}" if np.isfinite(majority) else "–",
        border=True,
    )
    st.caption(_interval_sentence(own, len(data.y_val)) + _stopping_sentence(experiment))
    left, right = wrapping_columns(2, key="held_out_columns")
    hard = hard_rows(data.y_val)
    actual, predicted = (data.y_val[hard] > 0.5).astype(int), (chances[hard] > 0.5).astype(int)
    with left:
        show_chart(
            predictions.plot_confusion_matrix(actual, predicted, data.class_names),
            key="confusion",
            name="confusion-matrix",
            data=lambda: predictions.confusion_data(actual, predicted, data.class_names),
        )
    with right:
        st.markdown("**Held-out texts that it gets most wrong**")
        st.dataframe(mistakes(text, chances), hide_index=True, height=330)


def _linear_accuracy(experiment: nnlib.Experiment, text: TextData) -> Accuracy:
    """Train the same experiment without hidden layers, which is logistic regression."""
    trainer = nnlib.train(experiment.with_network(hidden=()), text.data)
    return hard_accuracy(trainer.network, text.data.X_val, text.data.y_val)


def _percent(accuracy: Accuracy) -> str:
    return f"{accuracy.share:.1%}" if accuracy.total else "–"


def _interval_sentence(accuracy: Accuracy, texts: int) -> str:
    if not accuracy.total:
        return "No held-out text has a hard label. "
    low, high = accuracy.interval
    left_out = texts - accuracy.total
    soft = f" {left_out:,} held-out texts with soft labels are not counted." if left_out else ""
    return (
        f"Right on {accuracy.correct:,} of {accuracy.total:,} held-out texts. With so many texts, "
        f"the accuracy on all such texts may well be anywhere from {low:.0%} to {high:.0%} "
        f"(Wilson's 95 % interval); small differences mean nothing.{soft} "
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
    wrong = np.flatnonzero(hard_rows(y) & ((chances > 0.5) != (y > 0.5)))
    order = wrong[np.argsort(-np.abs(chances[wrong] - 0.5), kind="stable")][:_MOST_MISTAKES]
    return pd.DataFrame(
        {
            f"P({names[1]})": [f"{chances[i]:.1%}" for i in order],
            "label": [names[int(y[i])] for i in order],
            "text": [text.texts["val"][i] for i in order],
        }
    )


# ------------------------------------------------------------------ learning curve


def show_curve(experiment: nnlib.Experiment, text: TextData, seconds: float) -> None:
    """Draw accuracy over the number of training texts."""
    if len(text.texts["train"]) < LEAST_TEXTS:
        st.info(
            f"A learning curve needs at least {LEAST_TEXTS} training texts; there are "
            f"{len(text.texts['train'])}. Choose other texts in the sidebar.",
            icon=":material/info:",
        )
        return
    curve = costly(
        "text_curve",
        experiment,
        lambda progress: learning_curve(
            text, experiment, count=CURVE_SIZES, seeds=CURVE_SEEDS, progress=progress
        ),
        seconds * CURVE_SEEDS * 2,  # each size is about half of the next
        "Train the learning curve",
    )
    if curve is None:
        return
    show_chart(
        charts.plot_learning_curve(curve),
        key="curve",
        name="learning-curve",
        data=lambda: charts.learning_curve_data(curve),
    )
    st.caption(
        f"Each point is the mean of {CURVE_SEEDS} networks; bands go from the worst to the best of "
        "them. Each network draws its training texts at random, learns a vocabulary of its own "
        f"from them, and trains for {experiment.training.epochs:,} epochs, so that fewer texts "
        f"also mean fewer steps. The {curve.texts:,} held-out texts are always the same."
        + (" Only texts with hard labels are counted." if text.corpus.is_soft else "")
    )


# ------------------------------------------------------------------ the texts


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
