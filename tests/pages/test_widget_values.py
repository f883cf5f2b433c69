"""Widgets set by the page: a late request of the browser does not take them back."""

from streamlit.testing.v1 import AppTest

from pages.shared.widget_values import restore_set_widgets, set_widget


def script() -> None:
    import streamlit as st

    from pages.shared.widget_values import forget_set_widgets, set_widget

    forget_set_widgets()
    if st.button("set"):
        set_widget("letter", "b")
    st.selectbox("letter", ["a", "b", "c"], key="letter")


def test_what_the_page_sets_comes_back_until_the_page_runs_again(monkeypatch):
    app = AppTest.from_function(script).run()
    assert app.selectbox[0].value == "a"
    app.button[0].click().run()
    assert app.selectbox[0].value == "b"
    state = {key: app.session_state[key] for key in ("letter", "widgets_set_by_the_page")}
    with monkeypatch.context() as patched:
        patched.setattr("streamlit.session_state", state)
        state["letter"] = "a"  # as the browser knew it
        restore_set_widgets()
        assert state["letter"] == "b"
        state["letter"] = "c"  # as a person chose
        restore_set_widgets()
        assert state["letter"] == "c"
    app.selectbox[0].set_value("a").run()
    assert app.selectbox[0].value == "a"
    assert "widgets_set_by_the_page" not in app.session_state


def test_a_value_is_set_once_however_often(monkeypatch):
    state: dict[str, object] = {"letter": "b"}
    monkeypatch.setattr("streamlit.session_state", state)
    set_widget("letter", "b")
    restore_set_widgets()
    assert state["letter"] == "b"
