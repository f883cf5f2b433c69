"""A sentence that a person types: its probability, and what each of its words adds."""

from typing import NamedTuple

import numpy as np
import streamlit as st

from nnlib.datasets.text.bag import TextData
from nnlib.network import Network
from nnlib.probes.word_contributions import attribute
from pages.shared import widgets
from pages.shared.charts.theme import plain_number
from pages.shared.export import show_chart
from pages.shared.layout import wrapping_columns
from pages.shared.plain_text import plain
from pages.shared.runs import LiveRun
from pages.shared.text import charts

EXAMPLES = ("This is wonderful", "I don't like this at all")
MOST_CHARACTERS = 1_000
_TAKEN = "sentence_taken"


class Reading(NamedTuple):
    """What a network makes of a sentence."""

    probability: float
    logit: float
    parts: list[charts.Part]
    remainder: float


def read_sentence(network: Network, text: TextData, sentence: str) -> Reading:
    """Return probability, logit and contributions of a sentence's known terms."""
    x = text.bag.transform([sentence])
    found = attribute(network, x)
    logit = float(found.logits[0])
    places = dict.fromkeys(t.place for t in text.bag.terms(sentence) if t.place is not None)
    parts = [
        charts.Part(
            text.bag.vocabulary[i],
            float(x[0, i]),
            float(found.gradients[0, i]),
            float(found.contributions[0, i]),
        )
        for i in places
    ]
    with np.errstate(over="ignore"):
        probability = float(1 / (1 + np.exp(-logit)))
    return Reading(probability, logit, parts, float(found.remainders[0]))


def show_sentence(run: LiveRun, text: TextData) -> None:
    """Draw the input and what the network, as it is now, makes of the sentence."""
    sentence = _choose_sentence()
    with run.lock:
        reading = read_sentence(run.trainer.network, text, sentence)
    left, right = wrapping_columns(2, key="sentence_columns")
    with left:
        _answer(text, sentence, reading)
    with right:
        chart = charts.plot_contributions(reading.parts, reading.remainder, reading.logit)
        show_chart(chart, "contributions")


def _choose_sentence() -> str:
    place = st.container()  # a click sets the input, so the buttons are drawn first
    with st.container(horizontal=True):
        for i, example in enumerate(EXAMPLES):
            st.button(
                example,
                key=f"example_{i}",
                type="tertiary",
                icon=":material/north_west:",
                on_click=_take,
                args=(example,),
            )
    if _TAKEN in st.session_state:
        st.session_state["sentence"] = st.session_state.pop(_TAKEN)
    typed: str = widgets.text_input(
        "sentence",
        "Your sentence",
        placeholder=EXAMPLES[0],
        max_chars=MOST_CHARACTERS,
        help="The network reads it as a bag of words, with the vocabulary of the training texts.",
        place=place,
    )
    return typed.strip() or EXAMPLES[0]


def _take(example: str) -> None:
    """Keep a click: the run of the page in which training ends begins again before it is read."""
    st.session_state[_TAKEN] = example


def _answer(text: TextData, sentence: str, reading: Reading) -> None:
    negative, positive = map(plain, text.data.class_names)
    st.metric(f"Probability of {positive}", share(reading.probability), border=True)
    st.markdown(marked(text, sentence, reading) or "*No words.*")
    if not reading.parts:
        st.info(
            "No word of this sentence is in the vocabulary. The network sees an empty bag, so this "
            "is what its biases alone say.",
            icon=":material/help:",
        )
    total = sum(part.contribution for part in reading.parts)
    st.caption(
        f":orange-background[Orange] words push towards {positive}, :blue-background[blue] ones "
        f"towards {negative}; :gray[~~struck~~] ones are not in the vocabulary and are ignored. A "
        "contribution is the term's value in the bag times the gradient of the logit with respect "
        f"to it, so it is exact to first order only. Here they sum to {plain_number(total)}; the "
        f"logit is {plain_number(reading.logit)}. The difference, {plain_number(reading.remainder)}"
        ", comes from the biases and from the bends of the network's function."
    )


def share(probability: float) -> str:
    """Return a probability in percent that is never rounded to certainty."""
    if not np.isfinite(probability):
        return "–"
    if 0.0005 <= probability < 0.9995:
        return f"{probability:.1%}"
    return "< 0.1%" if probability < 0.5 else "> 99.9%"


def marked(text: TextData, sentence: str, reading: Reading) -> str:
    """Return a sentence's words as Markdown, colored by their contribution as single words."""
    amounts = {part.term: part.contribution for part in reading.parts}
    return " ".join(_marked(word.text, amounts.get(word.text)) for word in text.bag.words(sentence))


def _marked(word: str, amount: float | None) -> str:
    if amount is None:
        return f":gray[~~{plain(word)}~~]"
    if not amount:
        return plain(word)
    return f":{'orange' if amount > 0 else 'blue'}-background[{plain(word)}]"
