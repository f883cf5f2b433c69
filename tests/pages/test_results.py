"""What is computed is kept in the session: made once a key, the oldest dropped, nothing shared."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.shared import results
from pages.shared.results import KEPT, about


def script():
    import streamlit as st

    from pages.shared.results import computed

    made = st.session_state.setdefault("made", [])
    key = st.session_state.get("wanted", 0)

    def make(tell):
        made.append(key)
        for share in (0.25, 0.5, 1.0):
            tell(share)
        if st.session_state.get("refuse"):
            raise ValueError("There is *nothing* to train.")
        return [key]

    st.session_state["got"] = computed(
        "thing", key, make, doing="Making …", ask=st.session_state.get("ask"), begin="Make it"
    )


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_function(script)


def ask(app: AppTest, *keys: int) -> list[int]:
    for key in keys:
        app.session_state["wanted"] = key
        app.run()
        assert not app.exception and app.session_state["got"] == [key]
    return app.session_state["made"]


def test_a_result_is_made_once_and_kept(app):
    assert ask(app, 1, 2, 1, 1, 2) == [1, 2]


def test_the_result_not_asked_for_longest_is_dropped(app):
    keys = list(range(KEPT))
    assert ask(app, *keys, 0, KEPT, 0) == [*keys, KEPT]
    assert len(app.session_state["thing_results"]) == KEPT
    assert ask(app, 1) == [*keys, KEPT, 1]


def test_sessions_share_nothing(app):
    assert ask(app, 1) == [1]
    assert ask(AppTest.from_function(script), 1) == [1]


def test_a_refusal_is_one_sentence_and_nothing_is_kept(app):
    app.session_state["refuse"] = True
    app.run()
    assert not app.exception and app.session_state["got"] is None
    assert [error.value for error in app.error] == ["There is \\*nothing\\* to train\\."]
    app.session_state["refuse"] = False
    app.run()
    assert app.session_state["got"] == [0] and not app.error


def test_quick_work_is_not_asked_for():
    assert about(3.0) is None
    assert about(90.4) == "With these settings this takes about 90 seconds."


def test_long_work_waits_for_its_button_and_is_asked_for_once(app):
    app.session_state["ask"] = about(60)
    app.run()
    assert app.session_state["got"] is None and app.session_state["made"] == []
    assert "about 60 seconds" in app.info[0].value
    app.button(key="thing_begin").click().run()
    assert app.session_state["got"] == [0] and not app.info and not app.button
    app.run()
    assert app.session_state["made"] == [0]
    app.session_state["wanted"] = 1  # other settings are asked for anew
    app.run()
    assert app.session_state["got"] is None and app.button(key="thing_begin").label == "Make it"


def test_work_that_was_interrupted_goes_on_without_a_second_click(app):
    app.session_state["ask"], app.session_state["thing_answer"] = about(60), (0, True)
    app.run()
    assert app.session_state["got"] == [0]


def test_stopped_work_waits_for_its_button(app):
    app.session_state["thing_answer"] = (0, False)  # what the button beside the bar leaves
    app.run()
    assert app.session_state["got"] is None and app.info[0].value == "Stopped."
    app.button(key="thing_begin").click().run()
    assert app.session_state["got"] == [0]


@pytest.mark.parametrize(
    ("patience", "seen"),
    [(0, ["thing_stop", (0.25, "Making …"), (0.5, "Making …"), (1.0, "Making …")]), (1000, [])],
)
def test_a_bar_with_a_stop_button_shows_in_long_work_and_goes(app, monkeypatch, patience, seen):
    monkeypatch.setattr(results, "PATIENCE", patience)
    shown = []
    button, progress = st.button, st.delta_generator.DeltaGenerator.progress
    monkeypatch.setattr(st, "button", lambda *a, **k: shown.append(k["key"]) or button(*a, **k))
    monkeypatch.setattr(
        st.delta_generator.DeltaGenerator,
        "progress",
        lambda self, share, text: shown.append((share, text)) or progress(self, share, text),
    )
    app.run()
    assert shown == seen
    assert not app.button and app.session_state["got"] == [0]
