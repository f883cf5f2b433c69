"""Activations: functions and derivatives, signals through random layers, born-dead networks."""

import numpy as np
import streamlit as st

from nnlib import born_dead, propagation
from nnlib.propagation import LayerStatistics, MeasuredStack, RandomStack
from pages.shared.activations_view import (
    LOOK_FOR,
    TRY_NEXT,
    WHAT,
    DeadChoice,
    LayerChoice,
    Shape,
    choose_dead,
    choose_functions,
    choose_layers,
    choose_shape,
)
from pages.shared.charts import activation_born_dead as dead_charts
from pages.shared.charts import activation_layers as layer_charts
from pages.shared.charts import activations as function_charts
from pages.shared.charts.theme import plain_number
from pages.shared.controls import label_of
from pages.shared.export import show_chart
from pages.shared.layout import begin_page, three_texts, wrapping_columns

TABS = ("Functions", "Through layers", "Dying ReLU lab")


def main() -> None:
    """Draw the page."""
    begin_page(
        "Activations",
        "📈",
        subtitle="Activation functions and their derivatives, what they do to a signal in deep "
        "random networks, and why narrow ReLU networks can be dead before training.",
    )
    functions, layers, lab = st.tabs(TABS, key="lab", on_change="rerun", bind="query-params")
    # Every control is drawn whatever tab is open, so that a link holds them all.
    with st.sidebar:
        with st.expander("Functions", expanded=bool(functions.open)):
            names, reach = choose_functions()
        with st.expander("Parameters", expanded=not lab.open):
            shape = choose_shape()
        with st.expander("Distribution and layers", expanded=bool(layers.open)):
            stack = choose_layers()
        with st.expander("Dying ReLU lab", expanded=bool(lab.open)):
            networks = choose_dead()
    if functions.open:
        with functions:
            _show_functions(names, reach, shape)
    if layers.open:
        with layers:
            _show_layers(stack, shape)
    if lab.open:
        with lab:
            _show_dead(networks)
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


def _show_functions(names: list[str], reach: float, shape: Shape) -> None:
    chosen = {shape.label(name): shape.function(name) for name in names}
    columns = wrapping_columns(2, key="function_charts")
    for column, derivative in zip(columns, (False, True), strict=True):
        with column:
            show_chart(
                function_charts.plot_functions(chosen, reach, derivative=derivative),
                key="derivatives" if derivative else "values",
                name="activation-derivatives" if derivative else "activation-functions",
                data=lambda: function_charts.functions_data(chosen, reach),
            )
    st.caption("Shaded in a curve's color: where its |f′| is below a tenth of its largest value.")
    if chosen:
        st.dataframe(function_charts.saturation_table(chosen), hide_index=True)


def _show_layers(choice: LayerChoice, shape: Shape) -> None:
    measured, theory, stack = _stack(choice, shape)
    left, right = wrapping_columns(2, key="push_charts")
    with left:
        _show_pushed(stack, shape.label(choice.activation))
    with right:
        show_chart(
            layer_charts.plot_variances(measured, theory),
            key="variances",
            name="variance-by-layer",
            data=lambda: layer_charts.layers_data(measured, theory),
        )
    pre, layer = _distribution_options(choice.depth)
    _show_distributions(measured, theory, stack, pre, layer)
    _show_statistics(measured, theory, stack)


def _distribution_options(depth: int) -> tuple[bool, int]:
    left, right = wrapping_columns(2, key="distribution_options", least="15rem")
    quantity = left.segmented_control(
        "Distributions of",
        ["activations", "pre-activations"],
        default="activations",
        required=True,
        help="Whether the next two charts show the activations f(z) or the pre-activations z.",
        key="quantity",
        bind="query-params",
    )
    layer = right.number_input(
        "Layer of the histogram",
        1,
        50,
        10,
        help="The layer whose distribution is drawn; past the last layer it is the last.",
        key="layer",
        bind="query-params",
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
    before, after = propagation.push(stack.function, stack.mean, stack.deviation)
    show_chart(
        function_charts.plot_pushed(before, after, name),
        key="pushed",
        name="distribution",
        data=lambda: function_charts.pushed_data(before, after),
    )
    moments = propagation.gaussian_moments(stack.function, stack.mean, stack.deviation**2)
    st.caption(
        f"After: mean {plain_number(round(moments.mean, 12))}, variance "
        f"{plain_number(moments.variance)}; {moments.saturated:.1%} of the values are "
        "in a saturated region. This is f applied directly to N(μ, σ²), without weights."
    )


def _show_distributions(
    measured: MeasuredStack, theory: LayerStatistics, stack: RandomStack, pre: bool, layer: int
) -> None:
    left, right = wrapping_columns(2, key="distribution_charts")
    with left:
        show_chart(
            layer_charts.plot_map(measured, pre_activation=pre),
            key="map",
            name="distribution-by-layer",
            data=lambda: layer_charts.map_data(measured, pre_activation=pre),
        )
    with right:
        shown = layer_charts.layer_histogram(measured, layer, pre_activation=pre)
        expected = propagation.expected_shares(
            stack, theory.pre_variance[layer - 1], shown.edges, pre_activation=pre
        )
        show_chart(
            layer_charts.plot_layer(shown, expected, layer, pre_activation=pre),
            key="layer_histogram",
            name=f"layer-{layer}",
            data=lambda: layer_charts.layer_data(shown, expected),
        )


def _show_statistics(measured: MeasuredStack, theory: LayerStatistics, stack: RandomStack) -> None:
    charts = {
        "means": ("mean-by-layer", layer_charts.plot_means),
        "shares": ("saturated-and-dead", layer_charts.plot_shares),
        "signal": ("back-propagated-signal", layer_charts.plot_signal),
    }
    columns = wrapping_columns(2, key="statistic_charts")
    for index, (key, (name, plot)) in enumerate(charts.items()):
        with columns[index % 2]:
            show_chart(
                plot(measured, theory),
                key=key,
                name=name,
                data=lambda: layer_charts.layers_data(measured, theory),
            )
    columns[1].caption(
        f"One stack of {stack.depth} layers of {stack.width} units, measured over units and "
        f"{stack.inputs} inputs whose {stack.width} features are drawn from N(μ, σ²). Lines are "
        "the theory of infinite width; a narrow network scatters around it. A unit is "
        "dead if |f′(z)| is below a millionth of its largest value for every one of the inputs; "
        "there is no line for that. The signal that is "
        "sent back starts as N(0, 1) at the activations of the last layer."
    )


def _show_dead(choice: DeadChoice) -> None:
    counts = _count_dead(choice)
    upper = born_dead.upper_bound(choice.width, choice.depth)
    independent = choice.initializer != "orthogonal"
    lower = born_dead.lower_bound(choice.width, choice.depth) if independent else None
    share, (low, high) = counts.share[-1], counts.interval()
    least = f"{lower[-1]:.2%} – " if lower is not None else "at most "
    for column, (label, value) in zip(
        wrapping_columns(3, key="lab_metrics", least="15rem"),
        {
            f"Born dead, {choice.depth} hidden layers": f"{share:.2%}",
            "95 % confidence interval": f"{low[-1]:.2%} – {high[-1]:.2%}",
            "Bounds of the theory": f"{least}{upper[-1]:.2%}",
        }.items(),
        strict=True,
    ):
        column.metric(label, value)
    show_chart(
        dead_charts.plot_born_dead(counts, upper, lower, choice.width),
        key="born_dead",
        name="born-dead",
        data=lambda: dead_charts.born_dead_data(counts, upper, lower),
    )
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


main()
