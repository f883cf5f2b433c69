"""What the Batch normalization page shows of one unit: a batch, and what many batches do."""

import numpy as np
import pandas as pd
import streamlit as st

from nnlib.labs import batch_statistics as statistics
from pages.shared.batch_norm import charts
from pages.shared.batch_norm.controls import SIZES, Drawing, choose_drawing
from pages.shared.charts.theme import plain_number
from pages.shared.export import show_chart
from pages.shared.layout import wrapping_columns

_BATCHES, _SEEN = 1000, 60


def show_unit_batch() -> None:
    """Draw one unit's batch before and after, and what batches do to the estimates."""
    drawing = choose_drawing()
    population = statistics.POPULATIONS[drawing.population]
    values = population.draw(np.random.default_rng(drawing.seed), (drawing.size,))
    batch = statistics.normalize(values, drawing.gamma, drawing.beta)
    left, right = wrapping_columns(2, key="batch_charts")
    with left:
        show_chart(charts.plot_batch(batch), key="batch")
        _moments_table(drawing, batch)
    with right:
        _show_same_example(drawing, float(values[0]))
    if drawing.size == 2:
        st.info(
            "Of two different examples, whatever their values, the normalized ones are +1 and −1 "
            "(but for ε), so the unit tells only which of the two was larger: here "
            f"β ± γ = {plain_number(drawing.beta + drawing.gamma)} and "
            f"{plain_number(drawing.beta - drawing.gamma)}.",
            icon=":material/lightbulb:",
        )
    left, right = wrapping_columns(2, key="estimate_charts")
    with left:
        _show_deviations(drawing)
    with right:
        _show_running(drawing)


def _moments_table(drawing: Drawing, batch: statistics.Normalized) -> None:
    population = statistics.POPULATIONS[drawing.population]
    (mean, variance), (mean_after, variance_after) = batch.moments
    table = pd.DataFrame(
        {
            "Values": ["population", "this batch, before", "this batch, after"],
            "mean": [population.mean, mean, round(mean_after, 9) + 0.0],  # no negative zero
            "variance": [population.deviation**2, variance, variance_after],
        }
    )
    number = st.column_config.NumberColumn
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "mean": number("Mean", format="%.4f"),
            "variance": number(
                "Variance",
                format="%.4f",
                help="The mean squared deviation, the sum of squares divided by the batch size, "
                "which is what training mode uses.",
            ),
        },
    )
    st.caption("After: mean β and variance γ²·σ²/(σ² + ε) with ε = 10⁻⁵, by the batch's own σ².")


def _show_same_example(drawing: Drawing, value: float) -> None:
    outputs, evaluated = _same_example(drawing, value)
    show_chart(charts.plot_same_example(value, outputs, evaluated), key="same_example")
    st.caption(
        f"The batch's first value among {_BATCHES:,} other random batches of {drawing.size}. In "
        "training mode its output depends on its neighbors, a noise that shrinks with the batch "
        "size; evaluation mode gives one answer, here by the population's mean and variance, "
        "around which the running statistics hover."
    )


@st.cache_data(max_entries=20, show_spinner=False)
def _same_example(drawing: Drawing, value: float) -> tuple[np.ndarray, float]:
    population = statistics.POPULATIONS[drawing.population]
    rng = np.random.default_rng((drawing.seed, 1))
    others = population.draw(rng, (_BATCHES, drawing.size - 1))
    return statistics.same_example(
        value, others, population.mean, population.deviation**2, drawing.gamma, drawing.beta
    )


def _show_deviations(drawing: Drawing) -> None:
    population = statistics.POPULATIONS[drawing.population]
    measured = _deviations(drawing.population, drawing.seed)
    show_chart(
        charts.plot_mean_deviation(SIZES, measured, population.deviation, drawing.size),
        key="mean_deviation",
    )


@st.cache_data(max_entries=20, show_spinner=False)
def _deviations(name: str, seed: int) -> np.ndarray:
    rng = np.random.default_rng((seed, 2))
    return statistics.deviation_of_means(statistics.POPULATIONS[name], SIZES, _BATCHES, rng)


def _show_running(drawing: Drawing) -> None:
    population = statistics.POPULATIONS[drawing.population]
    batches = population.draw(np.random.default_rng((drawing.seed, 3)), (_SEEN, drawing.size))
    running = statistics.run_statistics(batches)
    stray = statistics.spread_of_running_means(population.deviation, drawing.size)
    single = population.deviation / drawing.size**0.5
    show_chart(
        charts.plot_running(running, population.mean, population.deviation**2), key="running"
    )
    st.caption(
        "Running statistics begin at mean 0 and variance 1; each batch moves them a tenth of the "
        "way to its own mean and unbiased variance (divided by B − 1). They do not settle, but "
        "hover around the population's like the mean of 19 batches: here the running mean with a "
        f"standard deviation of {plain_number(stray)}, that of one batch {plain_number(single)}."
    )
