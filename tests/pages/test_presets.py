"""Presets: one click sets the widgets, also those with a default, and a person can go on."""

import inspect

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import presets


def page():
    import streamlit as st

    from pages.shared.presets import Preset, choose_preset

    presets = (
        Preset("Far", "Starts far away.", {"curve": "bowl", "start_bowl": 4.0, "names": ["b"]}),
        Preset("Near", "Starts near.", {"curve": "line", "start_line": 1.0}),
    )
    pressed = choose_preset(presets)
    curve = st.selectbox("Curve", ["line", "bowl"], key="curve", bind="query-params")
    st.slider("Start", 0.0, 5.0, 2.0, key=f"start_{curve}", bind="query-params")
    st.multiselect("Names", ["a", "b"], default=["a"], key="names", bind="query-params")
    st.caption(f"pressed: {pressed.name if pressed else None}")


def state(app: AppTest) -> tuple:
    assert not app.exception, app.exception
    return app.selectbox[0].value, app.slider[0].value, app.multiselect[0].value


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_function(page).run()


def test_one_click_sets_widgets_that_are_drawn_and_that_come_with_them(app: AppTest):
    assert state(app) == ("line", 2.0, ["a"])
    app.button(key="preset_0").click().run()
    assert state(app) == ("bowl", 4.0, ["b"])
    assert app.main.caption[-1].value == "pressed: Far"
    app.button(key="preset_1").click().run()
    assert state(app) == ("line", 1.0, ["b"])  # what a preset does not name stays


def test_a_preset_sets_once_and_then_the_person_goes_on(app: AppTest):
    app.button(key="preset_0").click().run()
    app.run().run()
    assert state(app) == ("bowl", 4.0, ["b"]) and app.main.caption[-1].value == "pressed: None"
    app.slider[0].set_value(3.0).run()
    assert state(app) == ("bowl", 3.0, ["b"])
    app.button(key="preset_0").click().run()
    assert state(app) == ("bowl", 4.0, ["b"])


def test_every_preset_says_what_it_shows(app: AppTest):
    assert [button.label for button in app.button] == ["Far", "Near"]
    assert all(button.help.endswith(".") for button in app.button)


def test_the_link_follows_also_for_a_widget_that_comes_with_the_preset(app: AppTest):
    app.button(key="preset_0").click().run()
    app.run()  # in a browser it comes by itself
    assert dict(app.query_params) == {"curve": "bowl", "start_bowl": "4", "names": "b"}
    app.button(key="preset_1").click().run().run()
    assert dict(app.query_params) == {"start_line": "1", "names": "b"}


def test_a_preset_counts_more_than_the_address_the_page_was_opened_with():
    app = AppTest.from_function(page)
    app.query_params["start_bowl"] = "3"
    app.run().button(key="preset_0").click().run()
    app.run()
    assert state(app) == ("bowl", 4.0, ["b"])
    assert dict(app.query_params) == {"curve": "bowl", "start_bowl": "4", "names": "b"}


def test_what_a_person_changed_meanwhile_stays(app: AppTest):
    app.button(key="preset_0").click().run()
    app.slider[0].set_value(3.0).run()
    assert state(app) == ("bowl", 3.0, ["b"])


def test_the_second_run_of_a_preset_does_not_go_by_what_the_browser_knew_before(monkeypatch):
    """Its timer may ask while the first is under way, with the values from before the preset."""
    state: dict[str, object] = {"layers": 2}
    runs = []
    monkeypatch.setattr("streamlit.session_state", state)
    monkeypatch.setattr("streamlit.rerun", lambda: runs.append(state["layers"]))
    run_again = inspect.unwrap(presets._run_again)
    monkeypatch.setattr(presets, "_run_again", run_again)
    presets.set_values({"layers": 4, "units_4": 16})
    assert runs == [] and state["layers"] == 4
    state["layers"] = 2  # as the browser knew it
    run_again()
    assert runs == [4]
