"""What the Batch normalization page shows of networks: many learning rates, and one unit."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from nnlib.comparison import Arm
from nnlib.labs import normalized_networks
from pages.shared import comparing, widgets
from pages.shared.along_gradient import show_along_gradient
from pages.shared.arm_findings import show_arm_findings
from pages.shared.batch_norm import charts_networks as charts
from pages.shared.batch_norm import controls
from pages.shared.charts.comparison import differences_table
from pages.shared.charts.theme import plain_number
from pages.shared.export import show_chart
from pages.shared.results import about, computed

_STEPS_A_SECOND = 4_000


def show_rates() -> None:
    """Train all arms at many learning rates and draw which of them train."""
    rates = controls.choose_rates()
    settings = controls.choose_settings(swept=True)
    if settings is None:
        return
    distance = controls.choose_reading() == controls.DISTANCE
    arms = normalized_networks.arms_of(settings.experiment, settings.noise)
    sweeps = computed(
        "batch_norm_rates",
        (*settings.key, rates, distance),
        lambda tell: normalized_networks.sweep_rates(
            arms, rates, settings.seeds, settings.data, tell, same_distance=distance
        ),
        ask=_long_work(settings, rates) if distance else None,
        begin="Train them",
    )
    if sweeps is None:
        return
    show_chart(charts.plot_rates(sweeps), key="rates")
    st.markdown(range_sentence(sweeps, settings.experiment.training.epochs, distance=distance))
    _ranges_table(sweeps)
    rate = widgets.select_slider(
        "picked_rate",
        "Learning rate to look at",
        rates,
        rates[len(rates) // 2],
        format_func=plain_number,
        help="Losses and gradient norms of all arms at this rate are drawn below.",
    )
    at = rates.index(rate)
    picked = [replace(of[at], label=label) for label, of in sweeps.items()]
    show_arm_findings(picked, "rates")
    comparing.show_differences(picked, "Network")
    comparing.show_arms(
        picked,
        f"Training loss at {plain_number(rate)}",
        f"Norm of the weight gradient at {plain_number(rate)}",
    )


def _long_work(settings: controls.Settings, rates: Sequence[float]) -> str | None:
    """Return what to ask before networks are trained for very many epochs."""
    training = settings.experiment.training
    per_epoch = -(-len(settings.data.X_train) // training.batch_size)
    epochs = sum(
        normalized_networks.epochs_at(r, training.epochs, same_distance=True) for r in rates
    )
    return about(3 * epochs * per_epoch / _STEPS_A_SECOND)


def range_sentence(sweeps: Mapping[str, Sequence[Arm]], epochs: int, *, distance: bool) -> str:
    """Say between which rates the plain and the normalized network train, and what follows."""
    plain, normalized = (
        normalized_networks.range_that_trains(sweeps[arm])
        for arm in (normalized_networks.WITHOUT, normalized_networks.WITH)
    )
    given = (
        f"Given the same rate × epochs, that of {epochs} epochs at a rate of 1,"
        if distance
        else f"Given {epochs} epochs at every rate,"
    )
    if plain is None or normalized is None:
        lost = [name for name, found in (("without", plain), ("with", normalized)) if found is None]
        return f"{given} the network {' and '.join(lost)} normalization trains at none of them."
    low = f"{plain_number(normalized[0])} with normalization and {plain_number(plain[0])} without"
    if distance:
        return (
            f"{given} the **lowest** rate that trains is {low}: small rates have as far to go as "
            "large ones here. How high a rate can be is told by *Same epochs*."
        )
    return (
        f"{given} the **highest** rate that trains is {plain_number(normalized[1])} with "
        f"normalization and {plain_number(plain[1])} without, "
        f"{plain_number(normalized[1] / plain[1])} times as high. The lowest, {low}, is one for "
        "which the time was just enough: *Same rate × epochs* gives small rates more."
    )


def _ranges_table(sweeps: Mapping[str, Sequence[Arm]]) -> None:
    rows = []
    for label, arms in sweeps.items():
        trained = normalized_networks.range_that_trains(arms)
        low, high = trained or (None, None)
        rows.append((label, low, high, None if trained is None else trained[1] / trained[0]))
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


def show_inside() -> None:
    """Train the arms and draw what one unit's activation was given at every step."""
    settings = controls.choose_settings()
    _presets()
    if settings is None:
        return
    unit = controls.choose_unit(settings.experiment.network.hidden[-1])
    arms = normalized_networks.arms_of(settings.experiment, settings.noise)
    watched = computed(
        "batch_norm_unit",
        (*settings.key, unit),
        lambda tell: normalized_networks.watch_unit(
            arms, unit, settings.seeds, settings.data, tell
        ),
    )
    if watched is None:
        return
    show_chart(charts.plot_unit(watched, unit), key="unit_percentiles")
    show_arm_findings([one.arm for one in watched], "inside")
    _arms_table(watched, settings)
    comparing.show_arms(
        [one.arm for one in watched],
        "Training loss by network",
        "Norm of the weight gradient by network",
    )


def show_gradient() -> None:
    """Train with and without normalization, and draw the loss along the gradient of both."""
    settings = controls.choose_settings(arms=False)
    if settings is not None:
        show_along_gradient(settings.experiment, settings.data)


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
                    "batch_size": str(controls.PAPERS_BATCH),
                    "epochs": str(epochs),
                },
            )


def _arms_table(
    watched: Sequence[normalized_networks.UnitArm], settings: controls.Settings
) -> None:
    score = "R²" if settings.data.task == "regression" else "accuracy"
    arms = [one.arm for one in watched]
    table = differences_table(arms)
    table.insert(1, "wander", [one.wander for one in watched])
    table.insert(2, "score", [one.arm.final(one.score) for one in watched])
    number = st.column_config.NumberColumn
    comparing.show_table(
        table,
        arms[0].label,
        {
            "setting": "Network",
            "score": number(f"Final training {score}, median", format="%.3f"),
            "wander": number(
                "Move of the median, by the spread",
                format="%.3f",
                help="Mean absolute change of the unit's median from one record to the next, "
                "divided by the mean distance from the 15th to the 85th percentile.",
            ),
        },
    )
    steps = int(arms[0].losses.x[-1])
    st.caption(
        f"Trained for {steps:,} steps a network and seed. The percentiles are those of the first "
        "seed, over the minibatch of a step in training mode, of what the activation is given: "
        "behind the normalization and its noise where these come ahead of it."
    )
