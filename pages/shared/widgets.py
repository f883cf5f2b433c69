"""Widgets whose value is in the address, so that a link reproduces what one sees.

Each is Streamlit's own of that name. Its key comes first, since it is also the name of the value in
the address: once given out, it stays. `place` says where it is drawn, else it is drawn here. What
a link asks for is read by `pages.shared.links`, which says what cannot be had.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared.links import number_between, one_of, open_notes, switch, take_from_link

T = TypeVar("T")
N = TypeVar("N", int, float)
Place = DeltaGenerator | None
BIND: Literal["query-params"] = "query-params"
_PLACES, _VALUES = "places_of_this_page", "values_of_this_page"


def _draw(kind: str, place: Place, *positional: Any, **options: Any) -> Any:
    value = getattr(st if place is None else place, kind)(*positional, bind=BIND, **options)
    values_shown()[options["key"]] = value
    return value


def values_shown() -> dict[str, Any]:
    """Return what the page's widgets say, by key, of those that were drawn so far."""
    shown: dict[str, Any] = st.session_state.setdefault(_VALUES, {})
    return shown


def _draw_options(
    kind: str,
    key: str,
    label: str,
    options: Iterable[Any],
    *,
    help: str,
    format_func: Callable[[Any], str] = str,
    place: Place = None,
    **look: Any,
) -> Any:
    listed = list(options)
    take_from_link(key, label, one_of(listed, format_func), format_func)
    look |= {"help": help, "format_func": format_func}
    return _draw(kind, place, label, listed, key=key, **look)


def _draw_number(kind: str, place: Place, label: str, span: tuple[N, ...], **look: Any) -> N:
    take_from_link(look["key"], label, number_between(span[0], span[1]))
    value: N = _draw(kind, place, label, *span, **look)
    return value


def slider(
    key: str, label: str, span: tuple[N, ...], *, help: str, place: Place = None, **look: Any
) -> N:
    """Draw a slider over even steps; `span` is the lowest, the highest, the default and the step.

    Of these the default and the step can be left out; it then starts at the lowest.
    """
    return _draw_number("slider", place, label, span, key=key, help=help, **look)


def select_slider(
    key: str, label: str, options: Sequence[T], default: T | None = None, **look: Any
) -> T:
    """Draw a slider over given stops; the address holds a stop as `format_func` writes it."""
    look["value"] = options[0] if default is None else default
    value: T = _draw_options("select_slider", key, label, options, **look)
    return value


def number_input(
    key: str, label: str, span: tuple[N, ...], *, help: str, place: Place = None, **look: Any
) -> N:
    """Draw a field for a number; `span` as of a `slider`."""
    return _draw_number("number_input", place, label, span, key=key, help=help, **look)


def selectbox(
    key: str, label: str, options: Iterable[T], default: T | None = None, **look: Any
) -> T:
    """Draw a select box; without a default the first option is chosen."""
    listed = list(options)
    first = 0 if default is None else listed.index(default)
    # Streamlit warns of an index for a box that the page also sets; the first needs none.
    look |= {"index": first} if first else {}
    value: T = _draw_options("selectbox", key, label, listed, **look)
    return value


def multiselect(
    key: str, label: str, options: Iterable[T], default: Iterable[T] = (), **look: Any
) -> list[T]:
    """Draw a select box of which several options can be chosen."""
    values: list[T] = _draw_options(
        "multiselect", key, label, options, default=list(default), **look
    )
    return values


def pills(key: str, label: str, options: Iterable[T], default: Any = None, **look: Any) -> Any:
    """Draw options side by side, of which one or, by `selection_mode`, several are chosen."""
    return _draw_options("pills", key, label, options, default=default, **look)


def segmented_control(
    key: str, label: str, options: Iterable[T], default: T | None = None, **look: Any
) -> T:
    """Draw a row of buttons of which exactly one is chosen, the first without a default."""
    listed = list(options)
    look |= {"default": listed[0] if default is None else default, "required": True}
    value: T = _draw_options("segmented_control", key, label, listed, **look)
    return value


def radio(key: str, label: str, options: Iterable[T], **look: Any) -> T:
    """Draw round buttons of which exactly one is chosen."""
    value: T = _draw_options("radio", key, label, options, **look)
    return value


def toggle(
    key: str, label: str, default: bool = False, *, help: str, place: Place = None, **look: Any
) -> bool:
    """Draw a switch."""
    take_from_link(key, label, switch)
    return bool(_draw("toggle", place, label, default, key=key, help=help, **look))


def text_input(
    key: str, label: str, default: str = "", *, help: str, place: Place = None, **look: Any
) -> str:
    """Draw a field for one line of text."""
    return str(_draw("text_input", place, label, default, key=key, help=help, **look))


def tabs(key: str, names: Sequence[str]) -> Sequence[Any]:
    """Draw tabs that know which of them is open, so that only that one is filled."""
    take_from_link(key, "Tab", one_of(names, str))
    drawn: Sequence[Any] = st.tabs(names, key=key, on_change="rerun", bind=BIND)
    return drawn


def open_places() -> None:
    """Make the places below the page's title: notes on its link, its view switch, and the strip."""
    open_notes()
    values_shown().clear()
    views = st.container(key="views")
    row: Any = {"horizontal": True, "vertical_alignment": "bottom", "gap": "small"}
    strip = st.container(**row, key="strip")
    st.session_state[_PLACES] = views, strip, strip.container(**row, width="content", key="run")


def strip() -> DeltaGenerator:
    """Return the strip of the page, which stays in sight: the place of what moves its charts."""
    place: DeltaGenerator = st.session_state[_PLACES][1]
    return place


def run_place() -> DeltaGenerator:
    """Return the place of the buttons of a run: the last of the strip, and the first by keyboard.

    From the link that skips to the main content, Play is one key away.
    """
    place: DeltaGenerator = st.session_state[_PLACES][2]
    return place


def choose_view(views: Iterable[str], help: str) -> str:
    """Draw the switch between the views of a page; the first is the default."""
    place: DeltaGenerator = st.session_state[_PLACES][0]
    return segmented_control(
        "view", "View", views, help=help, label_visibility="collapsed", place=place
    )
