"""What the backpropagation page shows of a step: chain rule, matrices, update, loss function."""

from __future__ import annotations

import numpy as np
import streamlit as st

from nnlib.chain_rule import ChainRule, chain_rule, relative_error, whole_network_error
from nnlib.output_errors import output_errors, softmax_chain
from nnlib.walkthrough import Edit, Position, StepTrace, Trajectory, step_sizes
from nnlib.walkthrough_text import format_edits, parse_edits, with_edit
from pages.shared import backprop_text as text
from pages.shared.backprop_state import edits_key, remember
from pages.shared.charts import backpropagation as charts
from pages.shared.charts.network_diagram import STAGES
from pages.shared.export import show_chart
from pages.shared.layout import wrapping_columns

_LOSS_FORMULA = {
    "binary_crossentropy": r"L = \frac{1}{BK}\sum_{n,k} "
    r"\left[-y_{nk}\log p_{nk} - (1 - y_{nk})\log(1 - p_{nk})\right],"
    r"\quad p = \frac{1}{1 + e^{-z}}",
    "categorical_crossentropy": r"L = \frac{1}{B}\sum_{n}\sum_k -y_{nk}\log p_{nk},"
    r"\quad p_{nk} = \frac{e^{z_{nk}}}{\sum_j e^{z_{nj}}}",
    "mean_squared_error": r"L = \frac{1}{BK}\sum_{n,k} (p_{nk} - y_{nk})^2,\quad p = z",
}


def choose_weight(trace: StepTrace, preset: str) -> Position:
    """Draw the select box of all weights and biases."""
    positions = {position.name: position for position in trace.problem.positions()}
    key = f"{preset}_weight"
    if st.session_state.get(key, "") not in positions:
        st.session_state.pop(key, None)  # of another architecture
    default = list(positions).index("w1[1,3]") if "w1[1,3]" in positions else 0
    chosen = st.selectbox(
        "Weight",
        positions,
        index=default,
        key=key,
        bind="query-params",
        width=180,
        help="w2[1,3] leads from unit 1 of layer 1 to unit 3 of layer 2; b2[3] is a bias.",
    )
    return positions[chosen]


def show_chain_rule(
    trace: StepTrace, position: Position, example: int, preset: str, stage: str
) -> None:
    """Write the gradient of one weight out, and check it."""
    _set_weight(trace, position, preset, stage)
    if STAGES.index(stage) < text.BACKWARD:
        st.info("Press Backward: the chain rule then runs from the loss to this weight.")
        return
    # A long line scrolls by itself on a narrow screen.
    st.html("<style>.st-key-backpropagation_chain p {overflow-x: auto; overflow-y: hidden}</style>")
    with st.container(key="backpropagation_chain"):
        _write_out(trace, chain_rule(trace, position, example), example)


def _write_out(trace: StepTrace, rule: ChainRule, example: int) -> None:
    position = rule.position
    source = f"a^{{({position.layer - 1})}}_i" if position.layer > 1 else "x_i"
    st.markdown(
        r"$$\displaystyle\frac{\partial L}{\partial w_{ij}} = "
        r"\underbrace{\frac{\partial z_j}{\partial w_{ij}}}_{\text{activation } a_i}\,"
        r"\underbrace{\frac{\partial L}{\partial z_j}}_{\delta_j},\qquad "
        r"\delta_j = \underbrace{\frac{\partial a_j}{\partial z_j}}_{f'(z_j)}"
        r"\sum_k \underbrace{\frac{\partial z_k}{\partial a_j}}_{w_{jk}}\,"
        r"\underbrace{\frac{\partial L}{\partial z_k}}_{\delta_k}$$"
    )
    batch = len(trace.x)
    of_example = f" (example {example + 1} of {batch})" if batch > 1 else ""
    st.markdown(f"**From the loss back to {position.name}**{of_example}:")
    st.markdown(f"$$\n{text.chain_rule_latex(rule)}\n$$")  # on lines of its own it can scroll
    if batch > 1:
        st.markdown("The weight acts in every example; its gradient is the sum over the batch:")
    elif position.source:
        st.markdown(f"Times the activation ${source}$ that the weight multiplies:")
    st.markdown(f"$$\n{text.weight_latex(rule)}\n$$")
    _show_check(trace, rule)


def _set_weight(trace: StepTrace, position: Position, preset: str, stage: str) -> None:
    key = f"backpropagation_new_{preset}_{position.name}_{trace.step}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(
            f"Set {position.name} to",
            -100.0,
            100.0,
            float(np.clip(trace.value(position), -100, 100)),
            0.05,
            format="%.6g",
            key=key,
            width=220,
            help="The value that this weight should have ahead of the present step.",
        )
        st.button(
            "Set",
            key="backpropagation_set",
            on_click=_add_edit,
            args=(preset, trace.step, position, key, stage),
            help="Use this value; it is kept under “Weights set by hand” in the sidebar.",
        )
        if st.session_state.get(edits_key(preset)):
            st.button(
                "Forget all that were set",
                key="backpropagation_forget",
                on_click=_forget_edits,
                args=(preset, trace.step, stage),
                help="Go back to the weights as drawn and trained.",
            )


