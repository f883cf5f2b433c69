"""Regularization: L1 and L2 on a polynomial, and seven ways to train a network on few points."""

from typing import Any

import numpy as np
import streamlit as st

from pages.shared.charts import regularization as charts
from pages.shared.charts import regularization_network as network_charts
from pages.shared.charts.regularization_network import Runs
from pages.shared.charts.theme import plain_number
from pages.shared.controls import plain_value
from pages.shared.data_input import ChosenData, choose_data
from pages.shared.export import show_chart
from pages.shared.layout import begin_page, show_error, three_texts, wrapping_columns
from pages.shared.regularization_runs import (
    COLORS,
    DESCENT_STEPS,
    VALIDATION_POINTS,
    LinearChoice,
    LinearResult,
    OverfitData,
    can_flip,
    compare,
    descend_both,
    fit_linear,
    overfit_data,
    shrink,
    sweep_decay,
)
from pages.shared.regularization_view import (
    LOOK_FOR,
    TRY_NEXT,
    WHAT,
    choose_linear,
    choose_network_comparison,
    choose_shrinkage,
    choose_threshold,
    network_choice,
)
from pages.shared.results import remembered

TABS = ("Linear regression", "Networks", "L2 and weight decay")


def main() -> None:
    """Draw the page."""
    begin_page(
        "Regularization",
        "⚖️",
        subtitle="What L1, L2, weight decay, max-norm, early stopping and wrong labels do to "
        "weights and to overfitting.",
    )
    linear, networks, decay = st.tabs(TABS, key="lab", on_change="rerun", bind="query-params")
    # Every control is drawn whatever tab is open, so that a link holds them all.
    with st.sidebar:
        with st.expander("Linear regression", expanded=bool(linear.open)):
            choice = choose_linear()
        with st.expander("Networks", expanded=not linear.open):
            values = choose_network_comparison()
        with st.expander("Single weights", expanded=bool(decay.open)):
            single = choose_shrinkage()
    with decay if decay.open else networks:
        chosen = choose_data("moons")
    if linear.open:
        with linear:
            _show_linear(choice)
    if networks.open and chosen is not None:
        with networks:
            _guarded(_show_networks, values, chosen)
    if decay.open:
        with decay:
            _show_shrinkage(values["learning_rate"], values["seed"], *single)
            if chosen is not None:
                _guarded(_show_decay, values, chosen)
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


def _guarded(draw: Any, values: dict[str, Any], chosen: ChosenData) -> None:
    try:
        draw(values, chosen)
    except ValueError as error:
        show_error(error)


def _show_linear(choice: LinearChoice) -> None:
    result = fit_linear(choice)
    _linear_metrics(choice, result)
    left, right = wrapping_columns(2, key="linear_charts")
    points = {"validation": (result.x_val, result.y_val), "training": (result.x, result.y)}
    line = np.array([-1.0, 1.0])
    curves = {"true line 2x + 1": (line, 2 * line + 1), "fit": result.curve(result.chosen)}
    with left:
        show_chart(
            charts.plot_fit(points, curves),
            key="fit",
            name="polynomial-fit",
            data=lambda: charts.fit_data(points, curves),
        )
    with right:
        show_chart(
            charts.plot_errors(result.errors, choice.strength),
            key="errors",
            name="errors-by-strength",
            data=lambda: charts.errors_data(result.errors),
        )
    for column, (key, name, plot) in zip(
        (left, right),
        (
            ("paths", "coefficient-paths", charts.plot_paths),
            ("zeros", "exact-zeros", charts.plot_zeros),
        ),
        strict=True,
    ):
        with column:
            show_chart(
                plot(result.path, choice.strength),
                key=key,
                name=name,
                data=lambda: charts.paths_data(result.path),
            )
    if choice.l1_ratio:
        _show_descent(choice, result)


