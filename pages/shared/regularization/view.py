"""What the Regularization page shows of linear regression."""

import numpy as np
import streamlit as st

from nnlib.labs import linear_draws
from nnlib.labs.linear_descent import Descent
from nnlib.labs.linear_draws import VALIDATION_POINTS, LinearProblem, LinearResult
from pages.shared.charts.theme import plain_number
from pages.shared.layout import show_error
from pages.shared.regularization import charts
from pages.shared.rows import Tile, show_metrics, show_row

DESCENT_STEPS = 5_000


@st.cache_data(max_entries=30, show_spinner=False)
def _solved(problem: LinearProblem) -> LinearResult:
    return linear_draws.solve(problem)


@st.cache_data(max_entries=30, show_spinner=False)
def _descended(problem: LinearProblem) -> dict[str, Descent]:
    return linear_draws.descend_both(_solved(problem), DESCENT_STEPS)


def show_linear(problem: LinearProblem) -> None:
    """Draw the fit, what the strength does to it, and how gradient steps get there."""
    try:
        result = _solved(problem)
    except ValueError as error:
        show_error(error)
        return
    _metrics(result)
    show_row("linear_charts", fit=charts.plot_fit(result), errors=charts.plot_errors(result))
    show_row("path_charts", paths=charts.plot_paths(result), zeros=charts.plot_zeros(result))
    if problem.l1_ratio:
        _show_descent(result)


def _metrics(result: LinearResult) -> None:
    problem, (train, validation) = result.problem, result.chosen_errors()
    best = "–"
    if result.errors is not None:
        best = plain_number(float(result.errors.train.x[result.errors.best]))
    largest = float(np.abs(result.chosen.weights).max())
    tiles = (
        Tile("Training error", plain_number(train)),
        Tile("Validation error", plain_number(validation)),
        Tile("Exact zeros", f"{len(result.zero)} of {problem.degree}"),
        Tile("Largest |w|", plain_number(largest)),
        Tile("Best λ by validation", best),
    )
    show_metrics("linear_metrics", tiles, least="9rem")
    kind = "standardized powers" if problem.standardized else "the powers as they are"
    origin = "" if problem.intercept else " Without an intercept every fit goes through the origin."
    st.caption(
        f"Mean squared errors of the first draw, without the penalty; the validation error is "
        f"over {VALIDATION_POINTS} other points. Bands in the error chart: smallest to largest "
        f"of {problem.draws} draws of the data, the line is their median, and the best λ is where "
        f"the median validation error is smallest. Weights are those of {kind}.{origin}"
    )


def _show_descent(result: LinearResult) -> None:
    ways = _descended(result.problem)
    small = charts.plot_small_weights(ways, result.zero.tolist())
    show_row("descent_charts", descent=charts.plot_descent(ways), small_weights=small)
    rate = ways["soft thresholding"].learning_rate
    settling = linear_draws.settling_steps(result, rate)
    st.caption(
        f"Both start at w = 0 and take {DESCENT_STEPS:,} steps of the size η = "
        f"{plain_number(rate)} on the same objective. With λ·ρ·sign(w) in the "
        "gradient, weights that belong at zero jump back and forth over it; soft thresholding puts "
        f"them on it. {_settling(settling)} Coordinate descent, finished by solving the "
        f"equations of the non-zero weights, gives the exact answer: {len(result.zero)} zeros. On "
        "the right, exact zeros have no place on the logarithmic axis, so such a line ends."
    )


def _settling(steps: float | None) -> str:
    """Say how soon soft thresholding settles."""
    if steps is None:
        return "Here that is every weight."
    if steps < 1 + 1e-9:
        return "With a single power, one step of soft thresholding arrives at the minimum."
    if not np.isfinite(steps):
        return (
            "Along some direction the objective is as good as level, and there the steps hardly "
            "move."
        )
    return (
        "Once the zeros are found, what is left of the way to the minimum falls by a factor of e "
        f"in about {plain_number(steps)} steps."
    )
