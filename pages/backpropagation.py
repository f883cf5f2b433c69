"""Backpropagation: one training step of a network small enough to see whole."""

import streamlit as st

from nnlib.walkthrough import Position as Weight
from nnlib.walkthrough import Problem, StepTrace, trace_step
from pages.shared import backprop_text as text
from pages.shared.backprop_controls import OUTPUTS, choose_problem
from pages.shared.backprop_state import (
    Position,
    buttons,
    choose_steps,
    current_stage,
    trajectory_of,
)
from pages.shared.backprop_view import (
    choose_weight,
    show_chain_rule,
    show_loss_function,
    show_matrices,
    show_training,
    show_update,
)
from pages.shared.charts.network_diagram import EDGES, STAGES, network_data, plot_network
from pages.shared.export import show_chart
from pages.shared.layout import begin_page, show_error, three_texts

WHAT = r"""
**Forward:** each layer computes $z = a W + b$ from the activations $a$ of the layer before, and
$a = f(z)$. **Loss:** $L$ compares the predictions $p$ with the targets $y$. **Backward:** the chain
rule gives $\delta = \partial L/\partial z$ of the output layer, then of the layer before it, and so
on: $\delta_j = f'(z_j)\sum_k w_{jk}\delta_k$ (Rumelhart, Hinton & Williams 1986). Each gradient is
a product of two numbers that are then at hand, $\partial L/\partial w_{ij} = a_i\,\delta_j$.
**Update:** $w \leftarrow w - \eta\,\partial L/\partial w$.

The loss is a mean over the $B$ examples of the batch, so $\delta$ contains $1/B$, and gradients add
up over the examples. The squared error is $(p-y)^2$, averaged over outputs too, so its
$\delta$ at the output is $2(p-y)/(BK)$ with $K$ outputs; some books put $\frac12$ in front. Initial
weights follow He's rule for ReLU and its relatives and Glorot's for the others; biases start at 0.
"""
LOOK_FOR = """
- The backward pass uses the **same weights** as the forward pass, in the other direction.
- A ReLU unit with z < 0 is off: a = 0 and f'(z) = 0. In that example the gradients of all weights
  into it are zero, and so are those of the weights out of it, since they are multiplied by its a.
- A weight whose input is 0 has gradient 0 in that example, however wrong the prediction is.
- Every hidden sigmoid multiplies delta by f'(z), which is 0.25 at most.
- The finite difference agrees with the chain rule to many digits, but it costs two forward passes
  for each weight. The backward pass gives all gradients at once.
"""
TRY_NEXT = """
- Choose *One example*, set an input to 0, and look at the gradients of the weights that leave it.
- Raise the learning rate until the actual change of the loss is positive: the step is too long.
- Choose *XOR* and train until it is solved; then try one hidden unit. A sigmoid of one weighted
  sum rises or falls along one direction, so one hidden unit cannot solve XOR.
- Choose three outputs: the delta of each output is then p - y of a softmax.
"""
VIEWS = ("Chain rule of one weight", "Matrices", "Update", "Loss function by itself")


def main() -> None:
    """Draw the page."""
    begin_page(
        "Backpropagation",
        "🔗",
        subtitle="One training step of a small network, number by number: forward, loss, "
        "backward, update.",
    )
    with st.sidebar:
        preset, problem = choose_problem()
        steps = choose_steps(preset)
    try:
        _walk(preset, problem, Position(steps, current_stage()))
    except ValueError as error:
        show_error(error)
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


def _walk(preset: str, problem: Problem, at: Position) -> None:
    """Draw the buttons, the network, and the view that is chosen."""
    trajectory = trajectory_of(problem, at.steps)
    buttons(preset, at, problem)
    if trajectory.overflowed:
        st.warning(
            f"The numbers overflow after {trajectory.steps:,} steps, so the last step before that "
            "is shown. Lower the learning rate."
        )
    trace = trace_step(problem, trajectory.parameters[-1], trajectory.steps)
    _say_where(trace, at.stage)
    example, edges, chosen = _choose_drawing(trace, preset)
    show_chart(
        plot_network(
            trace,
            stage=at.stage,
            edges=edges,
            example=example,
            chosen=chosen,
            output=OUTPUTS[problem.loss],
        ),
        key="network",
        name="network",
        data=lambda: network_data(trace),
    )
    if preset == "xor":
        show_training(trace, trajectory)
    view = st.radio(
        "Below",
        VIEWS,
        key="view",
        bind="query-params",
        horizontal=True,
        help="What is shown of this step below the network.",
    )
    if view == VIEWS[0]:
        show_chain_rule(trace, chosen, example, preset, at.stage)
    elif view == VIEWS[1]:
        show_matrices(trace, at.stage)
    elif view == VIEWS[2]:
        show_update(trace, at.stage)
    else:
        show_loss_function()


def _say_where(trace: StepTrace, stage: str) -> None:
    parts = [f"Steps made: **{trace.step:,}**", f"this step as far as **{stage}**"]
    if STAGES.index(stage) >= text.LOSS:
        parts.append(f"loss **{text.short(trace.loss)}**")
    if STAGES.index(stage) >= text.UPDATE:
        parts.append(f"after the update **{text.short(trace.new_loss)}**")
    st.markdown(" · ".join(parts))


def _choose_drawing(trace: StepTrace, preset: str) -> tuple[int, str, Weight]:
    """Choose the example that the units show, what the lines show, and the weight to mark."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        edges = st.radio(
            "Lines show",
            EDGES,
            key="lines",
            bind="query-params",
            horizontal=True,
            help="Color by sign (orange positive, blue negative, gray zero), thickness by size.",
        )
        example = 1
        if preset == "xor":
            example = st.number_input(
                "Example",
                1,
                8,
                key="xor_example",
                bind="query-params",
                width=140,
                help="The example whose numbers the units show.",
            )
        chosen = choose_weight(trace, preset)
    return min(example, len(trace.x)) - 1, edges, chosen


main()
