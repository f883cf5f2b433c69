"""What the Learning rate page shows of networks: many rates at once, and schedules."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import numpy as np
import pandas as pd
import streamlit as st

from nnlib.learning_rates import Arm, compare
from nnlib.schedules import make_schedule
from pages.shared.charts import learning_rate as charts
from pages.shared.charts import learning_rate_runs as run_charts
from pages.shared.charts.theme import plain_number
from pages.shared.controls import label_of
from pages.shared.export import show_chart
from pages.shared.layout import show_error, wrapping_columns
from pages.shared.learning_rate_controls import (
    RunSettings,
)
from pages.shared.results import remembered

ZERO_GRADIENT = (
    "Gradient norms are those of single minibatches, medians over the seeds. A gradient of exactly "
    "0, as behind a layer whose units are all dead, has no place on a logarithmic axis: its line "
    "ends."
)
_PATIENCE = 0.4  # seconds without a progress bar
MOST_PICKED = 6


# ------------------------------------------------------------------ many rates at once


def show_sweep(settings: RunSettings, rates: Sequence[float]) -> None:
    """Train at every rate from every seed and draw what came of it."""
    arms = trained(
        "learning_rate_sweep",
        settings,
        {rate_label(rate): {"learning_rate": rate} for rate in rates},
    )
    if arms is None:
        return
    _sweep_metrics(arms)
    left, right = wrapping_columns(2, key="sweep_maps")
    with left:
        show_chart(
            charts.plot_loss_map(arms),
            key="loss_map",
            name="loss-by-step-and-rate",
            data=lambda: charts.loss_map_data(arms),
        )
    with right:
        show_chart(
            charts.plot_final_losses(arms),
            key="final_losses",
            name="final-loss-by-rate",
            data=lambda: charts.final_losses_data(arms),
        )
    st.caption(
        "Medians over the seeds, and the range of the seeds. A cell without a color is a loss that "
        "was no longer finite. What is above ten times the loss before training is drawn there."
    )
    picked = _pick(arms)
    show_arms(picked, "Training loss at the chosen rates", "Gradient norms at the chosen rates")


def rate_label(rate: float) -> str:
    """Return how an arm with this rate is called."""
    return f"η = {plain_number(rate)}"


def best_of(arms: Sequence[Arm]) -> int:
    """Return the place of the arm with the lowest final loss, the first of equals."""
    return int(np.argmin([arm.final for arm in arms]))


def _sweep_metrics(arms: Sequence[Arm]) -> None:
    best = arms[best_of(arms)]
    count = {
        o: sum(arm.outcome == o for arm in arms) for o in ("diverged", "worse than at the start")
    }
    with st.container(horizontal=True):
        st.metric(
            "Best rate", plain_number(best.rate), help="The rate with the lowest median final loss."
        )
        st.metric("Its final loss", plain_number(best.final, 3))
        st.metric(
            "Diverged",
            f"{count['diverged']} of {len(arms)}",
            help="Rates at which the numbers of at least one seed stopped being finite.",
        )
        st.metric(
            "No better than before",
            f"{count['worse than at the start']} of {len(arms)}",
            help="Rates that stayed finite and whose median loss ended no lower than it began.",
        )


def _pick(arms: Sequence[Arm]) -> list[Arm]:
    """Draw the choice of rates; without one, the best and those far below and above it."""
    labels = [arm.label for arm in arms]
    chosen = st.multiselect(
        "Rates to look at",
        labels,
        max_selections=MOST_PICKED,
        placeholder="The best rate, and those nearest to a hundredth and ten times of it",
        help="Their losses and gradient norms are drawn below.",
        key="picked",
        bind="query-params",
    )
    if chosen:
        return [arm for arm in arms if arm.label in chosen]
    best = arms[best_of(arms)].rate
    distance = np.log([arm.rate for arm in arms])
    places = {int(np.argmin(np.abs(distance - np.log(f * best)))) for f in (0.01, 1, 10)}
    return [arms[place] for place in sorted(places)]


def show_arms(arms: Sequence[Arm], losses: str, gradients: str) -> None:
    """Draw losses and gradient norms of arms under these titles."""
    left, right = wrapping_columns(2, key="arms")
    with left:
        show_chart(
            run_charts.plot_loss_curves(arms, losses),
            key="arm_losses",
            name="training-losses",
            data=lambda: run_charts.loss_curves_data(arms),
        )
    with right:
        show_chart(
            run_charts.plot_gradient_panels(arms, gradients),
            key="arm_gradients",
            name="gradient-norms",
            data=lambda: run_charts.gradient_panels_data(arms),
        )
    st.caption(ZERO_GRADIENT)


def trained(
    name: str, settings: RunSettings, changes: dict[str, dict[str, object]]
) -> list[Arm] | None:
    """Return one arm for each change of the experiment, or say what is wrong."""
    experiments = {
        label: settings.experiment.with_training(**change) for label, change in changes.items()
    }
    place = st.empty()
    start = perf_counter()

    def tell(share: float) -> None:
        if perf_counter() - start > _PATIENCE:
            place.progress(min(share, 1.0), text="Training …")

    key = (tuple(experiments.items()), settings.seeds, settings.data.fingerprint)
    try:
        arms = remembered(
            name, key, lambda: compare(experiments, settings.seeds, settings.data, tell)
        )
    except ValueError as error:
        show_error(error)
        return None
    place.empty()
    return arms


# ------------------------------------------------------------------ schedules


def show_schedules(
    settings: RunSettings, names: Sequence[str], rate: float, own: dict[str, object]
) -> None:
    """Draw every schedule, and one run with each."""
    experiment = settings.experiment.with_training(learning_rate=rate, **own)
    if not names:
        st.info("Choose a schedule in the sidebar.", icon=":material/schedule:")
        return
    varied = RunSettings(settings.data, experiment, settings.seeds)
    arms = trained(
        "learning_rate_schedules", varied, {label_of(name): {"schedule": name} for name in names}
    )
    if arms is None:
        return
    rows = len(settings.data.features("train"))
    per_epoch = -(-rows // experiment.training.batch_size)
    steps = per_epoch * experiment.training.epochs
    schedules = {
        label_of(name): make_schedule(experiment.with_training(schedule=name).training, per_epoch)
        for name in names
    }
    st.markdown(_schedule_sentence(arms))
    log_rate = st.toggle(
        "Logarithmic rate",
        key="log_rate",
        bind="query-params",
        help="Draws the learning rate on a logarithmic axis.",
    )
    left, right = wrapping_columns(2, key="schedule_charts")
    with left:
        show_chart(
            run_charts.plot_schedules(schedules, rate, steps, log_y=log_rate),
            key="schedule_rates",
            name="schedules",
            data=lambda: run_charts.schedules_data(schedules, rate, steps),
        )
    with right:
        show_chart(
            run_charts.plot_loss_curves(arms, "Training loss with each schedule"),
            key="schedule_losses",
            name="schedule-losses",
            data=lambda: run_charts.loss_curves_data(arms),
        )
    _final_table(charts.final_losses_data(arms))
    show_chart(
        run_charts.plot_gradient_panels(arms, "Gradient norms with each schedule"),
        key="schedule_gradients",
        name="schedule-gradients",
        data=lambda: run_charts.gradient_panels_data(arms),
    )
    st.caption(ZERO_GRADIENT)


def _schedule_sentence(arms: Sequence[Arm]) -> str:
    best = arms[best_of(arms)]
    return (
        f"Lowest median final loss here: {best.label}, {plain_number(best.final, 3)}. Every "
        "schedule starts from the same initial weights and sees the same minibatches; the band "
        "is the range over the seeds."
    )


def _final_table(table: pd.DataFrame) -> None:
    st.dataframe(
        table.drop(columns=["learning_rate", "seeds"]),
        hide_index=True,
        column_config={
            "setting": "Schedule",
            "median": st.column_config.NumberColumn("Final loss, median", format="%.4g"),
            "lowest": st.column_config.NumberColumn("Lowest seed", format="%.4g"),
            "highest": st.column_config.NumberColumn("Highest seed", format="%.4g"),
            "seeds_diverged": "Seeds diverged",
            "outcome": "Outcome",
        },
    )
