"""The gradient of one weight, written out and checked; weights set by hand."""

import numpy as np
import streamlit as st

from nnlib.labs.chain_rule import ChainRule, chain_rule, whole_network_error
from nnlib.labs.step_trace import StepTrace
from nnlib.labs.walkthrough import Edit, Position
from nnlib.labs.walkthrough_text import format_edits, parse_edits, with_edit
from pages.shared import widgets
from pages.shared.backpropagation import text
from pages.shared.backpropagation.charts_network import STAGES
from pages.shared.backpropagation.state import edits_key, remember
from pages.shared.charts.numbers import plain_number
from pages.shared.rows import Tile, show_metrics


def choose_weight(trace: StepTrace, preset: str) -> Position:
    """Draw the select box of all weights and biases."""
    positions = {position.name: position for position in trace.problem.positions()}
    key = f"{preset}_weight"
    if st.session_state.get(key, "") not in positions:
        st.session_state.pop(key, None)  # of another architecture
    default = "w1[1,3]" if "w1[1,3]" in positions else None
    chosen = widgets.selectbox(
        key,
        "Weight",
        positions,
        default,
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
        ("Relative error", plain_number(rule.relative_error, 2)),
        ("Whole network", plain_number(whole_network_error(trace), 2)),
    )
    show_metrics("backpropagation_check", [Tile(*tile) for tile in tiles], least="9rem")
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
            "A pre-activation of a hidden unit is 0 or almost 0, where the activation has a kink "
            "and no derivative: differences by other weights, and so the check of the whole "
            "network, may disagree there."
        )
    elif rule.gradient == 0:
        st.info(
            "This gradient is exactly zero. Look for the factor that is: an input of 0, the "
            "derivative of a ReLU that is off, or a prediction that equals its target."
        )
