"""Results are kept in the session: made once a key, the oldest dropped, nothing shared."""

from streamlit.testing.v1 import AppTest

from pages.shared.results import KEPT


def script():
    import streamlit as st

    from pages.shared.results import remembered

    made = st.session_state.setdefault("made", [])
    key = st.session_state.get("wanted", 0)

    def make():
        made.append(key)
        return [key]

    st.session_state["got"] = remembered("thing", key, make)


def ask(app: AppTest, *keys: int) -> list[int]:
    for key in keys:
        app.session_state["wanted"] = key
        app.run()
        assert not app.exception and app.session_state["got"] == [key]
    return app.session_state["made"]


def test_a_result_is_made_once_and_kept():
    assert ask(AppTest.from_function(script), 1, 2, 1, 1, 2) == [1, 2]


def test_the_result_not_asked_for_longest_is_dropped():
    app = AppTest.from_function(script)
    keys = list(range(KEPT))
    assert ask(app, *keys, 0, KEPT, 0) == [*keys, KEPT]
    assert len(app.session_state["thing_results"]) == KEPT
    assert ask(app, 1) == [*keys, KEPT, 1]


def test_sessions_share_nothing():
    assert ask(AppTest.from_function(script), 1) == [1]
    assert ask(AppTest.from_function(script), 1) == [1]
