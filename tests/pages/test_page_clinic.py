"""The clinic through AppTest: nothing is told before the visitor has answered."""

from functools import partial

import apptest
import pytest
from apptest import checked, said

from nnlib.diagnosis import FAULTS
from nnlib.labs.clinic import CASES
from pages.shared.clinic.examination import TESTS

open_page = partial(apptest.open_page, "clinic")


def answered(app, fault: str):
    (answer,) = [box for box in app.selectbox if str(box.key).startswith("answer_")]
    answer.set_value(fault).run()
    return checked(app.button(key="answered").click().run())


def test_nothing_is_told_before_the_answer(shown):
    app = open_page(case="Case 1")
    texts = said(app, "success", "warning", "header", "caption", "info")
    assert not any(name in texts for name in FAULTS.values())
    assert list(shown.figures) == ["losses"] and not app.success and not app.warning


def test_the_right_answer_shows_the_evidence_and_the_healed_twin(shown):
    app = answered(open_page(case="Case 2"), "symmetric_init")
    assert "Right: Weights start equal" in said(app, "success")
    assert "Healed" in said(app) and "twins" in shown.figures
    assert "1 of 1 right" in said(app, "caption")


def test_a_wrong_answer_is_told_and_counted_once():
    app = answered(open_page(case="Case 2"), "overfitting")
    assert "Not overfitting: Weights start equal" in said(app, "warning")
    app = answered(app, "symmetric_init")
    assert "0 of 1 right" in said(app, "caption")


def test_a_healthy_network_is_an_answer():
    number = next(i for i, case in enumerate(CASES, 1) if case.fault == "healthy")
    app = answered(open_page(case=f"Case {number}"), "healthy")
    assert "Right: healthy" in said(app, "success")
    assert "Nothing is wrong with this run" in said(app)


@pytest.mark.parametrize("number", [1, 9, 13])
def test_every_test_shows_something(shown, number: int):
    app = open_page(case=f"Case {number}")
    checked(app.multiselect(key=f"tests_{number}").set_value(list(TESTS)).run())
    assert len(shown.figures) >= len(TESTS) - 2
    assert "hidden layers" in said(app) and len(app.dataframe) == 1


def test_the_link_is_the_case_and_its_seed():
    app = open_page(case="Case 3", patient="7")
    assert app.session_state["clinic_results"].keys() == {(3, 7)}


def test_the_next_case_begins_without_tests_and_without_an_answer():
    app = open_page(case="Case 1", tests_1=["Settings"])
    app.selectbox(key="answer_1_0").set_value("overfitting").run()
    app = checked(app.selectbox(key="case").set_value(2).run())
    assert not app.multiselect(key="tests_2").value and not app.selectbox(key="answer_2_0").value
    assert "overfitting" not in str(dict(app.query_params))
