"""Two sentences of the same words in another order, for bags of single words and of pairs."""

from dataclasses import replace

import numpy as np
import streamlit as st

import nnlib
from nnlib.datasets.text.bag import BagSettings, TextData, make_text_data
from nnlib.datasets.text.corpora import Corpus
from pages.shared import widgets
from pages.shared.export import show_chart
from pages.shared.layout import wrapping_columns
from pages.shared.plain_text import plain
from pages.shared.results import Tell, about, computed, part
from pages.shared.text.charts_compared import plot_order
from pages.shared.text.data import TERMS

PAIR = ("not good, bad", "not bad, good")
COMPARED = (1, 2)  # longest terms


def show_order(experiment: nnlib.Experiment, text: TextData, seconds: float) -> None:
    """Draw the probabilities of both sentences under each bag, each with a network of its own."""
    sentences = _choose_pair()
    trained = computed(
        "text_order",
        (experiment, COMPARED),
        lambda tell: _train(experiment, text, tell),
        ask=about(seconds * len(COMPARED)),
        begin="Compare",
    )
    if trained is None:
        return
    chances = {TERMS[n]: _chances(trained[n], sentences) for n in COMPARED}
    left, right = wrapping_columns(2, key="order_columns")
    with left:
        show_chart(plot_order(sentences, chances, text.data.class_names[1]), "order")
    with right:
        _explain(trained, sentences)


def _choose_pair() -> tuple[str, str]:
    columns = st.columns(2)
    typed = [
        widgets.text_input(
            f"order_{i}",
            f"{name} sentence",
            placeholder=default,
            max_chars=200,
            help="Compared with the other sentence by two networks that are trained for this.",
            place=column,
        )
        for i, (column, name, default) in enumerate(
            zip(columns, ("First", "Second"), PAIR, strict=True)
        )
    ]
    first, second = (text.strip() or default for text, default in zip(typed, PAIR, strict=True))
    return first, second


def _train(
    experiment: nnlib.Experiment, text: TextData, tell: Tell
) -> dict[int, tuple[TextData, nnlib.Model]]:
    trained = {}
    for i, longest in enumerate(COMPARED):
        data = _again(text, replace(text.bag.settings, longest=longest))
        trained[longest] = data, nnlib.train(experiment, data.data, part(tell, i, 2)).model
    return trained


def _again(text: TextData, settings: BagSettings) -> TextData:
    """Return the same splits under another bag of words."""
    parts = {
        split: Corpus(
            text.corpus.name,
            text.texts[split],
            tuple(map(float, text.data.labels(split))),
            text.corpus.class_names,
        )
        for split in ("train", "val")
    }
    return make_text_data(parts["train"], settings, held_out=parts["val"])


def _chances(trained: tuple[TextData, nnlib.Model], sentences: tuple[str, str]) -> list[float]:
    text, model = trained
    # One at a time: rows of a larger product may differ in the last bit.
    return [
        float(model.predict_proba(text.bag.transform([sentence]))[0, 1]) for sentence in sentences
    ]


def _explain(trained: dict[int, tuple[TextData, nnlib.Model]], sentences: tuple[str, str]) -> None:
    for longest in COMPARED:
        bag = trained[longest][0].bag
        rows = [bag.transform([sentence])[0] for sentence in sentences]
        name = TERMS[longest].capitalize()
        if np.array_equal(rows[0], rows[1]):
            st.markdown(
                f"**{name}:** both sentences are the same bag, so the network cannot but give them "
                "exactly the same probability."
            )
        else:
            st.markdown(
                f"**{name}:** the bags differ in {_differences(bag.vocabulary, rows[0] - rows[1])}."
            )
        unknown = dict.fromkeys(
            term.text
            for sentence in sentences
            for term in bag.terms(sentence)
            if term.place is None
        )
        if unknown:
            st.caption(f"Not in the vocabulary: {', '.join(map(plain, unknown))}.")
    st.caption(
        "Two networks, trained from the start with the settings of the sidebar. That the bags "
        "differ does not make the answers right: the network must also have learned enough about "
        "these pairs, and most pairs are in few texts."
    )


def _differences(vocabulary: tuple[str, ...], difference: np.ndarray) -> str:
    places = np.flatnonzero(difference)
    names = ", ".join(f"“{plain(vocabulary[i])}”" for i in places[:8])
    return names + (f" and {len(places) - 8} more terms" if len(places) > 8 else "")
