"""What the Dropout page shows: draws on a matrix, networks trained at several rates."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

import nnlib
from nnlib.comparison import Arm
from nnlib.datasets import Dataset
from nnlib.evaluation import TRAIN_SAMPLE
from nnlib.labs.dropout_draws import DropoutDraws, draw_dropout
from nnlib.labs.dropout_rates import rate_arms
from pages.shared import widgets
from pages.shared.arm_findings import show_arm_findings
from pages.shared.charts.comparison import NOISE_NOTE
from pages.shared.charts.theme import plain_number
from pages.shared.comparing import show_differences
from pages.shared.controls import label_of
from pages.shared.dropout import charts, charts_draws
from pages.shared.dropout.charts_first_layer import plot_first_layer
from pages.shared.dropout.controls import Drawing
from pages.shared.export import show_chart
from pages.shared.layout import wrapping_columns
from pages.shared.results import computed
from pages.shared.rows import Tile, show_grid, show_metrics, show_row

MATRIX = ((1.0, 2.0, 3.0, 4.0, 5.0), (6.0, 7.0, 8.0, 9.0, 10.0))


@st.cache_data(max_entries=8, show_spinner=False)
def _draws(keep: float, count: int, seed: int) -> DropoutDraws:
    return draw_dropout(MATRIX, keep, count, np.random.default_rng(seed))


def show_draws(drawing: Drawing) -> None:
    """Draw one mask and what many of them do on average."""
    draws = _draws(drawing.keep, drawing.count, drawing.seed)
    _draw_metrics(draws)
    matrices, means = charts_draws.plot_matrices(draws), charts_draws.plot_running_means(draws)
    show_row("dropout_draws", matrices=matrices, running_means=means)
    left, right = wrapping_columns(2, key="dropout_variance")
    with left:
        show_chart(charts_draws.plot_variances(draws), "variances")
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
        Tile("Kept in the first draw", f"{int(draws.mask.sum())} of {draws.mask.size}"),
        Tile("Mean of the input", plain_number(float(draws.x.mean()))),
        Tile("Mean of the first output", plain_number(float(draws.output.mean()))),
        Tile(f"Mean of {count:,} outputs", plain_number(float(draws.running_mean[-1].mean()), 4)),
    )
    show_metrics("dropout_metrics", tiles, least="11rem")


def trained(experiments: Sequence[nnlib.Experiment], data: Dataset) -> nnlib.Trainer | None:
    """Return the stack of all runs, trained to its end; None where they cannot be trained."""
    return computed(
        "dropout_sweep",
        (*experiments, data.fingerprint),
        # At most MOST_RATES rates of 10 seeds: one stack, with one trainer.
        lambda tell: nnlib.sweep(experiments, data, tell)[0].trainer,
        doing=f"Training {len(experiments)} networks …",
    )


def show_training(trainer: nnlib.Trainer) -> None:
    """Draw losses, scores, gradients and first-layer weights by rate."""
    show_divergence(trainer)
    key = (*trainer.experiments, trainer.data.fingerprint)
    arms = computed("dropout_arms", key, lambda tell: rate_arms(trainer)) or []
    score = trainer.score_name
    _losses(arms)
    show_arm_findings(arms, "dropout")
    _scores(arms, score)
    show_differences(arms, "Dropout", "val_loss" if "val_loss" in arms[0].series else "train_loss")
    st.caption(f"Validation loss at the end. {NOISE_NOTE}")
    _gradients(arms)
    loss, final = (charts.plot_final(arms, of, label_of(of)) for of in ("loss", score))
    show_grid("dropout_final", {"final_loss": loss, f"final_{score}": final})
    _first_layers(trainer)


def _losses(arms: Sequence[Arm]) -> None:
    with_dropout, log_y = _loss_options()
    series = "batch_loss" if with_dropout else "train_loss"
    mode = "minibatches, dropout on" if with_dropout else "dropout off"
    train = charts.plot_bands(arms, series, f"Training loss, {mode}", "loss", log_y=log_y)
    title = "Validation loss, dropout off"
    val = charts.plot_bands(arms, "val_loss", title, "loss", log_y=log_y)
    show_row("dropout_losses", training_loss=train, val_loss=val)


def _scores(arms: Sequence[Arm], score: str) -> None:
    name = label_of(score)
    drawn = {
        f"{split}_{score}": charts.plot_bands(
            arms, f"{split}_{score}", f"{what} {name}, dropout off", name
        )
        for split, what in (("train", "Training"), ("val", "Validation"))
    }
    show_grid("dropout_scores", drawn)


def _loss_options() -> tuple[bool, bool]:
    with st.container(horizontal=True, vertical_alignment="center"):
        with_dropout = widgets.toggle(
            "batch_loss",
            "Training loss with dropout on",
            help="Shows the loss of single minibatches as training sees it, dropout on, instead "
            f"of the loss in evaluation mode on at most {TRAIN_SAMPLE:,} training examples.",
        )
        log_y = widgets.toggle(
            "log_loss",
            "Logarithmic losses",
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


def _gradients(arms: Sequence[Arm]) -> None:
    """Draw the gradient norm of one layer over the steps, and of all layers late in the run."""
    names = arms[0].layers
    layer = widgets.selectbox(
        "gradient_layer",
        "Layer",
        range(len(names)),
        format_func=names.__getitem__,
        help="Whose weight gradient is drawn over the steps.",
        width=260,
    )
    title = f"Gradient norm, {names[layer]}, dropout on"
    norms = charts.plot_bands(arms, "gradient_norm", title, "‖∂L/∂W‖", layer=layer, log_y=True)
    profile = charts.plot_layer_profile(arms)
    show_row("dropout_gradients", gradient_norms=norms, gradient_profile=profile)


def _first_layers(trainer: nnlib.Trainer) -> None:
    """Draw the first layer of the smallest and the largest rate, of the first seed."""
    rates = sorted({e.network.dropout for e in trainer.experiments})
    st.header("First-layer weights", anchor=False)
    st.caption(_first_layer_caption(trainer.data, several=len(rates) > 1))
    columns = wrapping_columns(2, key="dropout_weights")
    for column, rate in zip(columns, dict.fromkeys((rates[0], rates[-1])), strict=False):
        replica = first_replica(trainer, rate)
        dense = trainer.network.dense_layers[0]
        weight, bias = dense.weight[replica].copy(), dense.bias[replica, 0].copy()
        with column:
            chart = plot_first_layer(trainer.data, weight, bias, rate)
            show_chart(chart, "weights_low" if rate == rates[0] else "weights_high")


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
