"""What the Batch normalization page shows: one unit, learning rates, and a unit over training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import TypeVar

import numpy as np
import pandas as pd
import streamlit as st

from nnlib import batch_statistics as statistics
from nnlib.learning_rates import Arm
from pages.shared.batch_norm_controls import (
    SIZES,
    Drawing,
    Settings,
    choose_drawing,
    choose_rates,
    choose_settings,
    choose_unit,
)
from pages.shared.charts import batch_norm as charts
from pages.shared.charts import learning_rate_runs as run_charts
from pages.shared.charts.theme import plain_number
from pages.shared.export import show_chart
from pages.shared.layout import wrapping_columns
from pages.shared.results import remembered

_BATCHES, _SEEN = 1000, 60
_PATIENCE = 0.4  # seconds without a progress bar
T = TypeVar("T")


# ------------------------------------------------------------------ one unit


def show_unit_batch() -> None:
    """Draw one unit's batch before and after, and what batches do to the estimates."""
    drawing = choose_drawing()
    population = statistics.POPULATIONS[drawing.population]
    values = population.draw(np.random.default_rng(drawing.seed), (drawing.size,))
    batch = statistics.normalize(values, drawing.gamma, drawing.beta)
    left, right = wrapping_columns(2, key="batch_charts")
    with left:
        show_chart(
            charts.plot_batch(batch),
            key="batch",
            name="batch",
            data=lambda: charts.batch_data(batch),
        )
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
            "": ["population", "this batch, before", "this batch, after"],
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
                help="The mean squared deviation, divided by the batch size, which is what "
                "training mode uses.",
            ),
        },
    )
    st.caption(
        "After: mean β and variance γ²·σ²/(σ² + ε) with ε = 10⁻⁵, whatever the batch's own are."
    )


def _show_same_example(drawing: Drawing, value: float) -> None:
    outputs, evaluated = _same_example(drawing, value)
    show_chart(
        charts.plot_same_example(value, outputs, evaluated),
        key="same_example",
        name="same-example",
        data=lambda: charts.same_example_data(value, outputs, evaluated),
    )
    st.caption(
        f"The batch's first value among {_BATCHES:,} other random batches of {drawing.size}. In "
        "training mode its output depends on its neighbors, a noise that shrinks with the batch "
        "size; evaluation mode gives one answer, by the population's mean and variance, to which "
        "the running statistics tend."
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
        name="deviation-of-batch-means",
        data=lambda: charts.mean_deviation_data(SIZES, measured, population.deviation),
    )


@st.cache_data(max_entries=20, show_spinner=False)
def _deviations(name: str, seed: int) -> np.ndarray:
    rng = np.random.default_rng((seed, 2))
    return statistics.deviation_of_means(statistics.POPULATIONS[name], SIZES, _BATCHES, rng)


def _show_running(drawing: Drawing) -> None:
    population = statistics.POPULATIONS[drawing.population]
    batches = population.draw(np.random.default_rng((drawing.seed, 3)), (_SEEN, drawing.size))
    running = statistics.run_statistics(batches)
    show_chart(
        charts.plot_running(running, population.mean, population.deviation**2),
        key="running",
        name="running-statistics",
        data=lambda: charts.running_data(running),
    )
    st.caption(
        "Running statistics begin at mean 0 and variance 1; each batch moves them a tenth of the "
        "way to its own mean and unbiased variance (divided by B − 1)."
    )


# ------------------------------------------------------------------ learning rates


def show_rates() -> None:
    """Train all arms at many learning rates and draw which of them train."""
    rates = choose_rates()
    settings = choose_settings(swept=True)
    if settings is None:
        return
    arms = statistics.arms_of(settings.experiment, settings.noise)
    sweeps = _with_progress(
        "batch_norm_rates",
        (settings.experiment, settings.noise, settings.seeds, rates, settings.data.fingerprint),
        lambda tell: statistics.sweep_rates(arms, rates, settings.seeds, settings.data, tell),
    )
    show_chart(
        charts.plot_rates(sweeps),
        key="rates",
        name="final-loss-by-rate",
        data=lambda: charts.rates_data(sweeps),
    )
    _ranges_table(sweeps)
    rate = st.select_slider(
        "Learning rate to look at",
        rates,
        rates[len(rates) // 2],
        format_func=plain_number,
        help="Losses and gradient norms of all arms at this rate are drawn below.",
        key="picked_rate",
        bind="query-params",
    )
    at = rates.index(rate)
    _show_arms([_labeled(label, of[at]) for label, of in sweeps.items()], f"at {rate:g}")


def _ranges_table(sweeps: dict[str, list[Arm]]) -> None:
    rows = []
    for label, arms in sweeps.items():
        trained = statistics.range_that_trains(arms)
        low, high = trained or (None, None)
        rows.append((label, low, high, None if trained is None else high / low))
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame(rows, columns=["arm", "low", "high", "ratio"]),
        hide_index=True,
        column_config={
            "arm": "Network",
            "low": number("Lowest rate that trains", format="%.3g"),
            "high": number("Highest rate that trains", format="%.3g"),
            "ratio": number("Highest by lowest", format="%.3g"),
        },
    )
    st.caption(
        "A rate *trains* here if no seed diverged and the median training loss ended at half of "
        "what it was before training or less; a cross marks one that does not. All arms have the "
        "same initial weights and the same order of minibatches. Lines are medians over the "
        "seeds, bands their range; losses are taken in evaluation mode, without noise."
    )


