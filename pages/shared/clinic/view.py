"""A visit to the clinic: the complaint, the tests, the visitor's diagnosis, and then ours."""

from typing import NamedTuple

import numpy as np
import streamlit as st

import nnlib
from nnlib.diagnosis import Finding, can_be_tried, diagnose, try_remedies
from nnlib.diagnosis.finding import FAULTS
from nnlib.labs.clinic import CASES
from nnlib.labs.clinic.case import HEALTHY
from pages.shared import presets, widgets
from pages.shared.charts.training import plot_losses
from pages.shared.clinic.examination import TESTS, show_tests
from pages.shared.export import show_chart
from pages.shared.finding_view import advice_text, evidence_text, finding_text, healthy_text
from pages.shared.layout import wrapping_columns
from pages.shared.plain_text import plain
from pages.shared.results import Tell, computed
from pages.shared.trials import show_twins

MOST_SEEDS = 999
_SEEDS = 3  # of a twin
_SLICES = 20
_ANSWERS = {"": "Choose a cause", HEALTHY: "Nothing: it is healthy", **FAULTS}


class Visit(NamedTuple):
    """A case as a seed draws it."""

    number: int
    seed: int


class _Answer(NamedTuple):
    fault: str
    tests: int
    right: bool


def choose_visit() -> Visit:
    """Draw the choice of a case and its seed in the sidebar."""
    with st.sidebar:
        number = widgets.selectbox(
            "case",
            "Case",
            range(1, len(CASES) + 1),
            format_func=lambda i: f"Case {i}",
            help="One of the networks; among them are healthy ones.",
        )
        seed = widgets.number_input(
            "patient",
            "Seed",
            (0, MOST_SEEDS, 0, 1),
            help="Draws the data, the initial weights and the order of the rows anew.",
        )
        if st.button(
            "Surprise me",
            icon=":material/shuffle:",
            help="Take any case and any seed.",
            key="surprise",
            width="stretch",
        ):
            rng = np.random.default_rng()
            draw = {"case": int(rng.integers(len(CASES))) + 1, "patient": int(rng.integers(100))}
            presets.ask(draw)
        _show_tally()
    return Visit(number, seed)


def show_visit(visit: Visit) -> None:
    """Draw the case, and what it suffers from once the visitor has named a cause."""
    st.markdown(f"### “{plain(CASES[visit.number - 1].complaint)}”")
    trainer = computed("clinic", visit, lambda tell: _trained(visit, tell))
    if trainer is None:
        return
    left, right = wrapping_columns(2, key="clinic_visit")
    with left:
        show_chart(plot_losses(trainer.history, log_y=True), "losses")
    with right:
        asked = widgets.multiselect(
            f"tests_{visit.number}",
            "Ask for tests",
            TESTS,
            help="Each shows what was recorded of this run; a good doctor needs few.",
        )
        _ask_for_answer(visit, len(asked))
    show_tests(trainer, asked)
    if visit in _answers():
        _reveal(visit, trainer)


def _trained(visit: Visit, tell: Tell) -> nnlib.Trainer:
    trainer = CASES[visit.number - 1].trainer(visit.seed)
    while not trainer.done:
        trainer.advance(steps=max(1, trainer.total_steps // _SLICES))
        tell(trainer.step / trainer.total_steps)
    return trainer


def _answers() -> dict[Visit, _Answer]:
    answers: dict[Visit, _Answer] = st.session_state.setdefault("clinic_answers", {})
    return answers


def _ask_for_answer(visit: Visit, tests: int) -> None:
    answer = st.selectbox(  # not in the address, which would tell it to whom it is sent
        "What is the cause?",
        _ANSWERS,
        format_func=_ANSWERS.__getitem__,
        key=f"answer_{visit.number}_{visit.seed}",
        help="Of several, the one that explains the others.",
    )
    if st.button(
        "That is my diagnosis",
        icon=":material/check:",
        type="primary",
        key="answered",
        disabled=not answer,
        help="Then you see what the dashboard finds, on what evidence, and whether it heals.",
    ):
        right = answer in CASES[visit.number - 1].accepted
        _answers().setdefault(visit, _Answer(answer, tests, right))
        st.rerun()  # the tally in the sidebar counts it


def _show_tally() -> None:
    answers = _answers().values()
    if answers:
        tests = sum(answer.tests for answer in answers) / len(answers)
        st.caption(
            f"So far {sum(a.right for a in answers)} of {len(answers)} right at the first answer, "
            f"with {tests:.1f} tests a case."
        )


def _reveal(visit: Visit, trainer: nnlib.Trainer) -> None:
    case, answer = CASES[visit.number - 1], _answers()[visit]
    found = computed("clinic_found", visit, lambda _: diagnose(trainer), doing="Looking …")
    if found is None:
        return
    st.header("The diagnosis", anchor=False)
    name = _ANSWERS[case.fault].removeprefix("Nothing: it is ")
    if answer.right and answer.fault == case.fault:
        st.success(f"Right: {name}.", icon=":material/check_circle:")
    elif answer.right:
        said = _ANSWERS[answer.fault]
        st.success(f"{said} is right as well; made to be: {name}.", icon=":material/check_circle:")
    else:
        st.warning(f"Not {_ANSWERS[answer.fault].lower()}: {name}.", icon=":material/close:")
    if not found.problems:
        st.markdown(healthy_text(found, "Nothing is wrong with this run"))
        return
    finding = found.problems[0]
    st.markdown(f"{finding_text(finding)}\n\n{evidence_text(finding)}")
    _try_remedies(visit, trainer, finding)


def _try_remedies(visit: Visit, trainer: nnlib.Trainer, finding: Finding) -> None:
    """Train the run with each remedy that needs nobody's decision, and say what came of it."""
    tried = [remedy for remedy in finding.remedies if can_be_tried(remedy, trainer.data)]
    for remedy in finding.remedies:
        if remedy not in tried:
            st.markdown(advice_text(remedy))
    if not tried:
        return
    trials = computed(
        "clinic_twins",
        (visit, len(tried)),
        lambda tell: try_remedies(trainer, tried, _SEEDS, tell),
        doing="Training twins with and without the remedy, from the same seeds …",
    )
    if trials is not None:
        show_twins(trials, "twins")
