"""What the Activations page shows: functions, a stack of random layers, the dying ReLU lab."""

import numpy as np
import streamlit as st

from nnlib.labs import born_dead, gaussian, propagation
from nnlib.labs.propagation import LayerStatistics, MeasuredStack, RandomStack
from pages.shared import widgets
from pages.shared.activations import charts, charts_layers
from pages.shared.activations.charts_born_dead import plot_born_dead
from pages.shared.activations.controls import DeadChoice, LayerChoice, Shape
from pages.shared.charts.theme import plain_number
from pages.shared.controls import label_of
from pages.shared.export import show_chart
from pages.shared.layout import wrapping_columns
from pages.shared.rows import Tile, show_metrics, show_row


def show_functions(names: list[str], reach: float, shape: Shape) -> None:
    """Draw the chosen functions, their derivatives, and where they are saturated."""
    chosen = {shape.label(name): shape.function(name) for name in names}
    show_row(
        "function_charts",
        values=charts.plot_functions(chosen, reach),
        derivatives=charts.plot_functions(chosen, reach, derivative=True),
    )
    st.caption("Shaded in a curve's color: where its |f′| is below a tenth of its largest value.")
    if chosen:
        st.dataframe(charts.saturation_table(chosen), hide_index=True)


def show_layers(choice: LayerChoice, shape: Shape) -> None:
    """Draw what a stack of random layers makes of its inputs, beside the theory."""
    measured, theory, stack = _stack(choice, shape)
    left, right = wrapping_columns(2, key="push_charts")
    with left:
        _show_pushed(stack, shape.label(choice.activation))
    with right:
        show_chart(charts_layers.plot_variances(measured, theory), "variances")
    pre, layer = _distribution_options(choice.depth)
    shown = charts_layers.layer_histogram(measured, layer, pre_activation=pre)
    expected = propagation.expected_shares(
        stack, theory.pre_variance[layer - 1], shown.edges, pre_activation=pre
    )
    show_row(
        "distribution_charts",
        map=charts_layers.plot_map(measured, pre_activation=pre),
        layer_histogram=charts_layers.plot_layer(shown, expected, layer, pre_activation=pre),
    )
    _show_statistics(measured, theory, stack)


def _distribution_options(depth: int) -> tuple[bool, int]:
    left, right = wrapping_columns(2, key="distribution_options", least="15rem")
    quantity = widgets.segmented_control(
        "quantity",
        "Distributions of",
        ["activations", "pre-activations"],
        "activations",
        help="Whether the next two charts show the activations f(z) or the pre-activations z.",
        place=left,
    )
    layer = widgets.number_input(
        "layer",
        "Layer of the histogram",
        (1, 50, 10),
        help="The layer whose distribution is drawn; past the last layer it is the last.",
        place=right,
    )
    return quantity == "pre-activations", min(layer, depth)


@st.cache_data(max_entries=20, show_spinner=False)
def _stack(choice: LayerChoice, shape: Shape) -> tuple[MeasuredStack, LayerStatistics, RandomStack]:
    stack = RandomStack(
        shape.function(choice.activation),
        choice.initializer,
        choice.scale,
        choice.width,
        choice.depth,
        choice.mean,
        choice.deviation,
    )
    rng = np.random.default_rng(choice.seed)
    return propagation.measure(stack, rng), propagation.propagate(stack), stack


def _show_pushed(stack: RandomStack, name: str) -> None:
    before, after = gaussian.push(stack.function, stack.mean, stack.deviation)
    show_chart(charts.plot_pushed(before, after, name), "pushed")
    moments = gaussian.gaussian_moments(stack.function, stack.mean, stack.deviation**2)
    st.caption(
        f"After: mean {plain_number(round(moments.mean, 12))}, variance "
        f"{plain_number(moments.variance)}; {moments.saturated:.1%} of the values are "
        "in a saturated region. This is f applied directly to N(μ, σ²), without weights."
    )


def _show_statistics(measured: MeasuredStack, theory: LayerStatistics, stack: RandomStack) -> None:
    plots = {
        "means": charts_layers.plot_means,
        "shares": charts_layers.plot_shares,
        "signal": charts_layers.plot_signal,
    }
    columns = wrapping_columns(2, key="statistic_charts")
    for index, (key, plot) in enumerate(plots.items()):
        with columns[index % 2]:
            show_chart(plot(measured, theory), key)
    columns[1].caption(
        f"One stack of {stack.depth} layers of {stack.width} units, measured over units and "
        f"{stack.inputs} inputs whose {stack.width} features are drawn from N(μ, σ²). Lines are "
        "the theory of infinite width, from which a network departs the more, the deeper and "
        "narrower it is: with ReLU and He's rule mostly downwards, so that its signal is smaller "
        "than the line says. A unit is dead if |f′(z)| is below a millionth of its largest value "
        "for every one of the inputs; there is no line for that. The signal that is sent back "
        "starts as N(0, 1) at the activations of the last layer."
    )


def show_dead(choice: DeadChoice) -> None:
    """Draw how many of the networks are dead before training, beside the bounds."""
    counts = _count_dead(choice)
    upper = born_dead.upper_bound(choice.width, choice.depth)
    independent = choice.initializer != "orthogonal"
    lower = born_dead.lower_bound(choice.width, choice.depth) if independent else None
    share, (low, high) = counts.share[-1], counts.interval()
    least = f"{lower[-1]:.2%} – " if lower is not None else "at most "
    tiles = (
        Tile(f"Born dead, {choice.depth} hidden layers", f"{share:.2%}"),
        Tile("95 % confidence interval", f"{low[-1]:.2%} – {high[-1]:.2%}"),
        Tile("Bounds of the theory", f"{least}{upper[-1]:.2%}"),
    )
    show_metrics("lab_metrics", tiles, least="15rem")
    show_chart(plot_born_dead(counts, upper, lower, choice.width), "born_dead")
    _explain_dead(choice)


def _explain_dead(choice: DeadChoice) -> None:
    name = label_of(choice.initializer)
    st.caption(
        f"{choice.networks:,} ReLU networks with one input, zero biases and weights drawn by "
        f"*{name}*; a network of fewer layers is the beginning of a deeper one, so the points of "
        "one chart are not independent. Without biases a layer's output grows in proportion to "
        "|x|, so testing x = 1 and x = -1 decides for every input. For the same reason the scale "
        "of the weights plays no part: all normal initializers give one probability, and so do "
        "all uniform ones, which need not be the same. The upper bound holds for them all; the "
        "lower bound, exact up to two hidden layers, needs independent weights, which "
        "*orthogonal* has not."
    )


@st.cache_data(max_entries=50, show_spinner=False)
def _count_dead(choice: DeadChoice) -> born_dead.DeadCounts:
    rng = np.random.default_rng(choice.seed)
    return born_dead.count_dead(
        choice.initializer, choice.width, choice.depth, choice.networks, rng
    )