def _add_edit(preset: str, step: int, position: Position, key: str, stage: str) -> None:
    try:
        edits = parse_edits(st.session_state.get(edits_key(preset), ""))
    except ValueError:
        edits = ()
    remember(preset, step, stage)
    edit = Edit(position, float(st.session_state[key]), step)
    st.session_state[edits_key(preset)] = format_edits(with_edit(edits, edit))


def _forget_edits(preset: str, step: int, stage: str) -> None:
    remember(preset, step, stage)
    st.session_state[edits_key(preset)] = ""


def _show_check(trace: StepTrace, rule: ChainRule) -> None:
    tiles = (
        ("Chain rule", text.short(rule.gradient)),
        ("Back-propagation", text.short(rule.engine_gradient)),
        ("Finite difference", text.short(rule.numeric_gradient)),
        ("Relative error", f"{rule.relative_error:.1e}"),
        ("Whole network", f"{whole_network_error(trace):.1e}"),
    )
    columns = wrapping_columns(len(tiles), key="backpropagation_check", least="9rem")
    for column, (label, value) in zip(columns, tiles, strict=True):
        column.metric(label, value, border=True)
    st.caption(
        r"Finite difference: $[L(w + h) - L(w - h)]\,/\,2h$ with $h = 10^{-5}$, two forward "
        "passes and no calculus. Relative error: of the chain rule against it. Whole network: the "
        "largest relative error of `nnlib.check_gradients` over all weight matrices and biases."
    )
    if rule.crosses_kink:
        st.warning(
            "A pre-activation is so close to 0 that it changes its sign between the two forward "
            "passes. At this kink there is no derivative, so the two need not agree."
        )
    elif trace.at_kink:
        st.warning(
            "A pre-activation of a hidden unit is 0 or almost 0, where a ReLU has a kink and no "
            "derivative: differences by other weights, and so the check of the whole network, may "
            "disagree there."
        )
    elif rule.gradient == 0:
        st.info(
            "This gradient is exactly zero. Look for the factor that is: an input of 0, the "
            "derivative of a ReLU that is off, or a prediction that equals its target."
        )


def show_matrices(trace: StepTrace, stage: str) -> None:
    """Show the step as matrices, as far as the buttons have gone."""
    reached = STAGES.index(stage)
    count = len(trace.layers)
    html = ["<h4>Forward</h4>", *(text.forward_html(trace, n) for n in range(1, count + 1))]
    st.html(text.MATRIX_STYLE + "".join(html))
    if reached >= text.LOSS:
        st.html("<h4>Loss</h4>" + text.loss_html(trace))
        loss = trace.problem.loss
        st.markdown(rf"$$\displaystyle {_LOSS_FORMULA[loss]},\quad L = {text.number(trace.loss)}$$")
    if reached >= text.BACKWARD:
        parts = [text.backward_html(trace, n) for n in range(count, 0, -1)]
        st.html("<h4>Backward</h4>" + "".join(parts))
    if reached >= text.UPDATE:
        parts = [text.update_html(trace, n) for n in range(1, count + 1)]
        st.html("<h4>Update</h4>" + "".join(parts))
    st.caption("One row an example. Four digits are shown; pointing at a number shows all of them.")
    with st.expander("Copy with all digits, as NumPy source", icon=":material/content_copy:"):
        st.code(text.numpy_text(trace, reached), language="python")


def show_update(trace: StepTrace, stage: str) -> None:
    """Show what the update changes, and what first order predicts."""
    if STAGES.index(stage) < text.UPDATE:
        st.info("Press Update: every weight then moves against its gradient.")
        return
    st.markdown(
        r"$$\displaystyle W \leftarrow W - \eta\,\frac{\partial L}{\partial W},\qquad "
        r"\Delta L \approx g^\top \Delta w = -\eta\,\lVert g\rVert^2$$"
    )
    tiles = (
        ("Loss before", trace.loss),
        ("Loss after", trace.new_loss),
        ("Actual change", trace.actual_change),
        ("First-order change", trace.predicted_change),
    )
    columns = wrapping_columns(len(tiles), key="backpropagation_change", least="9rem")
    for column, (label, value) in zip(columns, tiles, strict=True):
        column.metric(label, text.short(value), border=True)
    left, right = wrapping_columns(2, key="backpropagation_update_charts")
    rate = trace.problem.learning_rate
    sizes = step_sizes(trace, np.linspace(0, 4 * rate, 81))
    with left:
        show_chart(
            charts.plot_step_sizes(sizes, rate, trace.actual_change),
            key="step_sizes",
            name="step-sizes",
            data=lambda: charts.step_sizes_data(sizes),
        )
    with right:
        rows = [
            f"| {n} | {layer.weight.size + layer.bias.size} "
            f"| {text.short(layer.mean_absolute_change)} |"
            for n, layer in enumerate(trace.layers, 1)
        ]
        st.markdown(text.table("| layer | weights and biases | mean absolute change |", rows))
        gap = relative_error(trace.actual_change, trace.predicted_change)
        st.markdown(
            f"The two changes differ by {gap:.1%} of the larger one. The first-order change is "
            "the tangent: it is exact only for a vanishing learning rate, and curvature makes "
            "the difference. Move the learning rate in the sidebar."
        )


