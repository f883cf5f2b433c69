"""What the Regularization page shows of networks: ways compared, and L2 beside weight decay."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from nnlib.comparison import Arm, difference
from nnlib.labs.overfitting import ENDS, FewPoints, Way, can_flip, compare_ways, few_points
from nnlib.labs.weight_decay import Shrinkage, shrinkage, sweep_decay
from pages.shared import widgets
from pages.shared.arm_findings import show_arm_findings
from pages.shared.charts.comparison import NOISE_NOTE, difference_text
from pages.shared.charts.surface_values import Surface, decision_surface
from pages.shared.comparing import show_differences
from pages.shared.controls import plain_value
from pages.shared.data_input import ChosenData
from pages.shared.export import show_chart
from pages.shared.layout import wrapping_columns
from pages.shared.regularization import charts_decay as decay_charts
from pages.shared.regularization import charts_networks as charts
from pages.shared.regularization.charts_surfaces import plot_surfaces
from pages.shared.regularization.controls import TRUE_LABELS, Comparison, choose_threshold
from pages.shared.results import Tell, computed
from pages.shared.rows import show_row

DECAYS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
_RESOLUTION = 48
_SINGLE_WEIGHTS = 400


def show_networks(comparison: Comparison, chosen: ChosenData) -> None:
    """Train every way and draw what came of it."""
    points = _points(comparison, chosen)
    experiments = comparison.experiments(chosen.reference)

    def make(tell: Tell) -> tuple[list[Way], dict[str, Surface]]:
        ways = compare_ways(experiments, points, comparison.seeds, tell, on_true=(TRUE_LABELS,))
        return ways, _surfaces(ways, points)

    key = (comparison, tuple(experiments.items()), chosen.reference.fingerprint)
    found = computed("regularization_networks", key, make)
    if found is None:
        return
    ways, surfaces = found
    for way in ways:
        if way.arm.diverged.any():
            st.warning(
                f"{way.arm.label}: {way.arm.diverged.sum()} of {way.arm.seeds} runs diverged; "
                "lower the learning rate."
            )
    if chosen.data.n_features == 2:
        show_chart(plot_surfaces(surfaces, points.noisy, points.flipped), key="surfaces")
    train, val = (charts.plot_losses(ways, split) for split in ("train", "val"))
    show_row("network_charts", train_loss=train, val_loss=val)
    show_arm_findings([way.arm for way in ways], "networks")
    if ways:
        _show_noise(ways)
        _show_ends(ways, points)


def _points(comparison: Comparison, chosen: ChosenData) -> FewPoints:
    """Draw the few points, and say what is trained on them."""
    points = few_points(chosen.data, comparison.points, comparison.flipped, comparison.seed)
    flips = (
        f"{len(points.flipped)} of them with a flipped label"
        if can_flip(chosen.data)
        else "none flipped, since these targets are no class codes"
    )
    st.caption(
        f"{len(points.noisy.X_train)} training points, {flips}; {len(points.noisy.X_val):,} "
        f"validation points with true labels. Two hidden layers of {comparison.width} ReLU units, "
        "Adam or, where it is named, AdamW, every step on all training points, "
        f"{comparison.seeds} seeds; the same seed gives the same initial weights. Lines and dots "
        "are medians over the seeds, bands and bars go from the smallest to the largest; a seed "
        "that diverged counts as infinite."
    )
    return points


def _surfaces(ways: Sequence[Way], points: FewPoints) -> dict[str, Surface]:
    if points.noisy.n_features != 2:
        return {}
    return {
        way.arm.label: decision_surface(way.model, points.noisy, resolution=_RESOLUTION)
        for way in ways
    }


def _show_noise(ways: Sequence[Way]) -> None:
    st.markdown("**Validation loss of the weights that remain**")
    show_differences([way.arm for way in ways], "Network", ENDS["val"])
    st.caption(
        f"{NOISE_NOTE} Early stopping chose its weights by the same validation points, so its "
        "loss on them is a little too good."
    )


def _show_ends(ways: Sequence[Way], points: FewPoints) -> None:
    threshold = choose_threshold()
    left, right = wrapping_columns(2, key="end_charts")
    with left:
        show_chart(charts.plot_ends(ways, flipped=bool(len(points.flipped))), key="gap")
        show_chart(charts.plot_sizes(ways, threshold), key="sizes")
    with right:
        show_chart(charts.plot_near_zero(ways, threshold), key="near_zero")
        _show_gradients(ways)
    lasso = [way.weights for way in ways if way.arm.label == "L1"]
    zeros = ""
    if lasso:
        zeros = (
            f"Exactly zero in the L1 networks: {int((lasso[0] == 0).sum()):,} of {lasso[0].size:,} "
            "weights. Training by gradient steps takes weights near zero, not onto it; see the "
            "tab Linear regression. "
        )
    st.caption(
        f"{zeros}*True labels* has no penalty either and is trained on the same points before any "
        "label was flipped. Losses are without the penalty."
    )


def _show_gradients(ways: Sequence[Way]) -> None:
    by_name = {way.arm.label: way for way in ways}
    name = widgets.selectbox(
        "gradients_of",
        "Gradient norms of",
        list(by_name),
        help="The network whose gradient norms are drawn by layer.",
    )
    show_chart(charts.plot_gradients(by_name[name]), key="gradients")
    st.caption("First seed; an L1 or L2 penalty's gradient is included, AdamW's decay is not.")


@st.cache_data(max_entries=30, show_spinner=False)
def _shrunk(decay: float, learning_rate: float, steps: int, seed: int) -> Shrinkage:
    rng = np.random.default_rng(seed)
    scales = np.geomspace(1e-3, 3, 15)
    return shrinkage(scales, decay, learning_rate, steps, rng, weights=_SINGLE_WEIGHTS)


def show_shrinkage(rate: float, seed: int, decay: float, steps: int) -> None:
    """Draw what noise of several sizes and decay leave of single weights."""
    show_chart(decay_charts.plot_shrinkage(_shrunk(decay, rate, steps, seed)), key="shrinkage")
    st.caption(
        f"Means of {_SINGLE_WEIGHTS} single weights that start at 1; their gradient is noise of "
        f"mean zero, so that only decay moves the expected weight. η = {plain_value(rate)}, d = "
        f"{plain_value(decay)}, L2 strength d/2, {steps} steps. SGD with L2 and AdamW leave "
        "(1 − ηd)ᵗ of it whatever the noise; the means scatter around that. Adam with L2 takes "
        "steps of about η towards zero where the noise is small against d·w, whatever d, and of "
        "about η·d·w divided by the noise's deviation where it is large."
    )


def show_decay(comparison: Comparison, chosen: ChosenData) -> None:
    """Train with every decay by both rules, and draw losses and norms at the end."""
    points, base = _points(comparison, chosen), comparison.base(chosen.reference)
    seeds = comparison.seeds
    rules = computed(
        "regularization_decay",
        (base, comparison.points, comparison.flipped, seeds, chosen.reference.fingerprint),
        lambda tell: sweep_decay(base, DECAYS, seeds, points.noisy, tell),
    )
    if rules is None:
        return
    by_rule = [
        replace(arm, label=f"{rule}, d = {plain_value(d)}")
        for rule, arms in rules.items()
        for d, arm in zip(DECAYS, arms, strict=True)
    ]
    show_arm_findings(by_rule, "decay")
    loss, norm = (decay_charts.plot_decay(rules, DECAYS, of) for of in ("loss", "norm"))
    show_row("decay_charts", decay_loss=loss, decay_norm=norm)
    _decay_table(*rules.values())
    st.caption(
        "Adam with an L2 strength of d/2, and AdamW with a weight decay of d. Were they the same, "
        f"as they are for SGD, the lines would lie on each other. {NOISE_NOTE}"
    )


def _decay_table(adam: Sequence[Arm], adamw: Sequence[Arm]) -> None:
    rows = [
        {
            "d": plain_value(d),
            "Adam + L2": one.final("val_loss"),
            "AdamW": other.final("val_loss"),
            "AdamW against Adam + L2": difference_text(difference(one, other, "val_loss")),
        }
        for d, one, other in zip(DECAYS, adam, adamw, strict=True)
    ]
    number = st.column_config.NumberColumn
    st.dataframe(
        rows,
        hide_index=True,
        column_config={name: number(format="%.4g") for name in ("Adam + L2", "AdamW")},
    )
