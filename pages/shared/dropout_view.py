"""What the Dropout page shows: draws on a matrix, networks trained at several rates."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import partial

import numpy as np
import streamlit as st

import nnlib
from nnlib.datasets import Dataset
from nnlib.monte_carlo_dropout import (
    DropoutDraws,
    draw_dropout,
    layer_profile,
    seed_bands,
)
from nnlib.training import TRAIN_SAMPLE
from pages.shared.charts import dropout as charts
from pages.shared.charts.theme import plain_number
from pages.shared.controls import label_of
from pages.shared.dropout_controls import Drawing
from pages.shared.export import show_chart
from pages.shared.layout import show_error, wrapping_columns
from pages.shared.results import remembered

MATRIX = ((1.0, 2.0, 3.0, 4.0, 5.0), (6.0, 7.0, 8.0, 9.0, 10.0))


@st.cache_data(max_entries=8, show_spinner=False)
def _draws(keep: float, count: int, seed: int) -> DropoutDraws:
    return draw_dropout(MATRIX, keep, count, np.random.default_rng(seed))


def show_draws(drawing: Drawing) -> None:
    """Draw one mask and what many of them do on average."""
    draws = _draws(drawing.keep, drawing.count, drawing.seed)
    _draw_metrics(draws)
    left, right = wrapping_columns(2, key="dropout_draws")
    with left:
        show_chart(
            charts.plot_matrices(draws),
            key="matrices",
            name="dropout-one-draw",
            data=lambda: charts.matrices_data(draws),
        )
    with right:
        show_chart(
            charts.plot_running_means(draws),
            key="running_means",
            name="dropout-mean",
            data=lambda: charts.running_means_data(draws),
        )
    left, right = wrapping_columns(2, key="dropout_variance")
    with left:
        show_chart(
            charts.plot_variances(draws),
            key="variances",
            name="dropout-variance",
            data=lambda: charts.variances_data(draws),
        )
    with right:
        st.markdown(_EXPLANATION)


_EXPLANATION = r"""
With keep probability $p$ (a **dropout rate** of $1-p$), every entry gets a mask of its own,
$m = 1$ with probability $p$ and else $0$. Inverted dropout gives $y = x\,m / p$.

- **Mean.** $\mathbb E[m] = p$, so $\mathbb E[y] = x$. This is why nothing has to be rescaled in
  evaluation, where dropout is off.
- **Variance.** $\mathbb E[y^2] = x^2\,p/p^2 = x^2/p$, so
  $\operatorname{Var}[y] = x^2/p - x^2 = x^2\,\frac{1-p}{p}$. It grows with the *square* of the
  entry, and without bound as $p \to 0$.
- **Gradient.** The same mask goes backwards: $\partial L/\partial x = \frac{m}{p}\,\partial
  L/\partial y$. A dropped entry gets no gradient in that step.