def show_loss_function() -> None:
    """Show both losses of one prediction by themselves, and why softmax gives p - y."""
    left, right = wrapping_columns(2, key="backpropagation_one_prediction", least="14rem")
    with left:
        p = st.slider(
            "Prediction p",
            0.001,
            0.999,
            0.2,
            0.001,
            format="%.3f",
            key="prediction",
            bind="query-params",
            help="What the network says: the probability of class 1.",
        )
    with right:
        target = st.radio(
            "Target y",
            [1, 0],
            key="prediction_target",
            bind="query-params",
            horizontal=True,
            help="What is true.",
        )
    curves = output_errors(np.linspace(0.001, 0.999, 400), float(target))
    now = output_errors([p], float(target))
    rows = [
        f"| {name} | {text.short(loss[0])} | {text.short(by_p[0])} | {text.short(by_z[0])} |"
        for name, loss, by_p, by_z in (
            ("squared error", now.squared, now.squared_by_p, now.squared_by_z),
            ("cross-entropy", now.crossentropy, now.crossentropy_by_p, now.crossentropy_by_z),
        )
    ]
    st.markdown(text.table("| loss | value | dL/dp | dL/dz for p = sigmoid(z) |", rows))
    columns = wrapping_columns(3, key="backpropagation_errors", least="19rem")
    for column, part in zip(columns, charts.PARTS, strict=True):
        with column:
            show_chart(
                charts.plot_output_errors(curves, now, part),
                key=f"errors{part}",
                name=f"loss-of-one-prediction{part}",
                data=lambda: charts.output_errors_data(curves),
            )
    _explain_softmax()


def _explain_softmax() -> None:
    st.markdown(
        r"""
**A confident mistake.** Through a sigmoid, $dL/dz = \frac{dL}{dp}\,p(1-p)$. The squared error
$(p-y)^2$ keeps the factor: $2(p-y)\,p(1-p)$ goes to 0 where $p$ is almost 0 or 1, also where that
is wrong. The cross-entropy's own $\frac{dL}{dp} = \frac{p-y}{p(1-p)}$ cancels it, and $p - y$ is
left. In the network above, the squared error is taken of a linear output, $p = z$, which has no
such factor.

**Why softmax with cross-entropy gives $p - y$.** With $L = -\sum_j y_j\log p_j$ and
$\frac{\partial p_j}{\partial z_k} = p_j([j = k] - p_k)$,

$\displaystyle \frac{\partial L}{\partial z_k} = \sum_j \left(-\frac{y_j}{p_j}\right)
p_j([j = k] - p_k) {}= -y_k + p_k\sum_j y_j {}= p_k - y_k$, since $\sum_j y_j = 1$.
"""
    )
    z = st.slider(
        "Logit of class 1",
        -6.0,
        6.0,
        2.0,
        0.1,
        key="softmax_logit",
        bind="query-params",
        help="The logits of classes 2 and 3 stay at 1 and 0; class 1 is right.",
    )
    st.markdown(text.softmax_table(softmax_chain([z, 1.0, 0.0], 0)))


def show_training(trace: StepTrace, trajectory: Trajectory) -> None:
    """Show the loss over the steps made, and what the network says to each example."""
    left, right = wrapping_columns(2, key="backpropagation_training")
    with left:
        show_chart(
            charts.plot_loss_curve(trajectory, trace.step),
            key="walk_loss",
            name="loss",
            data=lambda: charts.loss_curve_data(trajectory),
        )
    with right:
        right_ones = trajectory.right[-1]
        rows = [
            f"| {n} | {', '.join(map(text.short, x))} | {text.short(y[0])} | {text.short(p[0])} "
            f"| {'✓' if good else '✗'} |"
            for n, (x, y, p, good) in enumerate(
                zip(trace.x, trace.targets, trace.layers[-1].a, right_ones, strict=True), 1
            )
        ]
        st.markdown(text.table("| example | inputs | target | prediction | right |", rows))
        solved = trajectory.solved_at
        if solved is not None:
            st.success(
                f"All {len(rows)} examples are right for the first time after {solved:,} steps."
            )
        else:
            st.caption("Right means: on the target's side of 0.5.")