def _labeled(label: str, arm: Arm) -> Arm:
    return Arm(
        label,
        arm.rate,
        arm.steps,
        arm.losses,
        arm.gradient_steps,
        arm.gradient_norms,
        arm.layers,
        arm.diverged,
    )


def _show_arms(arms: Sequence[Arm], where: str) -> None:
    left, right = wrapping_columns(2, key="arm_charts")
    with left:
        show_chart(
            run_charts.plot_loss_curves(arms, f"Training loss {where}"),
            key="arm_losses",
            name="training-losses",
            data=lambda: run_charts.loss_curves_data(arms),
        )
    with right:
        show_chart(
            run_charts.plot_gradient_panels(arms, f"Norm of the weight gradient {where}"),
            key="arm_gradients",
            name="gradient-norms",
            data=lambda: run_charts.gradient_panels_data(arms),
        )


def _with_progress(name: str, key: object, make: Callable[[Callable[[float], None]], T]) -> T:
    """Return a remembered result; a long computation shows how far it is."""
    place, start = st.empty(), perf_counter()

    def tell(share: float) -> None:
        if perf_counter() - start > _PATIENCE:
            place.progress(min(share, 1.0), text="Training …")

    result = remembered(name, key, lambda: make(tell))
    place.empty()
    return result


# ------------------------------------------------------------------ inside a unit


def show_inside() -> None:
    """Train the arms and draw what one unit's activation was given at every step."""
    settings = choose_settings(swept=False)
    _presets()
    if settings is None:
        return
    unit = choose_unit(settings.experiment.network.hidden[-1])
    arms = statistics.arms_of(settings.experiment, settings.noise)
    watched = _with_progress(
        "batch_norm_unit",
        (settings.experiment, settings.noise, settings.seeds, unit, settings.data.fingerprint),
        lambda tell: statistics.watch_unit(arms, unit, settings.seeds, settings.data, tell),
    )
    show_chart(
        charts.plot_unit(watched, unit),
        key="unit_percentiles",
        name="unit-percentiles",
        data=lambda: charts.unit_data(watched),
    )
    _arms_table(watched, settings)
    _show_arms([one.arm for one in watched], "by network")


def _presets() -> None:
    with st.container(horizontal=True):
        for data, epochs in (("Digits 8×8", 10), ("MNIST, 5,000 images", 5)):
            st.page_link(
                "pages/batch_normalization.py",
                label=f"The paper's network on {data}",
                help="Three hidden layers of 100 sigmoid units, small normal weights and batches "
                "of 60, as in Ioffe & Szegedy's figure 1; theirs trained for 50,000 steps.",
                icon=":material/article:",
                query_params={
                    "view": "Inside a unit",
                    "data": data,
                    "layers": "3",
                    "width": "100",
                    "initializer": "normal",
                    "batch_size": "60",
                    "epochs": str(epochs),
                },
            )


def _arms_table(watched: Sequence[statistics.UnitArm], settings: Settings) -> None:
    score = "R²" if settings.data.task == "regression" else "accuracy"
    rows = [
        (one.arm.label, one.arm.final, float(np.median(one.scores)), one.wander) for one in watched
    ]
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame(rows, columns=["arm", "loss", "score", "wander"]),
        hide_index=True,
        column_config={
            "arm": "Network",
            "loss": number("Final training loss, median", format="%.4g"),
            "score": number(f"Final training {score}, median", format="%.3f"),
            "wander": number(
                "Move of the median, by the spread",
                format="%.3f",
                help="Mean absolute change of the unit's median from one record to the next, "
                "divided by the mean distance from the 15th to the 85th percentile.",
            ),
        },
    )
    steps = int(watched[0].arm.steps[-1])
    st.caption(
        f"Trained for {steps:,} steps a network and seed. The percentiles are those of the first "
        "seed, over the minibatch of a step in training mode, of what the activation is given: "
        "behind the normalization and its noise where these come ahead of it."
    )
