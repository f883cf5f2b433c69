"""Reading a widget's value from a link as people write it, and saying what could not be taken.

Streamlit takes from the address only what it writes there itself, ``1e-05`` and not ``0.00001``,
and drops the rest without a word. Here a number may be in any notation and goes to the nearest
value that there is, and an option is known by its name in any case. A reader returns what a text
stands for, and whether that is what the text says, or None where it stands for nothing.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any

import streamlit as st
from streamlit.runtime.state.session_state_proxy import get_session_state

from pages.shared.plain_text import plain

Reader = Callable[[str], tuple[Any, bool] | None]
STEP = "step"
"""In the address: the step that is shown of a run that does not play."""
_BETWEEN_WORDS = re.compile(r"[\s_-]+")
SHOWN_SECONDS = 20.0
_TOLD, _PLACE = "link_told", "link_notes_place"
_READERS = "readers_of_this_page"
_NEAR = 3.0
_MOST_SHOWN = 40  # characters of a text that is told
_SWITCHES = {"true": True, "yes": True, "on": True, "1": True}
_SWITCHES |= {"false": False, "no": False, "off": False, "0": False}


def number_of(text: str) -> float | None:
    """Return the number that a text writes, with a decimal point or comma, or None."""
    text = "".join(text.split()).replace("\N{MINUS SIGN}", "-")
    try:
        number = float(text if "." in text else text.replace(",", "."))
    except ValueError:
        return None
    return None if math.isnan(number) else number


def number_between(low: float, high: float) -> Reader:
    """Read a number; one outside of the bounds goes to the nearer of them."""
    whole = isinstance(low, int) and isinstance(high, int)

    def read(text: str) -> tuple[Any, bool] | None:
        number = number_of(text)
        if number is None:
            return None
        inside = min(max(number, low), high)
        value = round(inside) if whole else float(inside)
        return value, value == number

    return read


def one_of(options: Sequence[Any], write: Callable[[Any], str]) -> Reader:
    """Read an option by its written form or name; among numbers, the nearest is taken."""
    written = {write(option): option for option in options}
    names = {_folded(str(option)): option for option in options}
    names |= {_folded(text): option for text, option in written.items()}
    numbers = [
        option
        for option in options
        if isinstance(option, int | float) and not isinstance(option, bool)
    ]

    def read(text: str) -> tuple[Any, bool] | None:
        if text in written:
            return written[text], True
        number = number_of(text)
        if number is not None and numbers:
            nearest = _nearest(numbers, number)
            return nearest, nearest == number
        return (names[_folded(text)], True) if _folded(text) in names else None

    return read


def switch(text: str) -> tuple[bool, bool] | None:
    """Read whether something is on."""
    on = _SWITCHES.get(text.strip().casefold())
    return None if on is None else (on, True)


def _folded(text: str) -> str:
    return _BETWEEN_WORDS.sub(" ", text).strip().casefold()


def _nearest(options: Sequence[float], number: float) -> float:
    """Return the nearest option, by the ratio among positive ones, as their scales are."""
    positive = [option for option in options if option > 0]
    if positive and min(positive) / 2 < number < math.inf:
        return min(positive, key=lambda option: abs(math.log(number / option)))
    if math.isinf(number):
        return max(options) if number > 0 else min(options)
    return min(options, key=lambda option: abs(number - option))


def take_from_link(key: str, label: str, read: Reader, write: Callable[[Any], str] = str) -> None:
    """Write anew, in Streamlit's way, what a link asks of a widget that is not drawn yet.

    Parameters
    ----------
    key, label : of the widget
    read : what a text in the address stands for
    write : how the address and the page write a value
    """
    st.session_state.setdefault(_READERS, {})[key] = read
    texts = st.query_params.get_all(key)
    if key in st.session_state or not any(texts):
        return
    found = [read(text) for text in texts]
    for text, reading in zip(texts, found, strict=True):
        if reading is None or not reading[1]:
            _tell(label, text, None if reading is None else write(reading[0]))
    values = [write(reading[0]) for reading in found if reading is not None]
    if values and values != texts:
        start_from_address({key: values})


def start_from_address(values: Mapping[str, Sequence[str]]) -> None:
    """Write into the address what widgets that are not drawn yet start from."""
    for key, texts in values.items():
        st.query_params[key] = list(texts)
    # A widget starts from the address as it was when the page was opened.
    with get_session_state().query_params() as address:
        address.set_initial_query_params_from_current()


def is_drawn(key: str) -> bool:
    """Say whether the page has drawn a widget of this key in this run."""
    return key in st.session_state.get(_READERS, {})


def nearest_value(key: str, value: Any) -> Any:
    """Return the value of a widget of this page that stands for a value, or None for none.

    A number goes to a stop of at most so many times or parts of it as `_NEAR`, and 0 to 0.
    """
    read: Reader | None = st.session_state.get(_READERS, {}).get(key)
    found = None if read is None else read(str(value))
    if found is None:
        return None
    stop, exact = found
    near = exact or value > 0 and stop > 0 and max(stop / value, value / stop) <= _NEAR
    return stop if near else None


def open_notes() -> None:
    """Make the place where a page says what of its link could not be had.

    A note stays for a while: the end of a run, for instance, draws the whole page again.
    """
    st.session_state[_READERS] = {}
    now = monotonic()
    told = [(at, text) for at, text in st.session_state.get(_TOLD, []) if now - at < SHOWN_SECONDS]
    st.session_state[_TOLD] = told
    st.session_state[_PLACE] = st.container(key="link_notes")
    for _, text in told:
        st.session_state[_PLACE].warning(text, icon=":material/link_off:")


def _tell(label: str, text: str, taken: str | None) -> None:
    shown = text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"
    end = "so it was left as it is" if taken is None else f"{plain(taken)} is the nearest"
    note = f"**{label}**: the link says “{plain(shown)}”, which cannot be had; {end}."
    st.session_state.setdefault(_TOLD, []).append((monotonic(), note))
    place = st.session_state.get(_PLACE, st)
    place.warning(note, icon=":material/link_off:")


def linked_step(total: int) -> int | None:
    """Return the step that the page's link names, at most the last one, or None."""
    read = number_between(0, total)
    take_from_link(STEP, "Step", read)
    found = read(st.query_params.get(STEP, ""))
    return None if found is None else int(found[0])
