"""Values from links: any notation, the nearest that there is, and what was not taken is told."""

import math
import re

import pytest
from apptest import open_page
from streamlit.testing.v1 import AppTest

from pages.shared.links import number_between, number_of, one_of, switch


def page() -> None:
    import streamlit as st

    from pages.shared import widgets

    help = "A widget."
    rates = [0.0, 1e-6, 1e-5, 0.001, 0.002, 0.005, 1.0]
    value = {
        "slider": widgets.slider("slider", "Slider", (0.0, 0.9, 0.5, 0.1), help=help),
        "count": widgets.slider("count", "Count", (1, 9, 5), help=help),
        "number": widgets.number_input("number", "Number", (0, 12, 2), help=help),
        "start": widgets.number_input("start", "Start", (-5.0, 5.0, 1.0), help=help),
        "rate": widgets.select_slider(
            "rate",
            "Rate",
            rates,
            0.001,
            format_func=lambda rate: "off" if not rate else f"{rate:.10g}",
            help=help,
        ),
        "box": widgets.selectbox(
            "box", "Box", ["relu", "leaky_relu"], format_func=str.upper, help=help
        ),
        "segment": widgets.segmented_control("segment", "Segment", ["One", "Two views"], help=help),
        "radio": widgets.radio("radio", "Radio", ["First", "Second"], help=help),
        "many": widgets.multiselect("many", "Many", ["a", "b", "c"], ["a"], help=help),
        "pills": widgets.pills("pills", "Pills", ["p", "q"], "p", help=help),
        "toggle": widgets.toggle("toggle", "Toggle", help=help),
        "text": widgets.text_input("text", "Text", "some", help=help),
    }
    tabs = widgets.tabs("tab", ["Left", "Right"])
    st.session_state["seen"] = value | {
        "tab": next(n for n, t in zip(("Left", "Right"), tabs, strict=True) if t.open)
    }


def opened(**link: str | list[str]) -> AppTest:
    app = AppTest.from_function(page)
    for name, text in link.items():
        app.query_params[name] = text
    app.run()
    assert not app.exception, app.exception
    return app


TAKEN = [
    ("slider", "0,3", 0.3), ("slider", "3e-1", 0.3), ("count", "7.0", 7), ("count", "7e0", 7),
    ("number", "1.2e1", 12), ("start", "\N{MINUS SIGN}2", -2.0), ("start", "1E-3", 0.001),
    ("rate", "0.000001", 1e-6), ("rate", "0.00001", 1e-5), ("rate", "1e-05", 1e-5),
    ("rate", "5E-3", 0.005), ("rate", "OFF", 0.0), ("rate", "0", 0.0),
    ("box", "Leaky ReLU", "leaky_relu"),
    ("box", "LEAKY_RELU", "leaky_relu"), ("segment", "two views", "Two views"),
    ("radio", "second", "Second"), ("many", ["B", "c"], ["b", "c"]), ("pills", "Q", "q"),
    ("toggle", "1", True), ("toggle", "Yes", True), ("toggle", "off", False), ("text", "*", "*"),
    ("tab", "Right", "Right"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "text", "value"), TAKEN)
def test_what_a_link_says_is_taken_without_a_word(key: str, text: str | list[str], value: object):
    app = opened(**{key: text})
    assert app.session_state["seen"][key] == value
    assert not app.warning
    app.run()
    assert app.session_state["seen"][key] == value


NEAREST = [
    ("slider", "7", 0.9), ("slider", "-inf", 0.0), ("count", "4.4", 4), ("count", "0", 1),
    ("number", "999", 12), ("number", "2.6", 3), ("start", "10", 5.0), ("start", "1e400", 5.0),
    ("rate", "-0.001", 0.0), ("rate", "1e+06", 1.0), ("rate", "7", 1.0),
    ("rate", "0.0031", 0.002), ("rate", "-1", 0.0), ("rate", "inf", 1.0),
]  # fmt: skip


@pytest.mark.parametrize(("key", "text", "value"), NEAREST)
def test_the_nearest_is_taken_and_told_once(key: str, text: str, value: object):
    app = opened(**{key: text})
    assert app.session_state["seen"][key] == value
    (told,) = [note.value for note in app.warning]
    assert "is the nearest" in told and re.search(rf"\*\*{key}\*\*", told, re.IGNORECASE)
    app.run()
    assert app.session_state["seen"][key] == value and not app.warning


DROPPED = [
    ("slider", "half"), ("number", "nan"), ("rate", "fast"), ("box", "Nonsense"),
    ("segment", "Three"), ("radio", "3"), ("many", ["a", "z"]), ("pills", "r"), ("toggle", "maybe"),
    ("tab", "Middle"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "text"), DROPPED)
def test_what_stands_for_nothing_is_told_and_the_default_stays(key: str, text: str | list[str]):
    plain = opened().session_state["seen"]
    app = opened(**{key: text})
    assert app.session_state["seen"] == plain
    (told,) = [note.value for note in app.warning]
    assert "left as it is" in told
    app.run()
    assert app.session_state["seen"] == plain and not app.warning


def test_a_text_of_a_link_is_told_as_plain_text():
    (told,) = [note.value for note in opened(box="![x](http://a.b/c.png)" * 9).warning]
    assert "![" not in told and len(told) < 250


def test_a_person_who_changes_a_widget_is_not_told_of_the_link_again():
    app = opened(number="999")
    app.number_input(key="number").set_value(3).run()
    assert app.session_state["seen"]["number"] == 3 and not app.warning


def test_readers():
    assert number_of("1 000") == 1000 and number_of("x") is None and number_of("nan") is None
    assert number_between(0, 5)("2.5") == (2, False)
    assert number_between(0.0, 5.0)("2.5") == (2.5, True)
    scale = one_of([1e-3, 1e-2, 1e-1], str)
    assert scale("0.032") == (1e-1, False) and scale("0.031") == (1e-2, False)
    assert one_of([0, 4, 8], str)("3") == (4, False)
    assert one_of([True, False], str)("1") is None
    assert switch(" TRUE ") == (True, True) and switch("2") is None
    assert math.isinf(number_of("1e999") or 0)


def test_a_note_outlasts_the_next_run_of_the_page_and_goes():
    app = open_page("classification", data="Nonsense", epochs="1")
    assert ["Nonsense" in note.value for note in app.warning] == [True]
    assert ["Nonsense" in note.value for note in app.run().warning] == [True]
    app.session_state["link_told"] = [
        (at - 60, note) for at, note in app.session_state["link_told"]
    ]
    assert not app.run().warning
