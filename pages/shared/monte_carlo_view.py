"""Monte Carlo dropout on the Dropout page: mean and spread of passes with dropout left on."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial
from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

import nnlib
from nnlib.monte_carlo_dropout import (
    MonteCarloPrediction,
    grid_around,
    negative_log_likelihood,
    predict_with_dropout,
    predict_without_dropout,
    root_mean_squared_error,
)
from pages.shared.charts import monte_carlo as charts
from pages.shared.charts.points import class_codes, first_target
from pages.shared.charts.theme import plain_number
from pages.shared.dropout_controls import Passes
from pages.shared.dropout_view import first_replica, show_divergence
from pages.shared.export import show_chart
from pages.shared.layout import wrapping_columns
from pages.shared.results import remembered

RESOLUTION = 50
MOST_EXAMPLES = 1000
"""At most so many validation examples, the first ones, are predicted."""


class Predicted(NamedTuple):
    """What the passes gave: over the plane (None above two features) and for the examples."""

    axes: list[NDArray[np.float64]]
    points: NDArray[np.float32]
    plane: MonteCarloPrediction | None
    examples: MonteCarloPrediction
    plain: NDArray[np.float64]
    """The examples in evaluation mode."""


def show_passes(trainer: nnlib.Trainer, passes: Passes) -> None:
    """Draw mean and uncertainty over the plane, and how they fare on validation examples."""
    if not len(trainer.data.X_val):
        st.info("Monte Carlo dropout is shown on validation examples; this data set has none.")
        return
    key: Hashable = (
        *trainer.experiments,
        trainer.data.fingerprint,
        passes.rate,
        passes.count,
        passes.margin,
        passes.seed,
    )
    bar = st.empty()
    made = remembered("dropout_passes", key, lambda: _predict(trainer, passes, bar))
    bar.empty()
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


def _predict(
    trainer: nnlib.Trainer, passes: Passes, bar: st.delta_generator.DeltaGenerator
) -> Predicted:
    data, replica = trainer.data, first_replica(trainer, passes.rate)
    shown = partial(bar.progress, text="Predicting with dropout on …")
    examples = np.asarray(data.X_val[:MOST_EXAMPLES])
    axes: list[NDArray[np.float64]] = []
    points, plane = np.empty((0, data.n_features), np.float32), None
    if data.n_features <= 2:
        axes, points = grid_around(
            np.concatenate([data.X_train, data.X_val]),
            passes.margin,
            RESOLUTION if data.n_features == 2 else 400,
        )
        rng = np.random.default_rng(passes.seed)
        plane = predict_with_dropout(
            trainer, points, passes.count, rng, replica=replica, progress=shown
        )
    # The same seed draws the same masks, so both charts show the same thinned networks.
    rng = np.random.default_rng(passes.seed)
    return Predicted(
        axes,
        points,
        plane,
        predict_with_dropout(trainer, examples, passes.count, rng, replica=replica, progress=shown),
        predict_without_dropout(trainer, examples, replica=replica),
    )


def _metrics(trainer: nnlib.Trainer, made: Predicted) -> None:
    """Draw how well mean and evaluation mode do on the validation examples."""
    labels = trainer.data.labels("val")[:MOST_EXAMPLES]
    tiles: tuple[tuple[str, float, str], ...]
    if trainer.data.task == "regression":
        tiles = (
            ("Val. RMSE, dropout off", root_mean_squared_error(made.plain, labels), ".4g"),
            (
                "Val. RMSE, mean of passes",
                root_mean_squared_error(made.examples.mean, labels),
                ".4g",
            ),
        )
    else:
        codes = class_codes(labels)
        off, on = made.plain, made.examples.mean
        tiles = (
            ("Val. loss, dropout off", negative_log_likelihood(off, codes), ".4g"),
            ("Val. loss, mean of passes", negative_log_likelihood(on, codes), ".4g"),
            ("Val. accuracy, dropout off", float((off.argmax(1) == codes).mean()), ".1%"),
            ("Val. accuracy, mean of passes", float((on.argmax(1) == codes).mean()), ".1%"),
        )
    columns = wrapping_columns(len(tiles), key="passes_metrics", least="10rem")
    for column, (label, value, style) in zip(columns, tiles, strict=True):
        column.metric(label, format(value, style), border=True)


def _plane(
    trainer: nnlib.Trainer, made: Predicted, plane: MonteCarloPrediction, quantity: str
) -> None:
    data = trainer.data
    table = partial(charts.plane_data, data, made.points, plane)
    left, right = wrapping_columns(2, key="passes_plane")
    with left:
        show_chart(
            charts.plot_mean(data, made.axes, plane),
            key="mean_map",
            name="monte-carlo-mean",
            data=table,
        )
    with right:
        show_chart(
            charts.plot_spread(data, made.axes, plane, quantity),
            key="spread_map",
            name=f"monte-carlo-{quantity.replace('_', '-')}",
            data=table,
        )


def _examples(trainer: nnlib.Trainer, made: Predicted, quantity: str) -> None:
    data = trainer.data
    left, right = wrapping_columns(2, key="passes_examples")
    values = charts.uncertainty_of(made.examples, quantity)
    labels = data.labels("val")[:MOST_EXAMPLES]
    with left:
        if data.task == "regression":
            error = np.abs(made.examples.mean[:, 0] - first_target(labels))
            show_chart(
                charts.plot_error_and_spread(values, error, data.target_names[0]),
                key="examples",
                name="monte-carlo-error",
                data=lambda: charts.examples_data(values, error, "absolute error"),
            )
        else:
            right_ones = made.examples.mean.argmax(axis=1) == class_codes(labels)
            show_chart(
                charts.plot_right_and_wrong(values, right_ones, quantity),
                key="examples",
                name="monte-carlo-examples",
                data=lambda: charts.examples_data(values, right_ones, "right"),
            )
    with right:
        if made.plane is not None and data.task == "binary" and data.n_features == 2:
            show_chart(
                charts.plot_thinned(data, made.axes, made.plane),
                key="thinned",
                name="monte-carlo-thinned",
                data=partial(charts.thinned_data, data, made.points, made.plane),
            )
        mean = plain_number(float(values.mean()))
        st.caption(
            f"Mean {charts.QUANTITIES[quantity]} of {len(values):,} validation examples: {mean}. "
            "Train at another rate and compare: the number depends on the rate."
        )
