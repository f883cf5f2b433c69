"""What every page shows of a run: metrics, notices, losses, gradients, updates, activations."""

from __future__ import annotations

import math

import streamlit as st

import nnlib
from nnlib.recorders import SATURATED_BELOW
from pages.shared.charts import training
from pages.shared.controls import label_of
from pages.shared.export import show_chart
from pages.shared.layout import wrapping_columns
from pages.shared.runs import LiveRun

SATURATION = f"|f'(z)| below {SATURATED_BELOW:g} of its maximum"


def show_metrics(run: LiveRun, key: str) -> None:
    """Draw step, losses, scores and speed (computing, not drawing) in a row."""
    trainer = run.trainer
    train, val = _latest(trainer, "train"), _latest(trainer, "val")
    score = trainer.score_name
    style = "{:.3f}" if score == "r2" else "{:.1%}"
    name = label_of(score)
    speed = trainer.step / trainer.seconds if trainer.seconds else math.nan
    tiles = (
        ("Step", _number(trainer.step, "{:,}")),
        ("Train loss", _number(train["loss"], "{:.3g}")),
        ("Val. loss", _number(val["loss"], "{:.3g}")),
        (f"Train {name}", _number(train[score], style)),
        (f"Val. {name}", _number(val[score], style)),
        ("Steps per second", _number(speed, "{:,.0f}")),
    )
    columns = wrapping_columns(len(tiles), key=f"{key}_metrics", least="8.5rem")
    for column, (label, value) in zip(columns, tiles, strict=True):
        column.metric(label, value, border=True)


def _latest(trainer: nnlib.Trainer, split: str) -> dict[str, float]:
    """Return the newest loss and score, of restored or edited weights where there are such."""
    if trainer.restored_step is not None or trainer.edited:
        return {name: float(value) for name, value in trainer.evaluate(split).items()}
    names = ("loss", trainer.score_name)
    records = {name: trainer.history.last(f"{split}_{name}") for name in names}
    return {name: math.nan if v is None else float(v) for name, v in records.items()}


def _number(value: float, style: str) -> str:
    return style.format(value) if math.isfinite(value) else "–"


def show_notices(run: LiveRun) -> None:
    """Say what a person should know: divergence, early stopping."""
    trainer = run.trainer
    found = trainer.history.divergence
    if found is not None:
        st.warning(
            f"The run diverged: at step {found.step:,} the {found.what} of {found.layer} stopped "
            "being finite. Try a smaller learning rate, clip the gradient norm, or take an "
            "initializer that suits the activation; then Reset and Play.",
            icon=":material/error:",
        )
    if trainer.status == "target reached":
        st.info(
            f"The training loss reached the target after {trainer.epoch:,.0f} epochs, so the run "
            "ended there.",
            icon=":material/flag:",
        )
    if trainer.restored_step is not None:
        epoch = int(trainer.restored_step) / trainer.steps_per_epoch
        verb = "stopped early" if trainer.status == "stopped early" else "ended"
        st.info(
            f"The run {verb}; the weights of epoch {epoch:,.0f}, those with the smallest "
            "validation loss, were put back.",
            icon=":material/history:",
        )


def show_losses_and_gradients(
    run: LiveRun, key: str, *, log_loss: bool = False, smoothing: float = 0.0
) -> None:
    """Draw the two charts that no page is without."""
    history = run.trainer.history
    left, right = wrapping_columns(2, key=f"{key}_main")
    with left:
        show_chart(
            training.plot_losses(history, log_y=log_loss, smoothing=smoothing),
            key="losses",
            name="losses",
            data=lambda: training.losses_data(history, smoothing=smoothing),
        )
    with right:
        show_chart(
            training.plot_gradient_norms(history),
            key="gradient_norms",
            name="gradient-norms",
            data=lambda: training.gradient_norms_data(history),
        )


def show_layers(run: LiveRun, key: str) -> None:
    """Draw gradients over the layers, the back-propagated signal, updates and learning rate."""
    history = run.trainer.history
    left, right = wrapping_columns(2, key=f"{key}_layers_tab")
    with left:
        show_chart(
            training.plot_gradient_profile(history),
            key="gradient_profile",
            name="gradient-profile",
            data=lambda: training.gradient_profile_data(history),
        )
        show_chart(
            training.plot_update_ratios(history),
            key="update_ratios",
            name="update-ratios",
            data=lambda: training.update_ratios_data(history),
        )
    with right:
        show_chart(
            training.plot_gradient_norms(history, signal=True),
            key="signal_norms",
            name="signal-norms",
            data=lambda: training.gradient_norms_data(history, signal=True),
        )
        show_chart(
            training.plot_learning_rate(history),
            key="rates",
            name="learning-rate",
            data=lambda: training.learning_rate_data(history),
        )


def show_activations(run: LiveRun, key: str) -> None:
    """Draw mean, deviation, dead and saturated share of each hidden layer."""
    history = run.trainer.history
    st.caption(
        "Measured on the minibatch of a step, in training mode. A unit is dead there if its "
        "derivative is zero, to six digits, for every example; an example saturates a unit where "
        f"{SATURATION}."
    )
    statistics = ("activation_mean", "activation_std", "dead_fraction", "saturated_fraction")
    columns = wrapping_columns(2, key=f"{key}_activations_tab")
    for index, statistic in enumerate(statistics):
        with columns[index % 2]:
            show_chart(
                training.plot_activation_statistics(history, statistic),
                key=statistic,
                name=statistic.replace("_", "-"),
                data=lambda statistic=statistic: training.activation_statistics_data(
                    history, statistic
                ),
            )