def _linear_metrics(choice: LinearChoice, result: LinearResult) -> None:
    features = result.features(result.x), result.features(result.x_val)
    train = result.chosen.errors(features[0], result.y)[0]
    validation = result.chosen.errors(features[1], result.y_val)[0]
    best = "–"
    if result.errors is not None:
        best = plain_number(float(result.errors.strengths[result.errors.best]))
    tiles = {
        "Training error": plain_number(float(train)),
        "Validation error": plain_number(float(validation)),
        "Exact zeros": f"{result.chosen.zeros[0]} of {choice.degree}",
        "Largest |w|": plain_number(float(np.abs(result.chosen.weights).max())),
        "Best λ by validation": best,
    }
    columns = wrapping_columns(len(tiles), key="linear_metrics", least="9rem")
    for column, (label, value) in zip(columns, tiles.items(), strict=True):
        column.metric(label, value, border=True)
    st.caption(
        f"Mean squared errors of the first draw, without the penalty; the validation error is "
        f"over {VALIDATION_POINTS} other points. Bands in the error chart: smallest to largest "
        f"of {choice.draws} draws of the data, the line is their median, and the best λ is where "
        "the median validation error is smallest. Weights are those of standardized powers."
    )


def _show_descent(choice: LinearChoice, result: LinearResult) -> None:
    ways = descend_both(choice)
    zero = np.flatnonzero(result.chosen.weights[0] == 0).tolist()
    left, right = wrapping_columns(2, key="descent_charts")
    with left:
        show_chart(
            charts.plot_descent(ways),
            key="descent",
            name="exact-zeros-by-step",
            data=lambda: charts.descent_data(ways),
        )
    with right:
        show_chart(
            charts.plot_small_weights(ways, zero),
            key="small_weights",
            name="weights-that-end-at-zero",
            data=lambda: charts.descent_data(ways),
        )
    rate = ways["soft thresholding"].learning_rate
    st.caption(
        f"Both start at w = 0 and take {DESCENT_STEPS:,} steps of the size η = "
        f"{plain_number(rate)} on the same objective. With λ·ρ·sign(w) in the gradient, weights "
        "jump back and forth over zero; soft thresholding puts them on it. Powers of x are so "
        "alike that either needs many steps to settle; coordinate descent, finished by solving "
        f"the equations of the non-zero weights, gives the exact answer: {len(zero)} zeros. On "
        "the right, exact zeros have no place on the logarithmic axis, so such a line ends."
    )


def _prepared(values: dict[str, Any], chosen: ChosenData) -> OverfitData:
    data = overfit_data(chosen.data, values["points"], values["flipped"], values["seed"])
    flips = (
        f"{len(data.flipped)} of them with a flipped label"
        if can_flip(chosen.data)
        else "none flipped, since these targets are no class codes"
    )
    width = values["width"]
    st.caption(
        f"{len(data.noisy.X_train)} training points, {flips}; {len(data.noisy.X_val):,} validation "
        f"points with true labels. Two hidden layers of {width} ReLU units, Adam, every step on "
        f"all training points, {values['seeds']} seeds; the same seed gives the same initial "
        "weights. Lines and dots are medians over the seeds, bands and bars go from the smallest "
        "to the largest."
    )
    return data


