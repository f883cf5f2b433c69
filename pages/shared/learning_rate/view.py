"""What the Learning rate page shows of networks: many rates at once, and schedules."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from nnlib.comparison import Arm, compare
from nnlib.schedules import make_schedule
from pages.shared import comparing, widgets
from pages.shared.arm_findings import show_arm_findings
from pages.shared.charts import comparison as run_charts
from pages.shared.charts import comparison_rates as charts
from pages.shared.charts.theme import plain_number
from pages.shared.controls import label_of
from pages.shared.export import show_chart
from pages.shared.learning_rate.charts_schedules import plot_schedules
from pages.shared.learning_rate.controls import RunSettings
from pages.shared.results import computed
from pages.shared.rows import Tile, show_metrics, show_row

ZERO_GRADIENT = (
    "Gradient norms are those of single minibatches, medians over the seeds. A gradient of exactly "
    "0, as behind a layer whose units are all dead, has no place on a logarithmic axis: its line "
    "ends."
)
MOST_PICKED = 6


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
    show_row(
        "sweep_maps",
        loss_map=charts.plot_loss_map(arms),
        final_losses=charts.plot_final_losses(arms),
    )
    st.caption(
        "Medians over the seeds, and the range of the seeds. A cell without a color is a loss that "
        "was no longer finite. What is above ten times the loss before training is drawn there."
    )
    show_arm_findings(arms, "sweep")
    picked = _pick(arms)
    show_arms(picked, "Training loss at the chosen rates", "Gradient norms at the chosen rates")


def rate_label(rate: float) -> str:
    """Return how an arm with this rate is called."""
    return f"η = {plain_number(rate)}"


def best_of(arms: Sequence[Arm]) -> int:
    """Return the place of the arm with the lowest final loss, the first of equals."""
    return int(np.argmin([arm.final() for arm in arms]))


def _sweep_metrics(arms: Sequence[Arm]) -> None:
    best = arms[best_of(arms)]
    count = {o: sum(arm.outcome == o for arm in arms) for o in ("diverged", "stalled")}
    tiles = (
        Tile(
            "Best rate", plain_number(best.rate), help="The rate with the lowest median final loss."
        ),
        Tile("Its final loss", plain_number(best.final(), 3)),
        Tile(
            "Diverged",
            f"{count['diverged']} of {len(arms)}",
            help="Rates at which the numbers of at least one seed stopped being finite.",
        ),
        Tile(
            "Stalled",
            f"{count['stalled']} of {len(arms)}",
            help="Rates that stayed finite and at which a seed ended no better than a guess would.",
        ),
    )
    show_metrics("rates_metrics", tiles)


def _pick(arms: Sequence[Arm]) -> list[Arm]:
    """Draw the choice of rates; without one, the best and those far below and above it."""
    labels = [arm.label for arm in arms]
    chosen = widgets.multiselect(
        "picked",
        "Rates to look at",
        labels,
        max_selections=MOST_PICKED,
        placeholder="The best rate, and those nearest to a hundredth and ten times of it",
        help="Their losses and gradient norms are drawn below.",
    )
    if chosen:
        return [arm for arm in arms if arm.label in chosen]
    best = arms[best_of(arms)].rate
    distance = np.log([arm.rate for arm in arms])
    places = {int(np.argmin(np.abs(distance - np.log(f * best)))) for f in (0.01, 1, 10)}
    return [arms[place] for place in sorted(places)]


def show_arms(arms: Sequence[Arm], losses: str, gradients: str) -> None:
    """Draw losses and gradient norms of arms under these titles."""
    comparing.show_arms(arms, losses, gradients)
    st.caption(ZERO_GRADIENT)


def trained(
    name: str, settings: RunSettings, changes: dict[str, dict[str, object]]
) -> list[Arm] | None:
    """Return one arm for each change of the experiment, or say what is wrong."""
    experiments = {
        label: settings.experiment.with_training(**change) for label, change in changes.items()
    }
    key = (tuple(experiments.items()), settings.seeds, settings.data.fingerprint)
    return computed(
        name, key, lambda tell: compare(experiments, settings.seeds, settings.data, tell)
    )


def show_schedules(settings: RunSettings, names: Sequence[str]) -> None:
    """Draw every schedule, and one run with each."""
    experiment = settings.experiment
    if not names:
        st.info("Choose a schedule in the sidebar.", icon=":material/schedule:")
        return
    arms = trained(
        "learning_rate_schedules", settings, {label_of(name): {"schedule": name} for name in names}
    )
    if arms is None:
        return
    per_epoch = arms[0].steps_per_epoch
    schedules = {
        label_of(name): make_schedule(experiment.with_training(schedule=name).training, per_epoch)
        for name in names
    }
    st.markdown(_schedule_sentence(arms))
    log_rate = widgets.toggle(
        "log_rate", "Logarithmic rate", help="Draws the learning rate on a logarithmic axis."
    )
    rate, steps = experiment.training.learning_rate, per_epoch * experiment.training.epochs
    show_row(
        "schedule_charts",
        schedule_rates=plot_schedules(schedules, rate, steps, per_epoch, log_y=log_rate),
        schedule_losses=run_charts.plot_loss_curves(
            arms, "Training loss with each schedule", "schedule-losses"
        ),
    )
    show_arm_findings(arms, "schedules")
    comparing.show_differences(arms, "Schedule")
    gradients = run_charts.plot_gradient_panels(
        arms, "Gradient norms with each schedule", "schedule-gradients"
    )
    show_chart(gradients, "schedule_gradients")
    st.caption(ZERO_GRADIENT)


def _schedule_sentence(arms: Sequence[Arm]) -> str:
    best = arms[best_of(arms)]
    return (
        f"Lowest median final loss here: {best.label}, {plain_number(best.final(), 3)}. Every "
        "schedule starts from the same initial weights and sees the same minibatches; the band "
        "is the range over the seeds."
    )
