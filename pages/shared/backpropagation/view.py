"""What the Backpropagation page shows of a walk: the network, the training, the chosen view."""

import streamlit as st

from nnlib.labs.step_trace import StepTrace, trace_step
from nnlib.labs.walkthrough import Position as Weight
from nnlib.labs.walkthrough import Problem, Trajectory
from pages.shared import widgets
from pages.shared.backpropagation import charts, text
from pages.shared.backpropagation.chain_view import choose_weight, show_chain_rule
from pages.shared.backpropagation.charts_network import EDGES, STAGES, plot_network
from pages.shared.backpropagation.controls import CHAIN_RULE, MATRICES, OUTPUTS, UPDATE, VIEWS
from pages.shared.backpropagation.loss_view import show_loss_function
from pages.shared.backpropagation.state import Position, buttons, trajectory_of
from pages.shared.backpropagation.step_view import show_matrices, show_update
from pages.shared.export import show_chart
from pages.shared.layout import wrapping_columns


def show_walk(preset: str, problem: Problem, at: Position) -> None:
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
    drawn = plot_network(
        trace,
        stage=at.stage,
        edges=edges,
        example=example,
        chosen=chosen,
        output=OUTPUTS[problem.loss],
    )
    show_chart(drawn, "network")
    if preset == "xor":
        _show_training(trace, trajectory)
    view = widgets.radio(
        "view",
        "Below",
        VIEWS,
        horizontal=True,
        help="What is shown of this step below the network.",
    )
    if view == CHAIN_RULE:
        show_chain_rule(trace, chosen, example, preset, at.stage)
    elif view == MATRICES:
        show_matrices(trace, at.stage)
    elif view == UPDATE:
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
        edges = widgets.radio(
            "lines",
            "Lines show",
            EDGES,
            horizontal=True,
            help="Color by sign (orange positive, blue negative, gray zero), thickness by size.",
        )
        example = 1
        if preset == "xor":
            example = widgets.number_input(
                "xor_example",
                "Example",
                (1, 8),
                width=140,
                help="The example whose numbers the units show.",
            )
        chosen = choose_weight(trace, preset)
    return min(example, len(trace.x)) - 1, edges, chosen


def _show_training(trace: StepTrace, trajectory: Trajectory) -> None:
    """Show the loss over the steps made, and what the network says to each example."""
    left, right = wrapping_columns(2, key="backpropagation_training")
    with left:
        show_chart(charts.plot_loss_curve(trajectory, trace.step), "walk_loss")
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
