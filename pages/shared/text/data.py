"""Choosing texts and the bag of words: the controls, and the data set that they give."""

from dataclasses import asdict
from typing import NamedTuple

import streamlit as st

from nnlib import DataReference
from nnlib.datasets import DatasetError
from nnlib.datasets.text import corpora
from nnlib.datasets.text.bag import BagSettings, TextData, make_text_data
from nnlib.datasets.text.newsgroups import NEWSGROUPS
from pages.shared import widgets
from pages.shared.layout import show_error
from pages.shared.text.sources import Source, choose_groups, own_texts, take_upload, two_newsgroups
from pages.shared.widget_values import set_widget

OWN, SLIDE = "own", "five_split"
SOURCES = {
    "reviews": "Reviews",
    "five": "Five sentences",
    SLIDE: "Five sentences, some held out",
    OWN: "Your own CSV file of texts",
    "newsgroups": "20 newsgroups (download)",
}
_CAPTIONS = {
    "reviews": "Short reviews of products, films, food, places and services, half of them "
    "positive; they ship with the dashboard.",
    "five": "All five are for training, one with the soft label 0.5; the reviews are held out.",
    SLIDE: "The five sentences divided as other texts are; a training share of 0.8 is four to one.",
    OWN: f"A column of texts and one of labels: two classes, or probabilities. At most "
    f"{corpora.MAX_TEXTS:,} texts of {corpora.MAX_CHARACTERS:,} characters are used.",
    "newsgroups": "Posts to two Usenet groups, without headers, footers and quotations.",
}
TERMS = {1: "single words", 2: "words and pairs", 3: "words, pairs and triples"}


class ChosenText(NamedTuple):
    """Texts as a data set, and the reference that an experiment keeps of them."""

    text: TextData
    reference: DataReference


def choose_text() -> ChosenText | None:
    """Draw the controls of texts and bag of words; None where there are no texts yet.

    The page then says so in a sentence.
    """
    with st.sidebar:
        st.subheader("Texts", anchor=False)
        place = st.container()  # the upload may set the select box, so it is drawn first
        if take_upload():
            set_widget("texts", OWN)
        with place:
            source = _choose_source()
            groups = choose_groups() if source == "newsgroups" else NEWSGROUPS[:2]
        settings, fraction, seed = _choose_bag(split=source != "five")
    try:
        choice = _corpus(source, groups)
        return None if choice is None else _prepared(source, choice, settings, fraction, seed)
    except DatasetError as error:
        show_error(error)
        return None


def _choose_source() -> str:
    chosen: str = widgets.selectbox(
        "texts",
        "Data set",
        SOURCES,
        format_func=lambda name: SOURCES[name],
        help="The texts that the network learns from; uploading a file chooses it.",
    )
    st.caption(_CAPTIONS[chosen])
    return chosen


def _choose_bag(*, split: bool) -> tuple[BagSettings, float, int]:
    st.subheader("Bag of words", anchor=False)
    vectorizer = widgets.selectbox(
        "vectorizer",
        "Vectorizer",
        ("counts", "tf-idf"),
        format_func=lambda name: {"counts": "Counts", "tf-idf": "TF-IDF"}[name],
        help="Counts how often each term is in a text; TF-IDF gives common terms less weight and "
        "every text the length 1.",
    )
    longest = widgets.selectbox(
        "ngrams",
        "Terms (n-grams)",
        TERMS,
        format_func=lambda n: TERMS[n],
        help="Pairs and triples are neighboring words; they keep a little of the word order.",
    )
    size = widgets.select_slider(
        "max_features",
        "Largest vocabulary",
        (50, 100, 200, 500, 1000, 2000, 5000),
        2000,
        help="Only so many terms, the most frequent of the training texts, become inputs.",
    )
    least = widgets.slider(
        "min_texts",
        "Least number of texts",
        (1, 10, 1),
        help="A term must be in so many training texts to become an input.",
    )
    return BagSettings(vectorizer, longest, size, least), *(_choose_split() if split else (0.8, 0))


def _choose_split() -> tuple[float, int]:
    fraction = widgets.slider(
        "text_train_fraction",
        "Training share",
        (0.1, 0.95, 0.8, 0.05),
        help="The share of texts that the network trains on; the rest is held out.",
    )
    seed = widgets.number_input(
        "split_seed", "Seed of the split", (0, 10_000, 0), help="Decides which texts are held out."
    )
    return fraction, seed


def _corpus(source: str, groups: tuple[str, str]) -> Source | None:
    if source == OWN:
        return own_texts()
    if source == "newsgroups":
        return two_newsgroups(groups)
    return Source(_built_in(source))


@st.cache_resource(max_entries=2, show_spinner=False)
def _built_in(source: str) -> corpora.Corpus:
    return corpora.five_sentences() if source in ("five", SLIDE) else corpora.reviews()


def _prepared(
    source: str, choice: Source, settings: BagSettings, fraction: float, seed: int
) -> ChosenText:
    # The options name the texts of built-in sources; those of an own file are in its digest.
    options: tuple[tuple[str, str | float], ...] = (
        *choice.options, ("train_fraction", fraction), ("split_seed", seed)
    )  # fmt: skip
    text = _vectorized(source, options, settings, choice)
    reference = DataReference(
        choice.corpus.name, (*options, *asdict(settings).items()), text.data.fingerprint
    )
    return ChosenText(text, reference)


@st.cache_resource(scope="session", max_entries=4, show_spinner=False)
def _vectorized(
    source: str,
    options: tuple[tuple[str, str | float], ...],
    settings: BagSettings,
    _choice: Source,
) -> TextData:
    values = dict(options)
    return make_text_data(
        _choice.corpus,
        settings,
        train_fraction=float(values["train_fraction"]),
        seed=int(values["split_seed"]),
        held_out=_built_in("reviews") if source == "five" else None,
        column=_choice.column,
    )