def _show_networks(values: dict[str, Any], chosen: ChosenData) -> None:
    data, choice = _prepared(values, chosen), network_choice(values, chosen.reference)
    trained = remembered("regularization_networks", choice, lambda: compare(choice, data, COLORS))
    for one in trained:
        if one.diverged:
            st.warning(f"{one.runs.name}: {one.diverged} runs diverged; lower the learning rate.")
    runs = [one.runs for one in trained]
    if chosen.data.n_features == 2:
        show_chart(
            network_charts.plot_surfaces(runs, data.noisy, data.flipped),
            key="surfaces",
            name="decision-surfaces",
            data=lambda: network_charts.surfaces_data(runs, data.noisy),
        )
    columns = wrapping_columns(2, key="network_charts")
    for column, split in zip(columns, ("train", "val"), strict=True):
        with column:
            show_chart(
                network_charts.plot_run_losses(runs, split),
                key=f"{split}_loss",
                name=f"{split}-loss",
                data=lambda: network_charts.run_losses_data(runs),
            )
    threshold = choose_threshold()
    _show_ends([one.with_threshold(threshold) for one in trained], threshold)
    exact = {one.runs.name: sum(int((w == 0).sum()) for w in one.weights) for one in trained}
    if "L1" in exact:
        total = sum(w.size for one in trained if one.runs.name == "L1" for w in one.weights)
        st.caption(
            f"Exactly zero in the L1 networks: {exact['L1']:,} of {total:,} weights. Training by "
            "gradient steps takes weights near zero, not onto it; see the tab Linear regression. "
            "*True labels* has no penalty either and is trained on the same points before any "
            "label was flipped. Losses are without the penalty."
        )


def _show_ends(runs: list[Runs], threshold: float) -> None:
    left, right = wrapping_columns(2, key="end_charts")
    with left:
        show_chart(
            network_charts.plot_gap(runs),
            key="gap",
            name="train-validation-gap",
            data=lambda: network_charts.gap_data(runs),
        )
        show_chart(
            network_charts.plot_sizes(runs, threshold),
            key="sizes",
            name="weight-sizes",
            data=lambda: network_charts.sizes_data(runs),
        )
    with right:
        show_chart(
            network_charts.plot_near_zero(runs, threshold),
            key="near_zero",
            name="near-zero-weights",
            data=lambda: network_charts.gap_data(runs),
        )
        _show_gradients(runs)


def _show_gradients(runs: list[Runs]) -> None:
    names = [run.name for run in runs]
    if not names:
        return
    name = st.selectbox(
        "Gradient norms of",
        names,
        help="The network whose gradient norms are drawn by layer.",
        key="gradients_of",
        bind="query-params",
    )
    show_chart(
        network_charts.plot_layer_gradients(runs, name),
        key="gradients",
        name="gradient-norms",
        data=lambda: network_charts.layer_gradients_data(runs),
    )
    st.caption("First seed; an L1 or L2 penalty's gradient is included, AdamW's decay is not.")


def _show_shrinkage(rate: float, seed: int, decay: float, steps: int) -> None:
    result = shrink(decay, rate, steps, seed)
    show_chart(
        network_charts.plot_shrinkage(result),
        key="shrinkage",
        name="shrinkage",
        data=lambda: network_charts.shrinkage_data(result),
    )
    st.caption(
        f"Means of 400 single weights that start at 1; their gradient is noise of mean zero, so "
        f"that only decay moves the mean. η = {plain_value(rate)}, d = {plain_value(decay)}, L2 "
        f"strength d/2, {steps} steps. SGD with L2 and AdamW leave (1 − ηd)ᵗ of the mean weight "
        "whatever the noise. Adam with L2 takes steps of about η towards zero, whatever d, where "
        "the noise is small against d·w, and hardly any where it is large."
    )


def _show_decay(values: dict[str, Any], chosen: ChosenData) -> None:
    data, choice = _prepared(values, chosen), network_choice(values, chosen.reference)
    key = (choice.base, choice.points, choice.flipped, choice.seeds, choice.fingerprint)
    sweep = remembered("regularization_decay", key, lambda: sweep_decay(choice, data.noisy))
    columns = wrapping_columns(2, key="decay_charts")
    for column, quantity in zip(columns, ("loss", "norm"), strict=True):
        with column:
            show_chart(
                network_charts.plot_decay(sweep, quantity),
                key=f"decay_{quantity}",
                name=f"decay-{quantity}",
                data=lambda: network_charts.decay_data(sweep),
            )
    st.caption(
        "Adam with an L2 strength of d/2, and AdamW with a weight decay of d. Were they the same, "
        "as they are for SGD, the lines would lie on each other."
    )


main()