The mean of *this layer's* output is kept. Behind a nonlinear function the mean changes in general,
so a network in evaluation mode only approximates the average over its thinned networks.
"""


def _draw_metrics(draws: DropoutDraws) -> None:
    count = int(draws.counts[-1])
    tiles = (
        ("Kept in the first draw", f"{int(draws.mask.sum())} of {draws.mask.size}"),
        ("Mean of the input", plain_number(float(draws.x.mean()))),
        ("Mean of the first output", plain_number(float(draws.output.mean()))),
        (f"Mean of {count:,} outputs", plain_number(float(draws.running_mean[-1].mean()), 4)),
    )
    columns = wrapping_columns(len(tiles), key="dropout_metrics", least="11rem")
    for column, (label, value) in zip(columns, tiles, strict=True):
        column.metric(label, value, border=True)


def trained(experiments: Sequence[nnlib.Experiment], data: Dataset) -> nnlib.Trainer | None:
    """Return the stack of all runs, trained to its end; None where they cannot be trained."""
    key: Hashable = (*experiments, data.fingerprint)
    bar = st.empty()

    def make() -> nnlib.Trainer:
        text = f"Training {len(experiments)} networks …"
        # At most MOST_RATES rates of 10 seeds: one stack, with one trainer.
        return nnlib.sweep(experiments, data, partial(_show_progress, bar, text))[0].trainer

    try:
        trainer = remembered("dropout_sweep", key, make)
    except ValueError as error:
        show_error(error)
        return None
    bar.empty()
    return trainer


def _show_progress(bar: st.delta_generator.DeltaGenerator, text: str, share: float) -> None:
    bar.progress(share, text)


def show_training(trainer: nnlib.Trainer) -> None:
    """Draw losses, scores, gradients and first-layer weights by rate."""
    show_divergence(trainer)
    with_dropout, log_y = _loss_options()
    left, right = wrapping_columns(2, key="dropout_losses")
    score = trainer.score_name
    train_loss = "batch_loss" if with_dropout else "train_loss"
    mode = "minibatches, dropout on" if with_dropout else "dropout off"
    with left:
        _bands(trainer, train_loss, f"Training loss, {mode}", "loss", log_y)
        _bands(
            trainer, f"train_{score}", f"Training {label_of(score)}, dropout off", label_of(score)
        )
    with right:
        _bands(trainer, "val_loss", "Validation loss, dropout off", "loss", log_y)
        _bands(
            trainer, f"val_{score}", f"Validation {label_of(score)}, dropout off", label_of(score)
        )
    _gradients(trainer)
    left, right = wrapping_columns(2, key="dropout_final")
    with left:
        _final(trainer, "loss")
    with right:
        _final(trainer, score)
    _first_layers(trainer)


def _loss_options() -> tuple[bool, bool]:
    with st.container(horizontal=True, vertical_alignment="center"):
        with_dropout = st.toggle(
            "Training loss with dropout on",
            key="batch_loss",
            bind="query-params",
            help="Shows the loss of single minibatches as training sees it, dropout on, instead "
            f"of the loss in evaluation mode on at most {TRAIN_SAMPLE:,} training examples.",
        )
        log_y = st.toggle(
            "Logarithmic losses",
            key="log_loss",
            bind="query-params",
            help="Shows losses of very different size on one axis.",
        )
    return with_dropout, log_y


def show_divergence(trainer: nnlib.Trainer) -> None:
    """Say that runs diverged, where some have."""
    found = trainer.history.divergences
    if found:
        st.warning(
            f"{len(found)} of {len(trainer.experiments)} runs diverged, the first at step "
            f"{min(d.step for d in found):,}. Try a smaller learning rate.",
            icon=":material/error:",
        )


def _bands(
    trainer: nnlib.Trainer, series: str, title: str, y_title: str, log_y: bool = False
) -> None:
    bands = seed_bands(trainer, series)
    show_chart(
        charts.plot_bands(
            bands,
            title,
            y_title,
            steps_per_epoch=trainer.steps_per_epoch,
            log_y=log_y,
            share=y_title == "accuracy",
        ),
        key="training_loss" if series in ("train_loss", "batch_loss") else series,
        name=f"dropout-{series.replace('_', '-')}",
        data=lambda: charts.bands_data(bands),
    )


def _gradients(trainer: nnlib.Trainer) -> None:
    """Draw the gradient norm of one layer over the steps, and of all layers late in the run."""
    count = len(trainer.history.labels("gradient_norm"))
    names = [*(f"hidden layer {i + 1}" for i in range(count - 1)), "output layer"]
    layer = st.selectbox(
        "Layer",
        range(count),
        format_func=names.__getitem__,
        key="gradient_layer",
        bind="query-params",
        help="Whose weight gradient is drawn over the steps.",
        width=260,
    )
    bands, profile = seed_bands(trainer, "gradient_norm", layer), layer_profile(trainer)
    left, right = wrapping_columns(2, key="dropout_gradients")
    with left:
        figure = charts.plot_bands(
            bands,
            f"Gradient norm, {names[layer]}, dropout on",
            "‖∂L/∂W‖",
            steps_per_epoch=trainer.steps_per_epoch,
            log_y=True,
        )
        show_chart(
            figure,
            key="gradient_norms",
            name="dropout-gradient-norms",
            data=lambda: charts.bands_data(bands),
        )
    with right:
        show_chart(
            charts.plot_layer_profile(profile),
            key="gradient_profile",
            name="dropout-gradient-profile",
            data=lambda: charts.bands_data(profile, "layer"),
        )


def _final(trainer: nnlib.Trainer, quantity: str) -> None:
    train, val = (seed_bands(trainer, f"{split}_{quantity}") for split in ("train", "val"))
    show_chart(
        charts.plot_final(train, val, label_of(quantity)),
        key=f"final_{quantity}",
        name=f"dropout-final-{quantity}",
        data=lambda: charts.final_data(train, val),
    )


def _first_layers(trainer: nnlib.Trainer) -> None:
    """Draw the first layer of the smallest and the largest rate, of the first seed."""
    rates = sorted({e.network.dropout for e in trainer.experiments})
    st.subheader("First-layer weights", anchor=False)
    st.caption(_first_layer_caption(trainer.data, several=len(rates) > 1))
    columns = wrapping_columns(2, key="dropout_weights")
    for column, rate in zip(columns, dict.fromkeys((rates[0], rates[-1])), strict=False):
        replica = first_replica(trainer, rate)
        dense = trainer.network.dense_layers[0]
        weight, bias = dense.weight[replica].copy(), dense.bias[replica, 0].copy()
        with column:
            show_chart(
                charts.plot_first_layer(trainer.data, weight, bias, rate),
                key="weights_low" if rate == rates[0] else "weights_high",
                name=f"dropout-first-layer-{rate:g}",
                data=partial(charts.first_layer_data, weight, bias),
            )


def first_replica(trainer: nnlib.Trainer, rate: float) -> int:
    """Return the place of the first seed's run at this rate in the stack."""
    return next(i for i, e in enumerate(trainer.experiments) if e.network.dropout == rate)


def _first_layer_caption(data: Dataset, *, several: bool) -> str:
    same = "The network of the first seed. "
    if several:
        same = (
            "The smallest and the largest of the chosen rates, first seed: both started from the "
            "same weights and saw the same minibatches. "
        )
    if data.image_shape is not None:
        form = (
            "Each picture is one unit's incoming weights; each chart has a color scale of its own."
        )
    elif data.n_features == 2:
        form = (
            "Each line is one unit: where its pre-activation is zero, which for ReLU is the crease "
            "of the unit's output. Stronger lines have longer weight vectors, relative to the "
            "longest in the same chart."
        )
    else:
        form = "Each column is one unit's incoming weights; each chart has a scale of its own."
    return (
        f"{same}{form} Srivastava et al. (2014) suggest that dropout keeps units from relying on "
        "particular other units (co-adaptation). A picture of weights shows how networks differ, "
        "not whether co-adaptation is the reason; and another seed gives another picture."
    )
