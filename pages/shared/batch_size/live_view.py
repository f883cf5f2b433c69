"""The live run of the Batch size page, with its noise measured along the way."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

import nnlib
from nnlib.history import History
from nnlib.noise import Course, NoisePoint, critical_batch_size
from pages.shared import run_view
from pages.shared.batch_size import charts
from pages.shared.batch_size.controls import Settings
from pages.shared.findings import show_findings
from pages.shared.results import Tell, computed
from pages.shared.rows import Tile, show_grid, show_metrics, show_row
from pages.shared.run_view import number_or_dash
from pages.shared.runs import LiveRun
from pages.shared.transport import progress, show_run
from pages.shared.widget_values import run_whole_page

KEY = "batch_size"
_COURSE, _ASKED = "batch_size_course", "batch_size_measure"
_SLICE, _AT_REST = 0.3, 1.0
"""Seconds of measuring in a redraw, while the run plays and afterwards."""


def show_live(settings: Settings) -> None:
    """Draw the run of the experiment, live."""
    if st.session_state.pop(_ASKED, False):
        _catch_up(st.session_state[_COURSE])
    show_run(KEY, settings.experiment, settings.data, _draw)


def _catch_up(course: Course) -> None:
    """Measure what the drawing had no time for, behind a progress bar that can be stopped."""

    def make(tell: Tell) -> bool:
        while course.share < 1:
            course.go_on(_SLICE)
            tell(course.share)
        return True

    computed("batch_size_course", (id(course), course.share), make, doing="Measuring …")


def _draw(run: LiveRun) -> None:
    course = _course_of(run.whole.trainer)
    points = course.go_on(_SLICE if run.running else _AT_REST)
    seen = [point for point in points if point.step <= run.trainer.step]
    history, batch = run.history, course.batch_size
    progress(run)
    if course.share < 1 and not run.running:
        st.button(
            f"Measure the rest: the noise is known up to step {points[-1].step:,}"
            if points
            else "Measure the rest",
            icon=":material/query_stats:",
            key="measure_rest",
            help="Goes through the run once more to its end, which can be stopped.",
            on_click=_ask,
        )
    show_findings(run, KEY)
    show_row(
        "noise_main",
        noise_scale=charts.plot_noise_scale(points, history, batch, run.look),
        cosines=charts.plot_cosines(points, history, batch, run.look),
    )
    _show_numbers(course, seen)
    run_view.show_notices(run)
    run_view.show_losses_and_gradients(run, KEY)
    show_grid(
        "noise_more",
        {
            "signal_to_noise": charts.plot_signal_to_noise(points, history, run.look),
            "batch_tests": charts.plot_tests(points, history, run.look),
            "coupled_batch": charts.plot_coupled_batch(
                points, history, batch, run.look, momentum=run.trainer.config.optimizer != "sgd"
            ),
            "evidence": charts.plot_evidence(points, history, run.look),
            "distances": charts.plot_distances(points, history, run.look),
            "histograms": charts.plot_histograms(seen[-1] if seen else None, history.layer_names),
        },
    )
    if seen:
        st.caption(stop_sentence(seen, history))
    st.caption(_how(course))


def stop_sentence(seen: Sequence[NoisePoint], history: History) -> str:
    """Say at which step the evidence says to stop, and where the validation loss is lowest.

    Both are so far as the points go, of which there is one at least.
    """
    stops = [point.step for point in seen if point.evidence > 0]
    said = (
        f"The evidence says to stop at step {stops[0]:,}, the first of those measured where its "
        "mean is below 1."
        if stops
        else "At none of the steps measured so far does the evidence say to stop."
    )
    if "val_loss" not in history:
        return said
    reached = history.steps("val_loss") <= seen[-1].step
    losses = history["val_loss"][reached]
    if not np.isfinite(losses).any():
        return said
    lowest = int(history.steps("val_loss")[reached][np.nanargmin(losses)])
    return f"{said} The validation loss up to there is lowest at step {lowest:,}."


def _ask() -> None:
    st.session_state[_ASKED] = True
    run_whole_page()


def _course_of(trainer: nnlib.Trainer) -> Course:
    """Return what was measured of this run so far, from the session where it is kept."""
    course: Course | None = st.session_state.get(_COURSE)
    if course is None or course.trainer is not trainer:
        course = st.session_state[_COURSE] = Course(trainer)
    return course


def _show_numbers(course: Course, seen: list[NoisePoint]) -> None:
    """Draw the numbers of the last point that the run shown has passed."""
    if not seen:
        return
    last, batch = seen[-1], course.batch_size
    so_far = critical_batch_size([p.scale for p in seen if p.step in course.even_steps], batch)
    trainer = course.trainer
    show_metrics(
        "noise_numbers",
        [
            Tile("Step measured", f"{last.step:,}"),
            Tile(
                "Noise scale",
                number_or_dash(last.scale.value, "{:,.0f}"),
                f"batch size: {batch:,}",
                "The variance of one example's gradient, summed over all parameters, over the "
                "squared norm of the gradient.",
            ),
            Tile(
                "Over the run so far",
                number_or_dash(so_far, "{:,.0f}"),
                "by progress",
                "The mean of the noise scale at even distances, each step counted by the progress "
                "that it makes: 1 / (1 + noise scale / batch size).",
            ),
            Tile(
                "A step's worth",
                number_or_dash(1 / (1 + last.scale.value / batch), "{:.0%}"),
                "of an exact one",
                "By the theory of McCandlish et al. (2018): the progress of a step of this batch "
                "size, beside that of a step with the gradient of all examples.",
            ),
            Tile(
                "Price of measuring",
                f"{course.seconds:.2f} s",
                f"training: {trainer.seconds:.2f} s",
                "Computing so far. The run is made a second time, step by step, so that each "
                "update is seen; the rest is for the gradients at the steps measured.",
            ),
        ],
    )


def _how(course: Course) -> str:
    count = f"{course.examples:,}"
    which = (
        f"all {count} training examples, so that they are exact"
        if course.is_whole
        else f"a sample of {count} training examples, drawn once, whose own noise is taken off "
        "|G|²; a gap is where nothing is left of it"
    )
    return (
        f"Measured at {len(course.even_steps)} even steps and early at powers of two. Gradient and "
        f"noise are those of {which}; the noise scale itself is for examples drawn at random, with "
        "replacement. Measured cosines are the mean over all pairs of 8 such minibatches. "
        "Distances are of the weights, histograms of weights and biases."
    )
