"""Monte Carlo dropout on the Dropout page: mean and spread of passes with dropout left on."""

from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

import nnlib
from nnlib.labs.monte_carlo_dropout import (
    MonteCarloPrediction,
    grid_around,
    negative_log_likelihood,
    predict_with_dropout,
    predict_without_dropout,
    root_mean_squared_error,
)
from pages.shared.charts.points import class_codes, first_target
from pages.shared.charts.theme import plain_number
from pages.shared.dropout import charts_monte_carlo as charts
from pages.shared.dropout.charts_examples import plot_error_and_spread, plot_right_and_wrong
from pages.shared.dropout.controls import Passes
from pages.shared.dropout.view import first_replica, show_divergence
from pages.shared.export import show_chart
from pages.shared.layout import wrapping_columns
from pages.shared.results import Tell, computed
from pages.shared.rows import Tile, show_metrics, show_row

RESOLUTION = 50
MOST_EXAMPLES = 1000
"""At most so many validation examples, the first ones, are predicted."""


class Predicted(NamedTuple):
    """What the passes gave: over the plane (None above two features) and for the examples."""

    axes: list[NDArray[np.float64]]
    plane: MonteCarloPrediction | None
    examples: MonteCarloPrediction
    plain: NDArray[np.float64]
    """The examples in evaluation mode."""


def show_passes(trainer: nnlib.Trainer, passes: Passes) -> None:
    """Draw mean and uncertainty over the plane, and how they fare on validation examples."""
    if not len(trainer.data.X_val):
        st.info("Monte Carlo dropout is shown on validation examples; this data set has none.")
        return
    key = (
        *trainer.experiments,
        trainer.data.fingerprint,
        passes.rate,
        passes.count,
        passes.margin,
        passes.seed,
    )
    made = computed(
        "dropout_passes",
        key,
        lambda tell: _predict(trainer, passes, tell),
        doing="Predicting with dropout on …",
    )
    if made is None:
        return
    if not np.isfinite(made.plain).all():
        show_divergence(trainer)
        return
    _metrics(trainer, made)
    st.caption(_CAPTION)
    if made.plane is not None:
        _plane(trainer, made, made.plane, passes.quantity)
    _examples(trainer, made, passes.quantity)


_CAPTION = (
    "**What this uncertainty is, and is not.** It says how much thinned networks, drawn at the "
    "rate of training, disagree or hesitate. It is an approximation, not a measured error rate: "
    "nothing calibrates it, it changes with the dropout rate and the architecture, and it can be "
    "small far from all data."
)


def _predict(trainer: nnlib.Trainer, passes: Passes, tell: Tell) -> Predicted:
    data, replica = trainer.data, first_replica(trainer, passes.rate)
    examples = np.asarray(data.X_val[:MOST_EXAMPLES])
    axes: list[NDArray[np.float64]] = []
    plane = None
    if data.n_features <= 2:
        axes, points = grid_around(
            np.concatenate([data.X_train, data.X_val]),
            passes.margin,
            RESOLUTION if data.n_features == 2 else 400,
        )
        rng = np.random.default_rng(passes.seed)
        plane = predict_with_dropout(
            trainer, points, passes.count, rng, replica=replica, progress=tell
        )
    # The same seed draws the same masks, so both charts show the same thinned networks.
    rng = np.random.default_rng(passes.seed)
    return Predicted(
        axes,
        plane,
        predict_with_dropout(trainer, examples, passes.count, rng, replica=replica, progress=tell),
        predict_without_dropout(trainer, examples, replica=replica),
    )


def _metrics(trainer: nnlib.Trainer, made: Predicted) -> None:
    """Draw how well mean and evaluation mode do on the validation examples."""
    labels = trainer.data.labels("val")[:MOST_EXAMPLES]
    ways = {"dropout off": made.plain, "mean of passes": made.examples.mean}
    if trainer.data.task == "regression":
        tiles = [
            Tile(f"Val. RMSE, {name}", plain_number(root_mean_squared_error(values, labels), 4))
            for name, values in ways.items()
        ]
    else:
        codes = class_codes(labels)
        tiles = [
            Tile(f"Val. loss, {name}", plain_number(negative_log_likelihood(p, codes), 4))
            for name, p in ways.items()
        ]
        tiles += [
            Tile(f"Val. accuracy, {name}", f"{(p.argmax(1) == codes).mean():.1%}")
            for name, p in ways.items()
        ]
    show_metrics("passes_metrics", tiles, least="10rem")


def _plane(
    trainer: nnlib.Trainer, made: Predicted, plane: MonteCarloPrediction, quantity: str
) -> None:
    data, axes = trainer.data, made.axes
    mean, spread = (
        charts.plot_mean(data, axes, plane),
        charts.plot_spread(data, axes, plane, quantity),
    )
    show_row("passes_plane", mean_map=mean, spread_map=spread)


def _examples(trainer: nnlib.Trainer, made: Predicted, quantity: str) -> None:
    data = trainer.data
    left, right = wrapping_columns(2, key="passes_examples")
    values = charts.uncertainty_of(made.examples, quantity)
    labels = data.labels("val")[:MOST_EXAMPLES]
    with left:
        if data.task == "regression":
            error = np.abs(made.examples.mean[:, 0] - first_target(labels))
            chart = plot_error_and_spread(values, error, data.target_names[0])
        else:
            right_ones = made.examples.mean.argmax(axis=1) == class_codes(labels)
            chart = plot_right_and_wrong(values, right_ones, quantity)
        show_chart(chart, "examples")
    with right:
        if made.plane is not None and data.task == "binary" and data.n_features == 2:
            show_chart(charts.plot_thinned(data, made.axes, made.plane), "thinned")
        mean = plain_number(float(values.mean()))
        st.caption(
            f"Mean {charts.QUANTITIES[quantity]} of {len(values):,} validation examples: {mean}. "
            "Train at another rate and compare: the number depends on the rate."
        )
